// SPDX-License-Identifier: GPL-3.0-or-later
// Behind PgBouncer in transaction mode with a single server connection: whatever an action left on it, the next
// application would inherit.

#include "operate/operatedatabase.h"
#include "support/pooler.h"

#include <QTest>

using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

class TestPooler : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void init() {
        m_db = std::make_unique<OperateDatabase>();
        m_db->client().createQueue("q");
        m_db->client().subscribeSubconsumer("q", "billing", "w1");
        m_db->client().subscribeSubconsumer("q", "billing", "w2");
        m_pooler = std::make_unique<support::Pooler>(m_db->info());
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
    std::unique_ptr<support::Pooler> m_pooler;
};

QTEST_GUILESS_MAIN(TestPooler)
#include "tst_pooler.moc"
