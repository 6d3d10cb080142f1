// SPDX-License-Identifier: GPL-3.0-or-later
// Subconsumers that share a position: windows are split, taken over, given back; never handled by two.
#include "pgque/workerpool.h"

#include <atomic>
#include <latch>
#include <map>
#include <mutex>

#include "queuedatabase.h"

using namespace std::chrono_literals;

namespace {

constexpr auto queue = "coop";
constexpr auto team = "team";

} // namespace

class TestCooperation : public QObject {
    Q_OBJECT

    std::unique_ptr<QueueDatabase> m_db;

    pgque::ConsumerOptions options(const std::string& subconsumer) {
        pgque::ConsumerOptions given;
        given.queue = queue;
        given.consumer = team;
        given.subconsumer = subconsumer;
        given.retryAfter = 0s;
        given.backOff = {.first = 20ms, .longest = 200ms};
        return given;
    }

    std::string subscriptions() {
        return m_db->execute("select string_agg(row(s.*)::text, ' ' order by sub_consumer) from pgque.subscription s");
    }

    /// On a connection of its own, because handlers call this as well.
    void age(const std::string& member, const std::string& by) {
        m_db->another().connection().execute(
            {"update pgque.subscription set sub_active = now() - $2::interval"
             " where sub_consumer = (select co_id from pgque.consumer where co_name = $1::text)",
             pg::Params::of(member, by)});
    }

private Q_SLOTS:

    void init() {
        m_db = std::make_unique<QueueDatabase>();
        m_db->client().createQueue(queue);
    }

    void cleanup() { m_db.reset(); }

    void workersSplitTheWindows() {
        m_db->client().subscribeSubconsumer(queue, team, "split-1");
        constexpr int windows = 20;
        for (int window = 0; window < windows; ++window)
            m_db->window(queue, window * 10, 10);
        std::mutex mutex;
        std::map<std::string, int> times;
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message& message, pgque::Delivery&) {
            std::this_thread::sleep_for(1ms);
            const std::lock_guard lock(mutex);
            ++times[*message.payload];
        });
        auto given = options("split");
        given.deadInterval = 1min;
        pgque::WorkerPool pool(m_db->info(), given, handlers, 2);
        std::vector<pgque::WorkerReport> reports;
        {
            std::jthread thread([&](const std::stop_token& stop) { reports = pool.run(stop); });
            QVERIFY(eventually([&] { return pool.stats().batches == windows; }));
        }
        QCOMPARE(times.size(), std::size_t{windows} * 10);
        for (const auto& [payload, count] : times)
            QCOMPARE(count, 1);
        QCOMPARE(reports.size(), 2u);
        for (const pgque::WorkerReport& report : reports) {
            QVERIFY(!report.failure);
            QVERIFY2(report.stats.batches > 0, report.subconsumer.c_str());
        }
        QCOMPARE(reports[1].subconsumer, std::string("split-2"));
    }

    void aColdReceiveRegistersByItself() {
        QVERIFY(m_db->client().receiveCoop(queue, team, "first").empty());
        QVERIFY(!m_db->client().subscribeSubconsumer(queue, team, "first"));
        m_db->window(queue, 1, 3);
        const pgque::Batch batch = m_db->client().receiveCoop(queue, team, "second");
        QCOMPARE(batch.size(), 3u);
        QVERIFY(m_db->client().ack(batch));
    }

    void aPartIsNotAcknowledgedByAccident() {
        m_db->client().subscribeSubconsumer(queue, team, "a");
        m_db->window(queue, 1, 3);
        const pgque::Batch part = m_db->client().receiveCoop(queue, team, "a", 2);
        QCOMPARE(part.size(), 2u);
        QVERIFY_THROWS_EXCEPTION(pgque::PartialBatch, m_db->client().ack(part));
        QVERIFY(m_db->client().receiveCoop(queue, team, "a", 3).complete);
    }

    void takeoverMakesTheOldTokenVoid() {
        pgque::Client& client = m_db->client();
        client.subscribeSubconsumer(queue, team, "dead");
        m_db->window(queue, 1, 3);
        const pgque::Batch old = client.receiveCoop(queue, team, "dead");
        QVERIFY(client.receiveCoop(queue, team, "heir", {}, 1min).empty()); // not silent for long enough
        age("team.dead", "2 minutes");
        const pgque::Batch taken = client.receiveCoop(queue, team, "heir", {}, 1min);
        QCOMPARE(payloadsOf(taken), payloadsOf(old));
        QVERIFY(taken.id != old.id);

        const std::string before = subscriptions();
        QVERIFY(!client.ack(old));
        QVERIFY_THROWS_EXCEPTION(pgque::BatchNotFound, client.nack(old.messages[0]));
        QVERIFY_THROWS_EXCEPTION(pgque::BatchNotFound, client.nackBatch(*old.id));
        QCOMPARE(subscriptions(), before);
        QCOMPARE(m_db->execute("select count(*) from pgque.retry_queue"), std::string("0"));
        QVERIFY(client.ack(taken));
    }

    void forcedUnregisterRoutesTheWindow_data() {
        QTest::addColumn<bool>("dead");
        QTest::newRow("to retry") << false;
        QTest::newRow("to the dead letters") << true;
    }

    void forcedUnregisterRoutesTheWindow() {
        QFETCH(bool, dead);
        pgque::Client& client = m_db->client();
        if (dead)
            client.setQueueConfig(queue, "max_retries", "0");
        client.subscribeSubconsumer(queue, team, "leaver");
        client.subscribeSubconsumer(queue, team, "stayer");
        m_db->window(queue, 1, 3);
        QCOMPARE(client.receiveCoop(queue, team, "leaver").size(), 3u);
        QVERIFY(client.unsubscribeSubconsumer(queue, team, "leaver", pgque::BatchHandling::RouteToRetry));
        QCOMPARE(client.deadLetters(queue).size(), dead ? 3u : 0u);
        if (dead) {
            QCOMPARE(*client.deadLetters(queue)[0].reason, std::string("subconsumer unregistered"));
            return;
        }
        m_db->retryNow(queue);
        const pgque::Batch again = client.receiveCoop(queue, team, "stayer");
        QCOMPARE(again.size(), 3u);
        QCOMPARE(again.messages[0].retryCount, 1);
    }

    void aHeartbeatKeepsALongBatch_data() {
        QTest::addColumn<bool>("beats");
        QTest::newRow("beating") << true;
        QTest::newRow("silent") << false;
    }

    void aHeartbeatKeepsALongBatch() {
        QFETCH(bool, beats);
        m_db->client().subscribeSubconsumer(queue, team, "slow");
        std::latch started(1);
        std::latch goOn(1);
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message&, pgque::Delivery&) {
            started.count_down();
            goOn.wait();
        });
        auto given = options("slow");
        if (beats)
            given.heartbeat = 20ms;
        pgque::Consumer consumer(m_db->info(), given, handlers);
        Running running(consumer);
        m_db->window(queue, 1, 1);
        started.wait();
        const auto activeAt = [&] {
            return m_db->execute(
                "select extract(epoch from max(sub_active)) from pgque.subscription where sub_batch is not null");
        };
        const std::string atFirst = activeAt();
        bool kept = true;
        if (beats) {
            for (int beat = 0; beat < 3; ++beat) { // each time silent for long, and there again by itself
                age("team.slow", "1 hour");
                kept = kept && eventually([&] { return activeAt() > atFirst; });
            }
        } else {
            age("team.slow", "1 hour");
            QTest::qWait(200);
            kept = activeAt() >= atFirst;
        }
        const pgque::Batch taken = m_db->client().receiveCoop(queue, team, "heir", {}, 10min);
        goOn.count_down();
        QVERIFY(eventually([&] { return consumer.stats().batches + consumer.stats().lost == 1; }));
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(kept, beats);
        QCOMPARE(taken.empty(), beats);
        QCOMPARE(consumer.stats().batches, beats ? 1 : 0);
        QCOMPARE(consumer.stats().lost, beats ? 0 : 1);
    }

    void aTransactionalWorkerThatWasTakenOverLeavesNothing() {
        m_db->execute("create table business (payload text)");
        m_db->client().subscribeSubconsumer(queue, team, "slow");
        pgque::Client admin = m_db->another();
        std::atomic<bool> first = true;
        pgque::Batch taken;
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message& message, pgque::Delivery& delivery) {
            delivery.client().connection().execute(
                {"insert into business values ($1::text)", pg::Params::of(message.payload)});
            if (first.exchange(false)) {
                age("team.slow", "1 hour");
                taken = admin.receiveCoop(queue, team, "heir", {}, 10min);
            }
        });
        m_db->window(queue, 1, 2);
        auto given = options("slow");
        given.transactional = true;
        pgque::Consumer consumer(m_db->info(), given, handlers);
        Running running(consumer);
        QVERIFY(eventually([&] { return consumer.stats().lost == 1; }));
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(taken.size(), 2u);
        QCOMPARE(m_db->execute("select count(*) from business"), std::string("0"));
        QVERIFY(admin.ack(taken));
    }

    void aFailingWorkerComesBackAsText() {
        m_db->client().subscribe(queue, team); // a normal consumer by that name
        pgque::WorkerPool pool(m_db->info(), options("worker"), {}, 2);
        const auto reports = pool.run({});
        QCOMPARE(reports.size(), 2u);
        for (const pgque::WorkerReport& report : reports)
            QVERIFY(report.failure && report.failure->find("explicit conversion") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestCooperation)
#include "tst_cooperation.moc"
