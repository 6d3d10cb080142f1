// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/rebuild.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace monitor {

namespace {

using domain::Quantity;
using domain::Tick;
using pg::Interval;

constexpr Interval grid = std::chrono::seconds(10);
/// A tick that was long in coming is told in no more points than this.
constexpr int mostPointsOfATick = 60;

/// No server sends that many events a second into one queue.
constexpr double impossibleRate = 1'000'000;
/// PostgreSQL writes sequences ahead by this many numbers, and skips them after a crash.
constexpr std::int64_t loggedAhead = 32;
/// A forced tick is told apart by what remains without it: about what is usual here, while with it the rate would be a
/// multiple of that.
constexpr double aboutUsual = 4;
constexpr double farFromUsual = 8;
constexpr std::int64_t mostForced = 3;

double secondsBetween(const Tick& from, const Tick& to) {
    return std::max(1e-3, std::chrono::duration<double>(to.time - from.time).count());
}

double usualRate(const std::vector<Tick>& ticks) {
    std::vector<double> rates;
    for (std::size_t i = 1; i < ticks.size(); ++i)
        rates.push_back(std::max(0.0, static_cast<double>(ticks[i].eventSeq - ticks[i - 1].eventSeq)) /
                        secondsBetween(ticks[i - 1], ticks[i]));
    if (rates.empty())
        return 0;
    const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
    std::nth_element(rates.begin(), middle, rates.end());
    return *middle;
}

/// By how much the sequence jumped between two ticks, where it did.
std::optional<SequenceJump> jumpBetween(const Tick& from, const Tick& to, const domain::Queue& queue, double usual,
                                        std::optional<pg::Timestamp> serverStarted) {
    using Kind = SequenceJump::Kind;
    const std::int64_t step = to.eventSeq - from.eventSeq;
    const double seconds = secondsBetween(from, to);
    if (step < 0)
        return SequenceJump{Kind::SetBack, to.time, step};
    const std::int64_t forced = 2 * std::int64_t(queue.tickerMaxCount) + 1'000;
    for (std::int64_t times = mostForced; times >= 1; --times) {
        const std::int64_t rest = step - times * forced;
        if (rest < 0)
            continue;
        const double usually = std::max(usual * seconds, 20.0);
        if (static_cast<double>(rest) <= usually * aboutUsual && static_cast<double>(step) > usually * farFromUsual)
            return SequenceJump{Kind::Forced, to.time, times * forced};
    }
    if (static_cast<double>(step) / seconds > impossibleRate)
        return SequenceJump{Kind::Set, to.time, step};
    if (serverStarted && *serverStarted > from.time && *serverStarted <= to.time && step > 0 && step <= loggedAhead)
        return SequenceJump{Kind::Crash, to.time, step};
    return std::nullopt;
}

std::int64_t milliseconds(double seconds) {
    return std::llround(seconds * 1'000);
}

pg::Timestamp onGrid(pg::Timestamp at) {
    return pg::Timestamp(at.time_since_epoch() / grid * grid);
}

} // namespace

Rebuilt rebuild(const domain::Queue& queue, const std::vector<Tick>& ticks,
                std::optional<pg::Timestamp> serverStarted) {
    Rebuilt rebuilt;
    const double usual = usualRate(ticks);
    bool afterGap = true;
    for (std::size_t i = 1; i < ticks.size(); ++i) {
        const Tick& from = ticks[i - 1];
        const Tick& to = ticks[i];
        if (to.time <= from.time) {
            afterGap = true; // the clock was set back
            continue;
        }
        std::optional<std::int64_t> events = to.eventSeq - from.eventSeq;
        if (const auto jump = jumpBetween(from, to, queue, usual, serverStarted)) {
            rebuilt.jumps.push_back(*jump);
            if (jump->kind == SequenceJump::Kind::Forced || jump->kind == SequenceJump::Kind::Crash)
                *events -= jump->numbers;
            else
                events.reset();
        }
        const double seconds = secondsBetween(from, to);
        Interval step = grid;
        if ((to.time - from.time) / grid > mostPointsOfATick)
            step = (to.time - from.time) / mostPointsOfATick;
        // At its tick, and on the way to it, so that a long wait is drawn as one.
        for (pg::Timestamp at = to.time; at > from.time; at -= step) {
            domain::FiguresAt one;
            one.at = at;
            one.figures.queueId = queue.id;
            if (events)
                one.figures[Quantity::Rate] = milliseconds(static_cast<double>(*events) / seconds);
            if (events && at == to.time)
                one.figures[Quantity::WindowSize] = *events;
            one.figures[Quantity::TickAge] = milliseconds(std::chrono::duration<double>(at - from.time).count());
            rebuilt.figures.push_back(one);
        }
        // They were put in from the newest on.
        auto first = rebuilt.figures.end();
        while (first != rebuilt.figures.begin() && std::prev(first)->at > from.time && std::prev(first)->at <= to.time)
            --first;
        std::reverse(first, rebuilt.figures.end());
        if (afterGap && first != rebuilt.figures.end())
            first->afterGap = true;
        afterGap = false;
    }
    return rebuilt;
}

void RebuiltServer::add(const std::vector<domain::FiguresAt>& queue) {
    struct Sum {
        double total = 0;
        int count = 0;
    };

    // Of the queue the mean within ten seconds; of all queues the sum.
    std::map<pg::Timestamp, Sum> rates;
    for (const domain::FiguresAt& one : queue) {
        const pg::Timestamp at = onGrid(one.at);
        domain::Figures& server = m_at[at];
        for (const Quantity quantity : {Quantity::WindowSize, Quantity::TickAge}) {
            if (const auto& value = one.figures[quantity])
                server[quantity] = std::max(server[quantity].value_or(*value), *value);
        }
        if (const auto& rate = one.figures[Quantity::Rate]) {
            Sum& sum = rates[at];
            sum.total += static_cast<double>(*rate);
            ++sum.count;
        }
    }
    for (const auto& [at, sum] : rates)
        m_rates[at] += sum.total / sum.count;
}

std::vector<domain::FiguresAt> RebuiltServer::line() const {
    std::vector<domain::FiguresAt> line;
    for (const auto& [at, figures] : m_at) {
        domain::FiguresAt server{at, figures, line.empty()};
        if (const auto rate = m_rates.find(at); rate != m_rates.end())
            server.figures[Quantity::Rate] = std::llround(rate->second);
        line.push_back(server);
    }
    return line;
}

} // namespace monitor
