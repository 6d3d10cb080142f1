// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/sample.h"

#include "queries/columns.h"

namespace queries {

namespace {

using detail::interval;
using detail::micros;
using detail::microsOf;
using domain::Queue;
using domain::Subscription;
using pgque::detail::microseconds;
using pgque::detail::optionalMicroseconds;

/// The head proves which rows exist without sending them, and carries the horizon for the next sample: all of the
/// part sees one state, so what a later sample calls changed is exactly what this one could not see.
const std::string headSql =
    "select " + micros("clock_timestamp()") + " as taken_at, " + micros("transaction_timestamp()") +
    " as began, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon, pg_is_in_recovery() as in_recovery,"
    " q.n as queue_count, q.total as queue_sum, q.mix as queue_mix,"
    " s.n as sub_count, s.total as sub_sum, s.mix as sub_mix, " +
    std::string(detail::installName) + " as install, " + micros("pg_last_xact_replay_timestamp()") +
    " as replayed_at"
    " from (select count(*) as n, coalesce(sum(queue_id), 0) as total, coalesce(bit_xor(queue_id::bigint), 0) as mix"
    " from pgque.queue) q,"
    " (select count(*) as n, coalesce(sum(sub_consumer), 0) as total,"
    " coalesce(bit_xor((sub_queue::bigint << 32) | sub_consumer), 0) as mix from pgque.subscription) s";

/// A column this install has, or what stands for it.
std::string optional(const domain::Capabilities& capabilities, const std::string& table, const std::string& column,
                     const std::string& otherwise) {
    const std::string alias = table == "queue" ? "q." : "s.";
    return capabilities.hasColumn(table + '.' + column) ? alias + column : otherwise;
}

/// Compares 32-bit transaction ids as the server does, at a distance from the same "now". Subtransactions are younger
/// than their transaction, so the running transactions' horizon covers them too.
std::string changed(const std::string& xmin) {
    return "age(" + xmin + ") <= age($1::text::xid)";
}

std::string queuesSql(const domain::Capabilities& capabilities, bool full) {
    const auto queue = [&](const char* column, const char* otherwise) {
        return optional(capabilities, "queue", column, otherwise);
    };
    std::string sql =
        "select q.queue_id as id, q.queue_name as name, " + queue("queue_ntables", "3") + " as table_count, " +
        queue("queue_cur_table", "0") + " as current_table, " +
        microsOf(queue("queue_rotation_period", "interval '2 hours'")) + " as rotation_period, " +
        micros(queue("queue_switch_time", "null::timestamptz")) + " as switch_time, " +
        queue("queue_switch_step1", "0") + " as step1, " + queue("queue_switch_step2", "0") + " as step2, " +
        queue("queue_external_ticker", "false") + " as external_ticker, " + queue("queue_disable_insert", "false") +
        " as insert_disabled, " + queue("queue_ticker_paused", "false") + " as ticker_paused, " +
        queue("queue_ticker_max_count", "500") + " as max_count, " +
        microsOf(queue("queue_ticker_max_lag", "interval '3 seconds'")) + " as max_lag, " +
        microsOf(queue("queue_ticker_idle_period", "interval '1 minute'")) + " as idle_period, " +
        queue("queue_max_retries", "null::int") + " as max_retries, " + queue("queue_data_pfx", "''") +
        " as data_prefix, " + queue("queue_event_seq", "''") + " as event_sequence, " + queue("queue_tick_seq", "''") +
        " as tick_sequence, t.tick_id, " + micros("t.tick_time") +
        " as tick_time, t.tick_event_seq, pg_snapshot_xmin(t.tick_snapshot)::text as tick_xmin,"
        " pg_snapshot_xmax(t.tick_snapshot)::text as tick_xmax, e.tick_id as earlier_id, " +
        micros("e.tick_time") +
        " as earlier_time, e.tick_event_seq as earlier_seq"
        " from pgque.queue q"
        " left join lateral (select xmin, tick_id, tick_time, tick_event_seq, tick_snapshot from pgque.tick"
        " where tick_queue = q.queue_id order by tick_id desc limit 1) t on true"
        // Ids have gaps, so this is the oldest tick at most 20 ids back, as get_queue_info() takes it.
        " left join lateral (select tick_id, tick_time, tick_event_seq from pgque.tick"
        " where tick_queue = q.queue_id and tick_id >= t.tick_id - 20 order by tick_id limit 1) e on true";
    if (!full)
        sql += " where " + changed("q.xmin") + " or " + changed("t.xmin");
    return sql;
}

std::string subscriptionsSql(const domain::Capabilities& capabilities, bool full) {
    const auto sub = [&](const char* column, const char* otherwise) {
        return optional(capabilities, "subscription", column, otherwise);
    };
    std::string sql =
        "select s.sub_queue as queue_id, s.sub_consumer as consumer_id, c.co_name as consumer_name, s.sub_id, " +
        sub("sub_role", "'normal'") + " as role, s.sub_last_tick as last_tick, " +
        sub("sub_next_tick", "null::bigint") + " as next_tick, s.sub_batch as batch, " +
        micros(sub("sub_active", "null::timestamptz")) + " as active, " +
        micros(sub("sub_batch_since", "null::timestamptz")) + " as batch_since, " + sub("sub_takeovers", "null::int") +
        " as takeovers, " + micros("l.tick_time") +
        " as last_time, l.tick_event_seq as last_seq, pg_snapshot_xmin(l.tick_snapshot)::text as last_xmin, " +
        micros("n.tick_time") +
        " as next_time, n.tick_event_seq as next_seq"
        " from pgque.subscription s left join pgque.consumer c on c.co_id = s.sub_consumer"
        " left join pgque.tick l on l.tick_queue = s.sub_queue and l.tick_id = s.sub_last_tick"
        " left join pgque.tick n on n.tick_queue = s.sub_queue and n.tick_id = " +
        sub("sub_next_tick", "null::bigint");
    if (!full)
        sql += " where " + changed("s.xmin");
    return sql;
}

domain::Role roleFrom(std::string_view text) {
    if (text == "normal")
        return domain::Role::Normal;
    if (text == "coop_main")
        return domain::Role::CoopMain;
    if (text == "coop_member")
        return domain::Role::CoopMember;
    return domain::Role::Unknown;
}

/// Column numbers in the order of queuesSql() and subscriptionsSql(), looked up once a result: by name 200,000
/// look-ups would cost more than the server's work.
Queue queueFrom(const pg::Row& row) {
    Queue queue;
    int i = 0;
    queue.id = row.get<std::int32_t>(i++);
    queue.name = row.get<std::string>(i++);
    queue.tableCount = row.get<std::int32_t>(i++);
    queue.currentTable = row.get<std::int32_t>(i++);
    queue.rotationPeriod = interval(row, i++);
    queue.switchTime = optionalMicroseconds(row, i++).value_or(domain::Timestamp());
    queue.switchStep1 = row.get<std::int64_t>(i++);
    queue.switchStep2 = row.get<std::optional<std::int64_t>>(i++);
    queue.externalTicker = row.get<bool>(i++);
    queue.insertDisabled = row.get<bool>(i++);
    queue.tickerPaused = row.get<bool>(i++);
    queue.tickerMaxCount = row.get<std::int32_t>(i++);
    queue.tickerMaxLag = interval(row, i++);
    queue.tickerIdlePeriod = interval(row, i++);
    queue.maxRetries = row.get<std::optional<std::int32_t>>(i++);
    queue.dataPrefix = row.get<std::string>(i++);
    queue.eventSequence = row.get<std::string>(i++);
    queue.tickSequence = row.get<std::string>(i++);
    if (!row.isNull(i)) {
        queue.lastTick = domain::Tick{row.get<std::int64_t>(i), microseconds(row, i + 1), row.get<std::int64_t>(i + 2),
                                      row.get<std::int64_t>(i + 3), row.get<std::int64_t>(i + 4)};
    }
    i += 5;
    if (!row.isNull(i)) {
        queue.earlierTick =
            domain::Tick{row.get<std::int64_t>(i), microseconds(row, i + 1), row.get<std::int64_t>(i + 2), 0, 0};
    }
    return queue;
}

Subscription subscriptionFrom(const pg::Row& row) {
    Subscription sub;
    int i = 0;
    sub.queueId = row.get<std::int32_t>(i++);
    sub.consumerId = row.get<std::int32_t>(i++);
    sub.consumerName = row.get<std::optional<std::string>>(i++).value_or(std::string());
    sub.subId = row.get<std::int32_t>(i++);
    sub.roleText = row.get<std::string>(i++);
    sub.role = roleFrom(sub.roleText);
    sub.lastTick = row.get<std::optional<std::int64_t>>(i++);
    sub.nextTick = row.get<std::optional<std::int64_t>>(i++);
    sub.batch = row.get<std::optional<std::int64_t>>(i++);
    sub.active = optionalMicroseconds(row, i++).value_or(domain::Timestamp());
    sub.batchSince = optionalMicroseconds(row, i++);
    sub.takeovers = row.get<std::optional<std::int32_t>>(i++);
    sub.lastTickTime = optionalMicroseconds(row, i++);
    sub.lastTickSeq = row.get<std::optional<std::int64_t>>(i++);
    sub.lastTickXmin = row.get<std::optional<std::int64_t>>(i++);
    sub.nextTickTime = optionalMicroseconds(row, i++);
    sub.nextTickSeq = row.get<std::optional<std::int64_t>>(i++);
    return sub;
}

KeyCheck keysFrom(const pg::Row& row, int column) {
    return {row.get<std::int64_t>(column), row.get<std::int64_t>(column + 1), row.get<std::int64_t>(column + 2)};
}

} // namespace

void KeyCheck::add(std::int32_t high, std::int32_t low) {
    ++count;
    sum += low;
    mix ^= (static_cast<std::int64_t>(high) << 32) | low;
}

CoreQuestions askCore(Look& look, const domain::Capabilities& capabilities, std::optional<Since> since, Limits limits) {
    CoreQuestions asked;
    asked.full = !since;
    pg::Params params;
    if (since)
        params.add(std::to_string(since->horizon & 0xffffffff));
    look.part(limits, Look::View::Same);
    asked.head = look.ask({headSql, {}});
    asked.queues = look.ask({queuesSql(capabilities, asked.full), params});
    asked.subscriptions = look.ask({subscriptionsSql(capabilities, asked.full), params});
    asked.end = look.ask(serverClock());
    return asked;
}

CoreSample readCore(const Answers& answers, const CoreQuestions& questions) {
    CoreSample sample;
    const pg::Row head = pgque::detail::single(answers.result(questions.head));
    sample.full = questions.full;
    sample.takenAt = microseconds(head, 0);
    sample.since.horizon = head.get<std::int64_t>(2);
    sample.inRecovery = head.get<bool>(3);
    sample.queueKeys = keysFrom(head, 4);
    sample.subscriptionKeys = keysFrom(head, 7);
    sample.install = head.get<std::optional<std::string>>(10).value_or(std::string());
    sample.replayedAt = optionalMicroseconds(head, 11);

    const pg::Result& queues = answers.result(questions.queues);
    sample.queues.reserve(static_cast<std::size_t>(queues.rowCount()));
    for (const pg::Row row : queues)
        sample.queues.push_back(queueFrom(row));
    const pg::Result& subscriptions = answers.result(questions.subscriptions);
    sample.subscriptions.reserve(static_cast<std::size_t>(subscriptions.rowCount()));
    for (const pg::Row row : subscriptions)
        sample.subscriptions.push_back(subscriptionFrom(row));
    return sample;
}

bool goesOn(const CoreSample& sample, const Since& since) {
    return sample.full || sample.since.horizon >= since.horizon;
}

double coreServerMs(const Answers& answers, const CoreQuestions& questions) {
    const auto start = microseconds(pgque::detail::single(answers.result(questions.head)), 1);
    return std::chrono::duration<double, std::milli>(answers.get(questions.end) - start).count();
}

namespace {

/// The newest batch id. Asked in a transaction of its own, so that a right that is missing there leaves the rest alone.
pg::Statement newestToken() {
    return {"select case when has_sequence_privilege(x.seq, 'select, usage') then pg_sequence_last_value(x.seq) end"
            " from (select to_regclass('pgque.batch_id_seq') as seq offset 0) x",
            {}};
}

std::optional<std::int64_t> tokenFrom(const Answers& answers, std::size_t step) {
    try {
        return pgque::detail::single(answers.result(step)).get<std::optional<std::int64_t>>(0);
    } catch (const pg::Error&) {
        return std::nullopt; // not known: then nothing is bounded by it
    }
}

} // namespace

TrackSample trackSample(pg::Connection& connection, const domain::Capabilities& capabilities, std::int32_t queueId,
                        std::int32_t subId, pg::Deadline deadline) {
    constexpr Limits limits{std::chrono::milliseconds(500), std::chrono::milliseconds(50)};
    Look look;
    look.part(limits);
    const auto began = look.ask(serverClock());
    const std::size_t before = look.ask(newestToken());
    look.part(limits, Look::View::Same);
    const auto clock = look.ask(serverClock());
    const auto queues =
        look.ask({queuesSql(capabilities, true) + " where q.queue_id = $1::integer", pg::Params::of(queueId)});
    const auto subscriptions =
        look.ask({subscriptionsSql(capabilities, true) + " where s.sub_queue = $1::integer and s.sub_id = $2::integer",
                  pg::Params::of(queueId, subId)});
    look.part(limits);
    const std::size_t after = look.ask(newestToken());
    const Answers answers = look.run(connection, deadline);
    TrackSample sample;
    sample.takenAt = answers.get(clock);
    sample.serverMs = std::chrono::duration<double, std::milli>(sample.takenAt - answers.get(began)).count();
    for (const pg::Row row : answers.result(queues))
        sample.queues.push_back(queueFrom(row));
    for (const pg::Row row : answers.result(subscriptions))
        sample.subscriptions.push_back(subscriptionFrom(row));
    sample.tokenBefore = tokenFrom(answers, before);
    sample.tokenAfter = tokenFrom(answers, after);
    return sample;
}

pg::Call<std::vector<SequenceValue>> sequenceValues(std::span<const std::int64_t> queueIds, bool avoidLocked) {
    std::string sql = "select q.queue_id, coalesce(pg_sequence_last_value(x.seq), 0)"
                      " from pgque.queue q cross join lateral (select to_regclass(q.queue_event_seq) as seq offset 0) x"
                      " where q.queue_id = any($1::bigint[]) and x.seq is not null"
                      " and has_sequence_privilege(x.seq, 'select, usage')";
    if (avoidLocked) {
        sql += " and x.seq <> all(array(select l.relation from pg_locks l where l.locktype = 'relation'"
               " and l.mode = 'AccessExclusiveLock'"
               " and l.database = (select oid from pg_database where datname = current_database())))";
    }
    return pgque::detail::rowsCall("sequence values", std::move(sql), pg::Params::of(queueIds), [](const pg::Row& row) {
        return SequenceValue{row.get<std::int32_t>(0), row.get<std::int64_t>(1)};
    });
}

} // namespace queries
