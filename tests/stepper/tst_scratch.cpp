// SPDX-License-Identifier: GPL-3.0-or-later
// What is left of a console that was killed in the middle: no backend, no open transaction, and a queue that the next
// one finds and removes; the queue of one that still works is left alone.

#include "stepper/engine.h"
#include "stepper/scratch.h"
#include "support/testserver.h"

#include <QTest>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace stepper;

class TestScratch : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void aKilledConsoleLeavesAQueueThatIsFound() {
        support::TestDatabase database(support::Schema::Pgque);
        int ready[2];
        QCOMPARE(pipe(ready), 0);
        const pid_t child = fork();
        if (child == 0) {
            Engine engine({.connection = database.info()});
            char state = 'n';
            for (const char* text : {"a register", "b register", "send 1", "tick", "a receive hold", "b receive"})
                state = engine.perform(parseStep(text).step).outcome.kind == Outcome::Kind::Waits ? 'y' : 'n';
            static_cast<void>(write(ready[1], &state, 1));
            while (true)
                pause();
        }
        char state = 0;
        QCOMPARE(read(ready[0], &state, 1), 1);
        QCOMPARE(state, 'y');
        pg::Connection connection = database.connect();
        const std::string backends = "select count(*) from pg_stat_activity where application_name like "
                                     "'batchscope/step%' and datname = current_database()";
        QVERIFY(support::number(connection, backends) >= 4);
        QVERIFY2(leftOverQueues(connection).empty(), "somebody works on it");

        QCOMPARE(kill(child, SIGKILL), 0);
        QCOMPARE(waitpid(child, nullptr, 0), child);
        close(ready[0]);
        close(ready[1]);
        QTRY_COMPARE_WITH_TIMEOUT(support::number(connection, backends), 0, 5'000);

        Engine working({.connection = database.info()});
        const std::vector<std::string> left = leftOverQueues(connection);
        QCOMPARE(left.size(), 1U);
        QVERIFY(left.front() != working.queue());
        QVERIFY(left.front().starts_with(scratchPrefix));
        QCOMPARE(removeLeftOvers(connection, {working.queue(), left.front(), "orders"}), left);
        QVERIFY(leftOverQueues(connection).empty());
        QCOMPARE(support::number(connection, "select count(*) from pgque.queue"), 1);
        QCOMPARE(support::number(connection, "select count(*) from pgque.consumer"), 0);
        working.finish();
        QCOMPARE(support::number(connection, "select count(*) from pgque.queue"), 0);
    }

    void twoConsolesKeepOutOfEachOthersWay() {
        support::TestDatabase database(support::Schema::Pgque);
        Engine one({.connection = database.info()});
        Engine other({.connection = database.info()});
        QVERIFY(one.queue() != other.queue() && one.consumer() != other.consumer());
        one.perform(parseStep("a register hold").step);
        QCOMPARE(other.perform(parseStep("a register hold").step).outcome.words(), std::string("done"));
    }

    void aWorkerThatCannotConnectIsAnAnswer() {
        support::TestDatabase database(support::Schema::Pgque);
        Engine engine({.connection = database.info()});
        engine.perform(parseStep("a register").step);
        pg::Connection connection = pg::Connection::open(support::TestServer::shared().info());
        connection.execute({"alter database \"" + database.name() + "\" allow_connections false", {}});
        const Report report = engine.perform(parseStep("b register").step);
        QVERIFY(!report.taken);
        QVERIFY(report.outcome.kind == Outcome::Kind::Refused && !report.outcome.said.empty());
        connection.execute({"alter database \"" + database.name() + "\" allow_connections true", {}});
        QCOMPARE(engine.perform(parseStep("b register").step).outcome.words(), std::string("done"));
        QVERIFY(engine.board().differences.empty());
    }

    void beginsAnewWhateverWasGoingOn() {
        support::TestDatabase database(support::Schema::Pgque);
        Engine engine({.connection = database.info()});
        for (const char* text : {"a register", "b register", "c register", "send 2", "tick", "a receive hold",
                                 "b receive", "c walk", "c die", "age a 1m"})
            engine.perform(parseStep(text).step);
        QVERIFY(engine.anybodyWaits());
        engine.restart(2);
        QVERIFY(!engine.anybodyWaits());
        QVERIFY(engine.board().lanes.empty() && engine.board().tokens.empty() && !engine.board().registered);
        QVERIFY(engine.board().script.lines.empty() && engine.board().script.retries == 2);
        for (const char* text : {"c register", "a register", "send 1", "tick"})
            QCOMPARE(engine.perform(parseStep(text).step).outcome.words(), std::string("done"));
        QCOMPARE(engine.perform(parseStep("a receive").step).outcome.words(), std::string("1 event"));
        QVERIFY(engine.board().differences.empty());
        QCOMPARE(engine.board().lanes.size(), 2U);
    }

    void theDriverWaitsAsWell() {
        support::TestDatabase database(support::Schema::Pgque);
        Engine engine({.connection = database.info()});
        for (const char* text : {"a register", "a touch hold"})
            engine.perform(parseStep(text).step);
        QCOMPARE(engine.perform(parseStep("age a 5m").step).outcome.words(), std::string("waits a"));
        QVERIFY(engine.board().driver.state == LaneState::Waiting);
        QVERIFY(engine.isWaiting({}));
        QVERIFY(!engine.perform(parseStep("tick").step).taken);
        QCOMPARE(engine.perform(parseStep("a commit").step).released.size(), 1U);
        QVERIFY(engine.board().driver.state == LaneState::Idle);
        QVERIFY(engine.board().differences.empty());
    }

    void withoutNackBatchEventsAreGivenBackOneByOne() {
        support::TestDatabase database(support::Schema::Pgque);
        pg::Connection connection = database.connect();
        connection.execute({"drop function pgque.nack_batch(bigint, interval, text)", {}});
        Engine engine({.connection = database.info(), .fineWalks = false});
        for (const char* text : {"a register", "send 3", "tick", "a receive", "a nack all after 1m"})
            QVERIFY2(engine.perform(parseStep(text).step).differences.empty(), text);
        QCOMPARE(engine.board().givenBack.size(), 3U);
        QVERIFY(engine.board().differences.empty());
    }

    void theServersEndingABackendIsSeen() {
        support::TestDatabase database(support::Schema::Pgque);
        Engine engine({.connection = database.info()});
        for (const char* text : {"a register", "send 1", "tick", "a receive hold"})
            engine.perform(parseStep(text).step);
        pg::Connection connection = database.connect();
        connection.execute({"select pg_terminate_backend(" + std::to_string(engine.board().lanes[0].pid) + ")", {}});
        QTRY_COMPARE(support::number(connection, "select count(*) from pg_stat_activity where application_name = "
                                                 "'batchscope/step a' and datname = current_database()"),
                     0);
        const Report report = engine.perform(parseStep("a commit").step);
        QCOMPARE(report.outcome.words(), std::string("stopped"));
        QVERIFY(engine.board().lanes[0].state == LaneState::Dead);
        QVERIFY(report.differences.empty());
        QCOMPARE(engine.perform(parseStep("a return").step).outcome.words(), std::string("done"));
        QCOMPARE(engine.perform(parseStep("a receive").step).outcome.words(), std::string("1 event"));
        QVERIFY(engine.board().differences.empty());
    }
};

QTEST_GUILESS_MAIN(TestScratch)
#include "tst_scratch.moc"
