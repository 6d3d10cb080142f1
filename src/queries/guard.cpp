// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/guard.h"

#include "pgque/decode.h"
#include "queries/columns.h"

namespace queries {

namespace {

std::string milliseconds(std::chrono::milliseconds length) {
    return "'" + std::to_string(length.count()) + "ms'";
}

/// Which rows of subscription s a watch means. Written so that the primary key and the unique index on sub_batch both
/// serve: it runs inside the action's transaction and must cost nothing on an install with thousands of subscriptions.
const std::string watched =
    "(s.sub_batch = $3::bigint or (s.sub_queue = (select queue_id from pgque.queue where queue_name = $1::text)"
    " and s.sub_consumer = any (array(select co_id from pgque.consumer where co_name = any ($2::text[])))))";

pg::Params parametersOf(const Watch& watch) {
    return pg::Params().add(watch.queue).add(std::span<const std::string>(watch.consumers)).add(watch.batch);
}

SubscriptionState stateFrom(const pg::Row& row) {
    return SubscriptionState{
        .queueId = row.get<std::int32_t>(0),
        .queue = row.get<std::string>(1),
        .consumerId = row.get<std::int32_t>(2),
        .consumer = row.get<std::string>(3),
        .subId = row.get<std::int32_t>(4),
        .role = row.get<std::string>(5),
        .batch = row.get<std::optional<std::int64_t>>(6),
        .lastTick = row.get<std::optional<std::int64_t>>(7),
        .nextTick = row.get<std::optional<std::int64_t>>(8),
        .active = pgque::detail::microseconds(row, 9),
    };
}

} // namespace

pg::Call<std::vector<SubscriptionState>> subscriptionStates(const Watch& watch) {
    return pgque::detail::rowsCall(
        "subscription_states",
        "select s.sub_queue, q.queue_name, s.sub_consumer, c.co_name, s.sub_id, s.sub_role, s.sub_batch,"
        " s.sub_last_tick, s.sub_next_tick, " +
            detail::micros("s.sub_active") +
            " from pgque.subscription s"
            " join pgque.queue q on q.queue_id = s.sub_queue"
            " join pgque.consumer c on c.co_id = s.sub_consumer"
            " where " +
            watched,
        parametersOf(watch), stateFrom);
}

pg::Call<GivenBack> givenBack(const Watch& watch) {
    // The group's main outlives its members and shares their sub_id; dead letters are recorded for it.
    return pgque::detail::rowCall(
        "given_back",
        "with watched as materialized (select s.sub_queue, s.sub_id from pgque.subscription s where " + watched +
            "), owner as materialized (select g.sub_queue, g.sub_id, g.sub_consumer from pgque.subscription g"
            " where (g.sub_queue, g.sub_id) in (select sub_queue, sub_id from watched)"
            " and g.sub_role <> 'coop_member')"
            " select (select count(*) from pgque.retry_queue where ev_owner = any (array(select sub_id from owner))),"
            " (select count(*) from pgque.dead_letter where dl_queue_id = any (array(select sub_queue from owner))"
            " and dl_consumer_id = any (array(select sub_consumer from owner)))",
        parametersOf(watch), [](const pg::Row& row) {
            return GivenBack{row.get<std::int64_t>(0), row.get<std::int64_t>(1)};
        });
}

pg::Statement beginRepeatableRead() {
    return {"begin isolation level repeatable read", {}};
}

pg::Statement beginReadCommitted() {
    return {"begin isolation level read committed", {}};
}

pg::Statement commit() {
    return {"commit", {}};
}

pg::Statement rollback() {
    return {"rollback", {}};
}

std::vector<pg::Statement> bounds(std::chrono::milliseconds lockTimeout, std::chrono::milliseconds statementTimeout,
                                  std::chrono::milliseconds idleTimeout) {
    return {
        {"set local lock_timeout = " + milliseconds(lockTimeout), {}},
        {"set local statement_timeout = " + milliseconds(statementTimeout), {}},
        {"set local idle_in_transaction_session_timeout = " + milliseconds(idleTimeout), {}},
    };
}

pg::Call<std::optional<std::string>> assignedXid() {
    return pgque::detail::valueCall<std::optional<std::string>>(
        "assigned_xid", "select pg_catalog.pg_current_xact_id_if_assigned()::text", {});
}

pg::Call<std::string> clusterIdentity() {
    // The timeline by the place where the log is written now: the control file learns of a promotion only later.
    return pgque::detail::valueCall<std::string>(
        "cluster_identity",
        "select system_identifier::text || '/' ||"
        " left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) from pg_catalog.pg_control_system()",
        {});
}

} // namespace queries
