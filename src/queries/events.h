// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/eventpage.h"
#include "pg/connection.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace queries {

/// The events a subscription finds between two ticks: those that the later tick's snapshot sees and the earlier one's
/// does not, and that belong to everybody or to this subscription (retries).
struct Window {
    std::int32_t queueId = 0;
    std::int64_t lastTick = 0;
    std::int64_t nextTick = 0;
    std::int32_t subId = 0;
};

/// How much one page may cost.
struct PageLimits {
    int rows = 200;
    int previewChars = 400;   ///< of the payload and the extra fields
    int blocksAtOnce = 4'096; ///< of a table read through; 32 MB
    int blocksInAll = 32'768; ///< then the page ends with boundReached, wherever it stands
    std::chrono::milliseconds statement = std::chrono::seconds(5); ///< after that it is asked again for less
};

/// A page of those of a window's events that satisfy the search, in storage order (previous table, current table;
/// within a table by ctid), from a position on. Takes no lock that outlives the call and never an offset, so a page
/// costs the same wherever it stands. Throws pg::Error; Decode when a tick is gone.
domain::EventPage eventPage(pg::Connection& connection, const Window& window, const domain::EventSearch& search,
                            const std::optional<domain::EventPosition>& from, const PageLimits& limits,
                            pg::Deadline deadline);

/// Those of a window's events that satisfy the search, sorted by id: all of them, or where it says boundReached those
/// that were read before one of the limits. Throws pg::Error.
inline constexpr PageLimits idLimits{.rows = 10'000, .blocksInAll = 16'384}; // 128 MB
domain::EventPage eventsById(pg::Connection& connection, const Window& window, const domain::EventSearch& search,
                             const PageLimits& limits, pg::Deadline deadline);

/// The exact number of events in a window, and of retries among them, however many there are: counted piece by piece,
/// each in a transaction of its own, so that rotation never waits for more than one. Throws pg::Error; Cancelled when
/// the connection was interrupted, in a piece or between two.
domain::WindowCount countWindow(pg::Connection& connection, const Window& window, pg::Deadline deadline);

/// One event's message with all its fields; a text longer than maxBytes is cut to its beginning. Throws pg::Error;
/// Decode when the event no longer stands there.
domain::Message message(pg::Connection& connection, std::int32_t queueId, const domain::EventPosition& position,
                        std::int64_t eventId, std::int64_t maxBytes, pg::Deadline deadline);

} // namespace queries
