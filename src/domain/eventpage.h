// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/jsoncondition.h"
#include "domain/message.h"
#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace domain {

/// A place in an event table: child table number and ctid. Pages are read from a position, never by offset.
struct EventPosition {
    std::int32_t table = 0;
    std::string ctid; ///< "(block,item)"; empty: where reading the table begins
    /// Of a page of a queue: its last rotation (queue_switch_step1). After another one the tables are others.
    std::int64_t rotation = 0;

    bool operator==(const EventPosition&) const = default;
};

/// An event as stored; of its payload and extra fields perhaps only the beginnings.
struct EventRow {
    EventPosition position;
    std::int64_t id = 0;
    pg::Timestamp time;
    std::int64_t txid = 0;
    std::optional<std::int32_t> owner;
    std::optional<std::int32_t> retry;
    std::optional<std::string> type;
    std::optional<std::string> data;
    std::int64_t dataBytes = 0; ///< of the whole payload
    std::array<std::optional<std::string>, 4> extras;
    std::array<std::int64_t, 4> extraBytes{}; ///< of the whole ones
    bool sent = true;                         ///< a tick sees it; else it waits for one

    /// As far as it is here.
    Message message() const { return {txid, type, data, dataBytes, extras, extraBytes}; }

    bool operator==(const EventRow&) const = default;
};

/// What an event must be to be found; empty conditions hold for every event.
struct EventSearch {
    std::optional<std::int64_t> id;
    std::string type;                     ///< exactly
    std::string text;                     ///< somewhere in the payload or an extra field, case ignored
    std::optional<JsonCondition> json;    ///< somewhere in the payload
    std::optional<std::int64_t> fromTick; ///< shown first by this tick or a later one, or by none yet
    std::optional<std::int64_t> toTick;   ///< shown first by this tick or an earlier one
    bool waitingOnly = false;             ///< shown by none yet
    bool newestFirst = false;             ///< no condition: storage order, backwards

    /// Every event is found.
    bool isEmpty() const {
        EventSearch everything;
        everything.newestFirst = newestFirst;
        return *this == everything;
    }

    bool operator==(const EventSearch&) const = default;
};

/// Events in storage order, and how much was looked at for them.
struct EventPage {
    std::vector<EventRow> rows;
    std::optional<EventPosition> next; ///< where to go on; empty: everything was looked at
    pg::Timestamp takenAt;             ///< by the server's clock
    double serverMs = 0;
    bool boundReached = false;  ///< it stopped at its bound before the page was full
    std::int64_t bytesRead = 0; ///< of the tables, and of payloads beside them where those are searched; about. 0 where
                                ///< an index found them
    /// Ticks before this one are gone, which the search's lower bound would have needed: older events are among these.
    std::optional<std::int64_t> ticksGoneBefore;
    std::int64_t tooLongToSearch = 0; ///< payloads longer than a JSON path is looked for in
    bool byId = false;                ///< sorted by id: of all, or where boundReached of those read
};

/// The events of a window, counted.
struct WindowCount {
    std::int64_t events = 0;
    std::int64_t retries = 0;     ///< of them: put back before
    std::int32_t mostRetries = 0; ///< the most that one of them was put back

    bool operator==(const WindowCount&) const = default;
};

} // namespace domain
