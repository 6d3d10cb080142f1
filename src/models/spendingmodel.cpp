// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/spendingmodel.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

using domain::Purpose;
using std::chrono::microseconds;

struct Words {
    Q_DECLARE_TR_FUNCTIONS(Words)
};

double ms(microseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

QString nameOf(Purpose purpose) {
    switch (purpose) {
    case Purpose::Sample:
        return Words::tr("Sample");
    case Purpose::WorkQueues:
        return Words::tr("Work queues");
    case Purpose::Probe:
        return Words::tr("Schema and rights");
    case Purpose::Follow:
        return Words::tr("Followed group");
    case Purpose::Pages:
        return Words::tr("Pages");
    case Purpose::Rebuild:
        return Words::tr("Earlier history");
    case Purpose::Listen:
        return Words::tr("Listening");
    case Purpose::Act:
        return Words::tr("Actions");
    }
    return {};
}

QString meaningOf(Purpose purpose) {
    switch (purpose) {
    case Purpose::Sample:
        return Words::tr("Positions with every sample; sequences, counts, sessions and upkeep with some");
    case Purpose::WorkQueues:
        return Words::tr("Which work queues there are, and how they stand");
    case Purpose::Probe:
        return Words::tr("What is installed and what may be read: once a minute, whether it changed more often");
    case Purpose::Follow:
        return Words::tr("The closer look at one group, up to five times a second");
    case Purpose::Pages:
        return Words::tr("What the page at hand asks beside the sample; what an action would do, before it is done");
    case Purpose::Rebuild:
        return Words::tr("Ticks from before the recording began, read once");
    case Purpose::Listen:
        return Words::tr("To be told of new ticks without asking");
    case Purpose::Act:
        return Words::tr("What was done from here, and what became of it");
    }
    return {};
}

QString lately(const SpendingLine& line, const QString& text) {
    return line.minutePassed ? Words::tr("· last min %1").arg(text) : QString();
}

/// A sum, and behind it what the last minute had of it.
Column<SpendingLine> sumColumn(ColumnInfo info, const std::function<std::int64_t(const pg::Traffic&)>& part,
                               const std::function<QString(std::int64_t)>& text) {
    info.kind = CellKind::Number;
    return {std::move(info),
            [part, text](const SpendingLine& line, const CellContext&) {
                Cell cell{text(part(line.spent.total))};
                cell.detail = lately(line, text(part(line.spent.lastMinute)));
                cell.strong = !line.purpose;
                return cell;
            },
            [part](const SpendingLine& line) { return QVariant(qint64(part(line.spent.total))); },
            {},
            {},
            [part](const SpendingLine& line) {
                return line.minutePassed ? QVariant(qint64(part(line.spent.lastMinute))) : QVariant();
            }};
}

QString timeText(std::int64_t us) {
    return format::milliseconds(double(us) / 1'000);
}

/// What was measured, as "≥" where not all was.
Cell measuredCell(const SpendingLine& line, const CellContext&) {
    const auto text = [](const pg::Traffic& traffic) {
        if (traffic.measuredRoundTrips == 0 && traffic.roundTrips > 0)
            return format::none();
        const QString time = format::milliseconds(ms(traffic.measured));
        return traffic.measuredRoundTrips < traffic.roundTrips ? format::atLeast(time) : time;
    };
    Cell cell{text(line.spent.total)};
    cell.detail = lately(line, text(line.spent.lastMinute));
    cell.strong = !line.purpose;
    const std::int64_t missing = line.spent.total.roundTrips - line.spent.total.measuredRoundTrips;
    if (missing > 0)
        cell.tooltip = Words::tr("%n round trip(s) were not measured on the server", nullptr, int(missing));
    return cell;
}

} // namespace

std::vector<SpendingLine> spendingLines(const domain::Spending& spending) {
    std::vector<SpendingLine> lines;
    const bool minutePassed = spending.since > spending.minute();
    for (std::size_t at = 0; at < domain::purposes; ++at) {
        if (spending.of[at].total.roundTrips > 0)
            lines.push_back({Purpose(at), spending.of[at], minutePassed});
    }
    lines.push_back({std::nullopt, spending.all(), minutePassed});
    return lines;
}

std::vector<Column<SpendingLine>> spendingColumns() {
    using Line = SpendingLine;
    const auto number = [](std::int64_t value) { return format::number(value); };
    const auto size = [](std::int64_t value) { return format::bytes(value); };
    return {
        {{u"purpose"_s, Words::tr("Asked for"), Words::tr("Every question of this window is in one of these lines"),
          CellKind::Text, Pace::Identity, u"Schema and rights"_s},
         [](const Line& line, const CellContext&) {
             Cell cell{line.purpose ? nameOf(*line.purpose) : Words::tr("All")};
             cell.strong = !line.purpose;
             cell.tooltip = line.purpose ? meaningOf(*line.purpose) : QString();
             return cell;
         },
         [](const Line& line) { return QVariant(line.purpose ? nameOf(*line.purpose) : Words::tr("All")); }},
        sumColumn(
            {u"round_trips"_s, Words::tr("Round trips"),
             Words::tr("Since this server was opened; behind it the last minute"), CellKind::Number, Pace::Slow,
             u"12 345 · last min 123"_s},
            [](const pg::Traffic& traffic) { return traffic.roundTrips; }, number),
        sumColumn(
            {u"statements"_s, Words::tr("Statements"),
             Words::tr("Those that begin and end a transaction included; a script counts as one"), CellKind::Number,
             Pace::Slow, u"123 456 · last min 1 234"_s},
            [](const pg::Traffic& traffic) { return traffic.statements; }, number),
        {{u"server_time"_s, Words::tr("Server time"),
          Words::tr("By the server's own clock, from the first statement of a round trip to its end; ≥ where some were "
                    "not measured"),
          CellKind::Number, Pace::Slow, u"≥ 999 ms · last min ≥ 999 ms"_s},
         measuredCell,
         [](const Line& line) { return QVariant(qint64(line.spent.total.measured.count())); },
         {},
         {},
         [](const Line& line) {
             return QVariant(u"%1/%2/%3"_s.arg(line.minutePassed ? line.spent.lastMinute.measured.count() : -1)
                                 .arg(line.spent.total.measuredRoundTrips)
                                 .arg(line.spent.total.roundTrips));
         }},
        sumColumn(
            {u"waited"_s, Words::tr("Seen from here"),
             Words::tr("From sending to the last answer, network and server included"), CellKind::Number, Pace::Slow,
             u"14 m 02 s · last min 9.9 s"_s},
            [](const pg::Traffic& traffic) { return std::int64_t(traffic.waited.count()); }, timeText),
        sumColumn(
            {u"bytes"_s, Words::tr("Received"), Words::tr("Of all values, without the protocol's own bytes"),
             CellKind::Number, Pace::Slow, u"123 kB · last min 123 kB"_s},
            [](const pg::Traffic& traffic) { return traffic.bytes; }, size),
        {{u"longest"_s, Words::tr("Longest"), Words::tr("Round trip so far, as seen from here"), CellKind::Number,
          Pace::Slow, u"999 ms"_s},
         [](const Line& line, const CellContext&) {
             Cell cell{timeText(line.spent.total.longest.count())};
             cell.strong = !line.purpose;
             return cell;
         },
         [](const Line& line) { return QVariant(qint64(line.spent.total.longest.count())); }},
    };
}

QString serverShare(const domain::Spending& spending) {
    const domain::Spent all = spending.all();
    const auto share = [](microseconds part, microseconds of) {
        return of.count() > 0 ? QString::number(100.0 * double(part.count()) / double(of.count()), 'f', 2)
                              : format::none();
    };
    const QString whole =
        Words::tr("%1 % in %2").arg(share(all.total.measured, spending.since), format::age(spending.since));
    QString text =
        spending.since > spending.minute()
            ? Words::tr("%1 % in the last minute, %2").arg(share(all.lastMinute.measured, spending.minute()), whole)
            : whole;
    const std::int64_t missing = all.total.roundTrips - all.total.measuredRoundTrips;
    if (missing == 0)
        return text;
    return text + Words::tr("; %n round trip(s) not measured", nullptr, int(missing));
}

} // namespace models
