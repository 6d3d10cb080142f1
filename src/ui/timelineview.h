// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "monitor/timeline.h"

#include <QAbstractScrollArea>
#include <QTimeZone>

#include <functional>

namespace ui {

/// A group, or a consumer, over time: a lane each, batches as bars from allocation to end, heartbeats, waits for its
/// row, the cursor as a front, ticks as ruler; what was not looked at is hatched. Paints what is on screen, however
/// much there is. Time runs to the right; it follows the present until it is moved.
class TimelineView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit TimelineView(QWidget* parent = nullptr);

    /// What to show of what; both looked up again in each frame, so that they may change in place.
    void setSource(std::function<const monitor::Timeline&()> timeline, std::int32_t queueId, std::int32_t subId);
    /// The clock of the server now, and from which age of a heartbeat on an open bar is shown as silent.
    void setNow(pg::Timestamp now, pg::Interval silentAfter);
    void setZone(const QTimeZone& zone);
    /// Greyed: what stands there is old.
    void setStale(bool stale);

    pg::Timestamp from() const { return m_from; }

    pg::Timestamp to() const { return m_from + m_span; }

    pg::Interval span() const { return m_span; }

    bool isFollowing() const { return m_following; }

    void setFollowing(bool following);
    void setSpan(pg::Interval span);
    /// Keeps the moment at this share of the width where it is.
    void zoom(double factor, double at = 0.5);
    /// Everything that is known.
    void fit();

    /// 0: none.
    std::int64_t current() const { return m_current; }

    /// Marks the bar of this token, and brings it on screen.
    void setCurrent(std::int64_t token);

Q_SIGNALS:
    void currentChanged(std::int64_t token);
    /// Double click or Return.
    void activated(std::int64_t token);
    void moved(); ///< another stretch of time, or following was switched

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    const monitor::Track* track() const;
    QRect plot() const; ///< where time runs, right of the names
    QRect laneRect(int lane) const;
    int cursorHeight() const;
    double x(pg::Timestamp moment) const;
    pg::Timestamp momentAt(double x) const;
    std::int64_t tokenAt(const QPoint& point) const;
    void moveTo(pg::Timestamp from);
    void moveInLane(int by);
    void moveToLane(int by);
    void choose(std::int64_t token);
    void fitHeight();
    void place();
    QString tip(const QPoint& point) const;

    std::function<const monitor::Timeline&()> m_timeline;
    std::int32_t m_queueId = 0;
    std::int32_t m_subId = 0;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    pg::Timestamp m_now;
    pg::Interval m_silentAfter{};
    pg::Timestamp m_from;
    pg::Interval m_span = std::chrono::minutes(2);
    bool m_following = true;
    std::int64_t m_current = 0;
    std::optional<QPoint> m_pressed;
    pg::Timestamp m_pressedFrom;
    bool m_dragged = false;
    bool m_stale = false;
    std::size_t m_lanes = 0;
};

} // namespace ui
