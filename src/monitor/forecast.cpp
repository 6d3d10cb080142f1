// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/forecast.h"

#include "monitor/memory.h"
#include "monitor/words.h"

#include <algorithm>

namespace monitor {

TickForecast nextTick(const domain::Queue& queue, pg::Timestamp now) {
    using Rule = TickForecast::Rule;
    TickForecast next;
    next.waiting = eventsWaiting(queue);
    if (queue.tickerPaused || queue.externalTicker) {
        next.rule = queue.tickerPaused ? Rule::Paused : Rule::External;
        return next;
    }
    if (!queue.lastTick)
        return next;
    if (next.waiting.value_or(0) > 0) {
        next.rule = *next.waiting >= queue.tickerMaxCount ? Rule::Count : Rule::Lag;
        if (next.rule == Rule::Lag)
            next.at = queue.lastTick->time + queue.tickerMaxLag;
        return next;
    }
    next.rule = next.waiting ? Rule::Idle : Rule::Unknown;
    // The length of the last window is not in the sample, only that of the last twenty; the idle period bounds it.
    next.at = queue.lastTick->time + queue.tickerIdlePeriod;
    if (*next.at < now)
        next.at.reset();
    return next;
}

std::int32_t tableOfPosition(const domain::Queue& queue, std::int64_t tickXmin) {
    const std::int32_t count = std::max(queue.tableCount, 1);
    const bool needsPrevious = !queue.switchStep2 || tickXmin <= *queue.switchStep2;
    return needsPrevious ? (queue.currentTable + count - 1) % count : queue.currentTable;
}

std::vector<Gate> rotationGates(const domain::Snapshot& snapshot, const domain::Queue& queue,
                                const domain::QueueDetail* detail) {
    std::vector<Gate> gates;
    const pg::Timestamp due = queue.switchTime + queue.rotationPeriod;
    gates.push_back({Gate::Kind::StepTwo, queue.switchStep2.has_value(), {}, {}, {}});
    gates.push_back({Gate::Kind::Period, due < snapshot.takenAt, due, {}, {}});
    if (queue.switchStep2) {
        const auto reachesBack = [&queue](std::int64_t xmin) { return xmin <= *queue.switchStep2; };
        Gate transactions{Gate::Kind::Transactions, !queue.lastTick || !reachesBack(queue.lastTick->xmin), {}, {}, {}};
        Gate consumers{Gate::Kind::Consumers, true, {}, {}, {}};
        for (const domain::Subscription& row : snapshot.subscriptions) {
            if (row.queueId == queue.id && row.lastTickXmin && reachesBack(*row.lastTickXmin)) {
                consumers.open = false;
                consumers.culprits.push_back(row.consumerName);
            }
        }
        if (!transactions.open && snapshot.activity) {
            for (const domain::Backend& backend : snapshot.activity->backends) {
                if (backend.xid)
                    transactions.pids.push_back(backend.pid);
            }
        }
        gates.push_back(std::move(transactions));
        gates.push_back(std::move(consumers));
    }
    if (detail) {
        const std::int32_t next = (queue.currentTable + 1) % std::max(queue.tableCount, 1);
        for (const domain::EventTable& table : detail->tables) {
            if (table.number == next)
                gates.push_back({Gate::Kind::Table, table.holders.empty(), {}, {}, table.holders});
        }
    }
    return gates;
}

} // namespace monitor
