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
