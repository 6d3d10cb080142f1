// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "monitor/course.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace monitor {

/// What rules need to know of earlier snapshots: since when something stands as it stands. Two snapshots at least a
/// moment apart make a memory; before, rules that need one are not evaluated.
class Memory {
public:
    void add(const domain::Snapshot& snapshot);
    void clear();

    /// At least two snapshots were seen.
    bool knows() const { return m_count >= 2; }

    /// Since when events wait behind the queue's newest tick, as far as seen.
    std::optional<domain::Timestamp> waitingSince(std::int32_t queueId) const;

    /// Since when this session's lock on a subscription's row keeps others waiting, as far as seen.
    std::optional<domain::Timestamp> blockingSince(const domain::RowLock& lock) const;

    /// A window that went from one owner to another.
    struct Handover {
        std::string from;            ///< the earlier owner's consumer name
        pg::Interval heartbeatAge{}; ///< of the earlier owner when it lost the window, as far as seen
        domain::Timestamp at;
    };

    /// How often the open window of this row has got a new token, as far as seen.
    int handovers(const domain::Subscription& row) const;
    /// The last time it did.
    const Handover* lastHandover(const domain::Subscription& row) const;

    /// When this row was last seen as the main row of a group; empty: it never was, or still is.
    std::optional<domain::Timestamp> wasGroupUntil(const domain::Subscription& row) const;

    /// How many seconds of the queue's time this cursor passes in a second, over about the last minute: above 1 it
    /// catches up. Empty while too little was seen.
    std::optional<double> pace(const domain::Subscription& row) const;

    /// How the queue's due retries developed over about the last minute.
    std::optional<RetryTrend> retryTrend(const domain::Queue& queue) const { return m_retries.of(queue); }

private:
    struct Waiting {
        std::int64_t tick = 0;
        domain::Timestamp since;
    };

    struct Window {
        std::int64_t batch = 0;
        std::int32_t consumerId = 0;
        std::string owner;
        domain::Timestamp active;
        int handovers = 0;
        std::optional<Handover> last;
    };

    using WindowKey = std::tuple<std::int32_t, std::int32_t, std::int64_t>; // queue, group, first tick

    void rememberWindows(const domain::Snapshot& snapshot);
    void rememberCursors(const domain::Snapshot& snapshot);
    static std::uint64_t key(const domain::Subscription& row);
    const Window* window(const domain::Subscription& row) const;

    using Blocker = std::pair<std::pair<std::int32_t, std::int32_t>, std::int32_t>;

    static Blocker blocker(const domain::RowLock& lock) { return {{lock.queueId, lock.consumerId}, lock.pid}; }

    std::string m_install; ///< what the ids are of
    int m_count = 0;
    std::unordered_map<std::int32_t, Waiting> m_waiting;
    std::map<Blocker, domain::Timestamp> m_blocking;
    std::map<WindowKey, Window> m_windows;
    std::unordered_map<std::uint64_t, domain::Timestamp> m_groups; // main rows by queue and consumer: last seen as such
    std::unordered_map<std::uint64_t, Course> m_cursors;
    RetryTrends m_retries;
};

/// Events that were sent after the queue's newest tick, by sequence arithmetic; empty when the sequence is not known.
std::optional<std::int64_t> eventsWaiting(const domain::Queue& queue);

} // namespace monitor
