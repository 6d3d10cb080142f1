// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace domain {

/// A place in an event table: child table number and ctid. Pages are read from a position, never by offset.
struct EventPosition {
    std::int32_t table = 0;
    std::string ctid; ///< "(block,item)"; empty: from the start of the table

    bool operator==(const EventPosition&) const = default;
};

/// An event as stored, the payload cut to a preview.
struct EventRow {
    EventPosition position;
    std::int64_t id = 0;
    pg::Timestamp time;
    std::int64_t txid = 0;
    std::optional<std::int32_t> owner;
    std::optional<std::int32_t> retry;
    std::optional<std::string> type;
    std::optional<std::string> data; ///< at most previewBytes of it
    std::int64_t dataBytes = 0;      ///< of the whole payload
    std::optional<std::string> extra1, extra2, extra3, extra4;

    bool operator==(const EventRow&) const = default;
};

/// A page of a window's events in storage order.
struct EventPage {
    std::vector<EventRow> rows;
    std::optional<EventPosition> next; ///< empty at the end
    double serverMs = 0;
    bool boundReached = false; ///< the scan stopped at its bound before the page was full
};

} // namespace domain
