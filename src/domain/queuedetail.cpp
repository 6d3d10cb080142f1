// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/queuedetail.h"

namespace domain {

namespace {

bool holds(const Subscription& row, std::int64_t tick) {
    return row.batch && row.lastTick && row.nextTick && *row.lastTick < tick && tick <= *row.nextTick;
}

} // namespace

std::vector<EventReach> reachOf(const Snapshot& snapshot, std::int32_t queueId, const EventStory& story,
                                std::optional<std::int32_t> owner) {
    using State = EventReach::State;
    std::vector<EventReach> reach;
    for (const Subscription& row : snapshot.subscriptions) {
        if (row.queueId != queueId)
            continue;
        const bool inFlight = story.after && holds(row, story.after->id);
        // Of a member only the window it holds says something.
        if (row.role == Role::CoopMember && !inFlight)
            continue;
        EventReach one{row.consumerName, row.role, State::Waiting, std::nullopt};
        if (owner && *owner != row.subId) {
            one.state = State::NotForIt;
        } else if (inFlight) {
            one.state = State::InFlight;
            one.batch = row.batch;
        } else if (story.after && row.lastTick && *row.lastTick >= story.after->id) {
            one.state = State::Past;
        }
        reach.push_back(std::move(one));
    }
    return reach;
}

} // namespace domain
