// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/chiplabel.h"

#include "ui/paint.h"
#include "ui/theme.h"

#include <QPainter>

namespace ui {

ChipLabel::ChipLabel(QWidget* parent)
    : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ChipLabel::say(const QString& word, models::Tone tone) {
    m_word = word;
    m_tone = tone;
    setAccessibleName(word);
    updateGeometry();
    update();
}

QSize ChipLabel::sizeHint() const {
    return chipSize(m_word, font());
}

void ChipLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    drawChip(&painter, rect(), m_word, m_tone, font());
}

EnvironmentBadge::EnvironmentBadge(QWidget* parent)
    : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void EnvironmentBadge::say(const QString& word, models::Tone tone) {
    m_word = word.toUpper();
    m_tone = tone;
    setAccessibleName(word);
    updateGeometry();
    update();
}

QSize EnvironmentBadge::sizeHint() const {
    const QFontMetrics metrics(strongFont(font()));
    return {metrics.horizontalAdvance(m_word) + 18, metrics.height() + 8};
}

void EnvironmentBadge::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Colors& c = colors();
    const QColor ground = m_tone == models::Tone::None ? c.dim : c.of(m_tone);
    drawPanel(&painter, rect(), ground, {}, space::radius - 1);
    painter.setFont(strongFont(font()));
    // Every tone is dark on light and light on dark, so the panel's own colour reads on all of them.
    painter.setPen(c.panel);
    painter.drawText(rect(), Qt::AlignCenter, m_word);
}

} // namespace ui
