// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/timelinemodels.h"
#include "ui/page.h"

class QAbstractButton;
class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ui {

class Card;
class FactsList;
class QueueChooser;
class TableController;
class TimelineView;

/// A group, or a consumer, over time: who held which window when, and how each batch ended as far as looking tells.
class TimelinePage : public Page {
    Q_OBJECT

public:
    explicit TimelinePage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    /// "orders", "orders/billing", or a batch's token.
    void openSubject(const QString& subject) override;
    Subject subject() const override;
    QWidget* mainView() const override;
    bool isComplete() const override;

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QWidget* makeDetail();
    void makeTools();
    void setConsumers();
    void chooseFirst(const domain::Diagnosis& diagnosis);
    void chooseTrack(std::int32_t queueId, std::int32_t subId);
    void useConsumer();
    void follow();
    void refresh();
    void showBar(std::int64_t token);
    void showSpan();
    const monitor::Track* track() const;

    domain::SnapshotPtr m_snapshot;
    models::AnswerModel<models::BarLine> m_bars;
    Card* m_timeCard;
    Card* m_barCard;
    Card* m_detailCard;
    TimelineView* m_view;
    QTableView* m_barView;
    TableController* m_barTable;
    QueueChooser* m_queue;
    QComboBox* m_consumer;
    QPushButton* m_span = nullptr;
    QAbstractButton* m_follow = nullptr;
    QAbstractButton* m_open = nullptr;
    QStackedWidget* m_detail;
    FactsList* m_facts;
    QLabel* m_lineage;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    std::pair<std::int32_t, std::int32_t> m_shown{0, 0};
    QStringList m_consumers;
    QString m_wanted;
    bool m_chosen = false; ///< by a person, or by a subject
};

} // namespace ui
