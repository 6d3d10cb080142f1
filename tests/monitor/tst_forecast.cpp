// SPDX-License-Identifier: GPL-3.0-or-later
// What a queue will do next, by the rules of ticker() and of rotation.
#include "monitor/forecast.h"
#include "monitor/rotation.h"

#include <QTest>

using namespace monitor;
using namespace std::chrono_literals;
using Rule = TickForecast::Rule;
using State = Gate::State;
using Cause = Gate::Cause;

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
    made.lowestTick = made.lastTick;
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
    row.consumerId = static_cast<std::int32_t>(xmin);
    row.lastTick = 5;
    row.lastTickTime = now - 3h;
    row.lastTickXmin = xmin;
    return row;
}

domain::Backend writer(std::int32_t pid, std::optional<std::int64_t> xid) {
    domain::Backend made;
    made.pid = pid;
    made.xid = xid;
    return made;
}

/// Table 1 comes next.
domain::QueueDetail held(std::optional<std::vector<std::int32_t>> holders) {
    domain::QueueDetail detail;
    detail.tables = {{0, "t_0", std::vector<std::int32_t>()}, {1, "t_1", std::move(holders)}, {2, "t_2", std::vector<std::int32_t>()}};
    return detail;
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
        made.eventSeqNow = 4'010;
        QCOMPARE(nextTick(made, now, nullptr).rule, Rule::Lag);
        QCOMPARE(nextTick(made, now, nullptr).at.value(), now + 2s);
        QCOMPARE(nextTick(made, now, nullptr).waiting.value(), 10);
        made.eventSeqNow = 4'500;
        QCOMPARE(nextTick(made, now, nullptr).rule, Rule::Count);
        QVERIFY(!nextTick(made, now, nullptr).at);
        made.tickerPaused = true;
        QCOMPARE(nextTick(made, now, nullptr).rule, Rule::Paused);
        made.tickerPaused = false;
        made.externalTicker = true;
        QCOMPARE(nextTick(made, now, nullptr).rule, Rule::External);
        made.externalTicker = false;
        made.eventSeqNow.reset();
        QCOMPARE(nextTick(made, now, nullptr).rule, Rule::Unknown);
        QVERIFY(!nextTick(made, now, nullptr).waiting);
        made.lastTick.reset();
        QCOMPARE(nextTick(made, now, nullptr).rule, Rule::First);
    }

    /// An idle queue's pause is twice the last one, at least half of max_lag and at most the idle period.
    void idleTicks() {
        const domain::Queue made = queue();
        QCOMPARE(nextTick(made, now, nullptr).rule, Rule::Idle);
        QCOMPARE(nextTick(made, now, nullptr).at.value(), now + 59s);
        QVERIFY(nextTick(made, now, nullptr).atLatest);
        domain::QueueDetail detail;
        detail.lastTick = 10;
        for (const auto& [gap, pause] : {std::pair(6s, 12s), std::pair(40s, 60s)}) {
            detail.lastGap = gap;
            QCOMPARE(nextTick(made, now, &detail).at.value(), now - 1s + pause);
            QVERIFY(!nextTick(made, now, &detail).atLatest);
        }
        detail.lastGap = 500ms;
        QCOMPARE(nextTick(made, now, &detail).at.value(), now - 1s + 1500ms);
        // Alone, it has no gap to go by.
        detail.lastGap.reset();
        QCOMPARE(nextTick(made, now, &detail).rule, Rule::Fresh);
        QVERIFY(!nextTick(made, now, &detail).at);
        // A detail of another tick says nothing; the sample knows the one before if its id is the next lower.
        detail.lastTick = 9;
        QVERIFY(nextTick(made, now, &detail).atLatest);
        domain::Queue neighbours = made;
        neighbours.earlierTick = domain::Tick{9, now - 4s, 4'000, 0, 0};
        QCOMPARE(nextTick(neighbours, now, nullptr).at.value(), now + 5s);
        neighbours.earlierTick->id = 8;
        QVERIFY(nextTick(neighbours, now, nullptr).atLatest);
    }

    /// Nothing is said of events where the sequence could not be read.
    void ticksOfAnUnknownSequence() {
        domain::Queue made = queue();
        made.eventSeqNow.reset();
        const auto next = nextTick(made, now, nullptr);
        QCOMPARE(next.rule, Rule::Unknown);
        QVERIFY(!next.waiting);
        QCOMPARE(next.at.value(), now + 59s);
        made.tickerPaused = true;
        QCOMPARE(nextTick(made, now, nullptr).rule, Rule::Paused);
        QVERIFY(!nextTick(made, now, nullptr).waiting);
    }

    void gatesOpen() {
        const domain::Queue made = queue();
        const domain::QueueDetail free = held(std::vector<std::int32_t>());
        for (const Gate& one : rotationGates(with(made), made, &free))
            QVERIFY(one.isOpen());
        QCOMPARE(rotationOf(made, now), Rotation::Due);
    }

    void gatesClosed() {
        domain::Queue made = queue();
        made.switchTime = now - 1h;
        auto gates = rotationGates(with(made), made, nullptr);
        QCOMPARE(gate(gates, Gate::Kind::Period)->state, State::Closed);
        QCOMPARE(gate(gates, Gate::Kind::Period)->opensAt.value(), now + 1h);
        QCOMPARE(rotationOf(made, now), Rotation::NotDue);

        made = queue();
        made.lowestTick = domain::Tick{5, now - 3h, 0, 1'000, 0};
        domain::Snapshot snapshot = with(made);
        snapshot.subscriptions = {at(1'000, "archiver"), at(1'001, "billing")};
        gates = rotationGates(snapshot, made, nullptr);
        QCOMPARE(gate(gates, Gate::Kind::Consumers)->state, State::Closed);
        QCOMPARE(gate(gates, Gate::Kind::Consumers)->culprits, std::vector<std::string>{"archiver"});
        QVERIFY(gate(gates, Gate::Kind::Tick)->isOpen());
        QCOMPARE(rotationOf(made, now), Rotation::Pinned);

        made = queue();
        made.switchStep2.reset();
        gates = rotationGates(with(made), made, nullptr);
        QCOMPARE(gate(gates, Gate::Kind::StepTwo)->state, State::Closed);
        QCOMPARE(rotationOf(made, now), Rotation::StepTwo);
    }

    void theTableComesLast() {
        domain::Queue made = queue();
        domain::QueueDetail detail = held(std::vector<std::int32_t>{77, 0});
        auto gates = rotationGates(with(made), made, &detail);
        QCOMPARE(gate(gates, Gate::Kind::Table)->state, State::Closed);
        QCOMPARE(gate(gates, Gate::Kind::Table)->pids, (std::vector<std::int32_t>{77, 0}));
        made.currentTable = 1;
        QVERIFY(gate(rotationGates(with(made), made, &detail), Gate::Kind::Table)->isOpen());
        made.currentTable = 0;
        // Not looked at is not free.
        detail = held(std::nullopt);
        QCOMPARE(gate(rotationGates(with(made), made, &detail), Gate::Kind::Table)->state, State::Unknown);
        QCOMPARE(gate(rotationGates(with(made), made, nullptr), Gate::Kind::Table)->state, State::Unknown);
    }

    /// Step one raises an error when the lowest position's tick is gone.
    void aLostPositionClosesAGate() {
        domain::Queue made = queue();
        made.lowestTick.reset();
        made.lowestTickMissing = true;
        domain::Subscription lost = at(0, "lost");
        lost.lastTickTime.reset();
        lost.lastTickXmin.reset();
        domain::Snapshot snapshot = with(made);
        snapshot.subscriptions = {lost, at(1'500, "billing")};
        const auto gates = rotationGates(snapshot, made, nullptr);
        QCOMPARE(gate(gates, Gate::Kind::Position)->state, State::Closed);
        QCOMPARE(gate(gates, Gate::Kind::Position)->culprits, std::vector<std::string>{"lost"});
        QCOMPARE(rotationOf(made, now), Rotation::TickGone);
        // One that is lost above the lowest is not asked for.
        made.lowestTick = queue().lowestTick;
        QVERIFY(gate(rotationGates(snapshot, made, nullptr), Gate::Kind::Position)->isOpen());
    }

    /// Only who has written since before the switch is to blame, prepared transactions included.
    void oldWritersAreNamed() {
        domain::Queue made = queue();
        made.lastTick->xmin = made.lowestTick->xmin = 990;
        domain::Snapshot snapshot = with(made);
        snapshot.subscriptions = {at(990, "billing")};
        auto activity = std::make_shared<domain::Activity>();
        activity->takenAt = now;
        activity->backends = {writer(11, 1'200), writer(12, 995), writer(13, 985), writer(14, std::nullopt)};
        activity->prepared = {{"tx-7", "app", "shop", now - 4h, 900}, {"tx-8", "app", "shop", now, 1'300}};
        snapshot.activity = activity;
        const auto gates = rotationGates(snapshot, made, nullptr);
        const Gate* tick = gate(gates, Gate::Kind::Tick);
        QCOMPARE(tick->state, State::Closed);
        QCOMPARE(tick->cause, Cause::Transaction);
        QCOMPARE(tick->pids, (std::vector<std::int32_t>{13, 12}));
        QCOMPARE(tick->culprits, std::vector<std::string>{"tx-7"});
        // Nobody could be further: consumers are not named.
        QCOMPARE(gate(gates, Gate::Kind::Consumers)->state, State::Closed);
        QVERIFY(gate(gates, Gate::Kind::Consumers)->culprits.empty());
        QCOMPARE(rotationOf(made, now), Rotation::WaitsForTick);
    }

    /// A queue that has not ticked since the switch waits for its next tick; that says nothing of transactions.
    void anIdleQueueWaitsForItsTick() {
        domain::Queue made = queue();
        made.lastTick->xmin = made.lowestTick->xmin = 990;
        made.lastTick->time = now - 4h;
        domain::Queue other = queue();
        other.id = 2;
        domain::Snapshot snapshot = with(made);
        snapshot.queues.push_back(other);
        const auto cause = [&] { return gate(rotationGates(snapshot, made, nullptr), Gate::Kind::Tick)->cause; };
        // Another queue's tick proves that nobody is there any more.
        QCOMPARE(cause(), Cause::NoTick);
        // With nobody else's it is not known, nor claimed.
        snapshot.queues.pop_back();
        QCOMPARE(cause(), Cause::NoTick);
        // A tick of just now reaches back as well: somebody is there.
        other.lastTick->xmin = 995;
        snapshot.queues.push_back(other);
        QCOMPARE(cause(), Cause::NotLooked);
        auto activity = std::make_shared<domain::Activity>();
        activity->takenAt = now - 2s; // before that tick
        snapshot.activity = activity;
        QCOMPARE(cause(), Cause::Unseen);
        activity->takenAt = now; // after it: whoever it was has ended
        QCOMPARE(cause(), Cause::NoTick);
        // With no position step one asks none of it.
        made.lowestTick.reset();
        QVERIFY(gate(rotationGates(snapshot, made, nullptr), Gate::Kind::Tick)->isOpen());
    }

    void whatAPositionHolds() {
        using Kind = Hold::Kind;
        domain::Queue made = queue();
        made.lowestTick = domain::Tick{5, now - 3h, 0, 900, 0};
        domain::Snapshot snapshot = with(made);
        snapshot.subscriptions = {at(900, "first"), at(950, "second"), at(1'500, "third")};
        const auto hold = [&](std::size_t row) { return holdOf(snapshot, snapshot.subscriptions[row]); };
        QCOMPARE(hold(0).kind, Kind::Holds);
        QCOMPARE(hold(0).others, 1);
        QCOMPARE(hold(1).kind, Kind::Holds); // not the lowest, and in the way all the same
        QCOMPARE(hold(2).kind, Kind::None);
        snapshot.queues[0].switchTime = now - 1h;
        QCOMPARE(hold(0).kind, Kind::Later);
        QCOMPARE(hold(0).due, now + 1h);
        snapshot.queues[0].switchTime = now - 3h;
        snapshot.queues[0].lastTick->xmin = 990;
        QCOMPARE(hold(0).kind, Kind::Tick);
        snapshot.queues[0].switchStep2.reset();
        QCOMPARE(hold(0).kind, Kind::Tick);
        snapshot.subscriptions[0].lastTickXmin.reset();
        QCOMPARE(hold(0).kind, Kind::Unknown);
    }

    void theLowestIsNamed() {
        domain::Queue made = queue();
        made.lowestTick = domain::Tick{5, now - 3h, 0, 900, 0};
        domain::Snapshot snapshot = with(made);
        domain::Subscription group = at(900, "billing");
        group.role = domain::Role::CoopMain;
        domain::Subscription member = at(901, "billing.one");
        member.role = domain::Role::CoopMember;
        member.batch = 3;
        domain::Subscription far = at(1'500, "far");
        far.lastTick = 9;
        snapshot.subscriptions = {far, group, member};
        QCOMPARE(lowestOn(snapshot, made)->consumerName, std::string("billing.one"));
        made.lowestTick.reset();
        QVERIFY(!lowestOn(snapshot, made));
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
