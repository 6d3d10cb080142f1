// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/history.h"

#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace monitor {

namespace {

constexpr double notSeen = std::numeric_limits<double>::quiet_NaN();

} // namespace

void History::push(Line& line, double rate) const {
    // Two unseen stretches in a row are one gap.
    if (std::isnan(rate) && !line.rates.empty() && std::isnan(line.rates.back()))
        return;
    line.rates.push_back(rate);
    while (line.rates.size() > m_capacity)
        line.rates.pop_front();
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
            m_inflow.queues.push_back({queue.id, *sequence - *line.sequence});
            push(line,
                 static_cast<double>(m_inflow.queues.back().events) / std::chrono::duration<double>(elapsed).count());
        } else if (!line.rates.empty() || line.sequence)
            push(line, notSeen);
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
    return {found->second.rates.begin(), found->second.rates.end()};
}

} // namespace monitor
