// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/lockwaits.h"

#include "queries/columns.h"
#include "queries/look.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace queries {

namespace {

using detail::micros;
using detail::textOrEmpty;
using detail::transactionSince;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

/// More sessions than that are read by nobody.
constexpr std::size_t sessionsAtMost = 2'000;

/// A row in a table of the queues, by its place.
struct Place {
    std::string table;
    std::string tuple; ///< "(12,3)"

    auto operator<=>(const Place&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 reads a 0 into it
};

struct Waiter {
    domain::LockSession session;
    std::string lockType;
    std::string table;
    std::optional<Place> place; ///< of a row of pgque that may be read
};

/// Whoever waits for a row holds or waits for the tuple lock on it, which tells table and place. Then those who are
/// waited for, in whatever database they are: shared tables are locked from all of them.
const std::string waitsSql =
    "with here as (select oid from pg_database where datname = current_database()),"
    " waiting as materialized (select l.pid, l.locktype, l.relation, l.mode, l.waitstart,"
    " pg_blocking_pids(l.pid) as blockers from pg_locks l join pg_stat_activity a on a.pid = l.pid"
    " where not l.granted and a.datid = (select oid from here)),"
    " places as (select distinct on (t.pid) t.pid, t.relation, t.page, t.tuple from pg_locks t"
    " join waiting w on w.pid = t.pid where t.locktype = 'tuple' and t.database = (select oid from here)),"
    " people as (select pid from waiting union select unnest(blockers) from waiting)"
    " select p.pid, a.usename, a.application_name, a.state, left(a.query, 300), " +
    transactionSince() + ", " + micros("w.waitstart") +
    ", w.mode, w.locktype, coalesce(n.nspname, ''), coalesce(c.relname, ''),"
    " case when n.nspname = 'pgque' and c.relname in ('subscription', 'queue', 'consumer')"
    " and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')"
    " then '(' || l.page || ',' || l.tuple || ')' end,"
    " coalesce(array_to_string(w.blockers, ','), ''), " +
    micros("a.backend_start") +
    ", case when a.datid <> (select oid from here) then a.datname end"
    " from people p"
    " left join pg_stat_activity a on a.pid = p.pid left join waiting w on w.pid = p.pid"
    " left join places l on l.pid = p.pid left join pg_class c on c.oid = coalesce(l.relation, w.relation)"
    " left join pg_namespace n on n.oid = c.relnamespace"
    " where p.pid <> 0 order by p.pid limit " +
    std::to_string(sessionsAtMost + 1);

/// A prepared transaction has no pid, so pg_blocking_pids() calls each of them 0. Which one it is tells the lock on its
/// own transaction id that it keeps beside the lock that is waited for.
const std::string preparedSql =
    "with conflicts(held, wanted) as (values"
    " ('AccessShareLock', '{AccessExclusiveLock}'::text[]),"
    " ('RowShareLock', '{ExclusiveLock,AccessExclusiveLock}'),"
    " ('RowExclusiveLock', '{ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'),"
    " ('ShareUpdateExclusiveLock', '{ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,"
    "AccessExclusiveLock}'),"
    " ('ShareLock', '{RowExclusiveLock,ShareUpdateExclusiveLock,ShareRowExclusiveLock,ExclusiveLock,"
    "AccessExclusiveLock}'),"
    " ('ShareRowExclusiveLock', '{RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,"
    "ExclusiveLock,AccessExclusiveLock}'),"
    " ('ExclusiveLock', '{RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,"
    "ExclusiveLock,AccessExclusiveLock}'),"
    " ('AccessExclusiveLock', '{AccessShareLock,RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,"
    "ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}')),"
    " locks as materialized (select * from pg_locks where pid is null or not granted)"
    " select p.gid, p.owner, nullif(p.database, current_database()), " +
    micros("p.prepared") +
    ", string_agg(distinct w.pid::text, ',') from pg_prepared_xacts p"
    " join locks own on own.pid is null and own.locktype = 'transactionid' and own.transactionid = p.transaction"
    " join locks h on h.pid is null and h.virtualtransaction = own.virtualtransaction"
    " join conflicts m on m.held = h.mode"
    " join locks w on not w.granted and w.mode = any(m.wanted) and w.locktype = h.locktype"
    " and row(w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid, w.classid, w.objid, w.objsubid)"
    " is not distinct from row(h.database, h.relation, h.page, h.tuple, h.virtualxid, h.transactionid, h.classid,"
    " h.objid, h.objsubid)"
    " join pg_stat_activity a on a.pid = w.pid and a.datname = current_database()"
    " group by p.gid, p.owner, p.database, p.prepared order by p.prepared limit 500";

struct Prepared {
    domain::LockSession session;
    std::vector<std::int32_t> waiting;
};

std::string waitsFor(const std::string& lockType, const std::string& schema, const std::string& table,
                     const std::string& row) {
    if (!row.empty())
        return row;
    const std::string name = table.empty() ? std::string() : schema + '.' + table;
    if (lockType == "transactionid" || lockType == "tuple")
        return name.empty() ? "a row" : "a row of " + name;
    if (lockType == "relation")
        return "table " + name;
    if (lockType == "advisory")
        return "an advisory lock";
    return lockType;
}

Waiter waiterFrom(const pg::Row& row) {
    Waiter found;
    domain::LockSession& session = found.session;
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
    session.database = textOrEmpty(row, 14);
    if (session.mode.empty())
        return found;
    // For the first instant of a wait the server has not written down when it began.
    session.waitingSince = optionalMicroseconds(row, 6);
    found.lockType = textOrEmpty(row, 8);
    found.table = textOrEmpty(row, 10);
    if (const std::string tuple = textOrEmpty(row, 11); !tuple.empty())
        found.place = Place{found.table, tuple};
    return found;
}

Prepared preparedFrom(const pg::Row& row) {
    Prepared found;
    found.session.gid = textOrEmpty(row, 0);
    found.session.user = textOrEmpty(row, 1);
    found.session.database = textOrEmpty(row, 2);
    found.session.transactionSince = optionalMicroseconds(row, 3);
    found.waiting = detail::pids(textOrEmpty(row, 4));
    return found;
}

/// What the rows at these places are called. A row that was changed meanwhile is found there no more, and a table that
/// somebody keeps locked is not waited for: such a row has no name.
std::map<Place, std::string> namesOf(pg::Connection& connection, const std::set<Place>& places, pg::Deadline deadline) {
    static const std::map<std::string, std::string> questions = {
        {"subscription",
         "select s.ctid::text, 'row of ' || co.co_name || ' on ' || q.queue_name from pgque.subscription s"
         " join pgque.queue q on q.queue_id = s.sub_queue join pgque.consumer co on co.co_id = s.sub_consumer"
         " where s.ctid = any($1::tid[])"},
        {"queue", "select ctid::text, 'row of queue ' || queue_name from pgque.queue where ctid = any($1::tid[])"},
        {"consumer",
         "select ctid::text, 'row of consumer ' || co_name from pgque.consumer where ctid = any($1::tid[])"},
    };
    using Names = std::vector<std::pair<std::string, std::string>>;
    Look look;
    std::vector<std::pair<std::string, Asked<Names>>> asked;
    for (const auto& [table, sql] : questions) {
        std::vector<std::string> tuples;
        for (const Place& place : places) {
            if (place.table == table)
                tuples.push_back(place.tuple);
        }
        if (tuples.empty())
            continue;
        look.part();
        asked.emplace_back(table, look.ask(rowsCall("row names", sql, pg::Params::of(tuples), [](const pg::Row& row) {
            return std::pair(textOrEmpty(row, 0), textOrEmpty(row, 1));
        })));
    }
    std::map<Place, std::string> names;
    if (asked.empty())
        return names;
    const Answers answers = look.run(connection, deadline);
    for (const auto& [table, question] : asked) {
        try {
            for (auto& [tuple, name] : answers.get(question))
                names[{table, tuple}] = std::move(name);
        } catch (const pg::Error&) {
            continue;
        }
    }
    return names;
}

} // namespace

domain::LockWaits lockWaits(pg::Connection& connection, pg::Deadline deadline) {
    Look look;
    look.part();
    const auto began = look.ask(serverClock());
    const auto waiters = look.ask(rowsCall("lock waits", waitsSql, {}, waiterFrom));
    const auto prepared = look.ask(rowsCall("prepared transactions", preparedSql, {}, preparedFrom));
    const auto ended = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    std::vector<Waiter> found = answers.get(waiters);

    domain::LockWaits waits;
    waits.takenAt = answers.get(ended);
    waits.serverMs = std::chrono::duration<double, std::milli>(waits.takenAt - answers.get(began)).count();
    waits.more = found.size() > sessionsAtMost;
    if (waits.more)
        found.pop_back();

    std::set<Place> places;
    for (const Waiter& one : found) {
        if (one.place)
            places.insert(*one.place);
    }
    const auto names = namesOf(connection, places, deadline);
    std::map<std::int32_t, domain::LockSession*> byPid;
    waits.sessions.reserve(found.size());
    for (Waiter& one : found) {
        domain::LockSession& session = waits.sessions.emplace_back(std::move(one.session));
        std::sort(session.blockers.begin(), session.blockers.end());
        session.blockers.erase(std::unique(session.blockers.begin(), session.blockers.end()), session.blockers.end());
        const auto name = one.place ? names.find(*one.place) : names.end();
        if (!session.mode.empty())
            session.waitsFor =
                waitsFor(one.lockType, session.schema, one.table, name == names.end() ? std::string() : name->second);
        byPid[session.pid] = &session;
    }
    std::vector<domain::LockSession> holders;
    for (Prepared& one : answers.get(prepared)) {
        bool blocks = false;
        for (const std::int32_t pid : one.waiting) {
            const auto waiter = byPid.find(pid);
            if (waiter == byPid.end() || waiter->second->blockers.empty() || waiter->second->blockers.front() != 0)
                continue;
            waiter->second->preparedBlockers.push_back(one.session.gid);
            blocks = true;
        }
        if (blocks)
            holders.push_back(std::move(one.session));
    }
    // One that was not found stays as what the server says of it: a holder without a pid.
    bool unnamed = false;
    for (domain::LockSession& session : waits.sessions) {
        if (session.blockers.empty() || session.blockers.front() != 0)
            continue;
        if (session.preparedBlockers.empty())
            unnamed = true;
        else
            session.blockers.erase(session.blockers.begin());
    }
    if (unnamed)
        holders.emplace_back();
    waits.sessions.insert(waits.sessions.begin(), std::make_move_iterator(holders.begin()),
                          std::make_move_iterator(holders.end()));
    return waits;
}

domain::Footprint footprint(pg::Connection& connection, std::span<const std::int64_t> pids, pg::Deadline deadline) {
    Look look;
    look.part();
    const auto sessions = look.ask(rowsCall(
        "own sessions",
        "select a.pid, a.application_name, a.state, " + transactionSince() +
            ", (select count(*) from pg_locks l where l.pid = a.pid and l.granted),"
            " left(a.query, 300), a.pid = pg_backend_pid() from pg_stat_activity a"
            " where (a.application_name like 'batchscope/%' or a.pid = any($1::bigint[])"
            " or a.pid = pg_backend_pid()) and a.usename = current_user order by a.application_name, a.pid limit 500",
        pg::Params::of(pids), [](const pg::Row& row) {
            domain::OwnSession session;
            session.pid = row.get<std::int32_t>(0);
            session.application = textOrEmpty(row, 1);
            session.state = textOrEmpty(row, 2);
            session.transactionSince = optionalMicroseconds(row, 3);
            session.locks = row.get<std::int64_t>(4);
            session.query = textOrEmpty(row, 5);
            session.asks = row.get<bool>(6);
            return session;
        }));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    return {answers.get(sessions), answers.get(clock)};
}

} // namespace queries
