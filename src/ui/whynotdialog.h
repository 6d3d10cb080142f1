// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QDialog>

namespace ui {

/// Says why an action can't be done, with the GRANT that would help.
class WhyNotDialog : public QDialog {
    Q_OBJECT

public:
    WhyNotDialog(const QString& action, const desk::Availability& availability, QWidget* parent);

Q_SIGNALS:
    void armingWanted();
};

} // namespace ui
