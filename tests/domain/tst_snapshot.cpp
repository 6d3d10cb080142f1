// SPDX-License-Identifier: GPL-3.0-or-later
// Look-ups in a snapshot: the same with an index and without, and quick at 11,000 rows.
#include "domain/finding.h"
#include "domain/snapshot.h"
#include "support/gaps.h"

#include <QTest>

using domain::Role;

namespace {

domain::Snapshot snapshotOf(int queues, int groups, int members) {
    domain::Snapshot snapshot;
    for (int q = 1; q <= queues; ++q) {
        domain::Queue& queue = snapshot.queues.emplace_back();
        queue.id = q;
        queue.name = "q" + std::to_string(q);
        for (int g = 0; g < groups; ++g) {
            for (int m = 0; m <= members; ++m) {
                domain::Subscription& row = snapshot.subscriptions.emplace_back();
                row.queueId = q;
                row.consumerId = g * 100 + m;
                row.subId = q * 1'000 + g;
                row.role = m == 0 ? Role::CoopMain : Role::CoopMember;
                row.consumerName = "group-" + std::to_string(g) + (m == 0 ? "" : ".w" + std::to_string(m));
            }
        }
    }
    return snapshot;
}

} // namespace

class TestSnapshot : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void sameWithAndWithoutIndex() {
        const domain::Snapshot plain = snapshotOf(3, 2, 2);
        domain::Snapshot indexed = plain;
        indexed.buildIndex();
        for (const domain::Snapshot* one : {&plain, static_cast<const domain::Snapshot*>(&indexed)}) {
            QCOMPARE(one->queue(2)->name, std::string("q2"));
            QCOMPARE(one->queue(std::string("q3"))->id, 3);
            QVERIFY(!one->queue(9) && !one->queue(std::string("q9")));
            QCOMPARE(one->subscription(2, 101)->consumerName, std::string("group-1.w1"));
            QVERIFY(!one->subscription(2, 150));
            const domain::Subscription& member = *one->subscription(3, 2);
            QCOMPARE(one->mainOf(member)->consumerId, 0);
            QVERIFY(!one->mainOf(*one->mainOf(member)));
            QCOMPARE(domain::groupName(*one, member), std::string("group-0"));
            QCOMPARE(domain::subconsumerName(*one, member), std::string("w2"));
            QVERIFY(domain::subconsumerName(*one, *one->mainOf(member)).empty());
        }
    }

    /// A member whose main row is gone is still named by its own name.
    void memberWithoutMain() {
        domain::Snapshot snapshot;
        domain::Subscription& stray = snapshot.subscriptions.emplace_back();
        stray.role = Role::CoopMember;
        stray.consumerName = "billing.worker-3";
        snapshot.buildIndex();
        QVERIFY(!snapshot.mainOf(stray));
        QCOMPARE(domain::groupName(snapshot, stray), std::string("billing"));
        QCOMPARE(domain::subconsumerName(snapshot, stray), std::string("worker-3"));
    }

    void quickAtElevenThousandRows() {
        domain::Snapshot snapshot = snapshotOf(1'000, 1, 10);
        QCOMPARE(snapshot.subscriptions.size(), std::size_t(11'000));
        QVERIFY(support::inSomeTry([&snapshot] {
            const double begun = support::processorMs();
            snapshot.buildIndex();
            std::size_t names = 0;
            for (const domain::Subscription& row : snapshot.subscriptions)
                names += domain::groupName(snapshot, row).size();
            return names > 0 && support::processorMs() - begun < 500; // quadratic takes seconds
        }));
    }

    void findingsKeepTheirKey() {
        domain::Finding one;
        one.rule = "stale_heartbeat";
        one.subject = {"orders", "billing", "w1", 5};
        domain::Finding same = one;
        same.title = "other words";
        QCOMPARE(one.key(), same.key());
        same.subject.batch = 6;
        QVERIFY(one.key() != same.key());
        domain::Finding shifted = one; // names that would run into each other
        shifted.subject = {"ordersbilling", "", "w1", 5};
        QVERIFY(one.key() != shifted.key());
    }
};

QTEST_GUILESS_MAIN(TestSnapshot)
#include "tst_snapshot.moc"
