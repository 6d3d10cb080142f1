// SPDX-License-Identifier: GPL-3.0-or-later
// What a sample tells of waits for locks, without asking the server again.
#include "domain/lockwaits.h"
#include "models/lockmodel.h"
#include "models/madesnapshots.h"

#include <QTest>

using domain::LockSession;
using domain::LockWaits;
using namespace std::chrono_literals;

namespace {

class Made {
public:
    Made()
        : m_snapshot(std::make_shared<domain::Snapshot>())
        , m_activity(std::make_shared<domain::Activity>()) {
        m_snapshot->takenAt = made::now;
        m_snapshot->capabilities.database = "shop";
        m_snapshot->queues = {made::queue(1, "orders"), made::queue(2, "mails")};
        m_snapshot->subscriptions = {made::subscription(m_snapshot->queues[0], 1, "billing", domain::Role::Normal, 1),
                                     made::subscription(m_snapshot->queues[1], 2, "sender", domain::Role::Normal, 2)};
        m_snapshot->buildIndex();
        m_activity->takenAt = made::now - 3s;
        m_snapshot->activity = m_activity;
    }

    domain::Backend& backend(std::int32_t pid, const std::string& waitEvent, const std::string& database = "shop") {
        domain::Backend backend;
        backend.pid = pid;
        backend.user = "app";
        backend.application = "worker-" + std::to_string(pid);
        backend.database = database;
        backend.state = "active";
        backend.waitEvent = waitEvent;
        backend.started = made::ago(1'000);
        backend.transactionSince = made::ago(60);
        m_activity->backends.push_back(backend);
        return m_activity->backends.back();
    }

    void locked(std::int32_t queue, std::int32_t consumer, std::int32_t pid, std::vector<std::int32_t> waiting) {
        m_activity->rowLocks.push_back(
            {queue, consumer, pid, "holder", "idle in transaction", made::ago(90), std::move(waiting), {}});
    }

    domain::Snapshot& snapshot() { return *m_snapshot; }

    LockWaits waits() const { return *domain::lockWaitsOf(*m_snapshot); }

private:
    std::shared_ptr<domain::Snapshot> m_snapshot;
    std::shared_ptr<domain::Activity> m_activity;
};

const LockSession& of(const LockWaits& waits, std::int32_t pid) {
    for (const LockSession& session : waits.sessions) {
        if (session.pid == pid)
            return session;
    }
    qFatal("no session %d", pid);
}

} // namespace

class TestRecordedWaits : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void beforeSessionsWereAskedForNothingIsKnown() {
        Made made;
        made.snapshot().activity.reset();
        QVERIFY(!domain::lockWaitsOf(made.snapshot()));
    }

    void nobodyWaits() {
        Made made;
        made.backend(10, "");
        made.backend(11, "Client: ClientRead");
        made.locked(1, 1, 10, {});
        QVERIFY(made.waits().sessions.empty());
        QVERIFY(made.waits().takenAt == made::now - 3s);
    }

    void whoWaitsForWhoseRow() {
        Made made;
        made.backend(10, "");
        made.backend(11, "Lock: transactionid");
        made.locked(1, 1, 10, {11});
        const LockWaits waits = made.waits();
        QCOMPARE(waits.sessions.size(), std::size_t(2));
        const LockSession& holder = of(waits, 10);
        QVERIFY(holder.blockers.empty() && holder.waitsFor.empty());
        QCOMPARE(holder.application, std::string("worker-10"));
        QVERIFY(holder.started == made::ago(1'000));
        const LockSession& waiter = of(waits, 11);
        QCOMPARE(waiter.waitsFor, std::string("row of billing on orders"));
        QCOMPARE(waiter.schema, std::string("pgque"));
        QCOMPARE(waiter.user, std::string("app"));
        QCOMPARE(waiter.blockers, std::vector<std::int32_t>{10});
        // Not in the sample: not claimed.
        QVERIFY(waiter.query.empty() && waiter.mode.empty() && !waiter.waitingSince);
        const auto lines = models::lockTree(waits);
        QCOMPARE(lines.size(), std::size_t(2));
        QCOMPARE(lines[0].session.pid, 10);
        QCOMPARE(lines[0].waiting, 1);
        QCOMPARE(lines[1].depth, 1);
    }

    /// Its row locks are told, its session is not: no right to see it, or gone between the two questions.
    void aHolderThatIsNoBackend() {
        Made made;
        made.backend(11, "Lock: transactionid");
        made.locked(1, 1, 10, {11, 12});
        const LockWaits waits = made.waits();
        QCOMPARE(waits.sessions.size(), std::size_t(3));
        QCOMPARE(of(waits, 10).application, std::string("holder"));
        QCOMPARE(of(waits, 10).state, std::string("idle in transaction"));
        QVERIFY(of(waits, 10).transactionSince == made::ago(90));
        QVERIFY(of(waits, 12).state.empty());
        QCOMPARE(of(waits, 12).blockers, std::vector<std::int32_t>{10});
    }

    void aPreparedTransactionHolds() {
        Made made;
        made.backend(11, "Lock: transactionid");
        made.locked(1, 1, 0, {11});
        const LockWaits waits = made.waits();
        QCOMPARE(of(waits, 0).pid, 0);
        QCOMPARE(of(waits, 11).blockers, std::vector<std::int32_t>{0});
    }

    void whichOfTwoRowsIsWantedIsNotClaimed() {
        Made made;
        made.backend(11, "Lock: transactionid");
        made.locked(1, 1, 10, {11});
        made.locked(2, 2, 10, {11});
        const LockSession waiter = of(made.waits(), 11);
        QCOMPARE(waiter.waitsFor, std::string("row of billing on orders or row of sender on mails"));
        QCOMPARE(waiter.blockers, std::vector<std::int32_t>{10});
    }

    void aRowWhoseConsumerIsGone() {
        Made made;
        made.locked(9, 9, 10, {11});
        QCOMPARE(of(made.waits(), 11).waitsFor, std::string("a row of pgque.subscription"));
    }

    /// Who stands behind another, or at a table: that it waits is known, and for whom is not.
    void waitsWithoutAHolder() {
        Made made;
        made.backend(11, "Lock: tuple");
        made.backend(12, "Lock: relation");
        made.backend(13, "Lock: advisory");
        made.backend(14, "Lock: extend");
        made.backend(15, "Lock: relation", "other");
        const LockWaits waits = made.waits();
        QCOMPARE(waits.sessions.size(), std::size_t(4));
        QCOMPARE(of(waits, 11).waitsFor, std::string("a row"));
        QCOMPARE(of(waits, 12).waitsFor, std::string("a table"));
        QCOMPARE(of(waits, 13).waitsFor, std::string("an advisory lock"));
        QCOMPARE(of(waits, 14).waitsFor, std::string("extend"));
        for (const LockSession& session : waits.sessions)
            QVERIFY(session.blockers.empty());
        QCOMPARE(models::lockTree(waits).size(), std::size_t(4));
    }

    void chainsAndRings() {
        Made made;
        made.locked(1, 1, 10, {11});
        made.locked(2, 2, 11, {12});
        auto lines = models::lockTree(made.waits());
        QCOMPARE(lines.size(), std::size_t(3));
        QCOMPARE(lines[0].waiting, 2);
        QCOMPARE(lines[2].depth, 2);
        made.locked(1, 3, 12, {10});
        QCOMPARE(models::lockTree(made.waits()).size(), std::size_t(3));
    }
};

QTEST_GUILESS_MAIN(TestRecordedWaits)
#include "tst_recordedwaits.moc"
