// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/catalog.h"

#include "pgque/decode.h"

namespace schema {

namespace {

// A type of the schema itself is written with the schema whatever the search_path, as install scripts write it.
#define IDENTITY                                                                                                       \
    "p.proname || '(' || coalesce((select string_agg(case when t.typnamespace = p.pronamespace"                        \
    " then 'pgque.' || t.typname else format_type(t.oid, null) end, ', ' order by a.ord)"                              \
    " from unnest(p.proargtypes) with ordinality a(type, ord) join pg_catalog.pg_type t on t.oid = a.type), '') || "   \
    "')'"

constexpr auto surroundingsSql =
    "select n.oid is not null as present, pg_catalog.pg_get_userbyid(n.nspowner) as owner,"
    " pg_catalog.obj_description(n.oid, 'pg_namespace') as comment, current_database() as database,"
    " current_user as role_name, current_setting('server_version_num')::int as version,"
    " pg_catalog.pg_is_in_recovery() as in_recovery,"
    " coalesce(pg_catalog.pg_has_role(n.nspowner, 'usage'), false) as owns,"
    " has_database_privilege(current_database(), 'create') as creates_schemas,"
    " (select r.rolcreaterole or r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) as "
    "creates_roles,"
    " array(select w.name from unnest(array['pgque_reader', 'pgque_writer', 'pgque_admin']) w(name)"
    " where not exists (select from pg_catalog.pg_roles r where r.rolname = w.name)) as missing_roles"
    " from (values (1)) one left join pg_catalog.pg_namespace n on n.nspname = 'pgque'";

constexpr auto functionsSql =
    "select " IDENTITY " as identity,"
    " encode(sha256(convert_to(replace(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), E'\\r', ''), 'UTF8')), "
    "'hex')"
    " as source_hash, l.lanname as language, p.prosecdef as definer, p.proisstrict as strict,"
    " p.provolatile::text as volatility, coalesce((select regexp_replace(substr(c, 13), '[\" ]', '', 'g')"
    " from unnest(p.proconfig) c where c like 'search_path=%'), '') as search_path"
    " from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang"
    " where p.pronamespace = (select oid from pg_catalog.pg_namespace where nspname = 'pgque')";

// Event tables inherit; the fixed tables do not.
constexpr auto columnsSql = "select c.relname || '.' || a.attname as column_name"
                            " from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid"
                            " where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'pgque')"
                            " and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped"
                            " and not exists (select from pg_catalog.pg_inherits i where i.inhrelid = c.oid)";

constexpr auto executeSql = "select coalesce(r.rolname, 'public') as role_name, " IDENTITY " as identity"
                            " from pg_catalog.pg_proc p"
                            " cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x"
                            " left join pg_catalog.pg_roles r on r.oid = x.grantee"
                            " where p.pronamespace = (select oid from pg_catalog.pg_namespace where nspname = 'pgque')"
                            " and x.privilege_type = 'EXECUTE'"
                            " and (x.grantee = 0 or r.rolname in ('pgque_reader', 'pgque_writer', 'pgque_admin'))";

#undef IDENTITY

Catalog surroundingsFrom(const pg::Row& row) {
    Catalog catalog;
    catalog.present = row.get<bool>("present");
    catalog.owner = row.get<std::optional<std::string>>("owner").value_or("");
    catalog.comment = row.get<std::optional<std::string>>("comment").value_or("");
    catalog.database = row.get<std::string>("database");
    catalog.user = row.get<std::string>("role_name");
    catalog.serverVersion = row.get<std::int32_t>("version");
    catalog.inRecovery = row.get<bool>("in_recovery");
    catalog.ownsSchema = row.get<bool>("owns");
    catalog.createsSchemas = row.get<bool>("creates_schemas");
    catalog.createsRoles = row.get<std::optional<bool>>("creates_roles").value_or(false);
    for (const auto& role : row.get<std::vector<std::optional<std::string>>>("missing_roles"))
        catalog.missingRoles.insert(role.value_or(""));
    return catalog;
}

} // namespace

pg::Call<Catalog> readSurroundings() {
    return pgque::detail::rowCall("surroundings", surroundingsSql, {}, surroundingsFrom);
}

pg::Call<Functions> readFunctions() {
    return {"functions", {functionsSql, {}}, [](const pg::Result& result) {
                Functions functions;
                for (const pg::Row row : result) {
                    FunctionShape shape;
                    shape.sourceHash = row.get<std::string>("source_hash");
                    shape.language = row.get<std::string>("language");
                    shape.securityDefiner = row.get<bool>("definer");
                    shape.strict = row.get<bool>("strict");
                    shape.volatility = row.get<std::string>("volatility").at(0);
                    shape.searchPath = row.get<std::string>("search_path");
                    functions.emplace(row.get<std::string>("identity"), std::move(shape));
                }
                return functions;
            }};
}

pg::Call<std::set<std::string>> readColumns() {
    return {"columns", {columnsSql, {}}, [](const pg::Result& result) {
                std::set<std::string> columns;
                for (const pg::Row row : result)
                    columns.insert(row.get<std::string>("column_name"));
                return columns;
            }};
}

pg::Call<std::map<std::string, std::set<std::string>>> readExecute() {
    return {"execute_grants", {executeSql, {}}, [](const pg::Result& result) {
                std::map<std::string, std::set<std::string>> execute;
                for (const pg::Row row : result)
                    execute[row.get<std::string>("role_name")].insert(row.get<std::string>("identity"));
                return execute;
            }};
}

} // namespace schema
