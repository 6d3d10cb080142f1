// SPDX-License-Identifier: GPL-3.0-or-later
// What is printed for machines is what the schema files in docs/ promise.
#include "domain/timemark.h"
#include "monitor/diagnosis.h"
#include "monitor/json.h"
#include "support/jsonschema.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const pg::Timestamp now{pg::Interval(1'767'323'045'000'007)}; // 2026-01-02 03:04:05.000007 UTC

domain::Snapshot full() {
    domain::Snapshot snapshot;
    snapshot.takenAt = now;
    snapshot.capabilities.host = "/tmp";
    snapshot.capabilities.serverVersion = 150020;
    snapshot.capabilities.origin = domain::SchemaOrigin::Foreign;
    snapshot.capabilities.memberOf = {"pgque_reader"};
    snapshot.cost = {1.5, 2.5, 12'345, 7};
    domain::Queue bare;
    bare.id = 1;
    bare.name = "bare \"\u00e9\"";
    domain::Queue queue = bare;
    queue.id = 2;
    queue.name = "orders";
    queue.switchStep1 = queue.switchTime.time_since_epoch().count();
    queue.switchStep2 = 9'007'199'254'740'993; // no double holds it
    queue.lastTick = domain::Tick{9, now - 10min, 100, 5, 6};
    queue.lowestTick = domain::Tick{7, now - 20min, 90, 4, 0};
    queue.tickerIdlePeriod = 1min;
    queue.eventSeqNow = 150;
    queue.retry = queue.retryDue = queue.dead = domain::Count{1000, true, now};
    queue.oldestRetryDue = now - 1h;
    queue.newestDead = now - 1min;
    snapshot.queues = {bare, queue};
    domain::Subscription main;
    main.queueId = 2;
    main.consumerId = 1;
    main.consumerName = "billing";
    main.subId = 4;
    main.role = domain::Role::CoopMain;
    main.roleText = "coop_main";
    main.lastTick = 9;
    main.active = now;
    domain::Subscription member = main;
    member.consumerId = 2;
    member.consumerName = "billing.worker-3";
    member.role = domain::Role::CoopMember;
    member.roleText = "coop_member";
    member.lastTick = 7;
    member.nextTick = 8;
    member.batch = 8123;
    member.active = now - 14min;
    member.nextTickTime = now - 15min;
    member.lastTickSeq = 90;
    member.nextTickSeq = 553;
    member.takeovers = 2;
    domain::Subscription odd = main;
    odd.queueId = 77;
    odd.consumerId = 3;
    odd.role = domain::Role::Unknown;
    odd.roleText = "odd";
    odd.lastTick.reset();
    snapshot.subscriptions = {main, member, odd};
    pg::Failure failure;
    failure.diagnostics.message = "permission denied for table dead_letter";
    failure.diagnostics.sqlState = "42501";
    snapshot.errors.push_back({"dead letters", failure});
    domain::Activity activity{now, {}, {}, {}, {}};
    activity.rowLocks.push_back({2, 2, 4711, "worker-3", "active", now, {}});
    snapshot.activity = std::make_shared<const domain::Activity>(activity);
    snapshot.buildIndex();
    return snapshot;
}

} // namespace

class TestMonitorJson : public QObject {
    Q_OBJECT

    const support::JsonSchema m_snapshot{QStringLiteral(DOCS "/snapshot.schema.json")};
    const support::JsonSchema m_check{QStringLiteral(DOCS "/check.schema.json")};

private Q_SLOTS:

    void snapshots() {
        for (const domain::Snapshot& snapshot : {full(), domain::Snapshot()})
            QCOMPARE(m_snapshot.problems(monitor::snapshotJson(snapshot)), QStringList());
        const QJsonObject json = monitor::snapshotJson(full());
        QCOMPARE(json[u"taken_at"_s].toString(), u"2026-01-02T03:04:05.000007Z"_s);
        QCOMPARE(json[u"queues"_s][1][u"switch_step2"_s].toString(), u"9007199254740993"_s);
        QVERIFY(json[u"queues"_s][0][u"switch_step2"_s].isNull());
        QCOMPARE(json[u"queues"_s][1][u"events_waiting"_s].toString(), u"50"_s);
        QCOMPARE(json[u"batches"_s].toArray().size(), 1);
        const QJsonValue batch = json[u"batches"_s][0];
        QCOMPARE(batch[u"member"_s].toString(), u"worker-3"_s);
        QCOMPARE(batch[u"consumer"_s].toString(), u"billing"_s);
        QCOMPARE(batch[u"heartbeat_age"_s].toDouble(), 840.0);
        QCOMPARE(batch[u"age_at_most"_s].toDouble(), 900.0);
        QCOMPARE(batch[u"events_estimate"_s].toString(), u"463"_s);
        QVERIFY(json[u"subscriptions"_s][2][u"queue"_s].isNull());
    }

    void checks() {
        const auto diagnosis = monitor::diagnose(full(), nullptr, {});
        QVERIFY(diagnosis.findings.size() >= 4);
        const QJsonObject json = monitor::checkJson(diagnosis);
        QCOMPARE(m_check.problems(json), QStringList());
        QCOMPARE(json[u"status"_s].toString(), u"critical"_s);
        QCOMPARE(m_check.problems(monitor::checkJson(domain::Diagnosis())), QStringList());
        QCOMPARE(monitor::checkJson(domain::Diagnosis())[u"status"_s].toString(), u"ok"_s);
        pg::Failure failure;
        failure.diagnostics.message = "no route to host";
        const QJsonObject unknown = monitor::checkJson(failure);
        QCOMPARE(m_check.problems(unknown), QStringList());
        QCOMPARE(unknown[u"status"_s].toString(), u"unknown"_s);
    }

    void informationIsOk() {
        domain::Diagnosis diagnosis;
        diagnosis.findings.emplace_back().severity = domain::Severity::Information;
        QCOMPARE(monitor::statusText(diagnosis), u"ok"_s);
    }

    void text() {
        const auto snapshot = full();
        const QString text = monitor::checkText(monitor::diagnose(snapshot, nullptr, {}), snapshot);
        QVERIFY(text.contains(u"CRITICAL  billing.worker-3 has held batch 8123 of orders for 14 min 00 s"_s));
        QVERIFY(text.contains(u"[stale_heartbeat]"_s));
        QVERIFY(text.contains(u"Not evaluated: lock_wait"_s));
        const QString nothing = monitor::checkText({}, domain::Snapshot());
        QVERIFY(nothing.startsWith(u"Nothing is stuck: 0 queues"_s));
    }

    /// The validator itself can say no.
    /// The window tells times in its zone; what leaves it is in UTC.
    void timesAreUtc() {
        domain::Finding finding;
        finding.cause = "Since " + domain::timeMark(now) + '.';
        finding.consequence = "Until " + domain::timeMark(now + 1min) + '.';
        finding.evidence.push_back({"At " + domain::timeMark(now + 2min) + '.', {}});
        domain::Diagnosis diagnosis;
        diagnosis.findings = {finding};
        const QString text = monitor::checkText(diagnosis, domain::Snapshot());
        QVERIFY2(text.contains(u"Since 03:04:05 UTC."_s) && text.contains(u"Until 03:05:05 UTC."_s), qPrintable(text));
        const QJsonObject json = monitor::checkJson(diagnosis)[u"findings"_s].toArray()[0].toObject();
        QCOMPARE(json[u"cause"_s].toString(), u"Since 03:04:05 UTC."_s);
        QCOMPARE(json[u"consequence"_s].toString(), u"Until 03:05:05 UTC."_s);
        QCOMPARE(json[u"evidence"_s].toArray()[0].toObject()[u"fact"_s].toString(), u"At 03:06:05 UTC."_s);
    }

    void validatorFindsFaults() {
        QJsonObject json = monitor::snapshotJson(full());
        json[u"surprise"_s] = 1;
        json.remove(u"cost"_s);
        json[u"taken_at"_s] = u"yesterday"_s;
        QCOMPARE(m_snapshot.problems(json).size(), 3);
    }
};

QTEST_GUILESS_MAIN(TestMonitorJson)
#include "tst_monitorjson.moc"
