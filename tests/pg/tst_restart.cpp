// SPDX-License-Identifier: GPL-3.0-or-later
// A whole server that freezes, dies and comes back.
#include "support/expect.h"
#include "support/testserver.h"

#include <QTest>

#include <thread>

using namespace std::chrono_literals;
using pg::after;
using pg::Connection;
using pg::Effect;
using pg::ErrorKind;
using support::failureOf;
using support::TestServer;

class TestRestart : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() {
        m_server = TestServer::startPrivate();
        Connection::open(m_server->info()).execute({"create table marks (mark int)", {}});
    }

    void cleanupTestCase() { m_server.reset(); }

    void frozen() {
        Connection::Options options;
        options.cancelGrace = 300ms;
        options.connectTimeout = 300ms;
        auto connection = Connection::open(m_server->info(), options);
        auto block = Connection::open(m_server->info(), options);
        block.execute({"begin", {}});
        m_server->pause();
        const auto began = pg::Clock::now();
        auto failure = failureOf([&] { connection.execute({"insert into marks values (1)", {}}, after(200ms)); });
        QCOMPARE(failure.kind, ErrorKind::Timeout);
        QCOMPARE(failure.effect, Effect::Unknown);
        failure = failureOf([&] { block.execute({"insert into marks values (2)", {}}, after(200ms)); });
        QCOMPARE(failure.kind, ErrorKind::Timeout);
        QCOMPARE(failure.effect, Effect::None);
        QCOMPARE(failureOf([&] { Connection::open(m_server->info(), options); }).kind, ErrorKind::Timeout);
        QVERIFY(pg::Clock::now() - began < 4s);
        m_server->resume();
        QVERIFY(Connection::open(m_server->info()).isOpen());
    }

    void killedAndBack() {
        auto busy = Connection::open(m_server->info());
        auto idle = Connection::open(m_server->info());
        std::thread other([this] { m_server->kill(); });
        const auto failure = failureOf([&] {
            for (;;) {
                busy.execute({"insert into marks values (3)", {}}, after(20s));
            }
        });
        other.join();
        QCOMPARE(failure.kind, ErrorKind::ConnectionLost);
        QVERIFY(!failure.text().empty());
        const auto late = failureOf([&] { idle.execute({"select 1", {}}); });
        QCOMPARE(late.kind, ErrorKind::ConnectionLost);
        QCOMPARE(late.effect, Effect::None);
        QCOMPARE(failureOf([&] { Connection::open(m_server->info()); }).kind, ErrorKind::Connect);
        m_server->start();
        QVERIFY(Connection::open(m_server->info()).isOpen());
    }

private:
    std::unique_ptr<TestServer> m_server;
};

QTEST_GUILESS_MAIN(TestRestart)
#include "tst_restart.moc"
