// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/backlogmodels.h"
#include "ui/page.h"
#include "ui/repeated.h"
#include "ui/resend.h"
#include "ui/turner.h"

class QAbstractButton;
class QTableView;

namespace ui {

class PayloadCard;
class QueueChooser;
class TableController;

/// Events that were given up: what they died of, one by one, and what can be done about them.
class DeadPage : public Page {
    Q_OBJECT

public:
    explicit DeadPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void tellAges() override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& queue) override;
    Subject subject() const override;
    QWidget* mainView() const override;
    bool isComplete() const override;

private:
    void makeGroups();
    void makeLetters();
    void askLetters();
    void askOf(const std::optional<domain::DeadCause>& cause);
    void showLetters(const domain::DeadPage& page);
    void showGroups(const domain::DeadGroups& groups);
    void empty(TableController* table);
    /// When the server was asked, as of the newest sample.
    void fail(TableController* table, const pg::Failure& failure);
    void choose(const QModelIndex& index);
    Subject cause() const;
    Subject selected() const;
    std::optional<Resendable> resendable() const;

    models::AnswerModel<models::DeadGroupLine> m_groups;
    models::AnswerModel<models::DeadLine> m_letters;
    Card* m_groupCard;
    Card* m_letterCard;
    QTableView* m_groupView;
    QTableView* m_letterView;
    TableController* m_groupTable = nullptr;
    TableController* m_letterTable = nullptr;
    QStringList m_groupNote;
    QStringList m_letterNote;
    pg::Timestamp m_groupsAt;
    pg::Timestamp m_lettersAt;
    std::optional<domain::DeadCause> m_cause; ///< only letters that died of it
    std::int64_t m_event = 0;                 ///< of the letter chosen last
    QAbstractButton* m_allCauses = nullptr;
    QueueChooser* m_queue;
    PayloadCard* m_payload;
    Turner<domain::DeadPosition> m_turner;
    Repeated<domain::DeadPage> m_letterAnswer;
    Repeated<domain::DeadGroups> m_groupAnswer;
};

} // namespace ui
