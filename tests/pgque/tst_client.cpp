// SPDX-License-Identifier: GPL-3.0-or-later
// The queue API on one connection: sending, receiving, giving back, administration, transactions.
#include <limits>

#include "queuedatabase.h"

using namespace std::chrono_literals;

class TestClient : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void sendsAndReceivesEveryForm() {
        QueueDatabase db;
        pgque::Client& client = db.client();
        QVERIFY(client.createQueue("forms"));
        QVERIFY(!client.createQueue("forms"));
        QVERIFY(client.subscribe("forms", "reader"));
        QVERIFY(!client.subscribe("forms", "reader"));

        const std::string odd = "quote ' backslash \\ brace {\"a\",NULL} line\nend äöü";
        client.send("forms", odd);
        client.send("forms", "typed", odd);
        client.send("forms", "nothing", std::nullopt);
        client.sendJson("forms", R"({"b": 1,   "a": [true, null]})");
        client.sendJson("forms", "json", R"("text")");
        const std::vector<std::string> texts{odd, "", "NULL"};
        const auto ids = client.sendBatch("forms", "many", texts);
        QCOMPARE(ids.size(), 3u);
        QVERIFY(ids[0] < ids[1] && ids[1] < ids[2]);
        client.sendBatch("forms", texts);
        client.sendJsonBatch("forms", std::vector<std::string>{R"({"n": 1})", "2"});
        client.sendJsonBatch("forms", "jsons", std::vector<std::string>{"3"});
        QVERIFY(client.sendBatch("forms", std::vector<std::string>{}).empty());
        client.insertEvent("forms", "extra", "data", {.extra1 = "one", .extra2 = {}, .extra3 = odd, .extra4 = ""});
        db.tick("forms");

        const pgque::Batch batch = client.receive("forms", "reader");
        QCOMPARE(batch.size(), 15u);
        QVERIFY(batch.complete);
        const auto& messages = batch.messages;
        QCOMPARE(*messages[0].type, std::string("default"));
        QCOMPARE(*messages[0].payload, odd);
        QCOMPARE(*messages[1].type, std::string("typed"));
        QVERIFY(!messages[2].payload);
        QCOMPARE(*messages[3].payload, std::string(R"({"a": [true, null], "b": 1})"));
        QCOMPARE(messages[5].id, ids[0]);
        QCOMPARE(*messages[5].payload, odd);
        QCOMPARE(*messages[6].payload, std::string());
        QCOMPARE(*messages[7].payload, std::string("NULL"));
        const pgque::Message& last = messages.back();
        QCOMPARE(*last.extra1, std::string("one"));
        QVERIFY(!last.extra2);
        QCOMPARE(*last.extra3, odd);
        QCOMPARE(*last.extra4, std::string());
        QCOMPARE(last.retryCount, 0);
        QCOMPARE(last.batchId, *batch.id);
        const auto age = std::chrono::system_clock::now() - last.createdAt;
        QVERIFY(age > -1s && age < 60s);

        QVERIFY(client.ack(batch));
        QVERIFY(!client.ack(batch)); // the token is void now
        QVERIFY(client.receive("forms", "reader").empty());
        QCOMPARE(client.unsubscribe("forms", "reader"), 1);
        client.dropQueue("forms");
    }

    void timesDoNotDependOnTheSessionsStyle() {
        QueueDatabase db;
        pgque::Client& client = db.client();
        client.createQueue("styles");
        client.subscribe("styles", "reader");
        client.send("styles", "x");
        db.tick("styles");
        client.connection().execute({"set datestyle to 'German, DMY'", {}});
        client.connection().execute({"set intervalstyle to 'iso_8601'", {}});
        client.connection().execute({"set timezone to 'Asia/Kathmandu'", {}});
        const pgque::Batch batch = client.receive("styles", "reader");
        const auto age = std::chrono::system_clock::now() - batch.messages.at(0).createdAt;
        QVERIFY(age > -1s && age < 60s);
        const auto info = client.queueInfo("styles").at(0);
        QCOMPARE(info.rotationPeriod, pg::Interval(2h));
        QVERIFY(std::chrono::system_clock::now() - info.switchTime < 60s);
    }

    void exactIdsBeyondDoubles() {
        QueueDatabase db;
        pgque::Client& client = db.client();
        client.createQueue("large");
        client.subscribe("large", "reader");
        db.execute("select setval('pgque.batch_id_seq', 9007199254740993)");
        db.execute("select setval((select queue_event_seq from pgque.queue), 9007199254740995)");
        const std::int64_t id = client.send("large", "x");
        QCOMPARE(id, std::int64_t{9007199254740996});
        db.tick("large");
        const pgque::Batch batch = client.receive("large", "reader");
        QCOMPARE(*batch.id, std::int64_t{9007199254740994});
        QCOMPARE(batch.messages.at(0).id, id);
        client.nack(batch.messages.at(0));
        QVERIFY(client.ack(batch));
    }

    void typedErrors() {
        QueueDatabase db;
        pgque::Client& client = db.client();
        QVERIFY_THROWS_EXCEPTION(pgque::QueueNotFound, client.send("nowhere", "x"));
        QVERIFY_THROWS_EXCEPTION(pgque::QueueNotFound, client.subscribe("nowhere", "c"));
        QVERIFY_THROWS_EXCEPTION(pgque::QueueNotFound, client.dropQueue("nowhere"));
        client.createQueue("errors");
        QVERIFY_THROWS_EXCEPTION(pgque::ConsumerNotRegistered, client.receive("errors", "c"));
        QVERIFY_THROWS_EXCEPTION(pgque::BatchNotFound, client.run(pgque::nack(4711, 1)));
        QVERIFY_THROWS_EXCEPTION(pgque::BatchNotFound, client.run(pgque::batchRetry(4711, 1)));
        QVERIFY_THROWS_EXCEPTION(pgque::BatchNotFound, client.run(pgque::getBatchEvents(4711)));
        QVERIFY_THROWS_EXCEPTION(pgque::EventNotFound, client.replayDeadLetter(4711));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, client.createQueue(std::string(58, 'x')));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, client.setQueueConfig("errors", "no_such", "1"));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, client.setQueueConfig("errors", "max_retries", "-1"));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, client.setQueueConfig("errors", "max_retries", "many"));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, client.sendJson("errors", "{broken"));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, client.receive("errors", "c", 0));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, client.receiveCoop("errors", "a.b", "s"));
        client.subscribe("errors", "c");
        QVERIFY_THROWS_EXCEPTION(pgque::Conflict, client.dropQueue("errors"));
        QVERIFY_THROWS_EXCEPTION(pgque::Conflict, client.receiveCoop("errors", "c", "s"));
        client.dropQueue("errors", true);

        support::TestDatabase bare;
        pgque::Client other(bare.connect());
        QVERIFY_THROWS_EXCEPTION(pgque::NotInstalled, other.send("q", "x"));

        db.execute("drop role if exists client_nobody");
        db.execute("create role client_nobody");
        client.connection().execute({"set role client_nobody", {}});
        QVERIFY_THROWS_EXCEPTION(pgque::PermissionDenied, client.createQueue("denied"));
        client.connection().execute({"reset role", {}});
        db.execute("drop role client_nobody");

        auto nowhere = db.info();
        nowhere.set("host", "/nonexistent");
        try {
            pgque::Client::connect(nowhere);
            QFAIL("connected to nowhere");
        } catch (const pgque::Error& error) {
            QCOMPARE(error.problem(), pgque::Problem::ConnectFailed);
            QCOMPARE(error.effect(), pg::Effect::None);
        }
    }

    void aPartOfABatchIsNotAcknowledgedByAccident() {
        QueueDatabase db;
        pgque::Client& client = db.client();
        client.createQueue("part");
        client.subscribe("part", "reader");
        db.window("part", 1, 5);
        const pgque::Batch part = client.receive("part", "reader", 3);
        QCOMPARE(part.size(), 3u);
        QVERIFY(!part.complete);
        QVERIFY_THROWS_EXCEPTION(pgque::PartialBatch, client.ack(part));
        // Refused means open still: the whole can be had.
        const pgque::Batch whole = client.receive("part", "reader", 5);
        QCOMPARE(whole.size(), 5u);
        QVERIFY(whole.complete);
        QCOMPARE(whole.id, part.id);
        QVERIFY(client.ack(part, pgque::PartialAck::DropRest));
        QVERIFY(client.receive("part", "reader").empty());
        QVERIFY(client.receive("part", "reader", std::numeric_limits<std::int32_t>::max()).complete);
    }

    void nackComesBackAndThenDies() {
        QueueDatabase db;
        pgque::Client& client = db.client();
        client.createQueue("retry");
        client.setQueueConfig("retry", "max_retries", "1");
        client.subscribe("retry", "reader");
        client.send("retry", "kind", "payload");
        db.tick("retry");
        pgque::Batch batch = client.receive("retry", "reader");
        client.nack(batch.messages.at(0), 1h, "first");
        client.nack(batch.messages.at(0), 1h, "repeating it changes nothing");
        QVERIFY(client.ack(batch));
        QVERIFY(client.receive("retry", "reader").empty());
        db.retryNow("retry");
        batch = client.receive("retry", "reader");
        QCOMPARE(batch.size(), 1u);
        QCOMPARE(batch.messages[0].retryCount, 1);
        client.nack(batch.messages[0], 1h, "second");
        QVERIFY(client.ack(batch));

        const auto dead = client.deadLetters("retry");
        QCOMPARE(dead.size(), 1u);
        QCOMPARE(*dead[0].reason, std::string("second"));
        QCOMPARE(dead[0].eventId, batch.messages[0].id);
        QCOMPARE(dead[0].retryCount, 1);
        QCOMPARE(*dead[0].payload, std::string("payload"));
        const std::int64_t replayed = client.replayDeadLetter(dead[0].id);
        QVERIFY(replayed > dead[0].eventId);
        QVERIFY(client.deadLetters("retry").empty());
        db.tick("retry");
        batch = client.receive("retry", "reader");
        QCOMPARE(batch.messages.at(0).id, replayed);
        QCOMPARE(batch.messages[0].retryCount, 0);

        // The whole batch at once, and the dead letters' bulk calls.
        client.setQueueConfig("retry", "max_retries", "0");
        const auto given = client.nackBatch(*batch.id, 0s, "all");
        QCOMPARE(given.retried, 0);
        QCOMPARE(given.dead, 1);
        QVERIFY(client.ack(batch));
        const auto result = client.replayDeadLetters("retry");
        QCOMPARE(result.replayed, 1);
        QCOMPARE(result.failed, 0);
        QVERIFY(!result.firstError);
        QCOMPARE(client.purgeDeadLetters("retry"), 0);
        client.setQueueConfig("retry", "max_retries", std::nullopt);
    }

    void administrationDecodes() {
        QueueDatabase db;
        pgque::Client& client = db.client();
        QCOMPARE(client.version(), std::string("0.2.0"));
        client.createQueue("admin");
        client.setQueueConfig("admin", "ticker_max_count", "7");
        client.setQueueConfig("admin", "ticker_max_lag", "1500 milliseconds");
        client.subscribe("admin", "reader");
        db.window("admin", 1, 2);
        const auto queues = client.queueInfo();
        QCOMPARE(queues.size(), 1u);
        QCOMPARE(queues[0].name, std::string("admin"));
        QCOMPARE(queues[0].tableCount, 3);
        QCOMPARE(queues[0].tickerMaxCount, 7);
        QCOMPARE(queues[0].tickerMaxLag, pg::Interval(1500ms));
        QVERIFY(!queues[0].tickerPaused);
        QVERIFY(queues[0].tickerLag && *queues[0].tickerLag < 60s);
        QVERIFY(*queues[0].lastTickId >= 2);
        QVERIFY(client.queueInfo("unknown").empty());

        const pgque::Batch batch = client.receive("admin", "reader");
        const auto consumers = client.consumerInfo("admin", "reader");
        QCOMPARE(consumers.size(), 1u);
        QCOMPARE(consumers[0].currentBatch, batch.id);
        QVERIFY(consumers[0].lastSeen && *consumers[0].lastSeen < 60s);
        const auto info = client.run(pgque::getBatchInfo(*batch.id));
        QVERIFY(info);
        QCOMPARE(info->consumer, std::string("reader"));
        QVERIFY(*info->tick > *info->previousTick);
        QVERIFY(!client.run(pgque::getBatchInfo(4711)));
        QCOMPARE(client.run(pgque::getBatchEvents(*batch.id)).size(), 2u);
        QVERIFY(client.run(pgque::eventRetry(*batch.id, batch.messages[0].id, 60)));
        QVERIFY(!client.run(pgque::eventRetry(*batch.id, batch.messages[0].id, pg::Timestamp(0s))));
        QCOMPARE(client.run(pgque::batchRetry(*batch.id, 60)), 1);
        QVERIFY(client.run(pgque::finishBatch(*batch.id)));

        db.window("admin", 3, 1);
        const auto window = client.run(pgque::nextBatchInfo("admin", "reader"));
        QVERIFY(window && window->tickId > window->previousTickId);
        QVERIFY(window->tickTime && window->previousTickTime);
        QCOMPARE(client.run(pgque::nextBatch("admin", "reader")), std::optional(window->batchId));
        const auto same =
            client.run(pgque::nextBatchCustom("admin", "reader", {.minLag = 1h, .minCount = {}, .minInterval = {}}));
        QCOMPARE(same->batchId, window->batchId);
        QVERIFY(!client.run(pgque::registerConsumerAt("admin", "reader", window->previousTickId)));
        QVERIFY(client.run(pgque::registerConsumerAt("admin", "late", std::nullopt)));
        QCOMPARE(client.run(pgque::unregisterConsumer("admin", "late")), 1);
        QVERIFY(client.run(pgque::registerConsumer("admin", "late")));

        QVERIFY(client.maint() >= 0);
        client.run(pgque::maintRotateTablesStep1("admin"));
        client.run(pgque::maintRotateTablesStep2());
        client.run(pgque::maintOperations());
        QVERIFY(!client.run(pgque::status()).empty());
        QCOMPARE(client.run(pgque::setTickPeriod(200ms)), 200);
        client.run(pgque::stop());
        QVERIFY_THROWS_EXCEPTION(pgque::Error, client.run(pgque::start()));
        QVERIFY_THROWS_EXCEPTION(pgque::Error, client.run(pgque::startTimetable()));
        client.run(pgque::stopTimetable());
        QVERIFY(client.ticker() >= 0);

        client.createQueue("outside");
        client.setQueueConfig("outside", "external_ticker", "true");
        QCOMPARE(client.run(pgque::ticker("outside", 50,
                                          pg::Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)), 10)),
                 std::int64_t{50});
    }

    void cooperativeCalls() {
        QueueDatabase db;
        pgque::Client& client = db.client();
        client.createQueue("coop");
        QVERIFY(client.subscribeSubconsumer("coop", "team", "a"));
        QVERIFY(!client.subscribeSubconsumer("coop", "team", "a"));
        QVERIFY(client.touchSubconsumer("coop", "team", "a"));
        QVERIFY(!client.touchSubconsumer("coop", "team", "nobody"));
        db.window("coop", 1, 2);
        db.window("coop", 3, 2);
        const auto batch = client.run(pgque::nextBatchCoop("coop", "team", "a"));
        QVERIFY(batch);
        const auto custom = client.run(pgque::nextBatchCustomCoop("coop", "team", "b", {}, 1h));
        QVERIFY(custom && custom->batchId != *batch && custom->tickId > custom->previousTickId);
        QVERIFY(!client.run(pgque::nextBatchCustomCoop("coop", "team", "c", {})));
        QVERIFY_THROWS_EXCEPTION(pgque::Conflict, client.unsubscribeSubconsumer("coop", "team", "a"));
        QVERIFY(client.unsubscribeSubconsumer("coop", "team", "a", pgque::BatchHandling::RouteToRetry));
        QVERIFY(!client.unsubscribeSubconsumer("coop", "team", "a"));
        client.subscribe("coop", "single");
        QVERIFY_THROWS_EXCEPTION(pgque::Conflict, client.subscribeSubconsumer("coop", "single", "a"));
        QVERIFY(client.subscribeSubconsumer("coop", "single", "a", true));
    }

    void callsJoinTheTransaction() {
        QueueDatabase db;
        pgque::Client& client = db.client();
        client.createQueue("outbox");
        client.subscribe("outbox", "reader");
        db.execute("create table business (id int primary key)");
        {
            pgque::Transaction transaction = client.begin();
            db.execute("insert into business values (1)");
            client.send("outbox", "undone");
        } // no commit
        QCOMPARE(db.execute("select count(*) from business"), std::string("0"));
        {
            pgque::Transaction transaction =
                client.begin({.isolation = pgque::Isolation::RepeatableRead, .trackOutcome = true});
            QVERIFY(!transaction.id());
            db.execute("insert into business values (2)");
            client.send("outbox", "done");
            const auto id = transaction.id();
            QVERIFY(id);
            {
                pgque::Savepoint savepoint(client.connection());
                client.send("outbox", "undone by the savepoint");
            }
            QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, client.begin());
            transaction.commit();
            QVERIFY(!transaction.isOpen());
            QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, transaction.commit());
            QCOMPARE(client.outcome(*id), pgque::TransactionOutcome::Committed);
        }
        db.tick("outbox");
        const pgque::Batch batch = client.receive("outbox", "reader");
        QCOMPARE(payloadsOf(batch), std::set<std::string>{"done"});

        // Processing and acknowledging are one as well.
        {
            pgque::Transaction transaction = client.begin();
            db.execute("insert into business values (3)");
            QVERIFY(client.ack(batch));
        }
        QCOMPARE(db.execute("select count(*) from business"), std::string("1"));
        QCOMPARE(client.receive("outbox", "reader").id, batch.id);
        QVERIFY(client.ack(batch));

        // A commit after an error is the server's rollback, and must not pass for success.
        pgque::Transaction failing = client.begin();
        QVERIFY_THROWS_EXCEPTION(pgque::QueueNotFound, client.send("nowhere", "x"));
        QVERIFY_THROWS_EXCEPTION(pgque::Error, failing.commit());
        QVERIFY(!failing.isOpen());
        QCOMPARE(client.connection().transactionStatus(), pg::TransactionStatus::Idle);
    }

    void listensAndWakes() {
        QueueDatabase db;
        db.client().createQueue("wake Up");
        pgque::Client waiting = db.another();
        QVERIFY(waiting.listen("wake Up"));
        QVERIFY(!waiting.waitForTick(pg::after(10ms)));
        db.window("wake Up", 1, 1);
        QVERIFY(waiting.waitForTick(pg::after(10s)));
    }
};

QTEST_GUILESS_MAIN(TestClient)
#include "tst_client.moc"
