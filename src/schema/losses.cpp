// SPDX-License-Identifier: GPL-3.0-or-later
#include "pgque/decode.h"
#include "schema/plan.h"

namespace schema {

namespace {

constexpr auto lossesSql =
    "with relations as materialized ("
    " select c.oid, c.relkind from pg_catalog.pg_class c"
    " where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'pgque')),"
    " positions as (select s.sub_queue, min(s.sub_last_tick) as tick from pgque.subscription s group by s.sub_queue),"
    // One that is missing is no reason to count nothing: its queue is left out, and that is told.
    " sequences as (select q.queue_id, (select pg_sequence_last_value(s.oid) from pg_catalog.pg_class s"
    " where s.oid = to_regclass(q.queue_event_seq) and s.relkind = 'S') as last, to_regclass(q.queue_event_seq) is null"
    " as missing from pgque.queue q)"
    " select array(select queue_name from pgque.queue order by queue_name) as queues,"
    " (select count(*) from pgque.subscription) as subscriptions,"
    " (select count(*) from pgque.subscription where sub_batch is not null) as open_batches,"
    " (select count(*) from relations where relkind in ('r', 'p')) as tables,"
    " (select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from relations where relkind in ('r', 'p')) as "
    "bytes,"
    " (select coalesce(sum(greatest(coalesce(s.last, 0) - t.tick_event_seq, 0)), 0)::bigint"
    " from sequences s join positions p on p.sub_queue = s.queue_id"
    " join pgque.tick t on t.tick_queue = s.queue_id and t.tick_id = p.tick where not s.missing) as undelivered,"
    " (select count(*) from sequences where missing) as uncounted,"
    " (select count(*) from pgque.retry_queue) as retries,"
    " (select count(*) from pgque.dead_letter) as dead_letters,"
    " pgque._uninstall_obstacle() as obstacle";

Losses lossesFrom(const pg::Row& row) {
    Losses losses;
    for (const auto& queue : row.get<std::vector<std::optional<std::string>>>("queues"))
        losses.queues.push_back(queue.value_or(""));
    losses.subscriptions = row.get<std::int64_t>("subscriptions");
    losses.openBatches = row.get<std::int64_t>("open_batches");
    losses.tables = row.get<std::int64_t>("tables");
    losses.bytes = row.get<std::int64_t>("bytes");
    losses.undelivered = row.get<std::int64_t>("undelivered");
    losses.uncounted = row.get<std::int64_t>("uncounted");
    losses.retries = row.get<std::int64_t>("retries");
    losses.deadLetters = row.get<std::int64_t>("dead_letters");
    losses.obstacle = row.get<std::optional<std::string>>("obstacle");
    return losses;
}

} // namespace

pg::Call<Losses> countLosses() {
    return pgque::detail::rowCall("losses", lossesSql, {}, lossesFrom);
}

} // namespace schema
