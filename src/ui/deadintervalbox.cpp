// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/deadintervalbox.h"

#include "models/format.h"
#include "ui/deadinterval.h"

#include <QLineEdit>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace ui {

DeadIntervalBox::DeadIntervalBox(DeadInterval* interval, QWidget* parent)
    : QComboBox(parent)
    , m_interval(interval) {
    setObjectName(u"deadInterval"_s);
    setAccessibleName(tr("Dead interval"));
    setToolTip(
        tr("Dead interval: from which heartbeat age on another member may take a batch over. Choose one, or type "
           "one with its unit: 90 s, 2 min, 1 h 30 m."));
    setEditable(true);
    setInsertPolicy(QComboBox::NoInsert);
    setCompleter(nullptr);
    lineEdit()->setMaxLength(60);
    lineEdit()->setAccessibleName(tr("Dead interval"));
    for (const int seconds : {10, 30, 60, 300, 900, 3600}) {
        const QString text = seconds < 60     ? tr("%1 s").arg(seconds)
                             : seconds < 3600 ? tr("%1 min").arg(seconds / 60)
                                              : tr("%1 h").arg(seconds / 3600);
        addItem(tr("Dead interval %1").arg(text), seconds);
    }
    showInterval();
    connect(m_interval, &DeadInterval::changed, this, &DeadIntervalBox::showInterval);
    connect(this, &QComboBox::activated, this,
            [this](int index) { m_interval->set(std::chrono::seconds(itemData(index).toInt())); });
    connect(lineEdit(), &QLineEdit::editingFinished, this, &DeadIntervalBox::takeTyped);
}

void DeadIntervalBox::showInterval() {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(m_interval->value());
    const int known = seconds == m_interval->value() ? findData(int(seconds.count())) : -1;
    setCurrentIndex(known);
    if (known < 0)
        lineEdit()->setText(tr("Dead interval %1").arg(models::format::age(m_interval->value())));
}

void DeadIntervalBox::takeTyped() {
    const QString typed = lineEdit()->text();
    if (const int known = findText(typed); known >= 0) {
        m_interval->set(std::chrono::seconds(itemData(known).toInt()));
        return;
    }
    // The words before it may stay or go.
    const qsizetype digit = typed.indexOf(QRegularExpression(u"[0-9]"_s));
    const auto length = digit < 0 ? std::nullopt : models::format::length(typed.mid(digit));
    if (length)
        m_interval->set(*length);
    // What could not be read gives way to what holds.
    showInterval();
}

} // namespace ui
