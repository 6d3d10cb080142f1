// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/lockwaits.h"

#include "queries/columns.h"
#include "queries/look.h"

#include <algorithm>

namespace queries {

namespace {

using detail::micros;
using detail::textOrEmpty;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

/// Whoever waits for a row holds or waits for the tuple lock on it, which tells table and place; of a subscription the
/// place tells the row. Then those who are waited for.
const std::string waitsSql =
    "with waiting as materialized (select l.pid, l.locktype, l.relation, l.mode, l.waitstart,"
    " pg_blocking_pids(l.pid) as blockers from pg_locks l where not l.granted),"
    " places as (select distinct on (t.pid) t.pid, t.relation, t.page, t.tuple from pg_locks t"
    " join waiting w on w.pid = t.pid where t.locktype = 'tuple'"
    " and t.database = (select oid from pg_database where datname = current_database())),"
    " people as (select pid from waiting union select unnest(blockers) from waiting)"
    " select p.pid, a.usename, a.application_name, a.state, left(a.query, 300), " +
    micros("a.xact_start") + ", " + micros("w.waitstart") +
    ", w.mode, w.locktype, coalesce(n.nspname, ''), coalesce(c.relname, ''),"
    " (select co.co_name || ' on ' || q.queue_name from pgque.subscription s"
    " join pgque.queue q on q.queue_id = s.sub_queue join pgque.consumer co on co.co_id = s.sub_consumer"
    " where n.nspname = 'pgque' and c.relname = 'subscription'"
    " and s.ctid = ('(' || l.page || ',' || l.tuple || ')')::tid),"
    " coalesce(array_to_string(w.blockers, ','), ''), " +
    micros("a.backend_start") +
    " from people p"
    " left join pg_stat_activity a on a.pid = p.pid left join waiting w on w.pid = p.pid"
    " left join places l on l.pid = p.pid left join pg_class c on c.oid = coalesce(l.relation, w.relation)"
    " left join pg_namespace n on n.oid = c.relnamespace"
    " where p.pid = 0 or a.datname = current_database() order by p.pid limit 2000";

std::string waitsFor(const std::string& lockType, const std::string& schema, const std::string& table,
                     const std::string& row) {
    if (!row.empty())
        return "row of " + row;
    const std::string name = table.empty() ? std::string() : schema + '.' + table;
    if (lockType == "transactionid" || lockType == "tuple")
        return name.empty() ? "a row" : "a row of " + name;
    if (lockType == "relation")
        return "table " + name;
    if (lockType == "advisory")
        return "an advisory lock";
    return lockType;
}

domain::LockSession sessionFrom(const pg::Row& row) {
    domain::LockSession session;
    session.pid = row.get<std::int32_t>(0);
    session.user = textOrEmpty(row, 1);
    session.application = textOrEmpty(row, 2);
    session.state = textOrEmpty(row, 3);
    session.query = textOrEmpty(row, 4);
    session.transactionSince = optionalMicroseconds(row, 5);
    session.started = optionalMicroseconds(row, 13);
    session.mode = textOrEmpty(row, 7);
    session.schema = textOrEmpty(row, 9);
    session.blockers = detail::pids(textOrEmpty(row, 12));
    if (session.mode.empty())
        return session;
    // For the first instant of a wait the server has not written down when it began.
    session.waitingSince = optionalMicroseconds(row, 6);
    session.waitsFor = waitsFor(textOrEmpty(row, 8), session.schema, textOrEmpty(row, 10), textOrEmpty(row, 11));
    return session;
}

} // namespace

domain::LockWaits lockWaits(pg::Connection& connection, pg::Deadline deadline) {
    Look look;
    look.part();
    const auto began = look.ask(serverClock());
    const auto sessions = look.ask(rowsCall("lock waits", waitsSql, {}, sessionFrom));
    const auto ended = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    domain::LockWaits found;
    found.sessions = answers.get(sessions);
    found.takenAt = answers.get(ended);
    found.serverMs = std::chrono::duration<double, std::milli>(found.takenAt - answers.get(began)).count();
    for (domain::LockSession& session : found.sessions) {
        auto& blockers = session.blockers;
        std::sort(blockers.begin(), blockers.end());
        blockers.erase(std::unique(blockers.begin(), blockers.end()), blockers.end());
    }
    return found;
}

domain::Footprint footprint(pg::Connection& connection, pg::Deadline deadline) {
    Look look;
    look.part();
    const auto sessions =
        look.ask(rowsCall("own sessions",
                          "select a.pid, a.application_name, a.state, case when a.pid <> pg_backend_pid() then " +
                              micros("a.xact_start") +
                              " end, (select count(*) from pg_locks l where l.pid = a.pid and l.granted"
                              " and a.pid <> pg_backend_pid()), left(a.query, 300) from pg_stat_activity a"
                              " where a.application_name like 'batchscope/%' and a.usename = current_user"
                              " order by a.application_name, a.pid limit 500",
                          {}, [](const pg::Row& row) {
                              domain::OwnSession session;
                              session.pid = row.get<std::int32_t>(0);
                              session.application = textOrEmpty(row, 1);
                              session.state = textOrEmpty(row, 2);
                              session.transactionSince = optionalMicroseconds(row, 3);
                              session.locks = row.get<std::int64_t>(4);
                              session.query = textOrEmpty(row, 5);
                              return session;
                          }));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    return {answers.get(sessions), answers.get(clock)};
}

} // namespace queries
