// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/schemamodels.h"

#include "monitor/rotation.h"
#include "monitor/thresholds.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <set>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct SchemaWords {
    Q_DECLARE_TR_FUNCTIONS(SchemaWords)
};

constexpr qsizetype functionsNamed = 4;

DriftLine lineOf(const schema::Drift& drift) {
    DriftLine line{{}, Tone::Warning, format::text(drift.object), format::text(drift.detail), {}};
    switch (drift.kind) {
    case schema::DriftKind::MissingFunction:
        line.what = SchemaWords::tr("function missing");
        break;
    case schema::DriftKind::ExtraFunction:
        line.what = SchemaWords::tr("function added");
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
    case schema::DriftKind::ColumnType:
        line.what = SchemaWords::tr("type differs");
        break;
    case schema::DriftKind::MissingConstraint:
        line.what = SchemaWords::tr("constraint missing");
        break;
    case schema::DriftKind::MissingIndex:
        line.what = SchemaWords::tr("index missing");
        break;
    case schema::DriftKind::MissingConfig:
        line.what = SchemaWords::tr("row missing");
        break;
    case schema::DriftKind::ExtraTable:
        line.what = SchemaWords::tr("table added");
        break;
    case schema::DriftKind::ExtraColumn:
        line.what = SchemaWords::tr("column added");
        break;
    case schema::DriftKind::ExtraConstraint:
        line.what = SchemaWords::tr("constraint added");
        break;
    case schema::DriftKind::ExtraIndex:
        line.what = SchemaWords::tr("index added");
        break;
    case schema::DriftKind::ExtraTrigger:
        line.what = SchemaWords::tr("trigger added");
        break;
    }
    if (schema::isAddition(drift.kind))
        line.tone = Tone::Information;
    return line;
}

DriftLine lineOf(const schema::GrantDrift& grant) {
    const QString role = format::text(grant.role);
    return {grant.superfluous ? SchemaWords::tr("extra right") : SchemaWords::tr("right missing"),
            grant.superfluous && grant.role == "public" ? Tone::Critical : Tone::Warning, format::text(grant.object),
            grant.superfluous ? SchemaWords::tr("%1 has %2").arg(role, format::text(grant.privilege))
                              : SchemaWords::tr("%1 lacks %2").arg(role, format::text(grant.privilege)),
            format::text(grant.sql)};
}

using namespace std::chrono_literals;

/// A job that is set up to run often did not run as it should after this, or after so many of its pauses.
constexpr auto longWithoutRun = 10min;
constexpr int pausesMissed = 3;

/// How far apart runs lie where the schedule says so outright; a job of the night has no such pause.
std::optional<pg::Interval> pauseOf(const std::string& schedule) {
    static const QRegularExpression every(u"^(?:@every\\s+)?(\\d{1,4})\\s+(second|minute)s?$"_s);
    static const QRegularExpression minutes(u"^(?:@every\\s+)?\\*(?:/(\\d{1,2}))?(?:\\s+\\*){4}$"_s);
    const QString text = QString::fromStdString(schedule).trimmed();
    if (const auto match = every.match(text); match.hasMatch()) {
        const int number = match.captured(1).toInt();
        return match.captured(2) == u"second" ? pg::Interval(std::chrono::seconds(number))
                                              : pg::Interval(std::chrono::minutes(number));
    }
    if (const auto match = minutes.match(text); match.hasMatch())
        return std::chrono::minutes(match.hasCaptured(1) ? match.captured(1).toInt() : 1);
    return std::nullopt;
}

/// Whether somebody ticks, whoever it is: a queue without events is still ticked once in its own idle period.
StatusRow ticksRow(const domain::Snapshot& snapshot) {
    std::optional<pg::Timestamp> newest;
    bool ticked = false;
    bool running = false;
    for (const domain::Queue& queue : snapshot.queues) {
        if (queue.externalTicker || queue.tickerPaused)
            continue;
        ticked = true;
        if (!queue.lastTick)
            continue;
        newest = std::max(newest.value_or(queue.lastTick->time), queue.lastTick->time);
        running |= snapshot.takenAt - queue.lastTick->time <= monitor::Thresholds().idleLate * queue.tickerIdlePeriod;
    }
    StatusRow ticks{SchemaWords::tr("ticks"), {}, Tone::None, {}};
    if (!ticked) {
        ticks.status = SchemaWords::tr("nothing to tick");
        ticks.detail = SchemaWords::tr("no queue that pgque.ticker() ticks");
    } else {
        ticks.status = running ? SchemaWords::tr("running") : SchemaWords::tr("not running");
        ticks.tone = running ? Tone::Good : Tone::Critical;
        ticks.detail = newest ? SchemaWords::tr("the newest was made %1 ago; whoever calls pgque.ticker() makes them")
                                    .arg(format::age(snapshot.takenAt - *newest))
                              : SchemaWords::tr("none was ever made");
    }
    return ticks;
}

/// Whether somebody rotates: of the queues that nothing holds, how many are overdue.
StatusRow rotationRow(const domain::Snapshot& snapshot) {
    const monitor::Thresholds thresholds;
    int secondStep = 0;
    int waiting = 0;
    int overdue = 0;
    int held = 0;
    double worstPeriods = 0;
    const domain::Queue* worst = nullptr;
    for (const domain::Queue& queue : snapshot.queues) {
        if (!queue.switchStep2) {
            ++secondStep;
            waiting += snapshot.takenAt - queue.switchTime > thresholds.stepTwoMissing;
        }
        const monitor::Rotation state = monitor::rotationOf(queue, snapshot.takenAt);
        held += state == monitor::Rotation::Pinned || state == monitor::Rotation::WaitsForTick ||
                state == monitor::Rotation::TickGone;
        if (queue.rotationPeriod <= pg::Interval(0) || state != monitor::Rotation::Due)
            continue;
        const double periods = std::chrono::duration<double>(snapshot.takenAt - monitor::rotationDue(queue)) /
                               std::chrono::duration<double>(queue.rotationPeriod);
        if (periods < thresholds.rotationWarning)
            continue;
        ++overdue;
        if (!worst || periods > worstPeriods) {
            worst = &queue;
            worstPeriods = periods;
        }
    }
    StatusRow rotation{SchemaWords::tr("rotation"), SchemaWords::tr("on time"), Tone::Good, {}};
    QStringList details;
    if (worst) {
        rotation.status = SchemaWords::tr("not running");
        rotation.tone = worstPeriods >= thresholds.rotationCritical ? Tone::Critical : Tone::Warning;
        details += SchemaWords::tr("%n queue(s) overdue that no consumer holds", nullptr, overdue);
        details +=
            SchemaWords::tr("%1 the longest, by %2 at a period of %3")
                .arg(format::foreign(format::text(worst->name)),
                     format::age(snapshot.takenAt - monitor::rotationDue(*worst)), format::age(worst->rotationPeriod));
        details +=
            SchemaWords::tr("nothing calls pgque.maint(), or a lock on its next table makes it pass the queue by");
    } else {
        details += SchemaWords::tr("no queue waits for maintenance longer than it should");
    }
    if (held > 0)
        details += SchemaWords::tr("%n due, but held by a position or for a tick", nullptr, held);
    if (waiting > 0) {
        rotation.status = SchemaWords::tr("step two is missing");
        rotation.tone = Tone::Critical;
    }
    details += secondStep > 0 ? SchemaWords::tr("the second step is due on %n queue(s)", nullptr, secondStep)
                              : SchemaWords::tr("the second step was made everywhere");
    rotation.detail = details.join(u"; "_s);
    return rotation;
}

/// Whether anybody ticks and rotates, whoever it is: by what was made.
std::vector<StatusRow> seenRows(const domain::Snapshot& snapshot) {
    std::vector<StatusRow> rows{ticksRow(snapshot)};
    if (!snapshot.queues.empty())
        rows.push_back(rotationRow(snapshot));
    return rows;
}

/// Ages as PostgreSQL writes them, "1 day 02:03:04 ago", as this console does.
QString withAges(QString text) {
    static const QRegularExpression age(u"(?:(\\d+) days? )?(\\d+):(\\d\\d):(\\d\\d)(?= ago)"_s);
    for (auto found = age.match(text); found.hasMatch(); found = age.match(text)) {
        const auto part = [&found](int which) { return found.captured(which).toLongLong(); };
        text.replace(found.capturedStart(), found.capturedLength(),
                     format::age(std::chrono::days(part(1)) + std::chrono::hours(part(2)) +
                                 std::chrono::minutes(part(3)) + std::chrono::seconds(part(4))));
    }
    return text;
}

StatusRow rowOf(const domain::ScheduledJob& job, pg::Timestamp now) {
    const QString scheduler = format::text(job.scheduler);
    StatusRow row{SchemaWords::tr("job %1 (%2)")
                      .arg(job.name.empty() ? format::text(job.command) : format::text(job.name), scheduler),
                  {},
                  Tone::None,
                  {}};
    QStringList details{format::text(job.schedule), format::text(job.command)};
    if (job.lastRun) {
        const QString status = format::text(job.lastStatus);
        details += SchemaWords::tr("last run %1 ago: %2").arg(format::age(now - *job.lastRun), status);
    } else if (job.runsKnown) {
        details += SchemaWords::tr("no run among the newest that are kept");
    } else {
        details += SchemaWords::tr("how it ran is not known");
    }
    if (job.lastFailure)
        details += SchemaWords::tr("last failure %1 ago: %2")
                       .arg(format::age(now - *job.lastFailure), format::text(job.failure));
    row.detail = details.join(u" · "_s);
    const std::optional<pg::Interval> pause = pauseOf(job.schedule);
    const pg::Interval patience =
        std::max<pg::Interval>(longWithoutRun, pausesMissed * pause.value_or(pg::Interval(0)));
    if (!job.active) {
        row.status = SchemaWords::tr("switched off");
        row.tone = Tone::Warning;
    } else if (job.failed()) {
        row.status = SchemaWords::tr("failed");
        row.tone = Tone::Critical;
    } else if (job.lastRun && now - *job.lastRun <= patience) {
        row.status = SchemaWords::tr("running");
        row.tone = job.lastFailure ? Tone::Warning : Tone::Good;
    } else if (job.runsKnown && pause) {
        row.status = SchemaWords::tr("set up, does not run");
        row.tone = Tone::Critical;
    } else {
        row.status = SchemaWords::tr("set up");
    }
    return row;
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

QString publicRights(const schema::Catalog& catalog) {
    if (!catalog.present)
        return format::none();
    const auto here = [](const auto& byRole) {
        const auto found = byRole.find("public");
        return found == byRole.end() ? std::set<std::string>() : found->second;
    };
    const QString reading = u"SELECT on table "_s;
    bool entered = false;
    QStringList read;
    QStringList more;
    for (const std::string& right : here(catalog.rights)) {
        const QString words = format::foreign(format::text(right));
        if (right == "USAGE on schema pgque")
            entered = true;
        else if (words.startsWith(reading))
            read += words.sliced(reading.size());
        else
            more += words;
    }
    QStringList functions;
    for (const std::string& function : here(catalog.execute))
        functions += format::foreign(format::text(function));
    if (!entered)
        return SchemaWords::tr("may do nothing: it has no USAGE on the schema");
    QStringList parts;
    parts +=
        read.isEmpty() ? SchemaWords::tr("may read no table") : SchemaWords::tr("may read %1").arg(read.join(u", "_s));
    parts += more;
    if (functions.isEmpty())
        parts += SchemaWords::tr("may execute nothing");
    else
        parts += SchemaWords::tr("may execute %1").arg(functions.mid(0, functionsNamed).join(u", "_s)) +
                 (functions.size() > functionsNamed
                      ? SchemaWords::tr(" and %n more", nullptr, int(functions.size() - functionsNamed))
                      : QString());
    return parts.join(u"; "_s);
}

std::vector<Column<DriftLine>> driftColumns() {
    using Line = DriftLine;
    return {
        {{u"what"_s, SchemaWords::tr("Difference"), SchemaWords::tr("Against the script that this program ships"),
          CellKind::Chip, Pace::Identity, u"● attributes differ"_s},
         [](const Line& line, const CellContext&) {
             return Mark{line.tone, line.what, line.detail}.cell();
         },
         [](const Line& line) { return QVariant(line.what); },
         {},
         {},
         [](const Line& line) { return QVariant(int(line.tone)); }},
        textColumn<Line>({u"object"_s, SchemaWords::tr("Object"),
                          SchemaWords::tr("Function, part of a table, or what a right is on"), CellKind::Code,
                          Pace::Identity, u"receive_coop(text, text, text, integer)"_s},
                         [](const Line& line) { return line.object; }),
        textColumn<Line>({u"detail"_s,
                          SchemaWords::tr("How"),
                          {},
                          CellKind::Text,
                          Pace::Identity,
                          u"timestamp without time zone instead of bigint"_s},
                         [](const Line& line) { return line.detail; }),
        textColumn<Line>({u"sql"_s, SchemaWords::tr("Puts it right"),
                          SchemaWords::tr("To copy; an upgrade says itself which of all this it puts right"),
                          CellKind::Code, Pace::Identity, u"grant execute on function pgque.ack(bigint)"_s},
                         [](const Line& line) { return line.sql; }),
    };
}

std::vector<StatusRow> statusRows(const domain::Snapshot* snapshot, const domain::Scheduling& scheduling,
                                  const std::vector<pgque::StatusLine>& status) {
    std::vector<StatusRow> rows;
    if (snapshot != nullptr)
        rows = seenRows(*snapshot);
    const bool ticks = !rows.empty() && rows.front().tone == Tone::Good;
    for (const domain::ScheduledJob& job : scheduling.jobs)
        rows.push_back(rowOf(job, scheduling.takenAt));
    for (const std::string& sentence : scheduling.unread)
        rows.push_back({format::text(sentence), SchemaWords::tr("unknown"), Tone::Warning, {}});
    if (!scheduling.cronDatabase.empty())
        rows.push_back({SchemaWords::tr("pg_cron"), SchemaWords::tr("elsewhere"), Tone::None,
                        SchemaWords::tr("its jobs are kept in database %1 and can't be seen from here")
                            .arg(format::text(scheduling.cronDatabase))});
    for (const pgque::StatusLine& line : status) {
        StatusRow row{format::text(line.component), format::text(line.status), Tone::None,
                      line.detail ? withAges(format::text(*line.detail)) : QString()};
        const bool ofJobs = line.component == "ticker" || line.component == "maintenance";
        if (ofJobs && line.status == "stopped" && (line.component != "ticker" || ticks || !snapshot)) {
            row.status = SchemaWords::tr("no job of pgque.start()");
            row.detail += (row.detail.isEmpty() ? QString() : u"; "_s) +
                          SchemaWords::tr("pgque.status() calls that stopped, whoever calls the functions");
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

QStringList lostGroupLines(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    using Sign = domain::LostGroup::Sign;
    QStringList lines;
    std::set<std::pair<std::string, std::string>> told;
    for (const domain::Finding& finding : diagnosis.findings) {
        if (finding.rule != "group_lost_its_members")
            continue;
        told.emplace(finding.subject.queue, finding.subject.consumer);
        lines += format::text(finding.title);
    }
    for (const domain::LostGroup& lost : domain::lostGroups(snapshot)) {
        if (told.contains({lost.queue, lost.consumer}))
            continue;
        const QString who = SchemaWords::tr("%1 on %2").arg(format::text(lost.consumer), format::text(lost.queue));
        switch (lost.sign) {
        case Sign::NoMembers:
            lines += SchemaWords::tr("%1 is a group without a member").arg(who);
            break;
        case Sign::Extended:
            lines +=
                SchemaWords::tr("%1 is a normal consumer and may have been a group: %2 is named like a member of it")
                    .arg(who, format::text(lost.example));
            break;
        case Sign::GroupElsewhere:
            lines += SchemaWords::tr("%1 is a normal consumer and may have been a group: on %2 it is one")
                         .arg(who, format::text(lost.example));
            break;
        }
    }
    return lines;
}

std::vector<Column<StatusRow>> statusColumns() {
    using Line = StatusRow;
    return {
        textColumn<Line>({u"component"_s,
                          SchemaWords::tr("Part"),
                          {},
                          CellKind::Text,
                          Pace::Identity,
                          u"job pgque_retry_events (pg_cron)"_s},
                         [](const Line& row) { return row.component; }),
        {{u"status"_s, SchemaWords::tr("Status"), SchemaWords::tr("Seen by this console, or told by the scheduler"),
          CellKind::Chip, Pace::Slow, u"● no job of pgque.start()"_s},
         [](const Line& row, const CellContext&) {
             return row.tone == Tone::None ? Cell{row.status} : Mark{row.tone, row.status, row.detail}.cell();
         },
         [](const Line& row) { return QVariant(row.status); },
         {},
         {},
         [](const Line& row) { return QVariant(int(row.tone)); }},
        textColumn<Line>({u"detail"_s,
                          SchemaWords::tr("Detail"),
                          {},
                          CellKind::Text,
                          Pace::Slow,
                          u"1 second · CALL pgque.ticker_loop() · last run 3 s ago: succeeded"_s},
                         [](const Line& row) { return row.detail; }),
    };
}

} // namespace models
