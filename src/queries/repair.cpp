// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/repair.h"

#include "queries/columns.h"

#include <algorithm>

namespace queries {

using detail::micros;
using detail::textOrEmpty;
using pgque::detail::microseconds;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowCall;
using pgque::detail::rowsCall;
using pgque::detail::valueCall;

namespace {

std::string textOf(const pg::Row& row) {
    return row.get<std::string>(0);
}

std::int64_t idOf(const pg::Row& row) {
    return row.get<std::int64_t>(0);
}

template <class T, class Decoder>
pg::Call<std::optional<T>> optionalRow(std::string name, std::string sql, pg::Params params, Decoder decode) {
    return {std::move(name), {std::move(sql), std::move(params)}, [decode](const pg::Result& result) {
                return result.rowCount() == 0 ? std::optional<T>() : std::optional<T>(decode(result.row(0)));
            }};
}

/// Of dead letter d with queue q and consumer c.
const std::string matches = " where q.queue_name = $1::text and ($2::text is null or c.co_name = $2::text)"
                            " and ($3::text is null or d.ev_type = $3::text)"
                            " and ($4::text is null or pg_catalog.strpos(lower(d.dl_reason), lower($4::text)) > 0)";

const std::string letters = " from pgque.dead_letter d join pgque.queue q on q.queue_id = d.dl_queue_id"
                            " join pgque.consumer c on c.co_id = d.dl_consumer_id";

pg::Params parametersOf(const LetterFilter& filter) {
    return pg::Params::of(filter.queue, filter.consumer, filter.type, filter.reason);
}

} // namespace

pg::Call<std::optional<WaitingRetry>> waitingRetry(std::int32_t owner, std::int64_t event) {
    return optionalRow<WaitingRetry>(
        "waiting_retry",
        "select q.queue_name, coalesce((select c.co_name from pgque.subscription s"
        " join pgque.consumer c on c.co_id = s.sub_consumer where s.sub_queue = r.ev_queue and s.sub_id = r.ev_owner"
        " and s.sub_role <> 'coop_member' limit 1), ''), " +
            micros("r.ev_retry_after") + ", " + micros("now()") +
            " from pgque.retry_queue r join pgque.queue q on q.queue_id = r.ev_queue"
            " where r.ev_owner = $1::int4 and r.ev_id = $2::bigint",
        pg::Params::of(owner, event), [](const pg::Row& row) {
            return WaitingRetry{.queue = row.get<std::string>(0),
                                .consumer = row.get<std::string>(1),
                                .due = microseconds(row, 2),
                                .now = microseconds(row, 3)};
        });
}

pg::Call<std::vector<std::string>> takeRetry(std::int32_t owner, std::int64_t event, std::optional<pg::Timestamp> due) {
    return rowsCall("take_retry",
                    "delete from pgque.retry_queue r where r.ev_owner = $1::int4 and r.ev_id = $2::bigint"
                    " and ($3::timestamptz is null or r.ev_retry_after = $3::timestamptz)"
                    " returning to_jsonb(r.*)::text",
                    pg::Params::of(owner, event, due), textOf);
}

pg::Call<std::vector<pg::Timestamp>> moveRetry(std::int32_t owner, std::int64_t event, std::optional<pg::Timestamp> due,
                                               pg::Interval delay) {
    return rowsCall("move_retry",
                    "update pgque.retry_queue r set ev_retry_after = now() + $4::interval"
                    " where r.ev_owner = $1::int4 and r.ev_id = $2::bigint"
                    " and ($3::timestamptz is null or r.ev_retry_after = $3::timestamptz)"
                    " returning " +
                        micros("r.ev_retry_after"),
                    pg::Params::of(owner, event, due, delay), [](const pg::Row& row) { return microseconds(row, 0); });
}

pg::Call<std::vector<std::int64_t>> lettersAfter(const LetterFilter& filter, std::int64_t after, std::int64_t limit) {
    return rowsCall("letters_after",
                    "select d.dl_id" + letters + matches +
                        " and d.dl_id > $5::bigint order by d.dl_id limit $6::bigint",
                    parametersOf(filter).add(after).add(limit), idOf);
}

pg::Call<std::int64_t> countLetters(const LetterFilter& filter, std::int64_t cap) {
    return valueCall<std::int64_t>("count_letters",
                                   "select count(*) from (select" + letters + matches + " limit $5::bigint) bounded",
                                   parametersOf(filter).add(cap));
}

pg::Call<std::int64_t> newestLetter() {
    return valueCall<std::int64_t>("newest_letter", "select coalesce(max(dl_id), 0) from pgque.dead_letter", {});
}

pg::Call<std::vector<std::int64_t>> lettersLeft(std::span<const std::int64_t> ids) {
    return rowsCall("letters_left",
                    "select dl_id from pgque.dead_letter where dl_id = any ($1::bigint[]) order by dl_id",
                    pg::Params::of(ids), idOf);
}

pg::Call<std::vector<Replayed>> replayLetters(std::span<const std::int64_t> ids) {
    // In the order of the ids, which is the order in which they died.
    return rowsCall("replay_letters",
                    "select l.dl_id, pgque.dlq_replay(l.dl_id), l.dl_consumer_id from (select d.dl_id,"
                    " d.dl_consumer_id from pgque.dead_letter d where d.dl_id = any ($1::bigint[])"
                    " order by d.dl_id) l",
                    pg::Params::of(ids), [](const pg::Row& row) {
                        return Replayed{.letter = row.get<std::int64_t>(0),
                                        .event = row.get<std::int64_t>(1),
                                        .consumerId = row.get<std::int32_t>(2)};
                    });
}

pg::Call<std::optional<pg::Interval>> purgeAge(const std::string& queue, pg::Interval olderThan, std::int64_t portion) {
    // One microsecond more than the age of the last of the portion, because dlq_purge() takes what is older.
    return {"purge_age",
            {"select " + micros("now()") + " - max(" + micros("d.dl_time") +
                 ") from (select d.dl_time from pgque.dead_letter d join pgque.queue q on q.queue_id = d.dl_queue_id"
                 " where q.queue_name = $1::text and d.dl_time < now() - $2::interval"
                 " order by d.dl_time limit $3::bigint) d",
             pg::Params::of(queue, olderThan, portion)},
            [olderThan](const pg::Result& result) -> std::optional<pg::Interval> {
                const auto age = pgque::detail::single(result).get<std::optional<std::int64_t>>(0);
                if (!age)
                    return {};
                return std::max(olderThan, pg::Interval(*age - 1));
            }};
}

pg::Call<std::vector<std::string>> lettersToPurge(const std::string& queue, pg::Interval olderThan) {
    return rowsCall("letters_to_purge",
                    "select to_jsonb(d.*)::text from pgque.dead_letter d"
                    " join pgque.queue q on q.queue_id = d.dl_queue_id"
                    " where q.queue_name = $1::text and d.dl_time < now() - $2::interval",
                    pg::Params::of(queue, olderThan), textOf);
}

pg::Call<std::vector<std::string>> takeLetters(std::span<const std::int64_t> ids) {
    return rowsCall("take_letters",
                    "delete from pgque.dead_letter d where d.dl_id = any ($1::bigint[])"
                    " returning to_jsonb(d.*)::text",
                    pg::Params::of(ids), textOf);
}

pg::Call<BroughtBack> bringBack(std::span<const std::string> rows) {
    return rowCall("bring_back",
                   "with copies as materialized (select c.item::jsonb as item"
                   " from unnest($1::text[]) with ordinality c(item, place) order by c.place),"
                   " letters as (insert into pgque.dead_letter select l.* from copies c,"
                   " jsonb_populate_record(null::pgque.dead_letter, c.item) l where c.item ? 'dl_id'"
                   " and exists (select from pgque.queue q where q.queue_id = l.dl_queue_id)"
                   " and exists (select from pgque.consumer o where o.co_id = l.dl_consumer_id)"
                   " on conflict do nothing returning 1),"
                   " retries as (insert into pgque.retry_queue select r.* from copies c,"
                   " jsonb_populate_record(null::pgque.retry_queue, c.item) r where c.item ? 'ev_retry_after'"
                   " and exists (select from pgque.subscription s where s.sub_queue = r.ev_queue"
                   " and s.sub_id = r.ev_owner) on conflict do nothing returning 1)"
                   " select (select count(*) from letters), (select count(*) from retries)",
                   pg::Params::of(rows), [](const pg::Row& row) {
                       return BroughtBack{.letters = row.get<std::int64_t>(0), .retries = row.get<std::int64_t>(1)};
                   });
}

pg::Call<ReplayFate> replayFate(const std::string& queue, const std::string& xid, std::span<const Replayed> replayed) {
    std::vector<std::int64_t> events;
    std::vector<std::int64_t> consumers;
    for (const Replayed& each : replayed) {
        events.push_back(each.event);
        consumers.push_back(each.consumerId);
    }
    // PgQ contract: the first tick whose snapshot sees the transaction closes the window that holds the events. They
    // are done with when the consumer stands behind it and no member's open batch reaches over it, unless a row says
    // that they were given back or given up.
    return rowCall(
        "replay_fate",
        "with replayed as materialized (select e.event, e.consumer from"
        " unnest($2::bigint[], $3::bigint[]) e(event, consumer)),"
        " places as materialized (select r.event, r.consumer, s.sub_id, s.sub_queue, s.sub_last_tick,"
        " (select min(t.tick_id) from pgque.tick t where t.tick_queue = s.sub_queue and t.tick_event_seq >= r.event"
        " and pg_visible_in_snapshot($4::xid8, t.tick_snapshot))"
        " as tick from replayed r"
        " left join pgque.queue q on q.queue_name = $1::text"
        " left join pgque.subscription s on s.sub_queue = q.queue_id and s.sub_consumer = r.consumer),"
        " fates as (select case when p.sub_id is null then 'gone'"
        " when exists (select from pgque.dead_letter d where d.dl_queue_id = p.sub_queue"
        " and d.dl_consumer_id = p.consumer and d.ev_id = p.event) then 'dead'"
        " when exists (select from pgque.retry_queue w where w.ev_owner = p.sub_id and w.ev_id = p.event)"
        " then 'retried'"
        " when p.tick is null or p.sub_last_tick < p.tick or exists (select from pgque.subscription m"
        " where m.sub_queue = p.sub_queue and m.sub_id = p.sub_id and m.sub_batch is not null"
        " and m.sub_last_tick < p.tick and m.sub_next_tick >= p.tick) then 'waiting' else 'done' end as fate"
        " from places p)"
        " select count(*) filter (where fate = 'done'), count(*) filter (where fate = 'waiting'),"
        " count(*) filter (where fate = 'retried'), count(*) filter (where fate = 'dead'),"
        " count(*) filter (where fate = 'gone') from fates",
        pg::Params()
            .add(queue)
            .add(std::span<const std::int64_t>(events))
            .add(std::span<const std::int64_t>(consumers))
            .add(xid),
        [](const pg::Row& row) {
            return ReplayFate{.done = row.get<std::int64_t>(0),
                              .waiting = row.get<std::int64_t>(1),
                              .retried = row.get<std::int64_t>(2),
                              .dead = row.get<std::int64_t>(3),
                              .gone = row.get<std::int64_t>(4)};
        });
}

pg::Call<std::optional<Backend>> backend(std::int32_t pid, std::optional<pg::Timestamp> started) {
    return optionalRow<Backend>(
        "backend",
        "select a.pid, a.usename, a.application_name, a.state, " + micros("a.backend_start") + ", " +
            detail::transactionSince() +
            ", (select count(*) from pg_locks l where not l.granted and a.pid = any (pg_blocking_pids(l.pid))), " +
            micros("clock_timestamp()") +
            ", a.pid = pg_backend_pid() from pg_stat_activity a where a.pid = $1::int4"
            " and ($2::timestamptz is null or a.backend_start = $2::timestamptz)",
        pg::Params::of(pid, started), [](const pg::Row& row) {
            return Backend{.pid = row.get<std::int32_t>(0),
                           .user = textOrEmpty(row, 1),
                           .application = textOrEmpty(row, 2),
                           .state = textOrEmpty(row, 3),
                           .started = optionalMicroseconds(row, 4),
                           .transactionSince = optionalMicroseconds(row, 5),
                           .waiting = row.get<std::int64_t>(6),
                           .now = microseconds(row, 7),
                           .own = row.get<bool>(8)};
        });
}

pg::Call<std::optional<bool>> signalBackend(std::int32_t pid, pg::Timestamp started, Signal signal) {
    const std::string function = signal == Signal::Terminate ? "pg_terminate_backend" : "pg_cancel_backend";
    return optionalRow<bool>("signal_backend",
                             "select pg_catalog." + function +
                                 "(a.pid) from pg_catalog.pg_stat_activity a where a.pid = $1::int4"
                                 " and a.backend_start = $2::timestamptz and a.pid <> pg_catalog.pg_backend_pid()",
                             pg::Params::of(pid, started), [](const pg::Row& row) { return row.get<bool>(0); });
}

pg::Call<std::optional<RepositionOutlook>> repositionOutlook(const std::string& queue, const std::string& consumer,
                                                             std::int64_t tick) {
    return optionalRow<RepositionOutlook>(
        "reposition_outlook",
        "select coalesce(s.sub_role, ''), s.sub_batch, s.sub_last_tick,"
        " (select count(*) from pgque.subscription m where m.sub_queue = q.queue_id and m.sub_id = s.sub_id"
        " and m.sub_role = 'coop_member' and m.sub_batch is not null), " +
            micros("t.tick_time") +
            ", coalesce(n.tick_id, 0), coalesce(n.tick_event_seq - t.tick_event_seq, 0)"
            " from pgque.queue q"
            " left join (select u.*, c.co_name from pgque.subscription u join pgque.consumer c"
            " on c.co_id = u.sub_consumer) s on s.sub_queue = q.queue_id and s.co_name = $2::text"
            " left join pgque.tick t on t.tick_queue = q.queue_id and t.tick_id = $3::bigint"
            " left join lateral (select k.tick_id, k.tick_event_seq from pgque.tick k"
            " where k.tick_queue = q.queue_id order by k.tick_id desc limit 1) n on true"
            " where q.queue_name = $1::text",
        pg::Params::of(queue, consumer, tick), [](const pg::Row& row) {
            return RepositionOutlook{.role = row.get<std::string>(0),
                                     .batch = row.get<std::optional<std::int64_t>>(1),
                                     .lastTick = row.get<std::optional<std::int64_t>>(2),
                                     .activeMembers = row.get<std::int64_t>(3),
                                     .tickTime = optionalMicroseconds(row, 4),
                                     .newestTick = row.get<std::int64_t>(5),
                                     .events = row.get<std::int64_t>(6)};
        });
}

pg::Call<std::optional<std::string>> queueParameter(const std::string& queue, const std::string& parameter) {
    return optionalRow<std::string>("queue_parameter",
                                    "select coalesce(to_jsonb(q) ->> ('queue_' || $2::text), '') from pgque.queue q"
                                    " where q.queue_name = $1::text and to_jsonb(q) ? ('queue_' || $2::text)",
                                    pg::Params::of(queue, parameter),
                                    [](const pg::Row& row) { return row.get<std::string>(0); });
}

pg::Call<std::int64_t> parseJson(std::span<const std::string> payloads) {
    return valueCall<std::int64_t>("parse_json", "select cardinality($1::jsonb[])::bigint", pg::Params::of(payloads));
}

} // namespace queries
