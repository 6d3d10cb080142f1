// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/moment.h"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace monitor {

/// The last minutes of every queue's rate, computed from the server's counters and the server's clock. What was not
/// seen is NaN and stays so: nothing is interpolated. So is what a forced tick hides, which moves the sequence without
/// an event.
class History {
public:
    explicit History(pg::Interval length = std::chrono::minutes(5))
        : m_length(length) {}

    /// Takes the next snapshot; `period` is how often snapshots are meant to come. A longer silence is a gap.
    void add(const domain::Snapshot& snapshot, pg::Interval period);

    /// Nothing is seen from here on: paused, connection lost.
    void gap();

    /// Events per second, oldest first.
    std::vector<double> rates(std::int32_t queueId) const;

    /// What the newest rates were computed from.
    const domain::Inflow& inflow() const { return m_inflow; }

private:
    struct Rate {
        domain::Timestamp at; ///< of the sample that ended it
        double perSecond = 0;
    };

    struct Line {
        std::deque<Rate> rates;
        std::optional<std::int64_t> sequence;
        bool seen = false;
    };

    void push(Line& line, Rate rate) const;
    static bool isForcedTick(const domain::Queue& queue, const Line& line, std::int64_t events, pg::Interval elapsed);

    pg::Interval m_length;
    std::string m_install; ///< what the ids are of
    std::unordered_map<std::int32_t, Line> m_lines;
    std::optional<domain::Timestamp> m_takenAt;
    domain::Inflow m_inflow;
};

} // namespace monitor
