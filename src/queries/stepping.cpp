// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/stepping.h"

#include "pgque/decode.h"
#include "queries/columns.h"
#include "queries/look.h"

#include <algorithm>

namespace queries {

namespace {

using detail::micros;
using pgque::detail::rowsCall;
using pgque::detail::valueCall;

/// A number of our own among the advisory locks of the database, "step" as bytes.
const std::string lockClass = "1937008997";

pg::Call<std::vector<SteppedTick>> newestTicks(std::string_view queue, int count) {
    return rowsCall(
        "stepped ticks",
        "select t.tick_id, " + micros("t.tick_time") +
            ", t.tick_event_seq from pgque.tick t join pgque.queue q on q.queue_id = t.tick_queue"
            " where q.queue_name = $1 order by t.tick_id desc limit $2::int4",
        pg::Params::of(queue, count), [](const pg::Row& row) {
            return SteppedTick{row.get<std::int64_t>(0), pgque::detail::microseconds(row, 1), row.get<std::int64_t>(2)};
        });
}

pg::Call<std::vector<GivenBackEvent>> waitingAndDead(std::string_view queue) {
    return rowsCall(
        "stepped retries",
        "select c.co_name, r.ev_id, coalesce(r.ev_retry, 0), " + micros("r.ev_retry_after") +
            ", null from pgque.retry_queue r join pgque.queue q on q.queue_id = r.ev_queue"
            " join pgque.subscription s on s.sub_queue = r.ev_queue and s.sub_id = r.ev_owner and s.sub_role <> "
            "'coop_member' join pgque.consumer c on c.co_id = s.sub_consumer where q.queue_name = $1"
            " union all select c.co_name, d.ev_id, coalesce(d.ev_retry, 0), null, d.dl_reason from pgque.dead_letter d"
            " join pgque.queue q on q.queue_id = d.dl_queue_id join pgque.consumer c on c.co_id = d.dl_consumer_id"
            " where q.queue_name = $1 order by 1, 2",
        pg::Params::of(queue), [](const pg::Row& row) {
            return GivenBackEvent{row.get<std::string>(0), row.get<std::int64_t>(1), row.get<std::int32_t>(2),
                                  pgque::detail::optionalMicroseconds(row, 3),
                                  row.get<std::optional<std::string>>(4).value_or(std::string())};
        });
}

} // namespace

pg::Call<std::vector<SubscriptionState>> steppedSubscriptions(std::string_view queue) {
    return rowsCall("stepped subscriptions",
                    "select s.sub_queue, s.sub_consumer, c.co_name, s.sub_id, s.sub_role, s.sub_batch, s.sub_last_tick,"
                    " s.sub_next_tick, " +
                        micros("s.sub_active") +
                        " from pgque.subscription s join pgque.queue q on q.queue_id = s.sub_queue"
                        " join pgque.consumer c on c.co_id = s.sub_consumer"
                        " where q.queue_name = $1 order by s.sub_consumer",
                    pg::Params::of(queue), [name = std::string(queue)](const pg::Row& row) {
                        return SubscriptionState{
                            .queueId = row.get<std::int32_t>(0),
                            .queue = name,
                            .consumerId = row.get<std::int32_t>(1),
                            .consumer = row.get<std::string>(2),
                            .subId = row.get<std::int32_t>(3),
                            .role = row.get<std::string>(4),
                            .batch = row.get<std::optional<std::int64_t>>(5),
                            .lastTick = row.get<std::optional<std::int64_t>>(6),
                            .nextTick = row.get<std::optional<std::int64_t>>(7),
                            .active = pgque::detail::microseconds(row, 8),
                        };
                    });
}

SteppedQueue steppedQueue(pg::Connection& connection, std::string_view queue, int ticks, pg::Deadline deadline) {
    Look look;
    look.part({}, Look::View::Same);
    const auto rows = look.ask(steppedSubscriptions(queue));
    const auto newest = look.ask(newestTicks(queue, ticks));
    const auto givenBack = look.ask(waitingAndDead(queue));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    SteppedQueue state{answers.get(clock), answers.get(rows), answers.get(newest), answers.get(givenBack)};
    std::reverse(state.ticks.begin(), state.ticks.end());
    return state;
}

pg::Call<std::vector<LockWait>> lockWaits(std::span<const std::int64_t> pids) {
    // Who waits for a row waits for the transaction that has it, and holds (or waits for) the lock on the tuple itself
    // meanwhile: that one names the row.
    return rowsCall("lock waits",
                    "select l.pid, (select array_agg(distinct b::int8) from unnest(pg_blocking_pids(l.pid)) b),"
                    " l.locktype, (select min(c.co_name) from pg_locks t join pgque.subscription s"
                    " on s.ctid = format('(%s,%s)', t.page, t.tuple)::tid"
                    " join pgque.consumer c on c.co_id = s.sub_consumer where t.pid = l.pid and t.locktype = 'tuple'"
                    " and t.relation = 'pgque.subscription'::regclass), " +
                        micros("coalesce(l.waitstart, clock_timestamp())") +
                        " from pg_locks l where not l.granted and l.pid = any ($1::int4[])",
                    pg::Params::of(pids), [](const pg::Row& row) {
                        LockWait wait;
                        wait.pid = row.get<std::int32_t>(0);
                        if (!row.isNull(1))
                            for (const std::int64_t pid : row.get<std::vector<std::int64_t>>(1))
                                wait.blockedBy.push_back(static_cast<int>(pid));
                        wait.lock = row.get<std::string>(2);
                        wait.row = row.get<std::optional<std::string>>(3).value_or(std::string());
                        wait.waitStart = pgque::detail::microseconds(row, 4);
                        return wait;
                    });
}

pg::Call<pg::Timestamp> transactionTime() {
    return pgque::detail::rowCall("transaction_time", "select " + micros("now()"), {},
                                  [](const pg::Row& row) { return pgque::detail::microseconds(row, 0); });
}

pg::Call<std::int64_t> makeRetriesDue(std::string_view queue) {
    return {"make_retries_due",
            {"update pgque.retry_queue r set ev_retry_after = now() from pgque.queue q"
             " where q.queue_name = $1 and r.ev_queue = q.queue_id and r.ev_retry_after > now()",
             pg::Params::of(queue)},
            [](const pg::Result& result) { return result.affectedRows(); }};
}

pg::Call<bool> makeHeartbeatOlder(std::string_view queue, std::string_view consumer, pg::Interval by) {
    return {"make_heartbeat_older",
            {"update pgque.subscription s set sub_active = s.sub_active - $3::interval"
             " from pgque.queue q, pgque.consumer c"
             " where q.queue_name = $1 and c.co_name = $2 and s.sub_queue = q.queue_id and s.sub_consumer = c.co_id",
             pg::Params::of(queue, consumer, by)},
            [](const pg::Result& result) { return result.affectedRows() > 0; }};
}

pg::Call<bool> makeRotationDue(std::string_view queue) {
    return {"make_rotation_due",
            {"update pgque.queue set queue_switch_time = now() - queue_rotation_period - interval '1 second'"
             " where queue_name = $1",
             pg::Params::of(queue)},
            [](const pg::Result& result) { return result.affectedRows() > 0; }};
}

pg::Call<bool> endBackend(int pid) {
    return valueCall<bool>("end_backend", "select pg_catalog.pg_terminate_backend($1::int4)", pg::Params::of(pid));
}

pg::Call<bool> backendIsThere(int pid) {
    return valueCall<bool>("backend_is_there", "select exists (select from pg_stat_activity where pid = $1::int4)",
                           pg::Params::of(pid));
}

pg::Call<bool> claimScratchQueue(std::string_view queue) {
    return valueCall<bool>("claim_scratch_queue",
                           "select pg_catalog.pg_try_advisory_lock(" + lockClass + ", hashtext($1))",
                           pg::Params::of(queue));
}

pg::Call<void> releaseScratchQueue(std::string_view queue) {
    return {"release_scratch_queue",
            {"select pg_catalog.pg_advisory_unlock(" + lockClass + ", hashtext($1))", pg::Params::of(queue)},
            [](const pg::Result&) {}};
}

pg::Call<bool> scratchQueueExists(std::string_view queue) {
    return valueCall<bool>("scratch_queue_exists", "select exists (select from pgque.queue where queue_name = $1)",
                           pg::Params::of(queue));
}

pg::Statement workerSettings() {
    return {"select set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),"
            " set_config('idle_in_transaction_session_timeout', '0', false),"
            " set_config('client_connection_check_interval', '1s', false)",
            {}};
}

pg::Call<std::vector<std::string>> abandonedQueues(std::string_view prefix) {
    return rowsCall("abandoned_queues",
                    "select q.queue_name from pgque.queue q where starts_with(q.queue_name, $1) and not exists ("
                    "select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2"
                    " and l.database = (select oid from pg_database where datname = current_database())"
                    " and l.classid::int8 = " +
                        lockClass +
                        " and l.objid::int8 = hashtext(q.queue_name)::int8 & 4294967295) order by q.queue_name",
                    pg::Params::of(prefix), [](const pg::Row& row) { return row.get<std::string>(0); });
}

} // namespace queries
