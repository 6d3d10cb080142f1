// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/lockmodel.h"
#include "ui/page.h"
#include "ui/repeated.h"

class QTableView;

namespace ui {

class Card;
class TableController;

/// Who waits for whose row or table in this database.
class LocksPage : public Page {
    Q_OBJECT

public:
    explicit LocksPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void tellAges() override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& pid) override;

    Subject subject() const override;

    QWidget* mainView() const override;
    bool isComplete() const override;

private:
    void show(const domain::LockWaits& waits);
    void chooseWanted();
    void fail(const pg::Failure& failure);

    models::AnswerModel<models::LockLine> m_model;
    Card* m_card;
    QTableView* m_view;
    TableController* m_table;
    std::optional<domain::LockWaits> m_waits; ///< the newest
    Repeated<domain::LockWaits> m_answer;
    QString m_wanted; ///< a session asked for before the answer that has it
};

} // namespace ui
