// SPDX-License-Identifier: GPL-3.0-or-later
// What a queue will do next, by the rules of ticker() and of rotation.
#include "monitor/forecast.h"

#include <QTest>

using namespace monitor;
using namespace std::chrono_literals;
using Rule = TickForecast::Rule;

namespace {

const pg::Timestamp now{1'795'000'000s};

domain::Queue queue() {
    domain::Queue made;
    made.id = 1;
    made.name = "orders";
    made.tickerMaxCount = 500;
    made.tickerMaxLag = 3s;
    made.tickerIdlePeriod = 60s;
    made.rotationPeriod = 2h;
    made.switchTime = now - 3h;
    made.switchStep1 = 900;
    made.switchStep2 = 1'000;
    made.lastTick = domain::Tick{10, now - 1s, 4'000, 2'000, 2'000};
    made.eventSeqNow = 4'000;
    return made;
}

domain::Snapshot with(const domain::Queue& queue) {
    domain::Snapshot snapshot;
    snapshot.takenAt = now;
    snapshot.queues = {queue};
    return snapshot;
}

domain::Subscription at(std::int64_t xmin, const char* name) {
    domain::Subscription row;
    row.queueId = 1;
    row.consumerName = name;
    row.lastTick = 5;
    row.lastTickXmin = xmin;
    return row;
}

const Gate* gate(const std::vector<Gate>& gates, Gate::Kind kind) {
    for (const Gate& one : gates) {
        if (one.kind == kind)
            return &one;
    }
    return nullptr;
}

} // namespace

class TestForecast : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void ticks() {
        domain::Queue made = queue();
        QCOMPARE(nextTick(made, now).rule, Rule::Idle);
        QCOMPARE(nextTick(made, now).at.value(), now + 59s);
        made.eventSeqNow = 4'010;
        QCOMPARE(nextTick(made, now).rule, Rule::Lag);
        QCOMPARE(nextTick(made, now).at.value(), now + 2s);
        QVERIFY(nextTick(made, now).waiting == 10);
        made.eventSeqNow = 4'500;
        QCOMPARE(nextTick(made, now).rule, Rule::Count);
        QVERIFY(!nextTick(made, now).at);
        made.tickerPaused = true;
        QCOMPARE(nextTick(made, now).rule, Rule::Paused);
        made.tickerPaused = false;
        made.externalTicker = true;
        QCOMPARE(nextTick(made, now).rule, Rule::External);
        made.externalTicker = false;
        made.lastTick.reset();
        QCOMPARE(nextTick(made, now).rule, Rule::First);
    }

    /// Nothing is said of events where the sequence could not be read.
    void ticksOfAnUnknownSequence() {
        domain::Queue made = queue();
        made.eventSeqNow.reset();
        const auto next = nextTick(made, now);
        QCOMPARE(next.rule, Rule::Unknown);
        QVERIFY(!next.waiting);
        QCOMPARE(next.at.value(), now + 59s);
        made.tickerPaused = true;
        QCOMPARE(nextTick(made, now).rule, Rule::Paused);
        QVERIFY(!nextTick(made, now).waiting);
    }

    void gatesOpen() {
        const domain::Queue made = queue();
        for (const Gate& one : rotationGates(with(made), made, nullptr))
            QVERIFY(one.open);
    }

    void gatesClosed() {
        domain::Queue made = queue();
        made.switchTime = now - 1h;
        auto gates = rotationGates(with(made), made, nullptr);
        QVERIFY(!gate(gates, Gate::Kind::Period)->open);
        QCOMPARE(gate(gates, Gate::Kind::Period)->opensAt.value(), now + 1h);

        made = queue();
        domain::Snapshot snapshot = with(made);
        snapshot.subscriptions = {at(1'000, "archiver"), at(1'001, "billing")};
        gates = rotationGates(snapshot, made, nullptr);
        QVERIFY(!gate(gates, Gate::Kind::Consumers)->open);
        QCOMPARE(gate(gates, Gate::Kind::Consumers)->culprits, std::vector<std::string>{"archiver"});
        QVERIFY(gate(gates, Gate::Kind::Transactions)->open);

        made.lastTick->xmin = 1'000;
        QVERIFY(!gate(rotationGates(with(made), made, nullptr), Gate::Kind::Transactions)->open);

        made = queue();
        made.switchStep2.reset();
        gates = rotationGates(with(made), made, nullptr);
        QVERIFY(!gate(gates, Gate::Kind::StepTwo)->open);

        made = queue();
        domain::QueueDetail detail;
        detail.tables = {{0, "t_0", 1, {}}, {1, "t_1", 1, {77}}, {2, "t_2", 1, {}}};
        gates = rotationGates(with(made), made, &detail);
        QVERIFY(!gate(gates, Gate::Kind::Table)->open);
        QCOMPARE(gate(gates, Gate::Kind::Table)->pids, std::vector<std::int32_t>{77});
        made.currentTable = 1;
        QVERIFY(gate(rotationGates(with(made), made, &detail), Gate::Kind::Table)->open);
    }

    void positions() {
        domain::Queue made = queue();
        QCOMPARE(tableOfPosition(made, 1'001), 0);
        QCOMPARE(tableOfPosition(made, 1'000), 2);
        made.currentTable = 2;
        QCOMPARE(tableOfPosition(made, 5), 1);
        made.switchStep2.reset();
        QCOMPARE(tableOfPosition(made, 5'000), 1);
    }
};

QTEST_GUILESS_MAIN(TestForecast)
#include "tst_forecast.moc"
