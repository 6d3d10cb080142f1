// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/combobox.h"

#include "models/format.h"

#include <QHelpEvent>
#include <QToolTip>

namespace ui {

namespace {

constexpr int usualCharacters = 36;

} // namespace

ComboBox::ComboBox(int leastCharacters, QWidget* parent)
    : QComboBox(parent) {
    setMinimumContentsLength(leastCharacters);
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
}

QSize ComboBox::sizeHint() const {
    const int more = std::max(0, usualCharacters - minimumContentsLength());
    return minimumSizeHint() + QSize(more * fontMetrics().horizontalAdvance(QLatin1Char('X')), 0);
}

bool ComboBox::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip || currentText().isEmpty())
        return QComboBox::event(event);
    QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(),
                       models::format::tooltip(currentText() + QLatin1Char('\n') + toolTip()), this);
    return true;
}

} // namespace ui
