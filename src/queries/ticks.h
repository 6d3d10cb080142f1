// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "pg/connection.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace queries {

/// Which ticks of a queue to read next: those before one, the newest first.
struct TickCursor {
    std::int32_t queueId = 0;
    std::optional<std::int64_t> before; ///< empty: from the newest
};

struct QueueTick {
    std::int32_t queueId = 0;
    domain::Tick tick; ///< without its snapshot
};

/// Ticks that are newer than `since`, of each queue at most so many, newest first; queue by queue.
pg::Call<std::vector<QueueTick>> ticksBefore(const std::vector<TickCursor>& queues, std::optional<pg::Timestamp> since,
                                             int ofEach);

/// What tells this database from every other: the server's own number where this role may ask for it.
pg::Call<std::string> serverNumber();

/// When the server was started.
pg::Call<pg::Timestamp> serverStarted();

} // namespace queries
