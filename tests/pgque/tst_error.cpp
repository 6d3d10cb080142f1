// SPDX-License-Identifier: GPL-3.0-or-later
// What a server said becomes a type that programs can catch.
#include "pgque/backoff.h"
#include "pgque/consumer.h"
#include "pgque/error.h"

#include <QTest>

using pgque::Problem;

class TestError : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void wording_data() {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<Problem>("problem");
        const auto row = [](const char* message, Problem problem) {
            QTest::newRow(message) << QByteArray(message) << problem;
        };
        row("queue not found: orders", Problem::QueueNotFound);
        row("Event queue not found", Problem::QueueNotFound);
        row("No such event queue", Problem::QueueNotFound);
        row("no such queue", Problem::QueueNotFound);
        row("Event queue not created yet", Problem::QueueNotFound);
        row("Not subscriber to queue: orders/billing", Problem::ConsumerNotRegistered);
        row("consumer not registered", Problem::ConsumerNotRegistered);
        row("cooperative main consumer not found: q/c", Problem::ConsumerNotRegistered);
        row("cooperative subconsumer not found: q/c/s", Problem::ConsumerNotRegistered);
        row("batch not found: 12", Problem::BatchNotFound);
        row("batch not found", Problem::BatchNotFound);
        row("Cannot find data for batch 7", Problem::BatchNotFound);
        row("batch_retry: batch 3 not found", Problem::BatchNotFound);
        row("event not found", Problem::EventNotFound);
        row("msg_id 7 not found in batch 3", Problem::EventNotFound);
        row("dead letter entry not found: 4", Problem::EventNotFound);
        row("pgque.receive: max_return must be >= 1, got 0", Problem::InvalidArgument);
        row("payloads must not be null", Problem::InvalidArgument);
        row("cooperative consumer name must not contain dot: a.b", Problem::InvalidArgument);
        row("queue name too long: 80 bytes (max 57). pg_notify channel", Problem::InvalidArgument);
        row("cannot change parameter \"disable_inserts\"", Problem::InvalidArgument);
        row("unsupported batch_handling value: 7", Problem::InvalidArgument);
        row("cannot drop queue, consumers still attached", Problem::Conflict);
        row("consumer c on queue q is already a normal consumer; explicit conversion is required", Problem::Conflict);
        row("consumer c on queue q is a cooperative main consumer; use cooperative receive/next_batch with a "
            "subconsumer",
            Problem::Conflict);
        row("consumer c.s on queue q is a cooperative subconsumer; use receive_coop", Problem::Conflict);
        row("cannot unregister active cooperative subconsumer q/c/s without batch_handling = 1", Problem::Conflict);
        row("Insert into queue disallowed", Problem::Conflict);
        row("queue q is paused (queue_ticker_paused = true)", Problem::Conflict);
        row("Ticker has been paused for this queue", Problem::Conflict);
        row("something else", Problem::Other);
        // A name comes after the words and must not decide.
        row("queue not found: batch not found", Problem::QueueNotFound);
    }

    void wording() {
        QFETCH(QByteArray, message);
        QFETCH(Problem, problem);
        pg::Failure failure;
        failure.kind = pg::ErrorKind::Server;
        failure.diagnostics.sqlState = "P0001";
        failure.diagnostics.message = message.toStdString();
        QCOMPARE(pgque::classify(failure), problem);
    }

    void sqlState_data() {
        QTest::addColumn<QByteArray>("state");
        QTest::addColumn<Problem>("problem");
        QTest::newRow("right") << QByteArray("42501") << Problem::PermissionDenied;
        QTest::newRow("read only") << QByteArray("25006") << Problem::PermissionDenied;
        QTest::newRow("schema") << QByteArray("3F000") << Problem::NotInstalled;
        QTest::newRow("function") << QByteArray("42883") << Problem::NotInstalled;
        QTest::newRow("deadlock") << QByteArray("40P01") << Problem::TryAgain;
        QTest::newRow("serialization") << QByteArray("40001") << Problem::TryAgain;
        QTest::newRow("lock") << QByteArray("55P03") << Problem::TryAgain;
        QTest::newRow("json") << QByteArray("22P02") << Problem::InvalidArgument;
    }

    void sqlState() {
        QFETCH(QByteArray, state);
        QFETCH(Problem, problem);
        pg::Failure failure;
        failure.kind = pg::ErrorKind::Server;
        failure.diagnostics.sqlState = state.toStdString();
        failure.diagnostics.message = "whatever";
        QCOMPARE(pgque::classify(failure), problem);
    }

    void raisesTheTypeThatFits() {
        pg::Failure failure;
        failure.kind = pg::ErrorKind::ConnectionLost;
        failure.effect = pg::Effect::Unknown;
        try {
            pgque::raise(failure);
        } catch (const pgque::ConnectionLost& error) {
            QCOMPARE(error.effect(), pg::Effect::Unknown);
            QCOMPARE(error.problem(), Problem::ConnectionLost);
        }
        failure.kind = pg::ErrorKind::Server;
        failure.diagnostics.message = "queue not found: q";
        QVERIFY_THROWS_EXCEPTION(pgque::QueueNotFound, pgque::raise(failure));
        QVERIFY_THROWS_EXCEPTION(pg::Error, pgque::raise(failure));
    }

    void pausesGrowToALimit() {
        using namespace std::chrono_literals;
        pgque::BackOff backOff({.first = 100ms, .longest = 350ms});
        const auto within = [](auto pause, auto whole) { return pause >= whole / 2 && pause <= whole; };
        QVERIFY(within(backOff.next(), 100ms));
        QVERIFY(within(backOff.next(), 200ms));
        QVERIFY(within(backOff.next(), 350ms));
        QVERIFY(within(backOff.next(), 350ms));
        backOff.reset();
        QVERIFY(within(backOff.next(), 100ms));
    }

    void contradictingOptionsAreRefused() {
        using namespace std::chrono_literals;
        const auto refused = [](auto change) {
            pgque::ConsumerOptions options;
            options.queue = "q";
            options.consumer = "c";
            change(options);
            try {
                pgque::Consumer(pg::ConnectionInfo(), options, {});
            } catch (const pgque::InvalidArgument&) {
                return true;
            }
            return false;
        };
        QVERIFY(!refused([](pgque::ConsumerOptions&) {}));
        QVERIFY(refused([](pgque::ConsumerOptions& o) { o.queue.clear(); }));
        QVERIFY(refused([](pgque::ConsumerOptions& o) { o.deadInterval = 1min; }));
        QVERIFY(refused([](pgque::ConsumerOptions& o) { o.heartbeat = 1s; }));
        QVERIFY(refused([](pgque::ConsumerOptions& o) { o.maxMessages = 0; }));
        QVERIFY(refused([](pgque::ConsumerOptions& o) {
            o.subconsumer = "s";
            o.deadInterval = 0s;
        }));
        QVERIFY(refused([](pgque::ConsumerOptions& o) {
            o.subconsumer = "s";
            o.deadInterval = 1s;
            o.heartbeat = 1s;
        }));
        QVERIFY(!refused([](pgque::ConsumerOptions& o) {
            o.subconsumer = "s";
            o.deadInterval = 3s;
            o.heartbeat = 1s;
        }));
    }
};

QTEST_APPLESS_MAIN(TestError)
#include "tst_error.moc"
