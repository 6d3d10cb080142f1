// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/card.h"
#include "ui/tablecontroller.h"

class QLineEdit;

namespace ui {

/// Puts the filter field and the buttons for columns and copying into a card's heading; returns the filter.
QLineEdit* addTableTools(Card& card, TableController& table, const QString& filterName);

} // namespace ui
