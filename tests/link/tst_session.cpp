// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/session.h"
#include "link/whendone.h"
#include "support/faultproxy.h"
#include "support/testserver.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>
#include <QThread>

#include <algorithm>
#include <set>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using links::Session;
using links::SessionState;
using support::FaultProxy;
using support::TestDatabase;
using support::TestServer;

namespace {

pg::Call<std::int64_t> number(std::string sql) {
    return {
        "number", {std::move(sql), {}}, [](const pg::Result& result) { return result.row(0).get<std::int64_t>(0); }};
}

// Waits for a future in the event loop; a test that waits too long fails on the result that is not there.
template <class T>
links::Reply<T> answer(const QFuture<links::Reply<T>>& future) {
    if (!QTest::qWaitFor([&future] { return future.isFinished(); }, 20'000) || future.resultCount() != 1) {
        pg::Failure failure;
        failure.diagnostics.message = "the test got no answer";
        return failure;
    }
    return future.result();
}

template <class T>
pg::Failure failureOf(const links::Reply<T>& reply) {
    if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
        return *failure;
    }
    return pg::Error::of(pg::ErrorKind::Usage, "it worked").failure();
}

Session::Options quick() {
    Session::Options options;
    options.role = u"batchscope/test"_s;
    options.firstDelay = 50ms;
    options.maxDelay = 400ms;
    options.connection.connectTimeout = 5s;
    options.connection.cancelGrace = 1s;
    return options;
}

} // namespace

class TestSession : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() {
        TestServer::shared(); // throws when there is none
    }

    void runsCallsAndWork() {
        Session session(m_database.info(), quick());
        QSignalSpy connected(&session, &Session::connected);
        QSignalSpy states(&session, &Session::stateChanged);
        session.open();
        QCOMPARE(session.state(), SessionState::Connecting);
        auto early = session.run(number("select 41 + 1"), 5s);
        QCOMPARE(std::get<std::int64_t>(answer(early)), 42);
        QCOMPARE(connected.count(), 1);
        QVERIFY(session.facts().backendPid > 0);
        QCOMPARE(session.facts().database.toStdString(), m_database.name());
        const auto name = session.work(
            [](pg::Connection& connection, pg::Deadline deadline) {
                return connection.execute({"select current_setting('application_name')", {}}, deadline)
                    .row(0)
                    .get<std::string>(0);
            },
            5s);
        QCOMPARE(std::get<std::string>(answer(name)), "batchscope/test");
        QTRY_COMPARE(session.state(), SessionState::Idle);
        QCOMPARE(states.at(1).at(0).value<SessionState>(), SessionState::Idle);
        QCOMPARE(states.at(2).at(0).value<SessionState>(), SessionState::Busy);
        session.close();
        QCOMPARE(session.state(), SessionState::Closed);
        QVERIFY(Session::waitForThreads(2s));
    }

    void failuresAreValues() {
        Session session(m_database.info(), quick());
        session.open();
        QCOMPARE(failureOf(answer(session.run(number("select 1/0"), 5s))).diagnostics.sqlState, "22012");
        QCOMPARE(failureOf(answer(session.run(number("select 'x'"), 5s))).kind, pg::ErrorKind::Decode);
        QCOMPARE(failureOf(answer(session.run(number("select 1 from pg_sleep(20)"), 200ms))).kind,
                 pg::ErrorKind::Timeout);
        const auto thrown =
            session.work([](pg::Connection&, pg::Deadline) -> int { throw std::runtime_error("what it was"); }, 5s);
        QCOMPARE(failureOf(answer(thrown)).text(), "what it was");
        const auto strange = session.work([](pg::Connection&, pg::Deadline) -> int { throw 7; }, 5s); // NOLINT
        QVERIFY(std::holds_alternative<pg::Failure>(answer(strange)));
        const auto nothing = session.work(
            [](pg::Connection& connection, pg::Deadline deadline) {
                connection.execute({"select 1", {}}, deadline);
            },
            5s);
        QVERIFY(std::holds_alternative<std::monostate>(answer(nothing)));
        QCOMPARE(std::get<std::int64_t>(answer(session.run(number("select 1"), 5s))), 1);
    }

    void noTransactionOutlivesAJob() {
        Session session(m_database.info(), quick());
        session.open();
        for (const char* sql : {"begin; select 1", "begin; select 1/0"}) {
            answer(session.work(
                [sql](pg::Connection& connection, pg::Deadline deadline) { connection.executeScript(sql, deadline); },
                5s));
            const auto status = session.work(
                [](pg::Connection& connection, pg::Deadline) { return connection.transactionStatus(); }, 5s);
            QCOMPARE(std::get<pg::TransactionStatus>(answer(status)), pg::TransactionStatus::Idle);
        }
    }

    void cancelHitsOnlyTheRunningJob() {
        Session session(m_database.info(), quick());
        session.open();
        QTRY_COMPARE(session.state(), SessionState::Idle);
        auto first = session.run(number("select 1 from pg_sleep(20)"), 30s);
        auto waiting = session.run(number("select 1 from pg_sleep(20)"), 30s);
        const auto second = session.run(number("select 2"), 30s);
        QTRY_COMPARE(session.state(), SessionState::Busy);
        QElapsedTimer timer;
        timer.start();
        waiting.cancel(); // in line: it never runs
        QTRY_VERIFY(waiting.isFinished());
        QCOMPARE(waiting.resultCount(), 0);
        QVERIFY(!first.isFinished());
        first.cancel();
        QCOMPARE(std::get<std::int64_t>(answer(second)), 2);
        QCOMPARE(first.resultCount(), 0);
        QVERIFY(timer.elapsed() < 15'000); // the jobs sleep for twenty seconds
        first.cancel();                    // it is over
        for (int i = 0; i < 50; ++i) {     // whenever it comes, a cancel ends one job or none, never the next
            auto running = session.run(number("select 3"), 20s);
            QCoreApplication::processEvents();
            running.cancel();
            const auto next = session.run(number("select 4"), 20s);
            QTRY_VERIFY(running.isFinished());
            QCOMPARE(std::get<std::int64_t>(answer(next)), 4);
        }
    }

    /// What a job waits for in line is held against it or not, as it wants.
    void timeCountsFromTheStartWhereWanted() {
        Session session(m_database.info(), quick());
        session.open();
        QTRY_COMPARE(session.state(), SessionState::Idle);
        const auto first = session.run(number("select 1 from pg_sleep(1)"), 30s);
        const auto late = session.run(number("select 2"), 300ms);
        const auto patient =
            session.work([](pg::Connection& connection,
                            pg::Deadline deadline) { return connection.run(number("select 3"), deadline); },
                         300ms, links::Time::FromStart);
        QCOMPARE(failureOf(answer(late)).kind, pg::ErrorKind::Timeout);
        QCOMPARE(std::get<std::int64_t>(answer(first)), 1);
        QCOMPARE(std::get<std::int64_t>(answer(patient)), 3);
    }

    void refusesWhatCannotBeMended() {
        auto info = m_database.tcpInfo();
        info.set("user", "no_such_role");
        Session session(info, quick());
        QSignalSpy failed(&session, &Session::failed);
        session.open();
        const auto early = session.run(number("select 1"), 5s);
        QCOMPARE(failureOf(answer(early)).kind, pg::ErrorKind::Authentication);
        QTRY_COMPARE(failed.count(), 1);
        QCOMPARE(session.state(), SessionState::Closed);
        QCOMPARE(session.lastFailure().kind, pg::ErrorKind::Authentication);
        QVERIFY(!session.nextTry());
        QTest::qWait(300); // several times the first delay
        QCOMPARE(failed.count(), 1);
        QCOMPARE(failureOf(answer(session.run(number("select 1"), 5s))).kind, pg::ErrorKind::Authentication);
        session.open(m_database.info()); // with what was asked for
        QCOMPARE(std::get<std::int64_t>(answer(session.run(number("select 1"), 5s))), 1);
    }

    void triesAgainWithGrowingPauses() {
        FaultProxy nobody("127.0.0.1", "1"); // takes connections and drops them
        auto info = m_database.tcpInfo();
        info.set("port", nobody.port());
        Session session(info, quick());
        std::vector<std::chrono::milliseconds> pauses;
        connect(&session, &Session::failed, &session, [&] {
            QVERIFY(session.nextTry());
            QCOMPARE(session.state(), SessionState::Waiting);
            pauses.push_back(
                std::chrono::duration_cast<std::chrono::milliseconds>(*session.nextTry() - pg::Clock::now()));
        });
        session.open();
        QTRY_VERIFY(pauses.size() >= 5);
        QVERIFY(pauses[0] <= 65ms);
        QVERIFY(pauses[4] > 200ms && pauses[4] <= 400ms);
        QTRY_COMPARE(session.state(), SessionState::Waiting);
        QCOMPARE(failureOf(answer(session.run(number("select 1"), 5s))).kind, pg::ErrorKind::Connect);
        session.close();
        QVERIFY(!session.nextTry());

        Session::Options patient = quick();
        patient.firstDelay = patient.maxDelay = 1h;
        Session later(info, patient);
        QSignalSpy laterFailed(&later, &Session::failed);
        later.open();
        QTRY_COMPARE(laterFailed.count(), 1);
        later.open(); // now, whatever was scheduled
        QTRY_COMPARE(laterFailed.count(), 2);

        Session::Options once = quick();
        once.reconnect = false;
        Session single(info, once);
        QSignalSpy singleFailed(&single, &Session::failed);
        single.open();
        QTRY_COMPARE(singleFailed.count(), 1);
        QCOMPARE(single.state(), SessionState::Closed);
    }

    void comesBackAfterARestart() {
        const auto server = TestServer::startPrivate();
        Session session(server->info(), quick());
        QSignalSpy connected(&session, &Session::connected);
        QSignalSpy failed(&session, &Session::failed);
        QSignalSpy listening(&session, &Session::listening);
        QSignalSpy notified(&session, &Session::notified);
        session.listen({u"news"_s});
        session.open();
        QTRY_COMPARE(listening.count(), 1);
        server->kill();
        QTRY_VERIFY(failed.count() >= 1); // seen at once although nothing was asked
        QCOMPARE(failed.at(0).at(0).value<pg::Failure>().kind, pg::ErrorKind::ConnectionLost);
        server->start();
        QTRY_COMPARE_WITH_TIMEOUT(connected.count(), 2, 10'000);
        QTRY_COMPARE(listening.count(), 2);
        answer(session.run(number("select 1 from pg_notify('news', 'again')"), 5s));
        QTRY_COMPARE(notified.count(), 1);
        QCOMPARE(notified.at(0).at(1).toString(), u"again"_s);
    }

    /// A database that is restored under its name: gone for a while, and refusing everybody meanwhile.
    void comesBackToADatabaseThatWasAway() {
        TestDatabase database;
        pg::Connection admin = m_database.connect();
        Session session(database.info(), quick());
        QSignalSpy connected(&session, &Session::connected);
        std::set<std::string> reasons;
        connect(&session, &Session::failed, &session,
                [&](const pg::Failure& failure) { reasons.insert(failure.diagnostics.sqlState); });
        session.open();
        QTRY_COMPARE(connected.count(), 1);
        const auto command = [&admin](const std::string& sql) { admin.execute({sql, {}}); };
        const std::string name = database.name();
        command("alter database " + name + " allow_connections false");
        command("select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + name + "'");
        QTRY_VERIFY(reasons.contains("55000"));
        QCOMPARE(session.state(), SessionState::Waiting);
        command("alter database " + name + " rename to " + name + "_away");
        QTRY_VERIFY(reasons.contains("3D000"));
        QTRY_VERIFY(session.nextTry().has_value());
        command("alter database " + name + "_away rename to " + name);
        command("alter database " + name + " allow_connections true");
        QTRY_COMPARE(connected.count(), 2);
    }

    void saysWhyASessionWasKilled() {
        Session session(m_database.info(), quick());
        QSignalSpy failed(&session, &Session::failed);
        QSignalSpy connected(&session, &Session::connected);
        session.open();
        QTRY_COMPARE(connected.count(), 1);
        auto other = m_database.connect();
        other.execute({"select pg_terminate_backend($1::int)", pg::Params::of(session.facts().backendPid)});
        QTRY_COMPARE(failed.count(), 1);
        QCOMPARE(failed.at(0).at(0).value<pg::Failure>().diagnostics.sqlState, "57P01");
        QTRY_COMPARE(connected.count(), 2);
        const auto dies = session.run(number("select 1 from pg_terminate_backend(pg_backend_pid())"), 5s);
        const auto failure = failureOf(answer(dies));
        QCOMPARE(failure.kind, pg::ErrorKind::ConnectionLost);
        QCOMPARE(failure.effect, pg::Effect::Unknown);
        QTRY_COMPARE(connected.count(), 3);
    }

    void closesAgainstASilentServer() {
        FaultProxy proxy("127.0.0.1", TestServer::shared().port());
        auto info = m_database.tcpInfo();
        info.set("port", proxy.port());
        QElapsedTimer timer;
        QFuture<links::Reply<std::int64_t>> dropped;
        {
            Session connecting(info, quick());
            Session running(info, quick());
            running.open();
            QTRY_COMPARE(running.state(), SessionState::Idle);
            proxy.blackhole();
            connecting.open();
            const auto waiting = connecting.run(number("select 1"), 20s);
            const auto active = running.run(number("select 1"), 20s);
            const auto queued = running.run(number("select 1"), 20s);
            QTRY_COMPARE(running.state(), SessionState::Busy);
            timer.start();
            connecting.close();
            running.close();
            QVERIFY(timer.elapsed() < 10'000); // the jobs have twenty seconds
            QCOMPARE(failureOf(answer(waiting)).kind, pg::ErrorKind::Cancelled);
            QCOMPARE(failureOf(answer(active)).kind, pg::ErrorKind::Cancelled);
            QCOMPARE(failureOf(answer(active)).effect, pg::Effect::Unknown);
            QCOMPARE(failureOf(answer(queued)).effect, pg::Effect::None);
            // and the same by destruction, with the job's future ending empty
            proxy.pass();
            running.open();
            QTRY_COMPARE(running.state(), SessionState::Idle);
            proxy.blackhole();
            dropped = running.run(number("select 1"), 20s);
            QTRY_COMPARE(running.state(), SessionState::Busy);
            timer.start();
        }
        QVERIFY(timer.elapsed() < 10'000); // the jobs have twenty seconds
        QVERIFY(dropped.isFinished());
        QVERIFY(dropped.isCanceled());
        QCOMPARE(dropped.resultCount(), 0);
        QVERIFY(Session::waitForThreads(2s)); // even the threads end, since none is in name resolution
    }

    void deadlineHoldsWhileConnecting() {
        FaultProxy proxy("127.0.0.1", TestServer::shared().port());
        proxy.blackhole();
        auto info = m_database.tcpInfo();
        info.set("port", proxy.port());
        Session session(info, quick());
        session.open();
        QElapsedTimer timer;
        timer.start();
        const auto failure = failureOf(answer(session.run(number("select 1"), 200ms)));
        QCOMPARE(failure.kind, pg::ErrorKind::Timeout);
        QCOMPARE(failure.effect, pg::Effect::None);
        QVERIFY(timer.elapsed() < 2'000);
    }

    void resultsForADestroyedContextAreDropped() {
        Session session(m_database.info(), quick());
        session.open();
        bool called = false;
        {
            QObject context;
            links::whenDone(session.run(number("select 1 from pg_sleep(0.05)"), 5s), &context,
                            [&called](const links::Reply<std::int64_t>&) { called = true; });
        }
        answer(session.run(number("select 2"), 5s));
        QCoreApplication::processEvents();
        QVERIFY(!called);
        QObject alive;
        links::whenDone(session.run(number("select 3"), 5s), &alive, [&](const links::Reply<std::int64_t>& reply) {
            called = std::get<std::int64_t>(reply) == 3 && QThread::currentThread() == thread();
        });
        QTRY_VERIFY(called);
    }

    void storm() {
        Session session(m_database.info(), quick());
        QSignalSpy notified(&session, &Session::notified);
        QSignalSpy listening(&session, &Session::listening);
        const QString odd = u"b \"ü\""_s;
        session.listen({u"a"_s, odd});
        session.open();
        QTRY_COMPARE(listening.count(), 1);
        auto sender = m_database.connect();
        QElapsedTimer timer;
        timer.start();
        sender.execute({"select pg_notify('a', g::text) from generate_series(1, 10000) g", {}});
        sender.execute({"select pg_notify($1, 'last')", pg::Params::of(odd.toStdString())});
        const auto heard = [&notified](const QString& channel, const QString& payload) {
            return std::any_of(notified.begin(), notified.end(), [&](const QList<QVariant>& call) {
                return call.at(0).toString() == channel && call.at(1).toString() == payload;
            });
        };
        QTRY_VERIFY(heard(odd, u"last"_s));
        QTRY_VERIFY(heard(u"a"_s, u"10000"_s)); // the newest
        QVERIFY(notified.count() <= 2 * (timer.elapsed() / 100 + 2));
        session.listen({odd}); // replaces
        QTRY_COMPARE(listening.count(), 2);
        notified.clear();
        sender.execute({"select pg_notify('a', ''), pg_notify($1, 'x')", pg::Params::of(odd.toStdString())});
        QTRY_COMPARE(notified.count(), 1);
        QCOMPARE(notified.at(0).at(1).toString(), u"x"_s);
    }

    void notices() {
        Session session(m_database.info(), quick());
        QSignalSpy noticed(&session, &Session::noticed);
        session.open();
        answer(session.work(
            [](pg::Connection& connection, pg::Deadline deadline) {
                connection.execute({"do $$ begin for i in 1..20000 loop raise warning 'w %', i; end loop; end $$", {}},
                                   deadline);
            },
            20s));
        QTRY_VERIFY(noticed.count() >= 1);
        QCOMPARE(noticed.at(0).at(0).value<pg::Notice>().message, "w 1");
    }

    void manySessionsComeAndGo() {
        for (int i = 0; i < 30; ++i) {
            Session session(m_database.info(), quick());
            session.open();
            if (i % 3 == 0) {
                answer(session.run(number("select 1"), 5s));
            } else if (i % 3 == 1) {
                session.run(number("select 1 from pg_sleep(20)"), 20s);
                QTRY_COMPARE(session.state(), SessionState::Busy);
            }
        }
        QVERIFY(Session::waitForThreads(10s));
        auto observer = m_database.connect();
        QTRY_COMPARE_WITH_TIMEOUT(
            support::number(observer, "select count(*) from pg_stat_activity where datname = current_database()"), 1,
            10'000);
    }

    void closedSessionAnswers() {
        Session session(m_database.info(), quick());
        QCOMPARE(failureOf(answer(session.run(number("select 1"), 5s))).kind, pg::ErrorKind::Usage);
        session.close();
        session.open();
        session.open(); // a second time changes nothing
        QCOMPARE(std::get<std::int64_t>(answer(session.run(number("select 1"), 5s))), 1);
        session.close();
        session.close();
        QVERIFY(std::holds_alternative<pg::Failure>(answer(session.run(number("select 1"), 5s))));
    }

private:
    TestDatabase m_database;
};

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
