// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;

namespace ui {

class FileField;

/// Which part of the past goes into a file for somebody else; what will be in it stands there before.
class CapsuleDialog : public QDialog {
    Q_OBJECT

public:
    CapsuleDialog(desk::Desk* desk, std::map<std::string, std::string> settings, QWidget* parent = nullptr);

private:
    void tellContents();
    void write();
    pg::Timestamp end() const;

    desk::Desk* m_desk;
    std::map<std::string, std::string> m_settings;
    QComboBox* m_span;
    QCheckBox* m_journal;
    FileField* m_file;
    QLabel* m_contents;
    QLabel* m_result;
    QPushButton* m_write;
    std::optional<store::Recorded> m_recorded;
};

} // namespace ui
