// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/madesnapshots.h"
#include "monitor/rebuild.h"

#include <QTest>

#include <cmath>
#include <random>

using domain::Quantity;
using domain::Tick;
using monitor::rebuild;
using monitor::SequenceJump;

namespace {

using std::chrono::seconds;

domain::Queue orders() {
    domain::Queue queue = made::queue(1, "orders");
    queue.tickerMaxCount = 500;
    return queue;
}

/// Ticks so many seconds apart with so many events in each.
std::vector<Tick> ticks(int count, int apart, std::int64_t events) {
    std::vector<Tick> list;
    for (int i = 0; i < count; ++i)
        list.push_back({100 + i, made::now + seconds(i * apart), 1'000 + i * events, 0, 0});
    return list;
}

/// Adds a step to the sequence from one tick on.
void jump(std::vector<Tick>& list, std::size_t from, std::int64_t by) {
    for (std::size_t i = from; i < list.size(); ++i)
        list[i].eventSeq += by;
}

/// Events that the rates add up to.
double eventsOf(const monitor::Rebuilt& rebuilt) {
    double events = 0;
    for (const domain::FiguresAt& one : rebuilt.figures) {
        if (const auto window = one.figures[Quantity::WindowSize])
            events += static_cast<double>(*window);
    }
    return events;
}

} // namespace

class TestRebuild : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void ratesAndWindows() {
        const auto rebuilt = rebuild(orders(), ticks(100, 2, 300), {});
        QVERIFY(rebuilt.jumps.empty());
        QCOMPARE(rebuilt.figures.size(), std::size_t(99));
        QVERIFY(rebuilt.figures.front().afterGap);
        for (const domain::FiguresAt& one : rebuilt.figures) {
            QCOMPARE(*one.figures[Quantity::Rate], 150'000);
            QCOMPARE(*one.figures[Quantity::WindowSize], 300);
            QCOMPARE(*one.figures[Quantity::TickAge], 2'000);
            QCOMPARE(one.figures.queueId, 1);
        }
        QVERIFY(rebuild(orders(), {}, {}).figures.empty());
        QVERIFY(rebuild(orders(), ticks(1, 1, 1), {}).figures.empty());
    }

    void aLongWaitIsDrawnAsOne() {
        const auto rebuilt = rebuild(orders(), ticks(2, 60, 6), {});
        QCOMPARE(rebuilt.figures.size(), std::size_t(6));
        for (std::size_t i = 1; i < rebuilt.figures.size(); ++i)
            QVERIFY(rebuilt.figures[i].at - rebuilt.figures[i - 1].at == seconds(10));
        QCOMPARE(*rebuilt.figures.front().figures[Quantity::TickAge], 10'000);
        QCOMPARE(*rebuilt.figures.back().figures[Quantity::TickAge], 60'000);
        QVERIFY(rebuild(orders(), ticks(2, 100'000, 6), {}).figures.size() <= 61);
    }

    void aForcedTickIsNoThroughput() {
        auto list = ticks(60, 2, 30);
        jump(list, 20, 2 * 500 + 1'000);
        const auto rebuilt = rebuild(orders(), list, {});
        QCOMPARE(rebuilt.jumps.size(), std::size_t(1));
        QCOMPARE(rebuilt.jumps[0].kind, SequenceJump::Kind::Forced);
        QCOMPARE(rebuilt.jumps[0].numbers, 2'000);
        QVERIFY(rebuilt.jumps[0].at == list[20].time);
        QCOMPARE(eventsOf(rebuilt), 59 * 30.0);
        // Forced on a queue that nobody sends to.
        auto idle = ticks(20, 60, 0);
        jump(idle, 5, 2'000);
        QCOMPARE(eventsOf(rebuild(orders(), idle, {})), 0.0);
    }

    void aBusyQueueIsNotTakenForForced() {
        QVERIFY(rebuild(orders(), ticks(60, 2, 2'010), {}).jumps.empty());
        // Busy times come and go.
        auto list = ticks(60, 2, 600);
        jump(list, 30, 2'400);
        jump(list, 31, 1'900);
        QVERIFY(rebuild(orders(), list, {}).jumps.empty());
    }

    void whatIsNoForwardStep() {
        auto back = ticks(20, 2, 30);
        jump(back, 10, -100'000);
        const auto rebuilt = rebuild(orders(), back, {});
        QCOMPARE(rebuilt.jumps.size(), std::size_t(1));
        QCOMPARE(rebuilt.jumps[0].kind, SequenceJump::Kind::SetBack);
        QCOMPARE(eventsOf(rebuilt), 18 * 30.0);
        auto set = ticks(20, 2, 30);
        jump(set, 10, 1'000'000'000);
        QCOMPARE(rebuild(orders(), set, {}).jumps[0].kind, SequenceJump::Kind::Set);
        QCOMPARE(eventsOf(rebuild(orders(), set, {})), 18 * 30.0);
    }

    void aCrashSkipsNumbers() {
        auto list = ticks(20, 10, 0);
        jump(list, 10, 32);
        QVERIFY(rebuild(orders(), list, {}).jumps.empty());
        const auto rebuilt = rebuild(orders(), list, list[9].time + seconds(3));
        QCOMPARE(rebuilt.jumps.size(), std::size_t(1));
        QCOMPARE(rebuilt.jumps[0].kind, SequenceJump::Kind::Crash);
        QCOMPARE(eventsOf(rebuilt), 0.0);
    }

    void aClockThatWentBackIsAGap() {
        auto list = ticks(20, 2, 30);
        for (std::size_t i = 10; i < list.size(); ++i)
            list[i].time -= seconds(3'600);
        const auto rebuilt = rebuild(orders(), list, {});
        int gaps = 0;
        for (const domain::FiguresAt& one : rebuilt.figures)
            gaps += one.afterGap;
        QCOMPARE(gaps, 2);
    }

    void theServersLineIsTheSum() {
        monitor::RebuiltServer all;
        all.add(rebuild(orders(), ticks(300, 2, 300), {}).figures);
        all.add(rebuild(made::queue(2, "emails"), ticks(10, 60, 600), {}).figures);
        const auto server = all.line();
        QVERIFY(server.size() > 50);
        for (std::size_t i = 1; i < server.size() && server[i].at < made::now + seconds(540); ++i) {
            QCOMPARE(server[i].figures.queueId, 0);
            QVERIFY(std::abs(double(*server[i].figures[Quantity::Rate]) - 160'000) < 1'000);
        }
    }

    /// Whatever stands in the table, nothing is counted twice and nothing is out of order.
    void anyTicks() {
        std::mt19937 generator(5);
        for (int round = 0; round < 300; ++round) {
            std::vector<Tick> list;
            Tick tick{1, made::now, 1, 0, 0};
            for (int i = 0; i < 40; ++i) {
                tick.id += 1 + int(generator() % 3);
                tick.time += std::chrono::milliseconds(std::int64_t(generator() % 90'000) - 1'000);
                tick.eventSeq += std::int64_t(generator() % 5'000) - 50;
                list.push_back(tick);
            }
            const auto rebuilt = rebuild(orders(), list, list[20].time);
            for (const domain::FiguresAt& one : rebuilt.figures) {
                QVERIFY(one.figures[Quantity::Rate].value_or(0) >= 0);
                QVERIFY(*one.figures[Quantity::TickAge] >= 0);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestRebuild)
#include "tst_rebuild.moc"
