// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/queuedetail.h"

#include <algorithm>

namespace domain {

namespace {

bool holds(const Subscription& row, std::int64_t tick) {
    return row.batch && row.lastTick && row.nextTick && *row.lastTick < tick && tick <= *row.nextTick;
}

/// What was given back or given up tells more than a position, and more than the batch in which it happened.
void putGivenBack(EventReach& reach, const Subscription& row, const EventStory& story) {
    reach.isSure = story.retries && story.deaths;
    if (story.deaths) {
        const auto death = std::find_if(story.deaths->begin(), story.deaths->end(), [&row](const auto& one) {
            return one.consumerId == row.consumerId;
        });
        if (death != story.deaths->end()) {
            reach.state = EventReach::State::Dead;
            reach.at = death->time;
            reach.reason = death->reason;
            return;
        }
    }
    if (story.retries) {
        const auto retry = std::find_if(story.retries->begin(), story.retries->end(),
                                        [&row](const auto& one) { return one.owner == row.subId; });
        if (retry != story.retries->end()) {
            reach.state = EventReach::State::InRetry;
            reach.at = retry->dueAt;
        }
    }
}

} // namespace

std::vector<EventReach> reachOf(const Snapshot& snapshot, std::int32_t queueId, const EventStory& story,
                                std::optional<std::int32_t> owner) {
    using State = EventReach::State;
    std::vector<const Subscription*> holders;
    for (const Subscription& row : snapshot.subscriptions) {
        if (row.queueId == queueId && story.after && holds(row, story.after->id))
            holders.push_back(&row);
    }
    std::vector<EventReach> reach;
    for (const Subscription& row : snapshot.subscriptions) {
        // A member has no position of its own: it says something of its group by the batch it holds.
        if (row.queueId != queueId || row.role == Role::CoopMember)
            continue;
        EventReach one;
        one.consumer = row.consumerName;
        one.role = row.role;
        if (owner && *owner != row.subId) {
            one.state = State::NotForIt;
            reach.push_back(std::move(one));
            continue;
        }
        const auto holder = std::find_if(holders.begin(), holders.end(),
                                         [&row](const Subscription* other) { return other->subId == row.subId; });
        if (holder != holders.end()) {
            one.state = State::InFlight;
            one.holder = **holder;
        } else if (story.after && row.lastTick && *row.lastTick >= story.after->id) {
            one.state = State::Past;
        }
        putGivenBack(one, row, story);
        reach.push_back(std::move(one));
    }
    return reach;
}

} // namespace domain
