// SPDX-License-Identifier: GPL-3.0-or-later
// Connections that break: what is said about why, and about what became of the work.
#include "support/expect.h"
#include "support/faultproxy.h"
#include "support/testserver.h"

#include <QTest>

#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using pg::after;
using pg::Connection;
using pg::Effect;
using pg::ErrorKind;
using support::failureOf;
using support::FaultProxy;
using support::number;
using support::TestDatabase;
using support::TestServer;

namespace {

const std::string killMe = "select pg_terminate_backend(pg_backend_pid())";

} // namespace

class TestFaults : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() {
        m_database = std::make_unique<TestDatabase>();
        m_observer = std::make_unique<Connection>(m_database->connect());
        m_observer->execute({"create table marks (mark bigint)", {}});
        m_proxy = std::make_unique<FaultProxy>("127.0.0.1", TestServer::shared().port());
    }

    void init() { m_proxy->pass(); }

    void cleanupTestCase() {
        m_observer.reset();
        m_proxy.reset();
        m_database.reset();
    }

    void killedWhileIdle() {
        for (const char* sslmode : {"disable", "require"}) {
            auto info = m_database->tcpInfo();
            info.set("sslmode", sslmode);
            auto connection = Connection::open(info);
            kill(connection);
            const auto failure = failureOf([&] { connection.execute({"insert into marks values (1)", {}}); });
            QCOMPARE(failure.kind, ErrorKind::ConnectionLost);
            QCOMPARE(failure.effect, Effect::None); // seen before anything was sent
            QCOMPARE(failure.diagnostics.sqlState, "57P01");
            QCOMPARE(failure.diagnostics.severity, "FATAL");
            QVERIFY(!connection.isOpen());
            const auto again = failureOf([&] { connection.execute({"select 1", {}}); });
            QCOMPARE(again.kind, ErrorKind::ConnectionLost);
            QCOMPARE(again.effect, Effect::None);
            QCOMPARE(again.diagnostics.sqlState, "57P01");
        }
        QCOMPARE(number(*m_observer, "select count(*) from marks where mark = 1"), 0);
    }

    void killedWhileBusy() {
        auto connection = m_database->connect();
        const auto failure = failureOf([&] { connection.execute({killMe, {}}); });
        QCOMPARE(failure.kind, ErrorKind::ConnectionLost);
        QCOMPARE(failure.diagnostics.sqlState, "57P01"); // not the second error, which says nothing
        QCOMPARE(failure.effect, Effect::Unknown);

        auto inBlock = m_database->connect();
        inBlock.execute({"begin", {}});
        QCOMPARE(failureOf([&] { inBlock.execute({killMe, {}}); }).effect, Effect::None); // nothing could commit

        auto streaming = m_database->connect();
        const auto midway = failureOf([&] {
            streaming.stream(
                {"select case when g = 500 then pg_terminate_backend(pg_backend_pid()) end from "
                 "generate_series(1, 100000) g",
                 {}},
                [](const pg::Row&) { return true; }, after(20s));
        });
        QCOMPARE(midway.kind, ErrorKind::ConnectionLost);
        QCOMPARE(midway.diagnostics.sqlState, "57P01");
        QVERIFY(!streaming.isOpen());

        auto script = m_database->connect();
        QCOMPARE(failureOf([&] {
                     script.executeScript("select 1; " + killMe + "; select 2", after(5s));
                 }).diagnostics.sqlState,
                 "57P01");
    }

    void killedWhileListening() {
        auto connection = m_database->connect();
        connection.listen("news", after(5s));
        std::thread other([this, pid = connection.backendPid()] {
            m_database->connect().execute({"select pg_terminate_backend($1::int)", pg::Params::of(pid)});
        });
        const auto failure = failureOf([&] { connection.waitForNotifications(after(20s)); });
        other.join();
        QCOMPARE(failure.kind, ErrorKind::ConnectionLost);
        QCOMPARE(failure.diagnostics.sqlState, "57P01");
        QCOMPARE(failure.effect, Effect::None);
    }

    // The server's own timeout for sessions that forget their transaction.
    void idleInTransactionTimeout() {
        auto connection = m_database->connect();
        connection.executeScript(
            "begin; set local idle_in_transaction_session_timeout = '50ms'; insert into marks values (2)", after(5s));
        QTRY_COMPARE(number(*m_observer, "select count(*) from pg_stat_activity where pid = " +
                                             std::to_string(connection.backendPid())),
                     0);
        const auto failure = failureOf([&] { connection.execute({"commit", {}}); });
        QCOMPARE(failure.kind, ErrorKind::ConnectionLost);
        QCOMPARE(failure.diagnostics.sqlState, "25P03");
        QCOMPARE(failure.effect, Effect::None);
    }

    void pipelineOfADeadServerEnds() {
        auto connection = m_database->connect();
        std::vector<pg::PipelineStep> steps(50, {{"select 1", {}}, true});
        steps[20] = {{killMe, {}}, true};
        const auto began = pg::Clock::now();
        const auto failure = failureOf([&] { connection.pipeline(steps, after(20s)); });
        QVERIFY(pg::Clock::now() - began < 5s);
        QCOMPARE(failure.kind, ErrorKind::ConnectionLost);
        QCOMPARE(failure.diagnostics.sqlState, "57P01");
        QCOMPARE(failure.effect, Effect::Unknown);
        QVERIFY(!connection.isOpen());
    }

    void silentPeer_data() {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("sql");
        QTest::addColumn<bool>("unknown");
        QTest::newRow("autocommit") << u""_s << u"insert into marks values (3)"_s << true;
        QTest::newRow("in a block") << u"begin"_s << u"insert into marks values (3)"_s << false;
        QTest::newRow("commit") << u"begin"_s << u"commit"_s << true;
        QTest::newRow("rollback") << u"begin"_s << u"rollback"_s << false;
        QTest::newRow("begin") << u""_s << u"begin"_s << false;
        QTest::newRow("set") << u""_s << u"set work_mem = '1MB'"_s << false;
    }

    void silentPeer() {
        QFETCH(QString, before);
        QFETCH(QString, sql);
        QFETCH(bool, unknown);
        Connection::Options options;
        options.cancelGrace = 200ms;
        auto connection = throughProxy(options);
        if (!before.isEmpty()) {
            connection.execute({before.toStdString(), {}});
        }
        m_proxy->blackhole();
        const auto began = pg::Clock::now();
        const auto failure = failureOf([&] { connection.execute({sql.toStdString(), {}}, after(200ms)); });
        QVERIFY(pg::Clock::now() - began < 3s);
        QCOMPARE(failure.kind, ErrorKind::Timeout);
        QCOMPARE(failure.effect, unknown ? Effect::Unknown : Effect::None);
        QVERIFY(!connection.isOpen());
        QCOMPARE(failureOf([&] { connection.execute({"select 1", {}}); }).kind, ErrorKind::ConnectionLost);
    }

    void silentPeerEndsWaitsOfEveryKind() {
        Connection::Options options;
        options.cancelGrace = 100ms;
        const auto each = {
            +[](Connection& c) {
                c.pipeline(std::vector<pg::PipelineStep>{{{"select 1", {}}}}, after(100ms));
            },
            +[](Connection& c) { c.executeScript("select 1", after(100ms)); },
            +[](Connection& c) {
                c.stream(
                    {"select 1", {}}, [](const pg::Row&) { return true; }, after(100ms));
            },
            +[](Connection& c) {
                c.copyIn(
                    "copy marks from stdin", [](std::string&) { return false; }, after(100ms));
            },
        };
        for (const auto& wait : each) {
            m_proxy->pass();
            auto connection = throughProxy(options);
            m_proxy->blackhole();
            QCOMPARE(failureOf([&] { wait(connection); }).kind, ErrorKind::Timeout);
        }
        // In the middle of a COPY the buffers fill up and nobody reads.
        m_proxy->pass();
        auto connection = throughProxy(options);
        int pieces = 0;
        const auto failure = failureOf([&] {
            connection.copyIn(
                "copy marks from stdin",
                [&](std::string& buffer) {
                    if (++pieces == 3) {
                        m_proxy->blackhole();
                    }
                    buffer.assign(1'000'000, '1');
                    buffer += '\n';
                    return true;
                },
                after(1s));
        });
        QCOMPARE(failure.kind, ErrorKind::Timeout);
        QCOMPARE(failure.effect, Effect::None); // the end of the COPY was never sent
    }

    void slowNetworkIsNoFault() {
        m_proxy->delay(60ms);
        auto connection = throughProxy({});
        QCOMPARE(number(connection, "select 1"), 1);
        const auto failure = failureOf([&] { connection.execute({"select pg_sleep(20)", {}}, after(200ms)); });
        QCOMPARE(failure.kind, ErrorKind::Timeout);
        QCOMPARE(failure.effect, Effect::None);
        QCOMPARE(number(connection, "select 1"), 1);
    }

    void listenerKeepsWhatArrivedBeforeTheEnd() {
        std::vector<std::string> heard;
        Connection::Options options;
        options.onNotification = [&heard](const pg::Notification& n) { heard.push_back(n.payload); };
        auto connection = throughProxy(options);
        connection.listen("last", after(5s));
        const auto before = m_proxy->bytesToClient();
        m_observer->execute({"select pg_notify('last', 'words')", {}});
        QTRY_VERIFY(m_proxy->bytesToClient() > before);
        kill(connection);
        const auto failure = failureOf([&] { connection.execute({"select 1", {}}); });
        QCOMPARE(failure.kind, ErrorKind::ConnectionLost);
        QCOMPARE(heard, std::vector<std::string>{"words"});
    }

    // Cuts the connection after every single byte of the exchange, in both directions, and compares what is said about
    // the effect with what the database holds: never "nothing changed" about a row that is there.
    void cutAtEveryByte_data() {
        QTest::addColumn<int>("form");
        QTest::addColumn<bool>("toServer");
        QTest::addColumn<bool>("silent");
        const char* const forms[] = {"autocommit", "commit alone", "transaction in one pipeline", "script", "copy"};
        for (int form = 0; form < 5; ++form) {
            QTest::addRow("%s, sending", forms[form]) << form << true << false;
            QTest::addRow("%s, receiving", forms[form]) << form << false << false;
        }
        QTest::newRow("commit alone, sending, silence") << 1 << true << true;
        QTest::newRow("commit alone, receiving, silence") << 1 << false << true;
    }

    void cutAtEveryByte() {
        QFETCH(int, form);
        QFETCH(bool, toServer);
        QFETCH(bool, silent);
        Connection::Options options;
        options.cancelGrace = 20ms;
        int wrong = 0;
        int lost = 0;
        int none = 0;
        int unknownCommitted = 0;
        std::vector<std::int64_t> noneMarks;
        std::vector<std::int64_t> unknownMarks;
        bool finished = false;
        for (std::size_t bytes = 0; !finished; bytes += silent ? 5 : 1) {
            QVERIFY(bytes < 5'000);
            m_proxy->pass();
            auto connection = throughProxy(options);
            const std::int64_t mark = ++m_mark;
            prepare(form, connection, mark);
            const auto what = silent ? FaultProxy::AtLimit::Blackhole : FaultProxy::AtLimit::Close;
            if (toServer) {
                m_proxy->limitToServer(bytes, what);
            } else {
                m_proxy->limitToClient(bytes, what);
            }
            try {
                run(form, connection, mark, after(silent ? 40ms : 10s));
                finished = true;
                m_proxy->pass();
            } catch (const pg::Error& error) {
                ++lost;
                QVERIFY(error.kind() == ErrorKind::ConnectionLost || (silent && error.kind() == ErrorKind::Timeout));
                (error.failure().effect == Effect::None ? noneMarks : unknownMarks).push_back(mark);
            }
        }
        // Whatever still runs for a lost client has to end before its rows can be counted.
        m_proxy->pass();
        m_proxy->closeAll();
        QTRY_COMPARE_WITH_TIMEOUT(number(*m_observer, "select count(*) from pg_stat_activity where datname = "
                                                      "current_database() and backend_type = 'client backend'"),
                                  1, 20'000);
        for (const auto mark : noneMarks) {
            ++none;
            wrong += number(*m_observer, "select count(*) from marks where mark = " + std::to_string(mark)) > 0;
        }
        for (const auto mark : unknownMarks) {
            unknownCommitted +=
                number(*m_observer, "select count(*) from marks where mark = " + std::to_string(mark)) > 0;
        }
        QCOMPARE(wrong, 0);
        QVERIFY(lost > (silent ? 3 : 10));
        if (!toServer) {
            QVERIFY(unknownCommitted > 0); // the test does reach the dangerous moment
        }
        qInfo("%d cuts: %d said nothing changed, %d unknown of which %d had committed", lost, none, lost - none,
              unknownCommitted);
    }

private:
    Connection throughProxy(const Connection::Options& options) const {
        auto info = m_database->tcpInfo();
        info.set("port", m_proxy->port());
        return Connection::open(info, options);
    }

    // Ends the backend and waits until it has gone.
    void kill(const Connection& connection) const {
        m_observer->execute({"select pg_terminate_backend($1::int, 10000)", pg::Params::of(connection.backendPid())});
    }

    static void prepare(int form, Connection& connection, std::int64_t mark) {
        if (form == 1) {
            connection.execute({"begin", {}});
            connection.execute({"insert into marks values ($1)", pg::Params::of(mark)});
        }
    }

    static void run(int form, Connection& connection, std::int64_t mark, pg::Deadline deadline) {
        const pg::Statement insert{"insert into marks values ($1)", pg::Params::of(mark)};
        switch (form) {
        case 0:
            connection.execute(insert, deadline);
            break;
        case 1:
            connection.execute({"commit", {}}, deadline);
            break;
        case 2: {
            const std::vector<pg::PipelineStep> steps{{{"begin", {}}}, {insert}, {{"commit", {}}, true}};
            connection.pipeline(steps, deadline);
            break;
        }
        case 3:
            connection.executeScript("begin; " + insert.display() + "; commit", deadline);
            break;
        default:
            connection.copyIn(
                "copy marks from stdin",
                [mark](std::string& buffer) {
                    buffer = std::to_string(mark) + '\n';
                    return false;
                },
                deadline);
        }
    }

    std::unique_ptr<TestDatabase> m_database;
    std::unique_ptr<Connection> m_observer;
    std::unique_ptr<FaultProxy> m_proxy;
    std::int64_t m_mark = 1'000;
};

QTEST_GUILESS_MAIN(TestFaults)
#include "tst_faults.moc"
