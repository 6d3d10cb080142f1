// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/paint.h"

#include "ui/theme.h"

#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>

#include <cmath>
#include <numeric>

namespace ui {

namespace {

constexpr int chipMargin = 6;
constexpr int signGap = 4;

int signSize(const QFont& font) {
    return qRound(QFontMetrics(font).ascent() * 0.72);
}

} // namespace

void drawPanel(QPainter* painter, const QRect& rect, const QColor& fill, const QColor& line, qreal radius) {
    drawLinedPanel(painter, rect, fill, line.isValid() ? QPen(line, 1) : QPen(Qt::NoPen), radius);
}

void drawLinedPanel(QPainter* painter, const QRect& rect, const QColor& fill, const QPen& line, qreal radius) {
    const qreal half = std::max(line.widthF(), 1.0) / 2;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setBrush(fill.isValid() ? QBrush(fill) : QBrush(Qt::NoBrush));
    painter->setPen(line);
    painter->drawRoundedRect(QRectF(rect).adjusted(half, half, -half, -half), radius, radius);
    painter->restore();
}

void drawTonedPanel(QPainter* painter, const QRect& rect, models::Tone tone, qreal radius) {
    const Colors& c = colors();
    QPen line(c.of(tone), 1);
    if (!c.hasGrounds()) {
        switch (tone) {
        case models::Tone::Critical:
            line.setWidth(3);
            break;
        case models::Tone::Warning:
            line = QPen(c.of(tone), 2, Qt::DashLine);
            break;
        case models::Tone::Dim:
            line = QPen(c.of(tone), 1.5, Qt::DotLine);
            break;
        case models::Tone::None:
        case models::Tone::Good:
        case models::Tone::Information:
            break;
        }
    }
    const QColor ground = c.groundOf(tone);
    drawLinedPanel(painter, rect, ground.isValid() ? ground : c.panel, line, radius);
}

QBrush vagueBrush() {
    return QBrush(colors().line, colors().hasGrounds() ? Qt::SolidPattern : Qt::Dense4Pattern);
}

QSize chipSize(const QString& word, const QFont& font) {
    const QFontMetrics metrics(strongFont(font));
    return {2 * chipMargin + signSize(font) + signGap + textWidth(strongFont(font), word), metrics.height() + 4};
}

void drawChip(QPainter* painter, const QRect& rect, const QString& word, models::Tone tone, const QFont& font) {
    const QColor color = colors().of(tone);
    const QColor ground = colors().groundOf(tone);
    drawPanel(painter, rect, ground, ground.isValid() ? QColor() : color, space::chipRadius);
    const int size = signSize(font);
    const QRectF sign(rect.left() + chipMargin, rect.center().y() - size / 2.0 + 0.5, size, size);
    drawSign(painter, sign, tone);
    painter->save();
    painter->setFont(strongFont(font));
    painter->setPen(color);
    const QRect words = rect.adjusted(chipMargin + size + signGap, 0, -chipMargin, 0);
    painter->drawText(words, Qt::AlignLeft | Qt::AlignVCenter,
                      painter->fontMetrics().elidedText(word, Qt::ElideRight, words.width()));
    painter->restore();
}

void drawSign(QPainter* painter, const QRectF& rect, models::Tone tone) {
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QColor color = colors().of(tone);
    painter->setPen(Qt::NoPen);
    painter->setBrush(color);
    switch (tone) {
    case models::Tone::Critical:
        painter->drawPolygon(
            QPolygonF({QPointF(rect.center().x(), rect.top()), rect.bottomRight(), rect.bottomLeft()}));
        break;
    case models::Tone::Warning:
        painter->drawEllipse(rect.adjusted(0.5, 0.5, -0.5, -0.5));
        break;
    case models::Tone::Good: {
        QPainterPath check(QPointF(rect.left(), rect.center().y()));
        check.lineTo(rect.left() + rect.width() * 0.36, rect.bottom() - rect.height() * 0.12);
        check.lineTo(rect.right(), rect.top() + rect.height() * 0.1);
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(color, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter->drawPath(check);
        break;
    }
    case models::Tone::Information: {
        const qreal width = rect.width() * 0.3;
        painter->drawRect(QRectF(rect.left() + rect.width() * 0.1, rect.top(), width, rect.height()));
        painter->drawRect(QRectF(rect.right() - rect.width() * 0.1 - width, rect.top(), width, rect.height()));
        break;
    }
    case models::Tone::None:
    case models::Tone::Dim:
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(color, 1.2));
        painter->drawEllipse(rect.adjusted(1, 1, -1, -1));
        break;
    }
    painter->restore();
}

QList<double> meansOf(const QList<double>& values, int most) {
    if (most < 1 || values.size() <= most)
        return values;
    QList<double> means;
    means.reserve(most);
    for (qsizetype column = 0; column < most; ++column) {
        const qsizetype first = column * values.size() / most;
        const qsizetype end = (column + 1) * values.size() / most;
        means.append(std::accumulate(values.cbegin() + first, values.cbegin() + end, 0.0) / double(end - first));
    }
    return means;
}

void drawSparkline(QPainter* painter, const QRectF& rect, const QList<double>& history) {
    // One point for each pixel across, or the line covers all of it.
    const QList<double> values = meansOf(history, int(rect.width()));
    if (values.isEmpty())
        return;
    double highest = 0;
    for (const double value : values) {
        if (std::isfinite(value))
            highest = std::max(highest, value);
    }
    const double scale = highest > 0 ? (rect.height() - 2) / highest : 0;
    const double step = values.size() > 1 ? rect.width() / double(values.size() - 1) : rect.width();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(colors().bar, 1.2));
    QPolygonF run;
    const auto flush = [&] {
        if (run.size() == 1)
            painter->drawPoint(run.front());
        else if (run.size() > 1)
            painter->drawPolyline(run);
        run.clear();
    };
    for (qsizetype at = 0; at < values.size(); ++at) {
        if (!std::isfinite(values[at])) {
            flush();
            continue;
        }
        run.append({rect.left() + double(at) * step, rect.bottom() - 1 - values[at] * scale});
    }
    flush();
    painter->restore();
}

void drawShare(QPainter* painter, const QRectF& rect, double share, models::Tone tone) {
    const Colors& c = colors();
    const bool plain = tone == models::Tone::None || tone == models::Tone::Dim;
    QRectF track(rect.left(), rect.center().y() - 3, rect.width(), 6);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(c.grid);
    painter->drawRoundedRect(track, 3, 3);
    // What is there at all is seen.
    if (share > 0) {
        track.setWidth(std::max(3.0, track.width() * std::min(share, 1.0)));
        painter->setBrush(plain ? c.accent : c.of(tone));
        painter->drawRoundedRect(track, 3, 3);
    }
    painter->restore();
}

void drawFocusSign(QPainter* painter, const QRect& rect) {
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(colors().accent, 1.5));
    painter->setBrush(Qt::NoBrush);
    painter->drawRoundedRect(QRectF(rect).adjusted(0.75, 0.75, -0.75, -0.75), space::radius - 1, space::radius - 1);
    painter->restore();
}

void drawSortSign(QPainter* painter, const QRect& rect, bool up) {
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(colors().dim, 1.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const QPointF center = QRectF(rect).center();
    const qreal half = 3;
    const qreal rise = up ? -1.5 : 1.5;
    painter->drawPolyline(
        QPolygonF({center + QPointF(-half, -rise), center + QPointF(0, rise), center + QPointF(half, -rise)}));
    painter->restore();
}

} // namespace ui
