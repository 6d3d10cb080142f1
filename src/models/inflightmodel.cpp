// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/inflightmodel.h"

#include "models/subscriptioncolumns.h"

using namespace Qt::StringLiterals;

namespace models {

namespace {

using domain::Subscription;

/// A column that shows something of the subscription alone.
Column<BatchRow> ofSubscription(ColumnInfo info, std::function<Cell(const Subscription&, const CellContext&)> shows,
                                std::function<QVariant(const Subscription&)> key) {
    return {std::move(info),
            [shows](const BatchRow& row, const CellContext& context) { return shows(row.subscription, context); },
            [key](const BatchRow& row) { return key(row.subscription); }};
}

QString tr(const char* text) {
    return InFlightModel::tr(text);
}

std::vector<Column<BatchRow>> whose() {
    return {
        ofSubscription(
            {u"batch"_s, tr("Batch"), tr("Token: whoever holds it may finish the batch"), CellKind::Number,
             Pace::Identity, u"123 456"_s},
            [](const Subscription& row, const CellContext&) { return Cell{QString::number(*row.batch)}; },
            [](const Subscription& row) { return rawValue(row.batch); }),
        {{u"queue"_s, tr("Queue"), tr("Name of the queue"), CellKind::Text, Pace::Identity, u"notifications"_s},
         [](const BatchRow& row, const CellContext&) {
             const QString name = format::foreign(format::text(row.queueName));
             return Cell{name, {}, name};
         },
         [](const BatchRow& row) { return QVariant(format::text(row.queueName)); }},
        {{u"owner"_s, tr("Owner"), tr("The consumer, or group and member, that holds the batch"), CellKind::Text,
          Pace::Identity, u"notifications.worker-12"_s},
         [](const BatchRow& row, const CellContext&) {
             const QString name = format::foreign(format::text(row.subscription.consumerName));
             return Cell{name, {}, name, Tone::None, true};
         },
         [](const BatchRow& row) { return QVariant(format::text(row.subscription.consumerName)); }},
        ofSubscription(
            {u"role"_s, tr("Role"), tr("normal or coop_member"), CellKind::Text, Pace::Identity, u"coop_member"_s},
            [](const Subscription& row, const CellContext&) {
                return Cell{roleText(row), {}, {}, Tone::Dim};
            },
            [](const Subscription& row) { return QVariant(roleText(row)); }),
        {{u"state"_s, tr("State"), tr("The worst finding about this batch, in a word"), CellKind::Chip, Pace::Slow,
          u"● heartbeat old"_s},
         [](const BatchRow& row, const CellContext&) { return row.mark.cell(); },
         [](const BatchRow& row) { return row.mark.sortKey(); },
         [](const BatchRow& row, const CellContext&) { return QVariant(row.mark.word); }},
    };
}

std::vector<Column<BatchRow>> howLongAndHowMuch() {
    return {
        ofSubscription({u"open_for"_s, tr("Open for"),
                        tr("How long the batch has been open; ≥ where the schema does not record it"), CellKind::Number,
                        Pace::Ageing, u"≥ 14 m 02 s"_s},
                       openForCell, [](const Subscription& row) { return rawAge(openFor(row).since); }),
        ofSubscription(
            {u"heartbeat"_s, tr("Heartbeat"), tr("Age of sub_active"), CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
            heartbeatCell, [](const Subscription& row) { return rawAge(std::optional(row.active)); }),
        ofSubscription({u"window"_s, tr("Tick window"), tr("From which tick to which tick the batch reads"),
                        CellKind::Code, Pace::Identity, u"123 456 → 123 457"_s},
                       windowCell, [](const Subscription& row) { return rawValue(row.lastTick); }),
        ofSubscription(
            {u"events"_s, tr("Events ≈"), tr("Events in the window, by sequence arithmetic"), CellKind::Number,
             Pace::Slow, u"123 456"_s},
            [](const Subscription& row, const CellContext&) { return estimateCell(row); },
            [](const Subscription& row) { return rawValue(row.windowEstimate()); }),
        ofSubscription(
            {u"takeovers"_s, tr("Takeovers"), tr("How often this window was taken over, where recorded"),
             CellKind::Number, Pace::Slow, u"99"_s, false},
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
    return columns;
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
    for (const Subscription& subscription : snapshot.subscriptions) {
        const domain::Queue* queue = subscription.batch ? snapshot.queue(subscription.queueId) : nullptr;
        if (!queue)
            continue;
        BatchRow row{subscription, queue->name, domain::groupName(snapshot, subscription),
                     domain::subconsumerName(snapshot, subscription), calmMark(subscription, std::nullopt)};
        const domain::Finding* finding = worstOfBatch(diagnosis, queue->name, *subscription.batch);
        if (!finding)
            finding = worstOfMember(diagnosis, queue->name, row.group, row.subconsumer);
        if (finding)
            row.mark = markOf(*finding);
        rows.push_back(std::move(row));
    }
    std::stable_sort(rows.begin(), rows.end(), [](const BatchRow& left, const BatchRow& right) {
        return openFor(left.subscription).since < openFor(right.subscription).since;
    });
    CellContext context = this->context();
    context.now = snapshot.takenAt;
    apply(std::move(rows), context);
}

void InFlightModel::setZone(const QTimeZone& zone) {
    CellContext context = this->context();
    context.zone = zone;
    setContext(context);
}

} // namespace models
