// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/deadintervalbox.h"

#include "models/format.h"

#include <QLineEdit>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace ui {

DeadIntervalBox::DeadIntervalBox(QWidget* parent)
    : QComboBox(parent) {
    setObjectName(u"deadInterval"_s);
    setAccessibleName(tr("Dead interval"));
    setToolTip(tr("Dead interval: from which heartbeat age on another member may take a batch over. Choose one, or type "
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
    setCurrentIndex(findData(300));
    connect(this, &QComboBox::activated, this,
            [this](int index) { take(std::chrono::seconds(itemData(index).toInt())); });
    connect(lineEdit(), &QLineEdit::editingFinished, this, &DeadIntervalBox::takeTyped);
}

void DeadIntervalBox::take(pg::Interval interval) {
    if (interval == m_interval)
        return;
    m_interval = interval;
    Q_EMIT intervalChanged();
}

void DeadIntervalBox::takeTyped() {
    const QString typed = lineEdit()->text();
    if (const int known = findText(typed); known >= 0) {
        take(std::chrono::seconds(itemData(known).toInt()));
        return;
    }
    // The words before it may stay or go.
    const qsizetype digit = typed.indexOf(QRegularExpression(u"[0-9]"_s));
    const auto length = digit < 0 ? std::nullopt : models::format::length(typed.mid(digit));
    if (length)
        take(*length);
    // What could not be read gives way to what holds.
    const int known = findData(int(std::chrono::duration_cast<std::chrono::seconds>(m_interval).count()));
    lineEdit()->setText(known >= 0 ? itemText(known) : tr("Dead interval %1").arg(models::format::age(m_interval)));
}

} // namespace ui
