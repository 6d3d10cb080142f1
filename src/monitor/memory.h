// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <cstdint>
#include <map>
#include <optional>
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

private:
    struct Waiting {
        std::int64_t tick = 0;
        domain::Timestamp since;
    };

    using Blocker = std::pair<std::pair<std::int32_t, std::int32_t>, std::int32_t>;

    static Blocker blocker(const domain::RowLock& lock) { return {{lock.queueId, lock.consumerId}, lock.pid}; }

    int m_count = 0;
    std::unordered_map<std::int32_t, Waiting> m_waiting;
    std::map<Blocker, domain::Timestamp> m_blocking;
};

/// Events that were sent after the queue's newest tick, by sequence arithmetic; empty when the sequence is not known.
std::optional<std::int64_t> eventsWaiting(const domain::Queue& queue);

} // namespace monitor
