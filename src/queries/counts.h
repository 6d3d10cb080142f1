// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "pg/statement.h"
#include "queries/look.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace queries {

/// Counting stops here: "1000+" says enough, and costs the same whether there are a thousand or a million.
inline constexpr std::int64_t countCap = 1'000;

/// Rows waiting in retry_queue, by queue; a queue without any has no row. Of each subscription so many are looked at as
/// the cap says, whatever is due: the rest of what is told here is of those, and capped where the waiting ones are.
struct RetryCount {
    std::int32_t queueId = 0;
    domain::Count waiting;
    domain::Count lastTry; ///< given back once more, they die
    domain::Count due;
    domain::Count ahead; ///< due within the next ten minutes
    std::optional<domain::Timestamp> oldestDue;
};

/// Counted through the primary key of each group's owner id: the original has no index by queue.
pg::Call<std::vector<RetryCount>> retryCounts(const domain::Capabilities& capabilities);

/// Of the retries those that are due, by queue, oldest first; looks at no more than the 10,000 longest due of all.
struct RetryDue {
    std::int32_t queueId = 0;
    domain::Count due;
    std::optional<domain::Timestamp> oldest;
    bool cut = false; ///< there are more, of whatever queue: what is told of any is the least it can be
};

pg::Call<std::vector<RetryDue>> retriesDue();

/// The retries that fall due within the next ten minutes, by queue; looks at no more than 10,000.
pg::Call<std::vector<RetryDue>> retriesAhead();

/// What both ways of counting amount to: the one by subscription misses what lies behind many others of the same one,
/// the one by time what lies behind many others of another queue.
domain::Count together(const domain::Count& bySubscription, const domain::Count& byTime, bool cut);

/// The questions above, one after the other.
struct RetryQuestions {
    Asked<std::vector<RetryCount>> waiting;
    Asked<std::vector<RetryDue>> due;
    Asked<std::vector<RetryDue>> ahead;
};

RetryQuestions askRetries(Look& look, const domain::Capabilities& capabilities);

/// Rows in dead_letter, by queue; a queue without any has no row.
struct DeadCount {
    std::int32_t queueId = 0;
    domain::Count dead;
    std::optional<domain::Timestamp> newest;
};

pg::Call<std::vector<DeadCount>> deadCounts();

} // namespace queries
