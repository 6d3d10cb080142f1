// SPDX-License-Identifier: GPL-3.0-or-later
// Who waits for whom, told with the names of the queue's own rows.
#include "models/lockmodel.h"
#include "queries/lockwaits.h"
#include "support/foreign.h"

#include <QTest>

#include <memory>
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

/// What the first waiter is told to wait for while somebody holds a row.
std::string rowHeld(const TestDatabase& database, const std::string& hold, const std::string& want) {
    pg::Connection admin = database.connect();
    pg::Connection holder = database.connect();
    pg::Connection waiter = database.connect();
    run(holder, "begin; " + hold);
    domain::LockWaits waits;
    {
        const Waiting one(waiter, want);
        waits = once(admin, 1);
        run(holder, "rollback");
    }
    const domain::LockSession* session = sessionOf(waits, waiter.backendPid());
    return session == nullptr ? std::string() : session->waitsFor;
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

    void rowsOfQueuesAndConsumers() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('mails'), pgque.create_queue('orders'), "
                   "pgque.subscribe('orders', 'audit')");
        QCOMPARE(rowHeld(database, "select 1 from pgque.queue where queue_name = 'orders' for update",
                         "update pgque.queue set queue_ntables = queue_ntables where queue_name = 'orders'"),
                 std::string("row of queue orders"));
        QCOMPARE(rowHeld(database, "select 1 from pgque.consumer where co_name = 'audit' for update",
                         "select 1 from pgque.consumer where co_name = 'audit' for update"),
                 std::string("row of consumer audit"));
        // One that has no name here is a row of its table.
        run(admin, "create table public.mine as select 1 as a");
        QCOMPARE(rowHeld(database, "select 1 from public.mine for update", "select 1 from public.mine for update"),
                 std::string("a row of public.mine"));
    }

    void aLongQueueForOneRow() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders')");
        pg::Connection holder = database.connect();
        std::vector<pg::Connection> waiters;
        for (int i = 0; i < 64; ++i)
            waiters.push_back(database.connect());
        const std::string lock = "select 1 from pgque.queue where queue_name = 'orders' for update";
        run(holder, "begin; " + lock);
        domain::LockWaits waits;
        {
            std::vector<std::unique_ptr<Waiting>> all;
            for (pg::Connection& waiter : waiters)
                all.push_back(std::make_unique<Waiting>(waiter, lock));
            waits = once(admin, waiters.size());
            run(holder, "rollback");
        }
        const auto lines = models::lockTree(waits);
        QCOMPARE(lines.size(), waiters.size() + 1);
        QCOMPARE(lines.front().session.pid, holder.backendPid());
        QCOMPARE(lines.front().waiting, 64);
        for (const models::LockLine& line : lines)
            QVERIFY(line.depth <= 2);
        QVERIFY(!waits.more);
    }

    void withoutTheQueue() {
        const TestDatabase database;
        pg::Connection admin = database.connect();
        QVERIFY(queries::lockWaits(admin, soon()).sessions.empty());
        run(admin, "create table jobs as select 1 as a");
        QCOMPARE(rowHeld(database, "select 1 from jobs for update", "select 1 from jobs for update"),
                 std::string("a row of public.jobs"));
    }

    void whoMayNotReadTheRowsIsToldTheTable() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        const std::string role = database.name() + "_nobody";
        run(admin, "select pgque.create_queue('orders'); revoke select on pgque.queue from public; create role \"" +
                       role + "\"");
        pg::Connection holder = database.connect();
        pg::Connection waiter = database.connect();
        pg::Connection asking = database.connect();
        const std::string lock = "select 1 from pgque.queue where queue_name = 'orders' for update";
        run(holder, "begin; " + lock);
        run(asking, "set role \"" + role + "\"");
        domain::LockWaits waits;
        {
            const Waiting one(waiter, lock);
            once(admin, 1);
            waits = queries::lockWaits(asking, soon());
            run(holder, "rollback");
        }
        QCOMPARE(sessionOf(waits, waiter.backendPid())->waitsFor, std::string("a row of pgque.queue"));
        run(admin, "drop role \"" + role + "\"");
    }

    void preparedTransactions() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('mails'), pgque.create_queue('orders')");
        const std::string first = database.name() + "-first";
        const std::string second = database.name() + "-second";
        const auto lock = [](const std::string& queue) {
            return "select 1 from pgque.queue where queue_name = '" + queue + "' for update";
        };
        run(admin, "begin");
        run(admin, lock("mails"));
        run(admin, "prepare transaction '" + first + "'");
        run(admin, "begin");
        run(admin, lock("orders"));
        run(admin, "lock table pgque.event_2_0 in share mode");
        run(admin, "prepare transaction '" + second + "'");
        pg::Connection one = database.connect();
        pg::Connection two = database.connect();
        pg::Connection three = database.connect();
        domain::LockWaits waits;
        {
            const Waiting forMails(one, lock("mails"));
            const Waiting forOrders(two, lock("orders"));
            const Waiting forTable(three, "delete from pgque.event_2_0");
            waits = once(admin, 3);
            run(admin, "rollback prepared '" + first + "'");
            run(admin, "rollback prepared '" + second + "'");
        }
        QCOMPARE(waits.sessions.size(), std::size_t(5));
        const auto behind = [&](pg::Connection& waiter) {
            const domain::LockSession* session = sessionOf(waits, waiter.backendPid());
            return session != nullptr && session->blockers.empty() ? session->preparedBlockers
                                                                   : std::vector<std::string>();
        };
        QCOMPARE(behind(one), std::vector<std::string>{first});
        QCOMPARE(behind(two), std::vector<std::string>{second});
        QCOMPARE(behind(three), std::vector<std::string>{second});
        const auto lines = models::lockTree(waits);
        QCOMPARE(lines.size(), std::size_t(5));
        QCOMPARE(lines.front().session.gid, second);
        QCOMPARE(lines.front().waiting, 2);
        QVERIFY(lines.front().session.transactionSince.has_value());
    }

    void aHolderInAnotherDatabase() {
        const TestDatabase here;
        const TestDatabase there;
        pg::Connection admin = here.connect();
        pg::Connection holder = there.connect();
        pg::Connection waiter = here.connect();
        run(holder, "begin; lock table pg_catalog.pg_shseclabel");
        domain::LockWaits waits;
        {
            const Waiting one(waiter, "select count(*) from pg_catalog.pg_shseclabel");
            waits = once(admin, 1);
            run(holder, "rollback");
        }
        const domain::LockSession* session = sessionOf(waits, holder.backendPid());
        QVERIFY(session != nullptr);
        QCOMPARE(session->database, there.name());
        QCOMPARE(sessionOf(waits, waiter.backendPid())->waitsFor, std::string("table pg_catalog.pg_shseclabel"));
        QVERIFY(sessionOf(waits, waiter.backendPid())->database.empty());
    }

    void footprint() {
        const TestDatabase database(Schema::Pgque);
        pg::ConnectionInfo named = database.info();
        named.set("application_name", "batchscope/" + database.name());
        pg::Connection own = pg::Connection::open(named);
        pg::Connection asking = database.connect();
        const auto mine = [&] {
            std::vector<domain::OwnSession> found;
            for (domain::OwnSession& session : queries::footprint(asking, {}, soon()).sessions) {
                if (session.application == "batchscope/" + database.name())
                    found.push_back(std::move(session));
            }
            return found;
        };
        QCOMPARE(mine().size(), std::size_t(1));
        QCOMPARE(mine().front().locks, 0);
        QVERIFY(!mine().front().asks);
        QVERIFY(!mine().front().transactionSince);
        run(own, "begin; lock table pgque.queue in access share mode");
        QVERIFY(mine().front().locks >= 1);
        QVERIFY(mine().front().transactionSince.has_value());
        run(own, "commit");
        // The one that asks holds what the question takes.
        const auto seen = queries::footprint(own, {}, soon());
        for (const domain::OwnSession& session : seen.sessions) {
            if (session.pid == own.backendPid()) {
                QVERIFY(session.asks && session.locks > 0 && session.transactionSince);
                return;
            }
        }
        QFAIL("it does not see itself");
    }

    /// A profile names its sessions as it likes: they are told apart by their pids then.
    void footprintUnderAnotherName() {
        const TestDatabase database(Schema::Pgque);
        pg::ConnectionInfo named = database.info();
        named.set("application_name", "somebody");
        pg::Connection own = pg::Connection::open(named);
        pg::Connection asking = database.connect();
        const auto seen = [&own, &asking](const std::vector<std::int64_t>& pids) {
            const auto sessions = queries::footprint(asking, pids, soon()).sessions;
            return std::any_of(sessions.begin(), sessions.end(),
                               [&own](const domain::OwnSession& one) { return one.pid == own.backendPid(); });
        };
        QVERIFY(!seen({}));
        QVERIFY(seen({own.backendPid()}));
        const auto alone = queries::footprint(asking, {}, soon()).sessions;
        QVERIFY(std::any_of(alone.begin(), alone.end(), [](const domain::OwnSession& one) { return one.asks; }));
    }
};

QTEST_GUILESS_MAIN(TestLockWaits)
#include "tst_lockwaits.moc"
