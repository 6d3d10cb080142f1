// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workmodels.h"

#include "models/masking.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Work {
    Q_DECLARE_TR_FUNCTIONS(Work)
};

/// A lapse or a delay that old was passed over by several rounds of maintenance.
constexpr pg::Interval passedOver = std::chrono::seconds(30);

/// Where nothing tells how long a lease is.
constexpr pg::Interval endsSoon = std::chrono::seconds(10);

/// Ready for so long and nothing in flight: nobody claims.
constexpr pg::Interval unclaimedFor = std::chrono::minutes(1);

Cell zeroDim(std::int64_t value, Tone tone) {
    Cell cell{format::number(value)};
    cell.tone = value == 0 ? Tone::Dim : tone;
    return cell;
}

Column<WorkQueueLine> countColumn(const QString& id, const QString& title, const QString& meaning, Tone tone,
                                  std::int64_t domain::WorkQueue::*member, bool shown = true) {
    return {{id, title, meaning, CellKind::Number, Pace::Slow, u"10 000"_s, shown},
            [member, tone](const WorkQueueLine& line, const CellContext&) { return zeroDim(line.queue.*member, tone); },
            [member](const WorkQueueLine& line) { return QVariant(qint64(line.queue.*member)); }};
}

Cell leaseCell(const WorkMessageLine& line, const CellContext& context) {
    const domain::WorkMessage& message = line.message;
    if (message.leaseEnds) {
        const Mark mark = deliveryMark(line, context.now);
        Cell cell{
            format::due(*message.leaseEnds - context.now), {}, format::timestamp(*message.leaseEnds, context.zone)};
        cell.tooltip += u'\n' + mark.sentence;
        cell.tone = mark.tone == Tone::Good ? Tone::None : mark.tone;
        return cell;
    }
    if (message.dueAt && message.state == "scheduled")
        return {format::due(*message.dueAt - context.now), {}, format::timestamp(*message.dueAt, context.zone)};
    return {format::none(), {}, {}, Tone::Dim};
}

Column<WorkMessageLine> messageIdColumn() {
    return idColumn<WorkMessageLine>({u"id"_s, Work::tr("Message"), Work::tr("msg_id; of a dead letter its dead_id"),
                                      CellKind::Number, Pace::Identity, u"123 456"_s},
                                     [](const WorkMessageLine& line) { return line.message.id; });
}

Column<WorkMessageLine> messagePriorityColumn() {
    return numberColumn<WorkMessageLine>(
        {u"priority"_s, Work::tr("Prio"), Work::tr("1 to 10, higher first"), CellKind::Number, Pace::Identity, u"10"_s},
        [](const WorkMessageLine& line) {
            return line.message.priority == 0 ? std::nullopt : std::optional<std::int64_t>(line.message.priority);
        });
}

Column<WorkMessageLine> messageTaskColumn() {
    return textColumn<WorkMessageLine>({u"task"_s, Work::tr("Task"), Work::tr("task_name in the payload"),
                                        CellKind::Text, Pace::Identity, u"process_file_batch"_s},
                                       [](const WorkMessageLine& line) { return masked(line.message.task); });
}

Column<WorkMessageLine> messageReadsColumn() {
    return numberColumn<WorkMessageLine>({u"reads"_s, Work::tr("Reads"), Work::tr("read_ct: how often it was claimed"),
                                          CellKind::Number, Pace::Slow, u"99"_s},
                                         [](const WorkMessageLine& line) { return line.message.reads; });
}

Column<WorkMessageLine> messageHolderColumn() {
    return textColumn<WorkMessageLine>({u"holder"_s, Work::tr("Holder"), Work::tr("claimed_by, where it is recorded"),
                                        CellKind::Text, Pace::Slow, u"worker-12"_s},
                                       [](const WorkMessageLine& line) { return format::text(line.message.holder); });
}

} // namespace

QString installText(const domain::WorkInstall& install) {
    QString schema = format::foreign(format::text(install.schema), 40);
    switch (install.generation) {
    case domain::WorkGeneration::Plain:
        return Work::tr("%1 (leases, no priorities)").arg(schema);
    case domain::WorkGeneration::LeaseOnly:
        return Work::tr("%1 (leases only)").arg(schema);
    case domain::WorkGeneration::States:
        return Work::tr("%1 (states)").arg(schema);
    case domain::WorkGeneration::Scheduled:
        return install.ours ? schema : Work::tr("%1 (states and delays)").arg(schema);
    case domain::WorkGeneration::Pgmq:
        return Work::tr("PGMQ");
    case domain::WorkGeneration::None:
        break;
    }
    return schema;
}

std::optional<pg::Interval> leaseSpan(const WorkMessageLine& line) {
    const domain::WorkMessage& message = line.message;
    if (!message.leaseEnds || !message.claimedAt)
        return {};
    const pg::Interval sinceClaim = *message.leaseEnds - *message.claimedAt;
    return line.leaseSeconds ? std::min<pg::Interval>(sinceClaim, std::chrono::seconds(*line.leaseSeconds))
                             : sinceClaim;
}

Mark deliveryMark(const WorkMessageLine& line, pg::Timestamp now) {
    const auto& ends = line.message.leaseEnds;
    if (!ends)
        return {};
    const pg::Interval left = *ends - now;
    if (left.count() <= 0)
        return {
            Tone::Critical, Work::tr("again"),
            Work::tr("The lease has ended. The message is delivered again, although its holder may be at work on it.")};
    const auto span = leaseSpan(line);
    if (left < (span ? *span / 3 : endsSoon))
        return {Tone::Warning, Work::tr("again, soon"),
                span ? Work::tr("Two thirds of the lease are over without a renewal: unless it is done with or renewed "
                                "until then, the message is delivered a second time.")
                     : Work::tr("Unless it is done with or renewed until then, it is delivered a second time.")};
    return {Tone::Good, Work::tr("held"), Work::tr("Under a live lease.")};
}

QString reaperText(const domain::WorkLeader& leader, pg::Timestamp now) {
    QStringList parts;
    parts += leader.name.empty()
                 ? Work::tr("no leader")
                 : Work::tr("leader %1, renewed %2 ago")
                       .arg(format::foreign(format::text(leader.name), 40), format::age(now - leader.acquiredAt));
    if (leader.lastMaint)
        parts += Work::tr("maint() ran %1 ago").arg(format::age(now - *leader.lastMaint));
    return parts.join(u" · "_s);
}

static Cell noDelayed(const WorkBandLine& line) {
    return {line.delayedIsKnown ? u"0"_s : format::none(), {}, {}, Tone::Dim};
}

std::vector<WorkBandLine> bandLines(const domain::WorkQueue& queue,
                                    const std::optional<std::vector<domain::WorkDelayed>>& delayed) {
    std::vector<WorkBandLine> lines;
    for (const domain::WorkBand& band : queue.bands)
        lines.push_back({band, {}, delayed.has_value()});
    if (!delayed)
        return lines;
    for (const domain::WorkDelayed& one : *delayed) {
        auto line = std::find_if(lines.begin(), lines.end(),
                                 [&one](const WorkBandLine& other) { return other.band.priority <= one.priority; });
        if (line == lines.end() || line->band.priority != one.priority) {
            line = lines.insert(line, WorkBandLine());
            line->band.priority = one.priority;
        }
        line->delayed = one;
    }
    return lines;
}

std::vector<WorkReadsLine> readsLines(const domain::WorkQueue& queue) {
    std::int64_t most = 1;
    for (const domain::WorkReads& one : queue.reads)
        most = std::max(most, one.messages);
    std::vector<WorkReadsLine> lines;
    for (const domain::WorkReads& one : queue.reads)
        lines.push_back({one, double(one.messages) / double(most), one.reads > queue.maxAttempts});
    return lines;
}

std::vector<Column<WorkBandLine>> workBandColumns() {
    using Line = WorkBandLine;
    const auto number = [](const QString& id, const QString& title, const QString& meaning, Tone tone, auto value) {
        return Column<Line>{{id, title, meaning, CellKind::Number, Pace::Slow, u"10 000+"_s},
                            [value, tone](const Line& line, const CellContext&) { return zeroDim(value(line), tone); },
                            [value](const Line& line) { return QVariant(qint64(value(line))); }};
    };
    return {
        numberColumn<Line>(
            {u"priority"_s, Work::tr("Priority"), Work::tr("Higher first"), CellKind::Number, Pace::Identity, u"10"_s},
            [](const Line& line) {
                return line.band.priority == 0 ? std::nullopt : std::optional<std::int64_t>(line.band.priority);
            }),
        {{u"ready"_s, Work::tr("Ready"), Work::tr("Can be claimed now; counted up to 1,000"), CellKind::Number,
          Pace::Slow, u"10 000+"_s},
         [](const Line& line, const CellContext&) {
             return Cell{format::count(line.band.ready), {}, {}, line.band.ready.value == 0 ? Tone::Dim : Tone::None};
         },
         [](const Line& line) { return QVariant(qint64(line.band.ready.value)); },
         {},
         {},
         [](const Line& line) { return QVariant(line.band.ready.capped); }},
        ageColumn<Line>({u"oldest"_s, Work::tr("Oldest"), Work::tr("How long the message that comes next has waited"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.band.oldest; }),
        idColumn<Line>({u"head"_s, Work::tr("Next"), Work::tr("msg_id of the message that is claimed next"),
                        CellKind::Number, Pace::Slow, u"12345678"_s},
                       [](const Line& line) { return line.band.headId; }),
        number(u"claimed"_s, Work::tr("In flight"), Work::tr("Held under a lease"), Tone::None,
               [](const Line& line) { return line.band.claimed; }),
        number(u"lapsed"_s, Work::tr("Lapsed"), Work::tr("Of these, with a lease that has ended"), Tone::Warning,
               [](const Line& line) { return line.band.lapsed; }),
        {{u"delayed"_s, Work::tr("Delayed"), Work::tr("Of the 10,000 that are due first"), CellKind::Number, Pace::Slow,
          u"10 000+"_s},
         [](const Line& line, const CellContext&) {
             return line.delayed ? Cell{format::count(line.delayed->scheduled)} : noDelayed(line);
         },
         [](const Line& line) {
             return line.delayed          ? QVariant(qint64(line.delayed->scheduled.value))
                    : line.delayedIsKnown ? QVariant(qint64(0))
                                          : QVariant();
         },
         {},
         {},
         [](const Line& line) { return line.delayed ? QVariant(line.delayed->scheduled.capped) : QVariant(); }},
        {{u"overdue"_s, Work::tr("Overdue"), Work::tr("Of these, due and not yet promoted"), CellKind::Number,
          Pace::Slow, u"10 000+"_s},
         [](const Line& line, const CellContext&) {
             return line.delayed ? zeroDim(line.delayed->overdue, Tone::Warning) : noDelayed(line);
         },
         [](const Line& line) {
             return line.delayed || line.delayedIsKnown ? QVariant(qint64(line.delayed ? line.delayed->overdue : 0))
                                                        : QVariant();
         }},
    };
}

std::vector<Column<WorkReadsLine>> workReadsColumns() {
    using Line = WorkReadsLine;
    return {
        numberColumn<Line>({u"reads"_s, Work::tr("Claimed"), Work::tr("read_ct: so many times"), CellKind::Number,
                            Pace::Identity, u"99"_s},
                           [](const Line& line) { return line.reads.reads; }),
        {{u"verdict"_s, Work::tr("Verdict"), Work::tr("Poison: claimed more often than the queue allows"),
          CellKind::Chip, Pace::Slow, u"▲ poison"_s},
         [](const Line& line, const CellContext&) {
             return (line.poison ? Mark{Tone::Warning, Work::tr("poison"),
                                        Work::tr("Claimed more often than the queue allows: to be buried, not run.")}
                                 : Mark{Tone::Information, Work::tr("tried again"),
                                        Work::tr("Not the first delivery, and not yet too many.")})
                 .cell();
         },
         [](const Line& line) { return QVariant(line.poison); }},
        {{u"messages"_s, Work::tr("Messages"), Work::tr("That many were claimed so often"), CellKind::Bar, Pace::Slow,
          u"10 000 000"_s},
         [](const Line& line, const CellContext&) {
             return Cell{format::number(line.reads.messages), {}, {}, line.poison ? Tone::Warning : Tone::None};
         },
         [](const Line& line) { return QVariant(qint64(line.reads.messages)); },
         {},
         [](const Line& line, const CellContext&) { return QList<double>{line.share}; },
         [](const Line& line) {
             return QVariant(QList<QVariant>{line.share, line.poison});
         }},
    };
}

Mark markOf(const domain::WorkQueue& queue, pg::Timestamp now) {
    if (queue.worstLapse && *queue.worstLapse > passedOver)
        return {Tone::Critical, Work::tr("lapsed"),
                Work::tr("A lease ended %1 ago and its message was not made ready: nobody re-arms.")
                    .arg(format::age(*queue.worstLapse))};
    if (queue.overdue > 0 && queue.nextDue && now - *queue.nextDue > passedOver)
        return {Tone::Critical, Work::tr("overdue"),
                Work::tr("A message was due %1 ago: nobody promotes.").arg(format::age(now - *queue.nextDue))};
    if (queue.poison > 0)
        return {Tone::Warning, Work::tr("poison"), Work::tr("Messages were claimed more often than the queue allows.")};
    if (queue.paused)
        return {Tone::Information, Work::tr("paused"), Work::tr("Nothing is claimed from it.")};
    const auto oldest = queue.oldest();
    if (queue.claimed == 0 && oldest && now - *oldest > unclaimedFor)
        return {Tone::Warning, Work::tr("no worker"), Work::tr("Messages are ready and none is in flight.")};
    const bool idle = queue.bands.empty() && queue.claimed == 0;
    return {Tone::Good, idle ? Work::tr("empty") : Work::tr("flowing"), {}};
}

QString bandText(const domain::WorkQueue& queue) {
    QStringList parts;
    for (const domain::WorkBand& band : queue.bands) {
        if (band.ready.value > 0 || band.ready.capped)
            parts +=
                (band.priority == 0 ? QString() : QString::number(band.priority) + u": "_s) + format::count(band.ready);
    }
    return parts.isEmpty() ? format::none() : parts.join(u" · "_s);
}

std::vector<Column<WorkQueueLine>> workQueueColumns() {
    using Line = WorkQueueLine;
    return {
        textColumn<Line>({u"queue"_s, Work::tr("Queue"), Work::tr("Its name is all a work queue is"), CellKind::Text,
                          Pace::Identity, u"thumbnails-europe"_s},
                         [](const Line& line) { return format::text(line.queue.name); }),
        {{u"state"_s, Work::tr("State"), Work::tr("What needs attention, in a word"), CellKind::Chip, Pace::Ageing,
          u"▲ no worker now"_s},
         [](const Line& line, const CellContext& context) { return markOf(line.queue, context.now).cell(); },
         [](const Line& line) {
             return QVariant(qint64(line.queue.lapsed * 1'000'000 + line.queue.overdue * 1'000 + line.queue.poison));
         }},
        {{u"ready"_s, Work::tr("Ready"), Work::tr("Can be claimed now; counted up to 1,000 a priority"),
          CellKind::Number, Pace::Slow, u"10 000+"_s},
         [](const Line& line, const CellContext&) {
             const domain::Count ready = line.queue.ready();
             return Cell{format::count(ready), {}, {}, ready.value == 0 ? Tone::Dim : Tone::None};
         },
         [](const Line& line) { return QVariant(qint64(line.queue.ready().value)); },
         {},
         {},
         [](const Line& line) { return QVariant(line.queue.ready().capped); }},
        {{u"bands"_s, Work::tr("By priority"), Work::tr("Ready messages of each priority, the highest first"),
          CellKind::Code, Pace::Slow, u"10: 3 · 7: 412 · 5: 1 000+"_s},
         [](const Line& line, const CellContext&) {
             const QString text = bandText(line.queue);
             return Cell{text, {}, text};
         },
         [](const Line& line) { return QVariant(bandText(line.queue)); }},
        ageColumn<Line>({u"oldest"_s, Work::tr("Oldest"), Work::tr("How long the oldest ready message has waited"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.queue.oldest(); }),
        {{u"change"_s, Work::tr("Change"),
          Work::tr("By how many messages a second it grew or shrank in the last half minute, delayed and in flight "
                   "included"),
          CellKind::Number, Pace::Slow, u"+12.3/s"_s},
         [](const Line& line, const CellContext&) {
             if (!line.change)
                 return Cell{format::none(), {}, {}, Tone::Dim};
             const double rate = std::abs(*line.change) < 0.05 ? 0 : *line.change;
             return Cell{(rate > 0   ? u"+"_s
                          : rate < 0 ? u"−"_s
                                     : QString()) +
                             format::rate(std::abs(rate)) + u"/s"_s,
                         {},
                         {},
                         rate == 0 ? Tone::Dim : Tone::None};
         },
         [](const Line& line) { return line.change ? QVariant(*line.change) : QVariant(); }},
        countColumn(u"claimed"_s, Work::tr("In flight"), Work::tr("Held under a lease"), Tone::None,
                    &domain::WorkQueue::claimed),
        countColumn(u"lapsed"_s, Work::tr("Lapsed"), Work::tr("Of these, with a lease that has ended"), Tone::Warning,
                    &domain::WorkQueue::lapsed),
        {{u"scheduled"_s, Work::tr("Delayed"), Work::tr("Not before a time that was given; counted up to 1,000"),
          CellKind::Number, Pace::Slow, u"10 000+"_s},
         [](const Line& line, const CellContext& context) {
             const std::int64_t count = line.queue.scheduled;
             return Cell{
                 format::count({count, count >= 1'000, context.now}), {}, {}, count == 0 ? Tone::Dim : Tone::None};
         },
         [](const Line& line) { return QVariant(qint64(line.queue.scheduled)); }},
        countColumn(u"overdue"_s, Work::tr("Overdue"), Work::tr("Of these, due and not yet promoted"), Tone::Warning,
                    &domain::WorkQueue::overdue),
        countColumn(u"poison"_s, Work::tr("Poison"), Work::tr("Claimed more often than the queue allows"),
                    Tone::Critical, &domain::WorkQueue::poison),
        {{u"dead"_s, Work::tr("Dead"), Work::tr("Buried with their payload and a reason"), CellKind::Number, Pace::Slow,
          u"10 000+"_s},
         [](const Line& line, const CellContext& context) {
             const auto& [dead, isLeast] = std::tie(line.queue.dead, line.queue.deadIsLeast);
             return Cell{format::count({dead, isLeast, context.now}),
                         {},
                         isLeast ? Work::tr("There are more than 10,000 dead letters; so many of this queue were seen.")
                                 : QString(),
                         dead == 0 ? Tone::Dim : Tone::None};
         },
         [](const Line& line) { return QVariant(qint64(line.queue.dead)); },
         {},
         {},
         [](const Line& line) { return QVariant(line.queue.deadIsLeast); }},
        {{u"reads"_s, Work::tr("Most reads"), Work::tr("The highest read count of a message"), CellKind::Number,
          Pace::Slow, u"99"_s, false},
         [](const Line& line, const CellContext&) { return zeroDim(line.queue.highestReads, Tone::None); },
         [](const Line& line) { return QVariant(line.queue.highestReads); }},
    };
}

std::vector<Column<WorkMessageLine>> workLeaseColumns() {
    using Line = WorkMessageLine;
    return {
        messageIdColumn(),
        messagePriorityColumn(),
        messageTaskColumn(),
        {{u"delivery"_s, Work::tr("Delivery"),
          Work::tr("Held; its lease about to end without a renewal; or ended: it is delivered a second time"),
          CellKind::Chip, Pace::Ageing, u"▲ again, soon"_s},
         [](const Line& line, const CellContext& context) { return deliveryMark(line, context.now).cell(); },
         [](const Line& line) {
             return line.message.leaseEnds ? QVariant(qint64(line.message.leaseEnds->time_since_epoch().count()))
                                           : QVariant();
         },
         [](const Line& line, const CellContext& context) { return QVariant(deliveryMark(line, context.now).word); }},
        {{u"lease"_s, Work::tr("Lease"), Work::tr("How much of its lease is left, and when it ends"), CellKind::Bar,
          Pace::Ageing, u"in 14 m 02 s"_s},
         leaseCell,
         [](const Line& line) {
             const auto when = line.message.leaseEnds ? line.message.leaseEnds : line.message.dueAt;
             return when ? QVariant(qint64(when->time_since_epoch().count())) : QVariant();
         },
         {},
         [](const Line& line, const CellContext& context) -> QList<double> {
             const auto span = leaseSpan(line);
             if (!line.message.leaseEnds || !span || span->count() <= 0)
                 return {};
             return {
                 std::clamp(double((*line.message.leaseEnds - context.now).count()) / double(span->count()), 0.0, 1.0)};
         }},
        messageReadsColumn(),
        messageHolderColumn(),
        ageColumn<Line>({u"claimed"_s, Work::tr("Claimed"), Work::tr("claimed_at: how long ago, where it is recorded"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.message.claimedAt; }),
    };
}

std::vector<Column<WorkMessageLine>> workMessageColumns() {
    using Line = WorkMessageLine;
    return {
        messageIdColumn(),
        messagePriorityColumn(),
        messageTaskColumn(),
        ageColumn<Line>({u"age"_s, Work::tr("Sent"), Work::tr("enqueued_at: how long ago"), CellKind::Number,
                         Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.message.enqueuedAt; }),
        {{u"lease"_s, Work::tr("Lease, due"), Work::tr("In flight: when its lease ends. Delayed: when it is due"),
          CellKind::Number, Pace::Ageing, u"14 m 02 s late"_s},
         leaseCell,
         [](const Line& line) {
             const auto when = line.message.leaseEnds ? line.message.leaseEnds : line.message.dueAt;
             return when ? QVariant(qint64(when->time_since_epoch().count())) : QVariant();
         }},
        messageReadsColumn(),
        messageHolderColumn(),
        textColumn<Line>({u"error"_s, Work::tr("Last error"), Work::tr("What the last failed delivery said"),
                          CellKind::Text, Pace::Slow, u"upstream answered 502"_s},
                         [](const Line& line) { return masked(line.message.error); }),
        bytesColumn<Line>({u"size"_s, Work::tr("Size"), Work::tr("Stored bytes of the payload"), CellKind::Number,
                           Pace::Identity, u"999 kB"_s, false},
                          [](const Line& line) { return line.message.bytes; }),
    };
}

} // namespace models
