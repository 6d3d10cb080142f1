// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/notice.h"

#include "ui/card.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QAccessible>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace ui {

Notice::Notice(QWidget* over)
    : QWidget(over)
    , m_title(new QLabel)
    , m_explanation(dimLabel({}))
    , m_buttons(new QHBoxLayout) {
    setObjectName(QStringLiteral("notice"));
    m_title->setFont(strongFont(font()));
    for (QLabel* label : {m_title, m_explanation}) {
        label->setAlignment(Qt::AlignCenter);
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        makeSelectable(label);
    }
    m_buttons->setSpacing(space::medium);
    m_buttons->addStretch();
    m_buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(32, 24, 32, 24);
    layout->setSpacing(space::medium);
    layout->addStretch(2);
    layout->addWidget(m_title);
    layout->addWidget(m_explanation);
    layout->addSpacing(space::small);
    layout->addLayout(m_buttons);
    layout->addStretch(3);
    over->installEventFilter(this);
    setGeometry(over->rect());
    hide();
}

void Notice::say(const QString& title, const QString& explanation, models::Tone tone) {
    setInk(m_title, tone == models::Tone::Dim ? models::Tone::None : tone);
    // What failed is to be copied by whoever has no mouse; where all is well, nothing stands in the tab key's way.
    makeSelectable(m_explanation, tone == models::Tone::Warning || tone == models::Tone::Critical);
    m_title->setText(title);
    m_explanation->setText(explanation);
    m_explanation->setVisible(!explanation.isEmpty());
    setAccessibleName(title);
    setAccessibleDescription(explanation);
    setGeometry(parentWidget()->rect());
}

void Notice::setButtons(const QList<QWidget*>& buttons) {
    while (m_buttons->count() > 2) {
        QLayoutItem* item = m_buttons->takeAt(1);
        delete item->widget();
        delete item;
    }
    for (QWidget* button : buttons)
        m_buttons->insertWidget(m_buttons->count() - 1, button);
}

QString Notice::title() const {
    return m_title->text();
}

bool Notice::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize && watched == parent())
        setGeometry(parentWidget()->rect());
    return QWidget::eventFilter(watched, event);
}

Banner::Banner(QWidget* parent)
    : QFrame(parent)
    , m_title(new QLabel)
    , m_explanation(new QLabel)
    , m_layout(new QHBoxLayout(this)) {
    setObjectName(QStringLiteral("banner"));
    m_title->setFont(strongFont(font()));
    for (QLabel* label : {m_title, m_explanation}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        makeSelectable(label);
    }
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_title);
    words->addWidget(m_explanation);
    m_layout->setContentsMargins(34, space::medium, space::large, space::medium);
    m_layout->setSpacing(space::medium);
    m_layout->addLayout(words, 1);
    hide();
}

void Banner::say(models::Tone tone, const QString& title, const QString& explanation) {
    const bool news = !isVisible() || m_title->text() != title;
    m_tone = tone;
    setInk(m_title, tone);
    makeSelectable(m_explanation, tone == models::Tone::Warning || tone == models::Tone::Critical);
    m_title->setText(title);
    m_explanation->setText(explanation);
    m_explanation->setVisible(!explanation.isEmpty());
    setAccessibleName(title);
    setAccessibleDescription(explanation);
    setVisible(true);
    update();
    if (news && QAccessible::isActive()) {
        QAccessibleEvent alert(this, QAccessible::Alert);
        QAccessible::updateAccessibility(&alert);
    }
}

void Banner::addButton(QWidget* button) {
    m_layout->addWidget(button, 0, Qt::AlignVCenter);
}

QString Banner::title() const {
    return m_title->text();
}

QString Banner::explanation() const {
    return m_explanation->text();
}

void Banner::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QColor ground = colors().groundOf(m_tone);
    drawPanel(&painter, rect(), ground, colors().of(m_tone), space::radius);
    drawSign(&painter, QRectF(13, m_title->geometry().center().y() - 5, 11, 11), m_tone);
}

} // namespace ui
