// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"
#include "pg/statement.h"
#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Calls that make queues, keep them running and tell how they are.
namespace pgque {

/// Makes a queue; false when it exists. At most 57 bytes of name.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> createQueue(std::string_view queue);

/// Drops a queue with everything in it. Refused while consumers are registered unless forced.
[[nodiscard]] PGQUE_EXPORT pg::Call<void> dropQueue(std::string_view queue, bool force = false);

/// Sets one of ticker_max_count, ticker_max_lag, ticker_idle_period, rotation_period, max_retries, ticker_paused,
/// external_ticker; no value means the default.
[[nodiscard]] PGQUE_EXPORT pg::Call<void> setQueueConfig(std::string_view queue, std::string_view parameter,
                                                         std::optional<std::string_view> value);

/// Ticks every queue that is due. Returns how many ticked.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> ticker();

/// Ticks one queue when it is due; the new tick's id, or empty.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<std::int64_t>> ticker(std::string_view queue);

/// Inserts a tick that comes from elsewhere; for queues with external_ticker only.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> ticker(std::string_view queue, std::int64_t tickId,
                                                         pg::Timestamp originalTime, std::int64_t eventSequence);

/// Makes the next ticker() call tick this queue whatever its thresholds. Creates no tick itself; returns the id of
/// the newest existing one.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> forceNextTick(std::string_view queue);

/// Rotation and the queues' own maintenance functions; run it every half minute or so. Returns the functions' sum.
[[nodiscard]] PGQUE_EXPORT pg::Call<int> maint();

/// Moves due retries back into their queues. Returns how many; repeat until it is none.
[[nodiscard]] PGQUE_EXPORT pg::Call<int> maintRetryEvents();

/// The two steps of table rotation, for those who drive it themselves: step two in a later transaction.
[[nodiscard]] PGQUE_EXPORT pg::Call<void> maintRotateTablesStep1(std::string_view queue);
[[nodiscard]] PGQUE_EXPORT pg::Call<void> maintRotateTablesStep2();

/// A maintenance function that is due, as maint() would call it.
struct MaintenanceOperation {
    std::string function;
    std::optional<std::string> argument;
};

[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<MaintenanceOperation>> maintOperations();

/// Schedules ticker and maintenance with pg_cron, or with pg_timetable; takes them off either.
[[nodiscard]] PGQUE_EXPORT pg::Call<void> start();
[[nodiscard]] PGQUE_EXPORT pg::Call<void> stop();
[[nodiscard]] PGQUE_EXPORT pg::Call<void> startTimetable(std::int32_t ticksPerSecond = 10);
[[nodiscard]] PGQUE_EXPORT pg::Call<void> stopTimetable();

/// How often the scheduled ticker looks: a divisor of one second, in milliseconds. Returns what was set.
[[nodiscard]] PGQUE_EXPORT pg::Call<int> setTickPeriod(std::chrono::milliseconds period);

/// The compatibility version of the schema, e.g. "0.2.0".
[[nodiscard]] PGQUE_EXPORT pg::Call<std::string> version();

struct StatusLine {
    std::string component;
    std::string status;
    std::optional<std::string> detail;
};

/// What is installed and configured. It tells configuration, not whether the scheduler runs.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<StatusLine>> status();

struct QueueInfo {
    std::string name;
    std::int32_t tableCount = 0;
    std::int32_t currentTable = 0;
    pg::Interval rotationPeriod{};
    pg::Timestamp switchTime; ///< of the last rotation
    bool externalTicker = false;
    bool tickerPaused = false;
    std::int32_t tickerMaxCount = 0;
    pg::Interval tickerMaxLag{};
    pg::Interval tickerIdlePeriod{};
    std::optional<pg::Interval> tickerLag; ///< since the newest tick
    std::optional<double> eventsPerSecond; ///< by sequence distance over the newest ticks
    std::optional<std::int64_t> newEvents; ///< sequence distance since the newest tick, not a count
    std::optional<std::int64_t> lastTickId;
};

/// Queues by name: one, or all. No row for an unknown one.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<QueueInfo>> getQueueInfo(std::optional<std::string_view> queue = {});

struct ConsumerInfo {
    std::string queue;
    std::string consumer;            ///< a subconsumer is called "consumer.subconsumer"
    std::optional<pg::Interval> lag; ///< since the tick it stands at; empty for an idle subconsumer
    std::optional<pg::Interval> lastSeen;
    std::optional<std::int64_t> lastTick;
    std::optional<std::int64_t> currentBatch;
    std::optional<std::int64_t> nextTick;
    std::optional<std::int64_t> pendingEvents; ///< sequence distance, not a count
};

/// Subscriptions by queue and consumer; no name means any.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<ConsumerInfo>>
getConsumerInfo(std::optional<std::string_view> queue = {}, std::optional<std::string_view> consumer = {});

struct BatchInfo {
    std::string queue;
    std::string consumer;
    std::optional<pg::Timestamp> start;
    std::optional<pg::Timestamp> end;
    std::optional<std::int64_t> previousTick;
    std::optional<std::int64_t> tick;
    std::optional<pg::Interval> lag;
    std::optional<std::int64_t> firstSequence;
    std::optional<std::int64_t> lastSequence;
};

/// An open batch; empty for an unknown one.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<BatchInfo>> getBatchInfo(std::int64_t batchId);

} // namespace pgque
