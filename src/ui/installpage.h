// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QWidget>

class QAbstractButton;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QVBoxLayout;

namespace ui {

/// Shown where the database has no pgque schema: what installing would run, and the button that does it.
class InstallPage : public QWidget {
    Q_OBJECT

public:
    explicit InstallPage(desk::Desk* desk, QWidget* parent = nullptr);

    void refresh();

Q_SIGNALS:
    void armingWanted();

private:
    void install();

    desk::Desk* m_desk;
    QLabel* m_title;
    QLabel* m_explanation;
    QPlainTextEdit* m_sql;
    QAbstractButton* m_install;
    QLineEdit* m_reason = nullptr; ///< only where one is required
    QVBoxLayout* m_outcome;
    bool m_running = false;
};

} // namespace ui
