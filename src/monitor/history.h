// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/moment.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace monitor {

/// The last minutes of every queue's rate, computed from the server's counters and the server's clock. What was not
/// seen is NaN and stays so: nothing is interpolated.
class History {
public:
    explicit History(std::size_t capacity = 120)
        : m_capacity(capacity) {}

    /// Takes the next snapshot; `period` is how often snapshots are meant to come. A longer silence is a gap.
    void add(const domain::Snapshot& snapshot, pg::Interval period);

    /// Nothing is seen from here on: paused, connection lost.
    void gap();

    /// Events per second, oldest first.
    std::vector<double> rates(std::int32_t queueId) const;

    /// What the newest rates were computed from.
    const domain::Inflow& inflow() const { return m_inflow; }

private:
    struct Line {
        std::deque<double> rates;
        std::optional<std::int64_t> sequence;
        bool seen = false;
    };

    void push(Line& line, double rate) const;

    std::size_t m_capacity;
    std::string m_install; ///< what the ids are of
    std::unordered_map<std::int32_t, Line> m_lines;
    std::optional<domain::Timestamp> m_takenAt;
    domain::Inflow m_inflow;
};

} // namespace monitor
