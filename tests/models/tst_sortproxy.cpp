// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/column.h"
#include "models/madesnapshots.h"
#include "models/queuesmodel.h"
#include "models/sortproxy.h"
#include "models/subscriptiontreemodel.h"
#include "support/gaps.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include <functional>

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

    /// Whatever comes, goes and changes: shown is what has the text, what stands above it and what stands below it.
    void theShownRowsAreThoseWithTheText() {
        std::mt19937 generator(11);
        SubscriptionTreeModel tree;
        SortProxy proxy;
        QAbstractItemModelTester tester(&proxy, QAbstractItemModelTester::FailureReportingMode::QtTest);
        proxy.setSourceModel(&tree);
        proxy.sort(0);
        const auto has = [&](const QModelIndex& index) {
            const auto& columns = tree.columns();
            for (int column = 0; column < tree.columnCount(); ++column) {
                const ColumnInfo& info = columns[std::size_t(column)];
                const bool word = info.kind == CellKind::Chip || info.kind == CellKind::Text;
                if ((word || info.pace != Pace::Ageing) &&
                    index.siblingAtColumn(column).data().toString().contains(proxy.filterText(), Qt::CaseInsensitive))
                    return true;
            }
            return false;
        };
        std::function<bool(const QModelIndex&)> hasBelow = [&](const QModelIndex& index) {
            for (int row = 0; row < tree.rowCount(index); ++row) {
                const QModelIndex below = tree.index(row, 0, index);
                if (has(below) || hasBelow(below))
                    return true;
            }
            return false;
        };
        std::function<bool(const QModelIndex&, bool)> right = [&](const QModelIndex& parent, bool withParent) {
            for (int row = 0; row < tree.rowCount(parent); ++row) {
                const QModelIndex index = tree.index(row, 0, parent);
                const bool own = withParent || has(index);
                const bool shown = own || hasBelow(index);
                if (shown != proxy.mapFromSource(index).isValid() || (shown && !right(index, own)))
                    return false;
            }
            return true;
        };
        auto snapshot = made::random(generator);
        const QStringList texts = {u"queue_1"_s, u"group"_s, u"1"_s, u"batch"_s, u""_s, u"member"_s};
        int filtered = 0;
        for (int round = 0; round < 60; ++round) {
            if (round % 4 == 0)
                proxy.setFilterText(texts[round / 4 % texts.size()]);
            snapshot = round % 3 ? made::changed(*snapshot, generator) : made::random(generator);
            tree.setSample(*snapshot, {});
            // What changed is followed within a second; asked for anew it is at once.
            QTRY_VERIFY_WITH_TIMEOUT(right({}, false), 3'000);
            filtered += int(proxy.rowCount() != tree.rowCount());
        }
        QVERIFY(filtered > 10);
    }

    void aRowBelowStaysWithItsParent() {
        SubscriptionTreeModel tree;
        SortProxy proxy;
        proxy.setSourceModel(&tree);
        const auto shop = made::shop();
        tree.setSample(*shop, {});
        proxy.setFilterText(QString::fromStdString(shop->queues.front().name));
        QCOMPARE(proxy.rowCount(), 1);
        QCOMPARE(proxy.rowCount(proxy.index(0, 0)), tree.rowCount(proxy.mapToSource(proxy.index(0, 0))));
    }

    void filteringManyHoldsNobodyUp() {
        const auto many = made::many(1000, 11);
        SubscriptionTreeModel tree;
        SortProxy proxy;
        proxy.setSourceModel(&tree);
        tree.setSample(*many, {});
        QVERIFY(support::inSomeTry([&proxy] {
            double most = 0; // ms of processor time at once
            for (const QString& text : {u"consumer_7"_s, u"nothing like it"_s}) {
                const support::Gaps gaps;
                QSignalSpy changed(&proxy, &SortProxy::filterChanged);
                proxy.setFilterText(text);
                const bool goesOn = changed.isEmpty(); // the window does, meanwhile
                if (!goesOn || !changed.wait() || (text == u"consumer_7"_s) != (proxy.rowCount() == 1000))
                    return false;
                most = std::max(most, gaps.busiest());
            }
            return most < 50;
        }));
    }

    /// Another text while the one before is still being read.
    void theLastTextCounts() {
        const auto many = made::many(1000, 11);
        SubscriptionTreeModel tree;
        SortProxy proxy;
        proxy.setSourceModel(&tree);
        tree.setSample(*many, {});
        QSignalSpy changed(&proxy, &SortProxy::filterChanged);
        proxy.setFilterText(u"nothing like it"_s);
        proxy.setFilterText(u"queue_00007"_s);
        QVERIFY(changed.wait());
        QCOMPARE(proxy.rowCount(), 1);
        proxy.setFilterText(u"nothing like it"_s);
        proxy.setFilterText({});
        QCOMPARE(proxy.rowCount(), 1000);
        QTest::qWait(50);
        QCOMPARE(changed.count(), 2);
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
