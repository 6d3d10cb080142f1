// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/ringview.h"

#include "ui/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <QtMath>

#include <cmath>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr qreal band = 22;   ///< width of the ring
constexpr qreal dot = 4;     ///< radius of a position
constexpr qreal gap = 4;     ///< degrees between two tables
constexpr qreal reach = 8;   ///< how near the pointer must be to a position

models::Tone toneOf(const models::TableLine& line) {
    return line.isCurrent ? models::Tone::Good : line.isNext ? models::Tone::Information : models::Tone::None;
}

} // namespace

RingView::RingView(QWidget* parent)
    : QWidget(parent) {
    setObjectName(u"ring"_s);
    setAccessibleName(tr("Ring of event tables, with each consumer's position"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Expanding);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void RingView::setTables(const std::vector<models::TableLine>& lines) {
    if (m_lines == lines)
        return;
    m_lines = lines;
    setAccessibleDescription(models::ringInWords(m_lines));
    update();
}

QSize RingView::sizeHint() const {
    return {150, 150};
}

QSize RingView::minimumSizeHint() const {
    return {110, 110};
}

RingView::Ring RingView::ring() const {
    const qreal side = std::min(width(), height());
    return {QRectF(rect()).center(), side / 2 - band / 2 - 10};
}

qreal RingView::angle(std::size_t table, qreal place) const {
    const qreal each = 360.0 / qreal(std::max<std::size_t>(m_lines.size(), 1));
    return qreal(table) * each + gap / 2 + place * (each - gap);
}

QPointF RingView::at(const Ring& ring, qreal radius, qreal degrees) {
    const qreal radians = qDegreesToRadians(degrees);
    return ring.center + QPointF(std::sin(radians) * radius, -std::cos(radians) * radius);
}

void RingView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Colors& c = colors();
    const Ring ring = this->ring();
    const QRectF circle(ring.center - QPointF(ring.radius, ring.radius), QSizeF(2 * ring.radius, 2 * ring.radius));
    for (std::size_t table = 0; table < m_lines.size(); ++table) {
        const models::TableLine& line = m_lines[table];
        const QColor ground = c.groundOf(toneOf(line));
        const qreal begin = angle(table, 0);
        const qreal end = angle(table, 1);
        // Qt counts sixteenths of degrees from the right, against the clock.
        const int from = int(std::lround((90 - begin) * 16));
        const int span = -int(std::lround((end - begin) * 16));
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(line.isCurrent || line.isNext ? c.of(toneOf(line)) : c.dim, band, Qt::SolidLine,
                            Qt::FlatCap));
        painter.drawArc(circle, from, span);
        painter.setPen(QPen(ground.isValid() ? ground : c.panel, band - 2, Qt::SolidLine, Qt::FlatCap));
        painter.drawArc(circle, from, span);
        painter.setPen(c.text);
        painter.setFont(line.isCurrent ? strongFont(font()) : font());
        const QPointF middle = at(ring, ring.radius - band, (begin + end) / 2);
        painter.drawText(QRectF(middle - QPointF(20, 10), QSizeF(40, 20)), Qt::AlignCenter,
                         QString::number(line.table.number));
    }
    for (std::size_t table = 0; table < m_lines.size(); ++table) {
        for (const double place : m_lines[table].places) {
            painter.setPen(QPen(c.panel, 1));
            painter.setBrush(c.text);
            painter.drawEllipse(at(ring, ring.radius, angle(table, place)), dot, dot);
        }
    }
}

bool RingView::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const Ring ring = this->ring();
    QStringList near;
    for (std::size_t table = 0; table < m_lines.size(); ++table) {
        const models::TableLine& line = m_lines[table];
        for (std::size_t i = 0; i < line.places.size() && near.size() < 12; ++i) {
            const QPointF distance = at(ring, ring.radius, angle(table, line.places[i])) - QPointF(help->pos());
            if (std::hypot(distance.x(), distance.y()) <= reach)
                near += models::format::foreign(models::format::text(line.positions[i]), 60);
        }
    }
    if (near.isEmpty())
        near += accessibleDescription();
    QToolTip::showText(help->globalPos(), near.join(u", "_s), this);
    return true;
}

} // namespace ui
