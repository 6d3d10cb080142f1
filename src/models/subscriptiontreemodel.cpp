// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/subscriptiontreemodel.h"

#include "models/queuesmodel.h"
#include "models/subscriptioncolumns.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace models {

/// What the lines below a queue show of the queue itself.
struct SubscriptionTreeModel::QueueFacts {
    std::int64_t ticked = 0;
    std::optional<std::int64_t> eventSeqNow;
    bool tickerPaused = false;

    static QueueFacts of(const domain::Queue& queue) {
        return {queue.lastTick ? queue.lastTick->eventSeq : 0, queue.eventSeqNow, queue.tickerPaused};
    }

    bool operator==(const QueueFacts&) const = default;
};

struct SubscriptionTreeModel::Node {
    ConsumerRow line;
    Node* parent = nullptr;
    int position = 0; ///< among its siblings
    Nodes children;

    bool judged = false;                         ///< its mark is a finding's
    const domain::Subscription* fresh = nullptr; ///< while a sample is taken: the line is made anew from it
    bool freshBelow = false;                     ///< while a sample is taken: a line below is made anew

    // Of a queue: what is below it, in the order of the sample, and what it was made with.
    std::vector<Node*> inOrder;
    QueueFacts facts;

    /// Its line is filled in place: it is large, and there are many.
    Node* add() {
        auto child = std::make_unique<Node>();
        child->parent = this;
        child->position = int(children.size());
        children.push_back(std::move(child));
        return children.back().get();
    }
};

/// One sample with what its lines are made by.
struct SubscriptionTreeModel::Source {
    Source(const domain::Snapshot& of, const domain::Diagnosis& diagnosis)
        : snapshot(of)
        , worst(diagnosis)
        , below(of.queues.size()) {
        std::unordered_map<std::int32_t, std::size_t> places;
        places.reserve(of.queues.size());
        for (std::size_t place = 0; place < of.queues.size(); ++place)
            places.emplace(of.queues[place].id, place);
        for (const domain::Subscription& subscription : of.subscriptions) {
            const auto place = places.find(subscription.queueId);
            if (place != places.end())
                below[place->second].push_back(&subscription);
        }
    }

    const domain::Snapshot& snapshot;
    WorstFindings worst;
    CalmMarks calm;
    std::vector<std::vector<const domain::Subscription*>> below; ///< subscriptions of each queue
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

/// Whether a line stays where it is, under the same names.
bool standsTheSame(const domain::Subscription& before, const domain::Subscription& after) {
    return before.consumerId == after.consumerId && before.role == after.role && before.subId == after.subId &&
           before.consumerName == after.consumerName;
}

} // namespace

void SubscriptionTreeModel::fillQueue(Node* node, const domain::Queue& queue, const Source& source) {
    node->line.kind = ConsumerRow::Kind::Queue;
    node->line.queueId = queue.id;
    node->line.queueName = queue.name;
    node->line.mark = markOfQueue(queue, source.worst);
}

/// Without what it says about those below it. Returns whether the mark is a finding's.
bool SubscriptionTreeModel::fill(ConsumerRow& line, const domain::Queue& queue,
                                 const domain::Subscription& subscription, std::string group, const Source& source) {
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
    const domain::Finding* finding = source.worst.ofMember(queue.name, line.group, line.subconsumer);
    line.mark = finding ? markOf(*finding) : source.calm.of(subscription, line.pending, queue.tickerPaused);
    return finding;
}

/// What a line says about those below it.
void SubscriptionTreeModel::sumUp(ConsumerRow& line, const Nodes& children) {
    line.children = int(children.size());
    line.openBatches = line.isSubscription() && line.subscription.batch ? 1 : 0;
    if (line.kind == ConsumerRow::Kind::Queue) {
        line.pending.reset();
        line.pendingIsLeast = false;
    }
    for (const auto& child : children) {
        line.openBatches += child->line.openBatches;
        if (line.kind == ConsumerRow::Kind::Queue && child->line.pending) {
            line.pending = std::max(line.pending.value_or(0), *child->line.pending);
            line.pendingIsLeast = line.pendingIsLeast || child->line.pendingIsLeast;
        }
    }
}

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

SubscriptionTreeModel::Nodes SubscriptionTreeModel::build(const Source& source) {
    Node root;
    for (std::size_t place = 0; place < source.snapshot.queues.size(); ++place) {
        const domain::Queue& queue = source.snapshot.queues[place];
        Node* node = root.add();
        fillQueue(node, queue, source);
        node->children = buildBelow(queue, source.below[place], source);
        for (const auto& child : node->children)
            child->parent = node;
        sumUp(node->line, node->children);
    }
    return std::move(root.children);
}

SubscriptionTreeModel::Nodes SubscriptionTreeModel::buildBelow(const domain::Queue& queue, const Subscriptions& below,
                                                               const Source& source) {
    Node top;
    // Groups first: their members are put below them. A member whose group's main row is missing stands below the
    // queue.
    std::unordered_map<std::int32_t, Node*> groups;
    for (const bool members : {false, true}) {
        for (const domain::Subscription* subscription : below) {
            if ((subscription->role == domain::Role::CoopMember) != members)
                continue;
            Node* parent = &top;
            if (members) {
                const auto group = groups.find(subscription->subId);
                if (group != groups.end())
                    parent = group->second;
            }
            std::string name = parent == &top ? domain::groupName(source.snapshot, *subscription)
                                              : parent->line.subscription.consumerName;
            Node* node = parent->add();
            node->judged = fill(node->line, queue, *subscription, std::move(name), source);
            if (subscription->role == domain::Role::CoopMain)
                groups[subscription->subId] = node;
        }
    }
    for (const auto& child : top.children) {
        for (const auto& member : child->children)
            sumUp(member->line, member->children);
        sumUp(child->line, child->children);
    }
    return std::move(top.children);
}

void SubscriptionTreeModel::setSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    const bool later = std::exchange(m_context.now, snapshot.asOf()) != snapshot.asOf();
    take(Source(snapshot, diagnosis));
    if (later)
        Q_EMIT aged();
}

void SubscriptionTreeModel::take(const Source& source) {
    const std::vector<domain::Queue>& queues = source.snapshot.queues;
    Nodes& nodes = m_root->children;
    const bool sameQueues =
        std::equal(nodes.begin(), nodes.end(), queues.begin(), queues.end(),
                   [](const auto& node, const domain::Queue& queue) { return node->line.queueId == queue.id; });
    if (!sameQueues) {
        merge(m_root.get(), build(source));
        for (std::size_t place = 0; place < queues.size(); ++place)
            remember(nodes[place].get(), queues[place], source.below[place]);
        return;
    }
    Changes changed(columnGroups().size());
    for (std::size_t place = 0; place < queues.size(); ++place) {
        Node* node = nodes[place].get();
        const domain::Queue& queue = queues[place];
        if (!compare(node, queue, source.below[place], source)) {
            merge(node, buildBelow(queue, source.below[place], source));
            remember(node, queue, source.below[place]);
        } else if (node->freshBelow) {
            refill(node, queue, source);
            node->facts = QueueFacts::of(queue);
        }
        Node fresh;
        fillQueue(&fresh, queue, source);
        sumUp(fresh.line, node->children);
        replace(node, std::move(fresh.line), changed);
    }
    emitChanges(m_root.get(), changed);
}

/// Marks the lines below a queue that are to be made anew. False when others are there, or stand elsewhere.
bool SubscriptionTreeModel::compare(Node* at, const domain::Queue& queue, const Subscriptions& below,
                                    const Source& source) {
    if (at->inOrder.size() != below.size() || at->line.queueName != queue.name)
        return false;
    const bool all = at->facts != QueueFacts::of(queue);
    const bool anyFinding = source.worst.ofQueue(queue.name);
    for (std::size_t place = 0; place < below.size(); ++place) {
        Node* node = at->inOrder[place];
        const ConsumerRow& line = node->line;
        const bool same = line.subscription == *below[place];
        if (!same && !standsTheSame(line.subscription, *below[place])) {
            for (Node* marked : at->inOrder) {
                marked->fresh = nullptr;
                marked->freshBelow = false;
            }
            at->freshBelow = false;
            return false;
        }
        if (same && !all && !node->judged &&
            !(anyFinding && source.worst.ofMember(queue.name, line.group, line.subconsumer)))
            continue;
        node->fresh = below[place];
        for (Node* above = node->parent; above != at->parent; above = above->parent)
            above->freshBelow = true;
    }
    return true;
}

/// Makes the marked lines below anew where they stand.
void SubscriptionTreeModel::refill(Node* parent, const domain::Queue& queue, const Source& source) {
    Changes changed(columnGroups().size());
    for (const auto& child : parent->children) {
        if (child->freshBelow)
            refill(child.get(), queue, source);
        else if (!child->fresh)
            continue;
        ConsumerRow line;
        if (child->fresh)
            child->judged = fill(line, queue, *child->fresh, child->line.group, source);
        else
            line = child->line;
        child->fresh = nullptr;
        sumUp(line, child->children);
        replace(child.get(), std::move(line), changed);
    }
    parent->freshBelow = false;
    emitChanges(parent, changed);
}

void SubscriptionTreeModel::replace(Node* node, ConsumerRow line, Changes& changed) {
    if (node->line == line)
        return;
    for (std::size_t group = 0; group < columnGroups().size(); ++group) {
        if (groupDiffers(m_descriptors, columnGroups()[group], node->line, line))
            changed[group].push_back(node->position);
    }
    node->line = std::move(line);
}

/// What the next sample is compared with.
void SubscriptionTreeModel::remember(Node* queueNode, const domain::Queue& queue, const Subscriptions& below) {
    queueNode->facts = QueueFacts::of(queue);
    std::unordered_map<std::int32_t, Node*> found;
    for (const auto& child : queueNode->children) {
        found[child->line.subscription.consumerId] = child.get();
        for (const auto& member : child->children)
            found[member->line.subscription.consumerId] = member.get();
    }
    queueNode->inOrder.clear();
    for (const domain::Subscription* subscription : below)
        queueNode->inOrder.push_back(found.at(subscription->consumerId));
}

void SubscriptionTreeModel::merge(Node* parent, Nodes fresh) {
    if (fresh.empty() && parent->children.empty())
        return;
    // Mostly nobody came and nobody went.
    if (!std::equal(parent->children.begin(), parent->children.end(), fresh.begin(), fresh.end(),
                    [](const auto& was, const auto& is) { return was->line.isTheSameAs(is->line); }))
        rearrange(parent, fresh);
    Changes changed(columnGroups().size());
    for (std::size_t row = 0; row < fresh.size(); ++row) {
        if (!fresh[row])
            continue;
        Node* node = parent->children[row].get();
        node->judged = fresh[row]->judged;
        replace(node, std::move(fresh[row]->line), changed);
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

void SubscriptionTreeModel::emitChanges(Node* parent, const Changes& changed) {
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
