// SPDX-License-Identifier: GPL-3.0-or-later
// Rules that need more than one row or more than one look: progress, invariants, retries, the server around.
#include <QTest>

#include <functional>

#include "madecases.h"

using domain::Role;
using domain::Severity;
using domain::Subscription;
using monitor::Memory;
using monitor::Thresholds;
using namespace cases;

namespace {

/// A group with two members, the first of which holds ticks 48 to 49.
std::vector<Subscription> group() {
    auto main = subscription("group", Role::CoopMain, 1);
    auto a = subscription("group.a", Role::CoopMember, 2);
    auto b = subscription("group.b", Role::CoopMember, 3);
    main.lastTickSeq = 990;
    a.lastTick = 48;
    a.nextTick = 49;
    a.lastTickTime = now - 7s;
    a.lastTickSeq = 980;
    a.nextTickSeq = 990;
    a.batch = 8123;
    a.batchFirstSeen = now - 10s;
    return {main, a, b};
}

/// At which moment after the start a snapshot is taken.
domain::Snapshot later(domain::Snapshot snapshot, pg::Interval passed) {
    snapshot.takenAt = now + passed;
    return snapshot;
}

domain::Activity& activityOf(domain::Snapshot& snapshot) {
    auto copy = std::make_shared<domain::Activity>(*snapshot.activity);
    domain::Activity& writable = *copy;
    snapshot.activity = std::move(copy);
    return writable;
}

void setUpkeep(domain::Snapshot& snapshot, domain::Upkeep upkeep) {
    upkeep.takenAt = now;
    if (upkeep.nextXid == 0)
        upkeep.nextXid = 1'000'000;
    snapshot.upkeep = std::make_shared<const domain::Upkeep>(std::move(upkeep));
}

} // namespace

class TestRules : public QObject {
    Q_OBJECT

    /// Exactly this rule fires, with whole texts.
    static void onlyFinds(const domain::Diagnosis& diagnosis, const char* rule, Severity severity) {
        QCOMPARE(diagnosis.findings.size(), std::size_t(1));
        const domain::Finding& finding = diagnosis.findings.front();
        QCOMPARE(finding.rule, std::string(rule));
        QCOMPARE(int(finding.severity), int(severity));
        checkTexts(finding);
    }

    static domain::Diagnosis remembered(Memory& memory, const domain::Snapshot& snapshot) {
        memory.add(snapshot);
        return monitor::diagnose(snapshot, &memory, {});
    }

private Q_SLOTS:

    /// A standby is judged as of what it has replayed; what shows only on the primary is not judged.
    void standby() {
        auto queue = healthyQueue();
        queue.eventSeqNow.reset();
        queue.lastTick->time = now - 10min - 1s;
        auto snapshot = snapshotOf({queue});
        snapshot.capabilities.inRecovery = true;
        snapshot.replayedAt = now - 10min;
        domain::RowLock lock{1, 901, 4711, "reader", "active", now - 1h, {}, {}};
        activityOf(snapshot).rowLocks.push_back(lock);
        Memory memory;
        memory.add(snapshot);
        memory.add(snapshot);
        auto diagnosis = monitor::diagnose(snapshot, &memory, {});
        onlyFinds(diagnosis, "replay_delay", Severity::Information);
        QVERIFY(diagnosis.findings[0].title.find("10 min") != std::string::npos ||
                diagnosis.findings[0].title.find("10 m") != std::string::npos);
        for (const char* rule : {"ticker_stopped", "lock_wait", "late_committer", "taken_not_committed",
                                 "partial_receive", "rotation_held_by_lock", "horizon_held"})
            QVERIFY2(notEvaluated(diagnosis, rule), rule);

        // In what was replayed the ticker had stopped: that is so, whatever the replay does.
        snapshot.queues[0].lastTick->time = now - 20min;
        QVERIFY(find(monitor::diagnose(snapshot, &memory, {}), "ticker_stopped"));
        snapshot.replayedAt.reset();
        QVERIFY(notEvaluated(monitor::diagnose(snapshot, &memory, {}), "replay_delay"));
        // The same on a primary.
        snapshot.capabilities.inRecovery = false;
        diagnosis = monitor::diagnose(snapshot, &memory, {});
        QVERIFY(!find(diagnosis, "replay_delay") && find(diagnosis, "taken_not_committed"));
    }

    /// Ids of a schema that was made again are not those that were seen before.
    void anotherInstall() {
        auto seen = snapshotOf({healthyQueue()}, group());
        seen.capabilities.install = "5.16400.16401";
        Memory memory;
        memory.add(seen);
        memory.add(seen);
        auto again = snapshotOf({healthyQueue()}, {subscription("group")});
        again.capabilities.install = "5.16400.16401";
        Memory same = memory;
        same.add(again);
        QVERIFY(find(monitor::diagnose(again, &same, {}), "group_lost_its_members"));
        again.capabilities.install = "5.26400.26401";
        memory.add(again);
        memory.add(again);
        QVERIFY(memory.knows());
        QVERIFY(!find(monitor::diagnose(again, &memory, {}), "group_lost_its_members"));
    }

    void healthyGroup() {
        auto snapshot = snapshotOf({healthyQueue()}, group());
        setUpkeep(snapshot, {});
        Memory memory;
        memory.add(snapshot);
        const auto diagnosis = remembered(memory, snapshot);
        QVERIFY2(diagnosis.findings.empty(),
                 diagnosis.findings.empty() ? "" : diagnosis.findings.front().title.c_str());
        QVERIFY(diagnosis.notEvaluated.empty());
    }

    void touchedButNotGettingOn() {
        auto rows = group();
        rows[1].batchSince = now - 29min;
        QVERIFY(judge(snapshotOf({healthyQueue()}, rows)).findings.empty());
        rows[1].batchSince = now - 31min;
        auto diagnosis = judge(snapshotOf({healthyQueue()}, rows));
        onlyFinds(diagnosis, "heartbeat_without_progress", Severity::Warning);
        QCOMPARE(diagnosis.findings[0].remedies.at(0).action, std::string("force_unregister"));
        // Elsewhere it is known only since it was first seen.
        rows[1].batchSince.reset();
        rows[1].batchFirstSeen = now - 31min;
        diagnosis = judge(snapshotOf({healthyQueue()}, rows));
        onlyFinds(diagnosis, "heartbeat_without_progress", Severity::Warning);
        QVERIFY(diagnosis.findings[0].title.find("at least") != std::string::npos);
        // Without a heartbeat it is another finding.
        rows[1].active = now - 6min;
        onlyFinds(judge(snapshotOf({healthyQueue()}, rows)), "stale_heartbeat", Severity::Warning);
    }

    void windowGoesRound() {
        auto rows = group();
        rows[1].takeovers = 2;
        QVERIFY(judge(snapshotOf({healthyQueue()}, rows)).findings.empty());
        rows[1].takeovers = 3;
        onlyFinds(judge(snapshotOf({healthyQueue()}, rows)), "window_circulates", Severity::Critical);

        // Where the database does not count, the console does.
        Memory memory;
        rows = group();
        rows[1].active = now - 1h; // dead for long: nothing hasty about it
        memory.add(snapshotOf({healthyQueue()}, rows));
        for (int times = 1; times <= 3; ++times) {
            auto& from = rows[times % 2 == 1 ? 1 : 2];
            auto& to = rows[times % 2 == 1 ? 2 : 1];
            to.lastTick = from.lastTick;
            to.nextTick = from.nextTick;
            to.lastTickTime = from.lastTickTime;
            to.batch = *from.batch + 1;
            to.active = now;
            from.active = now - 1h;
            auto seen = snapshotOf({healthyQueue()}, rows);
            from.lastTick.reset();
            from.nextTick.reset();
            from.batch.reset();
            seen = snapshotOf({healthyQueue()}, rows);
            const auto diagnosis = remembered(memory, seen);
            const auto* found = find(diagnosis, "window_circulates");
            QCOMPARE(found != nullptr, times == 3);
            QCOMPARE(memory.handovers(to), times);
            to.active = now - 1h; // dies as well
            memory.add(snapshotOf({healthyQueue()}, rows));
        }
        // A later window of the same member begins anew.
        rows[2].lastTick = 49;
        rows[2].nextTick = 50;
        rows[2].batch = 9000;
        memory.add(snapshotOf({healthyQueue()}, rows));
        QCOMPARE(memory.handovers(rows[2]), 0);
    }

    void takenFromTheLiving() {
        for (const bool living : {true, false}) {
            Memory memory;
            auto rows = group();
            rows[1].active = living ? now - 2s : now - 1min;
            const auto before = snapshotOf({healthyQueue()}, rows);
            QVERIFY(notEvaluated(judge(before), "hasty_takeover"));
            memory.add(before);
            std::swap(rows[1].lastTick, rows[2].lastTick);
            std::swap(rows[1].nextTick, rows[2].nextTick);
            std::swap(rows[1].batch, rows[2].batch);
            rows[2].batch = 8124;
            rows[2].active = now;
            const auto diagnosis = remembered(memory, snapshotOf({healthyQueue()}, rows));
            if (!living) {
                QVERIFY(diagnosis.findings.empty());
                continue;
            }
            onlyFinds(diagnosis, "hasty_takeover", Severity::Warning);
            QVERIFY(diagnosis.findings[0].title.find("group.b took") == 0);
        }
    }

    void groupBecameNormal() {
        Memory memory;
        memory.add(snapshotOf({healthyQueue()}, group()));
        auto alone = subscription("group");
        const auto diagnosis = remembered(memory, snapshotOf({healthyQueue()}, {alone}));
        onlyFinds(diagnosis, "group_lost_its_members", Severity::Warning);
        QCOMPARE(diagnosis.findings[0].remedies.at(0).action, std::string("register"));
        // A consumer that always was normal is none.
        QVERIFY(remembered(memory, snapshotOf({healthyQueue()}, {subscription("other", Role::Normal, 9)}))
                    .findings.empty());
    }

    void handlesInsideItsTransaction() {
        const auto with = [](pg::Interval age, int consumerId) {
            auto snapshot = snapshotOf({healthyQueue()}, group());
            activityOf(snapshot).rowLocks.push_back(
                {1, consumerId, 4711, "worker", "idle in transaction", now - age, {}, {}});
            return snapshot;
        };
        QVERIFY(judge(with(29s, 1)).findings.empty());
        onlyFinds(judge(with(31s, 1)), "taken_not_committed", Severity::Warning);
        onlyFinds(judge(with(31s, 2)), "taken_not_committed", Severity::Information);
        // Group and member by the same transaction: said once.
        auto both = with(31s, 1);
        activityOf(both).rowLocks.push_back({1, 2, 4711, "worker", "idle in transaction", now - 31s, {}, {}});
        onlyFinds(judge(both), "taken_not_committed", Severity::Warning);
        QVERIFY(judge(both).findings[0].culprit->pid == 4711);
    }

    void farBehind() {
        auto row = subscription("slow");
        row.lastTickSeq = 500;
        row.lastTickTime = now - 9min;
        QVERIFY(judge(snapshotOf({healthyQueue()}, {row})).findings.empty());
        row.lastTickTime = now - 11min;
        onlyFinds(judge(snapshotOf({healthyQueue()}, {row})), "far_behind", Severity::Warning);
        row.lastTickTime = now - 61min;
        onlyFinds(judge(snapshotOf({healthyQueue()}, {row})), "far_behind", Severity::Critical);
        row.lastTickSeq = 1000; // empty ticks only: nothing waits for it
        QVERIFY(judge(snapshotOf({healthyQueue()}, {row})).findings.empty());
    }

    void farBehindForecast_data() {
        QTest::addColumn<qint64>("passed"); // of the queue's time in a minute, in seconds
        QTest::addColumn<QString>("says");
        QTest::newRow("stands") << qint64(0) << "hardly moves at all";
        QTest::newRow("slower") << qint64(30) << "0.5 s of the queue's time in a second: it does not catch up";
        QTest::newRow("faster") << qint64(660) << "has caught up in about 1 min";
    }

    void farBehindForecast() {
        QFETCH(qint64, passed);
        QFETCH(QString, says);
        Memory memory;
        auto row = subscription("slow");
        row.lastTickSeq = 500;
        auto queue = healthyQueue();
        row.lastTickTime = now - 21min;
        memory.add(snapshotOf({queue}, {row}));
        row.lastTickTime = *row.lastTickTime + std::chrono::seconds(passed);
        queue.lastTick->time = now + 59s;
        const auto snapshot = later(snapshotOf({queue}, {row}), 60s);
        const auto diagnosis = remembered(memory, snapshot);
        const auto* finding = find(diagnosis, "far_behind");
        QVERIFY(finding);
        QVERIFY2(finding->consequence.find(says.toStdString()) != std::string::npos, finding->consequence.c_str());
    }

    void partialReceive_data() {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<bool>("fires");
        QTest::newRow("one of ten") << "'orders', 'group', 'a', 1" << true;
        QTest::newRow("one of ten, cast") << "'orders'::text,'group','a',1::int, '5 minutes'" << true;
        QTest::newRow("all ten") << "'orders', 'group', 'a', 10" << false;
        QTest::newRow("default of 100") << "'orders', 'group', 'a'" << false;
        QTest::newRow("parameters say nothing") << "$1, $2, $3, $4" << false;
        QTest::newRow("another consumer") << "'orders', 'other', 1" << false;
        QTest::newRow("another queue") << "'invoices', 'group', 'a', 1" << false;
        QTest::newRow("parameter for the number") << "'orders', 'group', 'a', $1" << false;
        QTest::newRow("broken off") << "'orders', 'gro" << false;
        QTest::newRow("empty") << "" << false;
        QTest::newRow("number too long") << "'orders','group','a',99999999999999999999" << false;
    }

    void partialReceive() {
        QFETCH(QString, arguments);
        QFETCH(bool, fires);
        auto rows = group();
        rows[1].nextTickSeq = 980 + 2'000 + 10; // ten events, and a forced tick may have been among them
        auto snapshot = snapshotOf({healthyQueue()}, rows);
        auto& backend = activityOf(snapshot).backends.emplace_back();
        backend.pid = 12;
        backend.receiveArguments = arguments.toStdString();
        const auto diagnosis = judge(snapshot);
        if (!fires) {
            QVERIFY(diagnosis.findings.empty());
            return;
        }
        onlyFinds(diagnosis, "partial_receive", Severity::Warning);
        QVERIFY(diagnosis.findings[0].culprit->pid == 12);
    }

    void invariants_data() {
        using Change = std::function<void(std::vector<Subscription>&)>;
        QTest::addColumn<std::function<void(std::vector<Subscription>&)>>("change");
        QTest::addColumn<QString>("rule");
        const auto row = [](const char* name, const char* rule, const Change& change) {
            QTest::newRow(name) << change << QString::fromLatin1(rule);
        };
        row("I1", "coop_main_with_batch", [](auto& rows) { rows[0].batch = 7; });
        row("I2", "broken_member", [](auto& rows) {
            rows[2].lastTick = 40;
            rows[2].lastTickTime = now;
        });
        row("I3 token without window", "broken_member", [](auto& rows) { rows[2].batch = 9; });
        row("I3 window upside down", "broken_member", [](auto& rows) { rows[1].nextTick = 47; });
        row("I4 window after the cursor", "broken_member", [](auto& rows) { rows[1].nextTick = 60; });
        row("I3 overlap", "overlapping_windows", [](auto& rows) {
            rows[1].lastTick = 40;
            rows[2] = rows[1];
            rows[2].consumerId = 3;
            rows[2].consumerName = "group.b";
            rows[2].lastTick = 45;
            rows[2].batch = 9;
        });
        row("I5", "duplicate_batch", [](auto& rows) {
            auto other = subscription("other", Role::Normal, 5);
            other.subId = 8;
            other.nextTick = 50;
            other.batch = 8123;
            rows.push_back(other);
        });
        row("I7", "group_without_member", [](auto& rows) { rows.resize(1); });
        row("I7 the other way", "member_without_group", [](auto& rows) {
            rows.erase(rows.begin());
            rows.pop_back();
        });
        row("I8 main", "malformed_name", [](auto& rows) {
            rows[0].consumerName = "gr.oup";
            rows.resize(2);
            rows[1].consumerName = "group.a";
        });
        row("I8 member", "malformed_name", [](auto& rows) { rows[2].consumerName = "b"; });
        row("tick gone", "position_lost", [](auto& rows) { rows[0].lastTickTime.reset(); });
    }

    void invariants() {
        QFETCH(std::function<void(std::vector<Subscription>&)>, change);
        QFETCH(QString, rule);
        auto rows = group();
        change(rows);
        const auto diagnosis = judge(snapshotOf({healthyQueue()}, rows));
        const auto* finding = find(diagnosis, rule.toStdString());
        QVERIFY(finding);
        checkTexts(*finding);
        for (const auto& one : diagnosis.findings)
            QCOMPARE(QString::fromStdString(one.rule), rule);
    }

    void rowsOfNobody() {
        auto snapshot = snapshotOf({healthyQueue()});
        QVERIFY(notEvaluated(judge(snapshot), "ownerless_rows"));
        domain::Upkeep upkeep;
        upkeep.ownerlessRetries = 2;
        setUpkeep(snapshot, upkeep);
        onlyFinds(judge(snapshot), "ownerless_retries", Severity::Warning);
        upkeep.ownerlessRetries = 0;
        upkeep.memberDeadLetters = 1;
        setUpkeep(snapshot, upkeep);
        onlyFinds(judge(snapshot), "dead_letters_of_member", Severity::Warning);
    }

    void nobodyReads() {
        auto queue = healthyQueue();
        queue.earlierTick = domain::Tick{30, now - 1min, 400, 0, 0};
        auto snapshot = snapshotOf({queue}, {reader(77)});
        onlyFinds(judge(snapshot), "no_consumer", Severity::Warning);
        const auto finding = judge(snapshot).findings.front();
        QVERIFY2(finding.consequence.find("in about 1 h") != std::string::npos, finding.consequence.c_str());
        QVERIFY2(finding.consequence.find("72 000 events") != std::string::npos, finding.consequence.c_str());
        queue.earlierTick->eventSeq = 1000; // nothing comes in any more
        onlyFinds(judge(snapshotOf({queue}, {reader(77)})), "no_consumer", Severity::Information);
        queue.lastTick->eventSeq = 0; // nothing was ever sent
        queue.eventSeqNow = 0;
        QVERIFY(judge(snapshotOf({queue}, {reader(77)})).findings.empty());
        queue.insertDisabled = true;
        onlyFinds(judge(snapshotOf({queue})), "inserts_disabled", Severity::Information);
    }

    void largeBatch() {
        auto rows = group();
        rows[1].lastTickSeq = 0;
        rows[1].nextTickSeq = 49'999;
        QVERIFY(judge(snapshotOf({healthyQueue()}, rows)).findings.empty());
        rows[1].nextTickSeq = 50'000;
        onlyFinds(judge(snapshotOf({healthyQueue()}, rows)), "large_batch", Severity::Information);
    }

    void retriesFallBehind() {
        const auto at = [](pg::Interval passed, pg::Interval oldestOverdue) {
            auto queue = healthyQueue();
            queue.lastTick->time = now + passed;
            queue.retryDue = domain::Count{40, false, now + passed};
            queue.oldestRetryDue = now + passed - oldestOverdue;
            return later(snapshotOf({queue}), passed);
        };
        Memory memory;
        QVERIFY(notEvaluated(judge(at(0s, 20s)), "retry_falling_behind"));
        QVERIFY(remembered(memory, at(0s, 20s)).findings.empty());
        QVERIFY(remembered(memory, at(30s, 29s)).findings.empty()); // not late enough to speak of
        onlyFinds(remembered(memory, at(60s, 50s)), "retry_falling_behind", Severity::Warning);
        const auto late = remembered(memory, at(180s, 125s));
        onlyFinds(late, "retry_overdue", Severity::Warning);
        QVERIFY2(late.findings[0].cause.find("moves fewer") != std::string::npos, late.findings[0].cause.c_str());

        Memory still; // nobody moves anything: the oldest stays the oldest
        still.add(at(0s, 100s));
        const auto stuck = remembered(still, at(60s, 160s));
        QVERIFY2(stuck.findings[0].cause.find("does not run") != std::string::npos, stuck.findings[0].cause.c_str());
        Memory working; // it gets less
        working.add(at(0s, 200s));
        const auto better = remembered(working, at(60s, 140s));
        QVERIFY2(better.findings[0].consequence.find("all are done in about 2 min 20 s") != std::string::npos,
                 better.findings[0].consequence.c_str());
    }

    void retriesAhead() {
        auto queue = healthyQueue();
        queue.retryAhead = domain::Count{300, false, now};
        auto snapshot = snapshotOf({queue});
        QVERIFY(judge(snapshot).findings.empty()); // ours is driven until nothing is due
        snapshot.capabilities.origin = domain::SchemaOrigin::Foreign;
        onlyFinds(judge(snapshot), "retry_load", Severity::Warning);
        QVERIFY(judge(snapshot).findings[0].consequence.find("5 min 00 s late") != std::string::npos);
        queue.retryAhead->value = 200;
        snapshot = snapshotOf({queue});
        snapshot.capabilities.origin = domain::SchemaOrigin::Foreign;
        QVERIFY(judge(snapshot).findings.empty());
    }

    void lastTry() {
        auto queue = healthyQueue();
        queue.retryLastTry = domain::Count{1, false, now};
        onlyFinds(judge(snapshotOf({queue})), "retry_last_try", Severity::Information);
    }

    void lateCommitter() {
        const auto with = [](pg::Interval age, bool writes) {
            auto snapshot = snapshotOf({healthyQueue(1, "orders"), healthyQueue(2, "mail")});
            auto& locks = activityOf(snapshot).eventLocks;
            for (const int queue : {2, 1})
                locks.push_back({queue, 0, 77, "import", "idle in transaction", now - age, writes, {}});
            return snapshot;
        };
        QVERIFY(judge(with(59s, true)).findings.empty());
        QVERIFY(judge(with(1h, false)).findings.empty());
        onlyFinds(judge(with(61s, true)), "late_committer", Severity::Warning);
        const auto diagnosis = judge(with(11min, true));
        onlyFinds(diagnosis, "late_committer", Severity::Critical);
        QVERIFY(diagnosis.findings[0].culprit->pid == 77);
        QVERIFY(diagnosis.findings[0].title.find("mail and 1 other queue") != std::string::npos);
    }

    void lockOnTheNextTable() {
        auto queue = healthyQueue();
        queue.switchTime = now - 3h - 1s;
        const auto with = [&queue](std::optional<int> table) {
            auto snapshot = snapshotOf({queue});
            activityOf(snapshot).eventLocks.push_back({1, table, 88, "pg_dump", "active", now - 4h, false});
            return snapshot;
        };
        onlyFinds(judge(with(1)), "rotation_held_by_lock", Severity::Warning);
        QVERIFY(judge(with(1)).findings[0].culprit->application == "pg_dump");
        QVERIFY(judge(with(2)).findings.empty());
        QVERIFY(judge(with(std::nullopt)).findings.empty());
        queue.switchTime = now - 4h - 1s;
        onlyFinds(judge(with(1)), "rotation_held_by_lock", Severity::Critical);
        queue.switchTime = now - 1h;
        QVERIFY(judge(with(1)).findings.empty());
        // Overdue for other reasons; the lock has been there for a moment.
        queue.switchTime = now - 5h;
        const auto fresh = [&queue] {
            auto snapshot = snapshotOf({queue});
            activityOf(snapshot).eventLocks.push_back({1, 1, 88, "pg_dump", "active", now - 2s, false});
            return snapshot;
        };
        QVERIFY(judge(fresh()).findings.empty());
        queue.switchStep2.reset();
        onlyFinds(judge(with(1)), "rotation_step_two_missing", Severity::Warning);
    }

    void horizonHeld() {
        domain::Upkeep full;
        full.tables = {{"subscription", 5, 14'000, {}}, {"tick", 900, 20, {}}};
        auto snapshot = snapshotOf({healthyQueue()});
        QVERIFY(notEvaluated(judge(snapshot), "horizon_held"));
        setUpkeep(snapshot, full);
        QVERIFY(judge(snapshot).findings.empty()); // dead rows, but nobody keeps them: vacuum will come

        auto& backend = activityOf(snapshot).backends.emplace_back();
        backend.pid = 31;
        backend.application = "report";
        backend.state = "idle in transaction";
        backend.xmin = 500;
        backend.transactionSince = now - 4min;
        QVERIFY(judge(snapshot).findings.empty());
        activityOf(snapshot).backends[0].transactionSince = now - 6min;
        onlyFinds(judge(snapshot), "horizon_held", Severity::Warning);
        QVERIFY(judge(snapshot).findings[0].culprit->pid == 31);
        // An older slot is the one to blame, and so is a prepared transaction that is older still.
        full.replicationSlots = {{"replica_b", false, 400}};
        setUpkeep(snapshot, full);
        QVERIFY(judge(snapshot).findings[0].title.find("slot replica_b, which nobody uses") != std::string::npos);
        full.standbys = {{99, "reporting", 300}};
        setUpkeep(snapshot, full);
        QVERIFY(judge(snapshot).findings[0].title.find("standby reporting") != std::string::npos);
        activityOf(snapshot).prepared.push_back({"tx-7", "app", "shop", now - 1h, 200});
        QVERIFY(judge(snapshot).findings[0].culprit->gid == "tx-7");
        full.tables[0].dead = 9'999;
        setUpkeep(snapshot, full);
        QVERIFY(judge(snapshot).findings.empty());
        full.tables[0] = {"tick", 50'000, 14'000, {}}; // in proportion
        setUpkeep(snapshot, full);
        QVERIFY(judge(snapshot).findings.empty());
    }

    void restoredFromADump() {
        auto queue = healthyQueue();
        queue.lastTick->time = now - 61s;
        auto snapshot = snapshotOf({queue});
        domain::Upkeep upkeep;
        upkeep.nextXid = 2000;
        setUpkeep(snapshot, upkeep);
        QVERIFY(judge(snapshot).findings.empty());
        upkeep.nextXid = 1999;
        setUpkeep(snapshot, upkeep);
        onlyFinds(judge(snapshot), "restored_ticks", Severity::Critical);
        // A tick that may be younger than the ids proves nothing.
        queue.lastTick->time = now - 59s;
        snapshot = snapshotOf({queue});
        setUpkeep(snapshot, upkeep);
        QVERIFY(judge(snapshot).findings.empty());
    }
};

QTEST_GUILESS_MAIN(TestRules)
#include "tst_rules.moc"
