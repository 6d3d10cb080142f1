// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/barriermodels.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Barriers {
    Q_DECLARE_TR_FUNCTIONS(Barriers)
};

Mark barrierMark(const BarrierLine& line, pg::Timestamp now) {
    switch (line.barrier.state(now, barrierStuckAfter)) {
    case domain::Barrier::State::Running:
        if (line.lost > 0)
            return {Tone::Critical, Barriers::tr("%n batch(es) lost", nullptr, int(line.lost)),
                    Barriers::tr("It can't finish by itself: its batches say why.")};
        return {Tone::Good, Barriers::tr("running"), {}};
    case domain::Barrier::State::Stuck:
        return {Tone::Critical, Barriers::tr("stuck"), Barriers::tr("No batch has been counted for a long time.")};
    case domain::Barrier::State::Expired:
        return {Tone::Critical, Barriers::tr("expired"), Barriers::tr("Past its time: the sweep ends it.")};
    case domain::Barrier::State::Unfinalised:
        return {Tone::Warning, Barriers::tr("not finalised"),
                Barriers::tr("All batches are counted, but the row is still there: did the callback go out?")};
    case domain::Barrier::State::OverDecremented:
        return {Tone::Critical, Barriers::tr("below zero"), Barriers::tr("Counted more often than there are batches.")};
    }
    return {};
}

} // namespace

Mark markOf(const domain::BarrierBatch& batch) {
    using State = domain::BarrierBatch::State;
    switch (batch.state) {
    case State::NotStarted:
        return {Tone::Dim, Barriers::tr("not started"),
                Barriers::tr("No marker: no delivery of this batch has begun.")};
    case State::Running:
        return {Tone::Information, Barriers::tr("running"), Barriers::tr("A marker, and a live lease on its message.")};
    case State::Finished:
        return {Tone::Good, Barriers::tr("done"),
                Barriers::tr("Counted down in the transaction that marked it finished.")};
    case State::Lost:
        return {Tone::Critical, Barriers::tr("lost"),
                Barriers::tr("A marker, but nobody holds its message: a redelivery will not run it again.")};
    case State::Unknown:
        return {Tone::Warning, Barriers::tr("started"),
                Barriers::tr("A marker. This install does not record whether the batch was counted.")};
    case State::Missing:
        return {Tone::Critical, Barriers::tr("header missing"),
                Barriers::tr("No marker and no message: it was never sent, or went without being run.")};
    }
    return {};
}

QString evidenceOf(const domain::BarrierBatch& batch, pg::Timestamp now) {
    const QString marker = batch.finishedAt  ? Barriers::tr("marker, finished")
                           : batch.startedAt ? Barriers::tr("marker, not finished")
                                             : Barriers::tr("no marker");
    QString message = Barriers::tr("no message");
    if (batch.message && batch.leaseEnds)
        message = *batch.leaseEnds > now
                      ? Barriers::tr("message %1 held, lease ends %2")
                            .arg(QString::number(*batch.message), format::due(*batch.leaseEnds - now))
                      : Barriers::tr("message %1, its lease has ended").arg(QString::number(*batch.message));
    else if (batch.message)
        message = Barriers::tr("message %1 waits").arg(QString::number(*batch.message));
    else if (batch.state == domain::BarrierBatch::State::NotStarted)
        message = Barriers::tr("message not searched for: too many wait");
    return marker + u"; "_s + message;
}

std::vector<Column<BarrierLine>> barrierColumns() {
    using Line = BarrierLine;
    return {
        textColumn<Line>({u"execution"_s, Barriers::tr("Execution"), Barriers::tr("execution_id"), CellKind::Text,
                          Pace::Identity, u"6f9619ff-8b86-d011-b42d"_s},
                         [](const Line& line) { return format::text(line.barrier.execution); }),
        {{u"state"_s, Barriers::tr("State"), Barriers::tr("Judged by what is left and by its clocks"), CellKind::Chip,
          Pace::Ageing, u"▲ not finalised"_s},
         [](const Line& line, const CellContext& context) { return barrierMark(line, context.now).cell(); },
         [](const Line& line) { return QVariant(qint64(line.barrier.progressAt.time_since_epoch().count())); },
         [](const Line& line, const CellContext& context) { return QVariant(barrierMark(line, context.now).word); },
         {},
         [](const Line& line) { return QVariant(qint64(line.lost)); }},
        {{u"remaining"_s, Barriers::tr("Remaining"), Barriers::tr("Batches not counted yet, of all that were armed"),
          CellKind::Text, Pace::Slow, u"1 200 of 1 200"_s},
         [](const Line& line, const CellContext&) {
             const domain::Barrier& barrier = line.barrier;
             return Cell{
                 barrier.total
                     ? Barriers::tr("%1 of %2").arg(format::number(barrier.remaining), format::number(*barrier.total))
                     : format::number(barrier.remaining)};
         },
         [](const Line& line) { return QVariant(qint64(line.barrier.remaining)); },
         {},
         {},
         [](const Line& line) { return rawValue(line.barrier.total); }},
        numberColumn<Line>({u"started"_s, Barriers::tr("Started"), Barriers::tr("Batches with a marker"),
                            CellKind::Number, Pace::Slow, u"1 200"_s},
                           [](const Line& line) { return line.barrier.started; }),
        ageColumn<Line>({u"progress"_s, Barriers::tr("Since progress"), Barriers::tr("last_progress_at"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.barrier.progressAt; }),
        ageColumn<Line>({u"age"_s, Barriers::tr("Armed"), Barriers::tr("created_at: how long ago"), CellKind::Number,
                         Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.barrier.createdAt; }),
        {{u"expires"_s, Barriers::tr("Expires"), Barriers::tr("expires_at"), CellKind::Number, Pace::Ageing,
          u"14 m 02 s late"_s},
         [](const Line& line, const CellContext& context) {
             return Cell{format::due(line.barrier.expiresAt - context.now),
                         {},
                         format::timestamp(line.barrier.expiresAt, context.zone)};
         },
         [](const Line& line) { return QVariant(qint64(line.barrier.expiresAt.time_since_epoch().count())); }},
        numberColumn<Line>({u"epoch"_s, Barriers::tr("Epoch"),
                            Barriers::tr("Of the run: a late batch of an older one is refused"), CellKind::Number,
                            Pace::Slow, u"99"_s, false},
                           [](const Line& line) { return line.barrier.epoch; }),
        textColumn<Line>(
            {u"organization"_s, Barriers::tr("Organization"), {}, CellKind::Text, Pace::Identity, u"acme"_s, false},
            [](const Line& line) { return format::text(line.barrier.organization); }),
    };
}

std::vector<Column<BatchLine>> batchColumns() {
    using Line = BatchLine;
    return {
        numberColumn<Line>({u"batch"_s, Barriers::tr("Batch"), Barriers::tr("batch_index"), CellKind::Number,
                            Pace::Identity, u"1 200"_s},
                           [](const Line& line) { return line.batch.index; }),
        {{u"state"_s, Barriers::tr("State"), Barriers::tr("By its marker and its live message"), CellKind::Chip,
          Pace::Slow, u"▲ not started"_s},
         [](const Line& line, const CellContext&) { return markOf(line.batch).cell(); },
         [](const Line& line) { return QVariant(int(line.batch.state)); },
         [](const Line& line, const CellContext&) { return QVariant(markOf(line.batch).word); }},
        ageColumn<Line>({u"started"_s, Barriers::tr("Started"), Barriers::tr("When its marker was set"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.batch.startedAt; }),
        ageColumn<Line>({u"finished"_s, Barriers::tr("Finished"), Barriers::tr("When it was counted"), CellKind::Number,
                         Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.batch.finishedAt; }),
        idColumn<Line>({u"message"_s, Barriers::tr("Message"),
                        Barriers::tr("msg_id of its message, where one is there"), CellKind::Number, Pace::Slow,
                        u"123 456"_s},
                       [](const Line& line) { return line.batch.message; }),
        {{u"evidence"_s, Barriers::tr("What says so"), Barriers::tr("Its marker and its message"), CellKind::Text,
          Pace::Ageing, u"marker, not finished; message 123 456 held"_s},
         [](const Line& line, const CellContext& context) { return Cell{evidenceOf(line.batch, context.now)}; },
         [](const Line& line) { return QVariant(int(line.batch.state)); },
         [](const Line& line, const CellContext& context) { return QVariant(evidenceOf(line.batch, context.now)); }},
    };
}

std::int64_t lostOf(const domain::BarrierDetail& detail) {
    using State = domain::BarrierBatch::State;
    std::int64_t lost = 0;
    std::int64_t begun = 0;
    for (const domain::BarrierBatch& batch : detail.batches) {
        lost += batch.state == State::Lost || batch.state == State::Missing;
        begun += batch.state == State::Unknown;
    }
    return lost + (detail.finished ? std::max<std::int64_t>(0, begun - *detail.finished) : 0);
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
    add(State::Finished, Barriers::tr("%1 done"));
    add(State::Running, Barriers::tr("%1 running"));
    add(State::Lost, Barriers::tr("%1 lost"));
    add(State::Unknown, Barriers::tr("%1 begun"));
    add(State::NotStarted, Barriers::tr("%1 not started"));
    add(State::Missing, Barriers::tr("%1 without a header"));
    if (parts.isEmpty())
        return {};
    // Of those that nobody holds so many are counted; the others can't come to an end.
    const std::int64_t lost = detail.finished ? counts[int(State::Unknown)] - *detail.finished : 0;
    const auto has = [&counts](State state) { return counts[int(state)] > 0; };
    const QString verdict = has(State::Missing) ? Barriers::tr("headers are missing, it can't finish")
                            : has(State::Lost)  ? Barriers::tr("it can't finish by itself")
                            : lost > 0 ? Barriers::tr("only %1 of those begun are counted, it can't finish by itself")
                                             .arg(format::number(*detail.finished))
                            : has(State::Running)    ? Barriers::tr("under way")
                            : has(State::Unknown)    ? Barriers::tr("running, or lost")
                            : has(State::NotStarted) ? Barriers::tr("waits for workers")
                                                     : Barriers::tr("the callback was lost, or only the clean-up");
    return parts.join(u", "_s) + u": "_s + verdict;
}

} // namespace models
