// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/queuesmodel.h"
#include "ui/page.h"

class QLineEdit;
class QTableView;

namespace ui {

class Card;
class FindingsCard;
class TableController;

/// Findings first, then every queue.
class OverviewPage : public Page {
    Q_OBJECT

public:
    explicit OverviewPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& queue) override;
    Subject subject() const override;
    QWidget* mainView() const override;

private:
    Subject subjectAt(const QModelIndex& index) const;
    void explainEmptiness(const domain::Snapshot& snapshot);
    void updateNote(const domain::Snapshot& snapshot);

    models::QueuesModel m_model;
    FindingsCard* m_findings;
    Card* m_card;
    QTableView* m_view;
    TableController* m_table;
    QLineEdit* m_filter;
    QString m_wanted; ///< a queue asked for before it was seen
};

} // namespace ui
