// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/activity.h"

#include "queries/columns.h"

namespace queries {

namespace {

using detail::micros;
using detail::textOrEmpty;
using detail::transactionSince;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

/// A row that a running transaction locked or changed carries its id in xmax, and that transaction holds a lock on its
/// own id: the one link between a row and a session that needs no extension. Who waits, waits for the same id.
pg::Call<std::vector<domain::RowLock>> rowLocks() {
    return rowsCall("row locks",
                    "select s.sub_queue, s.sub_consumer, coalesce(l.pid, 0), a.application_name, a.state, " +
                        transactionSince() +
                        ", (select string_agg(w.pid::text, ',' order by w.pid) from pg_locks w"
                        " where w.locktype = 'transactionid' and not w.granted and w.transactionid = l.transactionid),"
                        " l.transactionid::text"
                        " from pgque.subscription s"
                        " join pg_locks l on l.locktype = 'transactionid' and l.granted and l.transactionid = s.xmax"
                        " left join pg_stat_activity a on a.pid = l.pid"
                        " where s.xmax <> '0'::xid order by 1, 2",
                    {}, [](const pg::Row& row) {
                        domain::RowLock lock;
                        lock.queueId = row.get<std::int32_t>(0);
                        lock.consumerId = row.get<std::int32_t>(1);
                        lock.pid = row.get<std::int32_t>(2);
                        lock.application = textOrEmpty(row, 3);
                        lock.state = textOrEmpty(row, 4);
                        lock.since = optionalMicroseconds(row, 5);
                        lock.waiting = detail::pids(textOrEmpty(row, 6));
                        lock.transaction = textOrEmpty(row, 7);
                        return lock;
                    });
}

pg::Call<std::vector<domain::Backend>> backends() {
    return rowsCall("sessions",
                    "select a.pid, a.usename, a.application_name, a.datname, a.state,"
                    " case when a.wait_event is not null then a.wait_event_type || ': ' || a.wait_event end, " +
                        transactionSince() + ", " + micros("a.state_change") + ", " + micros("a.backend_start") +
                        ", a.backend_xid::text, a.backend_xmin::text,"
                        // Only this part of others' statements is looked at: names and numbers, no payload.
                        " left(substring(a.query from '(?i)\\mpgque\\.receive(?:_coop)?\\s*\\(([^()]*)\\)'), 300)"
                        " from pg_stat_activity a"
                        // What kind it is takes a right, a transaction's id does not; whoever writes is listed.
                        " where a.pid <> pg_backend_pid() and (a.backend_type = 'client backend'"
                        " or a.backend_xid is not null or (a.backend_type is null and a.usesysid is not null))"
                        " and (a.datname = current_database() or a.backend_xid is not null"
                        " or a.backend_xmin is not null) order by a.pid limit " +
                        std::to_string(backendsAtMost),
                    {}, [](const pg::Row& row) {
                        domain::Backend backend;
                        backend.pid = row.get<std::int32_t>(0);
                        backend.user = textOrEmpty(row, 1);
                        backend.application = textOrEmpty(row, 2);
                        backend.database = textOrEmpty(row, 3);
                        backend.state = textOrEmpty(row, 4);
                        backend.waitEvent = textOrEmpty(row, 5);
                        backend.transactionSince = optionalMicroseconds(row, 6);
                        backend.stateSince = optionalMicroseconds(row, 7);
                        backend.started = optionalMicroseconds(row, 8);
                        backend.xid = row.get<std::optional<std::int64_t>>(9);
                        backend.xmin = row.get<std::optional<std::int64_t>>(10);
                        backend.receiveArguments = textOrEmpty(row, 11);
                        return backend;
                    });
}

pg::Call<std::vector<domain::PreparedTransaction>> prepared() {
    return rowsCall("prepared transactions",
                    "select gid, owner, database, " + micros("prepared") +
                        ", transaction::text from pg_prepared_xacts order by prepared limit 1000",
                    {}, [](const pg::Row& row) {
                        return domain::PreparedTransaction{textOrEmpty(row, 0), textOrEmpty(row, 1),
                                                           textOrEmpty(row, 2), pgque::detail::microseconds(row, 3),
                                                           row.get<std::int64_t>(4)};
                    });
}

/// Event tables are named after their queue: event_ID is the parent, event_ID_N the N-th of the ring.
pg::Call<std::vector<domain::EventTableLock>> eventLocks() {
    return rowsCall("locks on event tables",
                    "select split_part(c.relname, '_', 2)::int, nullif(split_part(c.relname, '_', 3), '')::int,"
                    " coalesce(l.pid, 0), a.application_name, a.state, " +
                        transactionSince() +
                        ", bool_or(l.mode = 'RowExclusiveLock'), l.virtualtransaction from pg_locks l"
                        " join pg_class c on c.oid = l.relation and c.relname ~ '^event_[0-9]{1,9}(_[0-9]{1,4})?$'"
                        " and c.relnamespace = to_regnamespace('pgque')"
                        " left join pg_stat_activity a on a.pid = l.pid"
                        // A SIReadLock blocks nobody.
                        " where l.locktype = 'relation' and l.granted and l.pid is distinct from pg_backend_pid()"
                        " and l.mode <> 'SIReadLock'"
                        " and l.database = (select oid from pg_database where datname = current_database())"
                        " group by 1, 2, 3, 4, 5, 6, 8 order by 6, 1, 2, 3 limit 1000",
                    {}, [](const pg::Row& row) {
                        domain::EventTableLock lock;
                        lock.queueId = row.get<std::int32_t>(0);
                        lock.table = row.get<std::optional<std::int32_t>>(1);
                        lock.pid = row.get<std::int32_t>(2);
                        lock.application = textOrEmpty(row, 3);
                        lock.state = textOrEmpty(row, 4);
                        lock.since = optionalMicroseconds(row, 5);
                        lock.writes = row.get<bool>(6);
                        lock.transaction = textOrEmpty(row, 7);
                        return lock;
                    });
}

} // namespace

ActivityQuestions askActivity(Look& look, Limits limits) {
    look.part(limits);
    return {look.ask(serverClock()), look.ask(rowLocks()),   look.ask(backends()),
            look.ask(prepared()),    look.ask(eventLocks()), look.ask(serverClock())};
}

domain::Activity readActivity(const Answers& answers, const ActivityQuestions& questions) {
    return {answers.get(questions.clock), answers.get(questions.rowLocks), answers.get(questions.backends),
            answers.get(questions.prepared), answers.get(questions.eventLocks)};
}

} // namespace queries
