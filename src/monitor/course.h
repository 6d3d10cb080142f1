// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <cstdint>
#include <optional>
#include <unordered_map>

namespace monitor {

/// A moment that moves with time: its value now, about a minute ago, and at a time between that becomes the next "a
/// minute ago".
struct Course {
    struct Point {
        domain::Timestamp at;
        domain::Timestamp value;
    };

    Point from;
    Point between;
    Point now;

    void add(Point point);

    /// How far it moved in a second; empty while too little was seen.
    std::optional<double> pace() const;
};

/// How a queue's due retries develop, over about the last minute.
struct RetryTrend {
    bool moving = false; ///< the oldest one is not the same any more: somebody works
    double growth = 0;   ///< seconds by which the oldest one's delay grew, a second

    /// How many were moved back in a second, by how densely those lie that are due; empty where nothing moves.
    std::optional<double> drained(std::int64_t due, pg::Interval overdue) const;
    /// When all that are due will have been moved at this pace; empty where it does not shrink.
    std::optional<pg::Interval> left(pg::Interval overdue) const;
    bool grows() const { return growth > standing; }

    static constexpr double standing = 0.02; ///< less than this is no development
};

class RetryTrends {
public:
    void add(const domain::Snapshot& snapshot);
    void clear() { m_courses.clear(); }

    std::optional<RetryTrend> of(const domain::Queue& queue) const;

private:
    std::unordered_map<std::int32_t, Course> m_courses;
};

} // namespace monitor
