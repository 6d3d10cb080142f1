// SPDX-License-Identifier: GPL-3.0-or-later
// The connection goes at every point of an action. What is told must be what happened, or that it is not known; and
// then the transaction's id settles it.

#include "operate/operatedatabase.h"
#include "store/journal.h"
#include "support/faultproxy.h"

#include <QTemporaryDir>
#include <QTest>

#include <future>

using namespace std::chrono_literals;
using domain::OutcomeKind;
using operate::Runner;
using operate::Settlement;
using support::FaultProxy;

class TestOutcomes : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void init() {
        m_db = std::make_unique<OperateDatabase>();
        m_db->client().createQueue("q");
        m_db->capabilities();
        m_proxy =
            std::make_unique<FaultProxy>(m_db->tcpInfo().get("host").value(), m_db->tcpInfo().get("port").value());
        m_number = 0;
    }

    void cleanup() {
        m_proxy.reset();
        m_db.reset();
    }

    void idIsNotedBeforeTheCommit() {
        int calls = 0;
        auto options = m_db->armed();
        options.beforeCommit = [&](const operate::AboutToCommit& about) {
            ++calls;
            if (about.request.queue != "q" || about.sql.find("pgque.send(") == std::string::npos ||
                about.sql.find("\ncommit") != std::string::npos)
                return std::string("wrong");
            // Nobody else sees the event yet, and the server says so of the id.
            return happened(0) || m_db->execute("select pg_xact_status('" + about.xid + "')") != "in progress"
                       ? std::string("too late")
                       : std::string();
        };
        const auto outcome = m_db->perform(send(0), options);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(calls, 1);
        QVERIFY(happened(0));
        QCOMPARE(m_db->execute("select pg_xact_status('" + *outcome.xid + "')"), std::string("committed"));
    }

    void noJournalNoCommit() {
        auto options = m_db->armed();
        options.beforeCommit = [](const auto&) { return std::string("There is no room for the journal"); };
        const auto outcome = m_db->perform(send(0), options);
        COMPARE_KIND(outcome, Failed);
        QVERIFY2(outcome.summary.find("no room for the journal. Nothing was changed.") != std::string::npos,
                 outcome.summary.c_str());
        QVERIFY(!happened(0));
        QVERIFY(!outcome.xid);
    }

    /// A program that dies at the commit finds its question in the journal, and the database has the answer.
    void journalKeepsTheQuestion() {
        QTemporaryDir folder;
        const store::Journal::Options place{.path = folder.filePath(QStringLiteral("journal.sqlite"))};
        for (const bool arrives : {true, false}) {
            store::Journal journal(place);
            auto connection = proxied();
            auto options = m_db->armed();
            options.beforeCommit = [&](const operate::AboutToCommit& about) {
                store::JournalRecord record;
                record.operation = QString::number(m_number);
                record.stage = store::Stage::Committing;
                record.xid = QString::fromStdString(about.xid);
                record.cluster = QString::fromStdString(about.cluster);
                const auto failure = journal.append(record).result();
                if (arrives)
                    m_proxy->limitToClient(0, FaultProxy::AtLimit::Close);
                else
                    m_proxy->limitToServer(0, FaultProxy::AtLimit::Close);
                return failure ? failure->text.toStdString() : std::string();
            };
            const int number = m_number++;
            COMPARE_KIND(m_db->runner().perform(send(number), m_db->capabilities(), connection, options), Unknown);
            m_proxy->pass();

            const auto open = store::Journal(place).unsettled().result().records;
            QVERIFY(!open.isEmpty());
            QCOMPARE(Runner::settle(open.first().xid.toStdString(), open.first().cluster.toStdString(),
                                    m_db->operating(), pg::after(20s)),
                     arrives ? Settlement::Committed : Settlement::RolledBack);
            QCOMPARE(happened(number), arrives);
        }
    }

    /// The proxy cuts the connection after every few bytes, after each single one around the commit.
    void cutAnywhere_data() {
        QTest::addColumn<bool>("toServer");
        QTest::newRow("on the way there") << true;
        QTest::newRow("on the way back") << false;
    }

    void cutAnywhere() {
        QFETCH(bool, toServer);
        const auto forwarded = [&] { return toServer ? m_proxy->bytesToServer() : m_proxy->bytesToClient(); };
        std::size_t atCommit = 0;
        auto measuring = m_db->armed();
        measuring.beforeCommit = [&](const auto&) {
            atCommit = forwarded();
            return std::string();
        };
        std::size_t whole = 0;
        {
            auto connection = proxied();
            const std::size_t start = forwarded();
            COMPARE_KIND(m_db->runner().perform(send(m_number++), m_db->capabilities(), connection, measuring), Done);
            whole = forwarded() - start;
            atCommit -= start;
        }
        QVERIFY(atCommit > 100 && atCommit < whole);

        std::map<OutcomeKind, int> seen;
        std::map<Settlement, int> settlements;
        for (std::size_t limit = 1; limit <= whole + 1; limit += limit + 3 < atCommit ? 23 : 1) {
            const int number = m_number++;
            auto connection = proxied();
            if (toServer)
                m_proxy->limitToServer(limit, FaultProxy::AtLimit::Close);
            else
                m_proxy->limitToClient(limit, FaultProxy::AtLimit::Close);
            std::string noted;
            auto options = m_db->armed();
            options.beforeCommit = [&](const operate::AboutToCommit& about) {
                noted = about.xid;
                return std::string();
            };
            auto outcome = m_db->runner().perform(send(number), m_db->capabilities(), connection, options);
            m_proxy->pass();
            const std::string where = "cut after " + std::to_string(limit) + " of " + std::to_string(whole) +
                                      " bytes, commit at " + std::to_string(atCommit) + ": " + outcome.summary;
            ++seen[outcome.kind];
            if (outcome.kind == OutcomeKind::Unknown) {
                QVERIFY2(outcome.xid && *outcome.xid == noted, where.c_str());
                QVERIFY2(limit >= atCommit, where.c_str());
                const Settlement settlement =
                    Runner::settle(*outcome.xid, outcome.cluster, m_db->operating(), pg::after(20s));
                ++settlements[settlement];
                QVERIFY2(settlement == Settlement::Committed || settlement == Settlement::RolledBack, where.c_str());
                outcome = Runner::settled(outcome, settlement);
            }
            QVERIFY2(outcome.kind == OutcomeKind::Done || outcome.kind == OutcomeKind::Failed, where.c_str());
            QVERIFY2(happened(number) == (outcome.kind == OutcomeKind::Done), where.c_str());
        }
        // All that can come did come, so that the sweep did look at what it should.
        QVERIFY(seen[OutcomeKind::Failed] > 5);
        QVERIFY(seen[OutcomeKind::Done] > 0);
        QVERIFY(seen[OutcomeKind::Unknown] > 5);
        QVERIFY(settlements[toServer ? Settlement::RolledBack : Settlement::Committed] > 5);
        // And nothing was done twice.
        QCOMPARE(
            m_db->execute("select count(*) from (select 1 from pgque.event_1 group by ev_data having count(*) > 1) d"),
            std::string("0"));
    }

    /// The answer to the commit never comes and the connection stays up: the wait is bounded, the outcome unknown.
    void answerNeverComes() {
        auto connection = proxied();
        auto options = m_db->armed();
        options.statementTimeout = 200ms;
        options.beforeCommit = [&](const auto&) {
            m_proxy->limitToClient(0, FaultProxy::AtLimit::Blackhole);
            return std::string();
        };
        const auto began = pg::Clock::now();
        const auto outcome = m_db->runner().perform(send(0), m_db->capabilities(), connection, options);
        COMPARE_KIND(outcome, Unknown);
        QVERIFY(pg::Clock::now() - began < 15s);
        QCOMPARE(Runner::settle(*outcome.xid, outcome.cluster, m_db->operating(), pg::after(20s)),
                 Settlement::Committed);
        QVERIFY(happened(0));
    }

    /// The commit never arrives and the server notices nothing: it must not keep our locks for ever.
    void commitNeverArrives() {
        auto connection = proxied();
        auto options = m_db->armed();
        options.statementTimeout = 200ms;
        options.beforeCommit = [&](const auto&) {
            m_proxy->blackhole();
            return std::string();
        };
        const auto outcome = m_db->runner().perform(send(0), m_db->capabilities(), connection, options);
        COMPARE_KIND(outcome, Unknown);
        QCOMPARE(Runner::settle(*outcome.xid, outcome.cluster, m_db->operating(), pg::after(300ms)),
                 Settlement::InProgress);
        const auto still = Runner::settled(outcome, Settlement::InProgress);
        COMPARE_KIND(still, Unknown);
        QCOMPARE(Runner::settle(*outcome.xid, outcome.cluster, m_db->operating(), pg::after(30s)),
                 Settlement::RolledBack);
        QVERIFY(!happened(0));
    }

    void backendIsTerminated() {
        // While it waits for a lock, long before the commit.
        m_db->client().subscribe("q", "c");
        m_db->window("q", 1, 1);
        const auto batch = m_db->client().receive("q", "c").id.value();
        pg::Connection other = pg::Connection::open(m_db->info());
        other.execute({"begin", {}});
        other.execute({"select * from pgque.subscription for update", {}});
        auto options = m_db->armed();
        options.lockTimeout = 20s;
        const int pid = m_db->operating().backendPid();
        auto acting = std::async(std::launch::async, [&] { return m_db->perform(onBatch("ack", batch), options); });
        QVERIFY(eventually([&] {
            return m_db->execute("select cardinality(pg_blocking_pids(" + std::to_string(pid) + ")) > 0") == "t";
        }));
        m_db->execute("select pg_terminate_backend(" + std::to_string(pid) + ")");
        const auto outcome = acting.get();
        COMPARE_KIND(outcome, Failed);
        QCOMPARE(outcome.failure->effect, pg::Effect::None);
        QVERIFY2(outcome.summary.find("lost before anything was committed") != std::string::npos,
                 outcome.summary.c_str());
        other.execute({"rollback", {}});
        QCOMPARE(m_db->execute("select sub_batch from pgque.subscription"), std::to_string(batch));
    }

    void backendIsTerminatedAtTheCommit() {
        auto options = m_db->armed();
        const int pid = m_db->operating().backendPid();
        options.beforeCommit = [&](const auto&) {
            m_db->execute("select pg_terminate_backend(" + std::to_string(pid) + ", 10000)");
            return std::string();
        };
        const auto outcome = m_db->perform(send(0), options);
        // The server's last word was here before the commit was sent: this much is known.
        COMPARE_KIND(outcome, Failed);
        QCOMPARE(outcome.failure->effect, pg::Effect::None);
        QVERIFY(!happened(0));
    }

    void connectionIsGoneBeforehand() {
        m_db->operating().close();
        const auto outcome = m_db->perform(send(0));
        COMPARE_KIND(outcome, Failed);
        QVERIFY(!happened(0));
    }

    void anotherServerKnowsNothing() {
        auto outcome = m_db->perform(send(0));
        auto& connection = m_db->operating();
        QCOMPARE(Runner::settle(*outcome.xid, outcome.cluster, connection, pg::after(5s)), Settlement::Committed);
        // After a failover, or on another server, the number means something else.
        QCOMPARE(Runner::settle(*outcome.xid, "7123456789/00000002", connection, pg::after(5s)), Settlement::Unknown);
        QCOMPARE(Runner::settle(*outcome.xid, "", connection, pg::after(5s)), Settlement::Unknown);
        QCOMPARE(Runner::settle("999999999", outcome.cluster, connection, pg::after(5s)), Settlement::Unknown);
        QCOMPARE(Runner::settle("?", outcome.cluster, connection, pg::after(5s)), Settlement::Unknown);
        outcome.kind = OutcomeKind::Unknown;
        const auto unknown = Runner::settled(outcome, Settlement::Unknown);
        COMPARE_KIND(unknown, Unknown);
        QVERIFY(unknown.summary.find("can't be told any more") != std::string::npos);
    }

    /// Two servers never look alike, and one looks like itself after a restart.
    void identityOfServers() {
        const auto server = support::TestServer::startPrivate();
        const auto identity = [](const pg::ConnectionInfo& info) {
            return pg::Connection::open(info).run(queries::clusterIdentity());
        };
        const std::string first = identity(server->info());
        QVERIFY(first != identity(m_db->info()));
        server->kill();
        server->start();
        QCOMPARE(identity(server->info()), first);
    }

private:
    domain::ActionRequest send(int number) {
        auto made = request("send", "q");
        made.arguments["payload"] = "number " + std::to_string(number);
        return made;
    }

    bool happened(int number) {
        return m_db->execute("select count(*) from pgque.event_1 where ev_data = 'number " + std::to_string(number) +
                             "'") == "1";
    }

    pg::Connection proxied() { return m_db->through(m_proxy->port()); }

    std::unique_ptr<OperateDatabase> m_db;
    std::unique_ptr<FaultProxy> m_proxy;
    int m_number = 0;
};

QTEST_GUILESS_MAIN(TestOutcomes)
#include "tst_outcomes.moc"
