// SPDX-License-Identifier: GPL-3.0-or-later
// The consumer's loop: handlers, failures, stops, wake-ups, lost connections.
#include "pgque/consumer.h"

#include <atomic>
#include <latch>
#include <mutex>

#include "queuedatabase.h"

using namespace std::chrono_literals;

namespace {

constexpr auto queue = "loop";

/// What handlers saw, from whichever thread.
class Seen {
public:
    void add(const pgque::Message& message) {
        const std::lock_guard lock(m_mutex);
        m_payloads.push_back(message.payload.value_or(""));
    }

    std::size_t size() const {
        const std::lock_guard lock(m_mutex);
        return m_payloads.size();
    }

    std::vector<std::string> payloads() const {
        const std::lock_guard lock(m_mutex);
        return m_payloads;
    }

    pgque::Handler handler() {
        return [this](const pgque::Message& message, pgque::Delivery&) { add(message); };
    }

private:
    mutable std::mutex m_mutex;
    std::vector<std::string> m_payloads;
};

/// What the loop reported, from whichever thread.
class Incidents {
public:
    auto recorder() {
        return [this](const pgque::Incident& incident) {
            const std::lock_guard lock(m_mutex);
            m_all.push_back(incident);
        };
    }

    std::vector<pgque::Incident> of(pgque::Incident::Kind kind) const {
        const std::lock_guard lock(m_mutex);
        std::vector<pgque::Incident> some;
        for (const pgque::Incident& incident : m_all) {
            if (incident.kind == kind)
                some.push_back(incident);
        }
        return some;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<pgque::Incident> m_all;
};

using Kind = pgque::Incident::Kind;

} // namespace

class TestConsumer : public QObject {
    Q_OBJECT

    std::unique_ptr<QueueDatabase> m_db;
    Incidents* m_incidents = nullptr;
    std::unique_ptr<Incidents> m_ownIncidents;

    pgque::ConsumerOptions options() {
        pgque::ConsumerOptions given;
        given.queue = queue;
        given.consumer = "reader";
        given.retryAfter = 0s;
        given.backOff = {.first = 20ms, .longest = 200ms};
        given.onIncident = m_incidents->recorder();
        return given;
    }

    pg::ConnectionInfo info() const {
        auto given = m_db->info();
        given.set("application_name", "loop under test");
        return given;
    }

    std::string waitingRetries() { return m_db->execute("select count(*) from pgque.retry_queue"); }

    std::string openBatches() {
        return m_db->execute("select count(*) from pgque.subscription where sub_batch is not null");
    }

    /// On a connection of its own, because handlers call this as well.
    void killLoop() {
        m_db->another().connection().execute({"select pg_terminate_backend(pid, 10000) from pg_stat_activity"
                                              " where application_name = 'loop under test'",
                                              {}});
    }

    /// Lets retries fail until dropped.
    void breakRetries() {
        m_db->execute("create function break_retries() returns trigger language plpgsql as"
                      " $$ begin raise exception 'no retries today'; end $$");
        m_db->execute("create trigger break_retries before insert on pgque.retry_queue"
                      " for each row execute function break_retries()");
    }

private Q_SLOTS:

    void init() {
        m_db = std::make_unique<QueueDatabase>();
        m_db->client().createQueue(queue);
        m_db->client().subscribe(queue, "reader");
        m_ownIncidents = std::make_unique<Incidents>();
        m_incidents = m_ownIncidents.get();
    }

    void cleanup() { m_db.reset(); }

    void handlersByTypeAndDefault() {
        Seen orders;
        Seen others;
        pgque::Handlers handlers;
        handlers.on("order", orders.handler()).onOther(others.handler());
        pgque::Consumer consumer(info(), options(), handlers);
        Running running(consumer);
        m_db->client().send(queue, "order", "1");
        m_db->client().send(queue, "mail", "2");
        m_db->client().insertEvent(queue, std::nullopt, "3", {});
        m_db->tick(queue);
        QVERIFY(eventually([&] { return consumer.stats().batches == 1; }));
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(orders.payloads(), std::vector<std::string>{"1"});
        QCOMPARE(others.payloads(), (std::vector<std::string>{"2", "3"}));
        QCOMPARE(consumer.stats().messages, 3);
        QCOMPARE(openBatches(), std::string("0"));
    }

    void stepsOfABatchAreTold() {
        using Step = pgque::BatchStep;
        std::mutex mutex;
        std::vector<Step> told;
        auto given = options();
        given.onBatch = [&](const Step& step) {
            const std::lock_guard lock(mutex);
            told.push_back(step);
        };
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message& message, pgque::Delivery&) {
            if (message.payload == "taken") // by somebody else, while it is handled
                m_db->client().ack(message.batchId);
        });
        const auto before = std::chrono::system_clock::now();
        pgque::Consumer consumer(info(), given, handlers);
        Running running(consumer);
        m_db->window(queue, 1, 3);
        QVERIFY(eventually([&] { return consumer.stats().batches == 1; }));
        m_db->client().send(queue, "order", "taken");
        m_db->tick(queue);
        QVERIFY(eventually([&] { return consumer.stats().lost == 1; }));
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(told.size(), 4u);
        const std::vector<Step::Kind> kinds{told[0].kind, told[1].kind, told[2].kind, told[3].kind};
        QVERIFY((kinds ==
                 std::vector{Step::Kind::Received, Step::Kind::Acknowledged, Step::Kind::Received, Step::Kind::Lost}));
        QCOMPARE(told[1].batchId, told[0].batchId);
        QCOMPARE(told[0].messages, 3u);
        QCOMPARE(told[1].messages, 3u);
        QVERIFY(told[2].batchId > told[0].batchId);
        QCOMPARE(told[3].batchId, told[2].batchId);
        auto time = before;
        for (const Step& step : told) {
            QVERIFY(step.asked >= time && step.answered >= step.asked);
            time = step.answered;
        }
    }

    void whatNobodyHandlesIsNotLost() {
        m_db->client().setQueueConfig(queue, "max_retries", "0");
        pgque::Consumer consumer(info(), options(), {});
        Running running(consumer);
        m_db->client().send(queue, "unheard", "x");
        m_db->tick(queue);
        QVERIFY(eventually([&] { return consumer.stats().batches == 1; }));
        running.stop();
        const auto dead = m_db->client().deadLetters(queue);
        QCOMPARE(dead.size(), 1u);
        QCOMPARE(*dead[0].reason, std::string("no handler for events of type unheard"));
    }

    void aHandlerThatThrowsGivesBackItsMessageOnly() {
        Seen seen;
        std::atomic<int> failures = 0;
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message& message, pgque::Delivery&) {
            if (message.retryCount == 0 && message.payload == "2") {
                ++failures;
                throw std::runtime_error("not today");
            }
            if (message.retryCount == 0 && message.payload == "3") {
                ++failures;
                throw pgque::Retry(1h, "in an hour");
            }
            if (message.retryCount == 0 && message.payload == "4") {
                ++failures;
                throw 4;
            }
            seen.add(message);
        });
        pgque::Consumer consumer(info(), options(), handlers);
        Running running(consumer);
        m_db->window(queue, 1, 5);
        QVERIFY(eventually([&] { return consumer.stats().batches == 1; }));
        QCOMPARE(consumer.stats().failed, 3);
        QCOMPARE(consumer.stats().messages, 2);
        QCOMPARE(failures.load(), 3);
        QCOMPARE(waitingRetries(), std::string("3"));
        QCOMPARE(m_db->execute(
                     "select count(*) from pgque.retry_queue where ev_retry_after > now() + interval '50 minutes'"),
                 std::string("1"));
        m_db->retryNow(queue);
        QVERIFY(eventually([&] { return seen.size() == 5; }));
        QCOMPARE(running.stop(), std::string());
        const auto reported = m_incidents->of(Kind::HandlerFailed);
        QCOMPARE(reported.size(), 3u);
        QCOMPARE(reported[0].text, std::string("not today"));
    }

    void noAckWhileANackFails() {
        breakRetries();
        std::atomic<int> calls = 0;
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message&, pgque::Delivery&) {
            ++calls;
            throw std::runtime_error("always");
        });
        pgque::Consumer consumer(info(), options(), handlers);
        Running running(consumer);
        m_db->window(queue, 1, 2);
        QVERIFY(eventually([&] { return m_incidents->of(Kind::SettleFailed).size() >= 5; }));
        QCOMPARE(openBatches(), std::string("1"));
        QCOMPARE(consumer.stats().batches, 0);
        QCOMPARE(calls.load(), 2); // handlers are not run again because the server has a problem
        // Pauses grow, so that a lasting failure is no busy loop.
        const auto pauses = m_incidents->of(Kind::SettleFailed);
        QVERIFY(pauses[4].wait >= 100ms);
        m_db->execute("drop trigger break_retries on pgque.retry_queue");
        QVERIFY(eventually([&] { return consumer.stats().batches == 1; }));
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(calls.load(), 2);
        QCOMPARE(waitingRetries(), std::string("2"));
    }

    void aStopLeavesAFailingNackOpen() {
        breakRetries();
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message&, pgque::Delivery&) { throw std::runtime_error("always"); });
        pgque::Consumer consumer(info(), options(), handlers);
        Running running(consumer);
        m_db->window(queue, 1, 1);
        QVERIFY(eventually([&] { return !m_incidents->of(Kind::SettleFailed).empty(); }));
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(openBatches(), std::string("1")); // comes again: nothing was lost
    }

    void stopDuringABatch_data() {
        QTest::addColumn<bool>("giveBack");
        QTest::newRow("finish") << false;
        QTest::newRow("give back") << true;
    }

    void stopDuringABatch() {
        QFETCH(bool, giveBack);
        Seen seen;
        std::latch started(1);
        std::latch goOn(1);
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message& message, pgque::Delivery& delivery) {
            if (message.payload == "1") {
                started.count_down();
                goOn.wait();
                if (!delivery.stop().stop_requested())
                    throw std::runtime_error("the handler is not told of the stop");
            }
            seen.add(message);
        });
        auto given = options();
        given.onStop = giveBack ? pgque::OnStop::GiveBack : pgque::OnStop::FinishBatch;
        pgque::Consumer consumer(info(), given, handlers);
        Running running(consumer);
        m_db->window(queue, 1, 4);
        started.wait();
        running.askToStop();
        goOn.count_down();
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(openBatches(), std::string("0"));
        QCOMPARE(seen.size(), giveBack ? 1u : 4u);
        QCOMPARE(waitingRetries(), std::string(giveBack ? "3" : "0"));
        QCOMPARE(consumer.stats().returned, giveBack ? 3 : 0);
        if (giveBack) {
            m_db->retryNow(queue);
            QCOMPARE(payloadsOf(m_db->client().receive(queue, "reader")), (std::set<std::string>{"2", "3", "4"}));
        }
    }

    void anIdleLoopStopsAtOnceAndDoesNotSpin() {
        auto given = options();
        given.pollInterval = 1h;
        pgque::Consumer consumer(info(), given, {});
        Running running(consumer);
        QVERIFY(eventually([&] { return consumer.stats().looks >= 1; }));
        QTest::qWait(300);
        const auto looks = consumer.stats().looks;
        QVERIFY2(looks <= 3, std::to_string(looks).c_str());
        const auto before = std::chrono::steady_clock::now();
        QCOMPARE(running.stop(), std::string());
        QVERIFY(std::chrono::steady_clock::now() - before < 2s);
    }

    void emptyWindowsAreWalkedWithoutWaiting() {
        for (int tick = 0; tick < 100; ++tick)
            m_db->tick(queue);
        m_db->window(queue, 1, 1);
        Seen seen;
        pgque::Handlers handlers;
        handlers.onOther(seen.handler());
        auto given = options();
        given.pollInterval = 1h;
        given.notifications = false;
        pgque::Consumer consumer(info(), given, handlers);
        Running running(consumer);
        QVERIFY(eventually([&] { return seen.size() == 1; }));
        QCOMPARE(running.stop(), std::string());
        QVERIFY(consumer.stats().looks < 110);
    }

    void pollingAloneIsEnough() {
        Seen seen;
        pgque::Handlers handlers;
        handlers.onOther(seen.handler());
        auto given = options();
        given.pollInterval = 20ms;
        given.notifications = false;
        pgque::Consumer consumer(info(), given, handlers);
        Running running(consumer);
        QVERIFY(eventually([&] { return consumer.stats().looks >= 3; }));
        m_db->window(queue, 1, 3);
        QVERIFY(eventually([&] { return seen.size() == 3; }));
        QCOMPARE(running.stop(), std::string());
    }

    void aStormOfNotificationsIsOneReasonToLook() {
        Seen seen;
        pgque::Handlers handlers;
        handlers.onOther(seen.handler());
        auto given = options();
        given.pollInterval = 1h;
        pgque::Consumer consumer(info(), given, handlers);
        Running running(consumer);
        QVERIFY(eventually([&] { return consumer.stats().looks >= 1; }));
        QTest::qWait(100);
        const auto before = consumer.stats().looks;
        m_db->execute("select count(pg_notify('pgque_loop', n::text)) from generate_series(1, 10000) n");
        m_db->window(queue, 1, 3);
        QVERIFY(eventually([&] { return seen.size() == 3; }));
        QTest::qWait(200);
        const auto looks = consumer.stats().looks - before;
        QVERIFY2(looks < 300, std::to_string(looks).c_str());
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(seen.size(), 3u);
    }

    void aLostConnectionIsMadeAgain() {
        Seen seen;
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message& message, pgque::Delivery&) {
            if (message.payload == "2")
                killLoop(); // between handling and acknowledging
            seen.add(message);
        });
        auto given = options();
        given.pollInterval = 1h;
        pgque::Consumer consumer(info(), given, handlers);
        Running running(consumer);
        m_db->window(queue, 1, 1);
        QVERIFY(eventually([&] { return consumer.stats().batches == 1; }));
        killLoop(); // while idle
        QVERIFY(eventually([&] { return consumer.stats().connects == 2; }));
        m_db->window(queue, 2, 2);
        QVERIFY(eventually([&] { return consumer.stats().batches == 2; }));
        QCOMPARE(consumer.stats().connects, 3);
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(seen.payloads(), (std::vector<std::string>{"1", "2", "3"})); // acknowledged, not handled again
        QVERIFY(m_incidents->of(Kind::Disconnected).size() >= 2);
    }

    void whatCannotSucceedEndsTheLoop() {
        auto given = options();
        given.queue = "nowhere";
        given.notifications = false;
        pgque::Consumer missing(info(), given, {});
        QVERIFY_THROWS_EXCEPTION(pgque::ConsumerNotRegistered, missing.run({}));
        given = options();
        given.consumer = "stranger";
        pgque::Consumer stranger(info(), given, {});
        QVERIFY_THROWS_EXCEPTION(pgque::ConsumerNotRegistered, stranger.run({}));
        given.subscribe = true;
        pgque::Consumer welcome(info(), given, {});
        Running running(welcome);
        QVERIFY(eventually([&] { return welcome.stats().looks >= 1; }));
        QCOMPARE(running.stop(), std::string());
    }

    void largeBatch_data() {
        QTest::addColumn<int>("policy");
        QTest::newRow("take whole") << static_cast<int>(pgque::LargeBatch::TakeWhole);
        QTest::newRow("stop") << static_cast<int>(pgque::LargeBatch::Stop);
        QTest::newRow("drop rest") << static_cast<int>(pgque::LargeBatch::DropRest);
    }

    void largeBatch() {
        QFETCH(int, policy);
        Seen seen;
        pgque::Handlers handlers;
        handlers.onOther(seen.handler());
        auto given = options();
        given.maxMessages = 3;
        given.largeBatch = static_cast<pgque::LargeBatch>(policy);
        pgque::Consumer consumer(info(), given, handlers);
        m_db->window(queue, 1, 5);
        Running running(consumer);
        if (given.largeBatch == pgque::LargeBatch::Stop) {
            QVERIFY(eventually([&] { return running.ended(); }));
            QVERIFY(running.stop().find("received in part") != std::string::npos);
            QCOMPARE(seen.size(), 0u);
            QCOMPARE(openBatches(), std::string("1"));
        } else {
            QVERIFY(eventually([&] { return consumer.stats().batches == 1; }));
            QCOMPARE(running.stop(), std::string());
            QCOMPARE(seen.size(), given.largeBatch == pgque::LargeBatch::TakeWhole ? 5u : 3u);
        }
    }

    void transactionalMeansExactlyOnce() {
        m_db->execute("create table business (event_id bigint, payload text)");
        std::atomic<bool> kill = true;
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message& message, pgque::Delivery& delivery) {
            delivery.client().connection().execute(
                {"insert into business values ($1::bigint, $2::text)", pg::Params::of(message.id, message.payload)});
            if (message.payload == "2" && message.retryCount == 0)
                throw std::runtime_error("undoes its own row only");
            if (message.payload == "3" && kill.exchange(false))
                killLoop(); // the whole batch is undone, and comes again
            if (message.payload == "4" && message.retryCount == 0) {
                try {
                    delivery.client().connection().execute({"select 1 / 0", {}});
                } catch (const pg::Error&) { // swallowed: the row must not be thought to be written
                }
            }
        });
        auto given = options();
        given.transactional = true;
        pgque::Consumer consumer(info(), given, handlers);
        Running running(consumer);
        m_db->window(queue, 1, 5);
        QVERIFY(eventually([&] { return consumer.stats().batches == 1; }));
        QCOMPARE(m_db->execute("select string_agg(payload, ',' order by payload) from business"), std::string("1,3,5"));
        m_db->retryNow(queue);
        QVERIFY(eventually([&] { return consumer.stats().batches == 2; }));
        QCOMPARE(running.stop(), std::string());
        QCOMPARE(m_db->execute("select string_agg(payload, ',' order by payload) from business"),
                 std::string("1,2,3,4,5"));
        QVERIFY(!m_incidents->of(Kind::RolledBack).empty());
    }
};

QTEST_GUILESS_MAIN(TestConsumer)
#include "tst_consumer.moc"
