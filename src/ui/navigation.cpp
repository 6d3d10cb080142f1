// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/navigation.h"

#include "ui/card.h"
#include "ui/keys.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

class Navigation::Entry : public QAbstractButton {
public:
    Entry(const QString& pageName, const QString& title, QWidget* parent)
        : QAbstractButton(parent)
        , name(pageName) {
        setText(title);
        setObjectName(u"page."_s + pageName);
        setAccessibleName(title);
        setCheckable(true);
        setAutoExclusive(true);
        setFocusPolicy(Qt::StrongFocus);
        setAttribute(Qt::WA_Hover);
    }

    QSize sizeHint() const override { return {150, QFontMetrics(font()).height() + 14}; }

    const QString name;
    QString count;
    models::Tone tone = models::Tone::None;

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        const Colors& c = colors();
        if (isChecked() || underMouse())
            drawPanel(&painter, rect(), isChecked() ? c.selection : c.header, {}, space::radius - 1);
        painter.setFont(isChecked() ? strongFont(font()) : font());
        painter.setPen(isChecked() ? palette().color(QPalette::HighlightedText) : c.text);
        painter.drawText(rect().adjusted(10, 0, -10, 0), Qt::AlignLeft | Qt::AlignVCenter, text());
        if (!count.isEmpty()) {
            const QFont small = strongFont(font());
            const QFontMetrics metrics(small);
            const int height = metrics.height() + 2;
            QRect badge(0, 0, std::max(height + 4, metrics.horizontalAdvance(count) + 12), height);
            badge.moveCenter(rect().center());
            badge.moveRight(width() - 10);
            const QColor ground = c.groundOf(tone);
            drawPanel(&painter, badge, ground, ground.isValid() ? QColor() : c.of(tone), height / 2.0);
            painter.setFont(small);
            painter.setPen(c.of(tone));
            painter.drawText(badge, Qt::AlignCenter, count);
        }
        if (hasFocus())
            drawFocusSign(&painter, rect());
    }
};

Navigation::Navigation(QWidget* parent)
    : QScrollArea(parent)
    , m_layout(new QVBoxLayout) {
    setObjectName(u"navigation"_s);
    setAccessibleName(tr("Pages"));
    m_layout->setContentsMargins(space::medium, space::large, space::medium, space::large);
    m_layout->setSpacing(2);
    m_layout->addStretch();
    const int letters = QFontMetrics(font()).averageCharWidth();
    setFixedWidth(std::max(170, letters * 22));
    auto* list = new QWidget;
    list->setLayout(m_layout);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWidgetResizable(true);
    setFocusPolicy(Qt::NoFocus);
    setWidget(list);
    list->setAutoFillBackground(false);
    connect(&Theme::instance(), &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void Navigation::addGroup(const QString& title) {
    QLabel* label = dimLabel(title.toUpper());
    label->setContentsMargins(10, m_entries.empty() ? 0 : space::large, 0, 4);
    m_layout->insertWidget(m_layout->count() - 1, label);
}

void Navigation::addPage(const QString& name, const QString& title) {
    auto* entry = new Entry(name, title, widget());
    m_layout->insertWidget(m_layout->count() - 1, entry);
    m_entries.push_back(entry);
    entry->setToolTip(keys::text(keys::Deed::GoToPage, int(m_entries.size()) - 1));
    connect(entry, &QAbstractButton::clicked, this, [this, name] { Q_EMIT chosen(name); });
}

void Navigation::setCurrent(const QString& name) {
    for (Entry* entry : m_entries) {
        entry->setChecked(entry->name == name);
        if (entry->isChecked())
            ensureWidgetVisible(entry);
    }
}

void Navigation::setCount(const QString& name, const QString& count, models::Tone tone, const QString& meaning) {
    for (Entry* entry : m_entries) {
        if (entry->name != name)
            continue;
        entry->count = count;
        entry->tone = tone;
        entry->setAccessibleDescription(meaning);
        entry->update();
    }
}

void Navigation::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), colors().panel);
    painter.setPen(colors().line);
    painter.drawLine(width() - 1, 0, width() - 1, height());
}

void Navigation::keyPressEvent(QKeyEvent* event) {
    const auto deed = keys::pressed(keys::Place::Navigation, *event);
    const int step = deed == keys::Deed::PageBelow ? 1 : deed == keys::Deed::PageAbove ? -1 : 0;
    if (step == 0) {
        QScrollArea::keyPressEvent(event);
        return;
    }
    const int count = int(m_entries.size());
    for (int at = 0; at < count; ++at) {
        if (m_entries[std::size_t(at)]->hasFocus()) {
            Entry* next = m_entries[std::size_t((at + step + count) % count)];
            next->setFocus();
            next->click();
            return;
        }
    }
}

} // namespace ui
