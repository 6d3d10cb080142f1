// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/segments.h"

#include "ui/paint.h"
#include "ui/theme.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPainterPath>

namespace ui {

class Segments::Button : public QAbstractButton {
public:
    explicit Button(QWidget* parent)
        : QAbstractButton(parent) {
        setCheckable(true);
        setFocusPolicy(Qt::StrongFocus);
        setAttribute(Qt::WA_Hover);
    }

    QSize sizeHint() const override {
        const QFontMetrics metrics(strongFont(font()));
        return {metrics.horizontalAdvance(text()) + 24, std::max(26, metrics.height() + 8)};
    }

    bool first = false;
    bool last = false;

protected:
    void nextCheckState() override {} // the owner decides what is on

    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        const Colors& c = colors();
        // Each button draws its part of one long rounded frame.
        const QRect whole = rect().adjusted(first ? 0 : -20, 0, last ? 0 : 20, 0);
        painter.setClipRect(rect());
        const QColor fill = isChecked() ? c.selection : underMouse() && isEnabled() ? c.header : c.panel;
        drawPanel(&painter, whole, fill, c.line, space::radius - 1);
        if (!first) {
            painter.setPen(c.line);
            painter.drawLine(rect().topLeft(), rect().bottomLeft());
        }
        painter.setFont(isChecked() ? strongFont(font()) : font());
        painter.setPen(isChecked() ? palette().color(QPalette::HighlightedText) : isEnabled() ? c.text : c.dim);
        painter.drawText(rect(), Qt::AlignCenter, text());
        if (hasFocus()) {
            painter.setPen(QPen(c.accent, 1.5));
            painter.setBrush(Qt::NoBrush);
            painter.setRenderHint(QPainter::Antialiasing);
            painter.drawRoundedRect(QRectF(rect()).adjusted(2, 2, -2, -2), 3, 3);
        }
    }
};

Segments::Segments(QWidget* parent)
    : QWidget(parent) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

QAbstractButton* Segments::add(const QString& text, const QString& objectName) {
    auto* button = new Button(this);
    button->setText(text);
    button->setObjectName(objectName);
    button->setAccessibleName(text);
    if (m_buttons.isEmpty())
        button->first = true;
    else
        m_buttons.last()->last = false;
    button->last = true;
    const int index = int(m_buttons.size());
    m_buttons.append(button);
    layout()->addWidget(button);
    connect(button, &QAbstractButton::clicked, this, [this, index] { Q_EMIT chosen(index); });
    return button;
}

void Segments::setCurrent(int index) {
    m_current = index;
    for (int at = 0; at < m_buttons.size(); ++at)
        m_buttons[at]->setChecked(at == index);
}

} // namespace ui
