// SPDX-License-Identifier: GPL-3.0-or-later
// Who waits for whom, told with the names of the queue's own rows.
#include "queries/lockwaits.h"
#include "support/foreign.h"

#include <QTest>

#include <thread>

using namespace support;

namespace {

const domain::LockSession* sessionOf(const domain::LockWaits& waits, std::int32_t pid) {
    for (const domain::LockSession& session : waits.sessions) {
        if (session.pid == pid)
            return &session;
    }
    return nullptr;
}

/// A statement that runs until somebody lets it.
class Waiting {
public:
    Waiting(pg::Connection& connection, const std::string& sql)
        : m_thread([&connection, sql] {
            try {
                run(connection, sql);
            } catch (const pg::Error&) {
                // What became of it is not the question here.
            }
        }) {}

    ~Waiting() { m_thread.join(); }

    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

private:
    std::thread m_thread;
};

/// Asks until so many sessions wait.
domain::LockWaits once(pg::Connection& connection, std::size_t waiting) {
    const auto deadline = soon();
    while (pg::Clock::now() < deadline) {
        domain::LockWaits waits = queries::lockWaits(connection, soon());
        std::size_t found = 0;
        for (const domain::LockSession& session : waits.sessions)
            found += session.waitingSince.has_value() ? 1 : 0;
        if (found >= waiting)
            return waits;
    }
    return {};
}

} // namespace

class TestLockWaits : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void rowsOfTheQueue() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders'), pgque.subscribe('orders', 'audit');"
                   " select pgque.subscribe_subconsumer('orders', 'billing', 'w1');"
                   " select pgque.subscribe_subconsumer('orders', 'billing', 'w2')");
        pg::ConnectionInfo named = database.info();
        named.set("application_name", "deploy");
        pg::Connection holder = pg::Connection::open(named);
        pg::Connection first = database.connect();
        pg::Connection second = database.connect();
        QVERIFY(queries::lockWaits(admin, soon()).sessions.empty());

        run(holder, "begin; select 1 from pgque.subscription s join pgque.consumer c on c.co_id = s.sub_consumer"
                    " where c.co_name = 'billing' for update of s");
        domain::LockWaits waits;
        {
            const Waiting one(first, "select * from pgque.receive_coop('orders', 'billing', 'w1')");
            once(admin, 1);
            const Waiting two(second, "select * from pgque.receive_coop('orders', 'billing', 'w2')");
            waits = once(admin, 2);
            run(holder, "rollback");
        }
        QCOMPARE(waits.sessions.size(), std::size_t(3));
        const domain::LockSession* root = sessionOf(waits, holder.backendPid());
        QVERIFY(root != nullptr);
        QCOMPARE(root->application, std::string("deploy"));
        QVERIFY(root->blockers.empty());
        QVERIFY(root->waitsFor.empty());
        const domain::LockSession* waiter = sessionOf(waits, first.backendPid());
        QVERIFY(waiter != nullptr);
        QCOMPARE(waiter->waitsFor, std::string("row of billing on orders"));
        QCOMPARE(waiter->schema, std::string("pgque"));
        QCOMPARE(waiter->blockers, std::vector<std::int32_t>{holder.backendPid()});
        QVERIFY(waiter->query.find("receive_coop") != std::string::npos);
        const domain::LockSession* behind = sessionOf(waits, second.backendPid());
        QVERIFY(behind != nullptr);
        QCOMPARE(behind->waitsFor, std::string("row of billing on orders"));
        QVERIFY(!behind->blockers.empty());
        QVERIFY(queries::lockWaits(admin, soon()).sessions.empty());
    }

    void tables() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders')");
        pg::Connection holder = database.connect();
        pg::Connection waiter = database.connect();
        run(holder, "begin; lock table pgque.event_1_0");
        domain::LockWaits waits;
        {
            const Waiting one(waiter, "select count(*) from pgque.event_1_0");
            waits = once(admin, 1);
            run(holder, "rollback");
        }
        const domain::LockSession* session = sessionOf(waits, waiter.backendPid());
        QVERIFY(session != nullptr);
        QCOMPARE(session->waitsFor, std::string("table pgque.event_1_0"));
        QCOMPARE(session->mode, std::string("AccessShareLock"));
    }

    void footprint() {
        const TestDatabase database(Schema::Pgque);
        pg::ConnectionInfo named = database.info();
        named.set("application_name", "batchscope/" + database.name());
        pg::Connection own = pg::Connection::open(named);
        pg::Connection asking = database.connect();
        const auto mine = [&] {
            std::vector<domain::OwnSession> found;
            for (domain::OwnSession& session : queries::footprint(asking, soon()).sessions) {
                if (session.application == "batchscope/" + database.name())
                    found.push_back(std::move(session));
            }
            return found;
        };
        QCOMPARE(mine().size(), std::size_t(1));
        QCOMPARE(mine().front().locks, 0);
        QVERIFY(!mine().front().transactionSince);
        run(own, "begin; lock table pgque.queue in access share mode");
        QVERIFY(mine().front().locks >= 1);
        QVERIFY(mine().front().transactionSince.has_value());
    }
};

QTEST_GUILESS_MAIN(TestLockWaits)
#include "tst_lockwaits.moc"
