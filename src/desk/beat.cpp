// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/beat.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace desk {

namespace {

constexpr int leastShare = 4;
constexpr std::size_t gapsRemembered = 8;

} // namespace

void Beat::setPeriod(Duration period) {
    if (std::exchange(m_period, period) != period)
        m_gaps.clear();
}

void Beat::setHidden(bool hidden) {
    if (std::exchange(m_hidden, hidden) != hidden)
        m_gaps.clear();
}

void Beat::setPaused(bool paused) {
    m_paused = paused;
    m_gaps.clear();
}

Beat::Duration Beat::period() const {
    return std::max(wanted(), m_cost * leastShare);
}

Beat::Duration Beat::achieved() const {
    if (m_gaps.empty())
        return period();
    const Duration mean = std::accumulate(m_gaps.begin(), m_gaps.end(), Duration(0)) / int(m_gaps.size());
    // A timer's few milliseconds say nothing.
    return mean * 10 < period() * 9 ? mean : period();
}

void Beat::started(Clock::time_point now) {
    if (m_startedAt) {
        // One asked for by hand, or to catch up, takes nothing from what news may bring forward.
        if (m_early && !m_asked && !m_catchUp && now < nextByPeriod())
            m_earlyAt = now;
        m_gaps.push_back(std::chrono::duration_cast<Duration>(now - *m_startedAt));
        if (m_gaps.size() > gapsRemembered)
            m_gaps.pop_front();
    }
    m_inFlight = true;
    m_early = false;
    m_catchUp = false;
    m_asked = false;
    m_startedAt = now;
}

void Beat::finished(Clock::time_point now, Duration cost) {
    m_inFlight = false;
    m_finishedAt = now;
    // A failure took time too; but the next attempt is not to wait for ever.
    m_cost = std::min(cost, Duration(15'000));
}

Beat::Clock::time_point Beat::nextByPeriod() const {
    return *m_startedAt + period();
}

Beat::Clock::time_point Beat::nextEarly() const {
    const Clock::time_point soonest = m_finishedAt + std::max(leastPause, m_cost * (leastShare - 1));
    if (m_catchUp || m_period <= usualPeriod || !m_earlyAt)
        return soonest;
    return std::max(soonest, *m_earlyAt + m_period);
}

std::optional<Beat::Duration> Beat::due(Clock::time_point now) const {
    if (m_inFlight)
        return std::nullopt;
    if (m_asked)
        return Duration(0);
    if (m_paused)
        return std::nullopt;
    if (!m_startedAt)
        return Duration(0);
    Clock::time_point next = nextByPeriod();
    if ((m_early || m_catchUp) && !m_hidden)
        next = std::min(next, nextEarly());
    return std::max(Duration(0), std::chrono::ceil<Duration>(next - now));
}

} // namespace desk
