// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/rotation.h"

#include <algorithm>

namespace monitor {

namespace {

/// Transaction ids of sessions come with 32 bits; they are compared as the server does it, at a short distance.
bool isNoYounger(std::int64_t xid, std::int64_t than) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(xid) - static_cast<std::uint32_t>(than)) <= 0;
}

/// Step one asks for the tick of the lowest position alone.
bool lowestIsGone(const domain::Queue& queue) {
    return queue.lowestTickMissing && !queue.lowestTick;
}

Gate positionGate(const domain::Snapshot& snapshot, const domain::Queue& queue) {
    Gate gate;
    gate.kind = Gate::Kind::Position;
    if (!lowestIsGone(queue))
        return gate;
    gate.state = Gate::State::Closed;
    for (const domain::Subscription& row : snapshot.subscriptions) {
        if (row.queueId == queue.id && row.lastTick && !row.lastTickTime)
            gate.culprits.push_back(row.consumerName);
    }
    return gate;
}

Gate tickGate(const domain::Snapshot& snapshot, const domain::Queue& queue) {
    Gate gate;
    gate.kind = Gate::Kind::Tick;
    // Without a position step one does not ask.
    if ((!queue.lowestTick && !queue.lowestTickMissing) || !reachesBack(queue.lastTick, queue))
        return gate;
    gate.state = Gate::State::Closed;
    const domain::Activity* activity = snapshot.activity.get();
    if (activity) {
        const Writers writers = writersSince(*activity, *queue.switchStep2);
        for (const domain::Backend* session : writers.sessions)
            gate.pids.push_back(session->pid);
        for (const domain::PreparedTransaction* prepared : writers.prepared)
            gate.culprits.push_back(prepared->gid);
        if (!writers.empty()) {
            gate.cause = Gate::Cause::Transaction;
            return gate;
        }
    }
    // A transaction from before the switch that runs now ran then as well: of two looks the later one says more.
    const domain::Tick* newest = newestTick(snapshot);
    const bool stillThere = newest && reachesBack(newest->xmin, queue) && newest->time > queue.switchTime;
    if (!stillThere || (activity && activity->takenAt >= newest->time))
        gate.cause = Gate::Cause::NoTick;
    else
        gate.cause = activity ? Gate::Cause::Unseen : Gate::Cause::NotLooked;
    return gate;
}

Gate consumersGate(const domain::Snapshot& snapshot, const domain::Queue& queue, bool couldPass) {
    Gate gate;
    gate.kind = Gate::Kind::Consumers;
    for (const domain::Subscription& row : snapshot.subscriptions) {
        if (row.queueId != queue.id || !row.lastTickXmin || !reachesBack(*row.lastTickXmin, queue))
            continue;
        gate.state = Gate::State::Closed;
        if (couldPass)
            gate.culprits.push_back(row.consumerName);
    }
    return gate;
}

Gate tableGate(const domain::Queue& queue, const domain::QueueDetail* detail) {
    Gate gate;
    gate.kind = Gate::Kind::Table;
    gate.state = Gate::State::Unknown;
    const std::int32_t next = (queue.currentTable + 1) % std::max(queue.tableCount, 1);
    for (const domain::EventTable& table : detail ? detail->tables : std::vector<domain::EventTable>()) {
        if (table.number != next || !table.holders)
            continue;
        gate.state = table.holders->empty() ? Gate::State::Open : Gate::State::Closed;
        gate.pids = *table.holders;
    }
    return gate;
}

} // namespace

pg::Timestamp rotationDue(const domain::Queue& queue) {
    return queue.switchTime + queue.rotationPeriod;
}

bool reachesBack(std::int64_t xmin, const domain::Queue& queue) {
    return queue.switchStep2 && xmin <= *queue.switchStep2;
}

bool reachesBack(const std::optional<domain::Tick>& tick, const domain::Queue& queue) {
    return tick && reachesBack(tick->xmin, queue);
}

std::int32_t tableOfPosition(const domain::Queue& queue, std::int64_t tickXmin) {
    const std::int32_t count = std::max(queue.tableCount, 1);
    const bool needsPrevious = !queue.switchStep2 || reachesBack(tickXmin, queue);
    return needsPrevious ? (queue.currentTable + count - 1) % count : queue.currentTable;
}

const domain::Tick* newestTick(const domain::Snapshot& snapshot) {
    const domain::Tick* newest = nullptr;
    for (const domain::Queue& queue : snapshot.queues) {
        if (queue.lastTick && (!newest || queue.lastTick->time > newest->time))
            newest = &*queue.lastTick;
    }
    return newest;
}

Writers writersSince(const domain::Activity& activity, std::int64_t xid) {
    Writers found;
    for (const domain::Backend& backend : activity.backends) {
        if (backend.xid && isNoYounger(*backend.xid, xid))
            found.sessions.push_back(&backend);
    }
    for (const domain::PreparedTransaction& prepared : activity.prepared) {
        if (isNoYounger(prepared.xid, xid))
            found.prepared.push_back(&prepared);
    }
    std::stable_sort(found.sessions.begin(), found.sessions.end(), [](const auto* left, const auto* right) {
        return *left->xid != *right->xid && isNoYounger(*left->xid, *right->xid);
    });
    std::stable_sort(found.prepared.begin(), found.prepared.end(), [](const auto* left, const auto* right) {
        return left->xid != right->xid && isNoYounger(left->xid, right->xid);
    });
    return found;
}

bool isRatherToName(const domain::Subscription& row, const domain::Subscription* than) {
    return !than || (row.batch && !than->batch);
}

const domain::Subscription* lowestOn(const domain::Snapshot& snapshot, const domain::Queue& queue) {
    const domain::Subscription* lowest = nullptr;
    if (!queue.lowestTick)
        return lowest;
    for (const domain::Subscription& row : snapshot.subscriptions) {
        if (row.queueId == queue.id && row.lastTick == queue.lowestTick->id && isRatherToName(row, lowest))
            lowest = &row;
    }
    return lowest;
}

Rotation rotationOf(const domain::Queue& queue, pg::Timestamp now) {
    if (!queue.switchStep2)
        return Rotation::StepTwo;
    if (rotationDue(queue) >= now)
        return Rotation::NotDue;
    if (lowestIsGone(queue))
        return Rotation::TickGone;
    if (!reachesBack(queue.lowestTick, queue))
        return Rotation::Due;
    return reachesBack(queue.lastTick, queue) ? Rotation::WaitsForTick : Rotation::Pinned;
}

Hold holdOf(const domain::Snapshot& snapshot, const domain::Subscription& row) {
    Hold hold;
    const domain::Queue* queue = snapshot.queue(row.queueId);
    if (!queue || !row.lastTickXmin)
        return hold;
    hold.due = rotationDue(*queue);
    hold.kind = Hold::Kind::None;
    if (!reachesBack(*row.lastTickXmin, *queue)) {
        if (!queue->switchStep2)
            hold.kind = Hold::Kind::Tick;
        return hold;
    }
    hold.kind = hold.due >= snapshot.asOf()              ? Hold::Kind::Later
                : reachesBack(queue->lastTick, *queue) ? Hold::Kind::Tick
                                                         : Hold::Kind::Holds;
    for (const domain::Subscription& other : snapshot.subscriptions) {
        const bool isIt = other.consumerId == row.consumerId || &other == snapshot.mainOf(row);
        if (other.queueId == queue->id && !isIt && other.lastTickXmin && reachesBack(*other.lastTickXmin, *queue))
            ++hold.others;
    }
    return hold;
}

std::vector<Gate> rotationGates(const domain::Snapshot& snapshot, const domain::Queue& queue,
                                const domain::QueueDetail* detail) {
    std::vector<Gate> gates(2);
    gates[0].kind = Gate::Kind::StepTwo;
    gates[0].state = queue.switchStep2 ? Gate::State::Open : Gate::State::Closed;
    gates[1].kind = Gate::Kind::Period;
    gates[1].state = rotationDue(queue) < snapshot.asOf() ? Gate::State::Open : Gate::State::Closed;
    gates[1].opensAt = rotationDue(queue);
    if (queue.switchStep2) {
        gates.push_back(positionGate(snapshot, queue));
        gates.push_back(tickGate(snapshot, queue));
        gates.push_back(consumersGate(snapshot, queue, gates.back().isOpen()));
    }
    gates.push_back(tableGate(queue, detail));
    return gates;
}

} // namespace monitor
