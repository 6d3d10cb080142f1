// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/schemamodels.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct SchemaWords {
    Q_DECLARE_TR_FUNCTIONS(SchemaWords)
};

DriftLine lineOf(const schema::Drift& drift) {
    DriftLine line{{}, Tone::Warning, format::text(drift.object), format::text(drift.detail), {}};
    switch (drift.kind) {
    case schema::DriftKind::MissingFunction:
        line.what = SchemaWords::tr("function missing");
        break;
    case schema::DriftKind::ExtraFunction:
        line.what = SchemaWords::tr("function added");
        line.tone = Tone::Information;
        break;
    case schema::DriftKind::Body:
        line.what = SchemaWords::tr("source differs");
        break;
    case schema::DriftKind::Attributes:
        line.what = SchemaWords::tr("attributes differ");
        break;
    case schema::DriftKind::MissingColumn:
        line.what = SchemaWords::tr("column missing");
        break;
    }
    return line;
}

DriftLine lineOf(const schema::GrantDrift& grant) {
    const QString role = format::text(grant.role);
    return {grant.superfluous ? SchemaWords::tr("extra right") : SchemaWords::tr("right missing"),
            grant.superfluous && grant.role == "public" ? Tone::Critical : Tone::Warning, format::text(grant.function),
            grant.superfluous ? SchemaWords::tr("%1 may execute it").arg(role)
                              : SchemaWords::tr("%1 may not execute it").arg(role),
            format::text(grant.sql)};
}

} // namespace

std::vector<DriftLine> driftLines(const schema::Inspection& inspection) {
    std::vector<DriftLine> lines;
    for (const schema::Drift& drift : inspection.drift)
        lines.push_back(lineOf(drift));
    for (const schema::GrantDrift& grant : inspection.grants)
        lines.push_back(lineOf(grant));
    return lines;
}

std::vector<Column<DriftLine>> driftColumns() {
    using Line = DriftLine;
    return {
        {{u"what"_s, SchemaWords::tr("Difference"), SchemaWords::tr("Against the script that this program ships"),
          CellKind::Chip, Pace::Identity, u"● attributes differ"_s},
         [](const Line& line, const CellContext&) {
             return Mark{line.tone, line.what, line.detail}.cell();
         },
         [](const Line& line) { return QVariant(line.what); }},
        textColumn<Line>({u"object"_s, SchemaWords::tr("Object"), SchemaWords::tr("Function or column of the schema"),
                          CellKind::Code, Pace::Identity, u"receive_coop(text, text, text, integer)"_s},
                         [](const Line& line) { return line.object; }),
        textColumn<Line>({u"detail"_s,
                          SchemaWords::tr("How"),
                          {},
                          CellKind::Text,
                          Pace::Identity,
                          u"pgque_reader may not execute it"_s},
                         [](const Line& line) { return line.detail; }),
        textColumn<Line>({u"sql"_s, SchemaWords::tr("Puts it right"), SchemaWords::tr("To copy; an upgrade does all"),
                          CellKind::Code, Pace::Identity, u"grant execute on function pgque.ack(bigint)"_s},
                         [](const Line& line) { return line.sql; }),
    };
}

std::vector<Column<StatusRow>> statusColumns() {
    using Line = StatusRow;
    return {
        textColumn<Line>(
            {u"component"_s, SchemaWords::tr("Part"), {}, CellKind::Text, Pace::Identity, u"maintenance_step2"_s},
            [](const Line& row) { return format::text(row.line.component); }),
        textColumn<Line>({u"status"_s, SchemaWords::tr("Status"), {}, CellKind::Text, Pace::Slow, u"not scheduled"_s},
                         [](const Line& row) { return format::text(row.line.status); }),
        textColumn<Line>({u"detail"_s,
                          SchemaWords::tr("Detail"),
                          {},
                          CellKind::Text,
                          Pace::Slow,
                          u"job 12, every second, last run 2026-11-20 13:53:41"_s},
                         [](const Line& row) { return row.line.detail ? format::text(*row.line.detail) : QString(); }),
    };
}

} // namespace models
