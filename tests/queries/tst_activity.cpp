// SPDX-License-Identifier: GPL-3.0-or-later
// Who works on the queue's own rows, seen without any extension.
#include "queries/activity.h"
#include "support/foreign.h"

#include <QTest>

#include <algorithm>
#include <thread>

using namespace support;

namespace {

domain::Activity activity(pg::Connection& connection) {
    queries::Look look;
    const auto asked = queries::askActivity(look);
    return queries::readActivity(look.run(connection, soon()), asked);
}

} // namespace

class TestActivity : public QObject {
    Q_OBJECT

private Q_SLOTS:

    /// A worker that fetches, handles and acks in one transaction: its batch is nowhere to be read, its lock is.
    void takenNotCommitted() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a'); insert into pgque.consumer (co_name) values ('one'), ('two');"
                   " insert into pgque.subscription (sub_queue, sub_consumer) values (1, 1), (1, 2)");
        pg::ConnectionInfo named = database.info();
        named.set("application_name", "worker-7");
        pg::Connection worker = pg::Connection::open(named);
        run(worker, "begin; update pgque.subscription set sub_batch = 9 where sub_consumer = 2");
        pg::Connection second = database.connect();
        const std::string secondPid = std::to_string(second.backendPid());

        auto seen = activity(admin);
        QCOMPARE(seen.rowLocks.size(), std::size_t(1));
        const domain::RowLock* lock = seen.lockOn(1, 2);
        QVERIFY(lock != nullptr);
        QVERIFY(seen.lockOn(1, 1) == nullptr);
        QCOMPARE(lock->pid, worker.backendPid());
        QCOMPARE(lock->application, std::string("worker-7"));
        QCOMPARE(lock->state, std::string("idle in transaction"));
        QVERIFY(lock->since && *lock->since <= seen.takenAt);
        QVERIFY(lock->waiting.empty());

        std::thread waiter([&second] {
            try {
                run(second, "begin; update pgque.subscription set sub_batch = 10 where sub_consumer = 2; rollback");
            } catch (const pg::Error&) {
                // Seen from the other side.
            }
        });
        const auto deadline = soon();
        do
            seen = activity(admin);
        while (seen.lockOn(1, 2)->waiting.empty() && pg::Clock::now() < deadline);
        const std::vector<std::int32_t> waiting = seen.lockOn(1, 2)->waiting;
        run(worker, "rollback");
        waiter.join();
        QCOMPARE(waiting, std::vector<std::int32_t>{second.backendPid()});
        QVERIFY(activity(admin).rowLocks.empty());
    }

    void readersSeeLessOfOthers() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a'); insert into pgque.consumer (co_name) values ('one');"
                   " insert into pgque.subscription (sub_queue, sub_consumer) values (1, 1)");
        run(admin, "begin; select * from pgque.subscription for update");
        RoleConnection reader(database, "pgque_reader");
        const auto seen = activity(*reader);
        const auto* lock = seen.lockOn(1, 1);
        QVERIFY(lock != nullptr);
        QCOMPARE(lock->pid, admin.backendPid());
        QVERIFY(!lock->since);
        // Nor does it take a right to see who writes, and under which name.
        const auto writer = std::find_if(seen.backends.begin(), seen.backends.end(), [&](const domain::Backend& one) {
            return one.pid == admin.backendPid();
        });
        QVERIFY(writer != seen.backends.end());
        QVERIFY(writer->xid.has_value());
        QVERIFY(writer->state.empty());
        run(admin, "rollback");
    }

    void preparedTransactions() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        const std::string gid = "prepared-" + database.name();
        run(admin, "begin; create table pgque.x (); prepare transaction '" + gid + "'");
        const auto seen = activity(admin);
        const auto found = std::find_if(seen.prepared.begin(), seen.prepared.end(),
                                        [&](const domain::PreparedTransaction& one) { return one.gid == gid; });
        run(admin, "rollback prepared '" + gid + "'");
        QVERIFY(found != seen.prepared.end());
        QCOMPARE(found->database, database.name());
        QVERIFY(found->xid > 0);
    }
};

QTEST_GUILESS_MAIN(TestActivity)
#include "tst_activity.moc"
