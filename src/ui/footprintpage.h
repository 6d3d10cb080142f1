// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/lockmodel.h"
#include "models/spendingmodel.h"
#include "ui/page.h"
#include "ui/repeated.h"

#include <deque>

class QTableView;

namespace ui {

class Card;
class FactsList;
class TableController;

/// What this console costs the server it looks at: everything it asked, and what its sessions hold right now.
class FootprintPage : public Page {
    Q_OBJECT

public:
    explicit FootprintPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void tellAges() override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;

    void openSubject(const QString&) override {}

    Subject subject() const override { return {}; }

    QWidget* mainView() const override;
    bool isComplete() const override;

private:
    void remember();
    void showSpending();
    void showSampleCosts();
    void show(const domain::Footprint& footprint);
    void fail(const pg::Failure& failure);

    models::AnswerModel<models::OwnLine> m_model;
    models::AnswerModel<models::SpendingLine> m_spendingModel;
    Card* m_costCard;
    Card* m_spendingCard;
    Card* m_card;
    FactsList* m_facts;
    QTableView* m_spendingView;
    TableController* m_spendingTable;
    QTableView* m_view;
    TableController* m_table;
    std::deque<domain::SampleCost> m_costs; ///< of the newest samples
    std::uint64_t m_newest = 0;
    std::optional<domain::Footprint> m_footprint; ///< the newest
    Repeated<domain::Footprint> m_answer;
};

} // namespace ui
