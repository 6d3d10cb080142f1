// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/backlog.h"
#include "domain/capabilities.h"
#include "pg/connection.h"

// What waits to come back and what will not: pages of pgque.retry_queue and pgque.dead_letter, for a reader.
namespace queries {

/// How far the outlook and the groups look.
inline constexpr int backlogCap = 10'000;

/// A page of retries in the order of their due times, of one queue or (0) of all. Throws pg::Error.
/// The outlook failing leaves the rows alone.
domain::RetryPage retryPage(pg::Connection& connection, const domain::Capabilities& capabilities, std::int32_t queueId,
                            const std::optional<domain::RetryPosition>& after, int limit, pg::Deadline deadline);

/// A page of dead letters, the newest first, of one queue or (0) of all; of one cause only where that is given: then so
/// many letters are looked at as one page looks at most, and it says where to go on. Throws pg::Error.
domain::DeadPage deadPage(pg::Connection& connection, std::int32_t queueId,
                          const std::optional<domain::DeadCause>& cause,
                          const std::optional<domain::DeadPosition>& after, int limit, pg::Deadline deadline);

/// The newest 10,000 dead letters of one queue, grouped by queue, type and normalised reason; or (0) of all, of which
/// each has its share. Throws pg::Error.
domain::DeadGroups deadGroups(pg::Connection& connection, std::int32_t queueId, pg::Deadline deadline);

/// A dead letter's message with all its fields; a text longer than maxBytes is cut to its beginning. Throws pg::Error;
/// Decode when the letter is gone.
domain::Message deadMessage(pg::Connection& connection, std::int64_t id, std::int64_t maxBytes, pg::Deadline deadline);

/// A waiting retry's, likewise.
domain::Message retryMessage(pg::Connection& connection, std::int32_t owner, std::int64_t eventId,
                             std::int64_t maxBytes, pg::Deadline deadline);

} // namespace queries
