// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/history.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace monitor {

namespace {

constexpr double notSeen = std::numeric_limits<double>::quiet_NaN();

} // namespace

void History::push(Line& line, Rate rate) const {
    // Two unseen stretches in a row are one gap.
    const bool sameGap = std::isnan(rate.perSecond) && !line.rates.empty() && std::isnan(line.rates.back().perSecond);
    if (!sameGap)
        line.rates.push_back(rate);
    while (!line.rates.empty() && rate.at - line.rates.front().at > m_length)
        line.rates.pop_front();
}

/// PgQ contract: force_tick() takes a number and moves the sequence on by twice ticker_max_count and a thousand. It is
/// told from events where these were few enough that the jump is clearly its own.
bool History::isForcedTick(const domain::Queue& queue, const Line& line, std::int64_t events, pg::Interval elapsed) {
    const std::int64_t beyond = events - (2 * std::int64_t(queue.tickerMaxCount) + 1'001);
    if (beyond < 0 || line.rates.empty())
        return false;
    const auto seen = std::find_if(line.rates.rbegin(), line.rates.rend(),
                                   [](const Rate& rate) { return std::isfinite(rate.perSecond); });
    if (seen == line.rates.rend())
        return false;
    const double expected = seen->perSecond * std::chrono::duration<double>(elapsed).count();
    return double(beyond) <= 2 * expected && 4 * expected < double(events);
}

void History::add(const domain::Snapshot& snapshot, pg::Interval period) {
    if (std::string install = snapshot.capabilities.identity(); install != m_install) {
        m_lines.clear();
        m_takenAt.reset();
        m_install = std::move(install);
    }
    const pg::Interval elapsed = m_takenAt ? snapshot.takenAt - *m_takenAt : pg::Interval(0);
    const bool joined = m_takenAt && elapsed > pg::Interval(0) && elapsed <= period * 3;
    m_inflow = {elapsed, {}};
    for (const domain::Queue& queue : snapshot.queues) {
        Line& line = m_lines[queue.id];
        line.seen = true;
        // A standby knows of its sequences only what its ticks say.
        const auto sequence = snapshot.capabilities.inRecovery && queue.lastTick
                                  ? std::optional(queue.lastTick->eventSeq)
                                  : queue.eventSeqNow;
        if (joined && line.sequence && sequence && *sequence >= *line.sequence) {
            const std::int64_t events = *sequence - *line.sequence;
            if (isForcedTick(queue, line, events, elapsed)) {
                push(line, {snapshot.takenAt, notSeen});
            } else {
                m_inflow.queues.push_back({queue.id, events});
                push(line, {snapshot.takenAt,
                            static_cast<double>(events) / std::chrono::duration<double>(elapsed).count()});
            }
        } else if (!line.rates.empty() || line.sequence) {
            push(line, {snapshot.takenAt, notSeen});
        }
        line.sequence = sequence;
    }
    for (auto line = m_lines.begin(); line != m_lines.end();)
        line = std::exchange(line->second.seen, false) ? std::next(line) : m_lines.erase(line);
    m_takenAt = snapshot.takenAt;
}

void History::gap() {
    m_takenAt.reset();
}

std::vector<double> History::rates(std::int32_t queueId) const {
    const auto found = m_lines.find(queueId);
    if (found == m_lines.end())
        return {};
    std::vector<double> rates;
    rates.reserve(found->second.rates.size());
    for (const Rate& rate : found->second.rates)
        rates.push_back(rate.perSecond);
    return rates;
}

} // namespace monitor
