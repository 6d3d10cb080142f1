// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/column.h"
#include "models/madesnapshots.h"
#include "models/queuesmodel.h"
#include "models/sortproxy.h"
#include "models/subscriptiontreemodel.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include <ctime>

using namespace models;
using namespace Qt::StringLiterals;

namespace {

QStringList names(const SortProxy& proxy) {
    QStringList names;
    for (int row = 0; row < proxy.rowCount(); ++row)
        names += proxy.index(row, 0).data().toString();
    return names;
}

} // namespace

class SortProxyTest : public QObject {
    Q_OBJECT

    std::shared_ptr<domain::Snapshot> m_snapshot;
    std::unique_ptr<QueuesModel> m_model;
    std::unique_ptr<SortProxy> m_proxy;

    void setDead(std::size_t queue, std::int64_t count) { m_snapshot->queues[queue].dead->value = count; }

    void feed() {
        m_snapshot->takenAt += std::chrono::milliseconds(100);
        m_model->setSample(*m_snapshot, {}, {});
    }

    int column(const QString& id) const { return m_model->columnOf(id); }

private Q_SLOTS:

    void init() {
        m_snapshot = made::many(3, 1);
        m_model = std::make_unique<QueuesModel>();
        m_proxy = std::make_unique<SortProxy>();
        m_proxy->setSourceModel(m_model.get());
        setDead(0, 10);
        setDead(1, 20);
        setDead(2, 30);
        feed();
        m_proxy->sort(column(u"dead"_s), Qt::DescendingOrder);
        QCOMPARE(names(*m_proxy), (QStringList{u"queue_00003"_s, u"queue_00002"_s, u"queue_00001"_s}));
    }

    void rowsStayUntilTheNextSort() {
        QAbstractItemModelTester tester(m_proxy.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        setDead(0, 99);
        feed();
        QCOMPARE(names(*m_proxy).constFirst(), u"queue_00003"_s);
        QTRY_COMPARE_WITH_TIMEOUT(names(*m_proxy).constFirst(), u"queue_00001"_s, 10'000);
    }

    void heldRowsStay() {
        m_proxy->setHeld(true);
        setDead(0, 99);
        feed();
        QTest::qWait(SortProxy::sortInterval + 200);
        QCOMPARE(names(*m_proxy).constFirst(), u"queue_00003"_s);
        m_proxy->setHeld(false);
        QCOMPARE(names(*m_proxy).constFirst(), u"queue_00001"_s);
    }

    void aKeyHoldsForTwoSeconds() {
        m_proxy->holdBriefly();
        setDead(0, 99);
        feed();
        QTest::qWait(SortProxy::sortInterval + 300);
        QCOMPARE(names(*m_proxy).constFirst(), u"queue_00003"_s);
        QTRY_COMPARE_WITH_TIMEOUT(names(*m_proxy).constFirst(), u"queue_00001"_s, SortProxy::briefHold);
    }

    void nothingIsAnnouncedWhenNothingMoves() {
        QSignalSpy layout(m_proxy.get(), &QAbstractItemModel::layoutChanged);
        setDead(2, 31);
        feed();
        QTest::qWait(SortProxy::sortInterval + 200);
        QCOMPARE(layout.count(), 0);
    }

    void tiesFollowTheColumnBeforeThenTheKey() {
        setDead(0, 5);
        setDead(1, 5);
        setDead(2, 5);
        feed();
        m_proxy->sort(column(u"queue"_s), Qt::DescendingOrder);
        m_proxy->sort(column(u"dead"_s), Qt::AscendingOrder);
        QCOMPARE(names(*m_proxy), (QStringList{u"queue_00003"_s, u"queue_00002"_s, u"queue_00001"_s}));
        m_proxy->sort(column(u"retry"_s), Qt::DescendingOrder);
        m_proxy->sort(column(u"dead"_s), Qt::DescendingOrder);
        QCOMPARE(names(*m_proxy), (QStringList{u"queue_00001"_s, u"queue_00002"_s, u"queue_00003"_s}));
    }

    void unknownComesLastEitherWay() {
        m_snapshot->queues[1].dead.reset();
        feed();
        m_proxy->sort(column(u"dead"_s), Qt::AscendingOrder);
        QCOMPARE(names(*m_proxy).constLast(), u"queue_00002"_s);
        m_proxy->sort(column(u"dead"_s), Qt::DescendingOrder);
        QCOMPARE(names(*m_proxy).constLast(), u"queue_00002"_s);
    }

    void aFilterShowsWhatContainsIt() {
        m_proxy->setFilterText(u"00002"_s);
        QCOMPARE(names(*m_proxy), QStringList{u"queue_00002"_s});
        m_proxy->setFilterText({});
        QCOMPARE(m_proxy->rowCount(), 3);
    }

    void aFilterFollowsWhatRowsBecome() {
        QAbstractItemModelTester tester(m_proxy.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        m_proxy->setFilterText(u"paused"_s);
        QCOMPARE(m_proxy->rowCount(), 0);
        m_snapshot->queues[1].tickerPaused = true;
        feed();
        QTRY_COMPARE_WITH_TIMEOUT(names(*m_proxy), QStringList{u"queue_00002"_s}, 10'000);
        m_snapshot->queues[1].tickerPaused = false;
        m_snapshot->queues[0].tickerPaused = true;
        feed();
        QTRY_COMPARE_WITH_TIMEOUT(names(*m_proxy), QStringList{u"queue_00001"_s}, 10'000);
        m_snapshot->queues[2].tickerPaused = true;
        feed();
        // What comes in comes where the order wants it.
        QTRY_COMPARE_WITH_TIMEOUT(names(*m_proxy), (QStringList{u"queue_00003"_s, u"queue_00001"_s}), 10'000);
    }

    void heldRowsAreNotFilteredAway() {
        m_snapshot->queues[1].tickerPaused = true;
        feed();
        m_proxy->setFilterText(u"paused"_s);
        QCOMPARE(m_proxy->rowCount(), 1);
        m_proxy->setHeld(true);
        m_snapshot->queues[1].tickerPaused = false;
        feed();
        QTest::qWait(SortProxy::sortInterval + 200);
        QCOMPARE(m_proxy->rowCount(), 1);
        m_proxy->setHeld(false);
        QCOMPARE(m_proxy->rowCount(), 0);
    }

    void whatOnlyAgesIsNotMatched() {
        const QString age = m_model->index(0, column(u"last_tick"_s)).data().toString();
        QVERIFY(!age.isEmpty());
        QCOMPARE(m_model->columns()[std::size_t(column(u"last_tick"_s))].pace, Pace::Ageing);
        m_proxy->setFilterText(age);
        QCOMPARE(m_proxy->rowCount(), 0);
    }

    void filteringManyIsCheap() {
        const auto many = made::many(1000, 11);
        SubscriptionTreeModel tree;
        SortProxy proxy;
        proxy.setSourceModel(&tree);
        tree.setSample(*many, {});
        proxy.setFilterText(u"consumer_7"_s);
        // Worked, not waited: other programs are none of its business.
        std::vector<double> took;
        for (int round = 0; round < 9; ++round) {
            const std::clock_t begin = std::clock();
            proxy.setFilterText(round % 2 ? u"consumer_7"_s : u"nothing like it"_s);
            took.push_back(1'000.0 * double(std::clock() - begin) / CLOCKS_PER_SEC);
        }
        std::sort(took.begin(), took.end());
        qInfo("1,000 queues and 11,000 subscriptions are filtered in %.1f ms", took[took.size() / 2]);
        QVERIFY(took.front() < 250);
    }

    void anEmptyTableIsSortedAtOnceWhenItFills() {
        QueuesModel model;
        SortProxy proxy;
        proxy.setSourceModel(&model);
        proxy.sort(model.columnOf(u"dead"_s), Qt::DescendingOrder);
        model.setSample(*m_snapshot, {}, {});
        QCOMPARE(names(proxy).constFirst(), u"queue_00003"_s);
    }
};

QTEST_GUILESS_MAIN(SortProxyTest)
#include "tst_sortproxy.moc"
