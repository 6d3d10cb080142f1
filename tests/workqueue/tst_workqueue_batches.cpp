// SPDX-License-Identifier: GPL-3.0-or-later
// Fan-out and fan-in through the client: each batch runs at most once and counts exactly once, whatever goes wrong.
#include "support/faultproxy.h"
#include "workqueue/worker.h"

#include <mutex>
#include <set>

#include "workdatabase.h"

using namespace std::chrono_literals;
using workqueue::BatchEnd;
using workqueue::Delivery;
using workqueue::Header;
using workqueue::Message;

namespace {

constexpr auto callback = "{\"queue\": \"done\", \"task_name\": \"collect\", \"kwargs\": {\"execution_id\": \"e\"}}";

std::vector<Header> headers(int count) {
    std::vector<Header> all;
    all.reserve(static_cast<std::size_t>(count));
    for (int number = 0; number < count; ++number)
        all.push_back({"work", "{\"task_name\": \"part\", \"args\": [" + std::to_string(number) + "]}", 7, "acme"});
    return all;
}

/// A worker's client whose connection can be cut.
struct Cuttable {
    explicit Cuttable(pg::ConnectionInfo database)
        : proxy("127.0.0.1", *database.get("port"))
        , info(std::move(database))
        , client((info.set("port", proxy.port()), pgque::Client::connect(info))) {}

    support::FaultProxy proxy;
    pg::ConnectionInfo info;
    pgque::Client client;
};

} // namespace

class TestWorkqueueBatches : public QObject {
    Q_OBJECT

    std::unique_ptr<WorkDatabase> m_db;
    std::atomic<bool> m_lost = false;

    Delivery delivery() { return Delivery(m_db->client(), m_lost, {}); }

    Message next() { return m_db->run(workqueue::claim("work", 60s)).at(0); }

    std::string callbacks() {
        return m_db->value("select count(*) from workqueue.pg_queue_message where queue_name = 'done'");
    }

private Q_SLOTS:

    void init() { m_db = std::make_unique<WorkDatabase>(); }

    void cleanup() { m_db.reset(); }

    void headersCarryTheirContext() {
        const auto epoch = m_db->run(workqueue::fanOut("e", "acme", headers(3), 1h, callback));
        QVERIFY(epoch);
        for (int index = 0; index < 3; ++index) {
            const Message message = next();
            QCOMPARE(message.priority, 7);
            QCOMPARE(message.organization, std::string("acme"));
            QVERIFY(message.batch == (workqueue::BatchContext{"e", *epoch, index}));
        }
        QVERIFY(!m_db->run(workqueue::fanOut("none", "acme", {}, 1h, callback)));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument,
                                 m_db->run(workqueue::fanOut("x", "", std::vector<Header>{{"work", "[1]", 5, ""}})));
        // One impossible header: none is sent and nothing is armed.
        auto bad = headers(2);
        bad.push_back({"work", "{}", 11, ""});
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, m_db->run(workqueue::fanOut("x", "", bad)));
        QCOMPARE(m_db->value("select count(*) from workqueue.pg_barrier_state where execution_id = 'x'"),
                 std::string("0"));
    }

    void redeliveriesNeitherRunNorCount() {
        m_db->run(workqueue::fanOut("e", "acme", headers(2), 1h, callback));
        auto handing = delivery();
        int runs = 0;
        const Message first = next();
        const auto work = [&] { return "{\"run\": " + std::to_string(++runs) + "}"; };
        QCOMPARE(int(workqueue::runBatch(handing, m_db->info(), first, work)), int(BatchEnd::Counted));
        QCOMPARE(int(workqueue::runBatch(handing, m_db->info(), first, work)), int(BatchEnd::Skipped));
        QCOMPARE(int(workqueue::runBatch(handing, m_db->info(), next(), work)), int(BatchEnd::Fired));
        QCOMPARE(runs, 2);
        QCOMPARE(callbacks(), std::string("1"));
        QCOMPARE(m_db->value("select message->'args' from workqueue.pg_queue_message where queue_name = 'done'"),
                 std::string("[[{\"run\": 1}, {\"run\": 2}]]"));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, workqueue::runBatch(handing, m_db->info(), Message(), work));
    }

    void aReusedExecutionIsNotBlockedByOldMarkers() {
        m_db->run(workqueue::fanOut("e", "acme", headers(2), 1h, callback));
        auto handing = delivery();
        const auto work = [] { return std::string("1"); };
        const Message late = next();
        workqueue::runBatch(handing, m_db->info(), next(), work);
        m_db->run(workqueue::fanOut("e", "acme", headers(1), 1h, callback));
        QCOMPARE(int(workqueue::runBatch(handing, m_db->info(), late, work)), int(BatchEnd::Skipped));
        QCOMPARE(int(workqueue::runBatch(handing, m_db->info(), next(), work)), int(BatchEnd::Fired));
        QCOMPARE(callbacks(), std::string("1"));
    }

    void aFailingBatchEndsTheRun() {
        m_db->run(workqueue::fanOut("e", "acme", headers(2), 1h, callback));
        auto handing = delivery();
        QVERIFY_THROWS_EXCEPTION(std::runtime_error,
                                 workqueue::runBatch(handing, m_db->info(), next(),
                                                     []() -> std::string { throw std::runtime_error("no"); }));
        QCOMPARE(m_db->value("select count(*) from workqueue.pg_barrier_state"), std::string("0"));
        QCOMPARE(m_db->value("select count(*) from workqueue.pg_batch_dedup"), std::string("1"));
        QCOMPARE(int(workqueue::runBatch(handing, m_db->info(), next(), [] { return std::string("1"); })),
                 int(BatchEnd::Skipped));
        QCOMPARE(callbacks(), std::string("0"));
    }

    void orLeavesItToTheReaper() {
        m_db->run(workqueue::fanOut("e", "acme", headers(1), 1h, callback));
        auto handing = delivery();
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, workqueue::runBatch(
                                                         handing, m_db->info(), next(),
                                                         []() -> std::string { throw std::runtime_error("no"); },
                                                         workqueue::OnBatchFailure::LeaveToReaper));
        QCOMPARE(m_db->value("select remaining from workqueue.pg_barrier_state"), std::string("1"));
    }

    void aResultThatIsNoJsonTearsTheRunDown() {
        for (const char* result : {"\"\\u0000\"", "{not json"}) {
            m_db->run(workqueue::fanOut("e", "acme", headers(1), 1h, callback));
            auto handing = delivery();
            QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, workqueue::runBatch(handing, m_db->info(), next(),
                                                                                 [&] { return std::string(result); }));
            QCOMPARE(m_db->value("select count(*) from workqueue.pg_barrier_state"), std::string("0"));
        }
    }

    /// The connection goes with the count under way, before or after the server did it: it is counted once.
    void aCountWhoseAnswerIsLostIsCountedOnce_data() {
        QTest::addColumn<bool>("arrives");
        QTest::newRow("the server never heard of it") << false;
        QTest::newRow("the server did it") << true;
    }

    void aCountWhoseAnswerIsLostIsCountedOnce() {
        QFETCH(bool, arrives);
        m_db->run(workqueue::fanOut("e", "acme", headers(2), 1h, callback));
        Cuttable cuttable(m_db->tcpInfo());
        support::FaultProxy& proxy = cuttable.proxy;
        const pg::ConnectionInfo& info = cuttable.info;
        Delivery handing(cuttable.client, m_lost, {});
        const Message message = next();
        pgque::Client other = m_db->another();
        std::jthread opener; // lets connections pass again once the server has counted
        const auto end = workqueue::runBatch(handing, info, message, [&] {
            if (!arrives) {
                proxy.closeAll();
                return std::string("1");
            }
            proxy.limitToClient(0, support::FaultProxy::AtLimit::Close);
            opener = std::jthread([&] {
                soon([&] {
                    const pg::Result seen =
                        other.connection().execute({"select remaining = 1 from workqueue.pg_barrier_state", {}});
                    return seen.text(0, 0) == "t";
                });
                proxy.pass();
            });
            return std::string("1");
        });
        QCOMPARE(int(end), int(BatchEnd::Counted));
        QCOMPARE(m_db->value("select remaining || ' ' || results from workqueue.pg_barrier_state"),
                 std::string("1 [1]"));
    }

    /// The connection goes with the claim of a batch under way. Its work is not done on a guess: delivered again it
    /// runs if the server never heard of the claim, and is skipped, to be seen as lost, if it did.
    void aClaimWhoseAnswerIsLost_data() { aCountWhoseAnswerIsLostIsCountedOnce_data(); }

    void aClaimWhoseAnswerIsLost() {
        QFETCH(bool, arrives);
        m_db->run(workqueue::fanOut("e", "acme", headers(2), 1h, callback));
        Cuttable cuttable(m_db->tcpInfo());
        support::FaultProxy& proxy = cuttable.proxy;
        const pg::ConnectionInfo& info = cuttable.info;
        Delivery handing(cuttable.client, m_lost, {});
        const Message message = next();
        if (arrives)
            proxy.limitToClient(0, support::FaultProxy::AtLimit::Close);
        else
            proxy.limitToServer(0, support::FaultProxy::AtLimit::Close);
        int runs = 0;
        const auto work = [&] { return std::to_string(++runs); };
        QVERIFY_THROWS_EXCEPTION(pgque::ConnectionLost, workqueue::runBatch(handing, info, message, work));
        QCOMPARE(runs, 0);
        QVERIFY(soon(
            [&] { return m_db->value("select count(*) from workqueue.pg_batch_dedup") == (arrives ? "1" : "0"); }));
        auto again = delivery();
        QCOMPARE(int(workqueue::runBatch(again, m_db->info(), message, work)),
                 int(arrives ? BatchEnd::Skipped : BatchEnd::Counted));
        QCOMPARE(m_db->value("select remaining from workqueue.pg_barrier_state"), std::string(arrives ? "2" : "1"));
    }

    /// Several workers, a reaper, redeliveries by lapsed leases: every run ends with one callback that has every result
    /// once.
    void manyRunsManyWorkers() {
        constexpr int runs = 12;
        constexpr int batches = 9;
        std::atomic<int> dice = 0;
        std::mutex mutex;
        std::multiset<std::string> ran;
        {
            std::vector<std::unique_ptr<workqueue::Worker>> workers;
            std::vector<std::jthread> threads; // end before what they run
            for (int number = 0; number < 4; ++number) {
                workqueue::WorkerOptions options;
                options.queues = {"work"};
                options.pollInterval = 5ms;
                options.longestPause = 20ms;
                options.batch = 2;
                options.maxAttempts = 100;
                workers.push_back(std::make_unique<workqueue::Worker>(
                    m_db->info(), options, [&](const Message& message, Delivery& handing) {
                        const auto end = workqueue::runBatch(handing, m_db->info(), message, [&] {
                            const std::lock_guard lock(mutex);
                            const std::string name =
                                message.batch->execution + "/" + std::to_string(message.batch->index);
                            ran.insert(name);
                            return "\"" + name + "\"";
                        });
                        // Some workers "die" after their work, before the acknowledgement: the message is delivered
                        // again.
                        if (end != BatchEnd::Skipped && ++dice % 3 == 0)
                            throw std::runtime_error("died before the acknowledgement");
                    }));
                threads.emplace_back(
                    [worker = workers.back().get()](const std::stop_token& stop) { worker->run(stop); });
            }
            for (int number = 0; number < runs; ++number) {
                const std::string execution = "run" + std::to_string(number);
                m_db->run(workqueue::fanOut(execution, "o", headers(batches), 1h,
                                            "{\"queue\": \"done\", \"task_name\": \"" + execution + "\"}"));
            }
            QVERIFY(soon([&] { return callbacks() == std::to_string(runs); }));
            QVERIFY(soon([&] {
                return m_db->value("select count(*) from workqueue.pg_queue_message where queue_name = 'work'") == "0";
            }));
        }
        QCOMPARE(ran.size(), std::size_t(runs * batches));
        QCOMPARE(std::set<std::string>(ran.begin(), ran.end()).size(), ran.size());
        QCOMPARE(callbacks(), std::to_string(runs));
        QCOMPARE(m_db->value("select count(*) from workqueue.pg_queue_message where queue_name = 'done'"
                             " and jsonb_array_length(message #> '{args,0}') = " +
                             std::to_string(batches)),
                 std::to_string(runs));
        QCOMPARE(m_db->value("select count(*) from workqueue.pg_barrier_state"), std::string("0"));
        QCOMPARE(m_db->value("select count(*) from workqueue.pg_batch_dedup"), std::string("0"));
    }
};

QTEST_GUILESS_MAIN(TestWorkqueueBatches)
#include "tst_workqueue_batches.moc"
