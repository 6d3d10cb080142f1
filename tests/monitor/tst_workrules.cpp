// SPDX-License-Identifier: GPL-3.0-or-later
// Each rule about work queues: when it must fire, and when it must not.
#include "monitor/diagnosis.h"
#include "monitor/workrules.h"

#include <QTest>

#include <algorithm>

using namespace std::chrono_literals;
using domain::Severity;
using monitor::Thresholds;
using monitor::WorkMemory;

namespace {

const pg::Timestamp now{pg::Interval(1'767'000'000'000'000)};

domain::WorkBand band(int priority, std::int64_t ready, pg::Interval age, std::int64_t head = 100) {
    domain::WorkBand made;
    made.priority = priority;
    made.ready = {ready, false, now};
    made.oldest = now - age;
    made.headId = head;
    return made;
}

/// One install with a queue that flows: workers hold messages, the head is young, maintenance runs.
domain::WorkLooks healthy(pg::Timestamp at = now) {
    domain::WorkLook look;
    look.sample.install.schema = "workqueue";
    look.sample.install.generation = domain::WorkGeneration::Scheduled;
    look.sample.install.ours = look.sample.install.hasBarriers = look.sample.install.hasMarkers = true;
    look.sample.takenAt = at;
    look.sample.leader = domain::WorkLeader{"host:1:a", at - 3s, at - 2s, at - 100s};
    look.sample.counters = domain::WorkCounters{1'000, 2'000, 900, 800, 200, 50, at - 60s};
    domain::WorkQueue queue;
    queue.name = "mail";
    queue.bands = {band(9, 3, 2s), band(5, 40, 20s)};
    queue.claimed = 4;
    queue.nextLapse = at + 20s;
    queue.scheduled = 7;
    queue.nextDue = at + 1min;
    look.sample.queues = {queue};
    look.barriers.takenAt = at;
    domain::WorkLooks looks;
    looks.installs = {look};
    looks.takenAt = at;
    return looks;
}

domain::WorkQueue& queueOf(domain::WorkLooks& looks) {
    return looks.installs[0].sample.queues[0];
}

const domain::Finding* find(const domain::Diagnosis& diagnosis, const std::string& rule) {
    const auto found = std::find_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                    [&rule](const domain::Finding& finding) { return finding.rule == rule; });
    return found == diagnosis.findings.end() ? nullptr : &*found;
}

bool complete(const domain::Finding& finding) {
    return !finding.title.empty() && !finding.cause.empty() && !finding.consequence.empty() &&
           !finding.evidence.empty() &&
           std::all_of(finding.evidence.begin(), finding.evidence.end(),
                       [](const domain::Evidence& one) { return !one.fact.empty() && !one.query.empty(); });
}

domain::Diagnosis judge(const domain::WorkLooks& looks, const WorkMemory* memory = nullptr) {
    return monitor::diagnoseWork(looks, memory, Thresholds());
}

/// Two looks, so much apart.
WorkMemory remembering(const domain::WorkLooks& first, const domain::WorkLooks& second) {
    WorkMemory memory;
    memory.add(first);
    memory.add(second);
    return memory;
}

domain::Barrier barrier(std::int64_t remaining, pg::Interval still, pg::Interval left = 1h) {
    domain::Barrier made;
    made.execution = "run-1";
    made.remaining = remaining;
    made.total = 8;
    made.started = 8 - remaining;
    made.epoch = 42;
    made.createdAt = now - 5h;
    made.progressAt = now - still;
    made.expiresAt = now + left;
    return made;
}

} // namespace

class TestWorkRules : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void healthyIsSilent() {
        const auto earlier = healthy(now - 2min);
        auto later = healthy();
        // The head went on and rows were finished.
        queueOf(later).bands[0].headId = 101;
        later.installs[0].sample.counters->deleted += 50;
        const WorkMemory memory = remembering(earlier, later);
        const domain::Diagnosis diagnosis = judge(later, &memory);
        for (const domain::Finding& finding : diagnosis.findings)
            QFAIL(finding.title.c_str());
        QCOMPARE(diagnosis.rulesEvaluated, 9);
        QVERIFY(diagnosis.notEvaluated.empty());
    }

    void withoutMemoryRulesThatNeedItSaySo() {
        WorkMemory one;
        one.add(healthy());
        for (const WorkMemory* memory : {static_cast<const WorkMemory*>(nullptr), &std::as_const(one)}) {
            const domain::Diagnosis diagnosis = judge(healthy(), memory);
            QCOMPARE(diagnosis.notEvaluated.size(), std::size_t(3));
            QCOMPARE(diagnosis.rulesEvaluated, 6);
        }
        QCOMPARE(judge({}).rulesEvaluated, 0);
        domain::WorkLooks refused;
        pg::Failure failure;
        failure.diagnostics.message = "permission denied";
        refused.errors.push_back({"theirs", failure});
        QCOMPARE(judge(refused).notEvaluated.front().why, std::string("theirs: permission denied"));
    }

    void leaderStale() {
        auto looks = healthy();
        auto& leader = looks.installs[0].sample.leader;
        leader->acquiredAt = now - 9s;
        QVERIFY(!find(judge(looks), "work_leader_stale"));
        leader->acquiredAt = now - 11s;
        leader->lastMaint.reset();
        auto diagnosis = judge(looks);
        const domain::Finding* finding = find(diagnosis, "work_leader_stale");
        QVERIFY(finding && complete(*finding));
        QCOMPARE(finding->severity, Severity::Warning);
        QCOMPARE(finding->remedies.front().action, std::string("work_maint"));
        // Somebody calls maint() without the lease: nothing stops.
        leader->lastMaint = now - 2s;
        diagnosis = judge(looks);
        QCOMPARE(find(diagnosis, "work_leader_stale")->severity, Severity::Information);
        leader->name.clear();
        QVERIFY(!find(judge(looks), "work_leader_stale"));
    }

    void leasesLapsed() {
        auto looks = healthy();
        queueOf(looks).lapsed = 2;
        queueOf(looks).worstLapse = 15s;
        QVERIFY(!find(judge(looks), "work_leases_lapsed"));
        queueOf(looks).worstLapse = 16s;
        auto diagnosis = judge(looks);
        const domain::Finding* finding = find(diagnosis, "work_leases_lapsed");
        QVERIFY(finding && complete(*finding));
        QCOMPARE(finding->severity, Severity::Warning);
        QCOMPARE(finding->subject.queue, std::string("workqueue.mail"));
        QCOMPARE(finding->remedies.front().action, std::string("work_maint"));
        queueOf(looks).worstLapse = 5min;
        // Nothing of ours acts on the tables of others.
        looks.installs[0].sample.install.ours = false;
        diagnosis = judge(looks);
        finding = find(diagnosis, "work_leases_lapsed");
        QCOMPARE(finding->severity, Severity::Critical);
        QVERIFY(finding->remedies.empty());
    }

    void promotionOverdue() {
        auto looks = healthy();
        queueOf(looks).overdue = 1;
        queueOf(looks).nextDue = now - 15s;
        QVERIFY(!find(judge(looks), "work_promotion_overdue"));
        queueOf(looks).nextDue = now - 16s;
        const auto diagnosis = judge(looks);
        const domain::Finding* finding = find(diagnosis, "work_promotion_overdue");
        QVERIFY(finding && complete(*finding));
        QCOMPARE(finding->since, std::optional(now - 16s));
    }

    void poison() {
        auto looks = healthy();
        queueOf(looks).highestReads = 7;
        queueOf(looks).poison = 1;
        domain::WorkMessage message;
        message.id = 12;
        message.queue = "mail";
        message.reads = 7;
        message.state = "claimed";
        looks.installs[0].poison = {message};
        const auto diagnosis = judge(looks);
        const domain::Finding* finding = find(diagnosis, "work_poison");
        QVERIFY(finding && complete(*finding));
        const domain::ActionRequest& bury = finding->remedies.front();
        QCOMPARE(bury.action, std::string("work_bury"));
        QCOMPARE(bury.arguments.at("message_id"), std::string("12"));
        QCOMPARE(bury.arguments.at("token"), std::string("7"));
        QVERIFY(finding->evidence.front().query.find("read_ct > 5") != std::string::npos);
    }

    void barriers_data() {
        QTest::addColumn<int>("remaining");
        QTest::addColumn<int>("stillSeconds");
        QTest::addColumn<int>("leftSeconds");
        QTest::addColumn<int>("severity"); // -1: silent
        QTest::newRow("progress") << 3 << 8'999 << 3'600 << -1;
        QTest::newRow("stuck") << 3 << 9'001 << 3'600 << int(Severity::Warning);
        QTest::newRow("expired") << 3 << 60 << -1 << int(Severity::Critical);
        QTest::newRow("callback under way") << 0 << 10 << 3'600 << -1;
        QTest::newRow("callback lost or not") << 0 << 20 << 3'600 << int(Severity::Warning);
        QTest::newRow("below zero") << -1 << 1 << 3'600 << int(Severity::Critical);
    }

    void barriers() {
        QFETCH(int, remaining);
        QFETCH(int, stillSeconds);
        QFETCH(int, leftSeconds);
        QFETCH(int, severity);
        auto looks = healthy();
        looks.installs[0].barriers.rows = {
            barrier(remaining, std::chrono::seconds(stillSeconds), std::chrono::seconds(leftSeconds))};
        const auto diagnosis = judge(looks);
        const domain::Finding* finding = find(diagnosis, "work_barrier_stuck");
        QCOMPARE(finding ? int(finding->severity) : -1, severity);
        if (!finding)
            return;
        QVERIFY(complete(*finding));
        QCOMPARE(finding->remedies.front().arguments.at("execution"), std::string("run-1"));
        QCOMPARE(finding->remedies.front().arguments.at("epoch"), std::string("42"));
    }

    void manyBarriersAreToldOfTheWorst() {
        auto looks = healthy();
        for (int i = 0; i < 9; ++i) {
            looks.installs[0].barriers.rows.push_back(barrier(3, 4h));
            looks.installs[0].barriers.rows.back().execution += std::to_string(i);
        }
        const auto diagnosis = judge(looks);
        QCOMPARE(std::count_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                               [](const auto& finding) { return finding.rule == "work_barrier_stuck"; }),
                 5);
    }

    void headOld() {
        auto looks = healthy();
        queueOf(looks).bands[1] = band(5, 40, 5min);
        QVERIFY(!find(judge(looks), "work_head_old"));
        queueOf(looks).bands[1] = band(5, 40, 6min);
        auto diagnosis = judge(looks);
        const domain::Finding* finding = find(diagnosis, "work_head_old");
        QVERIFY(finding && complete(*finding));
        QVERIFY2(finding->cause.find("Higher priorities") == 0, finding->cause.c_str());
        queueOf(looks).bands.erase(queueOf(looks).bands.begin());
        queueOf(looks).bands[0] = band(5, 40, 2h);
        diagnosis = judge(looks);
        finding = find(diagnosis, "work_head_old");
        QCOMPARE(finding->severity, Severity::Critical);
        QVERIFY(finding->cause.find("fewer or slower") != std::string::npos);
        queueOf(looks).paused = true;
        QVERIFY(!find(judge(looks), "work_head_old"));
    }

    void noClaims() {
        auto first = healthy(now - 2min);
        auto second = healthy();
        for (auto* looks : {&first, &second}) {
            queueOf(*looks).claimed = 0;
            queueOf(*looks).bands = {band(5, 40, 10min)};
        }
        WorkMemory memory = remembering(first, second);
        auto diagnosis = judge(second, &memory);
        const domain::Finding* finding = find(diagnosis, "work_no_claims");
        QVERIFY(finding && complete(*finding));
        QCOMPARE(finding->severity, Severity::Warning);
        // That is the cause; the wait is what follows from it.
        QVERIFY(!find(diagnosis, "work_head_old"));

        queueOf(second).paused = true;
        diagnosis = judge(second, &memory);
        finding = find(diagnosis, "work_no_claims");
        QCOMPARE(finding->severity, Severity::Information);
        QCOMPARE(finding->remedies.front().action, std::string("work_resume"));
        queueOf(second).paused = false;

        // Another head, the same head claimed and returned, one in flight: somebody claims.
        for (const auto& claim : std::initializer_list<void (*)(domain::WorkQueue&)>{
                 [](domain::WorkQueue& queue) { queue.bands[0].headId = 101; },
                 [](domain::WorkQueue& queue) { queue.bands[0].headReads = 1; },
                 [](domain::WorkQueue& queue) { queue.claimed = 1; }}) {
            auto moved = second;
            claim(queueOf(moved));
            memory = remembering(first, moved);
            QVERIFY(!find(judge(moved, &memory), "work_no_claims"));
        }
        // Not for long enough.
        auto soon = first;
        soon.installs[0].sample.takenAt = now - 2min + 30s;
        memory = remembering(first, soon);
        QVERIFY(!find(judge(soon, &memory), "work_no_claims"));
    }

    void readsWithoutAcks() {
        auto first = healthy(now - 2min);
        auto second = healthy();
        queueOf(first).reads = {{2, 1}};
        queueOf(second).reads = {{2, 2}, {3, 1}};
        queueOf(second).highestReads = 3;
        WorkMemory memory = remembering(first, second);
        auto diagnosis = judge(second, &memory);
        const domain::Finding* finding = find(diagnosis, "work_reads_without_acks");
        QVERIFY(finding && complete(*finding));
        QVERIFY2(finding->cause.find("3 repeated deliveries") != std::string::npos, finding->cause.c_str());
        QCOMPARE(finding->remedies.front().action, std::string("work_pause"));
        // One was finished.
        second.installs[0].sample.counters->deleted += 1;
        memory = remembering(first, second);
        QVERIFY(!find(judge(second, &memory), "work_reads_without_acks"));
    }

    void deadRowsGrow() {
        auto first = healthy(now - 2min);
        auto second = healthy();
        first.installs[0].sample.counters->dead = 11'000;
        second.installs[0].sample.counters->dead = 15'000;
        WorkMemory memory = remembering(first, second);
        auto diagnosis = judge(second, &memory);
        const domain::Finding* finding = find(diagnosis, "work_dead_rows");
        QVERIFY(finding && complete(*finding));
        QVERIFY(!finding->culprit);
        // Vacuum was there meanwhile.
        auto third = healthy(now + 2min);
        third.installs[0].sample.counters->dead = 12'000;
        memory.add(third);
        QVERIFY(!find(judge(third, &memory), "work_dead_rows"));
    }

    void horizonHeld() {
        auto first = healthy(now - 2min);
        auto second = healthy();
        domain::HorizonHolder holder;
        holder.pid = 4711;
        holder.name = "report";
        holder.transactions = 1'000;
        holder.since = now - 10min;
        first.installs[0].horizon = holder;
        holder.transactions = 9'000;
        second.installs[0].horizon = holder;
        WorkMemory memory = remembering(first, second);
        auto diagnosis = judge(second, &memory);
        const domain::Finding* finding = find(diagnosis, "work_dead_rows");
        QVERIFY(finding && complete(*finding));
        QCOMPARE(finding->culprit->pid, std::optional<std::int32_t>(4711));
        // It does not grow: nobody else does anything.
        second.installs[0].horizon->transactions = 1'000;
        memory = remembering(first, second);
        QVERIFY(!find(judge(second, &memory), "work_dead_rows"));
        // Another one each time, none of them old.
        second.installs[0].horizon->transactions = 9'000;
        second.installs[0].horizon->pid = 4712;
        memory = remembering(first, second);
        QVERIFY(!find(judge(second, &memory), "work_dead_rows"));
    }

    void joinsTheOthers() {
        domain::Diagnosis all;
        all.rulesEvaluated = 12;
        all.findings.resize(1);
        all.findings[0].severity = Severity::Warning;
        auto looks = healthy();
        looks.installs[0].barriers.rows = {barrier(-1, 1s)};
        monitor::addFindings(all, judge(looks));
        QCOMPARE(all.rulesEvaluated, 18);
        QCOMPARE(all.findings.front().rule, std::string("work_barrier_stuck"));
        QCOMPARE(monitor::worst(all), std::optional(Severity::Critical));
    }
};

QTEST_GUILESS_MAIN(TestWorkRules)
#include "tst_workrules.moc"
