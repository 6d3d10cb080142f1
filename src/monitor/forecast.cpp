// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/forecast.h"

#include "monitor/memory.h"

#include <algorithm>

namespace monitor {

namespace {

/// The gap between the last two ticks, where it is known; zero: there is one tick alone.
std::optional<pg::Interval> lastGap(const domain::Queue& queue, const domain::QueueDetail* detail) {
    const domain::Tick& last = *queue.lastTick;
    if (detail && detail->lastTick == last.id)
        return detail->lastGap.value_or(pg::Interval(0));
    // The sample has one older tick. With the id before the last one's it is the one before it.
    if (queue.earlierTick && queue.earlierTick->id + 1 == last.id)
        return last.time - queue.earlierTick->time;
    return std::nullopt;
}

} // namespace

TickForecast nextTick(const domain::Queue& queue, pg::Timestamp now, const domain::QueueDetail* detail) {
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
    const auto gap = lastGap(queue, detail);
    if (next.waiting && gap && gap->count() <= 0) {
        next.rule = Rule::Fresh;
        return next;
    }
    next.rule = next.waiting ? Rule::Idle : Rule::Unknown;
    next.atLatest = !gap || !next.waiting;
    const pg::Interval pause = gap ? std::min(2 * *gap, queue.tickerIdlePeriod) : queue.tickerIdlePeriod;
    next.at = queue.lastTick->time + std::max(queue.tickerMaxLag / 2, pause);
    if (*next.at < now)
        next.at.reset();
    return next;
}

} // namespace monitor
