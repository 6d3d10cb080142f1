// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QDialog>

class QComboBox;

namespace ui {

/// For how long and for what the console may change a server where care is due.
class ArmDialog : public QDialog {
    Q_OBJECT

public:
    ArmDialog(const desk::Profile& profile, const desk::Arming& standard, QWidget* parent);

    desk::Arming arming() const;

private:
    QComboBox* m_length;
    QComboBox* m_class;
};

} // namespace ui
