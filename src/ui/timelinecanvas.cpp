// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/timelinecanvas.h"

#include "models/timelinemodels.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QCoreApplication>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

using namespace Qt::StringLiterals;

namespace ui::canvas {

using models::Tone;
using models::format::clock;
using monitor::Bar;
using monitor::BarEnd;
using monitor::Lane;
using monitor::Track;

namespace {

using namespace std::chrono_literals;

constexpr int barHeight = 20;
constexpr int whiskerHeight = 4;
constexpr int leastForShape = 5;    ///< narrower bars are only filled
constexpr int leastForCorners = 16; ///< narrower ones have square corners
constexpr std::size_t mostArrows = 200;
constexpr std::size_t mostBent = 40; ///< with more, an arrow is a plain line

struct Arrow {
    QPointF from;
    std::int64_t to = 0;
};

class Canvas {
public:
    Canvas(QPainter& painter, const Scene& scene)
        : m_painter(painter)
        , m_scene(scene)
        , m_colors(colors()) {}

    void paint();

private:
    void axis();
    void cursor();
    void lanes();
    void name(const QRect& row, const QString& text, bool gone);
    void bars(const Lane& lane, const QRect& row);
    void bar(const Lane& lane, const Bar& one, const QRect& row, double left, double right);
    void marksOfMain(const QRect& row);
    void heartbeats(const Lane& lane, const QRect& row);
    void arrows();
    void gaps();
    void hatch(double left, double right, const QString& text);
    void now();
    void ruler();

    double x(pg::Timestamp moment) const { return m_scene.x(moment); }

    QPainter& m_painter;
    const Scene& m_scene;
    const Colors& m_colors;
    std::vector<Arrow> m_arrows;
    std::set<std::int64_t> m_lineage;
};

/// The step between two labels, and whether they need seconds.
pg::Interval labelStep(pg::Interval span, int width) {
    constexpr std::array<pg::Interval, 20> steps{pg::Interval(1s),
                                                 2s,
                                                 5s,
                                                 10s,
                                                 15s,
                                                 30s,
                                                 1min,
                                                 2min,
                                                 5min,
                                                 10min,
                                                 15min,
                                                 30min,
                                                 1h,
                                                 2h,
                                                 3h,
                                                 6h,
                                                 12h,
                                                 24h,
                                                 48h,
                                                 168h};
    const pg::Interval least = span * 96 / std::max(96, width);
    const auto found = std::find_if(steps.begin(), steps.end(), [least](pg::Interval step) { return step >= least; });
    return found == steps.end() ? steps.back() : *found;
}

void Canvas::paint() {
    m_painter.fillRect(m_scene.whole, m_colors.panel);
    if (!m_scene.track)
        return;
    for (const Track::Place& place : m_scene.track->lineage(m_scene.current))
        m_lineage.insert(m_scene.track->lanes[place.lane].bars[place.bar].token);
    axis();
    m_painter.save();
    m_painter.setClipRect(m_scene.whole.adjusted(0, axisHeight, 0, -rulerHeight));
    cursor();
    m_painter.setClipRect(m_scene.whole.adjusted(0, axisHeight + cursorHeight, 0, -rulerHeight));
    lanes();
    arrows();
    m_painter.restore();
    gaps();
    now();
    ruler();
}

void Canvas::axis() {
    const QRect& plot = m_scene.plot;
    const pg::Interval span = m_scene.to - m_scene.from;
    const pg::Interval step = labelStep(span, plot.width());
    const auto offset = std::chrono::seconds(m_scene.zone.offsetFromUtc(QDateTime::fromMSecsSinceEpoch(
        std::chrono::duration_cast<std::chrono::milliseconds>(m_scene.from.time_since_epoch()).count())));
    const pg::Interval since = m_scene.from.time_since_epoch() + offset;
    pg::Timestamp at = m_scene.from - since % step;
    m_painter.setFont(tabular(m_painter.font()));
    for (; at <= m_scene.to; at += step) {
        const double left = x(at);
        if (left < plot.left())
            continue;
        m_painter.setPen(m_colors.grid);
        m_painter.drawLine(QPointF(left, plot.top()), QPointF(left, plot.bottom()));
        m_painter.setPen(m_colors.dim);
        QString text = clock(at, m_scene.zone);
        if (step >= 60s)
            text.chop(3);
        if (step >= 24h)
            text = models::format::timestamp(at, m_scene.zone).left(10);
        if (left + textWidth(m_painter.font(), text) < plot.right())
            m_painter.drawText(QRectF(left + 3, 0, 110, axisHeight), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
    m_painter.setPen(m_colors.line);
    m_painter.drawLine(0, axisHeight, m_scene.whole.right(), axisHeight);
}

void Canvas::name(const QRect& row, const QString& text, bool gone) {
    m_painter.setPen(gone ? m_colors.dim : m_colors.text);
    const QRect at(14, row.top(), namesWidth - 22, row.height());
    m_painter.drawText(at, Qt::AlignLeft | Qt::AlignVCenter,
                       m_painter.fontMetrics().elidedText(text, Qt::ElideMiddle, at.width()));
}

void Canvas::cursor() {
    const QRect row(m_scene.plot.left(), m_scene.plot.top(), m_scene.plot.width(), cursorHeight);
    name(row,
         m_scene.track->isGroup() ? QCoreApplication::translate("ui::TimelineView", "group's cursor")
                                  : QCoreApplication::translate("ui::TimelineView", "position"),
         false);
    const auto& steps = m_scene.track->cursor;
    const auto after = std::partition_point(
        steps.begin(), steps.end(), [this](const monitor::CursorStep& step) { return step.seenAt <= m_scene.from; });
    const auto first = after == steps.begin() ? after : std::prev(after);
    if (first == steps.end())
        return;
    const auto end = std::partition_point(
        first, steps.end(), [this](const monitor::CursorStep& step) { return step.seenAt <= m_scene.to; });
    const std::int64_t low = first->tick;
    const std::int64_t high = std::max(low + 1, std::prev(end == first ? std::next(first) : end)->tick);
    const auto y = [&](std::int64_t tick) {
        const double share = std::clamp(double(tick - low) / double(high - low), 0.0, 1.0);
        return row.bottom() - 8 - share * (row.height() - 16);
    };
    QPainterPath front;
    double last = y(first->tick);
    front.moveTo(std::max<double>(row.left(), x(first->seenAt)), last);
    double drawn = row.left();
    for (auto step = std::next(first); step < end; ++step) {
        const double at = x(step->seenAt);
        if (at - drawn < 1 && std::next(step) != end)
            continue; // several in one pixel
        drawn = at;
        front.lineTo(at, last);
        last = y(step->tick);
        front.lineTo(at, last);
    }
    front.lineTo(std::clamp<double>(x(m_scene.track->lastLook), row.left(), row.right()), last);
    m_painter.save();
    m_painter.setClipRect(row, Qt::IntersectClip);
    m_painter.setRenderHint(QPainter::Antialiasing);
    m_painter.setPen(QPen(m_colors.accent, 1.8));
    m_painter.drawPath(front);
    m_painter.restore();
    m_painter.setPen(m_colors.grid);
    m_painter.drawLine(0, row.bottom(), m_scene.whole.right(), row.bottom());
}

void Canvas::lanes() {
    const auto& all = m_scene.track->lanes;
    for (int lane = 0; lane < int(all.size()); ++lane) {
        const QRect row = m_scene.lane(lane);
        if (row.bottom() < m_scene.plot.top() + cursorHeight)
            continue;
        if (row.top() > m_scene.plot.bottom())
            break;
        const Lane& shown = all[std::size_t(lane)];
        name(row, models::format::foreign(models::laneName(shown)), shown.goneSince.has_value());
        m_painter.save();
        m_painter.setClipRect(QRect(m_scene.plot.left(), row.top(), m_scene.plot.width() + 1, row.height()),
                              Qt::IntersectClip);
        if (lane == 0)
            marksOfMain(row);
        bars(shown, row);
        heartbeats(shown, row);
        m_painter.restore();
        m_painter.setPen(m_colors.grid);
        m_painter.drawLine(0, row.bottom(), m_scene.whole.right(), row.bottom());
    }
}

void Canvas::bars(const Lane& lane, const QRect& row) {
    const auto endBefore = [](pg::Timestamp moment) {
        return [moment](const Bar& one) { return one.endedBefore(moment); };
    };
    auto one = std::partition_point(lane.bars.begin(), lane.bars.end(), endBefore(m_scene.from));
    while (one != lane.bars.end() && one->earliest() <= m_scene.to) {
        const double left = x(one->began.latest);
        // As far as it was seen; now and then it is only a moment.
        const double right = std::max(
            left + 2, x(one->end == BarEnd::Open ? m_scene.now : one->ended.after.value_or(one->ended.latest)));
        bar(lane, *one, row, left, right);
        ++one;
        // What lies in the same pixel can't be told apart.
        if (one != lane.bars.end() && x(one->end == BarEnd::Open ? m_scene.now : one->ended.latest) < right + 1)
            one = std::partition_point(one, lane.bars.end(), endBefore(m_scene.momentAt(right + 1)));
    }
}

void Canvas::bar(const Lane& lane, const Bar& one, const QRect& row, double left, double right) {
    const bool stale = one.end == BarEnd::Open && m_scene.now - lane.active > m_scene.silentAfter;
    const Tone tone = models::toneOf(one, stale);
    const bool plain = one.end == BarEnd::Finished;
    const QColor toneGround = m_colors.groundOf(tone);
    const QColor ground = plain ? m_colors.bar : toneGround.isValid() ? toneGround : m_colors.panel;
    const QColor line = plain ? m_colors.bar : m_colors.of(tone);
    const QBrush vague = vagueBrush();
    const int top = row.center().y() - barHeight / 2;
    const auto whisker = [&](pg::Timestamp from, pg::Timestamp to) {
        const double begin = x(from);
        const double width = x(to) - begin;
        if (width >= 2)
            m_painter.fillRect(int(begin), row.center().y() - whiskerHeight / 2, int(width), whiskerHeight, vague);
    };
    if (one.began.after && !one.began.isExact())
        whisker(*one.began.after, one.began.latest);
    if (one.end != BarEnd::Open && one.ended.after && !one.ended.isExact())
        whisker(*one.ended.after, one.ended.latest);
    const QRect shape(int(std::max(left, m_scene.plot.left() - 20.0)), top, 0, barHeight);
    QRect box = shape;
    box.setRight(int(std::min(right, m_scene.plot.right() + 20.0)) - 1);
    if (right - left < leastForShape) {
        // On whole pixels: thousands of them make a frame.
        m_painter.fillRect(int(left), top, std::max(1, int(right) - int(left)), barHeight, line);
    } else if (right - left < leastForCorners) {
        m_painter.fillRect(box, line);
        m_painter.fillRect(box.adjusted(1, 1, -1, -1), ground);
    } else {
        if (plain)
            drawPanel(&m_painter, box, ground, line, 3);
        else
            drawTonedPanel(&m_painter, box, tone, 3);
        QString text = QString::number(one.token);
        if (stale)
            text += u" · "_s + QCoreApplication::translate("ui::TimelineView", "heartbeat %1 old")
                                   .arg(models::format::age(m_scene.now - lane.active));
        QRect inside = box.intersected(m_scene.plot).adjusted(5, 0, -4, 0);
        inside.setLeft(std::max(inside.left(), int(x(m_scene.track->firstLook)) + 5));
        if (inside.width() >= textWidth(m_painter.font(), QString::number(one.token))) {
            m_painter.setPen(plain ? m_colors.onBar : m_colors.of(tone));
            m_painter.drawText(inside, Qt::AlignLeft | Qt::AlignVCenter,
                               m_painter.fontMetrics().elidedText(text, Qt::ElideRight, inside.width()));
        }
    }
    if (one.successor && m_arrows.size() < mostArrows)
        m_arrows.push_back({QPointF(x(one.ended.latest), row.center().y()), one.successor});
    if (m_lineage.contains(one.token)) {
        m_painter.save();
        m_painter.setRenderHint(QPainter::Antialiasing);
        m_painter.setBrush(Qt::NoBrush);
        const bool chosen = one.token == m_scene.current;
        m_painter.setPen(QPen(m_colors.accent, chosen ? 2.4 : 1.4, chosen ? Qt::SolidLine : Qt::DashLine));
        m_painter.drawRoundedRect(QRectF(box).adjusted(-1.5, -1.5, 2.5, 2.5), 4, 4);
        m_painter.restore();
    }
}

void Canvas::marksOfMain(const QRect& row) {
    const Track& track = *m_scene.track;
    const auto unseen = std::partition_point(track.unseen.begin(), track.unseen.end(),
                                             [this](const monitor::Unseen& one) { return one.to < m_scene.from; });
    double labelled = m_scene.plot.left();
    for (auto one = unseen; one != track.unseen.end() && one->from <= m_scene.to; ++one) {
        const double left = x(one->from);
        const double right = std::max(left + 2, x(one->to));
        m_painter.setPen(QPen(m_colors.dim, 2, Qt::DotLine));
        m_painter.drawLine(QPointF(left, row.center().y()), QPointF(right, row.center().y()));
        const QString text = u"≤ "_s + models::format::number(one->atMost);
        if (left >= labelled && m_scene.x(one->to) - left > 3) {
            m_painter.drawText(QRectF(left, row.top(), 60, row.height() / 2 - 2), Qt::AlignLeft | Qt::AlignBottom,
                               text);
            labelled = left + textWidth(m_painter.font(), text) + 6;
        }
    }
    const auto waits = std::partition_point(track.waits.begin(), track.waits.end(),
                                            [this](const monitor::RowWait& one) { return one.to < m_scene.from; });
    for (auto one = waits; one != track.waits.end() && one->from <= m_scene.to; ++one) {
        const double left = x(one->from);
        m_painter.fillRect(QRectF(left, row.bottom() - 5, std::max(3.0, x(one->to) - left), 4), m_colors.warning);
    }
}

void Canvas::heartbeats(const Lane& lane, const QRect& row) {
    auto beat = std::lower_bound(lane.heartbeats.begin(), lane.heartbeats.end(), m_scene.from);
    double drawn = -10;
    for (; beat != lane.heartbeats.end() && *beat <= m_scene.to; ++beat) {
        const double at = x(*beat);
        if (at - drawn < 3)
            continue;
        drawn = at;
        m_painter.fillRect(QRectF(at - 0.75, row.center().y() + barHeight / 2 + 1, 1.5, 4), m_colors.accent);
    }
}

void Canvas::arrows() {
    m_painter.save();
    const bool bent = m_arrows.size() <= mostBent;
    m_painter.setRenderHint(QPainter::Antialiasing, bent);
    for (const Arrow& arrow : m_arrows) {
        const auto place = m_scene.track->find(arrow.to);
        if (!place)
            continue;
        const QRect row = m_scene.lane(int(place->lane));
        const QPointF to(x(m_scene.track->lanes[place->lane].bars[place->bar].began.latest), row.center().y());
        if (!bent) {
            m_painter.setPen(m_colors.warning);
            m_painter.drawLine(arrow.from, to);
            continue;
        }
        const double bend = std::max(14.0, std::abs(to.x() - arrow.from.x()) / 2);
        QPainterPath path(arrow.from);
        path.cubicTo(arrow.from + QPointF(bend, 0), to - QPointF(bend, 0), to);
        m_painter.setPen(QPen(m_colors.warning, 1.6));
        m_painter.setBrush(Qt::NoBrush);
        m_painter.drawPath(path);
        m_painter.setBrush(m_colors.warning);
        m_painter.drawPolygon(QPolygonF({to, to + QPointF(-7, -4), to + QPointF(-7, 4)}));
    }
    m_painter.restore();
}

void Canvas::hatch(double left, double right, const QString& text) {
    const QRect& plot = m_scene.plot;
    const QRectF area = QRectF(QPointF(std::max<double>(left, plot.left()), plot.top() + 1),
                               QPointF(std::min<double>(right, plot.right()), plot.bottom()));
    if (area.width() < 1)
        return;
    m_painter.save();
    m_painter.setClipRect(area);
    m_painter.fillRect(area, m_colors.background);
    m_painter.fillRect(area, QBrush(m_colors.line, Qt::BDiagPattern));
    if (area.width() > textWidth(m_painter.font(), text) + 12) {
        const QRectF at(area.left(), area.bottom() - 22, area.width(), 20);
        m_painter.setPen(m_colors.dim);
        m_painter.fillRect(QRectF(at.center().x() - textWidth(m_painter.font(), text) / 2.0 - 5, at.top(),
                                  textWidth(m_painter.font(), text) + 10, at.height()),
                           m_colors.panel);
        m_painter.drawText(at, Qt::AlignCenter, text);
    }
    m_painter.restore();
}

void Canvas::gaps() {
    const QString text = QCoreApplication::translate("ui::TimelineView", "not observed");
    if (m_scene.track->firstLook > m_scene.from)
        hatch(m_scene.plot.left(), x(m_scene.track->firstLook), text);
    for (const monitor::Gap& gap : m_scene.timeline->gaps()) {
        if (gap.to >= m_scene.from && gap.from <= m_scene.to && gap.to > m_scene.track->firstLook)
            hatch(x(gap.from), x(gap.to), text);
    }
}

void Canvas::now() {
    const double at = x(m_scene.now);
    if (at < m_scene.plot.left() || at > m_scene.plot.right())
        return;
    m_painter.setPen(QPen(m_colors.accent, 1.4));
    m_painter.drawLine(QPointF(at, m_scene.plot.top()), QPointF(at, m_scene.plot.bottom()));
}

void Canvas::ruler() {
    const QRect row(m_scene.plot.left(), m_scene.plot.bottom() + 1, m_scene.plot.width(), rulerHeight);
    m_painter.setPen(m_colors.line);
    m_painter.drawLine(0, row.top(), m_scene.whole.right(), row.top());
    name(row, QCoreApplication::translate("ui::TimelineView", "ticks"), true);
    const auto& ticks = m_scene.timeline->ticks(m_scene.track->queueId);
    auto tick = std::partition_point(ticks.begin(), ticks.end(),
                                     [this](const monitor::TickMark& one) { return one.time < m_scene.from; });
    double drawn = -10;
    m_painter.setPen(m_colors.dim);
    for (; tick != ticks.end() && tick->time <= m_scene.to; ++tick) {
        const double at = x(tick->time);
        if (at - drawn < 3)
            continue;
        drawn = at;
        const int length = tick->id % 10 == 0 ? 12 : 7;
        m_painter.drawLine(QPointF(at, row.top() + 6), QPointF(at, row.top() + 6 + length));
    }
    if (m_scene.hasFocus)
        drawFocusSign(&m_painter, m_scene.whole);
}

} // namespace

void paint(QPainter& painter, const Scene& scene) {
    const StaleInk ink(scene.stale);
    Canvas(painter, scene).paint();
}

} // namespace ui::canvas
