// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/eventpage.h"
#include "domain/scheduling.h"
#include "domain/snapshot.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace domain {

/// One of a queue's rotating event tables.
struct EventTable {
    std::int32_t number = 0;
    std::string name;
    /// Sessions with a lock on it, this console's left out; 0: a prepared transaction. Empty: not known.
    std::optional<std::vector<std::int32_t>> holders;

    bool operator==(const EventTable&) const = default;
};

/// What a queue's own page shows beside the sample.
struct QueueDetail {
    std::int32_t queueId = 0;
    std::vector<Tick> ticks;               ///< a page of them, the newest first
    std::optional<Tick> tickBefore;        ///< the one before the page's last, where the next page begins
    std::optional<std::int64_t> lastTick;  ///< the newest there is, whatever the page
    std::optional<pg::Interval> lastGap;   ///< between it and the one before; empty: there is no other
    std::vector<EventTable> tables;
    std::optional<std::vector<std::string>> extraMaintenance; ///< queue_extra_maint; empty: this install has none
    pg::Timestamp takenAt;
};

/// What changes slowly and costs more to ask: on a beat of its own.
struct QueueUpkeep {
    struct Scheduler {
        std::string name;                             ///< pg_cron, pg_timetable; empty: no job is set up
        std::optional<std::int64_t> tickerJob;        ///< its number in pg_cron
        std::optional<pg::Interval> tickPeriod;       ///< how often the job looks
        std::optional<pg::Timestamp> lastMaintenance; ///< our own schema only

        bool operator==(const Scheduler&) const = default;
    };

    std::int32_t queueId = 0;
    /// Of the event tables by number, with indexes and TOAST; empty: somebody holds it exclusively, or it is gone.
    std::vector<std::optional<std::int64_t>> bytes;
    std::optional<Scheduler> scheduler; ///< as configured; empty: it could not be read
    Scheduling scheduling;              ///< as the schedulers have it themselves
    pg::Timestamp takenAt;

    std::optional<std::int64_t> bytesOf(std::int32_t table) const {
        const auto at = static_cast<std::size_t>(table);
        return table >= 0 && at < bytes.size() ? bytes[at] : std::nullopt;
    }
};

/// Which tick showed an event first, and where its copies wait otherwise. The window that ends with that tick is the one
/// that delivers it.
struct EventStory {
    std::optional<Tick> before; ///< the newest tick that could not see it
    std::optional<Tick> after;  ///< the first tick that sees it; empty: none yet

    /// Ticks that came while its transaction was open: they could not see it. The oldest first, at most so many.
    std::vector<Tick> passedOver;
    bool morePassedOver = false;
    std::vector<Tick> seenBy; ///< the first that see it, the oldest first
    bool moreSeeIt = false;
    static constexpr std::size_t ticksTold = 64;

    /// A copy that waits in the retry queue.
    struct Retry {
        std::int32_t owner = 0; ///< sub_id
        pg::Timestamp dueAt;
        std::int32_t attempts = 0;

        bool operator==(const Retry&) const = default;
    };

    /// A copy that was given up.
    struct Death {
        std::int32_t consumerId = 0; ///< for a subconsumer's: its group
        pg::Timestamp time;
        std::string reason;

        bool operator==(const Death&) const = default;
    };

    std::optional<std::vector<Retry>> retries; ///< of the queue's consumers; empty: no right to see
    std::optional<std::vector<Death>> deaths;  ///< likewise
    pg::Timestamp takenAt;

    /// Every tick there is sees it: the one that was first may have been rotated away.
    bool isOlderThanTicks() const { return after && !before; }
};

/// How far a consumer or a group is with one event.
struct EventReach {
    enum class State {
        Past,     ///< its position is behind the event: it finished it, or it came later
        InFlight, ///< in an open batch
        InRetry,  ///< given back, and waits to come again
        Dead,     ///< given up
        Waiting,  ///< it will come to it
        NotForIt, ///< somebody else's retry
    };
    std::string consumer;
    Role role = Role::Normal;
    State state = State::Waiting;
    std::optional<Subscription> holder; ///< whose open batch it is in, whatever became of it there
    std::optional<pg::Timestamp> at;    ///< of a retry: when it is due; of a dead one: when it was given up
    std::string reason;                 ///< of a dead one
    bool isSure = true;                 ///< retries and dead letters could be looked at

    bool operator==(const EventReach&) const = default;
};

/// One line a consumer or group. owner: the event's ev_owner.
std::vector<EventReach> reachOf(const Snapshot& snapshot, std::int32_t queueId, const EventStory& story,
                                std::optional<std::int32_t> owner);

/// A copy of an event as it is stored, and its way.
struct EventCopy {
    EventRow event;
    EventStory story;
};

} // namespace domain
