// SPDX-License-Identifier: GPL-3.0-or-later
// The worker: claims, handles, acknowledges; renews leases, gives up poison, stops, comes back.
#include "support/faultproxy.h"
#include "workqueue/worker.h"

#include <mutex>

#include "workdatabase.h"

using namespace std::chrono_literals;
using workqueue::Delivery;
using workqueue::Incident;
using workqueue::Message;
using workqueue::Worker;
using workqueue::WorkerOptions;

namespace {

WorkerOptions quick() {
    WorkerOptions options;
    options.queues = {"q"};
    options.pollInterval = 10ms;
    options.longestPause = 50ms;
    options.backOff = {.first = 20ms, .longest = 200ms};
    return options;
}

/// A worker on a thread of its own, stopped at the end of the scope.
class Running {
public:
    Running(const pg::ConnectionInfo& info, WorkerOptions options, workqueue::Handler handler)
        : m_worker(info, withLog(std::move(options)), std::move(handler))
        , m_thread([this](const std::stop_token& stop) {
            try {
                m_worker.run(stop);
            } catch (const std::exception& error) {
                const std::lock_guard lock(m_mutex);
                m_ended = error.what();
            }
        }) {}

    Worker& worker() { return m_worker; }

    void stop() {
        m_thread.request_stop();
        m_thread.join();
    }

    int incidents(Incident::Kind kind) {
        const std::lock_guard lock(m_mutex);
        return int(std::count_if(m_incidents.begin(), m_incidents.end(),
                                 [kind](const Incident& incident) { return incident.kind == kind; }));
    }

    std::string ended() {
        const std::lock_guard lock(m_mutex);
        return m_ended;
    }

private:
    WorkerOptions withLog(WorkerOptions options) {
        options.onIncident = [this](const Incident& incident) {
            const std::lock_guard lock(m_mutex);
            m_incidents.push_back(incident);
        };
        return options;
    }

    std::mutex m_mutex;
    std::vector<Incident> m_incidents;
    std::string m_ended;
    Worker m_worker;
    std::jthread m_thread;
};

} // namespace

class TestWorkqueueWorker : public QObject {
    Q_OBJECT

    std::unique_ptr<WorkDatabase> m_db;

    std::string waiting() { return m_db->value("select count(*) from workqueue.pg_queue_message"); }

private Q_SLOTS:

    void init() { m_db = std::make_unique<WorkDatabase>(); }

    void cleanup() { m_db.reset(); }

    void contradictionsAreRefused() {
        const auto refused = [this](auto change) {
            WorkerOptions options = quick();
            change(options);
            try {
                Worker(m_db->info(), options, [](const Message&, Delivery&) {});
            } catch (const pgque::InvalidArgument&) {
                return true;
            }
            return false;
        };
        QVERIFY(refused([](WorkerOptions& o) { o.queues.clear(); }));
        QVERIFY(refused([](WorkerOptions& o) { o.queues = {""}; }));
        QVERIFY(refused([](WorkerOptions& o) { o.lease = 0ms; }));
        QVERIFY(refused([](WorkerOptions& o) { o.batch = 0; }));
        QVERIFY(refused([](WorkerOptions& o) { o.maxAttempts = 0; }));
        QVERIFY(refused([](WorkerOptions& o) { o.renewEvery = o.lease; }));
        QVERIFY(refused([](WorkerOptions& o) { o.longestPause = 1ms; }));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, Worker(m_db->info(), quick(), {}));
    }

    void everyOutcomeOfAHandler() {
        m_db->run(workqueue::sendMany(
            "q", std::vector<std::string>{"\"good\"", "\"later\"", "\"never\"", "\"bad\"", "\"odd\""}));
        Running running(
            m_db->info(),
            [] {
                WorkerOptions options = quick();
                options.batch = 5;
                options.retryDelay = 1h;
                options.name = "the worker";
                return options;
            }(),
            [](const Message& message, Delivery&) {
                if (message.json == "\"later\"")
                    throw pgque::Retry(2h, "the shop is closed");
                if (message.json == "\"never\"")
                    throw workqueue::Bury("no such order");
                if (message.json == "\"bad\"")
                    throw std::runtime_error("broken");
                if (message.json == "\"odd\"")
                    throw 42;
            });
        QVERIFY(soon([&] { return running.worker().stats().failed == 3 && running.worker().stats().buried == 1; }));
        running.stop();
        QCOMPARE(running.worker().stats().done, std::int64_t(1));
        QCOMPARE(
            m_db->value("select string_agg(message::text || ' ' || state || ' ' || last_error, ',' order by msg_id)"
                        " from workqueue.pg_queue_message"),
            std::string("\"later\" scheduled the shop is closed,\"bad\" scheduled broken,\"odd\" scheduled the handler"
                        " threw something that is no std::exception"));
        QCOMPARE(m_db->value("select string_agg(message::text || ' ' || reason, ',') from workqueue.dead_letter"),
                 std::string("\"never\" no such order"));
        QCOMPARE(m_db->value("select extract(epoch from max(available_at) - now()) between 6000 and 7300"
                             " from workqueue.pg_queue_message"),
                 std::string("t"));
    }

    void poisonIsBuriedNotRun() {
        m_db->run(workqueue::send("q", "1"));
        WorkerOptions options = quick();
        options.maxAttempts = 2;
        std::atomic<int> runs = 0;
        Running running(m_db->info(), options, [&](const Message&, Delivery&) {
            ++runs;
            throw std::runtime_error("again");
        });
        QVERIFY(soon([&] { return running.worker().stats().buried == 1; }));
        running.stop();
        QCOMPARE(runs.load(), 2);
        QCOMPARE(m_db->value("select reason || ', ' || last_error || ', ' || read_ct from workqueue.dead_letter"),
                 std::string("claimed 3 times, allowed 2, again, 3"));
    }

    /// The work takes several leases; a renewal keeps it, and nobody else gets the message.
    void aLongRunKeepsItsLease() {
        m_db->run(workqueue::send("q", "1"));
        WorkerOptions options = quick();
        options.lease = 3s;
        options.renewEvery = 100ms;
        std::atomic<bool> lost = false;
        Running running(m_db->info(), options, [&](const Message& message, Delivery& delivery) {
            const auto first = m_db->value("select vt::text from workqueue.pg_queue_message");
            if (!soon([&] {
                    return m_db->value("select vt > '" + first +
                                       "'::timestamptz + interval '300 ms'"
                                       " from workqueue.pg_queue_message where msg_id = " +
                                       std::to_string(message.id)) == "t";
                }))
                lost = true;
            lost = lost || delivery.leaseLost();
        });
        QVERIFY(soon([&] { return running.worker().stats().done == 1; }));
        running.stop();
        QVERIFY(!lost);
    }

    void aShortRunOpensNoSecondConnection() {
        m_db->run(workqueue::send("q", "1"));
        std::string sessions;
        Running running(m_db->info(), quick(), [&](const Message&, Delivery& delivery) {
            sessions = std::string(delivery.client()
                                       .connection()
                                       .execute({"select count(*) from pg_stat_activity where datname = "
                                                 "current_database() and backend_type = 'client backend'",
                                                 {}})
                                       .text(0, 0));
        });
        QVERIFY(soon([&] { return running.worker().stats().done == 1; }));
        running.stop();
        QCOMPARE(sessions, std::string("2")); // the test's and the worker's
    }

    /// The message is taken away under the worker's hands: the handler can know, and nothing is acknowledged.
    void aLostLeaseIsNoticed() {
        m_db->run(workqueue::send("q", "1"));
        WorkerOptions options = quick();
        options.renewEvery = 50ms;
        std::atomic<int> runs = 0;
        std::atomic<bool> noticed = false;
        Running running(m_db->info(), options, [&](const Message& message, Delivery& delivery) {
            if (++runs > 1)
                return;
            m_db->run(workqueue::rearm(message.id, {}, true));
            m_db->run(workqueue::claim("q", 60s, 1, "somebody else"));
            noticed = soon([&] { return delivery.leaseLost(); });
        });
        QVERIFY(soon([&] { return running.worker().stats().lost == 1; }));
        running.stop();
        QVERIFY(noticed);
        QCOMPARE(running.worker().stats().done, std::int64_t(0));
        QCOMPARE(m_db->value("select claimed_by from workqueue.pg_queue_message"), std::string("somebody else"));
        QCOMPARE(running.incidents(Incident::Kind::LeaseLost), 1);
    }

    void stopFinishesTheMessageInHand() {
        m_db->run(workqueue::sendMany("q", std::vector<std::string>{"1", "2", "3", "4"}));
        WorkerOptions options = quick();
        options.batch = 4;
        std::atomic<bool> started = false;
        std::atomic<bool> goOn = false;
        Running running(m_db->info(), options, [&](const Message&, Delivery&) {
            started = true;
            soon([&] { return goOn.load(); });
        });
        QVERIFY(soon([&] { return started.load(); }));
        std::thread stopper([&] { running.stop(); });
        std::this_thread::sleep_for(50ms);
        goOn = true;
        stopper.join();
        QCOMPARE(running.worker().stats().done, std::int64_t(1));
        QCOMPARE(running.worker().stats().returned, std::int64_t(3));
        QCOMPARE(m_db->value("select string_agg(state, ',') from workqueue.pg_queue_message"),
                 std::string("ready,ready,ready"));
    }

    void severalQueuesInTurn() {
        m_db->run(workqueue::send("a", "1"));
        m_db->run(workqueue::send("c", "3"));
        WorkerOptions options = quick();
        options.queues = {"a", "b", "a", "c"};
        Running running(m_db->info(), options, [](const Message&, Delivery&) {});
        QVERIFY(soon([&] { return running.worker().stats().done == 2; }));
        running.stop();
        QCOMPARE(waiting(), std::string("0"));
    }

    void aLostConnectionIsMadeAgain() {
        support::FaultProxy proxy("127.0.0.1", *m_db->tcpInfo().get("port"));
        auto info = m_db->tcpInfo();
        info.set("port", proxy.port());
        std::atomic<int> runs = 0;
        Running running(info, quick(), [&](const Message&, Delivery&) {
            if (++runs == 1)
                proxy.closeAll(); // the acknowledgement goes out over a connection that is gone
        });
        m_db->run(workqueue::send("q", "1"));
        QVERIFY(soon([&] { return running.worker().stats().done == 1; }));
        QCOMPARE(waiting(), std::string("0"));
        // Cut while it looks for work: it comes back. Had the cut swallowed the answer to a claim, the lease would have to
        // lapse first.
        proxy.closeAll();
        m_db->run(workqueue::send("q", "2"));
        QVERIFY(soon([&] {
            m_db->lapse();
            m_db->run(workqueue::rearmLapsed());
            return waiting() == "0";
        }));
        running.stop();
        QVERIFY(runs >= 2);
        QVERIFY(running.worker().stats().connects >= 3);
    }

    void whatCannotSucceedEndsTheLoop() {
        m_db->value("drop schema workqueue cascade");
        Running running(m_db->info(), quick(), [](const Message&, Delivery&) {});
        QVERIFY(soon([&] { return !running.ended().empty(); }));
        QVERIFY(running.ended().find("workqueue") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestWorkqueueWorker)
#include "tst_workqueue_worker.moc"
