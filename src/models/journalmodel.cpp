// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/journalmodel.h"

#include "domain/timemark.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Journal {
    Q_DECLARE_TR_FUNCTIONS(Journal)
};

pg::Timestamp momentOf(const store::JournalRecord& record) {
    return pg::Timestamp(std::chrono::milliseconds(record.at.toMSecsSinceEpoch()));
}

/// Records of before more was hidden in the file can't be changed.
QString shown(const QString& text) {
    return masked(text.toStdString());
}

} // namespace

Mark markOf(const store::JournalRecord& record) {
    switch (record.stage) {
    case store::Stage::Begun:
        return {Tone::Dim, Journal::tr("begun"), Journal::tr("Confirmed; nothing had been sent yet.")};
    case store::Stage::Committing:
        return {Tone::Information, Journal::tr("committing"),
                Journal::tr("Everything had run; the commit was the next thing to be sent.")};
    case store::Stage::Ended:
    case store::Stage::Settled:
        break;
    }
    const QString settled =
        record.stage == store::Stage::Settled ? Journal::tr("Learned later, from the server.") : QString();
    if (record.outcome == "done"_L1)
        return {Tone::Good, Journal::tr("done"), settled};
    if (record.outcome == "refused"_L1)
        return {Tone::Warning, Journal::tr("refused"), settled};
    if (record.outcome == "changed_underneath"_L1)
        return {Tone::Warning, Journal::tr("changed underneath"), settled};
    if (record.outcome == "partly"_L1)
        return {Tone::Warning, Journal::tr("done in part"), settled};
    if (record.outcome == "failed"_L1)
        return {Tone::Critical, Journal::tr("failed"), settled};
    return {Tone::Critical, Journal::tr("unknown"), Journal::tr("The connection was lost in the commit.")};
}

QString summaryOf(const store::JournalRecord& record, const QTimeZone& zone) {
    const std::string kept = shown(record.summary).toStdString();
    return QString::fromStdString(
        domain::withTimes(domain::marksOfUtcTimes(kept, momentOf(record)),
                          [&zone](pg::Timestamp moment) { return format::clock(moment, zone).toStdString(); }));
}

std::vector<Column<JournalLine>> journalColumns() {
    using Line = JournalLine;
    return {
        momentColumn<Line>({u"at"_s, Journal::tr("When"), Journal::tr("This machine's clock"), CellKind::Text,
                            Pace::Identity, u"2026-11-20 13:53:41"_s},
                           [](const Line& line) { return momentOf(line.record); }),
        textColumn<Line>({u"action"_s, Journal::tr("Action"), Journal::tr("Its name in the registry of actions"),
                          CellKind::Text, Pace::Identity, u"force_unregister"_s},
                         [](const Line& line) { return line.record.action; }),
        {{u"state"_s, Journal::tr("Outcome"), Journal::tr("How far it had come when this was written"), CellKind::Chip,
          Pace::Identity, u"● changed underneath"_s},
         [](const Line& line, const CellContext&) { return markOf(line.record).cell(); },
         [](const Line& line) { return QVariant(markOf(line.record).word); }},
        textColumn<Line>({u"subject"_s, Journal::tr("On"), Journal::tr("Queue, consumer, batch"), CellKind::Text,
                          Pace::Identity, u"queue orders, batch 812"_s},
                         [](const Line& line) { return shown(line.record.subject); }),
        {{u"summary"_s,
          Journal::tr("What happened"),
          {},
          CellKind::Text,
          Pace::Identity,
          u"billing.worker-3 was unregistered"_s},
         [](const Line& line, const CellContext& context) {
             const QString told = format::foreign(summaryOf(line.record, context.zone), 240);
             return Cell{told, {}, told};
         },
         [](const Line& line) { return QVariant(shown(line.record.summary)); }},
        textColumn<Line>({u"reason"_s, Journal::tr("Reason"), Journal::tr("As the operator gave it"), CellKind::Text,
                          Pace::Identity, u"worker host is gone"_s},
                         [](const Line& line) { return shown(line.record.reason); }),
        textColumn<Line>(
            {u"where"_s, Journal::tr("Server"), {}, CellKind::Text, Pace::Identity, u"db1.example:5432/app"_s, false},
            [](const Line& line) { return line.record.where; }),
        textColumn<Line>({u"who"_s, Journal::tr("Who"), Journal::tr("The operating system's user"), CellKind::Text,
                          Pace::Identity, u"operator"_s, false},
                         [](const Line& line) { return line.record.who; }),
        textColumn<Line>({u"role"_s, Journal::tr("Role"), Journal::tr("The database's user"), CellKind::Text,
                          Pace::Identity, u"app_operator"_s, false},
                         [](const Line& line) { return line.record.role; }),
        idColumn<Line>({u"number"_s, Journal::tr("Record"), Journal::tr("Its number in the journal"), CellKind::Number,
                        Pace::Identity, u"123 456"_s, false},
                       [](const Line& line) { return line.record.number; }),
    };
}

} // namespace models
