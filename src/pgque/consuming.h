// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"
#include "pg/statement.h"
#include "pg/time.h"
#include "pgque/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Calls of a normal consumer: one reader with its own position in the queue.
namespace pgque {

/// Registers at the newest tick: only later events are seen. False when it was registered already.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> subscribe(std::string_view queue, std::string_view consumer);

/// Removes a subscription with its retries and, when it was the consumer's last one anywhere, its dead letters.
/// Returns how many subscriptions went.
[[nodiscard]] PGQUE_EXPORT pg::Call<int> unsubscribe(std::string_view queue, std::string_view consumer);

/// As subscribe() and unsubscribe(), by their older names.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> registerConsumer(std::string_view queue, std::string_view consumer);
[[nodiscard]] PGQUE_EXPORT pg::Call<int> unregisterConsumer(std::string_view queue, std::string_view consumer);

/// Registers or moves a consumer to a tick. Silently discards an open batch of an existing subscription.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> registerConsumerAt(std::string_view queue, std::string_view consumer,
                                                             std::optional<std::int64_t> tick);

/// The messages of the open batch, or of the next tick window. The batch stays open until ack(), and asking again
/// repeats it. At most `limit` messages from its beginning; empty means all. An empty window is finished by the server.
///
/// ack() closes the whole batch, including messages that a limit kept back.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<Message>> receive(std::string_view queue, std::string_view consumer,
                                                                  std::optional<std::int32_t> limit);

/// Closes a batch. False when the server does not know it (finished, or taken over by another subconsumer).
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> ack(std::int64_t batchId);

/// Gives one message back: it returns after `retryAfter`, or becomes a dead letter once the queue's retry limit is
/// reached. The batch stays open. Repeating it changes nothing.
[[nodiscard]] PGQUE_EXPORT pg::Call<void> nack(std::int64_t batchId, std::int64_t messageId,
                                               pg::Interval retryAfter = std::chrono::seconds(60),
                                               std::optional<std::string_view> reason = {});

/// What became of a batch given back as a whole.
struct NackBatchResult {
    std::int64_t retried = 0; ///< newly waiting for their retry
    std::int64_t dead = 0;    ///< newly dead letters
};

/// nack() for every message of the batch at once. Only Batchscope's own schema has it.
[[nodiscard]] PGQUE_EXPORT pg::Call<NackBatchResult> nackBatch(std::int64_t batchId,
                                                               pg::Interval retryAfter = std::chrono::seconds(60),
                                                               std::optional<std::string_view> reason = {});

/// Queues one event of an open batch for a retry, whatever its retry count. False when it waits already.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> eventRetry(std::int64_t batchId, std::int64_t eventId, std::int32_t seconds);
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> eventRetry(std::int64_t batchId, std::int64_t eventId, pg::Timestamp when);

/// Queues every event of an open batch that does not wait yet. Returns how many. The batch stays open.
[[nodiscard]] PGQUE_EXPORT pg::Call<int> batchRetry(std::int64_t batchId, std::int32_t seconds);

/// A batch with the ticks it lies between.
struct BatchWindow {
    std::int64_t batchId = 0;
    std::int64_t tickId = 0;
    std::int64_t previousTickId = 0;
    std::optional<pg::Timestamp> tickTime;
    std::optional<pg::Timestamp> previousTickTime;
    std::optional<std::int64_t> tickEventSequence;
    std::optional<std::int64_t> previousTickEventSequence;
};

/// When a normal or cooperative consumer wants more than one tick window in a batch, or no young one.
struct BatchCondition {
    std::optional<pg::Interval> minLag;      ///< no tick younger than this
    std::optional<std::int32_t> minCount;    ///< at least so many events by sequence distance
    std::optional<pg::Interval> minInterval; ///< or at least this much time
};

/// Opens the next batch or returns the open one; empty when no tick has come since.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<std::int64_t>> nextBatch(std::string_view queue,
                                                                           std::string_view consumer);
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<BatchWindow>> nextBatchInfo(std::string_view queue,
                                                                              std::string_view consumer);
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<BatchWindow>>
nextBatchCustom(std::string_view queue, std::string_view consumer, const BatchCondition& condition);

/// An event as the queue keeps it.
struct Event {
    std::int64_t id = 0;
    pg::Timestamp time;
    std::optional<std::int64_t> transactionId;
    std::int32_t retryCount = 0;
    std::optional<std::string> type;
    std::optional<std::string> payload;
    std::optional<std::string> extra1;
    std::optional<std::string> extra2;
    std::optional<std::string> extra3;
    std::optional<std::string> extra4;
};

/// One row of getBatchEvents(). Throws pg::Error (Decode).
PGQUE_EXPORT Event eventFrom(const pg::Row& row);

/// All events of an open batch, in order of their ids.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<Event>> getBatchEvents(std::int64_t batchId);

/// ack() by its older name.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> finishBatch(std::int64_t batchId);

} // namespace pgque
