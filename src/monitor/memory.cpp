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
    if (std::string install = snapshot.capabilities.identity(); install != m_install) {
        clear();
        m_install = std::move(install);
    }
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
    rememberWindows(snapshot);
    rememberCursors(snapshot);
    m_retries.add(snapshot);

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
    m_windows.clear();
    m_groups.clear();
    m_cursors.clear();
    m_retries.clear();
}

void Memory::rememberWindows(const domain::Snapshot& snapshot) {
    std::map<WindowKey, Window> windows;
    for (const domain::Subscription& row : snapshot.subscriptions) {
        if (row.role == domain::Role::CoopMain)
            m_groups[key(row)] = snapshot.takenAt;
        if (row.role != domain::Role::CoopMember || !row.batch || !row.lastTick)
            continue;
        const WindowKey at{row.queueId, row.subId, *row.lastTick};
        Window next{*row.batch, row.consumerId, row.consumerName, row.active, 0, {}};
        if (const auto before = m_windows.find(at); before != m_windows.end()) {
            next.handovers = before->second.handovers;
            next.last = before->second.last;
            if (before->second.batch != next.batch) {
                ++next.handovers;
                next.last = Handover{before->second.owner, row.active - before->second.active, snapshot.takenAt};
            }
        }
        windows[at] = std::move(next);
    }
    m_windows = std::move(windows);
}

void Memory::rememberCursors(const domain::Snapshot& snapshot) {
    if (m_cursors.size() > 2 * snapshot.subscriptions.size() + 100)
        m_cursors.clear();
    for (const domain::Subscription& row : snapshot.subscriptions) {
        if (row.role != domain::Role::CoopMember && row.lastTickTime)
            m_cursors[key(row)].add({snapshot.takenAt, *row.lastTickTime});
    }
}

std::uint64_t Memory::key(const domain::Subscription& row) {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(row.queueId)) << 32) |
           static_cast<std::uint32_t>(row.consumerId);
}

const Memory::Window* Memory::window(const domain::Subscription& row) const {
    if (!row.lastTick)
        return nullptr;
    const auto found = m_windows.find({row.queueId, row.subId, *row.lastTick});
    return found == m_windows.end() || found->second.batch != row.batch ? nullptr : &found->second;
}

int Memory::handovers(const domain::Subscription& row) const {
    const Window* seen = window(row);
    return seen ? seen->handovers : 0;
}

const Memory::Handover* Memory::lastHandover(const domain::Subscription& row) const {
    const Window* seen = window(row);
    return seen && seen->last ? &*seen->last : nullptr;
}

std::optional<domain::Timestamp> Memory::wasGroupUntil(const domain::Subscription& row) const {
    const auto found = m_groups.find(key(row));
    if (row.role == domain::Role::CoopMain || found == m_groups.end())
        return std::nullopt;
    return found->second;
}

std::optional<double> Memory::pace(const domain::Subscription& row) const {
    const auto found = m_cursors.find(key(row));
    return found == m_cursors.end() ? std::nullopt : found->second.pace();
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
