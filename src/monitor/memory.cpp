// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/memory.h"

#include <algorithm>

namespace monitor {

std::optional<std::int64_t> eventsWaiting(const domain::Queue& queue) {
    if (!queue.eventSeqNow || !queue.lastTick)
        return std::nullopt;
    return std::max<std::int64_t>(0, *queue.eventSeqNow - queue.lastTick->eventSeq);
}

void Memory::add(const domain::Snapshot& snapshot) {
    ++m_count;
    std::unordered_map<std::int32_t, Waiting> waiting;
    for (const domain::Queue& queue : snapshot.queues) {
        const auto before = m_waiting.find(queue.id);
        const auto events = eventsWaiting(queue);
        if (!events) {
            // Not known this time; what was known stands while the tick does.
            if (before != m_waiting.end() && queue.lastTick && before->second.tick == queue.lastTick->id)
                waiting.insert(*before);
            continue;
        }
        if (*events == 0)
            continue;
        const bool same = before != m_waiting.end() && before->second.tick == queue.lastTick->id;
        waiting[queue.id] = {queue.lastTick->id, same ? before->second.since : snapshot.takenAt};
    }
    m_waiting = std::move(waiting);

    if (!snapshot.activity)
        return;
    std::map<Blocker, domain::Timestamp> blocking;
    for (const domain::RowLock& lock : snapshot.activity->rowLocks) {
        if (lock.waiting.empty())
            continue;
        const auto before = m_blocking.find(blocker(lock));
        blocking[blocker(lock)] = before == m_blocking.end() ? snapshot.activity->takenAt : before->second;
    }
    m_blocking = std::move(blocking);
}

void Memory::clear() {
    m_count = 0;
    m_waiting.clear();
    m_blocking.clear();
}

std::optional<domain::Timestamp> Memory::waitingSince(std::int32_t queueId) const {
    const auto found = m_waiting.find(queueId);
    return found == m_waiting.end() ? std::nullopt : std::optional(found->second.since);
}

std::optional<domain::Timestamp> Memory::blockingSince(const domain::RowLock& lock) const {
    const auto found = m_blocking.find(blocker(lock));
    return found == m_blocking.end() ? std::nullopt : std::optional(found->second);
}

} // namespace monitor
