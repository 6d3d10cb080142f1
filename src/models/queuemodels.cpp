// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/queuemodels.h"

#include <QCoreApplication>

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

QString pidList(const std::vector<std::int32_t>& pids) {
    QStringList list;
    for (const std::int32_t pid : pids)
        list += QString::number(pid);
    return list.join(u", "_s);
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
    case monitor::Gate::Kind::Transactions:
        return QueueWords::tr("No open transaction is older than the last switch");
    case monitor::Gate::Kind::Consumers:
        return QueueWords::tr("Every consumer is past the last switch");
    case monitor::Gate::Kind::Table:
        return QueueWords::tr("Nobody has a lock on the next table");
    }
    return {};
}

QString whyOf(const monitor::Gate& gate, pg::Timestamp now) {
    switch (gate.kind) {
    case monitor::Gate::Kind::Period:
        return gate.opensAt ? format::due(*gate.opensAt - now) : QString();
    case monitor::Gate::Kind::StepTwo:
        return gate.open ? QString() : QueueWords::tr("maint_rotate_tables_step2() has not run since");
    case monitor::Gate::Kind::Transactions:
        return gate.open           ? QString()
               : gate.pids.empty() ? QueueWords::tr("which one can't be seen with this role")
                                   : QueueWords::tr("sessions with a writing transaction: %1").arg(pidList(gate.pids));
    case monitor::Gate::Kind::Consumers:
        return names(gate.culprits, 4);
    case monitor::Gate::Kind::Table:
        return gate.open ? QString() : QueueWords::tr("held by pid %1").arg(pidList(gate.pids));
    }
    return {};
}

} // namespace

std::vector<TickLine> tickLines(const domain::QueueDetail& detail, const domain::Queue& queue) {
    std::vector<TickLine> lines;
    lines.reserve(detail.ticks.size());
    for (std::size_t i = 0; i < detail.ticks.size(); ++i) {
        TickLine line{detail.ticks[i], {}, {}, false};
        if (i + 1 < detail.ticks.size()) {
            const domain::Tick& before = detail.ticks[i + 1];
            line.gap = line.tick.time - before.time;
            line.estimate = line.tick.eventSeq - before.eventSeq;
            const pg::Interval longest = *line.estimate > 0 ? queue.tickerMaxLag : queue.tickerIdlePeriod;
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
         [](const Line& line) { return line.gap ? QVariant(qint64(line.gap->count())) : QVariant(); }},
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

std::vector<TableLine> tableLines(const domain::QueueDetail& detail, const domain::Queue& queue,
                                  const domain::Snapshot& snapshot) {
    const std::int32_t count = std::max(queue.tableCount, 1);
    std::vector<TableLine> lines;
    for (const domain::EventTable& table : detail.tables) {
        TableLine line{table,
                       table.number == queue.currentTable,
                       table.number == (queue.currentTable + count - 1) % count,
                       table.number == (queue.currentTable + 1) % count,
                       {}};
        for (const domain::Subscription& row : snapshot.subscriptions) {
            if (row.queueId == queue.id && row.lastTickXmin &&
                monitor::tableOfPosition(queue, *row.lastTickXmin) == table.number)
                line.positions.push_back(row.consumerName);
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<Column<TableLine>> tableColumns() {
    using Line = TableLine;
    return {
        textColumn<Line>({u"table"_s, QueueWords::tr("Table"), QueueWords::tr("Event tables in the order of the ring"),
                          CellKind::Text, Pace::Identity, u"pgque.event_12_3"_s},
                         [](const Line& line) { return format::text(line.table.name); }),
        {{u"state"_s, QueueWords::tr("In the ring"), QueueWords::tr("Which part it plays"), CellKind::Chip, Pace::Slow,
          u"✓ previous"_s},
         [](const Line& line, const CellContext&) { return tableMark(line).cell(); },
         [](const Line& line) {
             return QVariant(line.isCurrent ? 0 : line.isPrevious ? 1 : 2);
         },
         [](const Line& line, const CellContext&) { return QVariant(tableMark(line).word); }},
        bytesColumn<Line>({u"size"_s, QueueWords::tr("Size"), QueueWords::tr("On disk, with index and TOAST"),
                           CellKind::Number, Pace::Slow, u"12.3 GB"_s},
                          [](const Line& line) { return line.table.bytes; }),
        {{u"positions"_s, QueueWords::tr("Positions in it"),
          QueueWords::tr("Consumers that still read from here: as long as one does, it is not emptied"), CellKind::Text,
          Pace::Slow, u"billing, audit and 3 more"_s},
         [](const Line& line, const CellContext&) {
             return Cell{names(line.positions, 3), {}, names(line.positions, 40)};
         },
         [](const Line& line) { return QVariant(qint64(line.positions.size())); },
         [](const Line& line, const CellContext&) { return QVariant(names(line.positions, line.positions.size())); },
         {},
         [](const Line& line) { return QVariant(names(line.positions, 3)); }},
        {{u"holders"_s, QueueWords::tr("Locked by"), QueueWords::tr("Sessions (pid) with any lock on it"),
          CellKind::Text, Pace::Slow, u"12345, 12346"_s},
         [](const Line& line, const CellContext&) { return Cell{pidList(line.table.holders)}; },
         [](const Line& line) { return QVariant(pidList(line.table.holders)); }},
    };
}

std::vector<GateLine> gateLines(const std::vector<monitor::Gate>& gates, pg::Timestamp now) {
    std::vector<GateLine> lines;
    lines.reserve(gates.size());
    for (const monitor::Gate& gate : gates)
        lines.push_back({gate, whatOf(gate.kind), whyOf(gate, now)});
    return lines;
}

std::vector<Column<GateLine>> gateColumns() {
    using Line = GateLine;
    return {
        {{u"state"_s, QueueWords::tr("Gate"), QueueWords::tr("All must be open for the next rotation"), CellKind::Chip,
          Pace::Slow, u"● closed"_s},
         [](const Line& line, const CellContext&) {
             return (line.gate.open ? Mark{Tone::Good, QueueWords::tr("open"), {}}
                                    : Mark{Tone::Warning, QueueWords::tr("closed"), {}})
                 .cell();
         },
         [](const Line& line) { return QVariant(line.gate.open); },
         [](const Line& line, const CellContext&) {
             return QVariant(line.gate.open ? QueueWords::tr("open") : QueueWords::tr("closed"));
         }},
        {{u"what"_s,
          QueueWords::tr("Condition"),
          {},
          CellKind::Text,
          Pace::Identity,
          u"No open transaction is older than the last switch"_s},
         [](const Line& line, const CellContext&) { return Cell{line.what}; },
         [](const Line& line) { return QVariant(int(line.gate.kind)); },
         [](const Line& line, const CellContext&) { return QVariant(line.what); }},
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
        return due.isEmpty() ? QueueWords::tr("at the ticker's next call: nothing waits (ticker_idle_period)")
                             : QueueWords::tr("%1 at the latest: nothing waits (ticker_idle_period %2)")
                                   .arg(due, format::age(queue.tickerIdlePeriod));
    case Rule::First:
        return QueueWords::tr("at the ticker's next call: there is no tick yet");
    case Rule::Unknown:
        return due.isEmpty() ? QueueWords::tr("not known: %1").arg(waiting)
                             : QueueWords::tr("not known, %1 at the latest: %2").arg(due, waiting);
    }
    return {};
}

} // namespace models
