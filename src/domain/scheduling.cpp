// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/scheduling.h"

#include <map>
#include <set>

namespace domain {

std::vector<LostGroup> lostGroups(const Snapshot& snapshot) {
    std::set<std::pair<std::int32_t, std::int32_t>> membered; // queue and sub_id of groups with a member
    std::map<std::string, std::int32_t> groups;               // consumer → a queue where it is a group
    for (const Subscription& row : snapshot.subscriptions) {
        if (row.role == Role::CoopMember)
            membered.emplace(row.queueId, row.subId);
        if (row.role == Role::CoopMain)
            groups.emplace(row.consumerName, row.queueId);
    }
    // The part before the first dot, of normal consumers: no name of a group has one.
    std::map<std::pair<std::int32_t, std::string>, std::string> extended;
    for (const Subscription& row : snapshot.subscriptions) {
        const std::size_t dot = row.consumerName.find('.');
        if (row.role == Role::Normal && dot != std::string::npos)
            extended.emplace(std::pair(row.queueId, row.consumerName.substr(0, dot)), row.consumerName);
    }
    std::vector<LostGroup> lost;
    for (const Subscription& row : snapshot.subscriptions) {
        const Queue* queue = snapshot.queue(row.queueId);
        if (queue == nullptr)
            continue;
        if (row.role == Role::CoopMain && !membered.contains({row.queueId, row.subId}))
            lost.push_back({queue->name, row.consumerName, LostGroup::Sign::NoMembers, {}});
        if (row.role != Role::Normal)
            continue;
        const auto longer = extended.find({row.queueId, row.consumerName});
        const auto group = groups.find(row.consumerName);
        if (longer != extended.end())
            lost.push_back({queue->name, row.consumerName, LostGroup::Sign::Extended, longer->second});
        else if (const Queue* other = group == groups.end() ? nullptr : snapshot.queue(group->second))
            lost.push_back({queue->name, row.consumerName, LostGroup::Sign::GroupElsewhere, other->name});
    }
    return lost;
}

} // namespace domain
