// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/course.h"

namespace monitor {

namespace {

/// A pace over less than this is chance.
constexpr pg::Interval leastCourse = std::chrono::seconds(20);

double seconds(pg::Interval length) {
    return std::chrono::duration<double>(length).count();
}

} // namespace

void Course::add(Point point) {
    constexpr auto minute = std::chrono::minutes(1);
    // A clock that went back, or a look after a long pause, begins anew.
    if (now.at == domain::Timestamp() || point.at < now.at || point.at - now.at > 5 * minute) {
        from = between = now = point;
        return;
    }
    now = point;
    if (point.at - between.at >= minute) {
        from = between;
        between = point;
    }
}

std::optional<double> Course::pace() const {
    const pg::Interval elapsed = now.at - from.at;
    if (elapsed < leastCourse)
        return std::nullopt;
    return seconds(now.value - from.value) / seconds(elapsed);
}

std::optional<double> RetryTrend::drained(std::int64_t due, pg::Interval overdue) const {
    if (!moving || due <= 0 || overdue <= pg::Interval(0))
        return std::nullopt;
    return static_cast<double>(due) / seconds(overdue) * (1 - growth);
}

std::optional<pg::Interval> RetryTrend::left(pg::Interval overdue) const {
    if (!moving || growth >= -standing)
        return std::nullopt;
    return std::chrono::duration_cast<pg::Interval>(std::chrono::duration<double>(seconds(overdue) / -growth));
}

void RetryTrends::add(const domain::Snapshot& snapshot) {
    for (const domain::Queue& queue : snapshot.queues) {
        if (!queue.retryDue)
            continue;
        if (!queue.oldestRetryDue)
            m_courses.erase(queue.id);
        else
            m_courses[queue.id].add({queue.retryDue->takenAt, *queue.oldestRetryDue});
    }
}

std::optional<RetryTrend> RetryTrends::of(const domain::Queue& queue) const {
    const auto found = m_courses.find(queue.id);
    const auto pace = found == m_courses.end() ? std::nullopt : found->second.pace();
    return pace ? std::optional(RetryTrend{*pace > 0, 1 - *pace}) : std::nullopt;
}

} // namespace monitor
