// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/probe.h"

#include "queries/columns.h"
#include "queries/look.h"

#include <algorithm>
#include <array>

namespace queries {

namespace {

using domain::Capabilities;

const std::string serverSql =
    "select current_setting('server_version_num')::int as version, current_setting('server_version') as version_text,"
    " pg_is_in_recovery() as in_recovery, pg_backend_pid() as pid, current_database() as database,"
    " current_user as role_name, (select rolsuper from pg_roles where rolname = current_user) as superuser,"
    " pg_has_role(current_user, 'pg_read_all_stats', 'usage') as reads_stats,"
    " pg_has_role(current_user, 'pg_signal_backend', 'usage') as signals,"
    " n.oid is not null as present, coalesce(has_schema_privilege(n.oid, 'usage'), false) as usable, " +
    std::string(detail::installName) +
    " as install"
    " from (values (1)) one left join pg_namespace n on n.nspname = 'pgque'";

// The columns of the fixed tables; those of the event tables would be thousands.
constexpr auto columnsSql = "select c.relname || '.' || a.attname as column_name"
                            " from pg_class c join pg_attribute a on a.attrelid = c.oid"
                            " where c.relnamespace = (select oid from pg_namespace where nspname = 'pgque')"
                            " and c.relname = any($1::text[]) and c.relkind in ('r', 'p') and a.attnum > 0"
                            " and not a.attisdropped";

constexpr auto functionsSql =
    "select case when n.nspname = 'workqueue' then 'workqueue.' else '' end"
    " || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' as function_name,"
    " has_function_privilege(p.oid, 'execute') and has_schema_privilege(n.oid, 'usage') as executable"
    " from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('pgque', 'workqueue')";

constexpr auto tablesSql = "select c.relname as table_name from pg_class c"
                           " where c.relnamespace = (select oid from pg_namespace where nspname = 'pgque')"
                           " and c.relname = any($1::text[]) and has_table_privilege(c.oid, 'select')";

constexpr auto writableSql = "select c.relname as table_name from pg_class c"
                             " where c.relnamespace = (select oid from pg_namespace where nspname = 'pgque')"
                             " and c.relname = any($1::text[]) and has_table_privilege(c.oid, 'insert')"
                             " and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete')";

constexpr auto membershipSql = "select rolname as role_name from pg_roles"
                               " where rolname in ('pgque_reader', 'pgque_writer', 'pgque_admin')"
                               " and pg_has_role(current_user, oid, 'member')";

constexpr auto stampSql =
    "select coalesce(md5(string_agg(stamp, ',' order by stamp)), '') from ("
    " select 'f' || p.oid || p.xmin::text as stamp from pg_proc p"
    " where p.pronamespace in (select oid from pg_namespace where nspname in ('pgque', 'workqueue'))"
    " union all select 't' || c.relname || coalesce(c.relacl::text, '') || array(select a.attname from pg_attribute a"
    " where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum)::text from pg_class c"
    " where c.relnamespace = (select oid from pg_namespace where nspname = 'pgque') and c.relname = any($1::text[])"
    " union all select 'n' || n.oid || n.xmin::text from pg_namespace n where n.nspname in ('pgque', 'workqueue')"
    " union all select 'm' || m.roleid || '.' || m.member from pg_auth_members m"
    " join pg_roles r on r.oid = m.roleid where r.rolname in ('pgque_reader', 'pgque_writer', 'pgque_admin')) x";

constexpr std::array fixedTables = {"queue",          "tick",        "subscription", "consumer",
                                    "event_template", "retry_queue", "dead_letter",  "config"};

pg::Params tables() {
    static const std::vector<std::string> names(fixedTables.begin(), fixedTables.end());
    return pg::Params::of(std::span<const std::string>(names));
}

std::set<std::string> names(const pg::Result& result) {
    std::set<std::string> all;
    for (const pg::Row row : result)
        all.insert(row.get<std::string>(0));
    return all;
}

void readServer(Capabilities& to, const pg::Result& result, int pidAtConnect) {
    const pg::Row row = pgque::detail::single(result);
    to.serverVersion = row.get<std::int32_t>("version");
    to.serverVersionText = row.get<std::string>("version_text");
    to.inRecovery = row.get<bool>("in_recovery");
    to.throughPooler = row.get<std::int32_t>("pid") != pidAtConnect;
    to.database = row.get<std::string>("database");
    to.user = row.get<std::string>("role_name");
    to.superuser = row.get<std::optional<bool>>("superuser").value_or(false);
    to.readsAllStats = row.get<bool>("reads_stats");
    to.signalsBackends = to.superuser || row.get<bool>("signals");
    to.schemaUsable = row.get<bool>("usable");
    to.install = row.get<std::optional<std::string>>("install").value_or(std::string());
    to.origin = row.get<bool>("present") ? domain::SchemaOrigin::Unknown : domain::SchemaOrigin::None;
}

/// Whoever took the right away from everybody is left without.
std::string clusterFrom(const Answers& answers, const Asked<std::string>& asked) {
    try {
        return answers.get(asked);
    } catch (const pg::Error& error) {
        if (error.sqlState() == "42501")
            return {};
        throw;
    }
}

pg::Call<std::string> text(const char* sql) {
    return pgque::detail::valueCall<std::string>(sql, sql, {});
}

} // namespace

Capabilities probe(pg::Connection& connection, pg::Deadline deadline) {
    Capabilities found;
    found.host = connection.host();
    found.port = connection.port();
    found.tls = connection.usesTls();

    Look look;
    look.part();
    const std::size_t server = look.ask({serverSql, {}});
    const std::size_t columns = look.ask({columnsSql, tables()});
    const std::size_t functions = look.ask({functionsSql, {}});
    const std::size_t readable = look.ask({tablesSql, tables()});
    const std::size_t writable = look.ask({writableSql, tables()});
    const std::size_t memberships = look.ask({membershipSql, {}});
    look.part();
    const auto cluster = look.ask(text("select system_identifier::text from pg_control_system()"));
    const Answers answers = look.run(connection, deadline);

    readServer(found, answers.result(server), connection.backendPid());
    found.cluster = clusterFrom(answers, cluster);
    found.columns = names(answers.result(columns));
    found.readableTables = names(answers.result(readable));
    found.writableTables = names(answers.result(writable));
    found.memberOf = names(answers.result(memberships));
    for (const pg::Row row : answers.result(functions)) {
        found.existingFunctions.insert(row.get<std::string>(0));
        if (row.get<bool>(1))
            found.executableFunctions.insert(row.get<std::string>(0));
    }

    // Somebody else's functions may fail in their own way; then the version is not known, and that is all.
    Look second;
    std::optional<Asked<std::string>> version;
    std::optional<Asked<std::string>> origin;
    if (found.mayExecute("version()")) {
        second.part();
        version = second.ask(text("select pgque.version()::text"));
    }
    if (found.mayExecute("origin()")) {
        second.part();
        origin = second.ask(text("select pgque.origin()::text"));
    }
    if (version || origin) {
        const Answers more = second.run(connection, deadline);
        const auto get = [&more](const std::optional<Asked<std::string>>& asked) -> std::string {
            try {
                return asked ? more.get(*asked) : std::string();
            } catch (const pg::Error&) {
                return {};
            }
        };
        found.schemaVersion = get(version);
        found.originText = get(origin);
    }
    return found;
}

std::string grantForReading(const Capabilities& capabilities) {
    return "grant pgque_reader to " + detail::quoted(capabilities.user) + ';';
}

pg::Call<void> readOnlyFromNowOn() {
    return pgque::detail::voidCall("read only", "set default_transaction_read_only = on", {});
}

pg::Call<void> givenUpWhenUnread() {
    return pgque::detail::voidCall("listening",
                                   "select pg_catalog.set_config('tcp_user_timeout', '60000', false)"
                                   " where pg_catalog.version() like '%linux%'",
                                   {});
}

pg::Call<std::string> schemaStamp() {
    return pgque::detail::valueCall<std::string>("schema stamp", stampSql, tables());
}

} // namespace queries
