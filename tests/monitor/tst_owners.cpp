// SPDX-License-Identifier: GPL-3.0-or-later
// Whose session a worker's is, by the name that it gives itself.
#include "madecases.h"
#include "monitor/ownersessions.h"

#include <QTest>

using namespace cases;
using monitor::applicationName;
using monitor::OwnerSessions;

namespace {

/// billing with its member one, which has been silent with a batch, and a normal consumer.
domain::Snapshot shop(std::shared_ptr<const domain::Activity> activity = {}) {
    domain::Subscription main = subscription("billing", domain::Role::CoopMain, 1);
    domain::Subscription member = subscription("billing.one", domain::Role::CoopMember, 2);
    openBatch(member, 20min);
    domain::Subscription audit = subscription("audit", domain::Role::Normal, 3);
    audit.subId = 8;
    domain::Snapshot snapshot = snapshotOf({healthyQueue()}, {main, member, audit});
    if (activity)
        snapshot.activity = std::move(activity);
    return snapshot;
}

domain::Backend session(std::int32_t pid, const std::string& application) {
    domain::Backend backend;
    backend.pid = pid;
    backend.application = application;
    backend.state = "idle";
    backend.stateSince = now - 4min;
    return backend;
}

std::shared_ptr<domain::Activity> activity(pg::Timestamp at, std::vector<domain::Backend> backends) {
    auto made = std::make_shared<domain::Activity>();
    made->takenAt = at;
    made->backends = std::move(backends);
    return made;
}

/// The stale heartbeat as it is told while these owners are known.
domain::Finding told(std::vector<domain::OwnerSession> owners) {
    auto seen = activity(now, {});
    seen->owners = std::move(owners);
    const domain::Diagnosis diagnosis = judge(shop(seen));
    const domain::Finding* finding = find(diagnosis, "stale_heartbeat");
    if (!finding)
        qFatal("no finding");
    checkTexts(*finding);
    return *finding;
}

} // namespace

class TestOwners : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void namesByTheRule() {
        const domain::Snapshot snapshot = shop();
        const auto name = [&](const std::string& rule, std::size_t row) {
            return applicationName(rule, snapshot, snapshot.subscriptions[row]);
        };
        QCOMPARE(name("{group}.{member}", 1), std::string("billing.one"));
        QCOMPARE(name("{group}.{member}", 2), std::string("audit"));
        QCOMPARE(name("{queue}/{group}:{member}", 1), std::string("orders/billing:one"));
        QCOMPARE(name("{queue}/{group}:{member}", 2), std::string("orders/audit"));
        QCOMPARE(name("{member}@{queue}", 1), std::string("one@orders"));
        QCOMPARE(name("worker", 1), std::string("worker"));
        QCOMPARE(name("", 1), std::string());
        QCOMPARE(name(std::string(80, 'x'), 1), std::string(63, 'x'));
    }

    void seenThenGone() {
        OwnerSessions owners;
        const auto seen = activity(now, {session(10, "psql"), session(11, "billing.one"), session(12, "billing")});
        QVERIFY(owners.tie(shop(), *seen).empty()); // without a rule nobody is anybody's
        owners.setRule("{group}.{member}");
        auto tied = owners.tie(shop(), *seen);
        QCOMPARE(tied.size(), std::size_t(1)); // the group's main row is nobody's
        QCOMPARE(tied[0].consumerId, 2);
        QCOMPARE(tied[0].pids, std::vector<std::int32_t>{11});
        QCOMPARE(tied[0].state, std::string("idle"));
        QVERIFY(!tied[0].gone);
        tied = owners.tie(shop(), *activity(now + 5s, {session(10, "psql")}));
        QCOMPARE(tied.size(), std::size_t(1));
        QVERIFY(tied[0].gone);
        QCOMPARE(tied[0].seenAt, now); // when it was last there
        tied = owners.tie(shop(), *activity(now + 9s, {session(21, "billing.one"), session(20, "billing.one")}));
        QVERIFY(!tied[0].gone);
        QCOMPARE(tied[0].pids.size(), std::size_t(2));
        owners.forget();
        QVERIFY(owners.tie(shop(), *activity(now + 10s, {})).empty());
    }

    /// Of a list that was cut nobody is missing.
    void aCutListLosesNobody() {
        OwnerSessions owners;
        owners.setRule("{group}.{member}");
        owners.tie(shop(), *activity(now, {session(11, "billing.one")}));
        const std::vector<domain::Backend> many(2'000, session(1, "web"));
        QVERIFY(!owners.tie(shop(), *activity(now + 1s, many))[0].gone);
    }

    void theFindingNamesIt() {
        domain::OwnerSession owner{1, 2, "billing.one", {11}, "idle", now - 4min, now, false};
        domain::Finding finding = told({owner});
        QVERIFY2(finding.cause.find("session 11 (billing.one) carries its name: idle for 4 min") != std::string::npos,
                 finding.cause.c_str());
        QCOMPARE(finding.culprit.value().pid.value(), 11);
        owner.gone = true;
        owner.seenAt = now - 3min;
        finding = told({owner});
        QVERIFY2(finding.cause.find("session 11 (billing.one) is gone") != std::string::npos, finding.cause.c_str());
        QVERIFY(!finding.culprit.value().pid); // nobody to end
        QCOMPARE(finding.culprit.value().application, std::string("billing.one"));
        owner.gone = false;
        owner.pids = {11, 12};
        finding = told({owner});
        QVERIFY2(finding.cause.find("2 sessions carry its name") != std::string::npos, finding.cause.c_str());
        QVERIFY(!finding.culprit.value().pid);
        finding = told({});
        QVERIFY(finding.cause.find("is not known") != std::string::npos);
        QVERIFY(!finding.culprit);
    }
};

QTEST_GUILESS_MAIN(TestOwners)
#include "tst_owners.moc"
