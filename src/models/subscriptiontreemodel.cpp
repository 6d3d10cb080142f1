// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/subscriptiontreemodel.h"

#include "models/queuesmodel.h"
#include "models/subscriptioncolumns.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace models {

struct SubscriptionTreeModel::Node {
    ConsumerRow line;
    Node* parent = nullptr;
    int position = 0; ///< among its siblings
    Nodes children;

    /// Its line is filled in place: it is large, and there are many.
    Node* add() {
        auto child = std::make_unique<Node>();
        child->parent = this;
        child->position = int(children.size());
        children.push_back(std::move(child));
        return children.back().get();
    }
};

namespace {

std::optional<std::int64_t> pendingOf(const domain::Queue& queue, const domain::Subscription& subscription) {
    if (subscription.role == domain::Role::CoopMember)
        return subscription.batch ? subscription.windowEstimate() : std::nullopt;
    if (!subscription.lastTickSeq)
        return std::nullopt;
    const std::int64_t ticked = queue.lastTick ? queue.lastTick->eventSeq : 0;
    return std::max<std::int64_t>(0, std::max(ticked, queue.eventSeqNow.value_or(0)) - *subscription.lastTickSeq);
}

void fill(ConsumerRow& line, const WorstFindings& worst, const CalmMarks& calm, const domain::Queue& queue,
          const domain::Subscription& subscription, std::string group) {
    line.kind = subscription.role == domain::Role::CoopMember ? ConsumerRow::Kind::Member : ConsumerRow::Kind::Consumer;
    line.subscription = subscription;
    line.queueId = queue.id;
    line.queueName = queue.name;
    // A member is stored as "group.member".
    if (line.kind == ConsumerRow::Kind::Member && subscription.consumerName.size() > group.size())
        line.subconsumer = subscription.consumerName.substr(group.size() + 1);
    line.group = std::move(group);
    line.pending = pendingOf(queue, subscription);
    line.pendingIsLeast = line.pending && line.kind == ConsumerRow::Kind::Consumer && !queue.eventSeqNow;
    line.openBatches = subscription.batch ? 1 : 0;
    const domain::Finding* finding = worst.ofMember(queue.name, line.group, line.subconsumer);
    line.mark = finding ? markOf(*finding) : calm.of(subscription, line.pending, queue.tickerPaused);
}

/// What the line of a parent says about those below it.
void sumUp(ConsumerRow& parent, const ConsumerRow& child) {
    ++parent.children;
    parent.openBatches += child.openBatches;
    if (parent.kind == ConsumerRow::Kind::Queue && child.pending) {
        parent.pending = std::max(parent.pending.value_or(0), *child.pending);
        parent.pendingIsLeast = parent.pendingIsLeast || child.pendingIsLeast;
    }
}

} // namespace

std::string ConsumerRow::key() const {
    return kind == Kind::Queue ? std::to_string(queueId)
                               : std::to_string(queueId) + '/' + std::to_string(subscription.consumerId);
}

bool ConsumerRow::isTheSameAs(const ConsumerRow& other) const {
    return (kind == Kind::Queue) == (other.kind == Kind::Queue) && queueId == other.queueId &&
           (kind == Kind::Queue || subscription.consumerId == other.subscription.consumerId);
}

SubscriptionTreeModel::SubscriptionTreeModel(QObject* parent)
    : LiveModel(columnInfos(subscriptionColumns()), parent)
    , m_descriptors(subscriptionColumns())
    , m_root(std::make_unique<Node>()) {}

SubscriptionTreeModel::~SubscriptionTreeModel() = default;

SubscriptionTreeModel::Nodes SubscriptionTreeModel::build(const domain::Snapshot& snapshot,
                                                          const domain::Diagnosis& diagnosis) {
    Node root;
    const WorstFindings worst(diagnosis);
    const CalmMarks calm;
    std::unordered_map<std::int32_t, std::pair<Node*, const domain::Queue*>> queues;
    queues.reserve(snapshot.queues.size());
    for (const domain::Queue& queue : snapshot.queues) {
        Node* node = root.add();
        node->line.kind = ConsumerRow::Kind::Queue;
        node->line.queueId = queue.id;
        node->line.queueName = queue.name;
        node->line.mark = markOfQueue(queue, worst);
        queues[queue.id] = {node, &queue};
    }
    // Groups first: their members are put below them. A member whose group's main row is missing stands below the
    // queue.
    std::map<std::pair<std::int32_t, std::int32_t>, Node*> groups;
    for (const bool members : {false, true}) {
        for (const domain::Subscription& subscription : snapshot.subscriptions) {
            const auto queue = queues.find(subscription.queueId);
            if (queue == queues.end() || (subscription.role == domain::Role::CoopMember) != members)
                continue;
            Node* parent = queue->second.first;
            if (members) {
                const auto group = groups.find({subscription.queueId, subscription.subId});
                if (group != groups.end())
                    parent = group->second;
            }
            std::string name = parent->line.isSubscription() ? parent->line.subscription.consumerName
                                                             : domain::groupName(snapshot, subscription);
            Node* node = parent->add();
            fill(node->line, worst, calm, *queue->second.second, subscription, std::move(name));
            if (subscription.role == domain::Role::CoopMain)
                groups[{subscription.queueId, subscription.subId}] = node;
            sumUp(parent->line, node->line);
            if (parent != queue->second.first)
                queue->second.first->line.openBatches += node->line.openBatches;
        }
    }
    return std::move(root.children);
}

void SubscriptionTreeModel::setSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    const bool later = std::exchange(m_context.now, snapshot.asOf()) != snapshot.asOf();
    merge(m_root.get(), build(snapshot, diagnosis));
    if (later)
        Q_EMIT aged();
}

void SubscriptionTreeModel::merge(Node* parent, Nodes fresh) {
    if (fresh.empty() && parent->children.empty())
        return;
    // Mostly nobody came and nobody went.
    if (!std::equal(parent->children.begin(), parent->children.end(), fresh.begin(), fresh.end(),
                    [](const auto& was, const auto& is) { return was->line.isTheSameAs(is->line); }))
        rearrange(parent, fresh);
    std::vector<std::vector<int>> changed(columnGroups().size());
    for (std::size_t row = 0; row < fresh.size(); ++row) {
        if (!fresh[row])
            continue;
        Node* node = parent->children[row].get();
        if (node->line != fresh[row]->line) {
            for (std::size_t group = 0; group < columnGroups().size(); ++group) {
                if (groupDiffers(m_descriptors, columnGroups()[group], node->line, fresh[row]->line))
                    changed[group].push_back(int(row));
            }
            node->line = std::move(fresh[row]->line);
        }
        merge(node, std::move(fresh[row]->children));
    }
    emitChanges(parent, changed);
}

/// Takes out who went, puts in who came, and brings those that stay into their order; what was put in is taken from
/// fresh.
void SubscriptionTreeModel::rearrange(Node* parent, Nodes& fresh) {
    std::vector<std::string> before;
    std::vector<std::string> after;
    for (const auto& child : parent->children)
        before.push_back(child->line.key());
    for (const auto& child : fresh)
        after.push_back(child->line.key());
    const KeyDiff diff = diffKeys(before, after);
    const auto renumber = [parent] {
        for (std::size_t row = 0; row < parent->children.size(); ++row)
            parent->children[row]->position = int(row);
    };
    const QModelIndex parentIndex = indexOf(parent);
    for (const RowRange& range : diff.removed) {
        beginRemoveRows(parentIndex, range.first, range.last);
        parent->children.erase(parent->children.begin() + range.first, parent->children.begin() + range.last + 1);
        renumber();
        endRemoveRows();
    }
    if (diff.reordered)
        reorder(parent, after);
    for (const RowRange& range : diff.inserted) {
        beginInsertRows(parentIndex, range.first, range.last);
        for (int row = range.first; row <= range.last; ++row) {
            std::unique_ptr<Node>& child = fresh[std::size_t(row)];
            child->parent = parent;
            parent->children.insert(parent->children.begin() + row, std::move(child));
        }
        renumber();
        endInsertRows();
    }
}

void SubscriptionTreeModel::reorder(Node* parent, const std::vector<std::string>& wanted) {
    std::map<std::string, std::size_t> rank;
    for (std::size_t row = 0; row < wanted.size(); ++row)
        rank[wanted[row]] = row;
    const QModelIndex parentIndex = indexOf(parent);
    const QList<QPersistentModelIndex> parents = {parentIndex};
    Q_EMIT layoutAboutToBeChanged(parents, QAbstractItemModel::VerticalSortHint);
    std::stable_sort(parent->children.begin(), parent->children.end(), [&rank](const auto& left, const auto& right) {
        return rank[left->line.key()] < rank[right->line.key()];
    });
    for (std::size_t row = 0; row < parent->children.size(); ++row)
        parent->children[row]->position = int(row);
    const QModelIndexList persistent = persistentIndexList();
    for (const QModelIndex& old : persistent) {
        Node* node = nodeOf(old);
        if (node->parent == parent)
            changePersistentIndex(old, createIndex(node->position, old.column(), node));
    }
    Q_EMIT layoutChanged(parents, QAbstractItemModel::VerticalSortHint);
}

void SubscriptionTreeModel::emitChanges(Node* parent, const std::vector<std::vector<int>>& changed) {
    const int rows = int(parent->children.size());
    const auto cell = [this, parent](int row, int column) {
        return createIndex(row, column, parent->children[std::size_t(row)].get());
    };
    for (std::size_t group = 0; group < columnGroups().size(); ++group) {
        const ColumnGroup& columns = columnGroups()[group];
        for (const RowRange& range : spans(changed[group], rows))
            Q_EMIT dataChanged(cell(range.first, columns.first), cell(range.last, columns.last));
    }
}

void SubscriptionTreeModel::setZone(const QTimeZone& zone) {
    m_context.zone = zone;
    showAnew(m_root.get());
}

void SubscriptionTreeModel::setDeadInterval(pg::Interval interval) {
    m_context.deadInterval = interval;
    showAnew(m_root.get());
}

void SubscriptionTreeModel::showAnew(Node* parent) {
    if (parent->children.empty())
        return;
    Q_EMIT dataChanged(createIndex(0, 0, parent->children.front().get()),
                       createIndex(int(parent->children.size()) - 1, columnCount() - 1, parent->children.back().get()));
    for (const auto& child : parent->children)
        showAnew(child.get());
}

const ConsumerRow& SubscriptionTreeModel::row(const QModelIndex& index) const {
    return nodeOf(index)->line;
}

SubscriptionTreeModel::Node* SubscriptionTreeModel::nodeOf(const QModelIndex& index) const {
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : m_root.get();
}

QModelIndex SubscriptionTreeModel::indexOf(const Node* node, int column) const {
    return node == m_root.get() ? QModelIndex() : createIndex(node->position, column, node);
}

QModelIndex SubscriptionTreeModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, nodeOf(parent)->children[std::size_t(row)].get());
}

QModelIndex SubscriptionTreeModel::parent(const QModelIndex& child) const {
    return child.isValid() ? indexOf(nodeOf(child)->parent) : QModelIndex();
}

int SubscriptionTreeModel::rowCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : int(nodeOf(parent)->children.size());
}

QVariant SubscriptionTreeModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const ConsumerRow& line = nodeOf(index)->line;
    if (role == KeyRole)
        return QString::fromStdString(line.key());
    return columnValue(m_descriptors[std::size_t(index.column())], line, m_context, role);
}

} // namespace models
