// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/queuemodels.h"
#include "ui/page.h"
#include "ui/repeated.h"
#include "ui/turner.h"

class QTableView;

namespace ui {

class Card;
class FactsList;
class QueueChooser;
class RingView;
class TableController;

/// One queue: how it is set, its ticks, its ring of event tables, and what the next rotation waits for.
class QueuePage : public Page {
    Q_OBJECT

public:
    explicit QueuePage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void tellAges() override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& queue) override;
    Subject subject() const override;
    QWidget* mainView() const override;
    bool isComplete() const override;

private:
    /// A table without a filter, for a card of its own.
    TableController* makeTable(QTableView* view, QAbstractItemModel* model, const QString& name, const QString& title);
    void ask();
    /// Another queue, or none: what was asked about the one before is forgotten.
    void begin();
    void show(const domain::QueueDetail& detail);
    void fail(const pg::Failure& failure);
    void show(const domain::QueueUpkeep& upkeep);
    void failUpkeep(const pg::Failure& failure);
    void showQueue();
    void showFacts(const domain::Queue& queue);
    void showRing(const domain::Queue& queue);
    void showNothing(const QString& title, const QString& explanation);
    const domain::Queue* queue() const;

    models::AnswerModel<models::TickLine> m_ticks;
    models::AnswerModel<models::TableLine> m_tables;
    models::AnswerModel<models::GateLine> m_gates;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    domain::SnapshotPtr m_snapshot;
    QString m_gatesInWords;
    std::optional<domain::QueueDetail> m_detail;
    std::optional<domain::QueueUpkeep> m_upkeep;
    QString m_upkeepProblem; ///< why there is none
    Card* m_factsCard;
    Card* m_ringCard;
    Card* m_tickCard;
    QTableView* m_tickView;
    QTableView* m_tableView;
    QTableView* m_gateView;
    TableController* m_tickTable;
    TableController* m_tableTable;
    TableController* m_gateTable;
    RingView* m_ring;
    FactsList* m_facts;
    QueueChooser* m_queue;
    Turner<std::int64_t> m_turner; ///< pages of ticks, by the tick they begin with
    Repeated<domain::QueueDetail> m_answer;
    Repeated<domain::QueueUpkeep> m_upkeepAnswer;
};

} // namespace ui
