// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/inflightmodel.h"
#include "models/listener.h"
#include "models/madesnapshots.h"
#include "models/queuesmodel.h"
#include "models/sortproxy.h"
#include "models/subscriptiontreemodel.h"

#include <QAbstractItemModelTester>
#include <QItemSelectionModel>
#include <QSignalSpy>
#include <QtTest>

using namespace models;
using namespace Qt::StringLiterals;

namespace {

/// The whole model as text: what a view would show after a fresh start.
QStringList dump(const QAbstractItemModel& model, const QModelIndex& parent = {}, int depth = 0) {
    QStringList lines;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        QString line(qsizetype(depth) * 2, u' ');
        line += model.index(row, 0, parent).data(KeyRole).toString();
        for (int column = 0; column < model.columnCount(parent); ++column)
            line += u'|' + model.index(row, column, parent).data().toString();
        lines += line;
        lines += dump(model, model.index(row, 0, parent), depth + 1);
    }
    return lines;
}

QList<QPersistentModelIndex> allRows(const QAbstractItemModel& model, const QModelIndex& parent = {}) {
    QList<QPersistentModelIndex> rows;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        rows += QPersistentModelIndex(model.index(row, 0, parent));
        rows += allRows(model, model.index(row, 0, parent));
    }
    return rows;
}

/// A row's key behind those of what it stands below.
QString placeOf(const QModelIndex& row) {
    return row.isValid() ? placeOf(row.parent()) + u" > "_s + row.data(KeyRole).toString() : QString();
}

QStringList placesOf(const QAbstractItemModel& model) {
    QStringList places;
    for (const QPersistentModelIndex& row : allRows(model))
        places += placeOf(row);
    return places;
}

template <class Model, class Feed>
void holdsAnySequence(Feed feed) {
    std::mt19937 generator(20261120);
    Model model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    made::Listener listener(model);
    int valuesOnly = 0;
    std::shared_ptr<domain::Snapshot> snapshot;
    for (int round = 0; round < 240; ++round) {
        QList<std::pair<QPersistentModelIndex, QString>> remembered;
        for (const QPersistentModelIndex& index : allRows(model))
            remembered.append({index, index.data(KeyRole).toString()});
        // Every other time the same things have other values: then nothing but the signals tells which cells changed.
        snapshot = round % 2        ? made::changed(*snapshot, generator, round % 4 == 1)
                   : round % 3 == 0 ? made::random(generator)
                                    : made::regrouped(*snapshot, generator);
        const domain::Diagnosis diagnosis = made::findings(*snapshot, generator);
        feed(model, *snapshot, diagnosis);
        for (const auto& [index, key] : remembered) {
            if (index.isValid())
                QCOMPARE(index.data(KeyRole).toString(), key);
        }
        Model fresh;
        feed(fresh, *snapshot, diagnosis);
        QCOMPARE(dump(model), dump(fresh));
        valuesOnly += !listener.structure;
        const QStringList missed = listener.missed();
        QVERIFY2(missed.isEmpty(), qPrintable(missed.join(u'\n')));
    }
    QVERIFY2(valuesOnly > 30, qPrintable(QString::number(valuesOnly)));
}

/// A view on a sorted model keeps what is chosen as long as it stands where it stood, and shows the rows in order,
/// whatever comes.
template <class Model, class Feed>
void keepsSelectionAndOrder(const QString& sortedBy, Feed feed) {
    std::mt19937 generator(20261121);
    Model model;
    SortProxy proxy;
    proxy.setSourceModel(&model);
    const int column = model.columnOf(sortedBy);
    QVERIFY(column >= 0);
    proxy.sort(column, Qt::DescendingOrder);
    QItemSelectionModel selection(&proxy);
    std::shared_ptr<domain::Snapshot> snapshot = made::random(generator);
    feed(model, *snapshot);
    for (int round = 0; round < 60; ++round) {
        const QList<QPersistentModelIndex> rows = allRows(proxy);
        if (!selection.hasSelection() && !rows.isEmpty())
            selection.setCurrentIndex(rows[qsizetype(generator() % std::size_t(rows.size()))],
                                      QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
        const QString chosen = placeOf(selection.currentIndex());
        snapshot = round % 2 ? made::changed(*snapshot, generator) : made::random(generator);
        feed(model, *snapshot);
        proxy.sort(column, Qt::DescendingOrder); // as soon as it may
        const QStringList places = placesOf(proxy);
        QCOMPARE(QSet<QString>(places.begin(), places.end()).size(), places.size());
        if (places.contains(chosen)) {
            QCOMPARE(placeOf(selection.currentIndex()), chosen);
            QVERIFY(selection.isSelected(selection.currentIndex()));
            QCOMPARE(selection.selectedRows().size(), 1);
        } else {
            selection.clear();
        }
        SortProxy fresh;
        Model again;
        feed(again, *snapshot);
        fresh.setSourceModel(&again);
        fresh.sort(column, Qt::DescendingOrder);
        QCOMPARE(places, placesOf(fresh));
    }
}

QString spaced(QString text) {
    return text.replace(QChar(0x202f), u' ').replace(QChar(0xa0), u' ');
}

QString cell(const QAbstractItemModel& model, int row, const QString& id) {
    for (int column = 0; column < model.columnCount(); ++column) {
        if (model.headerData(column, Qt::Horizontal, ColumnIdRole).toString() == id)
            return spaced(model.index(row, column).data().toString());
    }
    return u"no column "_s + id;
}

} // namespace

class KeyedModelsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { QLocale::setDefault(QLocale::c()); }

    void diffFindsRanges() {
        const KeyDiff diff = diffKeys({"a", "b", "c", "d", "e"}, {"x", "b", "y", "z", "e"});
        QCOMPARE(diff.removed, (std::vector<RowRange>{{2, 3}, {0, 0}}));
        QCOMPARE(diff.inserted, (std::vector<RowRange>{{0, 0}, {2, 3}}));
        QVERIFY(!diff.reordered);
        QVERIFY(diffKeys({"a", "b"}, {"b", "a"}).reordered);
    }

    void manyChangesBecomeOneRange() {
        QCOMPARE(spans({1, 2, 5}, 10), (std::vector<RowRange>{{1, 2}, {5, 5}}));
        QCOMPARE(spans({0, 2, 4}, 5), (std::vector<RowRange>{{0, 4}}));
        std::vector<int> scattered;
        for (int row = 0; row < 140; row += 2)
            scattered.push_back(row);
        QCOMPARE(spans(scattered, 10'000), (std::vector<RowRange>{{0, 138}}));
        QVERIFY(spans({}, 10).empty());
    }

    void queuesHoldAnySequence() {
        holdsAnySequence<QueuesModel>([](QueuesModel& model, const auto& snapshot, const auto& diagnosis) {
            model.setSample(snapshot, diagnosis, {});
        });
    }

    void batchesHoldAnySequence() {
        holdsAnySequence<InFlightModel>([](InFlightModel& model, const auto& snapshot, const auto& diagnosis) {
            model.setSample(snapshot, diagnosis);
        });
    }

    void consumersHoldAnySequence() {
        holdsAnySequence<SubscriptionTreeModel>([](SubscriptionTreeModel& model, const auto& snapshot,
                                                   const auto& diagnosis) { model.setSample(snapshot, diagnosis); });
    }

    void selectionAndOrderAreKept() {
        keepsSelectionAndOrder<QueuesModel>(
            u"dead"_s, [](QueuesModel& model, const domain::Snapshot& snapshot) { model.setSample(snapshot, {}, {}); });
        keepsSelectionAndOrder<InFlightModel>(
            u"open_for"_s,
            [](InFlightModel& model, const domain::Snapshot& snapshot) { model.setSample(snapshot, {}); });
        keepsSelectionAndOrder<SubscriptionTreeModel>(
            u"pending"_s,
            [](SubscriptionTreeModel& model, const domain::Snapshot& snapshot) { model.setSample(snapshot, {}); });
    }

    void queuesReadAsInTheShop() {
        QueuesModel model;
        model.setSample(*made::shop(), made::shopFindings(), [](std::int32_t id) {
            return id == 6 ? std::vector<double>{900, std::nan(""), 1180} : std::vector<double>();
        });
        QCOMPARE(model.rowCount(), 8);
        QCOMPARE(cell(model, 0, u"queue"_s), u"audit"_s);
        QCOMPARE(cell(model, 0, u"state"_s), u"behind"_s);
        QCOMPARE(cell(model, 0, u"backlog"_s), u"1 204 426"_s);
        QCOMPARE(cell(model, 0, u"oldest"_s), u"19 h 43 m"_s);
        QCOMPARE(cell(model, 0, u"rotation"_s), u"pinned"_s);
        QCOMPARE(cell(model, 1, u"rotation"_s), u"in 1 h 00 m"_s);
        QCOMPARE(cell(model, 4, u"state"_s), u"paused"_s);
        QCOMPARE(cell(model, 4, u"last_tick"_s), u"paused"_s);
        QCOMPARE(cell(model, 5, u"state"_s), u"stuck"_s);
        QCOMPARE(cell(model, 5, u"rate"_s), u"1 180"_s);
        QCOMPARE(cell(model, 5, u"in_flight"_s), u"4"_s);
        QCOMPARE(cell(model, 5, u"dead"_s), u"1 000+"_s);
        QCOMPARE(cell(model, 5, u"consumers"_s), u"1"_s);
        QCOMPARE(model.index(5, model.columnOf(u"queue"_s)).data(DetailRole).toString(), u"· cooperative"_s);
        QVERIFY(model.index(5, model.columnOf(u"history"_s))
                    .data(Qt::AccessibleTextRole)
                    .toString()
                    .startsWith(u"rising"_s));
    }

    /// What holds rotation is whoever stands on the lowest tick, not who has the most before it.
    void theOverviewNamesWhoPinsRotation() {
        auto snapshot = made::shop();
        domain::Queue& audit = snapshot->queues[0];
        domain::Subscription member = made::subscription(audit, 90, "slow.one", domain::Role::CoopMember, 90);
        made::openBatch(member, audit, 77, 900);
        member.lastTick = audit.lowestTick->id;
        member.lastTickTime = audit.lowestTick->time;
        snapshot->subscriptions[0].lastTick = audit.lowestTick->id + 1; // audit-archiver: the largest backlog
        snapshot->subscriptions.push_back(member);
        snapshot->buildIndex();
        QueuesModel model;
        const auto rotation = [&](int role) {
            model.setSample(*snapshot, {}, {});
            return model.index(0, model.columnOf(u"rotation"_s)).data(role).toString();
        };
        QCOMPARE(rotation(Qt::DisplayRole), u"pinned"_s);
        QVERIFY(rotation(Qt::ToolTipRole).contains(u"slow.one"_s));
        QVERIFY(!rotation(Qt::ToolTipRole).contains(u"audit-archiver"_s));
        snapshot->queues[0].lastTick->xmin = 880; // nobody could be further
        QCOMPARE(rotation(Qt::DisplayRole), u"no tick"_s);
        snapshot->queues[0].lowestTick.reset();
        snapshot->queues[0].lowestTickMissing = true;
        QCOMPARE(rotation(Qt::DisplayRole), u"fails"_s);
    }

    /// A group's own position moves when a window is handed out; what its members hold is not finished.
    void whatMembersHoldIsBacklog() {
        auto snapshot = made::shop();
        std::int64_t held = 0;
        for (const domain::Subscription& row : snapshot->subscriptions) {
            if (row.queueId == 6 && row.batch)
                held += row.windowEstimate().value();
        }
        QVERIFY(held > 0);
        QueuesModel model;
        model.setSample(*snapshot, {}, {});
        QCOMPARE(model.index(5, model.columnOf(u"backlog"_s)).data(SortRole).toLongLong(), 96 + held);
        QCOMPARE(model.index(7, model.columnOf(u"backlog"_s)).data(SortRole).toLongLong(), 96);
    }

    void theOverviewTellsAges() {
        auto snapshot = made::shop();
        snapshot->queues[5].retry->takenAt = made::ago(40);
        snapshot->queues[5].dead->takenAt = made::ago(0.5);
        snapshot->queues[3].externalTicker = true;
        QueuesModel model;
        model.setSample(*snapshot, {}, {});
        const auto detail = [&](int row, const QString& column) {
            return model.index(row, model.columnOf(column)).data(DetailRole).toString();
        };
        QCOMPARE(detail(5, u"retry"_s), u"· "_s + format::age(std::chrono::seconds(40)));
        QCOMPARE(detail(5, u"dead"_s), QString()); // as old as the sample
        QCOMPARE(cell(model, 3, u"last_tick"_s), u"external"_s);
        QVERIFY(model.index(3, model.columnOf(u"last_tick"_s))
                    .data(Qt::ToolTipRole)
                    .toString()
                    .contains(format::age(std::chrono::seconds(31))));
        // Of all positions and open windows the oldest.
        QCOMPARE(cell(model, 5, u"lag"_s), spaced(format::age(std::chrono::milliseconds(833'400))));
        QCOMPARE(cell(model, 7, u"lag"_s), spaced(format::age(std::chrono::milliseconds(100))));
        QVERIFY(model.index(5, model.columnOf(u"lag"_s)).data(Qt::ToolTipRole).toString().contains(u"worker-3"_s));
    }

    void whoMayBeTakenOver() {
        SubscriptionTreeModel model;
        auto snapshot = made::shop();
        // audit-archiver's tick is gone.
        snapshot->subscriptions[0].lastTickTime.reset();
        model.setSample(*snapshot, {});
        const auto of = [&](const QModelIndex& line, const QString& column) {
            return spaced(line.siblingAtColumn(model.columnOf(column)).data().toString());
        };
        const QModelIndex billing = model.index(0, 0, model.index(5, 0));
        const QModelIndex third = model.index(2, 0, billing);  // silent for 830 s
        const QModelIndex fourth = model.index(3, 0, billing); // for 4 s
        QCOMPARE(of(third, u"takeover"_s), u"eligible"_s);
        QCOMPARE(of(fourth, u"takeover"_s), spaced(format::due(std::chrono::seconds(296))));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.setDeadInterval(std::chrono::hours(1));
        QVERIFY(changed.count() > 0);
        QCOMPARE(of(third, u"takeover"_s), spaced(format::due(std::chrono::seconds(3'600 - 830))));
        model.setDeadInterval(std::chrono::seconds(3));
        QCOMPARE(of(fourth, u"takeover"_s), u"eligible"_s);
        QCOMPARE(of(billing, u"takeover"_s), spaced(format::none()));
        const QModelIndex archiver = model.index(0, 0, model.index(0, 0));
        QCOMPARE(of(archiver, u"lag"_s), u"tick is gone"_s);
        QCOMPARE(of(archiver, u"pending"_s), u"1 204 426"_s);
        QCOMPARE(of(model.index(1, 0, model.index(0, 0)), u"pending"_s), u"96"_s);
    }

    void theTreeHasGroupsAndMembers() {
        SubscriptionTreeModel model;
        model.setSample(*made::shop(), made::shopFindings());
        const QModelIndex orders = model.index(5, 0);
        QCOMPARE(orders.data().toString(), u"orders"_s);
        const QModelIndex billing = model.index(0, 0, orders);
        QCOMPARE(billing.data().toString(), u"billing"_s);
        QCOMPARE(model.rowCount(billing), 4);
        const int role = model.columnOf(u"role"_s);
        QCOMPARE(orders.siblingAtColumn(role).data().toString(), u"1 consumer(s)"_s);
        QCOMPARE(billing.siblingAtColumn(role).data().toString(), u"coop_main"_s);
        const QModelIndex third = model.index(2, 0, billing);
        QCOMPARE(third.data().toString(), u"worker-3"_s);
        QCOMPARE(third.siblingAtColumn(2).data().toString(), u"stuck"_s);
        QCOMPARE(model.row(third).group, std::string("billing"));
    }

    /// The tree and the overview say the same of a queue; and nothing flows where no tick comes.
    /// A lag that is a finding is the consumer's mark, and its queue's where nothing worse is there.
    void whoIsFarBehindSaysSo() {
        const auto snapshot = made::shop();
        domain::Diagnosis diagnosis;
        domain::Finding& finding = diagnosis.findings.emplace_back();
        finding.rule = "far_behind";
        finding.subject = {"orders", "billing", {}, {}};
        finding.title = "Group billing is 14 min behind on orders.";
        SubscriptionTreeModel tree;
        tree.setSample(*snapshot, diagnosis);
        const int mark = tree.columnOf(u"state"_s);
        const QModelIndex orders = tree.index(5, 0);
        for (const QModelIndex& line : {orders.siblingAtColumn(mark), tree.index(0, mark, orders)}) {
            QCOMPARE(line.data().toString(), u"behind"_s);
            QCOMPARE(line.data(ToneRole).toInt(), int(Tone::Warning));
        }
        QVERIFY(tree.index(0, mark, orders).data(Qt::ToolTipRole).toString().contains(u"14 min behind"_s));
        QVERIFY(tree.index(1, mark, orders).data().toString() != u"behind"_s);
    }

    void aPausedQueueDoesNotFlow() {
        const auto snapshot = made::shop();
        for (const char* name : {"report", "mirror"}) {
            auto reader = made::subscription(snapshot->queues[4], 50, name, domain::Role::Normal, 50);
            if (reader.consumerName == "report")
                reader.lastTickSeq = snapshot->queues[4].lastTick->eventSeq - 500;
            else
                reader.lastTickSeq = snapshot->queues[4].eventSeqNow;
            reader.consumerId += int(snapshot->subscriptions.size());
            snapshot->subscriptions.push_back(reader);
        }
        snapshot->buildIndex();
        SubscriptionTreeModel tree;
        tree.setSample(*snapshot, made::shopFindings());
        const int mark = tree.columnOf(u"state"_s);
        const QModelIndex paused = tree.index(4, 0);
        QCOMPARE(tree.index(0, mark, paused).data().toString(), u"waits"_s);
        QCOMPARE(tree.index(0, mark, paused).data(ToneRole).toInt(), int(Tone::Dim));
        QCOMPARE(tree.index(1, mark, paused).data().toString(), u"up to date"_s);
        QueuesModel queues;
        queues.setSample(*snapshot, made::shopFindings(), {});
        for (int row = 0; row < queues.rowCount(); ++row)
            QCOMPARE(tree.index(row, mark).data().toString(), cell(queues, row, u"state"_s));
        QCOMPARE(paused.siblingAtColumn(mark).data().toString(), u"paused"_s);
    }

    void theRateIsOfTheLastSeconds() {
        const auto snapshot = made::shop();
        QueuesModel queues;
        const auto rate = [&](const std::vector<double>& history, pg::Interval period) {
            queues.setSample(
                *snapshot, {}, [&history](std::int32_t) { return history; }, period);
            return queues.row(0).rate;
        };
        // Batches of events, and nothing between them.
        QCOMPARE(rate({900, 20, 0, 20, 0, 20, 0, 20, 0, 20, 0}, std::chrono::seconds(1)), 10.0);
        QCOMPARE(rate({900, 8, 0}, std::chrono::seconds(5)), 4.0);
        QCOMPARE(rate({900, 8}, std::chrono::seconds(15)), 8.0);
        // What was not seen is no part of it.
        const double gap = std::nan("");
        QCOMPARE(rate({900, gap, 6, 2}, std::chrono::seconds(1)), 4.0);
        QVERIFY(std::isnan(rate({900, gap}, std::chrono::seconds(1))));
        QVERIFY(std::isnan(rate({}, std::chrono::seconds(1))));
    }

    /// What was sent since the newest tick is not known where the sequence could not be read.
    void anUnknownSequenceIsALowerBound() {
        const auto snapshot = made::shop();
        for (domain::Queue& queue : snapshot->queues) {
            if (queue.name == "audit")
                queue.eventSeqNow.reset();
        }
        QueuesModel queues;
        queues.setSample(*snapshot, {}, {});
        const QModelIndex backlog = queues.index(0, queues.columnOf(u"backlog"_s));
        QVERIFY2(backlog.data().toString().startsWith(u"≥"_s), qPrintable(backlog.data().toString()));
        QCOMPARE(backlog.data(ToneRole).toInt(), int(Tone::Dim));
        QVERIFY(!backlog.data(Qt::ToolTipRole).toString().isEmpty());
        QVERIFY(backlog.data(SortRole).toLongLong() > 0);
        QVERIFY(!cell(queues, 5, u"backlog"_s).startsWith(u"≥"_s));

        SubscriptionTreeModel tree;
        tree.setSample(*snapshot, {});
        const QModelIndex audit = tree.index(0, 0);
        QCOMPARE(audit.data().toString(), u"audit"_s);
        const int pending = tree.columnOf(u"pending"_s);
        QVERIFY(audit.siblingAtColumn(pending).data().toString().startsWith(u"≥"_s));
        QVERIFY(tree.index(0, pending, audit).data().toString().startsWith(u"≥"_s));
        QVERIFY(!tree.index(5, pending).data().toString().startsWith(u"≥"_s));
    }

    void theOldestBatchComesFirst() {
        InFlightModel model;
        model.setSample(*made::shop(), made::shopFindings());
        QCOMPARE(model.rowCount(), 6);
        QCOMPARE(cell(model, 0, u"batch"_s), u"8123"_s);
        QCOMPARE(cell(model, 0, u"open_for"_s), u"≥ 13 m 50 s"_s);
        QCOMPARE(cell(model, 1, u"open_for"_s), u"≥ 2 m 31 s"_s);
        QCOMPARE(cell(model, 1, u"heartbeat"_s), u"4.0 s"_s);
        QCOMPARE(cell(model, 0, u"window"_s), u"41 903 → 41 904"_s);
        QCOMPARE(cell(model, 0, u"events"_s), u"500"_s);
    }

    void anUnchangedSampleSaysNothing() {
        InFlightModel model;
        const auto snapshot = made::shop();
        model.setSample(*snapshot, {});
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.setSample(*snapshot, {});
        QCOMPARE(changed.count(), 0);
    }

    void aSampleCostsFewSignals() {
        QueuesModel model;
        auto snapshot = made::many(1000, 2);
        model.setSample(*snapshot, {}, {});
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        snapshot->takenAt += std::chrono::seconds(1);
        for (domain::Queue& queue : snapshot->queues)
            queue.lastTick->eventSeq += 7;
        model.setSample(*snapshot, {}, {});
        QVERIFY2(changed.count() <= 8, qPrintable(QString::number(changed.count())));
        for (const auto& signal : changed) {
            // A sort by name must not be disturbed by numbers.
            QVERIFY(signal.at(0).toModelIndex().column() != model.columnOf(u"queue"_s));
        }
    }

    void timeAloneIsOneSignal() {
        SubscriptionTreeModel tree;
        auto snapshot = made::many(50, 11);
        tree.setSample(*snapshot, {});
        QSignalSpy changed(&tree, &QAbstractItemModel::dataChanged);
        QSignalSpy aged(&tree, &LiveModel::aged);
        snapshot->takenAt += std::chrono::seconds(1);
        tree.setSample(*snapshot, {});
        QCOMPARE(aged.count(), 1);
        QCOMPARE(changed.count(), 0);
        // A heartbeat is news of its own: it may change the order.
        snapshot->subscriptions[5].active = snapshot->takenAt;
        tree.setSample(*snapshot, {});
        QCOMPARE(aged.count(), 1);
        QVERIFY(changed.count() > 0);
    }
};

QTEST_GUILESS_MAIN(KeyedModelsTest)
#include "tst_keyedmodels.moc"
