// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workmodels.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Work {
    Q_DECLARE_TR_FUNCTIONS(Work)
};

/// A lapse or a delay that old was passed over by several rounds of maintenance.
constexpr pg::Interval passedOver = std::chrono::seconds(30);

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

Mark batchMark(const domain::BarrierBatch& batch) {
    using State = domain::BarrierBatch::State;
    switch (batch.state) {
    case State::NotStarted:
        return {Tone::Dim, Work::tr("not started"), Work::tr("No marker: no delivery of this batch has begun.")};
    case State::Running:
        return {Tone::Information, Work::tr("running"), Work::tr("A marker, and a live lease on its message.")};
    case State::Finished:
        return {Tone::Good, Work::tr("done"), Work::tr("Counted down in the transaction that marked it finished.")};
    case State::Lost:
        return {Tone::Critical, Work::tr("lost"),
                Work::tr("A marker, but nobody holds its message: a redelivery will not run it again.")};
    case State::Unknown:
        return {Tone::Warning, Work::tr("started"),
                Work::tr("A marker. This install does not record whether the batch was counted.")};
    case State::Missing:
        return {Tone::Critical, Work::tr("header missing"),
                Work::tr("No marker and no message: it was never sent, or went without being run.")};
    }
    return {};
}

Mark barrierMark(const domain::Barrier& barrier, pg::Timestamp now) {
    switch (barrier.state(now, barrierStuckAfter)) {
    case domain::Barrier::State::Running:
        return {Tone::Good, Work::tr("running"), {}};
    case domain::Barrier::State::Stuck:
        return {Tone::Critical, Work::tr("stuck"), Work::tr("No batch has been counted for a long time.")};
    case domain::Barrier::State::Expired:
        return {Tone::Critical, Work::tr("expired"), Work::tr("Past its time: the sweep ends it.")};
    case domain::Barrier::State::Unfinalised:
        return {Tone::Warning, Work::tr("not finalised"),
                Work::tr("All batches are counted, but the row is still there: did the callback go out?")};
    case domain::Barrier::State::OverDecremented:
        return {Tone::Critical, Work::tr("below zero"), Work::tr("Counted more often than there are batches.")};
    }
    return {};
}

Cell leaseCell(const WorkMessageLine& line, const CellContext& context) {
    const domain::WorkMessage& message = line.message;
    if (message.leaseEnds) {
        const pg::Interval left = *message.leaseEnds - context.now;
        Cell cell{format::due(left), {}, format::timestamp(*message.leaseEnds, context.zone)};
        if (left.count() < 0) {
            cell.tone = Tone::Warning;
            cell.tooltip += u'\n' + Work::tr("The lease has ended: the message is delivered again.");
        } else if (left < std::chrono::seconds(10)) {
            cell.tone = Tone::Information;
        }
        return cell;
    }
    if (message.dueAt && message.state == "scheduled")
        return {format::due(*message.dueAt - context.now), {}, format::timestamp(*message.dueAt, context.zone)};
    return {format::none(), {}, {}, Tone::Dim};
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

Mark markOf(const domain::WorkQueue& queue, pg::Timestamp now) {
    if (queue.worstLapse && *queue.worstLapse > passedOver)
        return {Tone::Critical, Work::tr("leases lapsed"),
                Work::tr("A lease ended %1 ago and its message was not made ready: nobody re-arms.")
                    .arg(format::age(*queue.worstLapse))};
    if (queue.overdue > 0 && queue.nextDue && now - *queue.nextDue > passedOver)
        return {Tone::Critical, Work::tr("not promoted"),
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
        {{u"state"_s, Work::tr("State"), Work::tr("What needs attention, in a word"), CellKind::Chip, Pace::Slow,
          u"▲ leases lapsed"_s},
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
         [](const Line& line) { return QVariant(qint64(line.queue.ready().value)); }},
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
        countColumn(u"claimed"_s, Work::tr("In flight"), Work::tr("Held under a lease"), Tone::None,
                    &domain::WorkQueue::claimed),
        countColumn(u"lapsed"_s, Work::tr("Lapsed"), Work::tr("Of these, with a lease that has ended"), Tone::Warning,
                    &domain::WorkQueue::lapsed),
        countColumn(u"scheduled"_s, Work::tr("Delayed"), Work::tr("Not before a time that was given"), Tone::None,
                    &domain::WorkQueue::scheduled),
        countColumn(u"overdue"_s, Work::tr("Overdue"), Work::tr("Of these, due and not yet promoted"), Tone::Warning,
                    &domain::WorkQueue::overdue),
        countColumn(u"poison"_s, Work::tr("Poison"), Work::tr("Claimed more often than the queue allows"),
                    Tone::Critical, &domain::WorkQueue::poison),
        countColumn(u"dead"_s, Work::tr("Dead"), Work::tr("Buried with their payload and a reason"), Tone::None,
                    &domain::WorkQueue::dead),
        {{u"reads"_s, Work::tr("Most reads"), Work::tr("The highest read count of a message"), CellKind::Number,
          Pace::Slow, u"99"_s, false},
         [](const Line& line, const CellContext&) { return zeroDim(line.queue.highestReads, Tone::None); },
         [](const Line& line) { return QVariant(line.queue.highestReads); }},
    };
}

std::vector<Column<WorkMessageLine>> workMessageColumns() {
    using Line = WorkMessageLine;
    return {
        idColumn<Line>({u"id"_s, Work::tr("Message"), Work::tr("msg_id; of a dead letter its dead_id"),
                        CellKind::Number, Pace::Identity, u"123 456"_s},
                       [](const Line& line) { return line.message.id; }),
        numberColumn<Line>({u"priority"_s, Work::tr("Prio"), Work::tr("1 to 10, higher first"), CellKind::Number,
                            Pace::Identity, u"10"_s},
                           [](const Line& line) {
                               return line.message.priority == 0 ? std::nullopt
                                                                 : std::optional<std::int64_t>(line.message.priority);
                           }),
        textColumn<Line>({u"task"_s, Work::tr("Task"), Work::tr("task_name in the payload"), CellKind::Text,
                          Pace::Identity, u"render_thumbnail"_s},
                         [](const Line& line) { return format::text(line.message.task); }),
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
        numberColumn<Line>({u"reads"_s, Work::tr("Reads"), Work::tr("read_ct: how often it was claimed"),
                            CellKind::Number, Pace::Slow, u"99"_s},
                           [](const Line& line) { return line.message.reads; }),
        textColumn<Line>({u"holder"_s, Work::tr("Holder"), Work::tr("claimed_by, where it is recorded"), CellKind::Text,
                          Pace::Slow, u"worker-12"_s},
                         [](const Line& line) { return format::text(line.message.holder); }),
        textColumn<Line>({u"error"_s, Work::tr("Last error"), Work::tr("What the last failed delivery said"),
                          CellKind::Text, Pace::Slow, u"upstream answered 502"_s},
                         [](const Line& line) { return format::text(line.message.error); }),
        bytesColumn<Line>({u"size"_s, Work::tr("Size"), Work::tr("Stored bytes of the payload"), CellKind::Number,
                           Pace::Identity, u"999 kB"_s, false},
                          [](const Line& line) { return line.message.bytes; }),
    };
}

std::vector<Column<BarrierLine>> barrierColumns() {
    using Line = BarrierLine;
    return {
        textColumn<Line>({u"execution"_s, Work::tr("Execution"), Work::tr("execution_id"), CellKind::Text,
                          Pace::Identity, u"6f9619ff-8b86-d011-b42d"_s},
                         [](const Line& line) { return format::text(line.barrier.execution); }),
        {{u"state"_s, Work::tr("State"), Work::tr("Judged by what is left and by its clocks"), CellKind::Chip,
          Pace::Ageing, u"▲ not finalised"_s},
         [](const Line& line, const CellContext& context) { return barrierMark(line.barrier, context.now).cell(); },
         [](const Line& line) { return QVariant(qint64(line.barrier.progressAt.time_since_epoch().count())); },
         [](const Line& line, const CellContext& context) {
             return QVariant(barrierMark(line.barrier, context.now).word);
         }},
        {{u"remaining"_s, Work::tr("Remaining"), Work::tr("Batches not counted yet, of all that were armed"),
          CellKind::Text, Pace::Slow, u"1 200 of 1 200"_s},
         [](const Line& line, const CellContext&) {
             const domain::Barrier& barrier = line.barrier;
             return Cell{
                 barrier.total
                     ? Work::tr("%1 of %2").arg(format::number(barrier.remaining), format::number(*barrier.total))
                     : format::number(barrier.remaining)};
         },
         [](const Line& line) { return QVariant(qint64(line.barrier.remaining)); }},
        numberColumn<Line>({u"started"_s, Work::tr("Started"), Work::tr("Batches with a marker"), CellKind::Number,
                            Pace::Slow, u"1 200"_s},
                           [](const Line& line) { return line.barrier.started; }),
        ageColumn<Line>({u"progress"_s, Work::tr("Since progress"), Work::tr("last_progress_at"), CellKind::Number,
                         Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.barrier.progressAt; }),
        ageColumn<Line>({u"age"_s, Work::tr("Armed"), Work::tr("created_at: how long ago"), CellKind::Number,
                         Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.barrier.createdAt; }),
        {{u"expires"_s, Work::tr("Expires"), Work::tr("expires_at"), CellKind::Number, Pace::Ageing,
          u"14 m 02 s late"_s},
         [](const Line& line, const CellContext& context) {
             return Cell{format::due(line.barrier.expiresAt - context.now),
                         {},
                         format::timestamp(line.barrier.expiresAt, context.zone)};
         },
         [](const Line& line) { return QVariant(qint64(line.barrier.expiresAt.time_since_epoch().count())); }},
        numberColumn<Line>({u"epoch"_s, Work::tr("Epoch"),
                            Work::tr("Of the run: a late batch of an older one is refused"), CellKind::Number,
                            Pace::Slow, u"99"_s, false},
                           [](const Line& line) { return line.barrier.epoch; }),
        textColumn<Line>(
            {u"organization"_s, Work::tr("Organization"), {}, CellKind::Text, Pace::Identity, u"acme"_s, false},
            [](const Line& line) { return format::text(line.barrier.organization); }),
    };
}

std::vector<Column<BatchLine>> batchColumns() {
    using Line = BatchLine;
    return {
        numberColumn<Line>(
            {u"batch"_s, Work::tr("Batch"), Work::tr("batch_index"), CellKind::Number, Pace::Identity, u"1 200"_s},
            [](const Line& line) { return line.batch.index; }),
        {{u"state"_s, Work::tr("State"), Work::tr("By its marker and its live message"), CellKind::Chip, Pace::Slow,
          u"▲ not started"_s},
         [](const Line& line, const CellContext&) { return batchMark(line.batch).cell(); },
         [](const Line& line) { return QVariant(int(line.batch.state)); },
         [](const Line& line, const CellContext&) { return QVariant(batchMark(line.batch).word); }},
        ageColumn<Line>({u"started"_s, Work::tr("Started"), Work::tr("When its marker was set"), CellKind::Number,
                         Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.batch.startedAt; }),
        ageColumn<Line>({u"finished"_s, Work::tr("Finished"), Work::tr("When it was counted"), CellKind::Number,
                         Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.batch.finishedAt; }),
        idColumn<Line>({u"message"_s, Work::tr("Message"), Work::tr("msg_id of the message in flight"),
                        CellKind::Number, Pace::Slow, u"123 456"_s},
                       [](const Line& line) { return line.batch.message; }),
    };
}

QString verdictOf(const domain::BarrierDetail& detail) {
    int counts[6] = {};
    for (const domain::BarrierBatch& batch : detail.batches)
        ++counts[int(batch.state)];
    using State = domain::BarrierBatch::State;
    QStringList parts;
    const auto add = [&](State state, const QString& text) {
        if (const int count = counts[int(state)]; count > 0)
            parts += text.arg(format::number(count));
    };
    add(State::Finished, Work::tr("%1 done"));
    add(State::Running, Work::tr("%1 running"));
    add(State::Lost, Work::tr("%1 lost"));
    add(State::Unknown, Work::tr("%1 started"));
    add(State::NotStarted, Work::tr("%1 not started"));
    add(State::Missing, Work::tr("%1 without a header"));
    if (parts.isEmpty())
        return {};
    const auto has = [&counts](State state) { return counts[int(state)] > 0; };
    const QString verdict = has(State::Missing)      ? Work::tr("headers are missing, it can't finish")
                            : has(State::Lost)       ? Work::tr("it can't finish by itself")
                            : has(State::Running)    ? Work::tr("running")
                            : has(State::Unknown)    ? Work::tr("running, or lost")
                            : has(State::NotStarted) ? Work::tr("waits for workers")
                                                     : Work::tr("the callback was lost, or only the clean-up");
    return parts.join(u", "_s) + u": "_s + verdict;
}

} // namespace models
