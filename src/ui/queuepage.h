// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/queuemodels.h"
#include "ui/page.h"
#include "ui/repeated.h"

class QTableView;

namespace ui {

class Card;
class FactsList;
class QueueChooser;
class TableController;

/// One queue: how it is set, its ticks, its ring of event tables, and what the next rotation waits for.
class QueuePage : public Page {
    Q_OBJECT

public:
    explicit QueuePage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
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
    void show(const domain::QueueDetail& detail);
    void fail(const pg::Failure& failure);
    void showQueue();
    void showNothing(const QString& title, const QString& explanation);
    const domain::Queue* queue() const;

    models::AnswerModel<models::TickLine> m_ticks;
    models::AnswerModel<models::TableLine> m_tables;
    models::AnswerModel<models::GateLine> m_gates;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    domain::SnapshotPtr m_snapshot;
    std::optional<domain::QueueDetail> m_detail;
    Card* m_factsCard;
    Card* m_ringCard;
    Card* m_tickCard;
    QTableView* m_tickView;
    QTableView* m_tableView;
    QTableView* m_gateView;
    TableController* m_tickTable;
    TableController* m_tableTable;
    TableController* m_gateTable;
    FactsList* m_facts;
    QueueChooser* m_queue;
    Repeated<domain::QueueDetail> m_answer;
};

} // namespace ui
