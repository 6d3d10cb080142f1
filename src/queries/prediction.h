// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/statement.h"
#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What an action would meet: read-only questions that lock no row.
namespace queries {

/// A subscription with everything that decides what becomes of its open batch and of itself.
struct SubscriptionOutlook {
    std::int32_t queueId = 0;
    std::string queue;
    std::string dataPrefix; ///< of the queue's event tables
    std::int32_t maxRetries = 5;
    std::int32_t subId = 0;
    std::int32_t consumerId = 0;
    std::string consumer;
    std::string role;
    std::optional<std::int64_t> batch;
    std::optional<std::int64_t> lastTick;
    std::optional<std::int64_t> nextTick;
    std::int64_t members = 0;              ///< of the group, this one included
    std::int64_t elsewhere = 0;            ///< subscriptions of the same consumer name on other queues
    std::int32_t deadLetterConsumerId = 0; ///< who dead letters are recorded for: the group's main, or itself
    bool windowKnown = false;              ///< both ticks of the open batch are there: its events can be told
    pg::Timestamp now;                     ///< the server's clock
};

/// By the batch it holds when one is given, else by queue and full consumer name.
[[nodiscard]] pg::Call<std::optional<SubscriptionOutlook>>
subscriptionOutlook(const std::string& queue, const std::string& consumer, std::optional<std::int64_t> batch);

/// How many events of a batch share a fate when they are given back.
struct FateCount {
    std::int64_t count = 0;
    std::vector<std::int64_t> firstIds; ///< at most 20
};

/// What giving back a batch would do with each of its events.
struct BatchFate {
    FateCount retry;        ///< new rows in the retry queue
    FateCount retryWaiting; ///< wait for their retry already and stay as they are
    FateCount dead;         ///< new dead letters: the retry limit is reached
    FateCount deadAlready;  ///< are dead letters already

    std::int64_t events() const { return retry.count + retryWaiting.count + dead.count + deadAlready.count; }
};

/// For an outlook with an open batch; for some events of it where their ids are given.
[[nodiscard]] pg::Call<BatchFate> batchFate(const SubscriptionOutlook& outlook,
                                            const std::vector<std::int64_t>& events = {});

/// What goes with a subscription. Counts stop at the cap.
struct SubscriptionLosses {
    std::int64_t retries = 0;
    std::int64_t deadLetters = 0; ///< of this consumer on all queues: they go when its last subscription goes
    std::int64_t pending = 0;     ///< events by sequence distance that it has not had
};

[[nodiscard]] pg::Call<SubscriptionLosses> subscriptionLosses(const SubscriptionOutlook& outlook, std::int64_t cap);

/// What goes with a queue. Counts stop at the cap.
struct QueueLosses {
    std::int32_t queueId = 0;
    std::vector<std::string> consumers{}; ///< registered, at most 20 names
    std::int64_t subscriptions = 0;
    std::int64_t deadLetters = 0;
    std::int64_t retries = 0;
    std::int32_t tables = 0;
};

[[nodiscard]] pg::Call<bool> deadLetterExists(std::int64_t id);

/// Dead letters of a queue given up longer ago than that, or all of them. The count stops at the cap.
[[nodiscard]] pg::Call<std::int64_t> deadLettersOlderThan(const std::string& queue, std::optional<pg::Interval> age,
                                                          std::int64_t cap);

/// Empty for an unknown queue.
[[nodiscard]] pg::Call<std::optional<QueueLosses>> queueLosses(const std::string& queue, std::int64_t cap);

} // namespace queries
