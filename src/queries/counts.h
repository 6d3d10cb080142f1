// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "pg/statement.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace queries {

/// Counting stops here: "1000+" says enough, and costs the same whether there are a thousand or a million.
inline constexpr std::int64_t countCap = 1'000;

/// Rows waiting in retry_queue, by queue; a queue without any has no row.
struct RetryCount {
    std::int32_t queueId = 0;
    domain::Count waiting;
    domain::Count lastTry; ///< of those looked at: given back once more, they die
};

/// Counted through the primary key of each group's owner id: the original has no index by queue.
pg::Call<std::vector<RetryCount>> retryCounts(const domain::Capabilities& capabilities);

/// Of the retries those that are due, by queue, oldest first; looks at no more than the 10,000 longest due.
struct RetryDue {
    std::int32_t queueId = 0;
    domain::Count due;
    std::optional<domain::Timestamp> oldest;
};

pg::Call<std::vector<RetryDue>> retriesDue();

/// The retries that fall due within the next ten minutes, by queue; looks at no more than 10,000.
pg::Call<std::vector<RetryDue>> retriesAhead();

/// Rows in dead_letter, by queue; a queue without any has no row.
struct DeadCount {
    std::int32_t queueId = 0;
    domain::Count dead;
    std::optional<domain::Timestamp> newest;
};

pg::Call<std::vector<DeadCount>> deadCounts();

} // namespace queries
