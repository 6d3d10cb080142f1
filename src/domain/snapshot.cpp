// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/snapshot.h"

#include <algorithm>

namespace domain {

const Queue* Snapshot::queue(std::int32_t id) const {
    const auto found = std::find_if(queues.begin(), queues.end(), [id](const Queue& queue) { return queue.id == id; });
    return found == queues.end() ? nullptr : &*found;
}

const Queue* Snapshot::queue(const std::string& name) const {
    const auto found =
        std::find_if(queues.begin(), queues.end(), [&name](const Queue& queue) { return queue.name == name; });
    return found == queues.end() ? nullptr : &*found;
}

const Subscription* Snapshot::mainOf(const Subscription& member) const {
    if (member.role != Role::CoopMember)
        return nullptr;
    const auto found = std::find_if(subscriptions.begin(), subscriptions.end(), [&member](const Subscription& row) {
        return row.role == Role::CoopMain && row.queueId == member.queueId && row.subId == member.subId;
    });
    return found == subscriptions.end() ? nullptr : &*found;
}

std::string groupName(const Snapshot& snapshot, const Subscription& subscription) {
    if (subscription.role != Role::CoopMember)
        return subscription.consumerName;
    if (const Subscription* main = snapshot.mainOf(subscription))
        return main->consumerName;
    // Names of cooperative consumers contain no dot, so the first one separates group and member.
    return subscription.consumerName.substr(0, subscription.consumerName.find('.'));
}

std::string subconsumerName(const Snapshot& snapshot, const Subscription& subscription) {
    if (subscription.role != Role::CoopMember)
        return {};
    const std::string group = groupName(snapshot, subscription);
    if (subscription.consumerName.size() <= group.size())
        return {};
    return subscription.consumerName.substr(group.size() + 1);
}

} // namespace domain
