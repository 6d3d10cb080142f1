// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/queuemodels.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct QueueWords {
    Q_DECLARE_TR_FUNCTIONS(QueueWords)
};

/// A window that took so many times what it should have is worth the eye.
constexpr int longGap = 3;

QString names(const std::vector<std::string>& all, std::size_t most) {
    QStringList list;
    for (std::size_t i = 0; i < std::min(all.size(), most); ++i)
        list += format::foreign(format::text(all[i]), 60);
    QString text = list.join(u", "_s);
    if (all.size() > most)
        text += QueueWords::tr(" and %n more", nullptr, int(all.size() - most));
    return text;
}

/// A pid of 0 is no session.
QString pidList(const std::vector<std::int32_t>& pids) {
    QStringList list;
    for (const std::int32_t pid : pids)
        list += pid ? QString::number(pid) : QueueWords::tr("a prepared transaction");
    return list.join(u", "_s);
}

QString holdersText(const TableLine& line) {
    return line.table.holders ? pidList(*line.table.holders) : QueueWords::tr("not known");
}

Mark tableMark(const TableLine& line) {
    if (line.isCurrent)
        return {Tone::Good, QueueWords::tr("current"), QueueWords::tr("New events are written here.")};
    if (line.isNext)
        return {Tone::Information, QueueWords::tr("next"),
                QueueWords::tr("The next rotation empties this table and makes it the current one.")};
    return {Tone::Dim, QueueWords::tr("previous"), QueueWords::tr("Read by those who are behind the last rotation.")};
}

QString whatOf(monitor::Gate::Kind kind) {
    switch (kind) {
    case monitor::Gate::Kind::Period:
        return QueueWords::tr("The rotation period is over");
    case monitor::Gate::Kind::StepTwo:
        return QueueWords::tr("The last rotation is finished");
    case monitor::Gate::Kind::Position:
        return QueueWords::tr("The tick of the lowest position is there");
    case monitor::Gate::Kind::Tick:
        return QueueWords::tr("A tick lies past the last switch");
    case monitor::Gate::Kind::Consumers:
        return QueueWords::tr("Every consumer is past the last switch");
    case monitor::Gate::Kind::Table:
        return QueueWords::tr("Nobody has a lock on the next table");
    }
    return {};
}

QString tickGateText(const monitor::Gate& gate, const domain::Queue& queue) {
    using Cause = monitor::Gate::Cause;
    switch (gate.cause) {
    case Cause::None:
        return {};
    case Cause::NoTick:
        return queue.tickerPaused     ? QueueWords::tr("no tick since then: the queue's ticker is paused")
               : queue.externalTicker ? QueueWords::tr("no tick since then: it waits for one from outside")
                                      : QueueWords::tr("no tick since then: it waits for the queue's next one");
    case Cause::Unseen:
        return QueueWords::tr("a transaction from before it still writes; it can't be seen from here");
    case Cause::NotLooked:
        return QueueWords::tr("a transaction from before it still writes; sessions were not looked at yet");
    case Cause::Transaction:
        break;
    }
    QStringList who;
    if (!gate.pids.empty())
        who += QueueWords::tr("pid %1").arg(pidList(gate.pids));
    if (!gate.culprits.empty())
        who += QueueWords::tr("prepared transaction %1").arg(names(gate.culprits, 3));
    return QueueWords::tr("open since before it: %1").arg(who.join(u", "_s));
}

QString whyOf(const monitor::Gate& gate, const domain::Queue& queue, pg::Timestamp now) {
    switch (gate.kind) {
    case monitor::Gate::Kind::Period:
        return gate.opensAt ? format::due(*gate.opensAt - now) : QString();
    case monitor::Gate::Kind::StepTwo:
        return gate.isOpen() ? QString() : QueueWords::tr("maint_rotate_tables_step2() has not run since");
    case monitor::Gate::Kind::Position:
        return gate.isOpen()
                   ? QString()
                   : QueueWords::tr("maintenance fails with \"tick not found\": %1").arg(names(gate.culprits, 4));
    case monitor::Gate::Kind::Tick:
        return tickGateText(gate, queue);
    case monitor::Gate::Kind::Consumers:
        return gate.isOpen() || !gate.culprits.empty() ? names(gate.culprits, 4)
                                                       : QueueWords::tr("nobody can be before a tick is");
    case monitor::Gate::Kind::Table:
        return gate.state == monitor::Gate::State::Closed ? QueueWords::tr("held by %1").arg(pidList(gate.pids))
               : gate.isOpen()                            ? QString()
                                                          : QueueWords::tr("it was not looked at");
    }
    return {};
}

Mark gateMark(const monitor::Gate& gate) {
    switch (gate.state) {
    case monitor::Gate::State::Open:
        return {Tone::Good, QueueWords::tr("open"), {}};
    case monitor::Gate::State::Closed:
        return {Tone::Warning, QueueWords::tr("closed"), {}};
    case monitor::Gate::State::Unknown:
        return {Tone::Information, QueueWords::tr("not known"), {}};
    }
    return {};
}

/// Where in its table's time a position stands: the current one's runs from the last switch to now, the previous
/// one's ends there.
double placeIn(const domain::Subscription& row, const domain::Queue& queue, bool current, pg::Timestamp now) {
    const pg::Timestamp from = current ? queue.switchTime : queue.switchTime - queue.rotationPeriod;
    const pg::Timestamp to = current ? now : queue.switchTime;
    if (!row.lastTickTime || to <= from)
        return 0;
    return std::clamp(
        std::chrono::duration<double>(*row.lastTickTime - from) / std::chrono::duration<double>(to - from), 0.0, 1.0);
}

} // namespace

std::vector<TickLine> tickLines(const domain::QueueDetail& detail, const domain::Queue& queue) {
    std::vector<TickLine> lines;
    lines.reserve(detail.ticks.size());
    for (std::size_t i = 0; i < detail.ticks.size(); ++i) {
        TickLine line{detail.ticks[i], {}, {}, false};
        const bool last = i + 1 == detail.ticks.size();
        if (!last || detail.tickBefore) {
            const domain::Tick& before = last ? *detail.tickBefore : detail.ticks[i + 1];
            line.gap = line.tick.time - before.time;
            line.estimate = line.tick.eventSeq - before.eventSeq;
            // An idle queue's first event may come after all of its idle period.
            const pg::Interval longest = std::max(queue.tickerMaxLag, queue.tickerIdlePeriod);
            line.isLong = longest.count() > 0 && *line.gap > longGap * longest;
        }
        lines.push_back(line);
    }
    return lines;
}

std::vector<Column<TickLine>> tickColumns() {
    using Line = TickLine;
    return {
        idColumn<Line>({u"tick"_s, QueueWords::tr("Tick"), QueueWords::tr("tick_id"), CellKind::Number, Pace::Identity,
                        u"12 345 678"_s},
                       [](const Line& line) { return line.tick.id; }),
        ageColumn<Line>({u"age"_s, QueueWords::tr("Made"), QueueWords::tr("tick_time: how long ago"), CellKind::Number,
                         Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.tick.time; }),
        {{u"gap"_s, QueueWords::tr("After"), QueueWords::tr("How long after the tick before"), CellKind::Number,
          Pace::Identity, u"14 m 02 s"_s},
         [](const Line& line, const CellContext&) {
             Cell cell{line.gap ? format::age(*line.gap) : format::none()};
             if (line.isLong) {
                 cell.tone = Tone::Warning;
                 cell.tooltip = QueueWords::tr("Much longer than the queue is set to: the ticker did not run.");
             }
             return cell;
         },
         [](const Line& line) { return line.gap ? QVariant(qint64(line.gap->count())) : QVariant(); },
         {},
         {},
         [](const Line& line) { return QVariant(line.isLong); }},
        numberColumn<Line>({u"events"_s, QueueWords::tr("Events ≈"),
                            QueueWords::tr("Events in the window that ends here, by sequence: an upper bound"),
                            CellKind::Number, Pace::Identity, u"1 234 567"_s},
                           [](const Line& line) { return line.estimate; }),
        momentColumn<Line>({u"time"_s, QueueWords::tr("Time"), QueueWords::tr("tick_time"), CellKind::Text,
                            Pace::Identity, u"2026-11-20 13:53:41.123 UTC+1"_s},
                           [](const Line& line) { return line.tick.time; }),
        idColumn<Line>({u"xmin"_s, u"xmin"_s,
                        QueueWords::tr("Oldest transaction that was running: everything before it is seen"),
                        CellKind::Number, Pace::Identity, u"123 456 789"_s},
                       [](const Line& line) { return line.tick.xmin; }),
        idColumn<Line>({u"xmax"_s, u"xmax"_s, QueueWords::tr("First transaction that had not begun"), CellKind::Number,
                        Pace::Identity, u"123 456 789"_s},
                       [](const Line& line) { return line.tick.xmax; }),
        numberColumn<Line>({u"seq"_s, QueueWords::tr("Sequence"), QueueWords::tr("tick_event_seq"), CellKind::Number,
                            Pace::Identity, u"123 456 789"_s, false},
                           [](const Line& line) { return line.tick.eventSeq; }),
    };
}

std::vector<TableLine> tableLines(const domain::QueueDetail& detail, const domain::QueueUpkeep* upkeep,
                                  const domain::Queue& queue, const domain::Snapshot& snapshot) {
    const std::int32_t count = std::max(queue.tableCount, 1);
    std::vector<TableLine> lines;
    for (const domain::EventTable& table : detail.tables) {
        TableLine line;
        line.table = table;
        line.bytes = upkeep ? upkeep->bytesOf(table.number) : std::nullopt;
        if (upkeep)
            line.sizedAt = upkeep->takenAt;
        line.isCurrent = table.number == queue.currentTable;
        line.isPrevious = table.number == (queue.currentTable + count - 1) % count;
        line.isNext = table.number == (queue.currentTable + 1) % count;
        for (const domain::Subscription& row : snapshot.subscriptions) {
            if (row.queueId != queue.id || !row.lastTickXmin ||
                monitor::tableOfPosition(queue, *row.lastTickXmin) != table.number)
                continue;
            line.positions.push_back(row.consumerName);
            line.places.push_back(placeIn(row, queue, line.isCurrent, snapshot.asOf()));
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

QString ringInWords(const std::vector<TableLine>& lines) {
    QStringList tables;
    for (const TableLine& line : lines) {
        QString words = QueueWords::tr("table %1, %2").arg(line.table.number).arg(tableMark(line).word);
        if (!line.positions.empty())
            words += u": "_s + names(line.positions, 5);
        tables += words;
    }
    return tables.join(u"; "_s);
}

QString onDisk(const domain::QueueUpkeep* upkeep, pg::Timestamp now) {
    if (!upkeep)
        return format::none();
    std::int64_t all = 0;
    int known = 0;
    for (const std::optional<std::int64_t>& bytes : upkeep->bytes) {
        all += bytes.value_or(0);
        known += bytes ? 1 : 0;
    }
    const int tables = int(upkeep->bytes.size());
    if (known == 0)
        return QueueWords::tr("not known: every table is held or gone");
    const QString size = format::bytes(all);
    const QString age = format::age(now - upkeep->takenAt);
    return known == tables ? QueueWords::tr("%1 in %n table(s), %2 ago", nullptr, tables).arg(size, age)
                           : QueueWords::tr("%1 in %2 of %n table(s), %3 ago", nullptr, tables)
                                 .arg(format::atLeast(size), QString::number(known), age);
}

QString extraMaintenance(const domain::QueueDetail* detail) {
    if (!detail)
        return format::none();
    if (!detail->extraMaintenance)
        return QueueWords::tr("not known to this install");
    return detail->extraMaintenance->empty() ? QueueWords::tr("none") : names(*detail->extraMaintenance, 6);
}

QString queueRates(const domain::Queue& queue, const std::vector<double>& history) {
    QStringList parts;
    if (!history.empty() && std::isfinite(history.back()))
        parts += QueueWords::tr("≈ %1 events a second now").arg(format::rate(history.back()));
    else
        parts += QueueWords::tr("not observed yet");
    if (queue.lastTick && queue.earlierTick && queue.earlierTick->id < queue.lastTick->id) {
        const pg::Interval time = queue.lastTick->time - queue.earlierTick->time;
        const std::int64_t events = queue.lastTick->eventSeq - queue.earlierTick->eventSeq;
        if (time.count() > 0)
            parts +=
                QueueWords::tr("≈ %1 over the %2 before the last tick")
                    .arg(format::rate(double(events) / std::chrono::duration<double>(time).count()), format::age(time));
    }
    return parts.join(u"; "_s);
}

namespace {

/// What schedulers have that ticks, and whether it does.
QStringList tickingJobs(const domain::Scheduling& scheduling) {
    QStringList jobs;
    for (const domain::ScheduledJob& job : scheduling.jobs) {
        if (!format::text(job.command).contains(u"pgque.ticker"_s, Qt::CaseInsensitive))
            continue;
        QStringList words{QueueWords::tr("job %1 of %2")
                              .arg(format::foreign(format::text(job.name.empty() ? job.command : job.name), 60),
                                   format::text(job.scheduler)),
                          format::foreign(format::text(job.schedule), 60)};
        if (!job.active)
            words += QueueWords::tr("switched off");
        else if (job.failed())
            words += QueueWords::tr("failed %1 ago").arg(format::age(scheduling.takenAt - *job.lastRun));
        else if (job.lastRun)
            words += QueueWords::tr("last run %1 ago").arg(format::age(scheduling.takenAt - *job.lastRun));
        jobs += words.join(u", "_s);
    }
    return jobs;
}

} // namespace

QString whoTicks(const domain::Queue& queue, const domain::QueueDetail* detail, const domain::QueueUpkeep* upkeep) {
    QStringList parts;
    const domain::Scheduling scheduling = upkeep ? upkeep->scheduling : domain::Scheduling();
    const QStringList jobs = tickingJobs(scheduling);
    const bool someUnseen = !scheduling.unread.empty() || !scheduling.cronDatabase.empty();
    if (queue.externalTicker)
        parts += QueueWords::tr("somebody outside: queue_external_ticker is set");
    else if (!upkeep)
        parts += QueueWords::tr("not asked yet");
    else if (!jobs.isEmpty())
        parts += jobs;
    else if (!upkeep->scheduler)
        parts += QueueWords::tr("not known: pgque.config could not be read");
    else if (upkeep->scheduler->name.empty())
        parts += someUnseen ? QueueWords::tr("pgque.config names no scheduler")
                            : QueueWords::tr("no job is set up: somebody calls pgque.ticker()");
    else {
        QString job = format::foreign(format::text(upkeep->scheduler->name));
        if (upkeep->scheduler->tickerJob)
            job += u", "_s + QueueWords::tr("job %1").arg(*upkeep->scheduler->tickerJob);
        if (upkeep->scheduler->tickPeriod)
            job += u", "_s + QueueWords::tr("every %1").arg(format::age(*upkeep->scheduler->tickPeriod));
        parts += job;
    }
    if (!queue.externalTicker && jobs.isEmpty()) {
        for (const std::string& sentence : scheduling.unread)
            parts += format::text(sentence);
        if (!scheduling.cronDatabase.empty())
            parts += QueueWords::tr("pg_cron keeps its jobs in database %1")
                         .arg(format::foreign(format::text(scheduling.cronDatabase)));
    }
    // How often it has ticked lately tells whether anybody does.
    if (detail && detail->lastGap)
        parts += QueueWords::tr("the last two ticks lie %1 apart").arg(format::age(*detail->lastGap));
    if (upkeep && upkeep->scheduler && upkeep->scheduler->lastMaintenance)
        parts += QueueWords::tr("last maintenance %1 ago")
                     .arg(format::age(upkeep->takenAt - *upkeep->scheduler->lastMaintenance));
    return parts.join(u"; "_s);
}

std::vector<Column<TableLine>> tableColumns() {
    using Line = TableLine;
    return {
        {{u"table"_s, QueueWords::tr("Table"), QueueWords::tr("Event tables in the order of the ring, by number"),
          CellKind::Text, Pace::Identity, u"12"_s},
         [](const Line& line, const CellContext&) {
             return Cell{QString::number(line.table.number), {}, format::text(line.table.name)};
         },
         [](const Line& line) { return QVariant(line.table.number); },
         [](const Line& line, const CellContext&) { return QVariant(format::text(line.table.name)); }},
        {{u"state"_s, QueueWords::tr("In the ring"), QueueWords::tr("Which part it plays"), CellKind::Chip, Pace::Slow,
          u"●  previous   "_s},
         [](const Line& line, const CellContext&) { return tableMark(line).cell(); },
         [](const Line& line) {
             return QVariant(line.isCurrent ? 0 : line.isPrevious ? 1 : 2);
         },
         [](const Line& line, const CellContext&) { return QVariant(tableMark(line).word); },
         {},
         [](const Line& line) { return QVariant(line.isNext); }},
        {{u"size"_s, QueueWords::tr("Size"),
          QueueWords::tr("On disk, with index and TOAST: asked every half minute, with its age"), CellKind::Number,
          Pace::Ageing, u"12.3 GB · 30 s"_s},
         [](const Line& line, const CellContext& context) {
             Cell cell{line.bytes ? format::bytes(*line.bytes) : format::none()};
             if (line.bytes && line.sizedAt)
                 cell.detail = u"· "_s + format::age(context.now - *line.sizedAt);
             else
                 cell.tone = Tone::Dim;
             return cell;
         },
         [](const Line& line) { return rawValue(line.bytes); }},
        {{u"positions"_s, QueueWords::tr("Positions in it"),
          QueueWords::tr("Consumers that still read from here: as long as one does, it is not emptied"), CellKind::Text,
          Pace::Slow, u"billing, audit and 3 more"_s},
         [](const Line& line, const CellContext&) {
             return Cell{names(line.positions, 3), {}, names(line.positions, 40)};
         },
         [](const Line& line) { return QVariant(qint64(line.positions.size())); },
         [](const Line& line, const CellContext&) { return QVariant(names(line.positions, line.positions.size())); },
         {},
         [](const Line& line) { return QVariant(names(line.positions, 40)); }},
        {{u"holders"_s, QueueWords::tr("Locked by"), QueueWords::tr("Sessions (pid) with any lock on it"),
          CellKind::Text, Pace::Slow, u"1234567"_s},
         [](const Line& line, const CellContext&) {
             return Cell{holdersText(line), {}, holdersText(line)};
         },
         [](const Line& line) { return QVariant(holdersText(line)); }},
    };
}

std::vector<GateLine> gateLines(const std::vector<monitor::Gate>& gates, const domain::Queue& queue,
                                pg::Timestamp now) {
    std::vector<GateLine> lines;
    lines.reserve(gates.size());
    for (const monitor::Gate& gate : gates)
        lines.push_back({gate, whatOf(gate.kind), whyOf(gate, queue, now)});
    return lines;
}

QString gatesInWords(const std::vector<monitor::Gate>& gates) {
    using State = monitor::Gate::State;
    const auto of = [&gates](State state) {
        return int(std::count_if(gates.begin(), gates.end(),
                                 [state](const monitor::Gate& gate) { return gate.state == state; }));
    };
    if (const int closed = of(State::Closed))
        return QueueWords::tr("%n gate(s) closed", nullptr, closed);
    return of(State::Unknown) > 0 ? QueueWords::tr("not all is known")
                                  : QueueWords::tr("may rotate at the next maintenance");
}

std::vector<Column<GateLine>> gateColumns() {
    using Line = GateLine;
    return {
        {{u"state"_s, QueueWords::tr("Gate"), QueueWords::tr("All must be open for the next rotation"), CellKind::Chip,
          Pace::Slow, u"● closed"_s},
         [](const Line& line, const CellContext&) { return gateMark(line.gate).cell(); },
         [](const Line& line) { return QVariant(int(line.gate.state)); },
         [](const Line& line, const CellContext&) { return QVariant(gateMark(line.gate).word); }},
        {{u"what"_s,
          QueueWords::tr("Condition"),
          {},
          CellKind::Text,
          Pace::Identity,
          u"The tick of the lowest position is there"_s},
         [](const Line& line, const CellContext&) { return Cell{line.what}; },
         [](const Line& line) { return QVariant(int(line.gate.kind)); },
         [](const Line& line, const CellContext&) { return QVariant(line.what); },
         {},
         [](const Line& line) { return QVariant(line.what); }},
        {{u"why"_s, QueueWords::tr("As it stands"), {}, CellKind::Text, Pace::Slow, u"in 1 h 12 m 14 s"_s},
         [](const Line& line, const CellContext&) {
             return Cell{line.why, {}, line.why};
         },
         [](const Line& line) { return QVariant(line.why); }},
    };
}

QString tickForecastText(const monitor::TickForecast& forecast, const domain::Queue& queue, pg::Timestamp now) {
    using Rule = monitor::TickForecast::Rule;
    const QString waiting = forecast.waiting ? QueueWords::tr("≈ %1 events wait").arg(format::number(*forecast.waiting))
                                             : QueueWords::tr("how many events wait is not known");
    const QString due = forecast.at ? format::due(*forecast.at - now) : QString();
    switch (forecast.rule) {
    case Rule::Paused:
        return QueueWords::tr("none: the queue's ticker is paused; %1").arg(waiting);
    case Rule::External:
        return QueueWords::tr("when somebody else makes one: the queue has an external ticker");
    case Rule::Count:
        return QueueWords::tr("at the ticker's next call: %1, %2 are enough (ticker_max_count)")
            .arg(waiting, format::number(queue.tickerMaxCount));
    case Rule::Lag:
        return QueueWords::tr("%1: %2 (ticker_max_lag %3)").arg(due, waiting, format::age(queue.tickerMaxLag));
    case Rule::Idle:
        if (due.isEmpty())
            return QueueWords::tr("at the ticker's next call: nothing waits");
        return forecast.atLatest ? QueueWords::tr("%1 at the latest: nothing waits (ticker_idle_period %2)")
                                       .arg(due, format::age(queue.tickerIdlePeriod))
                                 : QueueWords::tr("%1: nothing waits, the pause doubles (up to ticker_idle_period %2)")
                                       .arg(due, format::age(queue.tickerIdlePeriod));
    case Rule::Fresh:
        return QueueWords::tr("at the ticker's next call: the queue has one tick yet");
    case Rule::First:
        return QueueWords::tr("at the ticker's next call: there is no tick yet");
    case Rule::Unknown:
        return due.isEmpty() ? QueueWords::tr("not known: %1").arg(waiting)
                             : QueueWords::tr("not known, %1 at the latest: %2").arg(due, waiting);
    }
    return {};
}

} // namespace models
