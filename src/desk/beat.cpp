// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/beat.h"

#include <algorithm>

namespace desk {

namespace {

constexpr int leastShare = 4;

} // namespace

Beat::Duration Beat::period() const {
    return std::max(wanted(), m_cost * leastShare);
}

void Beat::started(Clock::time_point now) {
    m_inFlight = true;
    m_early = false;
    m_asked = false;
    m_startedAt = now;
}

void Beat::finished(Clock::time_point now, std::optional<Duration> cost) {
    m_inFlight = false;
    m_finishedAt = now;
    // A failure took time too; but the next attempt is not to wait for ever.
    const Duration spent = cost.value_or(std::chrono::duration_cast<Duration>(now - m_startedAt.value_or(now)));
    m_cost = std::min(spent, Duration(15'000));
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
    Clock::time_point next = *m_startedAt + period();
    if (m_early)
        next = std::min(next, m_finishedAt + std::max(leastPause, m_cost * (leastShare - 1)));
    return std::max(Duration(0), std::chrono::ceil<Duration>(next - now));
}

} // namespace desk
