// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/prediction.h"

#include "pgque/decode.h"
#include "queries/columns.h"

#include <algorithm>

namespace queries {

namespace {

SubscriptionOutlook outlookFrom(const pg::Row& row) {
    return SubscriptionOutlook{
        .queueId = row.get<std::int32_t>(0),
        .queue = row.get<std::string>(1),
        .dataPrefix = row.get<std::string>(2),
        .maxRetries = row.get<std::int32_t>(3),
        .subId = row.get<std::int32_t>(4),
        .consumerId = row.get<std::int32_t>(5),
        .consumer = row.get<std::string>(6),
        .role = row.get<std::string>(7),
        .batch = row.get<std::optional<std::int64_t>>(8),
        .lastTick = row.get<std::optional<std::int64_t>>(9),
        .nextTick = row.get<std::optional<std::int64_t>>(10),
        .members = row.get<std::int64_t>(11),
        .elsewhere = row.get<std::int64_t>(12),
        .deadLetterConsumerId = row.get<std::int32_t>(13),
        .windowKnown = row.get<bool>(14),
        .now = pgque::detail::microseconds(row, 15),
    };
}

FateCount& countOf(BatchFate& fate, std::string_view name) {
    if (name == "retry")
        return fate.retry;
    if (name == "retry_waiting")
        return fate.retryWaiting;
    return name == "dead" ? fate.dead : fate.deadAlready;
}

} // namespace

pg::Call<std::optional<SubscriptionOutlook>> subscriptionOutlook(const std::string& queue, const std::string& consumer,
                                                                 std::optional<std::int64_t> batch) {
    return {"subscription_outlook",
            {"select q.queue_id, q.queue_name, q.queue_data_pfx, coalesce(q.queue_max_retries, 5), s.sub_id, c.co_id,"
             " c.co_name, s.sub_role, s.sub_batch, s.sub_last_tick, s.sub_next_tick,"
             " (select count(*) from pgque.subscription m where m.sub_queue = s.sub_queue and m.sub_id = s.sub_id"
             " and m.sub_role = 'coop_member'),"
             " (select count(*) from pgque.subscription o where o.sub_consumer = s.sub_consumer"
             " and o.sub_queue <> s.sub_queue),"
             " coalesce((select g.sub_consumer from pgque.subscription g where g.sub_queue = s.sub_queue"
             " and g.sub_id = s.sub_id and g.sub_role = 'coop_main' and s.sub_role = 'coop_member'), s.sub_consumer),"
             " (select count(*) = 2 from pgque.tick t where t.tick_queue = s.sub_queue"
             " and t.tick_id in (s.sub_last_tick, s.sub_next_tick)), " +
                 detail::micros("now()") +
                 " from pgque.subscription s"
                 " join pgque.queue q on q.queue_id = s.sub_queue"
                 " join pgque.consumer c on c.co_id = s.sub_consumer"
                 " where case when $3::bigint is not null then s.sub_batch = $3::bigint"
                 " else q.queue_name = $1::text and c.co_name = $2::text end",
             pg::Params::of(queue, consumer, batch)},
            [](const pg::Result& result) -> std::optional<SubscriptionOutlook> {
                if (result.rowCount() == 0)
                    return {};
                return outlookFrom(result.row(0));
            }};
}

pg::Call<BatchFate> batchFate(const SubscriptionOutlook& outlook, const std::vector<std::int64_t>& only) {
    // PgQ contract: an event belongs to the window when its transaction is visible in the later tick's snapshot and
    // not in the earlier one's. Those are the ids from the earlier xmax on, and the ones then in progress; both parts
    // are looked up by index. One id can stand twice in a window, once over the retry limit and once below it.
    const std::string events = detail::qualified(outlook.dataPrefix);
    const std::string wanted = " and pg_visible_in_snapshot(e.ev_txid, (select later from edge))"
                               " and (e.ev_owner is null or e.ev_owner = $4::int4)"
                               " and ($7::bigint[] is null or e.ev_id = any ($7::bigint[]))";
    return {"batch_fate",
            {"with edge as materialized ("
             "select l.tick_snapshot as earlier, x.tick_snapshot as later from pgque.tick l, pgque.tick x"
             " where l.tick_queue = $1::int4 and l.tick_id = $2::bigint"
             " and x.tick_queue = $1::int4 and x.tick_id = $3::bigint),"
             " events as (select e.ev_id, e.ev_retry from " +
                 events +
                 " e where e.ev_txid >= (select pg_snapshot_xmax(earlier) from edge)"
                 " and e.ev_txid < (select pg_snapshot_xmax(later) from edge)" +
                 wanted + " union all select e.ev_id, e.ev_retry from " + events +
                 " e where e.ev_txid = any (array(select pg_snapshot_xip(earlier) from edge))" + wanted +
                 "), fates as materialized (select distinct on (e.ev_id, fate) e.ev_id,"
                 " case when coalesce(e.ev_retry, 0) >= $6::int4"
                 " then case when d.ev_id is null then 'dead' else 'dead_already' end"
                 " else case when r.ev_id is null then 'retry' else 'retry_waiting' end end as fate"
                 " from events e"
                 " left join pgque.retry_queue r on r.ev_owner = $4::int4 and r.ev_id = e.ev_id"
                 " left join pgque.dead_letter d on d.dl_queue_id = $1::int4 and d.dl_consumer_id = $5::int4"
                 " and d.ev_id = e.ev_id"
                 " order by e.ev_id, fate)"
                 " select f.fate, count(*),"
                 " array(select i.ev_id from fates i where i.fate = f.fate order by i.ev_id limit 20)"
                 " from fates f group by f.fate",
             pg::Params::of(outlook.queueId, outlook.lastTick, outlook.nextTick, outlook.subId,
                            outlook.deadLetterConsumerId, outlook.maxRetries,
                            only.empty() ? std::nullopt : std::optional<std::span<const std::int64_t>>(only))},
            [](const pg::Result& result) {
                BatchFate fate;
                for (const pg::Row row : result)
                    countOf(fate, row.text(0)) = {row.get<std::int64_t>(1), row.get<std::vector<std::int64_t>>(2)};
                return fate;
            }};
}

pg::Call<SubscriptionLosses> subscriptionLosses(const SubscriptionOutlook& outlook, std::int64_t cap) {
    return pgque::detail::rowCall(
        "subscription_losses",
        "select (select count(*) from (select 1 from pgque.retry_queue where ev_owner = $1::int4 limit $4::bigint) r),"
        " (select count(*) from (select 1 from pgque.dead_letter where dl_consumer_id = $2::int4 limit $4::bigint) d),"
        " coalesce((select n.tick_event_seq from pgque.tick n where n.tick_queue = $3::int4"
        " order by n.tick_id desc limit 1)"
        " - (select p.tick_event_seq from pgque.tick p where p.tick_queue = $3::int4 and p.tick_id = $5::bigint), 0)",
        pg::Params::of(outlook.subId, outlook.consumerId, outlook.queueId, cap, outlook.lastTick),
        [](const pg::Row& row) {
            return SubscriptionLosses{.retries = row.get<std::int64_t>(0),
                                      .deadLetters = row.get<std::int64_t>(1),
                                      .pending = row.get<std::int64_t>(2)};
        });
}

pg::Call<bool> deadLetterExists(std::int64_t id) {
    return pgque::detail::valueCall<bool>(
        "dead_letter_exists", "select exists (select from pgque.dead_letter where dl_id = $1)", pg::Params::of(id));
}

pg::Call<std::int64_t> deadLettersOlderThan(const std::string& queue, std::optional<pg::Interval> age,
                                            std::int64_t cap) {
    // An age says "before now minus it", as dlq_purge() does it; without one the time does not matter.
    return pgque::detail::valueCall<std::int64_t>(
        "dead_letters_older_than",
        "select count(*) from (select from pgque.dead_letter d join pgque.queue q on q.queue_id = d.dl_queue_id"
        " where q.queue_name = $1 and ($2::interval is null or d.dl_time < now() - $2::interval)"
        " limit $3::bigint) bounded",
        pg::Params::of(queue, age, cap));
}

pg::Call<std::optional<QueueLosses>> queueLosses(const std::string& queue, std::int64_t cap) {
    return {"queue_losses",
            {"select q.queue_id, array(select c.co_name from pgque.subscription s"
             " join pgque.consumer c on c.co_id = s.sub_consumer where s.sub_queue = q.queue_id"
             " order by c.co_name limit 20),"
             " (select count(*) from pgque.subscription s where s.sub_queue = q.queue_id),"
             " (select count(*) from (select 1 from pgque.dead_letter where dl_queue_id = q.queue_id"
             " limit $2::bigint) d),"
             " (select count(*) from (select 1 from pgque.retry_queue where ev_queue = q.queue_id"
             " limit $2::bigint) r),"
             " q.queue_ntables from pgque.queue q where q.queue_name = $1::text",
             pg::Params::of(queue, cap)},
            [](const pg::Result& result) -> std::optional<QueueLosses> {
                if (result.rowCount() == 0)
                    return {};
                const pg::Row row = result.row(0);
                QueueLosses losses{.queueId = row.get<std::int32_t>(0),
                                   .subscriptions = row.get<std::int64_t>(2),
                                   .deadLetters = row.get<std::int64_t>(3),
                                   .retries = row.get<std::int64_t>(4),
                                   .tables = row.get<std::int32_t>(5)};
                for (auto& name : row.get<std::vector<std::optional<std::string>>>(1))
                    losses.consumers.push_back(name.value_or(std::string()));
                return losses;
            }};
}

} // namespace queries
