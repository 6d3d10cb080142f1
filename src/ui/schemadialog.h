// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QDialog>

class QAbstractButton;
class QLineEdit;
class QVBoxLayout;

namespace ui {

/// Installing, upgrading, converting or uninstalling the schema: what it would change or lose, function by function how
/// sources differ, the SQL, and then what happened. An uninstall and a conversion ask for the database's name; where
/// the plan has a caution, the differences must have been opened. In Observe mode all of it can be looked at.
class SchemaDialog : public QDialog {
    Q_OBJECT

public:
    SchemaDialog(desk::Desk* desk, schema::Plan plan, QWidget* parent);

Q_SIGNALS:
    void carriedOut();
    void armingWanted();

private:
    void addDifferences();
    void addLine(const QString& title, const QString& name, QLineEdit*& line);
    void updateButton();
    void carryOut();

    desk::Desk* m_desk;
    schema::Plan m_plan;
    QVBoxLayout* m_content;
    QLineEdit* m_typedName = nullptr;
    QLineEdit* m_reason = nullptr;
    QWidget* m_observing; ///< why nothing can be carried out now, and the way to
    QAbstractButton* m_act;
    QAbstractButton* m_cancel;
    bool m_running = false;
    bool m_done = false;
    bool m_read; ///< what must be looked at before has been
};

} // namespace ui
