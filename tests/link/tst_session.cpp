// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/session.h"
#include "support/faultproxy.h"
#include "support/testserver.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

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

private:
    TestDatabase m_database;
};

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
