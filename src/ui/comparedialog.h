// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "models/comparison.h"

#include <QDialog>

class QCheckBox;
class QSettings;
class QTableView;

namespace ui {

class Card;
class TableController;

/// Two events side by side, with what differs marked.
class CompareDialog : public QDialog {
    Q_OBJECT

public:
    CompareDialog(desk::Desk* desk, std::int32_t queueId, const domain::EventRow& left, const domain::EventRow& right,
                  QSettings* settings, QWidget* parent);

    /// Once the payloads are there; again when what is hidden changed. On another thread.
    void compare();

private:
    void fetch(models::ComparedEvent& event);
    void fill();

    desk::Desk* m_desk;
    std::int32_t m_queueId;
    models::ComparedEvent m_left;
    models::ComparedEvent m_right;
    models::AnswerModel<models::ComparisonLine> m_model;
    models::Comparison m_comparison;
    Card* m_card;
    QTableView* m_view;
    TableController* m_table = nullptr;
    QCheckBox* m_onlyDifferences;
    int m_pending = 0;
    quint64 m_request = 0;
};

} // namespace ui
