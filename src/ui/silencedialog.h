// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"

#include <QDialog>

#include <chrono>

class QComboBox;
class QLineEdit;

namespace ui {

/// For how long a finding shall not be shown, and why.
class SilenceDialog : public QDialog {
    Q_OBJECT

public:
    explicit SilenceDialog(const domain::Finding& finding, QWidget* parent = nullptr);

    std::chrono::seconds length() const;
    QString reason() const;

private:
    QComboBox* m_length;
    QLineEdit* m_reason;
};

} // namespace ui
