// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/card.h"

#include "models/format.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>

#include <utility>

namespace ui {

namespace {

constexpr const char* inkProperty = "ink"; ///< the tone a widget is written in

} // namespace

/// A dim line that ends in "…" where there is too little room.
class Card::ElidedLabel : public QWidget {
public:
    ElidedLabel() { setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); }

    void setText(const QString& text) {
        if (std::exchange(m_text, text) == text)
            return;
        setAccessibleName(text);
        update();
    }

    QSize sizeHint() const override { return {0, fontMetrics().height()}; }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setPen(colors().dim);
        painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter,
                         fontMetrics().elidedText(m_text, Qt::ElideRight, width()));
    }

private:
    QString m_text;
};

Card::Card(const QString& title, QWidget* parent)
    : QWidget(parent)
    , m_title(new QLabel(title))
    , m_note(new ElidedLabel)
    , m_heading(new QHBoxLayout)
    , m_beside(new QHBoxLayout)
    , m_layout(new QVBoxLayout(this))
    , m_headingArea(new QWidget) {
    m_title->setFont(strongFont(font()));
    m_title->setTextFormat(Qt::PlainText);
    m_heading->setContentsMargins(space::large, 6, space::medium, 6);
    m_heading->setSpacing(space::medium);
    m_heading->addWidget(m_title);
    m_beside->setSpacing(space::small);
    m_heading->addLayout(m_beside);
    m_heading->addWidget(m_note, 1);
    m_headingArea->setLayout(m_heading);
    m_headingArea->setMinimumHeight(38);
    m_layout->setContentsMargins(1, 1, 1, 1);
    m_layout->setSpacing(0);
    m_layout->addWidget(m_headingArea);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Card::setTitle(const QString& title) {
    m_title->setText(title);
    setAccessibleName(title);
}

void Card::setNote(const QString& note, const QString& tooltip) {
    m_note->setText(note);
    m_note->setToolTip(models::format::tooltip(tooltip.isEmpty() ? note : tooltip));
}

void Card::addToHeading(QWidget* widget) {
    m_heading->addWidget(widget);
}

void Card::addBesideTitle(QWidget* widget) {
    m_beside->addWidget(widget);
}

void Card::setContent(QWidget* content) {
    m_layout->addWidget(content, 1);
}

void Card::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Colors& c = colors();
    drawPanel(&painter, rect(), c.panel, c.line, space::radius);
    const int bottom = m_headingArea->geometry().bottom();
    QPainterPath frame;
    frame.addRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space::radius - 1, space::radius - 1);
    painter.setClipPath(frame);
    painter.fillRect(QRect(0, 0, width(), bottom), c.header);
    painter.setPen(c.line);
    painter.drawLine(0, bottom, width(), bottom);
}

void setInk(QWidget* widget, models::Tone tone) {
    const QVariant before = widget->property(inkProperty);
    if (before.isValid() && before.toInt() == int(tone))
        return;
    widget->setProperty(inkProperty, int(tone));
    const auto ink = [widget] {
        const QColor color = colors().of(models::Tone(widget->property(inkProperty).toInt()));
        QPalette palette = widget->palette();
        // Which of the two is used depends on the role of the ground behind.
        palette.setColor(QPalette::WindowText, color);
        palette.setColor(QPalette::Text, color);
        widget->setPalette(palette);
    };
    before.isValid() ? ink() : colored(widget, ink);
}

void makeSelectable(QLabel* label, bool tabStop) {
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setFocusPolicy(tabStop ? Qt::StrongFocus : Qt::ClickFocus);
}

QLabel* dimLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    setInk(label, models::Tone::Dim);
    return label;
}

QAbstractButton* makeButton(const QString& text, const QString& objectName, QWidget* parent, const QString& role) {
    auto* button = new QPushButton(text, parent);
    button->setObjectName(objectName);
    button->setAutoDefault(false);
    button->setProperty("role", role);
    button->setAccessibleName(text);
    return button;
}

void popUpBelow(QMenu* menu, const QWidget* asked) {
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->popup(asked->mapToGlobal(QPoint(0, asked->height() + 2)));
}

} // namespace ui
