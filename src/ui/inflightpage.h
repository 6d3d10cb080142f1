// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/inflightmodel.h"
#include "ui/page.h"

class QSplitter;
class QTableView;

namespace ui {

class Card;
class EventsCard;
class OwnerCard;
class PayloadCard;
class TableController;

/// Every open batch; of the chosen one its events, its owner, and the payload of an event.
class InFlightPage : public Page {
    Q_OBJECT

public:
    explicit InFlightPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void tellAges() override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& batch) override;
    Subject subject() const override;
    QWidget* mainView() const override;
    bool isComplete() const override;

private:
    void chooseBatch();
    void showOwner(const domain::Snapshot& snapshot);
    void showPayloadOf(const domain::EventRow& event);
    void showNoEvent();
    void addNack(QMenu& menu, const std::vector<std::int64_t>& events);
    void openBatch();
    void updateNote();
    const models::BatchRow* chosen() const;
    int rowOf(const QString& batch) const;
    QString whyNone() const;

    models::InFlightModel m_model;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    domain::SnapshotPtr m_snapshot;
    Card* m_card;
    QTableView* m_view;
    TableController* m_table;
    EventsCard* m_events;
    OwnerCard* m_owner;
    PayloadCard* m_payload;
    QString m_wanted;                       ///< a batch asked for that is not open, or was not seen yet
    QString m_chosen;                       ///< the batch chosen last
    std::optional<pg::Timestamp> m_instant; ///< of the past, shown last
    std::optional<domain::EventRow> m_event;
    std::int32_t m_eventQueue = 0;
    bool m_sampled = false;
};

} // namespace ui
