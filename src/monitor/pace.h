// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace monitor {

/// When a part of the sample with a beat of its own is asked again. Each time it is dear or fails the pause doubles, up
/// to the longest; once it is cheap it comes back to its beat.
class Pace {
public:
    using Moment = pg::Clock::time_point;

    static constexpr double dearMs = 50;

    Pace(std::chrono::seconds every, std::chrono::seconds longest)
        : m_every(every)
        , m_longest(std::max(every, longest))
        , m_pause(every) {}

    bool isDue(Moment now) const { return !m_asked || now - *m_asked >= m_pause; }

    /// An answer that took the server so long.
    void answered(Moment at, double ms) { asked(at, ms > dearMs); }

    void failed(Moment at) { asked(at, true); }

    /// It is due, whatever its pause.
    void askNext() { m_asked.reset(); }

    std::chrono::seconds pause() const { return m_pause; }

private:
    void asked(Moment at, bool dear) {
        m_asked = at;
        m_pause = dear ? std::min(m_pause * 2, m_longest) : m_every;
    }

    std::chrono::seconds m_every;
    std::chrono::seconds m_longest;
    std::chrono::seconds m_pause;
    std::optional<Moment> m_asked;
};

} // namespace monitor
