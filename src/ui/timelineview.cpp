// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/timelineview.h"

#include "models/timelinemodels.h"
#include "ui/keys.h"
#include "ui/timelinecanvas.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::clock;
using monitor::Bar;
using monitor::BarEnd;
using monitor::Lane;
using monitor::Track;

namespace {

using namespace std::chrono_literals;

constexpr pg::Interval leastSpan = 2s;
constexpr pg::Interval mostSpan = 24h * 31;
constexpr double zoomStep = 1.25;
/// Free room right of the present, as a share of the width.
constexpr double ahead = 0.04;

} // namespace

TimelineView::TimelineView(QWidget* parent)
    : QAbstractScrollArea(parent) {
    setObjectName(u"timelineView"_s);
    setAccessibleName(tr("Timeline: arrows go from bar to bar, plus and minus zoom, 0 shows everything, F follows the "
                         "present"));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Base);
    setMinimumHeight(160);
}

void TimelineView::setSource(std::function<const monitor::Timeline&()> timeline, std::int32_t queueId,
                             std::int32_t subId) {
    m_timeline = std::move(timeline);
    m_queueId = queueId;
    m_subId = subId;
    m_current = 0;
    verticalScrollBar()->setValue(0);
    fitHeight();
    viewport()->update();
}

const Track* TimelineView::track() const {
    return m_timeline ? m_timeline().track(m_queueId, m_subId) : nullptr;
}

void TimelineView::setNow(pg::Timestamp now, pg::Interval silentAfter) {
    m_now = now;
    m_silentAfter = silentAfter;
    place();
    if (const Track* shown = track())
        setAccessibleDescription(models::timelineInWords(*shown, m_timeline().gaps(), from(), to(), m_zone));
}

/// The stretch of time anew. Whoever hears of moved() tells the present again, and with it the words.
void TimelineView::place() {
    if (m_following)
        m_from = m_now - std::chrono::duration_cast<pg::Interval>(m_span * (1 - ahead));
    const Track* shown = track();
    if ((shown ? shown->lanes.size() : 0) != m_lanes)
        fitHeight();
    viewport()->update();
}

void TimelineView::setZone(const QTimeZone& zone) {
    m_zone = zone;
    viewport()->update();
}

void TimelineView::setStale(bool stale) {
    m_stale = stale;
    viewport()->update();
}

void TimelineView::setFollowing(bool following) {
    if (m_following == following)
        return;
    m_following = following;
    place();
    Q_EMIT moved();
}

void TimelineView::setSpan(pg::Interval span) {
    zoom(std::chrono::duration<double>(m_span) / std::chrono::duration<double>(span), m_following ? 1 - ahead : 0.5);
}

void TimelineView::zoom(double factor, double at) {
    const auto wanted = std::chrono::duration_cast<pg::Interval>(m_span / factor);
    const pg::Interval span = std::clamp<pg::Interval>(wanted, leastSpan, mostSpan);
    m_from += std::chrono::duration_cast<pg::Interval>((m_span - span) * at);
    m_span = span;
    place();
    Q_EMIT moved();
}

void TimelineView::fit() {
    const Track* shown = track();
    if (!shown)
        return;
    const pg::Interval known = std::max<pg::Interval>(m_now - shown->firstLook, 10s);
    m_following = true;
    m_span = std::clamp<pg::Interval>(std::chrono::duration_cast<pg::Interval>(known * 1.05 / (1 - ahead)), leastSpan,
                                      mostSpan);
    place();
    Q_EMIT moved();
}

void TimelineView::moveTo(pg::Timestamp from) {
    m_from = from;
    m_following = false;
    place();
    Q_EMIT moved();
}

void TimelineView::setCurrent(std::int64_t token) {
    const Track* shown = track();
    const auto place = shown ? shown->find(token) : std::nullopt;
    m_current = place ? token : 0;
    if (place) {
        const Bar& bar = shown->lanes[place->lane].bars[place->bar];
        const pg::Timestamp end = bar.end == BarEnd::Open ? m_now : bar.ended.latest;
        if (end < from() || bar.began.latest > to())
            moveTo(bar.began.latest - m_span / 3);
        const QRect at = laneRect(int(place->lane));
        const QRect visible = plot();
        if (at.top() < visible.top() + cursorHeight())
            verticalScrollBar()->setValue(verticalScrollBar()->value() + at.top() - visible.top() - cursorHeight());
        else if (at.bottom() > visible.bottom())
            verticalScrollBar()->setValue(verticalScrollBar()->value() + at.bottom() - visible.bottom());
    }
    viewport()->update();
}

void TimelineView::choose(std::int64_t token) {
    setCurrent(token);
    Q_EMIT currentChanged(m_current);
}

QRect TimelineView::plot() const {
    return viewport()->rect().adjusted(canvas::namesWidth, canvas::axisHeight, -canvas::edge, -canvas::rulerHeight);
}

int TimelineView::cursorHeight() const {
    return canvas::cursorHeight;
}

QRect TimelineView::laneRect(int lane) const {
    const QRect all = plot();
    return {all.left(), all.top() + cursorHeight() + lane * canvas::laneHeight - verticalScrollBar()->value(),
            all.width(), canvas::laneHeight};
}

double TimelineView::x(pg::Timestamp moment) const {
    const QRect all = plot();
    // Far away is as good as anywhere outside; doubles hold it, coordinates would not.
    const double share = std::chrono::duration<double>(moment - m_from) / std::chrono::duration<double>(m_span);
    return all.left() + std::clamp(share, -10.0, 11.0) * all.width();
}

pg::Timestamp TimelineView::momentAt(double at) const {
    const QRect all = plot();
    return m_from + std::chrono::duration_cast<pg::Interval>(m_span * ((at - all.left()) / std::max(1, all.width())));
}

void TimelineView::fitHeight() {
    const Track* shown = track();
    m_lanes = shown ? shown->lanes.size() : 0;
    const int wanted = int(m_lanes) * canvas::laneHeight;
    const int room = plot().height() - cursorHeight();
    verticalScrollBar()->setRange(0, std::max(0, wanted - room));
    verticalScrollBar()->setPageStep(room);
    verticalScrollBar()->setSingleStep(canvas::laneHeight);
}

void TimelineView::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    fitHeight();
}

void TimelineView::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    canvas::Scene scene;
    scene.track = track();
    scene.timeline = m_timeline ? &m_timeline() : nullptr;
    scene.plot = plot();
    scene.whole = viewport()->rect();
    scene.scroll = verticalScrollBar()->value();
    scene.from = from();
    scene.to = to();
    scene.now = m_now;
    scene.silentAfter = m_silentAfter;
    scene.zone = m_zone;
    scene.current = m_current;
    scene.hasFocus = hasFocus();
    scene.stale = m_stale;
    scene.x = [this](pg::Timestamp moment) { return x(moment); };
    scene.momentAt = [this](double at) { return momentAt(at); };
    scene.lane = [this](int lane) { return laneRect(lane); };
    canvas::paint(painter, scene);
}

std::int64_t TimelineView::tokenAt(const QPoint& point) const {
    const Track* shown = track();
    const QRect all = plot();
    if (!shown || !all.contains(point) || point.y() < all.top() + cursorHeight())
        return 0;
    const int lane = (point.y() - all.top() - cursorHeight() + verticalScrollBar()->value()) / canvas::laneHeight;
    if (lane < 0 || lane >= int(shown->lanes.size()))
        return 0;
    const pg::Timestamp early = momentAt(point.x() - 2);
    const pg::Timestamp late = momentAt(point.x() + 2);
    const auto& bars = shown->lanes[std::size_t(lane)].bars;
    const auto found =
        std::partition_point(bars.begin(), bars.end(), [early](const Bar& bar) { return bar.endedBefore(early); });
    return found != bars.end() && found->earliest() <= late ? found->token : 0;
}

void TimelineView::wheelEvent(QWheelEvent* event) {
    const QPoint by = event->angleDelta();
    const bool sideways = std::abs(by.x()) > std::abs(by.y()) || event->modifiers().testFlag(Qt::ShiftModifier);
    if (sideways) {
        const int pixels = std::abs(by.x()) > std::abs(by.y()) ? by.x() : by.y();
        moveTo(m_from - std::chrono::duration_cast<pg::Interval>(m_span * (pixels / 960.0)));
    } else {
        const QRect all = plot();
        const double at = std::clamp((event->position().x() - all.left()) / std::max(1, all.width()), 0.0, 1.0);
        zoom(std::pow(zoomStep, by.y() / 120.0), m_following ? 1 - ahead : at);
    }
    event->accept();
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton)
        return;
    m_pressed = event->pos();
    m_pressedFrom = m_from;
    m_dragged = false;
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
    if (!m_pressed)
        return;
    const int by = event->pos().x() - m_pressed->x();
    if (!m_dragged && std::abs(by) < 4)
        return;
    m_dragged = true;
    moveTo(m_pressedFrom -
           std::chrono::duration_cast<pg::Interval>(m_span * (double(by) / std::max(1, plot().width()))));
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
    if (m_pressed && !m_dragged)
        choose(tokenAt(event->pos()));
    m_pressed.reset();
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (const std::int64_t token = tokenAt(event->pos()))
        Q_EMIT activated(token);
}

void TimelineView::moveInLane(int by) {
    const Track* shown = track();
    const auto place = shown ? shown->find(m_current) : std::nullopt;
    if (!place) {
        moveToLane(0);
        return;
    }
    const auto& bars = shown->lanes[place->lane].bars;
    const auto next = std::ptrdiff_t(place->bar) + by;
    if (next >= 0 && next < std::ptrdiff_t(bars.size()))
        choose(bars[std::size_t(next)].token);
}

/// To the bar of the next lane that has any, nearest in time; with 0 to the first that is on screen.
void TimelineView::moveToLane(int by) {
    const Track* shown = track();
    if (!shown || shown->lanes.empty())
        return;
    const auto place = shown->find(m_current);
    const pg::Timestamp near = place ? shown->lanes[place->lane].bars[place->bar].began.latest : to();
    const int lanes = int(shown->lanes.size());
    for (int lane = place ? int(place->lane) + by : 0; lane >= 0 && lane < lanes; lane += by == 0 ? 1 : by) {
        const auto& bars = shown->lanes[std::size_t(lane)].bars;
        if (bars.empty())
            continue;
        auto found =
            std::partition_point(bars.begin(), bars.end(), [near](const Bar& bar) { return bar.began.latest < near; });
        if (found == bars.end())
            --found;
        choose(found->token);
        return;
    }
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
    using keys::Deed;
    const auto pan = [this](double share) {
        moveTo(m_from + std::chrono::duration_cast<pg::Interval>(m_span * share));
    };
    const double fixed = m_following ? 1 - ahead : 0.5;
    const auto deed = keys::pressed(keys::Place::Timeline, *event);
    if (!deed) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    switch (*deed) {
    case Deed::BarBefore:
        moveInLane(-1);
        break;
    case Deed::BarAfter:
        moveInLane(1);
        break;
    case Deed::LaneAbove:
        moveToLane(-1);
        break;
    case Deed::LaneBelow:
        moveToLane(1);
        break;
    case Deed::PanLittleLeft:
        pan(-0.1);
        break;
    case Deed::PanLittleRight:
        pan(0.1);
        break;
    case Deed::PanLeft:
        pan(-0.8);
        break;
    case Deed::PanRight:
        pan(0.8);
        break;
    case Deed::ShowBegin:
        if (const Track* shown = track())
            moveTo(shown->firstLook - m_span / 20);
        break;
    case Deed::FollowNow:
        setFollowing(true);
        break;
    case Deed::ZoomIn:
        zoom(zoomStep, fixed);
        break;
    case Deed::ZoomOut:
        zoom(1 / zoomStep, fixed);
        break;
    case Deed::ShowAll:
        fit();
        break;
    default:
        if (m_current)
            Q_EMIT activated(m_current);
    }
}

QString TimelineView::tip(const QPoint& point) const {
    const Track* shown = track();
    if (!shown)
        return {};
    if (const auto place = shown->find(tokenAt(point))) {
        const Lane& lane = shown->lanes[place->lane];
        const Bar& bar = lane.bars[place->bar];
        const models::Mark mark = models::markOf(bar);
        QStringList lines = {
            tr("Batch %1 of %2: %3")
                .arg(QString::number(bar.token), models::format::foreign(models::laneName(lane)), mark.word),
            mark.sentence, tr("Began %1").arg(models::momentOf(bar.began, m_zone))};
        if (bar.end != BarEnd::Open)
            lines += tr("Ended %1").arg(models::momentOf(bar.ended, m_zone));
        if (bar.successor)
            lines += tr("Went on as batch %1").arg(bar.successor);
        return lines.join(u'\n');
    }
    const pg::Timestamp at = momentAt(point.x());
    for (const monitor::Gap& gap : m_timeline().gaps()) {
        if (gap.from <= at && at <= gap.to)
            return tr("Not looked at from %1 to %2: nothing is claimed here")
                .arg(clock(gap.from, m_zone), clock(gap.to, m_zone));
    }
    if (!shown->lanes.empty() && laneRect(0).contains(point)) {
        for (const monitor::RowWait& wait : shown->waits) {
            if (wait.from <= at && at <= wait.to + 500ms)
                return tr("%n session(s) waited for this row, held by pid %1", nullptr, int(wait.waiting))
                    .arg(wait.pid);
        }
        for (const monitor::Unseen& unseen : shown->unseen) {
            if (unseen.from <= at && at <= unseen.to)
                return tr("Ticks %1 to %2 were passed between two looks: at most %3 batches went unseen")
                    .arg(QString::number(unseen.lastTick), QString::number(unseen.nextTick),
                         QString::number(unseen.atMost));
        }
    }
    return {};
}

bool TimelineView::viewportEvent(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QAbstractScrollArea::viewportEvent(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QString text = m_timeline ? tip(help->pos()) : QString();
    if (text.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), models::format::tooltip(text), this);
    return true;
}

} // namespace ui
