// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/queuedetail.h"
#include "pg/connection.h"

// What one queue's pages ask: ticks, tables, stored events, the way of one event.
namespace queries {

inline constexpr int ticksShown = 300;

/// A page of ticks, from this one back or from the newest, and who holds the event tables. Takes no lock on these.
/// Throws pg::Error; Decode when the queue is gone.
domain::QueueDetail queueDetail(pg::Connection& connection, std::int32_t queueId,
                                const std::optional<std::int64_t>& ticksFromId, pg::Deadline deadline);

/// The tables' sizes and who is set up to tick: by pgque.config, and by the schedulers' own tables. A table that
/// somebody holds exclusively is not waited for. Throws as queueDetail() does.
domain::QueueUpkeep queueUpkeep(pg::Connection& connection, std::int32_t queueId, pg::Deadline deadline);

/// How much one search may read.
struct SearchLimits {
    int rows = 200;
    int previewChars = 400;
    int blocksAtOnce = 2'048; ///< of a table, in one statement; 16 MB
    int blocksInAll = 16'384; ///< then it ends with boundReached
};

/// Stored events of a queue, delivered or not, that satisfy the search, in storage order from a position on: the
/// oldest table first, or from the end of the newest one backwards. Where ticks bound the search, only the part of each
/// table that their transactions wrote is read. Payloads that are no JSON are left out when a path is asked for. Throws
/// pg::Error; Decode when the tables were rotated since the position was told.
domain::EventPage searchEvents(pg::Connection& connection, std::int32_t queueId, const domain::EventSearch& search,
                               const std::optional<domain::EventPosition>& from, const SearchLimits& limits,
                               pg::Deadline deadline);

/// The same, sorted by id: all of them, or where it says boundReached those that were read before one of the limits.
inline constexpr SearchLimits idSearchLimits{.rows = 10'000};
domain::EventPage searchById(pg::Connection& connection, std::int32_t queueId, const domain::EventSearch& search,
                             const SearchLimits& limits, pg::Deadline deadline);

/// The types of the newest events in each of a queue's tables, sorted: what is rarer may be missing. A table that
/// somebody holds is left out. Throws pg::Error.
std::vector<std::string> eventTypes(pg::Connection& connection, std::int32_t queueId, pg::Deadline deadline);

/// Which ticks see an event's transaction, found through the index of the ticks however many there are, and where the
/// queue's consumers keep other copies of it. Throws pg::Error.
domain::EventStory eventStory(pg::Connection& connection, std::int32_t queueId, const domain::EventRow& event,
                              pg::Deadline deadline);

} // namespace queries
