// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of what pages ask beside the sample: they stay models while answers come and go, and the lock tree is a tree.
#include "models/backlogmodels.h"
#include "models/lockmodel.h"
#include "models/queuemodels.h"
#include "models/reachmodel.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace models;
using namespace Qt::StringLiterals;
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

    void thePageBefore() {
        domain::QueueDetail detail;
        detail.ticks = {{9, now, 510, 0, 0}};
        detail.tickBefore = domain::Tick{8, now - 4s, 500, 0, 0};
        QCOMPARE(tickLines(detail, {})[0].gap.value(), 4s);
        QCOMPARE(tickLines(detail, {})[0].estimate.value(), 10);
    }

    void theNextTickInWords() {
        using Rule = monitor::TickForecast::Rule;
        domain::Queue queue;
        queue.tickerMaxCount = 500;
        queue.tickerMaxLag = 3s;
        queue.tickerIdlePeriod = 60s;
        const auto words = [&](Rule rule, std::optional<pg::Interval> in = {}, bool atLatest = false) {
            monitor::TickForecast forecast;
            forecast.rule = rule;
            forecast.waiting = 14;
            forecast.atLatest = atLatest;
            if (in)
                forecast.at = now + *in;
            return tickForecastText(forecast, queue, now);
        };
        QVERIFY(words(Rule::Lag, 2s).startsWith(format::due(2s)));
        QVERIFY(words(Rule::Lag, 2s).contains(u"14"));
        QVERIFY(words(Rule::Count).contains(u"500"));
        QVERIFY(words(Rule::Idle, 6s).startsWith(format::due(6s) + u':'));
        QVERIFY(words(Rule::Idle, 6s, true).contains(u"at the latest"));
        QVERIFY(words(Rule::Idle).contains(u"next call"));
        QVERIFY(words(Rule::Fresh).contains(u"one tick"));
        QVERIFY(words(Rule::First).contains(u"no tick yet"));
        QVERIFY(words(Rule::Paused).contains(u"paused"));
        QVERIFY(words(Rule::External).contains(u"external"));
        queue = {};
        monitor::TickForecast unknown;
        unknown.rule = Rule::Unknown;
        QVERIFY(tickForecastText(unknown, queue, now).contains(u"not known"));
    }

    void theRing() {
        domain::Queue queue;
        queue.id = 1;
        queue.currentTable = 1;
        queue.rotationPeriod = 100s;
        queue.switchTime = now - 60s;
        queue.switchStep2 = 900;
        domain::Snapshot snapshot;
        snapshot.takenAt = now;
        snapshot.queues = {queue};
        const auto stands = [&](const char* name, std::int64_t xmin, pg::Interval age) {
            domain::Subscription row;
            row.queueId = 1;
            row.consumerName = name;
            row.lastTickXmin = xmin;
            row.lastTickTime = now - age;
            snapshot.subscriptions.push_back(row);
        };
        stands("slow", 900, 110s); // half way through the time of the table before
        stands("quick", 950, 15s);
        domain::QueueDetail detail;
        for (int table = 0; table < 3; ++table)
            detail.tables.push_back({table, "t_" + std::to_string(table), std::vector<std::int32_t>()});
        detail.tables[2].holders.reset();
        domain::QueueUpkeep upkeep;
        upkeep.bytes = {1'000, std::nullopt, 3'000};
        upkeep.takenAt = now - 24s;
        const auto lines = tableLines(detail, &upkeep, queue, snapshot);
        QVERIFY(lines[0].isPrevious && lines[1].isCurrent && lines[2].isNext);
        QCOMPARE(lines[0].positions, std::vector<std::string>{"slow"});
        QCOMPARE(lines[0].places, std::vector<double>{0.5});
        QCOMPARE(lines[1].places, std::vector<double>{0.75});
        QCOMPARE(lines[0].bytes.value(), 1'000);
        QVERIFY(!lines[1].bytes);
        QVERIFY(ringInWords(lines).startsWith(u"table 0, previous: "));
        AnswerModel<TableLine> model(tableColumns());
        model.show(lines, now);
        QCOMPARE(model.index(0, model.columnOf(u"size"_s)).data(DetailRole).toString(), u"· "_s + format::age(24s));
        QCOMPARE(model.index(2, model.columnOf(u"holders"_s)).data().toString(), u"not known"_s);
        // What is not known is not nothing.
        QVERIFY(onDisk(&upkeep, now).startsWith(format::atLeast(format::bytes(4'000))));
        QVERIFY(onDisk(&upkeep, now).contains(format::age(24s)));
        upkeep.bytes[1] = 1;
        QVERIFY(onDisk(&upkeep, now).startsWith(format::bytes(4'001)));
        upkeep.bytes = {std::nullopt};
        QVERIFY(onDisk(&upkeep, now).contains(u"not known"));
        QCOMPARE(onDisk(nullptr, now), format::none());
    }

    void gatesInTheirWords() {
        using Kind = monitor::Gate::Kind;
        using State = monitor::Gate::State;
        domain::Queue queue;
        monitor::Gate gate;
        const auto why = [&] { return gateLines({gate}, queue, now)[0].why; };
        gate.kind = Kind::Table;
        gate.state = State::Closed;
        gate.pids = {0, 12};
        QVERIFY(why().contains(u"a prepared transaction, 12"));
        QCOMPARE(gatesInWords({gate}), QStringLiteral("1 gate(s) closed"));
        gate.state = State::Unknown;
        QVERIFY(!why().isEmpty());
        QCOMPARE(gatesInWords({gate}), QStringLiteral("not all is known"));
        gate.state = State::Open;
        QVERIFY(gatesInWords({gate}).contains(u"may rotate"));
        gate = {};
        gate.kind = Kind::Tick;
        gate.state = State::Closed;
        gate.cause = monitor::Gate::Cause::Transaction;
        gate.pids = {7};
        gate.culprits = {"tx-7"};
        QVERIFY(why().contains(u"7") && why().contains(u"tx-7"));
        gate.cause = monitor::Gate::Cause::NoTick;
        QVERIFY(why().contains(u"next one"));
        queue.tickerPaused = true;
        QVERIFY(why().contains(u"paused"));
        gate = {};
        gate.kind = Kind::Position;
        gate.state = State::Closed;
        gate.culprits = {"lost"};
        QVERIFY(why().contains(u"tick not found") && why().contains(u"lost"));
    }

    void whoTicksAsFarAsKnown() {
        domain::Queue queue;
        QVERIFY(whoTicks(queue, nullptr, nullptr).contains(u"not asked"));
        domain::QueueUpkeep upkeep;
        QVERIFY(whoTicks(queue, nullptr, &upkeep).contains(u"not known"));
        upkeep.takenAt = now;
        upkeep.scheduler = domain::QueueUpkeep::Scheduler{"pg_cron", 3, 100ms, now - 7s};
        domain::QueueDetail detail;
        detail.lastGap = 2s;
        QVERIFY(whoTicks(queue, &detail, &upkeep).contains(u"pg_cron, job 3"));
        QVERIFY(whoTicks(queue, &detail, &upkeep).contains(format::age(7s)));
        QVERIFY(whoTicks(queue, &detail, &upkeep).contains(format::age(2s)));
        upkeep.scheduler->name.clear();
        QVERIFY(whoTicks(queue, nullptr, &upkeep).contains(u"no job"));
        queue.externalTicker = true;
        QVERIFY(whoTicks(queue, nullptr, &upkeep).contains(u"outside"));
        QVERIFY(extraMaintenance(&detail).contains(u"not known"));
        detail.extraMaintenance = std::vector<std::string>{"pgque.tidy"};
        QVERIFY(extraMaintenance(&detail).contains(u"pgque.tidy"));
        queue.earlierTick = domain::Tick{1, now - 20s, 100, 0, 0};
        queue.lastTick = domain::Tick{9, now, 300, 0, 0};
        QVERIFY(queueRates(queue, {}).contains(u"not observed"));
        QVERIFY(queueRates(queue, {12.0}).contains(format::rate(12)));
        QVERIFY(queueRates(queue, {12.0}).contains(format::rate(10)));
    }

    void retriesAgainstTheirDrain() {
        domain::Queue queue;
        queue.name = "orders";
        QVERIFY(drainText(queue, {}).isEmpty());
        queue.retryDue = domain::Count{120, false, now};
        queue.oldestRetryDue = now - 60s;
        QVERIFY(drainText(queue, {}).contains(u"not known yet"));
        QVERIFY(drainText(queue, monitor::RetryTrend{false, 1}).contains(u"none is moved"));
        // Two a second lie in the minute; twice as fast as time they are moved.
        const QString shrinking = drainText(queue, monitor::RetryTrend{true, -1});
        QVERIFY2(shrinking.contains(u"≈ "_s + format::rate(4)), qPrintable(shrinking));
        QVERIFY(shrinking.contains(format::age(60s)));
        QVERIFY(drainText(queue, monitor::RetryTrend{true, 0.5}).contains(u"more fall due"));
        QVERIFY(drainText(queue, monitor::RetryTrend{true, 0.5}).contains(format::rate(1)));
        domain::Capabilities install;
        install.origin = domain::SchemaOrigin::Ours;
        QVERIFY(retryMoveText(install).contains(u"1,000"));
        install.origin = domain::SchemaOrigin::Foreign;
        QVERIFY(retryMoveText(install).contains(u"moves 10,"));
        install.origin = domain::SchemaOrigin::Unknown;
        QVERIFY(retryMoveText(install).isEmpty());
        domain::RetryOutlook outlook;
        QVERIFY(outlookText(outlook, 3s).isEmpty());
        outlook.due = 412;
        outlook.later = 2;
        QCOMPARE(outlookText(outlook, 3s), u"412 due now · 2 later · "_s + format::age(3s) + u" ago"_s);
    }

    void aLimitThatChangesIsShown() {
        AnswerModel<RetryLine> model(retryColumns());
        model.show({retry(1, 5s)}, now);
        RetryLine line = retry(1, 5s);
        line.retry.maxRetries = 9;
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.show({line}, now);
        bool seen = false;
        for (const auto& signal : changed)
            seen = seen || signal.at(0).toModelIndex().column() == model.columnOf(QStringLiteral("tries"));
        QVERIFY(seen);
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
