// SPDX-License-Identifier: GPL-3.0-or-later
// Connections that go at the worst moment: what the program is told, and what the database says.
#include "support/faultproxy.h"

#include "queuedatabase.h"

using namespace std::chrono_literals;

class TestOutcome : public QObject {
    Q_OBJECT

    std::unique_ptr<QueueDatabase> m_db;
    std::unique_ptr<support::FaultProxy> m_proxy;

    pgque::Client throughProxy() {
        auto info = m_db->tcpInfo();
        m_proxy = std::make_unique<support::FaultProxy>("127.0.0.1", *info.get("port"));
        info.set("port", m_proxy->port());
        return pgque::Client::connect(info);
    }

    std::string sent() { return m_db->execute("select count(*) from pgque.event_1"); }

    /// What is to be committed: one event. Returns how many bytes asking for the transaction's id costs each way.
    std::pair<std::size_t, std::size_t> prepare(pgque::Client& client, pgque::Transaction& transaction) {
        client.send("outcome", "in a transaction");
        const std::size_t up = m_proxy->bytesToServer();
        const std::size_t down = m_proxy->bytesToClient();
        if (!transaction.id())
            throw std::runtime_error("the transaction has no id");
        return {m_proxy->bytesToServer() - up, m_proxy->bytesToClient() - down};
    }

    pgque::TransactionOutcome finalOutcome(std::int64_t id) {
        pgque::TransactionOutcome outcome = pgque::TransactionOutcome::InProgress;
        eventually([&] {
            outcome = m_db->client().outcome(id);
            return outcome != pgque::TransactionOutcome::InProgress;
        });
        return outcome;
    }

private Q_SLOTS:

    void init() {
        m_db = std::make_unique<QueueDatabase>();
        m_db->client().createQueue("outcome");
    }

    void cleanup() {
        m_proxy.reset();
        m_db.reset();
    }

    void killedBeforeTheSend() {
        pgque::Client client = throughProxy();
        const int pid = client.connection().backendPid();
        m_db->execute("select pg_terminate_backend(" + std::to_string(pid) + ")");
        QVERIFY(eventually([&] {
            return m_db->execute("select count(*) from pg_stat_activity where pid = " + std::to_string(pid)) == "0";
        }));
        QVERIFY_THROWS_EXCEPTION(pgque::ConnectionLost, client.send("outcome", "x"));
        QVERIFY(!client.isOpen());
        QCOMPARE(sent(), std::string("0"));
        QVERIFY_THROWS_EXCEPTION(pgque::ConnectionLost, client.send("outcome", "x"));
    }

    void neverReachesTheServer() {
        pgque::Client client = throughProxy();
        m_proxy->limitToServer(0, support::FaultProxy::AtLimit::Close);
        try {
            client.send("outcome", "x");
            QFAIL("sent through a cut line");
        } catch (const pgque::ConnectionLost& error) {
            // The program can't know how far it came.
            QCOMPARE(error.effect(), pg::Effect::Unknown);
        }
        QCOMPARE(sent(), std::string("0"));
    }

    void killedAfterTheSend() {
        pgque::Client client = throughProxy();
        m_proxy->limitToClient(0, support::FaultProxy::AtLimit::Close);
        try {
            client.send("outcome", "x");
            QFAIL("answered through a cut line");
        } catch (const pgque::ConnectionLost& error) {
            QCOMPARE(error.effect(), pg::Effect::Unknown);
        }
        QVERIFY(eventually([&] { return sent() == "1"; })); // it was done, and only the answer was lost
    }

    void killedWithinATransaction() {
        pgque::Client client = throughProxy();
        pgque::Transaction transaction = client.begin();
        m_proxy->limitToClient(0, support::FaultProxy::AtLimit::Close);
        try {
            client.send("outcome", "x");
            QFAIL("answered through a cut line");
        } catch (const pgque::ConnectionLost& error) {
            QCOMPARE(error.effect(), pg::Effect::None); // no commit was asked for
        }
        transaction.rollback();
        QCOMPARE(sent(), std::string("0"));
    }

    void commitDoneButNotAnswered() {
        pgque::Client client = throughProxy();
        pgque::Transaction transaction =
            client.begin({.isolation = pgque::Isolation::ReadCommitted, .trackOutcome = true});
        const auto [up, down] = prepare(client, transaction);
        m_proxy->limitToClient(down, support::FaultProxy::AtLimit::Close);
        try {
            transaction.commit();
            QFAIL("answered through a cut line");
        } catch (const pgque::CommitUnknown& error) {
            QCOMPARE(error.effect(), pg::Effect::Unknown);
            QVERIFY(error.transactionId());
            QCOMPARE(finalOutcome(*error.transactionId()), pgque::TransactionOutcome::Committed);
        }
        QCOMPARE(sent(), std::string("1"));
    }

    void commitNeverReachesTheServer() {
        pgque::Client client = throughProxy();
        pgque::Transaction transaction =
            client.begin({.isolation = pgque::Isolation::ReadCommitted, .trackOutcome = true});
        const auto [up, down] = prepare(client, transaction);
        m_proxy->limitToServer(up, support::FaultProxy::AtLimit::Close);
        try {
            transaction.commit();
            QFAIL("answered through a cut line");
        } catch (const pgque::CommitUnknown& error) {
            QVERIFY(error.transactionId());
            QCOMPARE(finalOutcome(*error.transactionId()), pgque::TransactionOutcome::Aborted);
        }
        QCOMPARE(sent(), std::string("0"));
    }

    void aCommitWithoutTrackingSaysUnknownWithoutAnId() {
        pgque::Client client = throughProxy();
        pgque::Transaction transaction = client.begin();
        client.send("outcome", "x");
        m_proxy->limitToClient(0, support::FaultProxy::AtLimit::Close);
        try {
            transaction.commit();
            QFAIL("answered through a cut line");
        } catch (const pgque::CommitUnknown& error) {
            QVERIFY(!error.transactionId());
        }
    }
};

QTEST_GUILESS_MAIN(TestOutcome)
#include "tst_outcome.moc"
