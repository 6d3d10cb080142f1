// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for every action there is, asked of every action there is: Observe refuses it, a read-only session
// refuses it, a lock held by another ends it in time, and wherever the connection is lost, what is told is what
// happened.

#include "operate/scenes.h"
#include "support/faultproxy.h"

#include <QTest>

using namespace std::chrono_literals;
using domain::OutcomeKind;
using operate::Action;
using operate::Runner;
using operate::Settlement;
using support::FaultProxy;

class TestProofs : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() {
        m_db = std::make_unique<OperateDatabase>(support::Schema::Both);
        m_scenes = std::make_unique<Scenes>(*m_db);
        m_db->capabilities();
        m_proxy =
            std::make_unique<FaultProxy>(m_db->tcpInfo().get("host").value(), m_db->tcpInfo().get("port").value());
    }

    void cleanupTestCase() {
        m_proxy.reset();
        m_scenes.reset();
        m_db.reset();
    }

    void every_data() {
        QTest::addColumn<QString>("id");
        for (const Action& action : m_db->registry().actions())
            if (Scenes::leavesRows(action))
                QTest::newRow(action.id.c_str()) << QString::fromStdString(action.id);
    }

    /// The scenes are right: without a fault each of these is done, and what it did can be seen.
    void every() {
        const Action& action = current();
        const auto request = m_scenes->make(action);
        const std::string before = m_scenes->state();
        const auto outcome = m_db->perform(request, m_scenes->options());
        if (action.id == "canary_replay") // nobody consumes here
            COMPARE_KIND(outcome, Partly);
        else
            COMPARE_KIND(outcome, Done);
        // What maintenance finds to do depends on what the scenes before left.
        QVERIFY(m_scenes->state() != before || action.id == "run_maintenance");
    }

    void observed_data() {
        QTest::addColumn<QString>("id");
        for (const Action& action : m_db->registry().actions())
            QTest::newRow(action.id.c_str()) << QString::fromStdString(action.id);
    }

    void observed() {
        const Action& action = current();
        QVERIFY(!action.readOnly); // all there are change something
        auto made = request(action.id, "q", "c", "w");
        made.batch = 1;
        const auto outcome = m_db->perform(made, {});
        COMPARE_KIND(outcome, Refused);
        QVERIFY2(outcome.summary.find("only observes") != std::string::npos, outcome.summary.c_str());
        QVERIFY(outcome.sql.empty()); // nothing was sent
    }

    void readOnlySession_data() { every_data(); }

    /// With the registry by-passed the server refuses it; what it lets pass is told in docs/actions.md.
    void readOnlySession() {
        const Action& action = current();
        const auto request = m_scenes->make(action);
        pg::Connection readOnly = pg::Connection::open(m_db->info());
        readOnly.execute({"set default_transaction_read_only = on", {}});
        const std::string before = m_scenes->state();
        const auto outcome = m_db->runner().perform(request, m_db->capabilities(), readOnly, m_scenes->options());
        // This one swallows what its parts report.
        if (action.id != "run_maintenance") {
            COMPARE_KIND(outcome, Refused);
            QVERIFY2(outcome.failure && outcome.failure->diagnostics.sqlState == "25006", outcome.summary.c_str());
        }
        QCOMPARE(m_scenes->state(), before);
    }

    void lockedByAnother_data() { every_data(); }

    void lockedByAnother() {
        const Action& action = current();
        const auto request = m_scenes->make(action);
        const std::string before = m_scenes->state();
        pg::Connection other = pg::Connection::open(m_db->info());
        other.execute({"begin", {}});
        other.execute({"lock table pgque.queue, pgque.subscription, pgque.retry_queue, pgque.dead_letter, pgque.tick,"
                       " pgque.config, workqueue.pg_queue_message, workqueue.dead_letter, workqueue.queue_setting,"
                       " workqueue.pg_barrier_state in access exclusive mode",
                       {}});
        auto options = m_scenes->options();
        options.lockTimeout = 200ms;
        options.statementTimeout = 1s;
        const auto began = pg::Clock::now();
        const auto outcome = m_db->perform(request, options);
        QVERIFY2(pg::Clock::now() - began < 8s, outcome.summary.c_str());
        other.execute({"rollback", {}});
        // Maintenance leaves alone what it can't have at once.
        if (action.id != "run_maintenance")
            COMPARE_KIND(outcome, Failed);
        QCOMPARE(m_scenes->state(), before);
    }

    void connectionLost_data() {
        QTest::addColumn<QString>("id");
        QTest::addColumn<int>("point");
        const std::vector<std::pair<const char*, int>> points = {{"before anything is sent", 0},
                                                                 {"before the calls are answered", 1},
                                                                 {"before the commit arrives", 2},
                                                                 {"before the commit is answered", 3},
                                                                 {"killed before the commit", 4}};
        for (const Action& action : m_db->registry().actions()) {
            if (!Scenes::leavesRows(action) || action.id == "run_maintenance")
                continue;
            for (const auto& [name, point] : points)
                QTest::addRow("%s, %s", action.id.c_str(), name) << QString::fromStdString(action.id) << point;
        }
    }

    void connectionLost() {
        QFETCH(int, point);
        const Action& action = current();
        const auto request = m_scenes->make(action);
        const std::string before = m_scenes->state();
        auto connection = proxied();
        auto options = m_scenes->options();
        std::string noted;
        int commits = 0;
        options.beforeCommit = [&](const operate::AboutToCommit& about) {
            noted = about.xid;
            if (++commits > 1)
                return std::string();
            if (point == 2)
                m_proxy->limitToServer(0, FaultProxy::AtLimit::Close);
            else if (point == 3)
                m_proxy->limitToClient(0, FaultProxy::AtLimit::Close);
            else if (point == 4)
                m_db->execute("select pg_terminate_backend(" + std::to_string(connection.backendPid()) + ", 10000)");
            return std::string();
        };
        if (point == 0)
            m_proxy->limitToServer(0, FaultProxy::AtLimit::Close);
        else if (point == 1)
            m_proxy->limitToClient(700, FaultProxy::AtLimit::Close);
        auto outcome = m_db->runner().perform(request, m_db->capabilities(), connection, options);
        m_proxy->pass();
        const bool changed = m_scenes->state() != before;
        const std::string told = std::to_string(static_cast<int>(outcome.kind)) + ": " + outcome.summary;
        switch (point) {
        case 0:
        case 4:
            QVERIFY2(outcome.kind == OutcomeKind::Failed && !changed, told.c_str());
            return;
        case 1: // how far it came depends on how much it asks first
            QVERIFY2(outcome.kind != OutcomeKind::Done || changed, told.c_str());
            break;
        default:
            QVERIFY2(outcome.kind == OutcomeKind::Unknown, told.c_str());
        }
        if (outcome.kind == OutcomeKind::Unknown) {
            QVERIFY2(outcome.xid && *outcome.xid == noted, told.c_str());
            const auto settlement = Runner::settle(*outcome.xid, outcome.cluster, m_db->operating(), pg::after(20s));
            if (point != 1)
                QCOMPARE(settlement, point == 3 ? Settlement::Committed : Settlement::RolledBack);
            outcome = Runner::settled(outcome, settlement);
        }
        const bool saysChanged = outcome.kind == OutcomeKind::Done || outcome.kind == OutcomeKind::Partly;
        QVERIFY2((m_scenes->state() != before) == saysChanged, told.c_str());
    }

private:
    const Action& current() {
        const QString tag = QString::fromLatin1(QTest::currentDataTag()).section(QLatin1Char(','), 0, 0);
        return *m_db->registry().find(tag.toStdString());
    }

    pg::Connection proxied() { return m_db->through(m_proxy->port()); }

    std::unique_ptr<OperateDatabase> m_db;
    std::unique_ptr<Scenes> m_scenes;
    std::unique_ptr<FaultProxy> m_proxy;
};

QTEST_GUILESS_MAIN(TestProofs)
#include "tst_proofs.moc"
