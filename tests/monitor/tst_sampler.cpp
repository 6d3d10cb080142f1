// SPDX-License-Identifier: GPL-3.0-or-later
// Snapshots from a real server: always the whole truth, though only changes are asked for; blocked by nobody.
#include "monitor/sampler.h"
#include "queries/probe.h"
#include "support/foreign.h"

#include <QTest>

#include <random>

using namespace support;
using monitor::Sampler;

namespace {

domain::SnapshotPtr sample(Sampler& sampler, pg::Connection& connection) {
    return sampler.sample(connection, queries::probe(connection, soon()), soon());
}

void fill(pg::Connection& admin, int queues, int consumers) {
    run(admin, "select pgque.make_queue('q' || lpad(g::text, 4, '0')) from generate_series(1, " +
                   std::to_string(queues) + ") g");
    run(admin, "insert into pgque.consumer (co_name) select 'c' || g from generate_series(1, " +
                   std::to_string(consumers) + ") g");
    run(admin, "insert into pgque.subscription (sub_queue, sub_consumer, sub_last_tick)"
               " select queue_id, co_id, 1 from pgque.queue, pgque.consumer");
}

} // namespace

class TestSampler : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void snapshot() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 3, 2);
        run(admin, "update pgque.subscription set sub_id = 77, sub_role = case when sub_consumer = 2 then 'coop_main'"
                   " else 'coop_member' end where sub_queue = 2;"
                   " update pgque.consumer set co_name = 'c2.m' where co_name = 'c1';"
                   " select pgque.make_events('q0002', 5, 'x')");
        RoleConnection reader(database, "pgque_reader");
        Sampler sampler;
        const auto seen = sample(sampler, *reader);
        QCOMPARE(seen->number, 1u);
        QVERIFY(seen->errors.empty());
        QCOMPARE(seen->queues.size(), std::size_t(3));
        QCOMPARE(seen->queues[1].name, std::string("q0002"));
        QVERIFY(seen->queues[1].eventSeqNow == 5);
        QVERIFY(seen->queues[0].eventSeqNow == 0);
        QVERIFY(seen->queues[0].retry && seen->queues[0].retry->value == 0);
        QVERIFY(seen->queues[0].dead.has_value());
        QVERIFY(seen->queues[0].lowestTick && seen->queues[0].lowestTick->id == 1);
        QVERIFY(seen->queues[0].lowestTick->xmin > 0);
        QVERIFY(seen->activity != nullptr);
        QCOMPARE(seen->subscriptions.size(), std::size_t(6));
        QCOMPARE(seen->subscriptions[2].role, domain::Role::CoopMain); // a group's main row comes first
        QVERIFY(seen->mainOf(seen->subscriptions[3]) == &seen->subscriptions[2]);
        QCOMPARE(domain::subconsumerName(*seen, seen->subscriptions[3]), std::string("m"));
        QVERIFY(seen->cost.serverMs > 0 && seen->cost.roundTripMs >= seen->cost.serverMs && seen->cost.bytes > 100);
    }

    void batchFirstSeen() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 1, 1);
        Sampler sampler;
        QVERIFY(!sample(sampler, admin)->subscriptions[0].batchFirstSeen);
        run(admin, "update pgque.subscription set sub_batch = 5");
        const auto first = sample(sampler, admin);
        QVERIFY(first->subscriptions[0].batchFirstSeen == first->takenAt);
        run(admin, "update pgque.subscription set sub_active = now()"); // a touch
        const auto second = sample(sampler, admin);
        QVERIFY(second->subscriptions[0].batchFirstSeen == first->takenAt);
        sampler.reset(); // reconnected: it is still the same batch
        QVERIFY(sample(sampler, admin)->subscriptions[0].batchFirstSeen == first->takenAt);
        run(admin, "update pgque.subscription set sub_batch = 6");
        const auto third = sample(sampler, admin);
        QVERIFY(third->subscriptions[0].batchFirstSeen == third->takenAt);
        run(admin, "update pgque.subscription set sub_batch = null");
        QVERIFY(!sample(sampler, admin)->subscriptions[0].batchFirstSeen);
    }

    /// Random work beside the sampler: what it puts together from changes equals what a fresh one reads.
    void changesAddUp() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection other = database.connect();
        fill(admin, 5, 4);
        std::mt19937 random(7);
        const auto pick = [&random](int low, int high) {
            return std::to_string(std::uniform_int_distribution<int>(low, high)(random));
        };
        Sampler running;
        int batch = 1;
        bool open = false;
        for (int round = 0; round < 120; ++round) {
            const std::string queue =
                "(select queue_id from pgque.queue order by queue_id offset " + pick(0, 4) + " limit 1)";
            std::string sql;
            switch (std::stoi(pick(0, 7))) {
            case 0:
                sql = "select pgque.make_tick(queue_name) from pgque.queue where queue_id = " + queue;
                break;
            case 1:
                sql = "select pgque.make_events(queue_name, " + pick(1, 9) +
                      ", 'x') from pgque.queue where queue_id = " + queue;
                break;
            case 2:
                sql = "update pgque.subscription set sub_batch = " + std::to_string(++batch) +
                      " where sub_queue = " + queue + " and sub_consumer = " + pick(1, 4);
                break;
            case 3:
                sql = "delete from pgque.subscription where sub_queue = " + queue + " and sub_consumer = " + pick(1, 4);
                break;
            case 4:
                sql = "insert into pgque.subscription (sub_queue, sub_consumer) select " + queue + ", " + pick(1, 4) +
                      " on conflict do nothing";
                break;
            case 5:
                sql = "update pgque.queue set queue_cur_table = " + pick(0, 2) + " where queue_id = " + queue;
                break;
            case 6:
                sql = "update pgque.subscription set sub_last_tick = (select max(tick_id) from pgque.tick where"
                      " tick_queue = sub_queue) where sub_consumer = " +
                      pick(1, 4);
                break;
            case 7:
                // Two transactions overlap: one that began earlier commits later.
                run(other, open ? "commit" : "begin; select pg_current_xact_id()");
                open = !open;
                break;
            }
            if (!sql.empty()) {
                try {
                    run(admin, "set lock_timeout = '20ms'");
                    run(open && round % 3 == 0 ? other : admin, sql);
                } catch (const pg::Error&) {
                    if (open && other.transactionStatus() != pg::TransactionStatus::InTransaction) {
                        run(other, "rollback");
                        open = false;
                    }
                }
            }
            const auto seen = sample(running, admin);
            Sampler fresh;
            const auto expected = sample(fresh, admin);
            QCOMPARE(seen->queues.size(), expected->queues.size());
            for (std::size_t i = 0; i < seen->queues.size(); ++i) {
                domain::Queue a = seen->queues[i];
                domain::Queue b = expected->queues[i];
                for (domain::Queue* one : {&a, &b})
                    one->retry = one->retryDue = one->retryAhead = one->retryLastTry =
                        one->dead = {}; // have a beat of their own
                QVERIFY2(a == b, qPrintable(QString::number(round)));
            }
            QCOMPARE(seen->subscriptions.size(), expected->subscriptions.size());
            for (std::size_t i = 0; i < seen->subscriptions.size(); ++i) {
                domain::Subscription a = seen->subscriptions[i];
                domain::Subscription b = expected->subscriptions[i];
                a.batchFirstSeen = b.batchFirstSeen = {};
                QVERIFY2(a == b, qPrintable(QString::number(round)));
            }
        }
    }

    void uncommittedDropGreysOnlySequences() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection other = database.connect();
        fill(admin, 3, 1);
        Sampler sampler;
        sample(sampler, admin);
        run(other, "begin; drop sequence pgque.event_2_id_seq cascade; delete from pgque.queue where false");
        const auto seen = sample(sampler, admin);
        QCOMPARE(seen->queues.size(), std::size_t(3));
        QCOMPARE(seen->errors.size(), std::size_t(1));
        QCOMPARE(seen->errors[0].part, std::string("sequences"));
        QVERIFY(!seen->queues[0].eventSeqNow); // the slice it shares
        const auto next = sample(sampler, admin);
        QVERIFY(next->errors.empty());
        QVERIFY(next->queues[0].eventSeqNow && next->queues[2].eventSeqNow);
        QVERIFY(!next->queues[1].eventSeqNow); // only the one that is being dropped
        run(other, "rollback");
    }

    void withoutRightToDeadLetters() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 1, 1);
        RoleConnection nobody(database, "");
        Sampler sampler;
        for (int i = 0; i < 2; ++i) { // also between the beats of counting
            const auto seen = sample(sampler, *nobody);
            QCOMPARE(seen->errors.size(), std::size_t(1));
            QCOMPARE(seen->errors[0].part, std::string("dead letters"));
            QCOMPARE(seen->errors[0].failure.diagnostics.sqlState, std::string("42501"));
            QVERIFY(!seen->queues[0].dead && seen->queues[0].retry);
        }
    }

    void exclusiveLockIsNotWaitedFor() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection other = database.connect();
        fill(admin, 1, 1);
        Sampler sampler;
        const auto capabilities = queries::probe(admin, soon());
        const auto before = sampler.sample(admin, capabilities, soon());
        run(other, "begin; lock table pgque.subscription in access exclusive mode");
        const auto started = pg::Clock::now();
        try {
            sampler.sample(admin, capabilities, soon());
            QFAIL("sampled a locked table");
        } catch (const pg::Error& error) {
            QCOMPARE(error.sqlState(), std::string("55P03"));
        }
        QVERIFY(pg::Clock::now() - started < std::chrono::seconds(1));
        run(other, "rollback");
        QCOMPARE(sampler.sample(admin, capabilities, soon())->number, before->number + 1);
    }

    void aThousandQueues() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 1'000, 11);
        run(admin, "insert into pgque.tick (tick_queue, tick_id, tick_event_seq) select q, t, t"
                   " from generate_series(1, 1000) q, generate_series(2, 60) t; analyze");
        // While a transaction of another test is older than what was just written, all of it counts as changed.
        const auto written = number(admin, "select pg_current_xact_id()::text::bigint");
        QTRY_VERIFY_WITH_TIMEOUT(
            number(admin, "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint") >= written, 120'000);
        RoleConnection reader(database, "pgque_reader");
        const auto capabilities = queries::probe(*reader, soon());
        Sampler sampler;
        const auto first = sampler.sample(*reader, capabilities, soon());
        QCOMPARE(first->queues.size(), std::size_t(1'000));
        QCOMPARE(first->subscriptions.size(), std::size_t(11'000));
        QVERIFY(first->queues.back().eventSeqNow.has_value());
        QVERIFY(first->errors.empty());

        double best = 1e9;
        // The least of several: the update of a round counts again while another test's transaction is open.
        std::int64_t bytes = first->cost.bytes;
        for (int i = 0; i < 5; ++i) {
            // A tenth of everything changes.
            run(admin, "insert into pgque.tick (tick_queue, tick_id, tick_event_seq) select q * 10, " +
                           std::to_string(100 + i) +
                           ", 100 from generate_series(1, 100) q;"
                           " update pgque.subscription set sub_active = now() where sub_queue % 10 = 0");
            const auto next = sampler.sample(*reader, capabilities, soon());
            QCOMPARE(next->subscriptions.size(), std::size_t(11'000));
            best = std::min(best, next->cost.serverMs);
            bytes = std::min(bytes, next->cost.bytes);
        }
        qInfo("complete: %.1f ms on the server, %lld bytes; a tenth changed: %.1f ms, %lld bytes", first->cost.serverMs,
              static_cast<long long>(first->cost.bytes), best, static_cast<long long>(bytes));
        QVERIFY2(bytes < 200'000, qPrintable(QString::number(bytes)));
    }
};

QTEST_GUILESS_MAIN(TestSampler)
#include "tst_sampler.moc"
