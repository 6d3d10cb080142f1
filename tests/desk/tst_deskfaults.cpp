// SPDX-License-Identifier: GPL-3.0-or-later
// The server goes away in every way: the window's event loop never waits, what was seen stays, and it comes back.
#include "desk/desk.h"
#include "desk/watch.h"
#include "support/faultproxy.h"
#include "support/foreign.h"
#include "support/gaps.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

#include <atomic>
#include <thread>

using namespace std::chrono_literals;
using desk::Desk;
using desk::LinkState;
using std::chrono::milliseconds;
using support::Gaps;
using support::run;

namespace {

constexpr auto stopped = 4s;
constexpr auto patience = 20s; ///< of the desk with a server that does not answer

/// Does something that takes its time on another thread, while the event loop turns.
template <class F>
void aside(F f) {
    std::atomic<bool> done = false;
    std::thread thread([&] {
        f();
        done = true;
    });
    QTRY_VERIFY_WITH_TIMEOUT(done.load(), 60'000);
    thread.join();
}

} // namespace

class TestDeskFaults : public QObject {
    Q_OBJECT

    std::unique_ptr<support::TestServer> m_server;
    std::unique_ptr<support::TestDatabase> m_database;

    desk::Profile profile() const {
        desk::Profile one;
        one.connection = m_database->info();
        return one;
    }

private Q_SLOTS:

    void initTestCase() {
        m_server = support::TestServer::startPrivate();
        m_database = std::make_unique<support::TestDatabase>(*m_server, support::Schema::Pgque);
        pg::Connection admin = m_database->connect();
        run(admin, "select pgque.create_queue('orders'); select pgque.subscribe('orders', 'billing')");
    }

    void cleanupTestCase() {
        m_database.reset();
        m_server.reset();
    }

    /// SIGSTOP: connections stay up and nobody answers. Then SIGKILL, then a restart; an action is under way.
    void stoppedKilledRestarted() {
        Desk desk(profile());
        desk.setPeriod(100ms);
        desk.open();
        QTRY_VERIFY(desk.snapshot() != nullptr);
        desk.setAccessMode(desk::AccessMode::Operate);
        domain::ActionRequest create;
        create.action = "create_queue";
        create.queue = "first";
        auto first = desk.perform(create);
        QTRY_VERIFY(first.isFinished());
        const auto before = desk.snapshot()->number;
        Gaps gaps;

        aside([this] { m_server->pause(); });
        create.queue = "while stopped";
        auto action = desk.perform(create);
        QTest::qWait(int(milliseconds(stopped).count()));
        QVERIFY(!action.isFinished());
        QVERIFY(desk.snapshot()->number >= before); // stays
        aside([this] { m_server->resume(); });
        QTRY_VERIFY_WITH_TIMEOUT(action.isFinished(), 20'000);
        QCOMPARE(action.result().kind, domain::OutcomeKind::Done);
        const auto resumed = desk.snapshot()->number;
        QTRY_VERIFY_WITH_TIMEOUT(desk.snapshot()->number > resumed, 20'000);

        aside([this] { m_server->pause(); });
        create.queue = "while killed";
        action = desk.perform(create);
        QTest::qWait(300);
        aside([this] { m_server->kill(); });
        QTRY_VERIFY_WITH_TIMEOUT(desk.linkStatus().state != LinkState::Live, 20'000);
        QTRY_VERIFY_WITH_TIMEOUT(action.isFinished(), 20'000);
        QVERIFY(action.result().kind != domain::OutcomeKind::Done);
        QVERIFY(desk.snapshot() != nullptr);
        QVERIFY(!desk.linkStatus().failure.text().empty());
        const auto lost = desk.snapshot();

        aside([this] { m_server->start(); });
        QTRY_VERIFY_WITH_TIMEOUT(desk.snapshot() != lost && desk.linkStatus().state == LinkState::Live, 40'000);
        QVERIFY(!desk.isStale());
        // Who waits for a stopped server waits until it goes on.
        qInfo("longest gap of the event loop: %lld ms, worked at once %.0f ms", gaps.longest(), gaps.busiest());
        QVERIFY2(gaps.longest() < milliseconds(stopped).count() / 2, qPrintable(QString::number(gaps.longest())));
    }

    /// Packets vanish: nothing says that the peer is gone.
    void blackHole() {
        support::FaultProxy proxy("127.0.0.1", m_server->port());
        desk::Profile through = profile();
        through.connection = m_database->tcpInfo();
        through.connection.set("port", proxy.port());
        auto desk = std::make_unique<Desk>(through);
        desk->setPeriod(100ms);
        desk->open();
        QTRY_VERIFY(desk->snapshot() != nullptr);
        proxy.blackhole();
        const auto before = desk->snapshot()->number;
        QTest::qWait(500);
        QVERIFY(desk->snapshot()->number <= before + 2);
        QElapsedTimer timer;
        timer.start();
        desk.reset(); // closing the window
        QVERIFY2(timer.elapsed() < milliseconds(patience).count() / 2, qPrintable(QString::number(timer.elapsed())));
        links::Session::waitForThreads(300ms); // what the program does at its end
        QVERIFY2(timer.elapsed() < milliseconds(patience).count() / 2, qPrintable(QString::number(timer.elapsed())));
        proxy.closeAll();
    }

    /// What a slow server could not answer is left out for a while, and not asked again all at once after a reconnect.
    void aSlowServerIsAskedForLess() {
        support::FaultProxy proxy("127.0.0.1", m_server->port());
        pg::ConnectionInfo through = m_database->tcpInfo();
        through.set("port", proxy.port());
        desk::Watch watch(std::make_shared<domain::Account>(), {}, true);
        pg::Connection first = pg::Connection::open(through);
        const desk::Seen whole = watch.look(first, 1, {}, pg::after(20s));
        QVERIFY(whole.snapshot->errors.empty());
        QVERIFY(whole.snapshot->queues.at(0).eventSeqNow.has_value());
        proxy.blackhole();
        bool late = false;
        try {
            watch.look(first, 1, {}, pg::after(300ms));
        } catch (const pg::Error& error) {
            late = error.kind() == pg::ErrorKind::Timeout;
        }
        QVERIFY(late);
        QVERIFY(!first.isOpen());
        proxy.pass();
        pg::Connection second = pg::Connection::open(through);
        const desk::Seen core = watch.look(second, 2, {}, pg::after(20s));
        QCOMPARE(core.snapshot->queues.size(), whole.snapshot->queues.size());
        QCOMPARE(core.snapshot->capabilities.schemaVersion, whole.snapshot->capabilities.schemaVersion);
        QVERIFY(core.snapshot->cost.statements < whole.snapshot->cost.statements);
        QVERIFY(!core.snapshot->queues.at(0).eventSeqNow); // unknown, not old
        QCOMPARE(core.snapshot->errors.at(0).part, std::string("sequences"));
    }

    void nobodyThere() {
        desk::Profile wrong;
        wrong.connection = pg::ConnectionInfo::parse("host=127.0.0.1 port=1 dbname=x");
        Desk desk(wrong);
        desk.open();
        QTRY_COMPARE(desk.linkStatus().state, LinkState::Lost);
        QVERIFY(desk.linkStatus().nextTry.has_value());
        QCOMPARE(desk.linkStatus().failure.kind, pg::ErrorKind::Connect);
        QVERIFY(!desk.snapshot());
        const auto page = desk.eventPage(1, 1, 2, 0, {}, {}, 10);
        QTRY_VERIFY(page.isFinished());
        QVERIFY(std::holds_alternative<pg::Failure>(page.result()));
        desk.close();
        domain::ActionRequest create;
        create.action = "create_queue";
        const auto refused = desk.perform(create);
        QVERIFY(refused.isFinished());
        QCOMPARE(refused.result().kind, domain::OutcomeKind::Refused);
    }

    /// A server older than the schema can be is said to be so, once, and left alone.
    void unsupportedVersion() {
        support::FaultProxy proxy("127.0.0.1", m_server->port());
        proxy.rewriteToClient(std::string("server_version\0"
                                          "1",
                                          16),
                              std::string("server_version\0"
                                          "0",
                                          16));
        desk::Profile through = profile();
        through.connection = m_database->tcpInfo();
        through.connection.set("port", proxy.port());
        Desk desk(through);
        desk.open();
        desk.setAccessMode(desk::AccessMode::Operate);
        QTRY_COMPARE(desk.linkStatus().state, LinkState::Failed);
        const std::string why = desk.linkStatus().failure.text();
        QVERIFY2(why.find("works with PostgreSQL 14 and later") != std::string::npos, why.c_str());
        QTRY_COMPARE(desk.accessMode(), desk::AccessMode::Observe);
        QTest::qWait(300);
        QVERIFY(!desk.snapshot());
        proxy.pass();
        proxy.rewriteToClient({}, {});
        desk.reconnectNow();
        QTRY_VERIFY_WITH_TIMEOUT(desk.snapshot() != nullptr, 20'000);
    }

    void noSuchDatabase() {
        desk::Profile wrong = profile();
        wrong.connection.set("dbname", "there is none of this name");
        Desk desk(wrong);
        desk.open();
        QTRY_VERIFY(desk.linkStatus().state == LinkState::Lost || desk.linkStatus().state == LinkState::Failed);
        QCOMPARE(desk.linkStatus().failure.diagnostics.sqlState, std::string("3D000"));
    }
};

QTEST_GUILESS_MAIN(TestDeskFaults)
#include "tst_deskfaults.moc"
