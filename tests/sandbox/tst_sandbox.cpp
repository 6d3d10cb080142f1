// SPDX-License-Identifier: GPL-3.0-or-later
// The sandbox as a person meets it, with real servers below the build folder. Consoles are processes of their own, so
// that they can be killed and run as other users.

#include <QElapsedTimer>
#include <QTest>

#include <csignal>

#include "sandboxtest.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestSandbox : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void init() { m_folder = std::make_unique<SandboxFolder>(); }

    void cleanup() {
        const QStringList left = m_folder->left();
        m_folder.reset();
        QVERIFY2(left.isEmpty(), qPrintable("left behind: "_L1 + left.join(u' ')));
    }

    void startsTwiceInARow() {
        QElapsedTimer clock;
        clock.start();
        {
            Console console(*m_folder);
            QVERIFY2(console.waitFor("ready"), console.output());
            QVERIFY(console.has("Creating the database cluster"));
            QVERIFY(console.has("owner"));
            auto connection = console.connect();
            QCOMPARE(connection.execute({"select pgque.version()", {}}).row(0).get<std::string>(0),
                     std::string("0.2.0"));
            QCOMPARE(connection.execute({"show listen_addresses", {}}).row(0).get<std::string>(0), std::string());
            connection.executeScript("create table kept as select 1", pg::after(10s));
            QVERIFY2(console.stop(), console.output());
        }
        const qint64 first = clock.restart();
        {
            Console console(*m_folder);
            QVERIFY2(console.waitFor("ready"), console.output());
            QVERIFY(!console.has("Creating"));
            QVERIFY(!console.has("Installing"));
            auto connection = console.connect();
            connection.execute({"select from kept", {}});
            QVERIFY2(console.stop(), console.output());
        }
        qInfo("first start and stop %lld ms, second %lld ms", first, clock.elapsed());
    }

    void driverTicksAndRotates() {
        Console console(*m_folder);
        QVERIFY2(console.waitFor("ready"), console.output());
        auto connection = console.connect();
        connection.run(pgque::createQueue("q"));
        connection.run(pgque::setQueueConfig("q", "ticker_max_lag", "200 milliseconds"));
        connection.run(pgque::setQueueConfig("q", "rotation_period", "1 second"));
        connection.run(pgque::subscribe("q", "c"));
        connection.run(pgque::send("q", "first"));
        std::int64_t batch = 0;
        QTRY_VERIFY_WITH_TIMEOUT((batch = receive(connection)) != 0, 10'000);
        const auto message = connection.run(pgque::receive("q", "c", {})).at(0);
        connection.run(pgque::nack(batch, message.id, 1s));
        connection.run(pgque::ack(batch));
        QTRY_VERIFY_WITH_TIMEOUT((batch = receive(connection)) != 0, 10'000); // the retry came back
        connection.run(pgque::ack(batch));
        const auto table = [&] { return connection.run(pgque::getQueueInfo("q")).at(0).currentTable; };
        const int now = table();
        QTRY_VERIFY_WITH_TIMEOUT(receive(connection) || table() != now, 15'000);
        QVERIFY2(console.stop(), console.output());
    }

    void secondConsoleAttaches() {
        Console owner(*m_folder);
        QVERIFY2(owner.waitFor("ready"), owner.output());
        Console guest(*m_folder);
        QVERIFY2(guest.waitFor("ready"), guest.output());
        QVERIFY(guest.has("guest"));
        QCOMPARE(guest.connect().host(), owner.connect().host());
        QVERIFY2(guest.stop(), guest.output());
        owner.connect().execute({"select 1", {}}); // only who started it stops it
        QVERIFY2(owner.stop(), owner.output());
    }

    void consolesStartedTogetherShareOne() {
        Console one(*m_folder);
        Console other(*m_folder);
        QVERIFY2(one.waitFor("ready"), one.output());
        QVERIFY2(other.waitFor("ready"), other.output());
        QVERIFY(one.has("owner") != other.has("owner"));
        Console& guest = one.has("owner") ? other : one;
        Console& owner = one.has("owner") ? one : other;
        QVERIFY(guest.stop());
        QVERIFY(owner.stop());
    }

    void serverOfACrashedConsoleIsReused() {
        qint64 postmaster = 0;
        {
            Console console(*m_folder);
            QVERIFY2(console.waitFor("ready"), console.output());
            postmaster = m_folder->postmaster();
            console.kill();
        }
        QVERIFY(m_folder->serverRuns());
        Console next(*m_folder);
        QVERIFY2(next.waitFor("ready"), next.output());
        QVERIFY2(next.has("using it"), next.output());
        QVERIFY(next.has("owner"));
        QCOMPARE(m_folder->postmaster(), postmaster);
        QVERIFY2(next.stop(), next.output());
        QVERIFY(!m_folder->serverRuns());
    }

    void stoppedServerOfACrashedConsoleIsCleaned() {
        {
            Console console(*m_folder);
            QVERIFY2(console.waitFor("ready"), console.output());
            console.kill();
        }
        ::kill(pid_t(m_folder->postmaster()), SIGSTOP); // answers nobody
        Console next(*m_folder);
        QVERIFY2(next.waitFor("ready", 60), next.output());
        QVERIFY2(next.has("Cleaning up"), next.output());
        QVERIFY2(next.stop(), next.output());
    }

    void leftoversOfACrashedMachineAreCleaned() {
        {
            Console console(*m_folder);
            QVERIFY2(console.waitFor("ready"), console.output());
            console.kill();
        }
        // Everything died at once, and the server's number belongs to somebody else now: to this test.
        m_folder->killServer();
        m_folder->rewritePostmasterPid(QCoreApplication::applicationPid());
        Console next(*m_folder);
        QVERIFY2(next.waitFor("ready", 60), next.output());
        QVERIFY2(next.stop(), next.output());
    }

    void crashWhileCreatingTheCluster() {
        {
            Console console(*m_folder);
            QVERIFY(console.waitFor("Creating the database cluster"));
            console.kill();
        }
        Console next(*m_folder);
        QVERIFY2(next.waitFor("ready", 60), next.output());
        QVERIFY2(next.stop(), next.output());
    }

    void stoppedWhileStarting() {
        Console console(*m_folder);
        QVERIFY(console.waitFor("Starting the server"));
        QVERIFY2(console.stop(), console.output());
        QVERIFY(!console.has("ready"));
    }

    void killedServerComesBack() {
        Console console(*m_folder, {u"--demo"_s});
        QVERIFY2(console.waitFor("ready"), console.output());
        QVERIFY2(console.waitFor("planted"), console.output());
        m_folder->killServer();
        QVERIFY2(console.waitFor("was started again", 40), console.output());
        auto connection = console.connect();
        const auto orders = [&] { return connection.run(pgque::getQueueInfo("orders")).at(0).lastTickId.value_or(0); };
        const auto tick = orders();
        QTRY_VERIFY_WITH_TIMEOUT(orders() > tick + 2, 20'000); // the demonstration goes on
        QVERIFY2(console.stop(), console.output());
    }

    void unresponsiveServerIsStoppedAllTheSame() {
        Console console(*m_folder);
        QVERIFY2(console.waitFor("ready"), console.output());
        ::kill(pid_t(m_folder->postmaster()), SIGSTOP);
        QVERIFY2(console.stop(40), console.output());
    }

    void withoutBinaries() {
        Console console(*m_folder, {}, {{u"BATCHSCOPE_PG_BINDIR"_s, u"/nowhere"_s}});
        QVERIFY(console.waitFor("failed"));
        QVERIFY2(console.has("No PostgreSQL server programs"), console.output());
        QVERIFY(console.has("Install") && console.has("BATCHSCOPE_PG_BINDIR"));
        QVERIFY(console.waitForEnd());
    }

    void folderThatCannotBeMade() {
        Console console(u"/proc/batchscope"_s);
        QVERIFY(console.waitFor("failed"));
        QVERIFY2(console.has("can't be made"), console.output());
        QVERIFY(console.waitForEnd());
    }

    void longDataFolder() {
        SandboxFolder deep(u"/a folder with blanks and 'quotes'/"_s + QString(120, u'x'));
        Console console(deep);
        QVERIFY2(console.waitFor("ready"), console.output());
        QVERIFY(console.connect().host().size() < 90);
        QVERIFY2(console.stop(), console.output());
        QVERIFY(deep.left().isEmpty());
    }

    void asAnOrdinaryUser() {
        if (::geteuid() != 0)
            return; // all the other tests are run as one then
        // Neither the build folder nor what is in it need be within this user's reach.
        SandboxFolder home({}, QDir::tempPath());
        const QString program = home.path() + "/console"_L1;
        QVERIFY(QFile::copy(QStringLiteral(SANDBOX_CONSOLE), program));
        home.giveTo(u"nobody"_s);
        // No data folder named: it must find the place below the user's home.
        Console console(QString(), {}, {{u"HOME"_s, home.path()}, {u"XDG_RUNTIME_DIR"_s, home.path()}}, u"nobody"_s,
                        program);
        QVERIFY2(console.waitFor("ready"), console.output());
        QVERIFY(QFileInfo::exists(home.path() + "/.local/share/batchscope/sandbox/state.json"_L1));
        QVERIFY2(console.stop(), console.output());
        QVERIFY(home.left().isEmpty());
    }

    void serverNeverRunsAsRoot() {
        Console console(*m_folder);
        QVERIFY2(console.waitFor("ready"), console.output());
        QVERIFY(QFileInfo(u"/proc/%1"_s.arg(m_folder->postmaster())).ownerId() != 0);
        QVERIFY2(console.stop(), console.output());
    }

    void rootInAFolderOnlyRootMayEnter() {
        if (::geteuid() != 0)
            return; // nothing to see for an ordinary user
        SandboxFolder closed;
        QFile::setPermissions(closed.path(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        Console console(closed);
        QVERIFY2(console.waitFor("ready"), console.output());
        const QString cluster = closed.cluster();
        QVERIFY2(!cluster.startsWith(closed.path()), qPrintable(cluster));
        QCOMPARE(QFile::permissions(QFileInfo(cluster).path()) & (QFile::ReadGroup | QFile::ReadOther),
                 QFile::Permissions());
        QVERIFY2(console.stop(), console.output());
    }

private:
    static std::int64_t receive(pg::Connection& connection) {
        const auto messages = connection.run(pgque::receive("q", "c", {}));
        return messages.empty() ? 0 : messages.front().batchId;
    }

    std::unique_ptr<SandboxFolder> m_folder;
};

QTEST_GUILESS_MAIN(TestSandbox)
#include "tst_sandbox.moc"
