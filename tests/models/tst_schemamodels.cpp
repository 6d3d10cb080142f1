// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the queues are kept going is told by what is seen, then by jobs and their runs.
#include "models/schemamodels.h"

#include <QTest>

#include "madesnapshots.h"

using namespace models;
using namespace std::chrono_literals;

namespace {

domain::ScheduledJob job(std::optional<pg::Timestamp> lastRun, const std::string& status) {
    domain::ScheduledJob one;
    one.scheduler = "pg_cron";
    one.name = "pgque_ticker";
    one.schedule = "1 second";
    one.command = "CALL pgque.ticker_loop()";
    one.runsKnown = true;
    one.lastRun = lastRun;
    one.lastStatus = status;
    return one;
}

domain::Snapshot snapshotWith(pg::Interval tickAge) {
    domain::Snapshot snapshot;
    snapshot.takenAt = made::now;
    domain::Queue queue = made::queue(1, "orders");
    queue.tickerIdlePeriod = 60s;
    queue.rotationPeriod = 2h;
    queue.switchTime = made::now - 2h;
    queue.switchStep2 = 7;
    queue.lastTick = domain::Tick{1, made::now - tickAge, 0, 10, 11};
    queue.lowestTick = queue.lastTick;
    snapshot.queues = {queue};
    snapshot.buildIndex();
    return snapshot;
}

const StatusRow& of(const std::vector<StatusRow>& rows, const QString& component) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const StatusRow& row) { return row.component == component; });
    if (found == rows.end())
        qFatal("no %s", qPrintable(component));
    return *found;
}

} // namespace

class TestSchemaModels : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void whoTicksByHandIsNotStopped() {
        const std::vector<pgque::StatusLine> status = {{"scheduler", "manual", "no scheduled jobs"},
                                                       {"ticker", "stopped", std::nullopt},
                                                       {"maintenance", "stopped", std::nullopt}};
        const auto ticking = snapshotWith(2s);
        const auto rows = statusRows(&ticking, {}, status);
        QCOMPARE(rows.front().component, QStringLiteral("ticks"));
        QCOMPARE(rows.front().tone, Tone::Good);
        QVERIFY(!of(rows, QStringLiteral("ticker")).status.contains(u"stopped"));
        QVERIFY(!of(rows, QStringLiteral("maintenance")).status.contains(u"stopped"));
        QCOMPARE(of(rows, QStringLiteral("rotation")).tone, Tone::Good);

        // Nobody does: then it is.
        const auto silent = snapshotWith(1h);
        const auto stopped = statusRows(&silent, {}, status);
        QCOMPARE(stopped.front().tone, Tone::Critical);
        QCOMPARE(of(stopped, QStringLiteral("ticker")).status, QStringLiteral("stopped"));
    }

    void theSecondStepOfARotation() {
        auto snapshot = snapshotWith(2s);
        snapshot.queues[0].switchStep2.reset();
        QCOMPARE(of(statusRows(&snapshot, {}, {}), QStringLiteral("rotation")).tone, Tone::Critical);
        snapshot.queues[0].switchTime = made::now - 5s;
        QCOMPARE(of(statusRows(&snapshot, {}, {}), QStringLiteral("rotation")).tone, Tone::Good);
    }

    /// Nobody calls maint(): the queue's own period tells, however lately another one was rotated.
    void nobodyRotates() {
        auto snapshot = snapshotWith(2s);
        snapshot.queues.push_back(made::queue(2, "mails"));
        snapshot.queues[1].switchTime = made::now - 5s;
        const auto at = [&snapshot](pg::Interval sinceSwitch) {
            snapshot.queues[0].switchTime = made::now - sinceSwitch;
            return of(statusRows(&snapshot, {}, {}), QStringLiteral("rotation"));
        };
        QCOMPARE(at(2h + 59min).tone, Tone::Good);
        QCOMPARE(at(3h).tone, Tone::Warning);
        const StatusRow late = at(5h);
        QCOMPARE(late.tone, Tone::Critical);
        QCOMPARE(late.status, QStringLiteral("not running"));
        QVERIFY(late.detail.contains(u"1 queue") &&
                late.detail.contains(QStringLiteral("orders the longest, by ") + format::age(3h)));
        // One that a consumer holds is not maintenance's.
        snapshot.queues[0].lowestTick->xmin = 7;
        QCOMPARE(at(5h).tone, Tone::Good);
        QVERIFY(at(5h).detail.contains(u"1 due, but held"));
        // The worst is the one that is over by most of its own periods.
        snapshot.queues[0].lowestTick = snapshot.queues[0].lastTick;
        snapshot.queues[1].rotationPeriod = 1min;
        snapshot.queues[1].switchTime = made::now - 1h;
        QVERIFY(at(5h).detail.contains(u"2 queue") && at(5h).detail.contains(u"mails the longest"));
    }

    /// Each queue is ticked in its own idle period: that of another one says nothing of it.
    void ticksByEachQueuesOwnIdlePeriod() {
        auto snapshot = snapshotWith(10min);
        snapshot.queues.push_back(made::queue(2, "rare"));
        snapshot.queues[1].tickerIdlePeriod = 1h;
        snapshot.queues[1].lastTick->time = made::now - 4h;
        QCOMPARE(of(statusRows(&snapshot, {}, {}), QStringLiteral("ticks")).tone, Tone::Critical);
        snapshot.queues[1].lastTick->time = made::now - 2h;
        QCOMPARE(of(statusRows(&snapshot, {}, {}), QStringLiteral("ticks")).tone, Tone::Good);
    }

    /// What runs seldom is judged by nothing but its last run.
    void jobsBySchedule() {
        domain::Scheduling scheduling;
        scheduling.takenAt = made::now;
        const auto at = [&scheduling](const std::string& schedule, std::optional<pg::Interval> ago) {
            domain::ScheduledJob one = job({}, ago ? "succeeded" : "");
            if (ago)
                one.lastRun = made::now - *ago;
            one.schedule = schedule;
            scheduling.jobs = {one};
            return statusRows(nullptr, scheduling, {}).front();
        };
        const StatusRow nightly = at("30 3 * * *", 8h);
        QCOMPARE(nightly.tone, Tone::None);
        QCOMPARE(nightly.status, QStringLiteral("set up"));
        QVERIFY(nightly.detail.contains(QStringLiteral("last run ") + format::age(8h)));
        QCOMPARE(at("30 3 * * *", {}).tone, Tone::None);
        QCOMPARE(at("@reboot", {}).tone, Tone::None);
        for (const char* often : {"1 second", "30 seconds", "* * * * *", "@every 10 seconds", "*/2 * * * *"}) {
            QCOMPARE(at(often, 9min).tone, Tone::Good);
            QCOMPARE(at(often, 11min).tone, Tone::Critical);
            QCOMPARE(at(often, {}).tone, Tone::Critical);
        }
        QCOMPARE(at("*/15 * * * *", 40min).tone, Tone::Good);
        QCOMPARE(at("*/15 * * * *", 46min).tone, Tone::Critical);
    }

    void jobsAndTheirRuns() {
        domain::Scheduling scheduling;
        scheduling.takenAt = made::now;
        const auto rowOf = [&scheduling](domain::ScheduledJob one) {
            scheduling.jobs = {std::move(one)};
            return statusRows(nullptr, scheduling, {}).front();
        };
        QCOMPARE(rowOf(job(made::now - 1s, "succeeded")).tone, Tone::Good);
        QCOMPARE(rowOf(job(made::now - 1h, "succeeded")).tone, Tone::Critical);
        QCOMPARE(rowOf(job({}, {})).tone, Tone::Critical);
        auto failed = job(made::now - 1s, "failed");
        failed.lastFailure = failed.lastRun;
        failed.failure = "permission denied";
        QCOMPARE(rowOf(failed).status, QStringLiteral("failed"));
        QVERIFY(rowOf(failed).detail.contains(u"permission denied"));
        auto off = job(made::now - 1s, "succeeded");
        off.active = false;
        QCOMPARE(rowOf(off).status, QStringLiteral("switched off"));
        auto unknown = job({}, {});
        unknown.runsKnown = false;
        QCOMPARE(rowOf(unknown).status, QStringLiteral("set up"));
        QVERIFY(rowOf(unknown).detail.contains(u"CALL pgque.ticker_loop()"));
    }

    void agesOfTheStatusAreWrittenLikeAllOthers() {
        const std::vector<pgque::StatusLine> status = {
            {"ticker", "scheduled", "every 100 ms; last tick 00:00:03 ago"},
            {"maintenance", "scheduled", "last maintenance 1 day 02:03:04 ago"}};
        const auto rows = statusRows(nullptr, {}, status);
        QCOMPARE(rows[0].detail, QStringLiteral("every 100 ms; last tick %1 ago").arg(format::age(3s)));
        QCOMPARE(rows[1].detail, QStringLiteral("last maintenance %1 ago").arg(format::age(26h + 3min + 4s)));
    }

    /// As shipped PUBLIC may read payloads: that nothing differs does not say so.
    void whatEverybodyMayDo() {
        schema::Catalog catalog;
        QCOMPARE(publicRights(catalog), format::none());
        catalog.present = true;
        QVERIFY(publicRights(catalog).contains(u"no USAGE"));
        catalog.rights["public"] = {"USAGE on schema pgque", "SELECT on table event_template",
                                    "SELECT on table retry_queue", "INSERT on table tick"};
        catalog.rights["pgque_reader"] = {"SELECT on table config"};
        QCOMPARE(publicRights(catalog),
                 QStringLiteral("may read event_template, retry_queue; INSERT on table tick; may execute nothing"));
        catalog.rights["public"] = {"USAGE on schema pgque"};
        for (int i = 1; i <= 6; ++i)
            catalog.execute["public"].insert("f" + std::to_string(i) + "()");
        QVERIFY(publicRights(catalog).startsWith(u"may read no table; may execute f1(), f2()"));
        QVERIFY(publicRights(catalog).endsWith(u"and 2 more"));
    }

    void groupsThatLostTheirMembers() {
        domain::Snapshot snapshot;
        snapshot.queues = {made::queue(1, "mails"), made::queue(2, "orders")};
        const auto add = [&snapshot](int queue, int consumer, const std::string& name, domain::Role role, int subId) {
            snapshot.subscriptions.push_back(
                made::subscription(snapshot.queues[std::size_t(queue - 1)], consumer, name, role, subId));
        };
        add(1, 1, "audit", domain::Role::Normal, 1);
        add(1, 2, "billing", domain::Role::CoopMain, 2);
        add(1, 3, "billing.w1", domain::Role::CoopMember, 2);
        snapshot.buildIndex();
        QVERIFY(lostGroupLines(snapshot, {}).isEmpty());
        add(2, 2, "billing", domain::Role::Normal, 3); // a group on mails
        add(2, 4, "empty", domain::Role::CoopMain, 4); // without a member
        add(2, 5, "sender", domain::Role::Normal, 5);  // and who came back as a normal consumer
        add(2, 6, "sender.w1", domain::Role::Normal, 6);
        snapshot.buildIndex();
        const QStringList lines = lostGroupLines(snapshot, {});
        QCOMPARE(lines.size(), 3);
        const QString all = lines.join(u'\n');
        QVERIFY(all.contains(u"billing on orders") && all.contains(u"on mails it is one"));
        QVERIFY(all.contains(u"empty on orders is a group without a member"));
        QVERIFY(all.contains(u"sender.w1 is named like a member"));
        // What was seen is not said twice.
        domain::Diagnosis diagnosis;
        domain::Finding seen;
        seen.rule = "group_lost_its_members";
        seen.subject.queue = "orders";
        seen.subject.consumer = "billing";
        seen.title = "Group billing on orders lost its last member and is a normal consumer now.";
        diagnosis.findings.push_back(seen);
        QCOMPARE(lostGroupLines(snapshot, diagnosis).size(), 3);
        QVERIFY(lostGroupLines(snapshot, diagnosis).front().contains(u"lost its last member"));
    }
};

QTEST_GUILESS_MAIN(TestSchemaModels)
#include "tst_schemamodels.moc"
