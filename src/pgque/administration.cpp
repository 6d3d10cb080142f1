// SPDX-License-Identifier: Apache-2.0
#include "pgque/administration.h"

#include "pgque/decode.h"

namespace pgque {

using detail::flagCall;
using detail::valueCall;
using detail::voidCall;
using pg::Params;

pg::Call<bool> createQueue(std::string_view queue) {
    return flagCall("create_queue", "select pgque.create_queue($1::text)", Params::of(queue));
}

pg::Call<void> dropQueue(std::string_view queue, bool force) {
    return voidCall("drop_queue", "select pgque.drop_queue($1::text, $2::boolean)", Params::of(queue, force));
}

pg::Call<void> setQueueConfig(std::string_view queue, std::string_view parameter,
                              std::optional<std::string_view> value) {
    return voidCall("set_queue_config", "select pgque.set_queue_config($1::text, $2::text, $3::text)",
                    Params::of(queue, parameter, value));
}

pg::Call<std::int64_t> ticker() {
    return valueCall<std::int64_t>("ticker", "select pgque.ticker()", {});
}

pg::Call<std::optional<std::int64_t>> ticker(std::string_view queue) {
    return valueCall<std::optional<std::int64_t>>("ticker", "select pgque.ticker($1::text)", Params::of(queue));
}

pg::Call<std::int64_t> ticker(std::string_view queue, std::int64_t tickId, pg::Timestamp originalTime,
                              std::int64_t eventSequence) {
    return valueCall<std::int64_t>("ticker", "select pgque.ticker($1::text, $2::bigint, $3::timestamptz, $4::bigint)",
                                   Params::of(queue, tickId, originalTime, eventSequence));
}

pg::Call<std::int64_t> forceNextTick(std::string_view queue) {
    return valueCall<std::int64_t>("force_next_tick", "select pgque.force_next_tick($1::text)", Params::of(queue));
}

pg::Call<int> maint() {
    return valueCall<int>("maint", "select pgque.maint()", {});
}

pg::Call<int> maintRetryEvents() {
    return valueCall<int>("maint_retry_events", "select pgque.maint_retry_events()", {});
}

pg::Call<void> maintRotateTablesStep1(std::string_view queue) {
    return voidCall("maint_rotate_tables_step1", "select pgque.maint_rotate_tables_step1($1::text)", Params::of(queue));
}

pg::Call<void> maintRotateTablesStep2() {
    return voidCall("maint_rotate_tables_step2", "select pgque.maint_rotate_tables_step2()", {});
}

pg::Call<std::vector<MaintenanceOperation>> maintOperations() {
    return detail::rowsCall(
        "maint_operations", "select func_name, func_arg from pgque.maint_operations()", {}, [](const pg::Row& row) {
            return MaintenanceOperation{row.get<std::string>(0), row.get<std::optional<std::string>>(1)};
        });
}

pg::Call<void> start() {
    return voidCall("start", "select pgque.start()", {});
}

pg::Call<void> stop() {
    return voidCall("stop", "select pgque.stop()", {});
}

pg::Call<void> startTimetable(std::int32_t ticksPerSecond) {
    return voidCall("start_timetable", "select pgque.start_timetable($1::int4)", Params::of(ticksPerSecond));
}

pg::Call<void> stopTimetable() {
    return voidCall("stop_timetable", "select pgque.stop_timetable()", {});
}

pg::Call<int> setTickPeriod(std::chrono::milliseconds period) {
    return valueCall<int>("set_tick_period_ms", "select pgque.set_tick_period_ms($1::int4)",
                          Params::of(static_cast<std::int32_t>(period.count())));
}

pg::Call<std::string> version() {
    return valueCall<std::string>("version", "select pgque.version()", {});
}

pg::Call<std::vector<StatusLine>> status() {
    return detail::rowsCall(
        "status", "select component, status, detail from pgque.status()", {}, [](const pg::Row& row) {
            return StatusLine{row.get<std::string>(0), row.get<std::string>(1), row.get<std::optional<std::string>>(2)};
        });
}

// Intervals travel as seconds: their text form would depend on the session's IntervalStyle.
pg::Call<std::vector<QueueInfo>> getQueueInfo(std::optional<std::string_view> queue) {
    return detail::rowsCall(
        "get_queue_info",
        "select queue_name, queue_ntables, queue_cur_table, extract(epoch from queue_rotation_period),"
        " (extract(epoch from queue_switch_time) * 1000000)::bigint, queue_external_ticker, queue_ticker_paused,"
        " queue_ticker_max_count, extract(epoch from queue_ticker_max_lag),"
        " extract(epoch from queue_ticker_idle_period), extract(epoch from ticker_lag), ev_per_sec, ev_new,"
        " last_tick_id from pgque.get_queue_info($1::text)",
        Params::of(queue), [](const pg::Row& row) {
            return QueueInfo{
                .name = row.get<std::string>(0),
                .tableCount = row.get<std::int32_t>(1),
                .currentTable = row.get<std::int32_t>(2),
                .rotationPeriod = row.get<pg::Interval>(3),
                .switchTime = detail::microseconds(row, 4),
                .externalTicker = row.get<bool>(5),
                .tickerPaused = row.get<bool>(6),
                .tickerMaxCount = row.get<std::int32_t>(7),
                .tickerMaxLag = row.get<pg::Interval>(8),
                .tickerIdlePeriod = row.get<pg::Interval>(9),
                .tickerLag = row.get<std::optional<pg::Interval>>(10),
                .eventsPerSecond = row.get<std::optional<double>>(11),
                .newEvents = row.get<std::optional<std::int64_t>>(12),
                .lastTickId = row.get<std::optional<std::int64_t>>(13),
            };
        });
}

pg::Call<std::vector<ConsumerInfo>> getConsumerInfo(std::optional<std::string_view> queue,
                                                    std::optional<std::string_view> consumer) {
    return detail::rowsCall(
        "get_consumer_info",
        "select queue_name, consumer_name, extract(epoch from lag), extract(epoch from last_seen), last_tick,"
        " current_batch, next_tick, pending_events from pgque.get_consumer_info($1::text, $2::text)",
        Params::of(queue, consumer), [](const pg::Row& row) {
            return ConsumerInfo{
                .queue = row.get<std::string>(0),
                .consumer = row.get<std::string>(1),
                .lag = row.get<std::optional<pg::Interval>>(2),
                .lastSeen = row.get<std::optional<pg::Interval>>(3),
                .lastTick = row.get<std::optional<std::int64_t>>(4),
                .currentBatch = row.get<std::optional<std::int64_t>>(5),
                .nextTick = row.get<std::optional<std::int64_t>>(6),
                .pendingEvents = row.get<std::optional<std::int64_t>>(7),
            };
        });
}

pg::Call<std::optional<BatchInfo>> getBatchInfo(std::int64_t batchId) {
    return detail::rowCall(
        "get_batch_info",
        "select queue_name, consumer_name, (extract(epoch from batch_start) * 1000000)::bigint,"
        " (extract(epoch from batch_end) * 1000000)::bigint, prev_tick_id, tick_id, extract(epoch from lag),"
        " seq_start, seq_end from pgque.get_batch_info($1::bigint)",
        Params::of(batchId), [](const pg::Row& row) -> std::optional<BatchInfo> {
            if (row.isNull(0))
                return {};
            return BatchInfo{
                .queue = row.get<std::string>(0),
                .consumer = row.get<std::string>(1),
                .start = detail::optionalMicroseconds(row, 2),
                .end = detail::optionalMicroseconds(row, 3),
                .previousTick = row.get<std::optional<std::int64_t>>(4),
                .tick = row.get<std::optional<std::int64_t>>(5),
                .lag = row.get<std::optional<pg::Interval>>(6),
                .firstSequence = row.get<std::optional<std::int64_t>>(7),
                .lastSequence = row.get<std::optional<std::int64_t>>(8),
            };
        });
}

} // namespace pgque
