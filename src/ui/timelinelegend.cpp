// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/timelinelegend.h"

#include "ui/card.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QGridLayout>
#include <QLabel>
#include <QPainter>

#include <functional>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// One sign as it stands in the timeline.
class Sign : public QWidget {
public:
    explicit Sign(std::function<void(QPainter&, const QRect&)> draw)
        : m_draw(std::move(draw)) {
        setFixedSize(44, 20);
        connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        m_draw(painter, rect().adjusted(1, 2, -2, -2));
    }

private:
    std::function<void(QPainter&, const QRect&)> m_draw;
};

std::function<void(QPainter&, const QRect&)> panel(models::Tone tone) {
    return [tone](QPainter& painter, const QRect& rect) { drawTonedPanel(&painter, rect, tone, 3); };
}

} // namespace

TimelineLegend::TimelineLegend(QWidget* parent)
    : QWidget(parent) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(space::large, 10, space::large, 10);
    grid->setHorizontalSpacing(space::large);
    grid->setVerticalSpacing(5);
    grid->setColumnStretch(1, 1);
    int row = 0;
    const auto add = [&](std::function<void(QPainter&, const QRect&)> draw, const QString& meaning) {
        auto* label = new QLabel(meaning);
        label->setWordWrap(true);
        auto* sign = new Sign(std::move(draw));
        sign->setAccessibleName(meaning);
        grid->addWidget(sign, row, 0, Qt::AlignTop);
        grid->addWidget(label, row, 1);
        ++row;
    };
    add([](QPainter& painter, const QRect& rect) { drawPanel(&painter, rect, colors().bar, colors().bar, 3); },
        tr("a batch from allocation to its end"));
    add(panel(models::Tone::Information), tr("still open"));
    add(panel(models::Tone::Critical), tr("owner silent, or forced out from here"));
    add(panel(models::Tone::Warning), tr("taken over; arrow to the new token"));
    add(panel(models::Tone::Dim), tr("ended, not seen how"));
    add(
        [](QPainter& painter, const QRect& rect) {
            painter.fillRect(QRect(rect.left(), rect.center().y() - 1, rect.width(), 4), vagueBrush());
        },
        tr("began or ended somewhere in here"));
    add(
        [](QPainter& painter, const QRect& rect) {
            for (int at = rect.left() + 6; at < rect.right(); at += 12)
                painter.fillRect(QRectF(at, rect.bottom() - 6, 1.5, 5), colors().accent);
        },
        tr("heartbeats"));
    add(
        [](QPainter& painter, const QRect& rect) {
            painter.fillRect(QRect(rect.left(), rect.center().y(), rect.width(), 4), colors().warning);
        },
        tr("sessions waited for the group's row"));
    add(
        [](QPainter& painter, const QRect& rect) {
            painter.setPen(QPen(colors().dim, 2, Qt::DotLine));
            painter.drawLine(rect.left(), rect.center().y(), rect.right(), rect.center().y());
        },
        tr("passed unseen: at most so many batches"));
    add(
        [](QPainter& painter, const QRect& rect) {
            painter.fillRect(rect, colors().background);
            painter.fillRect(rect, QBrush(colors().line, Qt::BDiagPattern));
        },
        tr("not observed: nothing is claimed"));
    grid->setRowStretch(row, 1);
}

} // namespace ui
