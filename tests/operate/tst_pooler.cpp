// SPDX-License-Identifier: GPL-3.0-or-later
// Behind PgBouncer in transaction mode with a single server connection: whatever an action left on it, the next
// application would inherit.

#include "operate/operatedatabase.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <pwd.h>
#include <unistd.h>

using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

/// PgBouncer on a unix socket, in front of one database.
class Pooler {
public:
    explicit Pooler(const pg::ConnectionInfo& server) {
        const auto value = [&](const char* key) { return QString::fromStdString(server.get(key).value_or("")); };
        QFile configuration(m_folder.filePath(u"pgbouncer.ini"_s));
        if (!configuration.open(QIODevice::WriteOnly))
            qFatal("no configuration for the pooler");
        configuration.write(
            u"[databases]\n* = host=%1 port=%2 user=%3\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n"
            "unix_socket_dir = %4\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 1\n"_s
                .arg(value("host"), value("port"), value("user"), m_folder.path())
                .toUtf8());
        QStringList arguments{u"-q"_s};
        if (geteuid() == 0) {
            // It refuses to run as root.
            const passwd* owner = getpwnam("postgres");
            if (!owner || chown(QFile::encodeName(m_folder.path()).constData(), owner->pw_uid, owner->pw_gid) != 0)
                qFatal("no user for the pooler");
            configuration.setPermissions(configuration.permissions() | QFile::ReadOther);
            arguments << u"-u"_s << u"postgres"_s;
        }
        configuration.close();
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(u"/usr/sbin/pgbouncer"_s, arguments << configuration.fileName());
    }

    ~Pooler() {
        m_process.terminate();
        if (!m_process.waitForFinished(5'000))
            m_process.kill();
        m_process.waitForFinished(5'000);
    }

    Pooler(const Pooler&) = delete;
    Pooler& operator=(const Pooler&) = delete;

    bool isUp() {
        return eventually([&] { return QFile::exists(m_folder.filePath(u".s.PGSQL.6432"_s)); }, 10s);
    }

    QByteArray output() { return m_process.readAll(); }

    pg::ConnectionInfo info(const pg::ConnectionInfo& server) const {
        pg::ConnectionInfo through = server;
        through.set("host", m_folder.path().toStdString());
        through.set("port", "6432");
        return through;
    }

private:
    QTemporaryDir m_folder{u"/tmp/pool.XXXXXX"_s};
    QProcess m_process;
};

} // namespace

class TestPooler : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void init() {
        m_db = std::make_unique<OperateDatabase>();
        m_db->client().createQueue("q");
        m_db->client().subscribeSubconsumer("q", "billing", "w1");
        m_db->client().subscribeSubconsumer("q", "billing", "w2");
        m_pooler = std::make_unique<Pooler>(m_db->info());
        QVERIFY2(m_pooler->isUp(), m_pooler->output().constData());
    }

    void cleanup() {
        m_pooler.reset();
        m_db.reset();
    }

    void actsAndLeavesNothing() {
        auto connection = pg::Connection::open(m_pooler->info(m_db->info()));
        auto application = pg::Connection::open(m_pooler->info(m_db->info()));
        const auto capabilities = m_db->capabilitiesOf(connection);
        const auto act = [&](const domain::ActionRequest& made,
                             const operate::RunOptions& options = OperateDatabase::armed()) {
            return m_db->runner().perform(made, capabilities, connection, options);
        };
        const auto batch = m_db->openBatch("q", "billing", "w1", 3);

        auto outcome = act(request("send", "q"));
        COMPARE_KIND(outcome, Done);
        QCOMPARE(operate::Runner::settle(*outcome.xid, outcome.cluster, application, pg::after(5s)),
                 operate::Settlement::Committed);
        COMPARE_KIND(act(request("send", "nowhere")), Refused);

        auto force = request("force_unregister", "q", "billing", "w1");
        force.seen = m_db->seen("q", "billing.w1");
        force.shown = m_db->runner().predict(force, capabilities, connection).counts;
        QCOMPARE(force.shown.at("retry"), 3);

        pg::Connection other = pg::Connection::open(m_db->info());
        other.execute({"begin", {}});
        other.execute({"select * from pgque.subscription for update", {}});
        auto hasty = m_db->armed();
        hasty.lockTimeout = 200ms;
        outcome = act(force, hasty);
        COMPARE_KIND(outcome, Failed);
        QCOMPARE(outcome.failure->diagnostics.sqlState, std::string("55P03"));
        other.execute({"rollback", {}});

        COMPARE_KIND(act(force), Done);
        COMPARE_KIND(act(force), ChangedUnderneath);
        COMPARE_KIND(act(onBatch("ack", batch)), ChangedUnderneath);

        // The application works on the very server connection that the actions used.
        QCOMPARE(m_db->execute("select count(*) from pg_stat_activity where datname = current_database()"
                               " and pid <> pg_backend_pid() and pid <> " +
                               std::to_string(other.backendPid())),
                 std::string("1"));
        for (const char* setting : {"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"})
            QCOMPARE(std::string(application.execute({std::string("show ") + setting, {}}).text(0, 0)),
                     std::string("0"));
        QCOMPARE(std::string(application.execute({"show transaction_read_only", {}}).text(0, 0)), std::string("off"));
        application.execute({"select pgque.send('q', 'from the application'::text)", {}});
    }

    /// An action that comes to nothing leaves the server connection free for others at once.
    void cutOffDoesNotHoldThePool() {
        auto connection = pg::Connection::open(m_pooler->info(m_db->info()));
        auto options = m_db->armed();
        options.beforeCommit = [&](const auto&) {
            connection.close();
            return std::string();
        };
        const auto outcome =
            m_db->runner().perform(request("send", "q"), m_db->capabilitiesOf(connection), connection, options);
        COMPARE_KIND(outcome, Failed);
        auto application = pg::Connection::open(m_pooler->info(m_db->info()));
        QCOMPARE(std::string(application.execute({"select count(*) from pgque.event_1", {}}).text(0, 0)),
                 std::string("0"));
    }

private:
    std::unique_ptr<OperateDatabase> m_db;
    std::unique_ptr<Pooler> m_pooler;
};

QTEST_GUILESS_MAIN(TestPooler)
#include "tst_pooler.moc"
