// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/series.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace domain {

namespace {

std::int64_t milliseconds(Interval length) {
    return std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
}

std::int64_t newestSequence(const Queue& queue) {
    return std::max(queue.lastTick ? queue.lastTick->eventSeq : 0, queue.eventSeqNow.value_or(0));
}

void raise(std::optional<std::int64_t>& value, std::int64_t to) {
    value = std::max(value.value_or(to), to);
}

void add(std::optional<std::int64_t>& value, const std::optional<std::int64_t>& more) {
    if (more)
        value = value.value_or(0) + *more;
}

Figures ofQueue(const Queue& queue, Timestamp now) {
    Figures figures;
    figures.queueId = queue.id;
    if (queue.retry)
        figures[Quantity::Retry] = queue.retry->value;
    if (queue.dead)
        figures[Quantity::Dead] = queue.dead->value;
    figures[Quantity::InFlight] = 0;
    if (queue.lastTick)
        figures[Quantity::TickAge] = milliseconds(now - queue.lastTick->time);
    if (queue.lastTick && queue.earlierTick && queue.lastTick->id > queue.earlierTick->id)
        figures[Quantity::WindowSize] =
            (queue.lastTick->eventSeq - queue.earlierTick->eventSeq) / (queue.lastTick->id - queue.earlierTick->id);
    return figures;
}

void addSubscription(Figures& figures, const Queue& queue, const Subscription& row, Timestamp now) {
    if (row.batch)
        figures[Quantity::InFlight] = *figures[Quantity::InFlight] + 1;
    const bool member = row.role == Role::CoopMember;
    if (!row.lastTickSeq || !queue.lastTick || (member && !row.batch))
        return;
    const std::int64_t behind = std::max<std::int64_t>(0, newestSequence(queue) - *row.lastTickSeq);
    if (!member)
        raise(figures[Quantity::Backlog], behind);
    raise(figures[Quantity::Lag], behind > 0 && row.lastTickTime ? milliseconds(now - *row.lastTickTime) : 0);
}

} // namespace

std::vector<Figures> figures(const Snapshot& now, const Snapshot* before) {
    std::vector<Figures> all(1);
    all.reserve(now.queues.size() + 1);
    std::unordered_map<std::int32_t, std::size_t> places;
    const double elapsed = before ? std::chrono::duration<double>(now.takenAt - before->takenAt).count() : 0;
    for (const Queue& queue : now.queues) {
        places.emplace(queue.id, all.size());
        Figures one = ofQueue(queue, now.takenAt);
        const Queue* earlier = elapsed > 0 ? before->queue(queue.id) : nullptr;
        if (earlier && queue.eventSeqNow && earlier->eventSeqNow && *queue.eventSeqNow >= *earlier->eventSeqNow)
            one[Quantity::Rate] = std::llround(
                static_cast<double>(*queue.eventSeqNow - *earlier->eventSeqNow) / elapsed * 1'000);
        all.push_back(one);
    }
    for (const Subscription& row : now.subscriptions) {
        const auto place = places.find(row.queueId);
        if (place != places.end())
            addSubscription(all[place->second], now.queues[place->second - 1], row, now.takenAt);
    }
    Figures& server = all.front();
    for (std::size_t i = 1; i < all.size(); ++i) {
        for (const Quantity sum :
             {Quantity::Rate, Quantity::Backlog, Quantity::InFlight, Quantity::Retry, Quantity::Dead})
            add(server[sum], all[i][sum]);
        for (const Quantity greatest : {Quantity::Lag, Quantity::TickAge, Quantity::WindowSize}) {
            if (all[i][greatest])
                raise(server[greatest], *all[i][greatest]);
        }
    }
    server[Quantity::SamplingCost] = std::llround(now.cost.serverMs * 1'000);
    return all;
}

double shown(Quantity quantity, double raw) {
    switch (quantity) {
    case Quantity::Rate:
    case Quantity::Lag:
    case Quantity::TickAge:
    case Quantity::SamplingCost:
        return raw / 1'000;
    case Quantity::Backlog:
    case Quantity::InFlight:
    case Quantity::Retry:
    case Quantity::Dead:
    case Quantity::WindowSize:
        break;
    }
    return raw;
}

} // namespace domain
