// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/backlogmodels.h"
#include "ui/page.h"
#include "ui/repeated.h"
#include "ui/turner.h"

class QLabel;
class QTableView;

namespace ui {

class PayloadCard;
class QueueChooser;
class TableController;

/// Events that were given back and wait to come again.
class RetryPage : public Page {
    Q_OBJECT

public:
    explicit RetryPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& queue) override;
    Subject subject() const override;
    QWidget* mainView() const override;
    bool isComplete() const override;

private:
    void show(const domain::RetryPage& page);
    void fail(const pg::Failure& failure);
    void ask();
    void empty();
    void choose(const QModelIndex& index);
    /// What comes due against what is moved back, as of the newest sample.
    void tell();

    models::AnswerModel<models::RetryLine> m_model;
    Card* m_card;
    QTableView* m_view;
    TableController* m_table;
    QueueChooser* m_queue;
    PayloadCard* m_payload;
    QLabel* m_drain;
    std::optional<domain::RetryOutlook> m_outlook;
    std::optional<pg::Failure> m_outlookFailure; ///< instead of it
    pg::Timestamp m_countedAt;
    std::int64_t m_event = 0; ///< chosen last
    Turner<domain::RetryPosition> m_turner;
    Repeated<domain::RetryPage> m_answer;
};

} // namespace ui
