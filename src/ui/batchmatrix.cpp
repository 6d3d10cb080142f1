// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/batchmatrix.h"

#include "models/barriermodels.h"
#include "ui/keys.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int side = 18;
constexpr int step = side + 4;
constexpr int edge = 12;

} // namespace

BatchMatrix::BatchMatrix(QWidget* parent)
    : QWidget(parent) {
    setObjectName(u"batchMatrix"_s);
    setAccessibleName(tr("Batches of the chosen execution, one square each"));
    setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void BatchMatrix::setBatches(const std::vector<domain::BarrierBatch>& batches) {
    if (m_batches == batches)
        return;
    const bool resized = m_batches.size() != batches.size();
    m_batches = batches;
    QMap<QString, int> counts;
    for (const domain::BarrierBatch& batch : m_batches)
        ++counts[models::markOf(batch).word];
    QStringList words;
    for (auto it = counts.cbegin(); it != counts.cend(); ++it)
        words += it.key() + u": "_s + QString::number(it.value());
    setAccessibleDescription(words.join(u", "_s));
    if (resized)
        updateGeometry();
    update();
}

void BatchMatrix::setCurrent(std::int64_t index) {
    if (m_current == index)
        return;
    m_current = index;
    update();
}

int BatchMatrix::columns(int width) const {
    return std::max(1, (width - 2 * edge + step - side) / step);
}

int BatchMatrix::heightForWidth(int width) const {
    const int across = columns(width);
    const int rows = (int(m_batches.size()) + across - 1) / across;
    return rows == 0 ? 0 : rows * step - (step - side) + 2 * edge;
}

QSize BatchMatrix::sizeHint() const {
    return {40 * step, heightForWidth(width() > 0 ? width() : 40 * step)};
}

QRect BatchMatrix::square(int place) const {
    const int across = columns(width());
    return {edge + place % across * step, edge + place / across * step, side, side};
}

int BatchMatrix::placeAt(const QPoint& point) const {
    const int across = columns(width());
    const int column = (point.x() - edge) / step;
    const int place = (point.y() - edge) / step * across + column;
    const bool inside = point.x() >= edge && point.y() >= edge && column < across && place < int(m_batches.size());
    return inside && square(place).contains(point) ? place : -1;
}

int BatchMatrix::currentPlace() const {
    const auto found = std::find_if(m_batches.begin(), m_batches.end(),
                                    [this](const domain::BarrierBatch& batch) { return batch.index == m_current; });
    return found == m_batches.end() ? -1 : int(found - m_batches.begin());
}

void BatchMatrix::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    const Colors& c = colors();
    const int across = columns(width());
    const int firstRow = std::max(0, (event->rect().top() - edge) / step);
    const int lastRow = (event->rect().bottom() - edge) / step;
    const int end = std::min(int(m_batches.size()), (lastRow + 1) * across);
    for (int place = firstRow * across; place < end; ++place) {
        const domain::BarrierBatch& batch = m_batches[std::size_t(place)];
        const models::Tone tone = models::markOf(batch).tone;
        const QColor ground = c.groundOf(tone);
        const QRect at = square(place);
        drawPanel(&painter, at, ground, ground.isValid() ? c.of(tone) : c.line, 3);
        // Not begun: an empty square.
        if (batch.state != domain::BarrierBatch::State::NotStarted)
            drawSign(&painter, QRectF(at).adjusted(5, 5, -5, -5), tone);
        if (batch.index == m_current) {
            painter.save();
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(c.accent, 2));
            painter.drawRoundedRect(QRectF(at).adjusted(-1, -1, 1, 1), 4, 4);
            painter.restore();
        }
    }
    if (hasFocus())
        drawFocusSign(&painter, rect());
}

void BatchMatrix::mousePressEvent(QMouseEvent* event) {
    if (const int place = placeAt(event->pos()); place >= 0)
        Q_EMIT chosen(m_batches[std::size_t(place)].index);
}

void BatchMatrix::keyPressEvent(QKeyEvent* event) {
    using keys::Deed;
    const auto deed = keys::pressed(keys::Place::Matrix, *event);
    if (!deed) {
        QWidget::keyPressEvent(event);
        return;
    }
    const int across = columns(width());
    const int by = *deed == Deed::SquareLeft    ? -1
                   : *deed == Deed::SquareRight ? 1
                   : *deed == Deed::SquareAbove ? -across
                                                : across;
    const int place = currentPlace() < 0 ? 0 : currentPlace() + by;
    if (place >= 0 && place < int(m_batches.size()))
        Q_EMIT chosen(m_batches[std::size_t(place)].index);
}

bool BatchMatrix::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int place = placeAt(help->pos());
    if (place < 0) {
        QToolTip::hideText();
        return true;
    }
    const domain::BarrierBatch& batch = m_batches[std::size_t(place)];
    const models::Mark mark = models::markOf(batch);
    QString said = tr("Batch %1: %2").arg(QString::number(batch.index), mark.word) + u'\n' + mark.sentence;
    if (batch.message)
        said += u'\n' + tr("Message %1").arg(*batch.message);
    QToolTip::showText(help->globalPos(), models::format::tooltip(said), this);
    return true;
}

} // namespace ui
