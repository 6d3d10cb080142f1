// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/backlogmodels.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Backlog {
    Q_DECLARE_TR_FUNCTIONS(Backlog)
};

Cell dueCell(const RetryLine& line, const CellContext& context) {
    const pg::Interval left = line.retry.dueAt - context.now;
    Cell cell{format::due(left), {}, format::timestamp(line.retry.dueAt, context.zone)};
    if (left.count() < 0)
        cell.tone = left < -std::chrono::minutes(1) ? Tone::Warning : Tone::Information;
    return cell;
}

Cell attemptsCell(const RetryLine& line, const CellContext&) {
    const domain::Retry& retry = line.retry;
    Cell cell{Backlog::tr("%1 of %2").arg(retry.attempts).arg(retry.maxRetries)};
    if (retry.isLastTry()) {
        cell.tone = Tone::Warning;
        cell.detail = Backlog::tr("last try");
        cell.tooltip = Backlog::tr("The next failure makes it a dead letter.");
    }
    return cell;
}

} // namespace

std::vector<Column<RetryLine>> retryColumns() {
    using Line = RetryLine;
    return {
        idColumn<Line>({u"event"_s, Backlog::tr("Event"), Backlog::tr("ev_id"), CellKind::Number, Pace::Identity,
                        u"123 456 789"_s},
                       [](const Line& line) { return line.retry.eventId; }),
        textColumn<Line>({u"queue"_s, Backlog::tr("Queue"), Backlog::tr("Name of the queue"), CellKind::Text,
                          Pace::Identity, u"notifications"_s},
                         [](const Line& line) { return format::text(line.retry.queue); }),
        textColumn<Line>({u"consumer"_s, Backlog::tr("Consumer"),
                          Backlog::tr("Who gave it back and gets it again; of a group any member"), CellKind::Text,
                          Pace::Identity, u"billing-europe"_s},
                         [](const Line& line) {
                             return line.retry.consumer.empty() ? Backlog::tr("(gone)")
                                                                : format::text(line.retry.consumer);
                         }),
        {{u"due"_s, Backlog::tr("Due"),
          Backlog::tr("When it may come again: maintenance then puts it back into the queue, and the next tick brings "
                      "it"),
          CellKind::Number, Pace::Ageing, u"1 h 12 m late"_s},
         dueCell,
         [](const Line& line) { return QVariant(qint64(line.retry.dueAt.time_since_epoch().count())); },
         [](const Line& line, const CellContext&) { return QVariant(format::isoUtc(line.retry.dueAt)); }},
        {{u"tries"_s, Backlog::tr("Failed"), Backlog::tr("Failed deliveries, and how many the queue allows"),
          CellKind::Text, Pace::Slow, u"5 of 5 last try"_s},
         attemptsCell,
         [](const Line& line) { return QVariant(line.retry.attempts); },
         {},
         {},
         // A limit that was changed changes what the cell says.
         [](const Line& line) { return QVariant(line.retry.maxRetries); }},
        optionalTextColumn<Line>(
            {u"type"_s, Backlog::tr("Type"), Backlog::tr("ev_type"), CellKind::Text, Pace::Identity,
             u"order.cancelled"_s},
            [](const Line& line) -> const auto& { return line.retry.type; }),
        bytesColumn<Line>({u"size"_s, Backlog::tr("Size"), Backlog::tr("Bytes of the payload"), CellKind::Number,
                           Pace::Identity, u"999 kB"_s},
                          [](const Line& line) { return line.retry.dataBytes; }),
        payloadColumn<Line>(
            {u"payload"_s, Backlog::tr("Payload"), Backlog::tr("ev_data, its beginning"), CellKind::Code,
             Pace::Identity, u"{\"order_id\":90211,\"total\":99}"_s},
            [](const Line& line) -> const auto& { return line.retry.data; },
            [](const Line& line) { return line.retry.dataBytes; }),
        ageColumn<Line>({u"age"_s, Backlog::tr("Sent"), Backlog::tr("ev_time: how long ago it was sent"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s, false},
                        [](const Line& line) { return line.retry.time; }),
    };
}

QString drainText(const domain::Queue& queue, const std::optional<monitor::RetryTrend>& trend) {
    if (!queue.retryDue || !queue.oldestRetryDue || queue.retryDue->value == 0)
        return {};
    const pg::Interval overdue = queue.retryDue->takenAt - *queue.oldestRetryDue;
    QStringList parts{
        Backlog::tr("%1: %2 due, the oldest for %3")
            .arg(format::foreign(format::text(queue.name)), format::count(*queue.retryDue), format::age(overdue))};
    if (!trend) {
        parts += Backlog::tr("how fast they are moved back is not known yet");
    } else if (!trend->moving) {
        parts += Backlog::tr("none is moved back");
    } else {
        if (const auto rate = trend->drained(queue.retryDue->value, overdue))
            parts += Backlog::tr("moved back at ≈ %1 a second").arg(format::rate(*rate));
        if (const auto left = trend->left(overdue))
            parts += Backlog::tr("all in ≈ %1").arg(format::age(*left));
        else
            parts +=
                trend->grows() ? Backlog::tr("more fall due than are moved") : Backlog::tr("the delay stays as it is");
    }
    return parts.join(u", "_s);
}

QString outlookText(const domain::RetryOutlook& outlook, pg::Interval age) {
    QStringList parts;
    const auto add = [&parts](std::int64_t count, const QString& words) {
        if (count > 0)
            parts += words.arg(format::number(count));
    };
    add(outlook.due, Backlog::tr("%1 due now"));
    add(outlook.lastTry, Backlog::tr("%1 on the last try"));
    add(outlook.inAMinute, Backlog::tr("%1 within a minute"));
    add(outlook.inTenMinutes, Backlog::tr("%1 within 10 min"));
    add(outlook.inAnHour, Backlog::tr("%1 within an hour"));
    add(outlook.later, Backlog::tr("%1 later"));
    if (outlook.capped)
        parts += Backlog::tr("of the first %1 by due time").arg(format::number(outlook.all()));
    if (!parts.isEmpty())
        parts += Backlog::tr("%1 ago").arg(format::age(age));
    return parts.join(u" · "_s);
}

QString retryMoveText(const domain::Capabilities& capabilities) {
    switch (capabilities.origin) {
    case domain::SchemaOrigin::Ours:
        return Backlog::tr("One call of maint_retry_events() moves at most 1,000.");
    case domain::SchemaOrigin::Foreign:
        return Backlog::tr("One call of maint_retry_events() moves 10, as PgQue does it; its scheduler calls it every "
                           "30 s.");
    case domain::SchemaOrigin::OursDrifted:
    case domain::SchemaOrigin::Unknown:
    case domain::SchemaOrigin::None:
        break;
    }
    return {};
}

std::vector<Column<DeadLine>> deadColumns() {
    using Line = DeadLine;
    std::vector<Column<Line>> columns = {
        idColumn<Line>({u"letter"_s, Backlog::tr("Letter"), Backlog::tr("dl_id"), CellKind::Number, Pace::Identity,
                        u"123 456"_s, false},
                       [](const Line& line) { return line.letter.id; }),
        idColumn<Line>({u"event"_s, Backlog::tr("Event"), Backlog::tr("ev_id"), CellKind::Number, Pace::Identity,
                        u"123 456 789"_s},
                       [](const Line& line) { return line.letter.eventId; }),
        ageColumn<Line>({u"died"_s, Backlog::tr("Given up"), Backlog::tr("dl_time: how long ago it was given up"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.letter.time; }),
        textColumn<Line>({u"queue"_s, Backlog::tr("Queue"), Backlog::tr("Name of the queue"), CellKind::Text,
                          Pace::Identity, u"emails-eu"_s},
                         [](const Line& line) { return format::text(line.letter.queue); }),
        textColumn<Line>({u"consumer"_s, Backlog::tr("Consumer"), Backlog::tr("Who gave it up"), CellKind::Text,
                          Pace::Identity, u"billing-eu"_s},
                         [](const Line& line) { return format::text(line.letter.consumer); }),
        optionalTextColumn<Line>(
            {u"type"_s, Backlog::tr("Type"), Backlog::tr("ev_type"), CellKind::Text, Pace::Identity,
             u"email.request"_s},
            [](const Line& line) -> const auto& { return line.letter.type; }),
        numberColumn<Line>({u"tries"_s, Backlog::tr("Retries"), Backlog::tr("How often it was put back before"),
                            CellKind::Number, Pace::Identity, u"999"_s},
                           [](const Line& line) { return line.letter.attempts; }),
        payloadColumn<Line>({u"reason"_s, Backlog::tr("Reason"), Backlog::tr("dl_reason: what the worker said"),
                             CellKind::Text, Pace::Identity, u"550 mailbox unavailable"_s},
                            [](const Line& line) -> const auto& { return line.letter.reason; }, {}),
        bytesColumn<Line>({u"size"_s, Backlog::tr("Size"), Backlog::tr("Bytes of the payload"), CellKind::Number,
                           Pace::Identity, u"999 kB"_s, false},
                          [](const Line& line) { return line.letter.dataBytes; }),
        momentColumn<Line>({u"sent"_s, Backlog::tr("Sent at"), Backlog::tr("ev_time: when the event was sent"),
                            CellKind::Text, Pace::Identity, u"2026-11-20 13:53:41.123 UTC+1"_s, false},
                           [](const Line& line) { return line.letter.eventTime; }),
        idColumn<Line>({u"txid"_s, Backlog::tr("Transaction"),
                        Backlog::tr("ev_txid: the transaction that first inserted the event"), CellKind::Number,
                        Pace::Identity, u"123 456 789"_s, false},
                       [](const Line& line) { return line.letter.txid; }),
    };
    for (std::size_t at = 0; at < 4; ++at) {
        const QString id = u"extra"_s + QString::number(at + 1);
        columns.push_back(payloadColumn<Line>(
            {id, id, u"ev_"_s + id, CellKind::Text, Pace::Identity, u"some extra text"_s, false},
            [at](const Line& line) -> const auto& { return line.letter.extras[at]; },
            [at](const Line& line) { return line.letter.extraBytes[at]; }));
    }
    return columns;
}

std::string DeadGroupLine::key() const {
    return std::to_string(group.queueId) + '/' + group.type.value_or("\x01") + '/' + group.reason;
}

std::vector<Column<DeadGroupLine>> deadGroupColumns() {
    using Line = DeadGroupLine;
    return {
        textColumn<Line>({u"reason"_s, Backlog::tr("Reason"),
                          Backlog::tr("What the workers said; numbers, ids and quoted texts left out"), CellKind::Text,
                          Pace::Identity, u"payment gateway answered # for order #"_s},
                         [](const Line& line) {
                             return line.group.reason.empty() ? Backlog::tr("(none given)") : masked(line.group.reason);
                         }),
        numberColumn<Line>({u"count"_s, Backlog::tr("Letters"), Backlog::tr("How many of those looked at"),
                            CellKind::Number, Pace::Slow, u"10 000"_s},
                           [](const Line& line) { return line.group.count; }),
        textColumn<Line>({u"queue"_s, Backlog::tr("Queue"), Backlog::tr("Name of the queue"), CellKind::Text,
                          Pace::Identity, u"notifications"_s},
                         [](const Line& line) { return format::text(line.group.queue); }),
        optionalTextColumn<Line>(
            {u"type"_s, Backlog::tr("Type"), Backlog::tr("ev_type"), CellKind::Text, Pace::Identity,
             u"order.cancelled"_s},
            [](const Line& line) -> const auto& { return line.group.type; }),
        ageColumn<Line>({u"newest"_s, Backlog::tr("Newest"), Backlog::tr("How long ago the last of them was given up"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.group.last; }),
        ageColumn<Line>({u"oldest"_s, Backlog::tr("Oldest"), Backlog::tr("How long ago the first of them was given up"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.group.first; }),
    };
}

} // namespace models
