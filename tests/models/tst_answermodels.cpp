// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of what pages ask beside the sample: they stay models while answers come and go, and the lock tree is a tree.
#include "models/backlogmodels.h"
#include "models/lockmodel.h"
#include "models/queuemodels.h"
#include "models/reachmodel.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace models;
using namespace std::chrono_literals;

namespace {

const pg::Timestamp now{1'795'000'000s};

domain::LockSession session(std::int32_t pid, std::vector<std::int32_t> blockers) {
    domain::LockSession made;
    made.pid = pid;
    made.blockers = std::move(blockers);
    return made;
}

QStringList paths(const std::vector<LockLine>& lines) {
    QStringList found;
    for (const LockLine& line : lines)
        found += QString::fromStdString(line.path);
    return found;
}

RetryLine retry(std::int64_t id, pg::Interval due) {
    RetryLine line;
    line.retry.eventId = id;
    line.retry.owner = 1;
    line.retry.queue = "orders";
    line.retry.dueAt = now + due;
    line.retry.attempts = 5;
    line.retry.type = "t";
    return line;
}

} // namespace

class TestAnswerModels : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void lockTreeIsOne() {
        domain::LockWaits waits;
        QVERIFY(lockTree(waits).empty());
        waits.sessions = {session(1, {}), session(2, {1}), session(3, {2}), session(4, {1, 2}), session(9, {})};
        const auto lines = lockTree(waits);
        QCOMPARE(paths(lines), QStringList({"1", "1/2", "1/2/3", "1/2/4", "1/4", "9"}));
        QCOMPARE(lines.front().waiting, 3);
        QCOMPARE(lines.back().waiting, 0);
        QCOMPARE(lines[2].depth, 2);
    }

    void aRingHasAnEntrance() {
        domain::LockWaits waits;
        waits.sessions = {session(5, {7}), session(6, {5}), session(7, {6})};
        QCOMPARE(paths(lockTree(waits)), QStringList({"5", "5/6", "5/6/7"}));
    }

    void answersComeAndGo() {
        AnswerModel<RetryLine> model(retryColumns());
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.show({retry(1, 5s), retry(2, 10s), retry(3, 90s)}, now);
        QCOMPARE(model.rowCount(), 3);
        const QPersistentModelIndex second = model.index(1, 0);
        model.show({retry(2, 10s), retry(4, 11s)}, now + 6s);
        QCOMPARE(second.row(), 0);
        const int due = model.columnOf(QStringLiteral("due"));
        QCOMPARE(model.index(0, due).data().toString(), format::due(4s));
        model.setNow(now + 20s);
        QCOMPARE(model.index(0, due).data().toString(), format::due(-10s));
        model.setZone(QTimeZone::utc());
        QVERIFY(model.index(0, model.columnOf(QStringLiteral("tries"))).data(DetailRole).toString().contains(u"last"));
        model.show({}, now);
        QCOMPARE(model.rowCount(), 0);
    }

    void everyColumnHasWords() {
        const auto check = [](const auto& columns, const auto& row) {
            const CellContext context{now, QTimeZone::utc()};
            QSet<QString> ids;
            for (const auto& column : columns) {
                QVERIFY(!column.info.id.isEmpty() && !column.info.title.isEmpty());
                QVERIFY(!ids.contains(column.info.id));
                ids += column.info.id;
                columnValue(column, row, context, Qt::DisplayRole);
                columnValue(column, row, context, ValueRole);
                columnValue(column, row, context, SortRole);
            }
        };
        check(retryColumns(), RetryLine{});
        check(deadColumns(), DeadLine{});
        check(deadGroupColumns(), DeadGroupLine{});
        check(tickColumns(), TickLine{});
        check(tableColumns(), TableLine{});
        check(gateColumns(), GateLine{});
        check(lockColumns(), LockLine{});
        check(ownColumns(), OwnLine{});
        check(reachColumns(), ReachLine{});
    }

    void windowsBetweenTicks() {
        domain::Queue queue;
        queue.tickerMaxLag = 3s;
        queue.tickerIdlePeriod = 60s;
        domain::QueueDetail detail;
        detail.ticks = {{3, now, 510, 0, 0}, {2, now - 20s, 500, 0, 0}, {1, now - 70s, 500, 0, 0}};
        const auto lines = tickLines(detail, queue);
        QCOMPARE(lines[0].estimate.value(), 10);
        QVERIFY(lines[0].isLong); // 20 s with events waiting
        QVERIFY(!lines[1].isLong);
        QVERIFY(!lines[2].gap);
    }

    void theWayOfAnEvent() {
        domain::EventRow event;
        event.time = now;
        event.txid = 77;
        domain::EventStory story;
        story.before = domain::Tick{4, now + 1s, 0, 0, 0};
        QVERIFY(storyText(story, event, QTimeZone::utc()).contains(u"No tick sees it yet"));
        story.after = domain::Tick{5, now + 2s, 0, 0, 0};
        story.passedOver = 2;
        const QString text = storyText(story, event, QTimeZone::utc());
        QVERIFY(text.contains(u"4 → 5"));
        QVERIFY(text.contains(u"had not committed"));
        story.before.reset();
        QVERIFY(storyText(story, event, QTimeZone::utc()).contains(u"not known"));
    }
};

QTEST_GUILESS_MAIN(TestAnswerModels)
#include "tst_answermodels.moc"
