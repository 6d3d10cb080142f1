// SPDX-License-Identifier: GPL-3.0-or-later
// Each rule: when it must fire, and when it must not.
#include <QTest>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include "madecases.h"

using namespace std::chrono_literals;
using domain::Severity;
using monitor::Thresholds;
using namespace cases;

class TestDiagnosis : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void healthy() {
        auto rows = std::vector{subscription("group", domain::Role::CoopMain, 1),
                                subscription("group.a", domain::Role::CoopMember, 2)};
        const auto diagnosis = judge(snapshotOf({healthyQueue()}, rows));
        QVERIFY2(diagnosis.findings.empty(),
                 diagnosis.findings.empty() ? "" : diagnosis.findings.front().title.c_str());
        QVERIFY(!monitor::worst(diagnosis));
        QVERIFY(notEvaluated(diagnosis, "lock_wait"));
        QVERIFY(judge(snapshotOf({})).findings.empty());
    }

    void heartbeat_data() {
        QTest::addColumn<qint64>("seconds");
        QTest::addColumn<bool>("sandbox");
        QTest::addColumn<int>("severity"); // -1: none
        QTest::newRow("young") << qint64(299) << false << -1;
        QTest::newRow("warning") << qint64(300) << false << int(Severity::Warning);
        QTest::newRow("still warning") << qint64(599) << false << int(Severity::Warning);
        QTest::newRow("critical") << qint64(600) << false << int(Severity::Critical);
        QTest::newRow("sandbox young") << qint64(29) << true << -1;
        QTest::newRow("sandbox warning") << qint64(30) << true << int(Severity::Warning);
        QTest::newRow("sandbox critical") << qint64(60) << true << int(Severity::Critical);
        QTest::newRow("clocks apart") << qint64(-5) << false << -1;
    }

    void heartbeat() {
        QFETCH(qint64, seconds);
        QFETCH(bool, sandbox);
        QFETCH(int, severity);
        for (const auto role : {domain::Role::Normal, domain::Role::CoopMember}) {
            auto member = subscription(role == domain::Role::Normal ? "group" : "group.a", role, 2);
            openBatch(member, std::chrono::seconds(seconds));
            auto main = subscription("group", domain::Role::CoopMain, 1);
            auto idle = subscription("group.b", domain::Role::CoopMember, 3);
            std::vector<domain::Subscription> rows = {member};
            if (role == domain::Role::CoopMember)
                rows = {main, member, idle};
            const auto diagnosis =
                judge(snapshotOf({healthyQueue()}, rows), sandbox ? Thresholds::sandbox() : Thresholds());
            const auto* finding = find(diagnosis, "stale_heartbeat");
            QCOMPARE(finding != nullptr, severity >= 0);
            if (!finding)
                continue;
            QCOMPARE(int(finding->severity), severity);
            QCOMPARE(finding->subject.queue, std::string("orders"));
            QCOMPARE(finding->subject.consumer, std::string("group"));
            QCOMPARE(finding->subject.member, std::string(role == domain::Role::Normal ? "" : "a"));
            QVERIFY(finding->subject.batch == 8123);
            QVERIFY(finding->since == member.active);
            checkTexts(*finding);
            QVERIFY(!finding->remedies.empty());
            for (const auto& remedy : finding->remedies) {
                QVERIFY(remedy.seen && remedy.seen->batch == 8123 && remedy.seen->lastTick == 49);
                QCOMPARE(remedy.consumer, std::string("group"));
            }
            if (role == domain::Role::CoopMember) {
                QCOMPARE(finding->remedies.front().action, std::string("take_over"));
                QCOMPARE(finding->remedies.front().arguments.at("taker"), std::string("b"));
                QCOMPARE(finding->remedies.back().action, std::string("force_unregister"));
            }
        }
    }

    /// A worker that holds its row in an open transaction is named; otherwise nobody is accused.
    void heartbeatNamesOnlyWhoIsSeen() {
        auto row = subscription("billing");
        openBatch(row, 20min);
        auto snapshot = snapshotOf({healthyQueue()}, {row});
        QVERIFY(!find(judge(snapshot), "stale_heartbeat")->culprit);
        domain::Activity activity;
        activity.takenAt = now;
        activity.rowLocks.push_back({1, 1, 4711, "worker", "idle in transaction", now - 20min, {}, {}});
        snapshot.activity = std::make_shared<const domain::Activity>(activity);
        const auto diagnosis = judge(snapshot);
        QVERIFY(find(diagnosis, "stale_heartbeat")->culprit->pid == 4711);
    }

    void ticker_data() {
        QTest::addColumn<qint64>("tickAge");
        QTest::addColumn<qint64>("waiting"); // -1: not known
        QTest::addColumn<qint64>("maxLag");
        QTest::addColumn<int>("severity");
        QTest::newRow("just ticked, events wait") << qint64(2) << qint64(10) << qint64(3) << -1;
        QTest::newRow("within the limit") << qint64(30) << qint64(10) << qint64(3) << -1;
        QTest::newRow("late") << qint64(31) << qint64(10) << qint64(3) << int(Severity::Warning);
        QTest::newRow("a patient queue") << qint64(179) << qint64(10) << qint64(60) << -1;
        QTest::newRow("a patient queue, late") << qint64(181) << qint64(10) << qint64(60) << int(Severity::Warning);
        QTest::newRow("critical") << qint64(300) << qint64(1) << qint64(3) << int(Severity::Critical);
        QTest::newRow("idle") << qint64(100) << qint64(0) << qint64(3) << -1;
        QTest::newRow("idle, at the limit") << qint64(180) << qint64(0) << qint64(3) << -1;
        QTest::newRow("idle too long") << qint64(181) << qint64(0) << qint64(3) << int(Severity::Warning);
        QTest::newRow("idle for hours") << qint64(36000) << qint64(0) << qint64(3) << int(Severity::Warning);
        QTest::newRow("not known") << qint64(100) << qint64(-1) << qint64(3) << -1;
        QTest::newRow("not known, too long") << qint64(200) << qint64(-1) << qint64(3) << int(Severity::Warning);
    }

    void ticker() {
        QFETCH(qint64, tickAge);
        QFETCH(qint64, waiting);
        QFETCH(qint64, maxLag);
        QFETCH(int, severity);
        auto queue = healthyQueue();
        queue.lastTick->time = now - std::chrono::seconds(tickAge);
        queue.tickerMaxLag = std::chrono::seconds(maxLag);
        if (waiting < 0)
            queue.eventSeqNow.reset();
        else
            queue.eventSeqNow = queue.lastTick->eventSeq + waiting;
        const auto diagnosis = judge(snapshotOf({queue}));
        const auto* finding = find(diagnosis, "ticker_stopped");
        QCOMPARE(finding != nullptr, severity >= 0);
        if (finding) {
            QCOMPARE(int(finding->severity), severity);
            QCOMPARE(finding->subject.queue, std::string("orders"));
            QVERIFY(finding->since == queue.lastTick->time);
            checkTexts(*finding);
        }
        QCOMPARE(notEvaluated(diagnosis, "ticker_stopped"), waiting < 0 && severity < 0);
    }

    /// An idle queue's tick may come a moment after its first event: two looks tell that from a dead ticker.
    void tickerNeedsToStayLate() {
        auto queue = healthyQueue();
        queue.lastTick->time = now - 50s; // idle: allowed to be a minute apart
        monitor::Memory memory;
        memory.add(snapshotOf({queue}));
        queue.eventSeqNow = *queue.eventSeqNow + 1;
        auto snapshot = snapshotOf({queue});
        snapshot.takenAt = now + 1s;
        memory.add(snapshot);
        QVERIFY(!find(monitor::diagnose(snapshot, &memory, {}), "ticker_stopped"));
        snapshot.takenAt = now + 3500ms;
        memory.add(snapshot);
        QVERIFY(!find(monitor::diagnose(snapshot, &memory, {}), "ticker_stopped"));
        snapshot.takenAt = now + 4s;
        memory.add(snapshot);
        QVERIFY(find(monitor::diagnose(snapshot, &memory, {}), "ticker_stopped"));
        // The tick comes.
        queue.lastTick = domain::Tick{51, now + 5s, 1001, 2001, 2001};
        snapshot = snapshotOf({queue});
        snapshot.takenAt = now + 5s;
        memory.add(snapshot);
        QVERIFY(!find(monitor::diagnose(snapshot, &memory, {}), "ticker_stopped"));
    }

    void allQueuesLateIsOneFinding() {
        std::vector<domain::Queue> queues;
        for (int i = 1; i <= 5; ++i) {
            auto queue = healthyQueue(i, "q" + std::to_string(i));
            queue.lastTick->time = now - 10min - std::chrono::seconds(i);
            queue.eventSeqNow = 1000 + (i == 3 ? 7 : 0);
            queues.push_back(queue);
        }
        auto paused = healthyQueue(6, "paused");
        paused.tickerPaused = true;
        queues.push_back(paused);
        const auto diagnosis = judge(snapshotOf(queues));
        QCOMPARE(std::count_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                               [](const auto& one) { return one.rule == "ticker_stopped"; }),
                 1);
        const auto* finding = find(diagnosis, "ticker_stopped");
        QVERIFY(finding->subject.queue.empty());
        QCOMPARE(finding->severity, Severity::Critical);
        QVERIFY(finding->since == now - 10min - 1s);
        checkTexts(*finding);

        queues[0].lastTick->time = now; // one is ticked: the ticker runs, the others have a trouble of their own
        QCOMPARE(judge(snapshotOf(queues)).findings.size(), std::size_t(5)); // four queues and the pause
    }

    void pausedTicker() {
        auto queue = healthyQueue();
        queue.tickerPaused = true;
        queue.lastTick->time = now - 1h;
        auto diagnosis = judge(snapshotOf({queue}));
        QCOMPARE(find(diagnosis, "ticker_paused")->severity, Severity::Information);
        QVERIFY(!find(diagnosis, "ticker_stopped"));
        queue.eventSeqNow = 1005;
        diagnosis = judge(snapshotOf({queue}));
        QCOMPARE(find(diagnosis, "ticker_paused")->severity, Severity::Warning);
        checkTexts(*find(diagnosis, "ticker_paused"));
    }

    /// What its own newest tick can't tell, since nobody made another one, a busier queue's does.
    void anIdleQueueWaitsForItsTick() {
        auto idle = healthyQueue(1, "idle");
        idle.switchTime = now - 4h;
        idle.lastTick = domain::Tick{20, now - 4h + 1s, 100, 850, 0};
        idle.lowestTick = idle.lastTick;
        QVERIFY(judge(snapshotOf({idle})).findings.empty() ||
                judge(snapshotOf({idle})).findings[0].rule != "rotation_held_by_transaction");
        idle.tickerPaused = true; // the next tick is not what this is about
        auto busy = healthyQueue(2, "orders");
        const auto held = [&](std::int64_t newestXmin) {
            busy.lastTick->xmin = newestXmin;
            const auto findings = judge(snapshotOf({idle, busy})).findings;
            return std::count_if(findings.begin(), findings.end(), [](const domain::Finding& finding) {
                return finding.rule == "rotation_held_by_transaction" && finding.subject.queue == "idle";
            });
        };
        QCOMPARE(held(2'000), 0);
        QCOMPARE(held(860), 1);
    }

    void rotation_data() {
        QTest::addColumn<qint64>("switchedMinutes"); // ago; the period is two hours
        QTest::addColumn<qint64>("lowestXmin");      // step two was at 901
        QTest::addColumn<qint64>("newestXmin");
        QTest::addColumn<QString>("rule");
        QTest::addColumn<int>("severity");
        const auto none = int(Severity::Information);
        QTest::newRow("not due") << qint64(110) << qint64(800) << qint64(2000) << "" << none;
        QTest::newRow("due, within half a period") << qint64(179) << qint64(800) << qint64(2000) << "" << none;
        QTest::newRow("pinned") << qint64(180) << qint64(800) << qint64(2000) << "rotation_pinned"
                                << int(Severity::Warning);
        QTest::newRow("pinned for a period")
            << qint64(240) << qint64(901) << qint64(2000) << "rotation_pinned" << int(Severity::Critical);
        QTest::newRow("overdue, but nobody pins it") << qint64(300) << qint64(902) << qint64(2000) << "" << none;
        QTest::newRow("a transaction holds all snapshots")
            << qint64(300) << qint64(800) << qint64(850) << "rotation_held_by_transaction" << int(Severity::Critical);
    }

    void rotation() {
        QFETCH(qint64, switchedMinutes);
        QFETCH(qint64, lowestXmin);
        QFETCH(qint64, newestXmin);
        QFETCH(QString, rule);
        QFETCH(int, severity);
        auto queue = healthyQueue();
        queue.switchTime = now - std::chrono::minutes(switchedMinutes);
        queue.lowestTick = domain::Tick{20, now - 5h, 100, lowestXmin, 0};
        queue.lastTick->xmin = newestXmin;
        auto slow = subscription("slow", domain::Role::Normal, 2);
        slow.lastTick = 20;
        auto snapshot = snapshotOf({queue}, {subscription("quick"), slow});
        domain::Activity activity{now, {}, {}, {}, {}};
        for (const auto& [pid, application, xid] : {std::tuple(99, "younger", 1500), std::tuple(100, "etl", 850)}) {
            domain::Backend& backend = activity.backends.emplace_back();
            backend.pid = pid;
            backend.application = application;
            backend.xid = xid;
        }
        snapshot.activity = std::make_shared<const domain::Activity>(activity);
        const auto diagnosis = judge(snapshot);
        if (rule.isEmpty()) {
            QVERIFY2(diagnosis.findings.empty(), diagnosis.findings.empty() ? "" : diagnosis.findings[0].title.c_str());
            return;
        }
        const auto* finding = find(diagnosis, rule.toStdString());
        QVERIFY(finding);
        QCOMPARE(diagnosis.findings.size(), std::size_t(1));
        QCOMPARE(int(finding->severity), severity);
        QVERIFY(finding->since == queue.switchTime + queue.rotationPeriod);
        checkTexts(*finding);
        if (rule == "rotation_pinned")
            QCOMPARE(finding->subject.consumer, std::string("slow"));
        else
            QVERIFY(finding->culprit->pid == 100);
    }

    void rotationPinnedByAMember() {
        auto queue = healthyQueue();
        queue.switchTime = now - 5h;
        queue.lowestTick = domain::Tick{49, now - 5h, 100, 800, 0};
        auto main = subscription("group", domain::Role::CoopMain, 1);
        main.lastTick = 50;
        auto member = subscription("group.a", domain::Role::CoopMember, 2);
        openBatch(member, 1min);
        // On an idle queue there was nowhere to go before the newest tick, and that is a second old.
        QVERIFY(!find(judge(snapshotOf({queue}, {main, member})), "rotation_pinned"));
        queue.lastTick->time = now - 3h;
        QVERIFY(find(judge(snapshotOf({queue}, {main, member})), "rotation_pinned"));
        queue.lastTick = domain::Tick{90, now - 1s, 1000, 2000, 2000};
        const auto diagnosis = judge(snapshotOf({queue}, {main, member}));
        const auto* finding = find(diagnosis, "rotation_pinned");
        QVERIFY(finding);
        QCOMPARE(finding->subject.member, std::string("a"));
        QCOMPARE(finding->remedies.back().action, std::string("force_unregister"));
    }

    void stepTwo() {
        auto queue = healthyQueue();
        queue.switchStep2.reset();
        queue.switchTime = now - 59s;
        QVERIFY(judge(snapshotOf({queue})).findings.empty());
        queue.switchTime = now - 61s;
        const auto diagnosis = judge(snapshotOf({queue}));
        QCOMPARE(diagnosis.findings.size(), std::size_t(1));
        QCOMPARE(diagnosis.findings.front().rule, std::string("rotation_step_two_missing"));
        checkTexts(diagnosis.findings.front());
    }

    void retries() {
        auto queue = healthyQueue();
        queue.retryDue = domain::Count{12, false, now - 5s};
        queue.oldestRetryDue = now - 5s - 2min;
        QVERIFY(judge(snapshotOf({queue})).findings.empty());
        queue.oldestRetryDue = now - 6s - 2min;
        const auto diagnosis = judge(snapshotOf({queue}));
        QVERIFY(find(diagnosis, "retry_overdue"));
        checkTexts(*find(diagnosis, "retry_overdue"));
        queue.retryDue.reset();
        QVERIFY(notEvaluated(judge(snapshotOf({queue})), "retry_overdue"));
    }

    void deadLetters() {
        auto queue = healthyQueue();
        queue.dead = domain::Count{1000, true, now};
        queue.newestDead = now - 1h;
        QVERIFY(judge(snapshotOf({queue})).findings.empty());
        queue.newestDead = now - 59min;
        const auto diagnosis = judge(snapshotOf({queue}));
        QVERIFY(find(diagnosis, "dead_letters"));
        checkTexts(*find(diagnosis, "dead_letters"));
        QVERIFY(find(diagnosis, "dead_letters")->consequence.starts_with("At least 1 000 dead letters"));
        queue.dead.reset();
        QVERIFY(notEvaluated(judge(snapshotOf({queue})), "dead_letters"));
    }

    void largeWindow() {
        auto queue = healthyQueue();
        queue.eventSeqNow = 1000 + 49'999;
        QVERIFY(judge(snapshotOf({queue})).findings.empty());
        queue.eventSeqNow = 1000 + 50'000;
        checkTexts(*find(judge(snapshotOf({queue})), "large_window"));
    }

    void brokenGroups() {
        auto main = subscription("group", domain::Role::CoopMain, 1);
        main.batch = 5;
        auto member = subscription("group.a", domain::Role::CoopMember, 2);
        auto stray = subscription("other.b", domain::Role::CoopMember, 3);
        stray.subId = 99;
        const auto diagnosis = judge(snapshotOf({healthyQueue()}, {main, member, stray}));
        QCOMPARE(diagnosis.findings.size(), std::size_t(2));
        QCOMPARE(find(diagnosis, "coop_main_with_batch")->severity, Severity::Critical);
        QCOMPARE(find(diagnosis, "member_without_group")->subject.member, std::string("b"));
        checkTexts(*find(diagnosis, "coop_main_with_batch"));
        checkTexts(*find(diagnosis, "member_without_group"));
    }

    void lockWait() {
        auto row = subscription("billing");
        const auto at = [&](pg::Interval later, bool waits) {
            auto snapshot = snapshotOf({healthyQueue()}, {row});
            snapshot.takenAt = now + later;
            snapshot.queues[0].lastTick->time = now + later;
            domain::Activity activity;
            activity.takenAt = now + later;
            activity.rowLocks.push_back({1, 1, 4711, "worker", "active", {}, {}, {}});
            if (waits)
                activity.rowLocks[0].waiting = {5, 6};
            snapshot.activity = std::make_shared<const domain::Activity>(activity);
            return snapshot;
        };
        monitor::Memory memory;
        const auto judged = [&](const domain::Snapshot& snapshot) {
            memory.add(snapshot);
            return monitor::diagnose(snapshot, &memory, {});
        };
        QVERIFY(notEvaluated(judged(at(0s, true)), "lock_wait"));
        QVERIFY(judged(at(4s, true)).findings.empty());
        auto diagnosis = judged(at(5s, true));
        QCOMPARE(find(diagnosis, "lock_wait")->severity, Severity::Warning);
        QVERIFY(find(diagnosis, "lock_wait")->culprit->pid == 4711);
        checkTexts(*find(diagnosis, "lock_wait"));
        QCOMPARE(find(judged(at(61s, true)), "lock_wait")->severity, Severity::Critical);
        QVERIFY(judged(at(62s, false)).findings.empty()); // nobody waits any more: the clock starts anew
        QVERIFY(judged(at(63s, true)).findings.empty());
    }

    void mostSevereFirstThenOldest() {
        std::vector<domain::Queue> queues = {healthyQueue(1, "a"), healthyQueue(2, "b"), healthyQueue(3, "c")};
        queues[0].lastTick->time = now - 200s; // idle: warning
        queues[1].lastTick->time = now - 400s;
        queues[2].lastTick->time = now - 350s;
        queues[2].eventSeqNow = 1001; // critical
        queues.push_back(healthyQueue(4, "d"));
        const auto diagnosis = judge(snapshotOf(queues));
        QCOMPARE(diagnosis.findings.size(), std::size_t(3));
        QCOMPARE(diagnosis.findings[0].subject.queue, std::string("c"));
        QCOMPARE(diagnosis.findings[1].subject.queue, std::string("b"));
        QCOMPARE(diagnosis.findings[2].subject.queue, std::string("a"));
        QVERIFY(monitor::worst(diagnosis) == Severity::Critical);
        std::set<std::string> keys;
        for (const auto& one : diagnosis.findings)
            keys.insert(one.key());
        QCOMPARE(keys.size(), std::size_t(3));
    }

    /// Whatever is in the tables: no rule crashes, every text is whole, and the same snapshot gives the same findings.
    void anything() {
        std::mt19937 random(20261120);
        const auto pick = [&random](std::int64_t low, std::int64_t high) {
            return std::uniform_int_distribution<std::int64_t>(low, high)(random);
        };
        const auto maybe = [&](std::int64_t low, std::int64_t high) -> std::optional<std::int64_t> {
            return pick(0, 2) == 0 ? std::nullopt : std::optional(pick(low, high));
        };
        const auto moment = [&] { return now - std::chrono::milliseconds(pick(-10'000, 100'000'000)); };
        for (int round = 0; round < 300; ++round) {
            std::vector<domain::Queue> queues;
            std::vector<domain::Subscription> rows;
            for (int i = 1; i <= pick(0, 4); ++i) {
                auto queue = healthyQueue(i, "q'" + std::to_string(i));
                queue.rotationPeriod = std::chrono::seconds(pick(-1, 10'000));
                queue.switchTime = moment();
                queue.switchStep2 = maybe(0, 3000);
                queue.tickerPaused = pick(0, 4) == 0;
                queue.externalTicker = pick(0, 4) == 0;
                queue.tableCount = static_cast<int>(pick(0, 3));
                if (pick(0, 5) == 0)
                    queue.lastTick.reset();
                else
                    queue.lastTick = domain::Tick{pick(1, 60), moment(), pick(0, 2000), pick(0, 3000), 0};
                if (pick(0, 3) == 0)
                    queue.lowestTick.reset();
                else
                    queue.lowestTick = domain::Tick{pick(1, 60), moment(), 0, pick(0, 3000), 0};
                queue.eventSeqNow = maybe(0, 100'000);
                queue.dead = domain::Count{pick(0, 1000), false, now};
                queue.newestDead = moment();
                queue.oldestRetryDue = moment();
                queues.push_back(queue);
            }
            for (int i = 1; i <= pick(0, 6); ++i) {
                auto row = subscription("g.m" + std::to_string(i), static_cast<domain::Role>(pick(0, 3)), i);
                row.queueId = static_cast<int>(pick(1, 5)); // 5 is never there
                row.subId = static_cast<int>(pick(1, 2));
                row.lastTick = maybe(1, 60);
                row.nextTick = maybe(1, 60);
                row.batch = maybe(1, 9000);
                row.active = moment();
                rows.push_back(row);
            }
            const auto snapshot = snapshotOf(queues, rows);
            monitor::Memory memory;
            memory.add(snapshot);
            memory.add(snapshot);
            const auto diagnosis = monitor::diagnose(snapshot, &memory, {});
            for (const auto& one : diagnosis.findings)
                checkTexts(one);
            const auto again = monitor::diagnose(snapshot, &memory, {});
            QCOMPARE(again.findings.size(), diagnosis.findings.size());
        }
    }
};

QTEST_GUILESS_MAIN(TestDiagnosis)
#include "tst_diagnosis.moc"
