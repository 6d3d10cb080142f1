// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/message.h"
#include "pg/error.h"
#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace domain {

/// An event that a consumer gave back and that waits to come again: a row of pgque.retry_queue.
struct Retry {
    std::int32_t queueId = 0;
    std::string queue;
    std::int32_t owner = 0; ///< sub_id of the group it comes back to
    std::string consumer;   ///< that group's name; empty when it is gone
    std::int64_t eventId = 0;
    pg::Timestamp dueAt;
    pg::Timestamp time;
    std::int32_t attempts = 0;   ///< deliveries so far that failed
    std::int32_t maxRetries = 5; ///< of the queue
    std::optional<std::string> type;
    std::optional<std::string> data; ///< its beginning
    std::int64_t dataBytes = 0;

    /// The next failure makes it a dead letter.
    bool isLastTry() const { return attempts >= maxRetries; }

    bool operator==(const Retry&) const = default;
};

/// Where a page of retries begins: the last row before it, in the order of the due times.
struct RetryPosition {
    pg::Timestamp dueAt;
    std::int32_t owner = 0;
    std::int64_t eventId = 0;

    bool operator==(const RetryPosition&) const = default;
};

/// How many of the rows looked at come due by when.
struct RetryOutlook {
    std::int64_t due = 0; ///< maintenance should have moved them
    std::int64_t inAMinute = 0;
    std::int64_t inTenMinutes = 0;
    std::int64_t inAnHour = 0;
    std::int64_t later = 0;
    std::int64_t lastTry = 0;
    bool capped = false; ///< only the first 10,000 by due time were looked at

    std::int64_t all() const { return due + inAMinute + inTenMinutes + inAnHour + later; }
};

struct RetryPage {
    std::vector<Retry> rows; ///< the earliest due first
    std::optional<RetryPosition> next;
    std::optional<RetryOutlook> outlook;       ///< with the first page
    std::optional<pg::Failure> outlookFailure; ///< instead of it
    pg::Timestamp takenAt;
};

/// An event that a consumer gave up on: a row of pgque.dead_letter.
struct DeadLetter {
    std::int64_t id = 0;
    std::int32_t queueId = 0;
    std::string queue;
    std::string consumer; ///< for a subconsumer's: its group
    pg::Timestamp time;   ///< when it was given up
    std::optional<std::string> reason;
    std::int64_t eventId = 0;
    pg::Timestamp eventTime;
    std::int32_t attempts = 0;
    std::optional<std::string> type;
    std::optional<std::string> data; ///< its beginning
    std::int64_t dataBytes = 0;
    std::optional<std::int64_t> txid; ///< that first inserted it
    std::array<std::optional<std::string>, 4> extras;
    std::array<std::int64_t, 4> extraBytes{}; ///< of the whole ones

    /// As far as it is here.
    Message message() const { return {txid, type, data, dataBytes, extras, extraBytes}; }

    bool operator==(const DeadLetter&) const = default;
};

/// Where a page of dead letters begins: the last row before it, the newest first.
struct DeadPosition {
    pg::Timestamp time;
    std::int64_t id = 0;

    bool operator==(const DeadPosition&) const = default;
};

/// What letters have in common that died of the same.
struct DeadCause {
    std::optional<std::string> type;
    std::string reason; ///< normalised

    bool operator==(const DeadCause&) const = default;
};

struct DeadPage {
    std::vector<DeadLetter> rows; ///< the newest first
    std::optional<DeadPosition> next;
    std::int64_t lookedAt = 0; ///< so many letters, where those of one cause were looked for
    pg::Timestamp takenAt;
};

/// Dead letters of one queue and type whose reasons differ in numbers, ids and quoted values only.
struct DeadGroup {
    std::int32_t queueId = 0;
    std::string queue;
    std::optional<std::string> type;
    std::string reason; ///< normalised
    std::int64_t count = 0;
    pg::Timestamp first;
    pg::Timestamp last;

    bool operator==(const DeadGroup&) const = default;
};

struct DeadGroups {
    std::vector<DeadGroup> groups; ///< the largest first
    std::int64_t lookedAt = 0;     ///< so many letters, the newest
    bool capped = false;           ///< there are more
    pg::Timestamp takenAt;
};

/// A reason without what differs from letter to letter: numbers, UUIDs, hexadecimal, quoted texts. Status codes (502,
/// 5.1.1) stay. The same cause then reads the same.
std::string normalisedReason(const std::string& reason);

} // namespace domain
