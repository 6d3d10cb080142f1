// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/subscriptioncolumns.h"

using namespace Qt::StringLiterals;

namespace models {

namespace {

using Row = ConsumerRow;

Cell blank() {
    return {};
}

Cell nothing() {
    return {format::none(), {}, {}, Tone::Dim};
}

Cell nameCell(const Row& row, const CellContext&) {
    Cell cell;
    switch (row.kind) {
    case Row::Kind::Queue:
        cell.text = format::foreign(format::text(row.queueName));
        cell.strong = true;
        break;
    case Row::Kind::Consumer:
        cell.text = format::foreign(format::text(row.subscription.consumerName));
        if (row.subscription.role == domain::Role::CoopMain)
            cell.detail = SubscriptionTreeModel::tr("· %n member(s)", nullptr, row.children);
        break;
    case Row::Kind::Member:
        cell.text = format::foreign(format::text(row.subconsumer));
        break;
    }
    cell.tooltip = row.isSubscription() ? format::foreign(format::text(row.subscription.consumerName)) : cell.text;
    return cell;
}

/// A queue has no role: its consumers are counted there, where they take no room from its name.
Cell roleCell(const Row& row, const CellContext&) {
    return Cell{row.isSubscription() ? roleText(row.subscription)
                                     : SubscriptionTreeModel::tr("%n consumer(s)", nullptr, row.children),
                {},
                {},
                Tone::Dim};
}

QVariant nameKey(const Row& row) {
    return format::text(row.kind == Row::Kind::Queue ? row.queueName : row.subscription.consumerName);
}

Cell pendingCell(const Row& row, const CellContext&) {
    if (!row.pending)
        return row.isSubscription() ? nothing() : blank();
    if (row.pendingIsLeast)
        return untickedUnknownCell(*row.pending);
    Cell cell{format::number(*row.pending)};
    if (*row.pending == 0)
        cell.tone = Tone::Dim;
    return cell;
}

Cell lagCell(const Row& row, const CellContext& context) {
    if (!row.isSubscription())
        return blank();
    const auto& position = row.subscription.lastTickTime;
    if (!position)
        return row.subscription.role == domain::Role::CoopMember
                   ? nothing()
                   : Cell{SubscriptionTreeModel::tr("tick is gone"), {}, {}, Tone::Warning};
    return {format::age(context.now - *position), {}, format::timestamp(*position, context.zone)};
}

Cell takeoverCell(const Row& row, const CellContext& context) {
    const domain::Subscription& subscription = row.subscription;
    if (row.kind != Row::Kind::Member || !subscription.batch)
        return row.isSubscription() ? nothing() : blank();
    const pg::Interval left = subscription.active + context.deadInterval - context.now;
    Cell cell;
    cell.tooltip = SubscriptionTreeModel::tr("With a dead interval of %1, counted from the heartbeat")
                       .arg(format::age(context.deadInterval));
    if (left.count() < 0) {
        cell.text = SubscriptionTreeModel::tr("eligible");
        cell.tone = Tone::Warning;
    } else {
        cell.text = format::due(left);
    }
    return cell;
}

/// A column that shows something of the subscription, and nothing on a queue's line.
template <class Shows, class Key>
Column<Row> onSubscription(ColumnInfo info, Shows shows, Key key) {
    return {std::move(info),
            [shows](const Row& row, const CellContext& context) {
                return row.isSubscription() ? shows(row.subscription, context) : blank();
            },
            [key](const Row& row) { return row.isSubscription() ? key(row.subscription) : QVariant(); }};
}

Column<Row> idColumn(const QString& id, const QString& meaning,
                     const std::function<std::optional<std::int64_t>(const domain::Subscription&)>& number) {
    return onSubscription(
        {id, id, meaning, CellKind::Number, Pace::Slow, u"123 456 789"_s, false},
        [number](const domain::Subscription& subscription, const CellContext&) {
            const auto value = number(subscription);
            return value ? Cell{format::number(*value)} : nothing();
        },
        [number](const domain::Subscription& subscription) { return rawValue(number(subscription)); });
}

std::vector<Column<Row>> askedFirst() {
    using domain::Subscription;
    std::vector<Column<Row>> columns = {
        {{u"name"_s, SubscriptionTreeModel::tr("Queue, consumer"),
          SubscriptionTreeModel::tr("A queue, its consumers and groups, the members of a group"), CellKind::Text,
          Pace::Identity, u"      notifications_eu-worker · 3"_s},
         nameCell,
         nameKey,
         {},
         {},
         [](const Row& row) { return QVariant(row.children); }},
        {{u"role"_s, SubscriptionTreeModel::tr("Role"),
          SubscriptionTreeModel::tr(
              "normal, coop_main (a group's cursor) or coop_member; of a queue how many consumers it has"),
          CellKind::Text, Pace::Identity, u"12 consumers"_s},
         roleCell,
         [](const Row& row) { return row.isSubscription() ? QVariant(roleText(row.subscription)) : QVariant(); },
         {},
         {},
         [](const Row& row) { return QVariant(row.children); }},
        {{u"state"_s, SubscriptionTreeModel::tr("State"),
          SubscriptionTreeModel::tr("The worst finding about this line, in a word"), CellKind::Chip, Pace::Slow,
          u"● heartbeat old"_s},
         [](const Row& row, const CellContext&) { return row.mark.word.isEmpty() ? blank() : row.mark.cell(); },
         [](const Row& row) { return row.mark.sortKey(); },
         [](const Row& row, const CellContext&) { return QVariant(row.mark.word); }},
        {{u"pending"_s, SubscriptionTreeModel::tr("Pending ≈"),
          SubscriptionTreeModel::tr("Events behind its position, by sequence arithmetic"), CellKind::Number, Pace::Slow,
          u"12 345 678"_s},
         pendingCell,
         [](const Row& row) { return rawValue(row.pending); },
         {},
         {},
         [](const Row& row) { return QVariant(row.pendingIsLeast); }},
        {{u"lag"_s, SubscriptionTreeModel::tr("Lag"), SubscriptionTreeModel::tr("Age of the tick it stands on"),
          CellKind::Number, Pace::Ageing, u"19 h 47 m"_s},
         lagCell,
         [](const Row& row) { return row.isSubscription() ? rawAge(row.subscription.lastTickTime) : QVariant(); },
         [](const Row& row, const CellContext& context) {
             return row.isSubscription() ? ageSeconds(row.subscription.lastTickTime, context) : QVariant();
         }},
        onSubscription(
            {u"batch"_s, SubscriptionTreeModel::tr("Batch"), SubscriptionTreeModel::tr("Token of the open batch"),
             CellKind::Number, Pace::Slow, u"123 456"_s},
            [](const Subscription& row, const CellContext&) {
                return row.batch ? Cell{QString::number(*row.batch)} : nothing();
            },
            [](const Subscription& row) { return rawValue(row.batch); }),
        onSubscription({u"window"_s, SubscriptionTreeModel::tr("Tick window"),
                        SubscriptionTreeModel::tr("From which tick to which tick the open batch reads"), CellKind::Code,
                        Pace::Slow, u"123 456 → 123 457"_s},
                       windowCell, [](const Subscription& row) { return rawValue(row.lastTick); }),
        onSubscription(
            {u"events"_s, SubscriptionTreeModel::tr("Events ≈"),
             SubscriptionTreeModel::tr("Events in the open window, by sequence arithmetic"), CellKind::Number,
             Pace::Slow, u"123 456"_s},
            [](const Subscription& row, const CellContext&) { return estimateCell(row); },
            [](const Subscription& row) { return rawValue(row.windowEstimate()); }),
    };
    columns.back().alsoShows = [](const Row& row) { return rawValue(row.subscription.batch); };
    columns[columns.size() - 2].alsoShows = [](const Row& row) { return rawValue(row.subscription.nextTick); };
    return columns;
}

std::vector<Column<Row>> aboutTime() {
    using domain::Subscription;
    return {
        onSubscription({u"heartbeat"_s, SubscriptionTreeModel::tr("Heartbeat"),
                        SubscriptionTreeModel::tr("Age of sub_active: when it last took, finished or touched"),
                        CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                       heartbeatCell, [](const Subscription& row) { return rawAge(std::optional(row.active)); }),
        onSubscription(
            {u"open_for"_s, SubscriptionTreeModel::tr("Open for"),
             SubscriptionTreeModel::tr("How long the batch has been open; ≥ where the schema does not record it"),
             CellKind::Number, Pace::Ageing, u"≥ 14 m 02 s"_s, false},
            openForCell, [](const Subscription& row) { return rawAge(openFor(row).since); }),
        {{u"takeover"_s, SubscriptionTreeModel::tr("Takeover"),
          SubscriptionTreeModel::tr("Whether another member may take its batch over, at the dead interval chosen"),
          CellKind::Number, Pace::Ageing, u"in 14 m 02 s"_s},
         takeoverCell,
         [](const Row& row) {
             return row.kind == Row::Kind::Member && row.subscription.batch
                        ? rawAge(std::optional(row.subscription.active))
                        : QVariant();
         }},
    };
}

std::vector<Column<Row>> asStored() {
    using domain::Subscription;
    return {
        idColumn(u"sub_queue"_s, SubscriptionTreeModel::tr("Queue id"),
                 [](const Subscription& row) { return row.queueId; }),
        idColumn(u"sub_consumer"_s, SubscriptionTreeModel::tr("Consumer id"),
                 [](const Subscription& row) { return row.consumerId; }),
        idColumn(u"sub_id"_s, SubscriptionTreeModel::tr("Subscription id, shared by all rows of a group"),
                 [](const Subscription& row) { return row.subId; }),
        idColumn(u"sub_last_tick"_s, SubscriptionTreeModel::tr("Tick the window starts after"),
                 [](const Subscription& row) { return row.lastTick; }),
        idColumn(u"sub_next_tick"_s, SubscriptionTreeModel::tr("Tick the window ends with"),
                 [](const Subscription& row) { return row.nextTick; }),
        idColumn(u"sub_batch"_s, SubscriptionTreeModel::tr("Token of the open batch"),
                 [](const Subscription& row) { return row.batch; }),
        onSubscription(
            {u"sub_active"_s, u"sub_active"_s, SubscriptionTreeModel::tr("Heartbeat as stored"), CellKind::Text,
             Pace::Slow, u"2026-11-20 13:53:41.123 UTC+1"_s, false},
            [](const Subscription& row, const CellContext& context) {
                return Cell{format::timestamp(row.active, context.zone)};
            },
            [](const Subscription& row) { return QVariant(qint64(row.active.time_since_epoch().count())); }),
        onSubscription(
            {u"sub_batch_since"_s, u"sub_batch_since"_s,
             SubscriptionTreeModel::tr("When the batch was allocated, where recorded"), CellKind::Text, Pace::Slow,
             u"2026-11-20 13:53:41.123 UTC+1"_s, false},
            [](const Subscription& row, const CellContext& context) {
                return row.batchSince ? Cell{format::timestamp(*row.batchSince, context.zone)} : nothing();
            },
            [](const Subscription& row) {
                return row.batchSince ? QVariant(qint64(row.batchSince->time_since_epoch().count())) : QVariant();
            }),
        idColumn(u"sub_takeovers"_s, SubscriptionTreeModel::tr("How often the window was taken over, where recorded"),
                 [](const Subscription& row) -> std::optional<std::int64_t> { return row.takeovers; }),
    };
}

} // namespace

std::vector<Column<ConsumerRow>> subscriptionColumns() {
    std::vector<Column<ConsumerRow>> columns = askedFirst();
    for (const auto& more : {aboutTime(), asStored()})
        columns.insert(columns.end(), more.begin(), more.end());
    return columns;
}

CalmMarks::CalmMarks()
    : m_working{Tone::Good, SubscriptionTreeModel::tr("working"), SubscriptionTreeModel::tr("Has an open batch.")}
    , m_idle{Tone::Dim, SubscriptionTreeModel::tr("idle"), SubscriptionTreeModel::tr("Has no batch at the moment.")}
    , m_taken{Tone::Good, SubscriptionTreeModel::tr("flowing"),
              SubscriptionTreeModel::tr("Its members take the windows.")}
    , m_waitedFor{Tone::Good, SubscriptionTreeModel::tr("flowing"),
                  SubscriptionTreeModel::tr("Events wait for its next batch.")}
    , m_waits{Tone::Dim, SubscriptionTreeModel::tr("waits"),
              SubscriptionTreeModel::tr("The ticker of its queue is paused: events wait for a tick.")}
    , m_upToDate{Tone::Good, SubscriptionTreeModel::tr("up to date"),
                 SubscriptionTreeModel::tr("Nothing waits for it.")}
    , m_unknown{Tone::Warning, SubscriptionTreeModel::tr("unknown role"),
                SubscriptionTreeModel::tr("This console does not know the role of this row.")} {}

const Mark& CalmMarks::of(const domain::Subscription& subscription, std::optional<std::int64_t> pending,
                          bool paused) const {
    if (subscription.batch)
        return m_working;
    switch (subscription.role) {
    case domain::Role::CoopMember:
        return m_idle;
    case domain::Role::CoopMain:
        return paused && pending.value_or(0) > 0 ? m_waits : m_taken;
    case domain::Role::Normal:
        if (pending.value_or(0) == 0)
            return m_upToDate;
        return paused ? m_waits : m_waitedFor;
    case domain::Role::Unknown:
        break;
    }
    return m_unknown;
}

OpenFor openFor(const domain::Subscription& subscription) {
    if (!subscription.batch)
        return {};
    if (subscription.batchSince)
        return {subscription.batchSince, true};
    // Allocation sets the heartbeat, so the batch has been open at least since then, or since it was first seen.
    pg::Timestamp since = subscription.active;
    if (subscription.batchFirstSeen)
        since = std::min(since, *subscription.batchFirstSeen);
    return {since, false};
}

Cell openForCell(const domain::Subscription& subscription, const CellContext& context) {
    const OpenFor open = openFor(subscription);
    if (!open.since)
        return nothing();
    const QString age = format::age(context.now - *open.since);
    Cell cell{open.exact ? age : format::atLeast(age)};
    if (open.exact) {
        cell.tooltip = SubscriptionTreeModel::tr("Allocated %1").arg(format::timestamp(*open.since, context.zone));
        return cell;
    }
    cell.tooltip =
        SubscriptionTreeModel::tr("At least: since its heartbeat, or since this console first saw the batch.");
    if (subscription.nextTickTime)
        cell.tooltip += u' ' + SubscriptionTreeModel::tr("At most %1: its window ends with a tick of that age.")
                                   .arg(format::age(context.now - *subscription.nextTickTime));
    return cell;
}

Cell heartbeatCell(const domain::Subscription& subscription, const CellContext& context) {
    return {format::age(context.now - subscription.active), {}, format::timestamp(subscription.active, context.zone)};
}

Cell windowCell(const domain::Subscription& subscription, const CellContext& context) {
    if (!subscription.batch || !subscription.lastTick || !subscription.nextTick)
        return nothing();
    Cell cell{format::number(*subscription.lastTick) + u" → " + format::number(*subscription.nextTick)};
    if (subscription.lastTickTime && subscription.nextTickTime)
        cell.tooltip = SubscriptionTreeModel::tr("%1 to %2")
                           .arg(format::timestamp(*subscription.lastTickTime, context.zone),
                                format::timestamp(*subscription.nextTickTime, context.zone));
    return cell;
}

Cell estimateCell(const domain::Subscription& subscription) {
    const auto estimate = subscription.batch ? subscription.windowEstimate() : std::nullopt;
    if (!estimate)
        return nothing();
    return {
        format::number(*estimate),
        {},
        SubscriptionTreeModel::tr("≈ by sequence arithmetic; rolled-back inserts and forced ticks make it too high")};
}

QString roleText(const domain::Subscription& subscription) {
    switch (subscription.role) {
    case domain::Role::Normal:
        return u"normal"_s;
    case domain::Role::CoopMain:
        return u"coop_main"_s;
    case domain::Role::CoopMember:
        return u"coop_member"_s;
    case domain::Role::Unknown:
        break;
    }
    return format::foreign(format::text(subscription.roleText));
}

} // namespace models
