// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/firstseen.h"

#include <algorithm>
#include <utility>

namespace monitor {

namespace {

/// As pg_locks writes the virtual transaction of a prepared one.
constexpr const char* preparedPrefix = "-1/";

std::optional<domain::Timestamp> preparedAt(const domain::Activity& activity, const std::string& xid) {
    const auto found = std::find_if(activity.prepared.begin(), activity.prepared.end(),
                                    [&](const auto& one) { return std::to_string(one.xid) == xid; });
    return found == activity.prepared.end() ? std::nullopt : std::optional(found->preparedAt);
}

} // namespace

void FirstSeen::tell(domain::Activity& activity) {
    std::map<std::string, domain::Timestamp> seen;
    const auto fill = [&](auto& lock, const std::string& xid, const std::string& held) {
        if (lock.since)
            return;
        lock.sinceIsLeast = true;
        if (lock.pid == 0) {
            lock.since = preparedAt(activity, xid);
            if (lock.since)
                return;
        }
        const std::string key = lock.transaction + ' ' + held;
        const auto before = m_seen.find(key);
        lock.since = seen.emplace(key, before == m_seen.end() ? activity.takenAt : before->second).first->second;
    };
    for (domain::RowLock& lock : activity.rowLocks)
        fill(lock, lock.transaction, "row " + std::to_string(lock.queueId) + ' ' + std::to_string(lock.consumerId));
    for (domain::EventTableLock& lock : activity.eventLocks) {
        const bool prepared = lock.transaction.starts_with(preparedPrefix);
        fill(lock, prepared ? lock.transaction.substr(3) : std::string(),
             "table " + std::to_string(lock.queueId) + ' ' + std::to_string(lock.table.value_or(-1)) +
                 (lock.writes ? " writes" : ""));
    }
    m_seen = std::move(seen);
}

} // namespace monitor
