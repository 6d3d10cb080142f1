// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <deque>
#include <optional>

namespace desk {

/// When the next sample is due: pure arithmetic, no clock of its own. One sample is in flight at most; a slow server
/// is asked less often, so that looking never takes more than a quarter of its time.
///
/// News bring the next sample forward. With the usual period, or a shorter one, up to every quarter of a second; who
/// has chosen a longer one wants less, so that one sample a period may come early then. Hidden, none does.
class Beat {
public:
    using Clock = std::chrono::steady_clock;
    using Duration = std::chrono::milliseconds;

    static constexpr Duration usualPeriod{1'000};
    static constexpr Duration hiddenPeriod{5'000};
    static constexpr Duration leastPause{250}; ///< between a sample and one that was brought forward

    void setPeriod(Duration period);
    void setHidden(bool hidden);
    void setPaused(bool paused);

    bool isPaused() const { return m_paused; }

    bool inFlight() const { return m_inFlight; }

    /// The period in force.
    Duration period() const;

    /// The mean time between the newest samples, where news brought some forward; else the period in force.
    Duration achieved() const;

    /// True while the server's slowness, and not the setting, decides the period.
    bool slowed() const { return period() > wanted(); }

    void started(Clock::time_point now);
    /// cost: as seen from here, the network included; of a sample that failed too.
    void finished(Clock::time_point now, Duration cost);

    /// Something happened there: the next sample comes as early as it may.
    void bringForward() { m_early = true; }

    /// What happened up to now may have gone unheard: one sample comes early beside those that news may bring forward.
    void catchUp() { m_catchUp = true; }

    /// The next sample whatever is set: it was asked for by hand.
    void askOnce() { m_asked = true; }

    /// How long to wait for the next sample; empty while one is in flight or none is due at all.
    std::optional<Duration> due(Clock::time_point now) const;

private:
    Duration wanted() const { return m_hidden ? std::max(m_period, hiddenPeriod) : m_period; }

    Clock::time_point nextByPeriod() const;
    Clock::time_point nextEarly() const;

    Duration m_period = usualPeriod;
    Duration m_cost{0};
    bool m_hidden = false;
    bool m_paused = false;
    bool m_inFlight = false;
    bool m_early = false;
    bool m_catchUp = false;
    bool m_asked = false;
    std::optional<Clock::time_point> m_startedAt;
    std::optional<Clock::time_point> m_earlyAt; ///< when news last brought one forward
    std::deque<Duration> m_gaps;                ///< between the starts of the newest samples
    Clock::time_point m_finishedAt;
};

} // namespace desk
