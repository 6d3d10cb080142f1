// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/journalmodel.h"
#include "ui/page.h"
#include "ui/turner.h"

class QAbstractButton;
class QLineEdit;
class QTableView;

namespace ui {

class Card;
class FactsList;
class SqlView;
class TableController;

/// What was done through this program on this machine, by whom and why, and what came of it. Read from a file: no
/// server is asked.
class JournalPage : public Page {
    Q_OBJECT

public:
    explicit JournalPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;

    void setStale(bool) override {}

    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& text) override;

    Subject subject() const override { return {}; }

    QWidget* mainView() const override;
    bool isComplete() const override;

protected:
    void showEvent(QShowEvent* event) override;

private:
    void ask();
    void askAnew();
    void show(const store::JournalPage& page);
    void verify();
    void choose(const QModelIndex& index);
    void offerUndo(const store::JournalRecord& record);

    models::AnswerModel<models::JournalLine> m_model;
    Card* m_card;
    Card* m_detailCard;
    QTableView* m_view;
    TableController* m_table;
    QAbstractButton* m_undo = nullptr;
    std::optional<domain::ActionRequest> m_inverse;
    QLineEdit* m_search;
    FactsList* m_facts;
    SqlView* m_sql;
    Turner<qint64> m_turner;
    quint64 m_request = 0;
    bool m_settled = false;
};

} // namespace ui
