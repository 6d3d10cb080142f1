// SPDX-License-Identifier: GPL-3.0-or-later
// Rates come from the server's counters and clock; what was not seen is a gap.
#include "monitor/history.h"

#include <QTest>

#include <cmath>

using namespace std::chrono_literals;

namespace {

domain::Snapshot sample(pg::Interval time, std::optional<std::int64_t> sequence) {
    domain::Snapshot snapshot;
    snapshot.takenAt = pg::Timestamp(1h + time);
    domain::Queue queue;
    queue.id = 1;
    queue.name = "a";
    queue.eventSeqNow = sequence;
    snapshot.queues.push_back(queue);
    return snapshot;
}

} // namespace

class TestHistory : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void rates() {
        monitor::History history(4s);
        history.add(sample(0s, 100), 1s);
        QVERIFY(history.rates(1).empty());
        history.add(sample(1s, 150), 1s);
        history.add(sample(3s, 150), 1s);
        history.add(sample(3500ms, 160), 1s);
        QCOMPARE(history.rates(1), (std::vector<double>{50, 0, 20}));
        for (int i = 0; i < 10; ++i)
            history.add(sample(4s + i * 1s, 170 + i), 1s);
        QCOMPARE(history.rates(1).size(), std::size_t(5)); // of the last four seconds, both ends included
        QVERIFY(history.rates(2).empty());
    }

    /// Five minutes are five minutes, whatever the beat.
    void isBoundedByTime() {
        for (const auto beat : {1s, 60s}) {
            monitor::History history;
            for (auto at = 0s; at < 1200s; at += beat)
                history.add(sample(at, 10 * at.count()), beat);
            QCOMPARE(history.rates(1).size(), std::size_t(300s / beat) + 1);
        }
    }

    /// It moves the sequence by twice max_count and a thousand, and takes a number.
    void aForcedTickIsNoPeak() {
        const auto after = [](std::int64_t before, std::int64_t events) {
            monitor::History history;
            history.add(sample(0s, 0), 1s);
            history.add(sample(1s, before), 1s);
            history.add(sample(2s, before + events), 1s);
            return history.rates(1).back();
        };
        QVERIFY(std::isnan(after(0, 2'001)));
        QVERIFY(std::isnan(after(100, 2'101)));
        QCOMPARE(after(0, 2'000), 2'000.0);   // a batch of so many
        QCOMPARE(after(0, 2'500), 2'500.0);   // more than the jump explains
        QCOMPARE(after(1'800, 2'001), 2'001.0); // as fast as before
        monitor::History history;
        history.add(sample(0s, 0), 1s);
        history.add(sample(1s, 0), 1s);
        history.add(sample(2s, 2'001), 1s);
        QVERIFY(history.inflow().queues.empty());
    }

    void gaps() {
        monitor::History history;
        history.add(sample(0s, 100), 1s);
        history.add(sample(1s, 110), 1s);
        history.add(sample(2s, std::nullopt), 1s);
        history.add(sample(3s, 120), 1s);
        history.add(sample(4s, 130), 1s);
        const auto rates = history.rates(1);
        QCOMPARE(rates.size(), std::size_t(3)); // both sides of the missing value are one gap
        QCOMPARE(rates[0], 10.0);
        QVERIFY(std::isnan(rates[1]));
        QCOMPARE(rates[2], 10.0);

        history.add(sample(60s, 500), 1s); // slept
        QVERIFY(std::isnan(history.rates(1).back()));
        history.add(sample(61s, 501), 1s);
        history.gap(); // paused
        history.add(sample(62s, 502), 1s);
        QVERIFY(std::isnan(history.rates(1).back()));
        history.add(sample(63s, 3), 1s); // the sequence went back: another server, a restored dump
        QVERIFY(std::isnan(history.rates(1).back()));
        history.add(sample(64s, 4), 1s);
        QCOMPARE(history.rates(1).back(), 1.0);
    }

    void forgetsDroppedQueues() {
        monitor::History history;
        history.add(sample(0s, 100), 1s);
        history.add(sample(1s, 110), 1s);
        domain::Snapshot empty;
        empty.takenAt = pg::Timestamp(1h + 2s);
        history.add(empty, 1s);
        QVERIFY(history.rates(1).empty());
    }
};

QTEST_GUILESS_MAIN(TestHistory)
#include "tst_history.moc"
