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
    " coalesce((select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')"
    " from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relname = 'config' and c.relkind = 'r'), false)"
    " as reads_config,"
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
constexpr auto columnsSql = "select c.relname || '.' || a.attname as column_name,"
                            " format_type(a.atttypid, a.atttypmod) as type"
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

constexpr auto sourcesSql =
    "select " IDENTITY " as identity, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as source"
    " from pg_catalog.pg_proc p"
    " where p.pronamespace = (select oid from pg_catalog.pg_namespace where nspname = 'pgque')";

#undef IDENTITY

#define FIXED                                                                                                          \
    "c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'pgque') and c.relkind in ('r', 'p')"   \
    " and not exists (select from pg_catalog.pg_inherits h where h.inhrelid = c.oid)"

// PostgreSQL 18 lists NOT NULL among the constraints; they are columns' matter.
constexpr auto partsSql =
    "select 'constraint' as kind, c.relname as table_name, k.conname as part_name, k.contype::text as contype,"
    " k.convalidated as valid from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid"
    " where k.contype in ('p', 'u', 'f', 'c', 'x') and " FIXED
    " union all select 'index', c.relname, i.relname, ' ', x.indisvalid and x.indisready"
    " from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid"
    " join pg_catalog.pg_class c on c.oid = x.indrelid"
    " where not exists (select from pg_catalog.pg_constraint k where k.conindid = x.indexrelid"
    " and k.conrelid = x.indrelid) and " FIXED
    " union all select 'trigger', c.relname, t.tgname, ' ', t.tgenabled <> 'D'"
    " from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid"
    " where not t.tgisinternal and " FIXED;

constexpr auto rightsSql =
    "with wanted as (select 0::oid as oid, 'public'::name as role_name union all select r.oid, r.rolname"
    " from pg_catalog.pg_roles r where r.rolname in ('pgque_reader', 'pgque_writer', 'pgque_admin')),"
    " given as (select x.grantee, x.privilege_type || ' on table ' || c.relname as what"
    " from pg_catalog.pg_class c"
    " cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x where " FIXED
    // Of the rest only what PUBLIC may change.
    " union all select x.grantee, x.privilege_type || case c.relkind when 'S' then ' on sequence ' else ' on table ' "
    "end"
    " || c.relname from pg_catalog.pg_class c cross join lateral aclexplode(c.relacl) x"
    " where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'pgque')"
    " and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and x.grantee = 0 and x.privilege_type <> 'SELECT'"
    " union all select x.grantee, x.privilege_type || ' on column ' || c.relname || '.' || a.attname"
    " from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid"
    " cross join lateral aclexplode(a.attacl) x"
    " where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'pgque')"
    " and a.attacl is not null and x.grantee = 0 and x.privilege_type <> 'SELECT'"
    " union all select x.grantee, x.privilege_type || ' on schema pgque' from pg_catalog.pg_namespace n"
    " cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x where n.nspname = 'pgque'"
    " union all select m.member, 'MEMBER of role ' || r.rolname from pg_catalog.pg_auth_members m"
    " join pg_catalog.pg_roles r on r.oid = m.roleid"
    " where r.rolname in ('pgque_reader', 'pgque_writer', 'pgque_admin'))"
    " select distinct w.role_name::text as role_name, g.what from given g join wanted w on w.oid = g.grantee";

#undef FIXED

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
    catalog.readsConfig = row.get<bool>("reads_config");
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

pg::Call<std::map<std::string, std::string>> readColumns() {
    return {"columns", {columnsSql, {}}, [](const pg::Result& result) {
                std::map<std::string, std::string> columns;
                for (const pg::Row row : result)
                    columns.emplace(row.get<std::string>("column_name"), row.get<std::string>("type"));
                return columns;
            }};
}

pg::Call<std::vector<TablePart>> readParts() {
    return {"table_parts", {partsSql, {}}, [](const pg::Result& result) {
                std::vector<TablePart> parts;
                for (const pg::Row row : result) {
                    TablePart part;
                    const auto kind = row.get<std::string>("kind");
                    part.kind = kind == "index"     ? TablePart::Kind::Index
                                : kind == "trigger" ? TablePart::Kind::Trigger
                                                    : TablePart::Kind::Constraint;
                    part.table = row.get<std::string>("table_name");
                    part.name = row.get<std::string>("part_name");
                    part.constraint = row.get<std::string>("contype").at(0);
                    part.valid = row.get<bool>("valid");
                    parts.push_back(std::move(part));
                }
                return parts;
            }};
}

pg::Call<Rights> readRights() {
    return {"rights", {rightsSql, {}}, [](const pg::Result& result) {
                Rights rights;
                for (const pg::Row row : result)
                    rights[row.get<std::string>("role_name")].insert(row.get<std::string>("what"));
                return rights;
            }};
}

pg::Call<std::int64_t> countConfig() {
    return pgque::detail::rowCall("config_rows", "select count(*) as rows from pgque.config", {},
                                  [](const pg::Row& row) { return row.get<std::int64_t>("rows"); });
}

pg::Call<std::map<std::string, std::string>> readSources() {
    return {"sources", {sourcesSql, {}}, [](const pg::Result& result) {
                std::map<std::string, std::string> sources;
                for (const pg::Row row : result)
                    sources.emplace(row.get<std::string>("identity"), row.get<std::string>("source"));
                return sources;
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
