// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/expect.h"
#include "support/faultproxy.h"
#include "support/testserver.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstdlib>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using pg::after;
using pg::Connection;
using pg::ConnectionInfo;
using pg::Effect;
using pg::ErrorKind;
using support::failureOf;
using support::FaultProxy;
using support::qt;
using support::TestServer;

namespace {

ConnectionInfo with(ConnectionInfo info, std::initializer_list<std::pair<const char*, std::string>> changes) {
    for (const auto& [key, value] : changes) {
        info.set(key, value);
    }
    return info;
}

pg::Failure refusal(const ConnectionInfo& info, Connection::Options options = {}) {
    return failureOf([&] { Connection::open(info, std::move(options)); });
}

// A port on which nobody listens.
std::string closedPort() {
    return FaultProxy("127.0.0.1", "1").port();
}

} // namespace

class TestConnect : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() {
        m_tcp = TestServer::shared().tcpInfo();
        // The one user whom the test server asks for a password.
        auto administrator = Connection::open(TestServer::shared().info());
        failureOf([&] { administrator.execute({"create role password_user login", {}}); });
        administrator.execute({"alter role password_user password 'right'", {}});
    }

    void wrongHost() {
        const auto began = pg::Clock::now();
        const auto failure = refusal(with(m_tcp, {{"host", "no-such-host.invalid"}}));
        QCOMPARE(failure.kind, ErrorKind::Connect);
        QCOMPARE(failure.effect, Effect::None);
        QVERIFY2(qt(failure.text()).contains(u"no-such-host.invalid"_s), failure.text().c_str());
        QVERIFY(pg::Clock::now() - began < 30s);
    }

    void wrongPort() {
        const auto port = closedPort();
        const auto failure = refusal(with(m_tcp, {{"port", port}}));
        QCOMPARE(failure.kind, ErrorKind::Connect);
        QVERIFY2(qt(failure.text()).contains(qt(port)), failure.text().c_str());
        QCOMPARE(refusal(with(m_tcp, {{"port", "not a port"}})).kind, ErrorKind::Connect);
        QCOMPARE(refusal(with(m_tcp, {{"host", "/no/such/folder"}})).kind, ErrorKind::Connect);
    }

    void wrongDatabase() {
        const auto failure = refusal(with(m_tcp, {{"dbname", "no such database"}}));
        QCOMPARE(failure.kind, ErrorKind::Connect);
        QCOMPARE(failure.diagnostics.sqlState, "3D000");
        QVERIFY2(qt(failure.text()).contains(u"no such database"_s), failure.text().c_str());
        QVERIFY(!qt(failure.text()).contains(u".c:"_s)); // the server's source lines are nobody's business
    }

    void passwords() {
        const auto asked = with(m_tcp, {{"user", "password_user"}, {"passfile", "/nonexistent"}});
        auto failure = refusal(asked);
        QCOMPARE(failure.kind, ErrorKind::Authentication);
        failure = refusal(with(asked, {{"password", "wrong-secret"}}));
        QCOMPARE(failure.kind, ErrorKind::Authentication);
        QCOMPARE(failure.diagnostics.sqlState, "28P01");
        QVERIFY(!qt(failure.text()).contains(u"wrong-secret"_s));
        failure = refusal(with(m_tcp, {{"user", "no_such_role"}}));
        QCOMPARE(failure.kind, ErrorKind::Authentication);
        QCOMPARE(failure.diagnostics.sqlState, "28000");
        auto connection = Connection::open(with(asked, {{"password", "right"}}));
        QVERIFY(connection.neededPassword());
    }

    void wrongKeywords() {
        QCOMPARE(refusal(with(m_tcp, {{"sslmode", "sometimes"}})).kind, ErrorKind::Connect);
        QCOMPARE(refusal(with(m_tcp, {{"no_such_keyword", "x"}})).kind, ErrorKind::Connect);
        QCOMPARE(refusal(with(m_tcp, {{"service", "no such service"}})).kind, ErrorKind::Connect);
    }

    void tlsChecksTheCertificate() {
        const auto verified = with(m_tcp, {{"host", "localhost"},
                                           {"hostaddr", "127.0.0.1"},
                                           {"sslmode", "verify-full"},
                                           {"sslrootcert", TestServer::shared().certificate()}});
        auto connection = Connection::open(verified);
        QVERIFY(connection.usesTls());
        const std::string bulk(3'000'000, 'x');
        const auto result = connection.execute({"select $1::text", pg::Params::of(bulk)}, after(20s));
        QVERIFY(result.text(0, 0) == bulk);
        QCOMPARE(failureOf([&] {
                     connection.execute({"select pg_sleep(20)", {}}, after(200ms));
                 }).kind,
                 ErrorKind::Timeout);

        auto failure = refusal(with(verified, {{"host", "other.example"}}));
        QCOMPARE(failure.kind, ErrorKind::Connect);
        QVERIFY2(qt(failure.text()).contains(u"other.example"_s), failure.text().c_str());

        const QTemporaryDir folder;
        const QString stranger = folder.filePath(u"stranger.crt"_s);
        const QString command = u"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout '%1' "
                                "-out '%2' 2> /dev/null"_s.arg(folder.filePath(u"key"_s), stranger);
        QCOMPARE(std::system(qPrintable(command)), 0);
        failure = refusal(with(verified, {{"sslrootcert", stranger.toStdString()}}));
        QCOMPARE(failure.kind, ErrorKind::Connect);
        QVERIFY2(qt(failure.text()).contains(u"certificate"_s), failure.text().c_str());
        failure = refusal(with(verified, {{"sslrootcert", "/no/such/file"}}));
        QCOMPARE(failure.kind, ErrorKind::Connect);
    }

    // libpq replaces the socket between hosts, under the same number.
    void socketIsReplacedDuringConnect() {
        const auto& port = TestServer::shared().port();
        auto connection = Connection::open(with(m_tcp, {{"host", "127.0.0.1,127.0.0.1,127.0.0.1"},
                                                        {"port", closedPort() + ',' + closedPort() + ',' + port}}));
        QCOMPARE(connection.port(), port);
        // Both are asked for their role, then the first again.
        auto preferring = Connection::open(with(m_tcp, {{"host", "127.0.0.1,127.0.0.1"},
                                                        {"port", port + ',' + port},
                                                        {"target_session_attrs", "prefer-standby"}}));
        QCOMPARE(preferring.execute({"select 1", {}}).row(0).get<std::int32_t>(0), 1);
        const auto none = refusal(with(m_tcp, {{"target_session_attrs", "standby"}}));
        QCOMPARE(none.kind, ErrorKind::Connect);
        const auto refused = refusal(with(
            m_tcp,
            {{"host", "127.0.0.1,127.0.0.1"}, {"port", closedPort() + ',' + port}, {"dbname", "no such database"}}));
        QCOMPARE(refused.diagnostics.sqlState, "3D000");
    }

    void silentPeer() {
        FaultProxy proxy("127.0.0.1", TestServer::shared().port());
        proxy.blackhole();
        const auto info = with(m_tcp, {{"port", proxy.port()}});
        Connection::Options options;
        options.connectTimeout = 300ms;
        auto began = pg::Clock::now();
        auto failure = refusal(info, options);
        QCOMPARE(failure.kind, ErrorKind::Timeout);
        QCOMPARE(failure.effect, Effect::None);
        QVERIFY(pg::Clock::now() - began < 2s);
        began = pg::Clock::now();
        failure = refusal(with(info, {{"connect_timeout", "1"}, {"sslmode", "require"}})); // the info's own word
        QCOMPARE(failure.kind, ErrorKind::Timeout);
        QVERIFY(pg::Clock::now() - began < 4s);

        options.connectTimeout = 20s;
        options.interrupt = std::make_shared<pg::Interrupt>();
        std::thread other([&] {
            std::this_thread::sleep_for(100ms); // only to be inside the wait; the outcome is the same before it
            options.interrupt->raise();
        });
        began = pg::Clock::now();
        failure = refusal(info, options);
        other.join();
        QCOMPARE(failure.kind, ErrorKind::Cancelled);
        QVERIFY(pg::Clock::now() - began < 5s);
    }

    void cutAtEveryByteOfTheGreeting_data() {
        QTest::addColumn<QString>("sslmode");
        QTest::newRow("plain") << u"disable"_s;
        QTest::newRow("TLS") << u"require"_s;
    }

    void cutAtEveryByteOfTheGreeting() {
        QFETCH(QString, sslmode);
        FaultProxy proxy("127.0.0.1", TestServer::shared().port());
        const auto info = with(m_tcp, {{"port", proxy.port()}, {"sslmode", sslmode.toStdString()}});
        Connection::open(info);
        const auto total = proxy.bytesToClient();
        QVERIFY(total > 100);
        const std::size_t step = sslmode == u"require"_s ? 97 : 13;
        for (std::size_t bytes = 0; bytes + 64 < total; bytes += step) {
            proxy.pass();
            proxy.limitToClient(bytes, FaultProxy::AtLimit::Close);
            const auto failure = refusal(info);
            QCOMPARE(failure.kind, ErrorKind::Connect);
            QVERIFY(!failure.text().empty());
        }
        proxy.pass();
        QVERIFY(Connection::open(info).isOpen());
    }

    void byteByByte() {
        FaultProxy proxy("127.0.0.1", TestServer::shared().port());
        proxy.oneByteAtATime();
        for (const char* sslmode : {"disable", "require"}) {
            auto connection = Connection::open(with(m_tcp, {{"port", proxy.port()}, {"sslmode", sslmode}}));
            const auto result =
                connection.execute({"select g, repeat('x', 20) from generate_series(1, 200) g", {}}, after(20s));
            QCOMPARE(result.rowCount(), 200);
            const std::vector<pg::PipelineStep> steps{
                {{"select 1", {}}, true}, {{"select 1/0", {}}, true}, {{"select 2", {}}}};
            const auto answers = connection.pipeline(steps, after(10s));
            QCOMPARE(std::get<pg::Result>(answers[2]).row(0).get<std::int32_t>(0), 2);
        }
    }

private:
    ConnectionInfo m_tcp;
};

QTEST_GUILESS_MAIN(TestConnect)
#include "tst_connect.moc"
