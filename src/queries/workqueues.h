// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"
#include "pg/connection.h"

// Work queues as an operator sees them, whoever installed them: loose scans and capped counts, so that a look costs
// with the number of queues and of messages in flight and not with what waits. State literals stand in the text: a
// parameter could not prove the partial indexes.
namespace queries {

/// Bands are counted up to here.
inline constexpr std::int64_t bandCap = 1'000;

/// Work queues in this database: our schema first, then those of others, then PGMQ. Throws pg::Error.
std::vector<domain::WorkInstall> workInstalls(pg::Connection& connection, pg::Deadline deadline);

/// Throws pg::Error.
domain::WorkSample workSample(pg::Connection& connection, const domain::WorkInstall& install, pg::Deadline deadline);

/// Messages of one queue: ready ones in the order of their delivery, those in flight by what is left of their lease,
/// delayed ones by when they are due, dead letters the newest first. Throws pg::Error.
domain::WorkPage workPage(pg::Connection& connection, const domain::WorkInstall& install, const std::string& queue,
                          domain::WorkPart part, const std::optional<domain::WorkPosition>& after, int limit,
                          pg::Deadline deadline);

/// A message's payload, or a dead letter's, cut to its beginning; Decode when it is gone. Throws pg::Error.
std::optional<std::string> workPayload(pg::Connection& connection, const domain::WorkInstall& install,
                                       const std::string& queue, domain::WorkPart part, std::int64_t id,
                                       std::int64_t maxBytes, pg::Deadline deadline);

/// A message of our own schema as it is now; empty: gone.
struct WorkMessageState {
    std::string queue;
    std::string state;
    std::int32_t reads = 0; ///< the token
    std::int32_t priority = 5;
    bool lapsed = false;
};

[[nodiscard]] pg::Call<std::optional<WorkMessageState>> workMessageState(std::int64_t id);

/// A run of our own schema as it is now; empty: none.
struct BarrierNow {
    std::int64_t remaining = 0;
    std::int64_t started = 0;
};

[[nodiscard]] pg::Call<std::optional<BarrierNow>> barrierNow(const std::string& execution);

/// Throws pg::Error.
domain::Barriers barriers(pg::Connection& connection, const domain::WorkInstall& install, pg::Deadline deadline);

/// Each batch of an execution. Reads the execution's live messages in the given queues' partial indexes. Throws
/// pg::Error.
domain::BarrierDetail barrierDetail(pg::Connection& connection, const domain::WorkInstall& install,
                                    const std::string& execution, pg::Deadline deadline);

} // namespace queries
