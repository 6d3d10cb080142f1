// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/inflightmodel.h"

#include "models/subscriptioncolumns.h"

using namespace Qt::StringLiterals;

namespace models {

namespace {

using domain::Subscription;

/// A column that shows something of the subscription alone.
Column<BatchRow> ofSubscription(ColumnInfo info,
                                const std::function<Cell(const Subscription&, const CellContext&)>& shows,
                                const std::function<QVariant(const Subscription&)>& key) {
    return {std::move(info),
            [shows](const BatchRow& row, const CellContext& context) { return shows(row.subscription, context); },
            [key](const BatchRow& row) { return key(row.subscription); }};
}

std::vector<Column<BatchRow>> whose() {
    return {
        ofSubscription(
            {u"batch"_s, InFlightModel::tr("Batch"), InFlightModel::tr("Token: whoever holds it may finish the batch"),
             CellKind::Number, Pace::Identity, u"123 456"_s},
            [](const Subscription& row, const CellContext&) {
                return row.batch ? Cell{QString::number(*row.batch)} : Cell{format::none(), {}, {}, Tone::Dim};
            },
            [](const Subscription& row) { return rawValue(row.batch); }),
        {{u"queue"_s, InFlightModel::tr("Queue"), InFlightModel::tr("Name of the queue"), CellKind::Text,
          Pace::Identity, u"notifications"_s},
         [](const BatchRow& row, const CellContext&) {
             const QString name = format::foreign(format::text(row.queueName));
             return Cell{name, {}, name};
         },
         [](const BatchRow& row) { return QVariant(format::text(row.queueName)); }},
        {{u"owner"_s, InFlightModel::tr("Owner"),
          InFlightModel::tr("The consumer, or group and member, that holds the batch"), CellKind::Text, Pace::Identity,
          u"notifications.worker-12"_s},
         [](const BatchRow& row, const CellContext&) {
             const QString name = format::foreign(format::text(row.subscription.consumerName));
             return Cell{name, {}, name, Tone::None, true};
         },
         [](const BatchRow& row) { return QVariant(format::text(row.subscription.consumerName)); }},
        ofSubscription(
            {u"role"_s, InFlightModel::tr("Role"), InFlightModel::tr("normal or coop_member"), CellKind::Text,
             Pace::Identity, u"coop_member"_s},
            [](const Subscription& row, const CellContext&) {
                return Cell{roleText(row), {}, {}, Tone::Dim};
            },
            [](const Subscription& row) { return QVariant(roleText(row)); }),
        {{u"state"_s, InFlightModel::tr("State"), InFlightModel::tr("The worst finding about this batch, in a word"),
          CellKind::Chip, Pace::Slow, u"● heartbeat old"_s},
         [](const BatchRow& row, const CellContext&) { return row.mark.cell(); },
         [](const BatchRow& row) { return row.mark.sortKey(); },
         [](const BatchRow& row, const CellContext&) { return QVariant(row.mark.word); }},
    };
}

std::vector<Column<BatchRow>> howLongAndHowMuch() {
    return {
        ofSubscription({u"open_for"_s, InFlightModel::tr("Open for"),
                        InFlightModel::tr("How long the batch has been open; ≥ where the schema does not record it"),
                        CellKind::Number, Pace::Ageing, u"≥ 14 m 02 s"_s},
                       openForCell, [](const Subscription& row) { return rawAge(openFor(row).since); }),
        ofSubscription({u"heartbeat"_s, InFlightModel::tr("Heartbeat"), InFlightModel::tr("Age of sub_active"),
                        CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                       heartbeatCell, [](const Subscription& row) { return rawAge(std::optional(row.active)); }),
        ofSubscription({u"window"_s, InFlightModel::tr("Tick window"),
                        InFlightModel::tr("From which tick to which tick the batch reads"), CellKind::Code,
                        Pace::Identity, u"123 456 → 123 457"_s},
                       windowCell, [](const Subscription& row) { return rawValue(row.lastTick); }),
        ofSubscription(
            {u"events"_s, InFlightModel::tr("Events ≈"),
             InFlightModel::tr("Events in the window, by sequence arithmetic"), CellKind::Number, Pace::Slow,
             u"123 456"_s},
            [](const Subscription& row, const CellContext&) { return estimateCell(row); },
            [](const Subscription& row) { return rawValue(row.windowEstimate()); }),
        ofSubscription(
            {u"takeovers"_s, InFlightModel::tr("Takeovers"),
             InFlightModel::tr("How often this window was taken over, where recorded"), CellKind::Number, Pace::Slow,
             u"99"_s, false},
            [](const Subscription& row, const CellContext&) {
                return Cell{row.takeovers ? format::number(*row.takeovers) : format::none()};
            },
            [](const Subscription& row) { return rawValue(row.takeovers); }),
    };
}

std::vector<Column<BatchRow>> batchColumns() {
    std::vector<Column<BatchRow>> columns = whose();
    const auto more = howLongAndHowMuch();
    columns.insert(columns.end(), more.begin(), more.end());
    for (Column<BatchRow>& column : columns) {
        if (column.info.id == "window"_L1)
            column.alsoShows = [](const BatchRow& row) { return rawValue(row.subscription.nextTick); };
    }
    return columns;
}

/// Every receive and every ack locks its row for an instant; only what lasts, or makes others wait, is worth a line.
bool isWorthSaying(const domain::RowLock& lock, const domain::Activity& activity) {
    return !lock.waiting.empty() || (lock.since && activity.takenAt - *lock.since > std::chrono::seconds(1));
}

Mark uncommitted(const domain::RowLock& lock) {
    QString sentence =
        InFlightModel::tr("A transaction that is still open has changed this row: a worker that handles its "
                          "messages before it commits, or one that hangs.");
    if (lock.sinceIsLeast && lock.pid)
        sentence += u' ' + InFlightModel::tr("There is no right to see since when; it is counted from when it was first "
                                             "seen.");
    if (lock.pid)
        sentence += u' ' + InFlightModel::tr("Session: pid %1 %2.")
                               .arg(QString::number(lock.pid), format::foreign(format::text(lock.application)));
    return {Tone::Information, InFlightModel::tr("not committed"), sentence};
}

} // namespace

std::string BatchRow::key() const {
    return std::to_string(subscription.queueId) + '/' + std::to_string(subscription.consumerId) + '/' +
           std::to_string(subscription.batch.value_or(0));
}

InFlightModel::InFlightModel(QObject* parent)
    : KeyedTableModel<BatchRow>(batchColumns(), parent) {}

void InFlightModel::setSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    std::vector<BatchRow> rows;
    const WorstFindings worst(diagnosis);
    const CalmMarks calm;
    const auto add = [&](const Subscription& subscription) -> BatchRow* {
        const domain::Queue* queue = snapshot.queue(subscription.queueId);
        if (!queue)
            return nullptr;
        rows.push_back({subscription, queue->name, domain::groupName(snapshot, subscription),
                        domain::subconsumerName(snapshot, subscription), std::nullopt,
                        calm.of(subscription, std::nullopt, queue->tickerPaused)});
        return &rows.back();
    };
    for (const Subscription& subscription : snapshot.subscriptions) {
        BatchRow* row = subscription.batch ? add(subscription) : nullptr;
        if (!row)
            continue;
        const domain::Finding* finding = worst.ofBatch(row->queueName, *subscription.batch);
        if (!finding)
            finding = worst.ofMember(row->queueName, row->group, row->subconsumer);
        if (finding)
            row->mark = markOf(*finding);
    }
    if (snapshot.activity) {
        for (const domain::RowLock& lock : snapshot.activity->rowLocks) {
            const Subscription* subscription = snapshot.subscription(lock.queueId, lock.consumerId);
            if (!subscription || subscription->batch || !isWorthSaying(lock, *snapshot.activity))
                continue;
            if (BatchRow* row = add(*subscription)) {
                row->lock = lock;
                row->mark = uncommitted(lock);
            }
        }
    }
    std::stable_sort(rows.begin(), rows.end(), [](const BatchRow& left, const BatchRow& right) {
        return openFor(left.subscription).since < openFor(right.subscription).since;
    });
    CellContext context = this->context();
    context.now = snapshot.asOf();
    apply(std::move(rows), context);
}

void InFlightModel::setZone(const QTimeZone& zone) {
    CellContext context = this->context();
    context.zone = zone;
    setContext(context);
}

} // namespace models
