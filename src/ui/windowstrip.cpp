// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/windowstrip.h"

#include "models/format.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QPainter>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::text;
using State = stepper::WindowView::State;

namespace {

constexpr int boxWidth = 104;
constexpr int gap = 4;
constexpr int edge = 16;
constexpr int boxTop = 30;
constexpr int boxHeight = 42;

} // namespace

WindowStrip::WindowStrip(QWidget* parent)
    : QWidget(parent) {
    setObjectName(u"windowStrip"_s);
    setAccessibleName(tr("Tick windows of the group"));
}

void WindowStrip::setBoard(const stepper::Board& board, const std::set<std::int64_t>& changed) {
    m_board = board;
    m_changed = changed;
    QStringList words;
    for (const stepper::WindowView& window : board.windows) {
        QString said = tr("%1 to %2, %3 events: ")
                           .arg(QString::number(window.window.last), QString::number(window.window.next),
                                QString::number(window.events));
        switch (window.state) {
        case State::Free:
            said += tr("free");
            break;
        case State::Held:
            said += tr("held by %1 as %2").arg(text(window.holder), QString::number(window.token));
            break;
        case State::Uncommitted:
            said += tr("taken by %1, not committed").arg(text(window.holder));
            break;
        case State::Done:
            said += tr("done");
            break;
        }
        words += said;
    }
    words += tr("the group's cursor is at %1").arg(board.cursor);
    setAccessibleDescription(words.join(u"; "_s));
    setToolTip(words.isEmpty() ? QString() : tr("The group's cursor is at %1").arg(board.cursor));
    updateGeometry();
    update();
}

QSize WindowStrip::sizeHint() const {
    return {2 * edge + int(m_board.windows.size()) * (boxWidth + gap), boxTop + boxHeight + 30};
}

QSize WindowStrip::minimumSizeHint() const {
    return sizeHint();
}

void WindowStrip::setStale(bool stale) {
    m_stale = stale;
    update();
}

void WindowStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const StaleInk ink(m_stale);
    const Colors& c = colors();
    const QFont plain = tabular(font());
    int left = edge;
    const auto tick = [&](std::int64_t id, int at) {
        painter.setFont(plain);
        painter.setPen(id == m_board.cursor ? c.accent : c.dim);
        painter.drawText(QRect(at - 50, 6, 100, 20), Qt::AlignCenter, QString::number(id));
        if (id != m_board.cursor)
            return;
        painter.setPen(QPen(c.accent, 2));
        painter.drawLine(at, boxTop - 4, at, boxTop + boxHeight + 6);
        painter.drawText(QRect(at - 90, boxTop + boxHeight + 6, 180, 20), Qt::AlignCenter, tr("group's cursor"));
    };
    for (const stepper::WindowView& window : m_board.windows) {
        tick(window.window.last, left - gap / 2);
        const QRect box(left, boxTop, boxWidth, boxHeight);
        QColor ground = c.panel;
        QColor line = c.line;
        QColor words = c.text;
        QString word = tr("free");
        switch (window.state) {
        case State::Free:
            break;
        case State::Held:
            ground = c.bar;
            line = c.bar;
            words = c.onBar;
            word = u"%1 · %2"_s.arg(text(window.holder), QString::number(window.token));
            break;
        case State::Uncommitted:
            ground = c.groundOf(models::Tone::Information);
            line = c.of(models::Tone::Information);
            words = line;
            word = u"%1 · %2?"_s.arg(text(window.holder), QString::number(window.token));
            break;
        case State::Done:
            ground = c.header;
            words = c.dim;
            word = tr("done");
            break;
        }
        drawPanel(&painter, box, ground, line, space::chipRadius);
        if (m_changed.contains(window.window.last)) {
            painter.save();
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(c.accent, 2));
            painter.drawRoundedRect(QRectF(box).adjusted(-2, -2, 2, 2), 6, 6);
            painter.restore();
        }
        painter.setPen(words);
        painter.setFont(strongFont(plain));
        painter.drawText(box.adjusted(8, 4, -6, -20), Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetrics(painter.font()).elidedText(word, Qt::ElideRight, box.width() - 14));
        painter.setFont(plain);
        painter.drawText(box.adjusted(8, 20, -6, -3), Qt::AlignLeft | Qt::AlignVCenter,
                         tr("%n event(s)", nullptr, window.events));
        left += boxWidth + gap;
    }
    if (m_board.windows.empty() && m_board.registered)
        tick(m_board.cursor, left + 60);
    else if (!m_board.windows.empty())
        tick(m_board.windows.back().window.next, left - gap / 2);
}

} // namespace ui
