// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/historychart.h"

#include "models/historymodels.h"
#include "ui/card.h"
#include "ui/keys.h"
#include "ui/theme.h"

#include <QAreaSeries>
#include <QCategoryAxis>
#include <QChart>
#include <QChartView>
#include <QGraphicsLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineSeries>
#include <QMouseEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A point stands for what is around it: further away than this share of the chart nothing is told.
constexpr double reach = 0.02;

/// So many pieces are drawn, each a line of its own; more are nothing one could tell apart.
constexpr int mostRuns = 200;

/// Steps between labels of the time axis.
constexpr std::array<pg::Interval, 17> timeSteps{
    seconds(10), seconds(30), minutes(1), minutes(3), minutes(5), minutes(10), minutes(15), minutes(30),   hours(1),
    hours(2),    hours(3),    hours(4),   hours(6),   hours(12),  hours(24),   hours(168),  hours(24 * 28)};

/// The least round number that is not below.
double roundUp(double value) {
    if (value <= 0)
        return 1;
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 4.0, 6.0, 8.0, 10.0}) {
        if (step * power >= value)
            return step * power;
    }
    return 10 * power;
}

/// Rounds a length of time up to one that reads well.
double roundUpTime(double value) {
    for (const double step :
         {0.2,   0.4,   1.0,     2.0,     4.0,     10.0,    20.0,     40.0,     60.0,     120.0,
          240.0, 600.0, 1'200.0, 2'400.0, 3'600.0, 7'200.0, 14'400.0, 28'800.0, 43'200.0, 86'400.0}) {
        if (step >= value)
            return step;
    }
    return std::ceil(value / 172'800) * 172'800;
}

} // namespace

/// The chart itself, with the cursor and the marks over it.
class HistoryChart::View : public QChartView {
public:
    View(QChart* chart, HistoryChart* owner)
        : QChartView(chart, owner)
        , m_owner(owner) {
        setMouseTracking(true);
        setRenderHint(QPainter::Antialiasing);
        setFrameShape(QFrame::NoFrame);
        setFocusPolicy(Qt::NoFocus);
        viewport()->setFocusPolicy(Qt::NoFocus);
        setBackgroundBrush(Qt::NoBrush);
        setStyleSheet(u"background: transparent"_s);
        setMinimumSize(120, 48);
    }

    QSize sizeHint() const override { return {320, 90}; }

protected:
    /// All charts begin and end at the same place, whatever their labels are.
    void resizeEvent(QResizeEvent* event) override {
        QChartView::resizeEvent(event);
        const QFontMetrics metrics(font());
        chart()->setPlotArea(QRectF(viewport()->rect())
                                 .adjusted(metrics.horizontalAdvance(u"10 000 ms"_s), 8, -6, -metrics.height() - 6));
        m_owner->labelTimes();
    }

    void drawForeground(QPainter* painter, const QRectF& rect) override {
        QChartView::drawForeground(painter, rect);
        const QRectF area = chart()->plotArea();
        const auto line = [&](std::optional<pg::Timestamp> at, const QColor& color, Qt::PenStyle style,
                              const QString& name) {
            if (!at || *at < m_owner->m_from || *at > m_owner->m_to)
                return;
            const double x = area.left() + m_owner->place(*at) * area.width();
            painter->setPen(QPen(color, style == Qt::SolidLine ? 1.5 : 1, style));
            painter->drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
            if (!name.isEmpty()) {
                painter->setFont(strongFont(font()));
                const bool right = x + 14 > area.right();
                painter->drawText(QPointF(right ? x - 12 : x + 3, area.top() + 11), name);
            }
        };
        line(m_owner->m_shown, colors().warning, Qt::SolidLine, {});
        line(m_owner->m_first, colors().accent, Qt::SolidLine, u"A"_s);
        line(m_owner->m_second, colors().accent, Qt::SolidLine, u"B"_s);
        line(m_owner->m_cursor, colors().dim, Qt::DashLine, {});
    }

    void mouseMoveEvent(QMouseEvent* event) override { Q_EMIT m_owner->cursorMoved(at(event->position())); }

    void leaveEvent(QEvent* event) override {
        Q_EMIT m_owner->cursorMoved(std::nullopt);
        QChartView::leaveEvent(event);
    }

    void mousePressEvent(QMouseEvent* event) override {
        if (event->button() != Qt::LeftButton)
            return;
        m_owner->setFocus(Qt::MouseFocusReason);
        if (const auto moment = at(event->position()))
            Q_EMIT m_owner->marked(*moment, event->modifiers().testFlag(Qt::ShiftModifier));
    }

private:
    std::optional<pg::Timestamp> at(const QPointF& position) const {
        const QRectF area = chart()->plotArea();
        if (area.width() <= 0)
            return std::nullopt;
        return m_owner->moment(std::clamp((position.x() - area.left()) / area.width(), 0.0, 1.0));
    }

    HistoryChart* m_owner;
};

HistoryChart::HistoryChart(domain::Quantity quantity, QWidget* parent)
    : QWidget(parent)
    , m_quantity(quantity)
    , m_title(new QLabel(models::quantityTitle(quantity)))
    , m_value(new QLabel)
    , m_chart(new QChart)
    , m_view(new View(m_chart, this))
    , m_times(new QCategoryAxis)
    , m_values(new QCategoryAxis) {
    setFocusPolicy(Qt::StrongFocus);
    m_title->setFont(strongFont(m_title->font()));
    m_title->setToolTip(models::quantityMeaning(quantity));
    m_value->setFont(tabular(m_value->font()));
    m_value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_value->setTextFormat(Qt::PlainText);
    auto* heading = new QHBoxLayout;
    heading->setSpacing(space::large);
    heading->addWidget(m_title);
    heading->addWidget(m_value, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(heading);
    layout->addWidget(m_view, 1);
    m_chart->setMargins({});
    m_chart->layout()->setContentsMargins(0, 0, 0, 0);
    m_chart->setBackgroundVisible(false);
    m_chart->setPlotAreaBackgroundVisible(false);
    m_chart->legend()->hide();
    m_chart->addAxis(m_times, Qt::AlignBottom);
    m_chart->addAxis(m_values, Qt::AlignLeft);
    for (QCategoryAxis* axis : {m_times, m_values})
        axis->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
    m_times->setRange(0, 1);
    m_values->setRange(0, 1);
    colored(this, [this] {
        colour();
        if (!m_series.points.empty())
            draw();
    });
}

HistoryChart::~HistoryChart() = default;

void HistoryChart::colour() {
    const Colors& c = colors();
    QFont small = font();
    small.setPointSizeF(std::max(7.0, small.pointSizeF() * 0.85));
    for (QCategoryAxis* axis : {m_times, m_values}) {
        axis->setLabelsColor(c.dim);
        axis->setLabelsFont(tabular(small));
        axis->setLinePen(QPen(c.line, 1));
        axis->setGridLinePen(QPen(c.grid, 1));
    }
    m_times->setGridLineVisible(false);
    setInk(m_value, models::Tone::Dim);
}

void HistoryChart::setZone(const QTimeZone& zone) {
    m_zone = zone;
    labelTimes();
    tell();
}

void HistoryChart::setStale(bool stale) {
    if (std::exchange(m_stale, stale) != stale && !m_series.points.empty())
        draw();
}

double HistoryChart::place(pg::Timestamp at) const {
    const auto whole = static_cast<double>((m_to - m_from).count());
    return whole > 0 ? static_cast<double>((at - m_from).count()) / whole : 0;
}

pg::Timestamp HistoryChart::moment(double place) const {
    return m_from + pg::Interval(std::llround(place * static_cast<double>((m_to - m_from).count())));
}

void HistoryChart::show(const domain::Series& series, pg::Timestamp from, pg::Timestamp to) {
    m_series = series;
    m_from = from;
    m_to = to;
    draw();
    labelTimes();
    tell();
}

void HistoryChart::draw() {
    const StaleInk ink(m_stale);
    m_chart->removeAllSeries();
    const auto& points = m_series.points;
    double most = 0;
    for (const domain::SeriesPoint& point : points)
        most = std::max(most, point.most);
    const bool time = m_quantity == domain::Quantity::Lag || m_quantity == domain::Quantity::TickAge;
    const double top = time ? roundUpTime(most) : roundUp(std::max(most, 1.0));
    for (const QString& label : m_values->categoriesLabels())
        m_values->remove(label);
    m_values->setRange(0, top);
    for (const double value : {0.0, top / 2, top}) {
        // Where half of it is not a whole number of things, there is no such value.
        if (value == top / 2 && top < 2 && !time && m_quantity != domain::Quantity::Rate &&
            m_quantity != domain::Quantity::SamplingCost)
            continue;
        m_values->append(value == 0 ? u"0"_s : models::quantityText(m_quantity, value), value);
    }
    int runs = 0;
    for (std::size_t first = 0; first < points.size() && runs < mostRuns; ++runs) {
        std::size_t end = first + 1;
        while (end < points.size() && !points[end].afterGap && points[end].rebuilt == points[first].rebuilt)
            ++end;
        drawRun(first, end);
        first = end;
    }
}

/// Points without a gap between them, all observed or all rebuilt.
void HistoryChart::drawRun(std::size_t first, std::size_t end) {
    const auto& points = m_series.points;
    const bool rebuilt = points[first].rebuilt;
    const QColor ink = rebuilt ? colors().secondBar : colors().bar;
    QList<QPointF> mean;
    QList<QPointF> least;
    QList<QPointF> most;
    bool band = false;
    // The line goes on to the next run where nothing was missed between the two.
    if (first > 0 && !points[first].afterGap)
        mean += {place(points[first - 1].from), points[first - 1].mean};
    for (std::size_t i = first; i < end; ++i) {
        const double x = place(points[i].from + points[i].length / 2);
        mean += {x, points[i].mean};
        least += {x, points[i].least};
        most += {x, points[i].most};
        band = band || points[i].least != points[i].most;
    }
    if (mean.size() == 1)
        mean += {mean.front().x() + 0.003, mean.front().y()};
    const auto add = [this](QAbstractSeries* series) {
        m_chart->addSeries(series);
        series->attachAxis(m_times);
        series->attachAxis(m_values);
    };
    if (band && most.size() > 1) {
        auto* upper = new QLineSeries;
        auto* lower = new QLineSeries;
        upper->replace(most);
        lower->replace(least);
        auto* area = new QAreaSeries(upper, lower);
        upper->setParent(area);
        lower->setParent(area);
        QColor ground = ink;
        ground.setAlphaF(0.28F);
        area->setBrush(ground);
        area->setPen(Qt::NoPen);
        add(area);
    }
    auto* line = new QLineSeries;
    line->replace(mean);
    line->setPen(QPen(ink, 1.5, rebuilt ? Qt::DotLine : Qt::SolidLine));
    add(line);
}

void HistoryChart::labelTimes() {
    for (const QString& label : m_times->categoriesLabels())
        m_times->remove(label);
    m_times->setRange(0, 1);
    const pg::Interval whole = m_to - m_from;
    if (whole <= pg::Interval(0))
        return;
    const int most = std::max(2, m_view->width() / 72);
    pg::Interval step = timeSteps.back();
    for (const pg::Interval one : timeSteps) {
        if (whole / one <= most) {
            step = one;
            break;
        }
    }
    const QDateTime zoneAt = QDateTime::fromMSecsSinceEpoch(m_to.time_since_epoch().count() / 1'000, m_zone);
    const pg::Interval offset = seconds(zoneAt.offsetFromUtc());
    const auto first = (m_from.time_since_epoch() + offset) / step * step + step - offset;
    for (pg::Timestamp at{first}; at <= m_to; at += step) {
        const QDateTime shown = QDateTime::fromMSecsSinceEpoch(at.time_since_epoch().count() / 1'000, m_zone);
        QString text = QLocale().toString(shown, step < minutes(1) ? u"HH:mm:ss"_s : u"HH:mm"_s);
        if (step >= hours(12) || (whole > hours(30) && shown.time() == QTime(0, 0)))
            text = QLocale().toString(shown, step >= hours(24) ? u"d MMM"_s : u"d MMM HH:mm"_s);
        // Labels name what stands there: a second one of the same name would not be taken.
        while (m_times->categoriesLabels().contains(text))
            text += QChar(0x200B);
        m_times->append(text, place(at));
    }
}

const domain::SeriesPoint* HistoryChart::pointAt(pg::Timestamp at) const {
    const domain::SeriesPoint* nearest = nullptr;
    double distance = reach;
    for (const domain::SeriesPoint& point : m_series.points) {
        if (at >= point.from && at < point.from + point.length)
            return &point;
        const double away = std::abs(place(point.from + point.length / 2) - place(at));
        if (away < distance) {
            distance = away;
            nearest = &point;
        }
    }
    return nearest;
}

void HistoryChart::setCursor(std::optional<pg::Timestamp> at) {
    m_cursor = at;
    tell();
    m_view->viewport()->update();
}

void HistoryChart::setMarks(std::optional<pg::Timestamp> first, std::optional<pg::Timestamp> second,
                            std::optional<pg::Timestamp> shown) {
    m_first = first;
    m_second = second;
    m_shown = shown;
    m_view->viewport()->update();
}

void HistoryChart::tell() {
    const domain::SeriesPoint* point = m_cursor                  ? pointAt(*m_cursor)
                                       : m_series.points.empty() ? nullptr
                                                                 : &m_series.points.back();
    QString text = m_series.points.empty() ? tr("not observed") : tr("nothing observed there");
    if (point) {
        text = models::quantityText(m_quantity, point->mean);
        if (point->least != point->most)
            text += u"   "_s + tr("%1 – %2").arg(models::quantityText(m_quantity, point->least),
                                                 models::quantityText(m_quantity, point->most));
        if (point->rebuilt)
            text += u"   "_s + tr("rebuilt");
        if (m_cursor)
            text = models::format::clock(point->from, m_zone) + u"   "_s + text;
    }
    m_value->setText(text);
    setAccessibleName(models::quantityTitle(m_quantity));
    setAccessibleDescription(summary());
}

QString HistoryChart::summary() const {
    if (m_series.points.empty())
        return tr("%1: not observed").arg(models::quantityTitle(m_quantity));
    double least = m_series.points.front().least;
    double most = m_series.points.front().most;
    for (const domain::SeriesPoint& point : m_series.points) {
        least = std::min(least, point.least);
        most = std::max(most, point.most);
    }
    return tr("%1: least %2, most %3, last %4")
        .arg(models::quantityTitle(m_quantity), models::quantityText(m_quantity, least),
             models::quantityText(m_quantity, most), models::quantityText(m_quantity, m_series.points.back().mean));
}

void HistoryChart::keyPressEvent(QKeyEvent* event) {
    using keys::Deed;
    const pg::Interval step = (m_to - m_from) / 200;
    const pg::Timestamp at = m_cursor.value_or(m_to);
    const auto deed = keys::pressed(keys::Place::Chart, *event);
    if (!deed) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto move = [this](pg::Timestamp to) { Q_EMIT cursorMoved(std::clamp(to, m_from, m_to)); };
    switch (*deed) {
    case Deed::CursorLeft:
        move(at - step);
        break;
    case Deed::CursorRight:
        move(at + step);
        break;
    case Deed::CursorFarLeft:
        move(at - step * 10);
        break;
    case Deed::CursorFarRight:
        move(at + step * 10);
        break;
    case Deed::CursorToBegin:
        move(m_from);
        break;
    case Deed::CursorToEnd:
        move(m_to);
        break;
    default:
        Q_EMIT marked(at, *deed == Deed::MarkSecond);
    }
}

void HistoryChart::focusInEvent(QFocusEvent* event) {
    if (event->reason() != Qt::MouseFocusReason && !m_cursor && m_to > m_from)
        Q_EMIT cursorMoved(m_to);
    QWidget::focusInEvent(event);
}

} // namespace ui
