// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/keyedtablemodel.h"
#include "models/mark.h"

#include <memory>

namespace models {

/// One line of the consumers' tree: a queue, a consumer or group, or a member of a group.
struct ConsumerRow {
    enum class Kind { Queue, Consumer, Member };

    Kind kind = Kind::Consumer;
    domain::Subscription subscription; ///< meaningless for a queue
    std::int32_t queueId = 0;
    std::string queueName;
    std::string group;                   ///< consumer's or group's name; empty for a queue
    std::string subconsumer;             ///< member's name without the group's
    std::optional<std::int64_t> pending; ///< ≈ events behind its position; for a queue the largest
    bool pendingIsLeast = false;         ///< the event sequence could not be read: up to the newest tick only
    int children = 0;                    ///< consumers of a queue, members of a group
    int openBatches = 0;                 ///< of the line and all below it
    Mark mark;

    std::string key() const;
    /// Whether their keys are equal, without making them.
    bool isTheSameAs(const ConsumerRow& other) const;

    bool isSubscription() const { return kind != Kind::Queue; }

    bool operator==(const ConsumerRow&) const = default;
};

/// The subscriptions of a sample as a tree: queue, its consumers and groups, the members of a group.
class SubscriptionTreeModel : public LiveModel {
    Q_OBJECT

public:
    explicit SubscriptionTreeModel(QObject* parent = nullptr);
    ~SubscriptionTreeModel() override;

    void setSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis);
    void setZone(const QTimeZone& zone);
    /// A member with a batch whose heartbeat is older than this is eligible for takeover.
    void setDeadInterval(pg::Interval interval);

    const ConsumerRow& row(const QModelIndex& index) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    struct QueueFacts;
    struct Source;
    struct Node;
    using Nodes = std::vector<std::unique_ptr<Node>>;

    using Subscriptions = std::vector<const domain::Subscription*>;
    using Changes = std::vector<std::vector<int>>; ///< changed rows by group of columns

    static void fillQueue(Node* node, const domain::Queue& queue, const Source& source);
    static bool fill(ConsumerRow& line, const domain::Queue& queue, const domain::Subscription& subscription,
                     std::string group, const Source& source);
    static void sumUp(ConsumerRow& line, const Nodes& children);
    static Nodes build(const Source& source);
    static Nodes buildBelow(const domain::Queue& queue, const Subscriptions& below, const Source& source);
    void take(const Source& source);
    bool compare(Node* at, const domain::Queue& queue, const Subscriptions& below, const Source& source);
    void refill(Node* parent, const domain::Queue& queue, const Source& source);
    void replace(Node* node, ConsumerRow line, Changes& changed);
    static void remember(Node* queueNode, const domain::Queue& queue, const Subscriptions& below);
    Node* nodeOf(const QModelIndex& index) const;
    QModelIndex indexOf(const Node* node, int column = 0) const;
    void merge(Node* parent, Nodes fresh);
    void rearrange(Node* parent, Nodes& fresh);
    void reorder(Node* parent, const std::vector<std::string>& wanted);
    void emitChanges(Node* parent, const Changes& changed);
    void showAnew(Node* parent);

    std::vector<Column<ConsumerRow>> m_descriptors;
    std::unique_ptr<Node> m_root;
    CellContext m_context;
};

} // namespace models
