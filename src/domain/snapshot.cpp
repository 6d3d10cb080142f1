// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/snapshot.h"

#include <algorithm>

namespace domain {

namespace {

std::uint64_t pair(std::int32_t high, std::int32_t low) {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(high)) << 32) | static_cast<std::uint32_t>(low);
}

/// The row an index names, or, in a snapshot without one (made by hand), the first that fits.
template <class Row, class Index, class Key, class Fits>
const Row* find(const std::vector<Row>& rows, bool indexed, const Index& index, const Key& key, Fits fits) {
    if (indexed) {
        const auto found = index.find(key);
        return found == index.end() ? nullptr : &rows[found->second];
    }
    const auto found = std::find_if(rows.begin(), rows.end(), fits);
    return found == rows.end() ? nullptr : &*found;
}

} // namespace

const RowLock* Activity::lockOn(std::int32_t queueId, std::int32_t consumerId) const {
    const auto found = std::find_if(rowLocks.begin(), rowLocks.end(), [=](const RowLock& lock) {
        return lock.queueId == queueId && lock.consumerId == consumerId;
    });
    return found == rowLocks.end() ? nullptr : &*found;
}

const OwnerSession* Activity::ownerOf(std::int32_t queueId, std::int32_t consumerId) const {
    const auto found = std::find_if(owners.begin(), owners.end(), [=](const OwnerSession& session) {
        return session.queueId == queueId && session.consumerId == consumerId;
    });
    return found == owners.end() ? nullptr : &*found;
}

const Queue* Snapshot::queue(std::int32_t id) const {
    return find(queues, !m_queueById.empty(), m_queueById, id, [id](const Queue& queue) { return queue.id == id; });
}

const Queue* Snapshot::queue(const std::string& name) const {
    return find(queues, !m_queueByName.empty(), m_queueByName, name,
                [&name](const Queue& queue) { return queue.name == name; });
}

const Subscription* Snapshot::mainOf(const Subscription& member) const {
    if (member.role != Role::CoopMember)
        return nullptr;
    return find(subscriptions, !m_subscriptionByConsumer.empty(), m_mainByGroup, pair(member.queueId, member.subId),
                [&member](const Subscription& row) {
                    return row.role == Role::CoopMain && row.queueId == member.queueId && row.subId == member.subId;
                });
}

const Subscription* Snapshot::subscription(std::int32_t queueId, std::int32_t consumerId) const {
    return find(subscriptions, !m_subscriptionByConsumer.empty(), m_subscriptionByConsumer, pair(queueId, consumerId),
                [=](const Subscription& row) { return row.queueId == queueId && row.consumerId == consumerId; });
}

void Snapshot::buildIndex() {
    m_queueById.clear();
    m_queueByName.clear();
    m_mainByGroup.clear();
    m_subscriptionByConsumer.clear();
    for (std::size_t i = 0; i < queues.size(); ++i) {
        m_queueById.emplace(queues[i].id, i);
        m_queueByName.emplace(queues[i].name, i);
    }
    m_subscriptionByConsumer.reserve(subscriptions.size());
    for (std::size_t i = 0; i < subscriptions.size(); ++i) {
        const Subscription& row = subscriptions[i];
        m_subscriptionByConsumer.emplace(pair(row.queueId, row.consumerId), i);
        if (row.role == Role::CoopMain)
            m_mainByGroup.emplace(pair(row.queueId, row.subId), i);
    }
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
