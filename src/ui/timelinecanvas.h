// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "monitor/timeline.h"

#include <QRect>
#include <QTimeZone>

#include <functional>

class QPainter;

/// How a timeline is drawn; what it means to the mouse and the keys is TimelineView's.
namespace ui::canvas {

constexpr int namesWidth = 150;
constexpr int axisHeight = 28;
constexpr int rulerHeight = 34;
constexpr int cursorHeight = 44;
constexpr int laneHeight = 36;
constexpr int edge = 12;

struct Scene {
    const monitor::Track* track = nullptr;
    const monitor::Timeline* timeline = nullptr;
    QRect whole;
    QRect plot; ///< where time runs
    int scroll = 0;
    pg::Timestamp from;
    pg::Timestamp to;
    pg::Timestamp now;
    pg::Interval silentAfter{};
    QTimeZone zone = QTimeZone::systemTimeZone();
    std::int64_t current = 0;
    bool hasFocus = false;
    bool stale = false;
    std::function<double(pg::Timestamp)> x;
    std::function<pg::Timestamp(double)> momentAt;
    std::function<QRect(int)> lane;
};

void paint(QPainter& painter, const Scene& scene);

} // namespace ui::canvas
