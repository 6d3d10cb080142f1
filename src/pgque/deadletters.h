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

// Calls for events that reached their queue's retry limit.
namespace pgque {

/// One dead letter.
struct DeadLetter {
    std::int64_t id = 0;
    std::int32_t queueId = 0;
    std::int32_t consumerId = 0; ///< for a subconsumer: its group
    pg::Timestamp time;          ///< when it was given up
    std::optional<std::string> reason;
    std::int64_t eventId = 0;
    pg::Timestamp eventTime;
    std::int32_t retryCount = 0;
    std::optional<std::string> type;
    std::optional<std::string> payload;
    std::optional<std::string> extra1;
    std::optional<std::string> extra2;
    std::optional<std::string> extra3;
    std::optional<std::string> extra4;
};

/// The newest first. Empty for an unknown queue.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<DeadLetter>> dlqInspect(std::string_view queue,
                                                                        std::int32_t limit = 100);

/// Sends a dead letter again as a new event and removes it. Every consumer of the queue sees the new event, and its
/// retry count starts at zero. Returns the new event's id.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> dlqReplay(std::int64_t deadLetterId);

/// What dlqReplayAll() did.
struct ReplayResult {
    std::int64_t replayed = 0;
    std::int64_t failed = 0;
    std::optional<std::string> firstError;
};

/// dlqReplay() for all of a queue; one that fails does not stop the others.
[[nodiscard]] PGQUE_EXPORT pg::Call<ReplayResult> dlqReplayAll(std::string_view queue);

/// Deletes those given up longer ago than this. Returns how many.
[[nodiscard]] PGQUE_EXPORT pg::Call<int> dlqPurge(std::string_view queue,
                                                  pg::Interval olderThan = std::chrono::hours(24 * 30));

} // namespace pgque
