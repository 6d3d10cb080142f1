// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/subscriptiontreemodel.h"
#include "ui/page.h"

class QTreeView;

namespace ui {

class Card;
class TableController;

/// Every subscription as a tree: queue, consumer, members.
class ConsumersPage : public Page {
    Q_OBJECT

public:
    explicit ConsumersPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    /// A queue, or a subscription on it: "orders", "orders/billing", "orders/billing.worker-3".
    void openSubject(const QString& wanted) override;
    Subject subject() const override;
    QWidget* mainView() const override;

private:
    Subject subjectAt(const QModelIndex& index) const;
    bool select(const QModelIndex& parent);
    void unfoldNew(const QModelIndex& parent, int first, int last);

    models::SubscriptionTreeModel m_model;
    pg::Timestamp m_seenAt;
    Card* m_card;
    QTreeView* m_view;
    TableController* m_table;
    QString m_wanted; ///< asked for before it was seen
};

/// A subscription as an action sees it, with what was seen of it.
Subject subjectOf(const domain::Subscription& subscription, const std::string& queue, const std::string& group,
                  const std::string& subconsumer, pg::Timestamp seenAt);

} // namespace ui
