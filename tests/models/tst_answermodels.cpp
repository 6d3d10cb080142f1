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

/// "2 1+1": pid 2 at level 1, and behind one other than that it stands under.
QStringList drawn(const std::vector<LockLine>& lines) {
    QStringList found;
    for (const LockLine& line : lines)
        found += QStringLiteral("%1 %2").arg(line.session.pid).arg(line.depth) +
                 (line.alsoBehind > 0 ? QStringLiteral("+%1").arg(line.alsoBehind) : QString()) +
                 (line.ring ? QStringLiteral(" ring") : QString());
    return found;
}

/// A holder and a queue for its row, as pg_blocking_pids() tells it: the first waits for the holder's transaction, all
/// others for the first and for everybody ahead of them.
domain::LockWaits queueForOneRow(int waiting) {
    domain::LockWaits waits;
    waits.sessions = {session(1, {}), session(2, {1})};
    for (std::int32_t pid = 3; pid < 2 + waiting; ++pid) {
        waits.sessions.push_back(session(pid, {}));
        for (std::int32_t ahead = 2; ahead < pid; ++ahead)
            waits.sessions.back().blockers.push_back(ahead);
    }
    return waits;
}

/// The same for a table: everybody waits for the holder, and for those ahead.
domain::LockWaits queueForOneTable(int waiting) {
    domain::LockWaits waits = queueForOneRow(waiting);
    for (domain::LockSession& one : waits.sessions) {
        if (one.pid > 2)
            one.blockers.insert(one.blockers.begin(), 1);
    }
    return waits;
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
        QCOMPARE(drawn(lines), QStringList({"1 0", "2 1", "3 2", "4 1+1", "9 0"}));
        QCOMPARE(lines.front().waiting, 3);
        QCOMPARE(lines[1].waiting, 2);
        QCOMPARE(lines.back().waiting, 0);
        QCOMPARE(lines[3].alsoBehindFirst.pid, 2);
    }

    void everyWaiterOfALongQueueStandsOnce_data() {
        QTest::addColumn<int>("waiting");
        for (const int waiting : {20, 64, 500, 1'999})
            QTest::addRow("%d", waiting) << waiting;
    }

    void everyWaiterOfALongQueueStandsOnce() {
        QFETCH(const int, waiting);
        const auto row = lockTree(queueForOneRow(waiting));
        QCOMPARE(row.size(), std::size_t(waiting + 1));
        QCOMPARE(row[0].session.pid, 1);
        QCOMPARE(row[0].waiting, waiting);
        QCOMPARE(row[1].depth, 1);
        QCOMPARE(row[1].waiting, waiting - 1);
        // Below the first of the queue, each behind those ahead of it.
        for (std::size_t at = 2; at < row.size(); ++at) {
            QCOMPARE(row[at].session.pid, int(at + 1));
            QCOMPARE(row[at].depth, 2);
            QCOMPARE(row[at].alsoBehind, int(at) - 2);
            QCOMPARE(row[at].waiting, waiting - int(at));
        }
        const auto table = lockTree(queueForOneTable(waiting));
        QCOMPARE(table.size(), std::size_t(waiting + 1));
        for (std::size_t at = 1; at < table.size(); ++at) {
            QCOMPARE(table[at].depth, 1);
            QCOMPARE(table[at].alsoBehind, int(at) - 1);
        }
    }

    void severalHolders() {
        domain::LockWaits waits;
        // 1 and 2 share the row; 3 wants it alone and 4 is behind 3. 5 waits for 2 elsewhere.
        waits.sessions = {session(1, {}), session(2, {}), session(3, {1, 2}), session(4, {3}), session(5, {2})};
        const auto lines = lockTree(waits);
        // 2 holds up more, so it comes first and has them below it; 1 still tells whom it holds up.
        QCOMPARE(drawn(lines), QStringList({"2 0", "3 1+1", "4 2", "5 1", "1 0"}));
        QCOMPARE(lines[0].waiting, 3);
        QCOMPARE(lines[1].alsoBehindFirst.pid, 1);
        QCOMPARE(lines.back().waiting, 2);
    }

    void preparedTransactionsAreTold() {
        domain::LockWaits waits;
        waits.sessions = {session(0, {}), session(0, {}), session(7, {}), session(8, {})};
        waits.sessions[0].gid = "a";
        waits.sessions[1].gid = "b";
        waits.sessions[2].preparedBlockers = {"a"};
        waits.sessions[3].preparedBlockers = {"b"};
        AnswerModel<LockLine> model(lockColumns());
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.show(lockTree(waits), now);
        QStringList texts;
        for (int row = 0; row < model.rowCount(); ++row)
            texts += model.index(row, 0).data().toString();
        QCOMPARE(texts, QStringList({"prepared a", u"└ pid 7"_qs, "prepared b", u"└ pid 8"_qs}));
    }

    /// A level that changes is a cell that changes, and the selected session stays it.
    void aSessionKeepsItsLine() {
        AnswerModel<LockLine> model(lockColumns());
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        domain::LockWaits waits;
        waits.sessions = {session(1, {}), session(2, {1}), session(3, {2})};
        model.show(lockTree(waits), now);
        const QPersistentModelIndex third = model.index(2, 0);
        const QString before = third.data().toString();
        waits.sessions = {session(2, {}), session(3, {2})};
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.show(lockTree(waits), now);
        QCOMPARE(third.row(), 1);
        QVERIFY(third.data().toString() != before);
        QVERIFY(!changed.isEmpty());
    }

    void aRingHasAnEntrance() {
        domain::LockWaits waits;
        waits.sessions = {session(5, {7}), session(6, {5}), session(7, {6})};
        QCOMPARE(drawn(lockTree(waits)), QStringList({"5 0+1 ring", "6 1", "7 2"}));
        // Who only waits for somebody in it is not its entrance.
        waits.sessions.insert(waits.sessions.begin(), session(1, {6}));
        QCOMPARE(drawn(lockTree(waits)), QStringList({"5 0+1 ring", "6 1", "1 2", "7 2"}));
        // Two rings, and a queue behind one.
        waits.sessions = {session(1, {2}), session(2, {1}), session(3, {4}), session(4, {3}), session(5, {3, 4})};
        QCOMPARE(drawn(lockTree(waits)), QStringList({"1 0+1 ring", "2 1", "3 0+1 ring", "4 1", "5 1+1"}));
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
        detail.ticks = {
            {3, now, 510, 0, 0}, {2, now - 50s, 500, 0, 0}, {1, now - 250s, 500, 0, 0}, {0, now - 260s, 0, 0, 0}};
        const auto lines = tickLines(detail, queue);
        QCOMPARE(lines[0].estimate.value(), 10);
        QVERIFY(!lines[0].isLong); // idle for 50 s, then an event came
        QVERIFY(lines[1].isLong);  // 200 s, and a tick a minute is promised
        QVERIFY(!lines[2].isLong);
        QVERIFY(!lines[3].gap);
        // Where the lag is the longer of the two it is what may pass.
        queue.tickerMaxLag = 100s;
        QVERIFY(!tickLines(detail, queue)[1].isLong);
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
        // A job that somebody made himself, and one that can't be seen.
        domain::ScheduledJob job;
        job.scheduler = "pg_cron";
        job.name = "tick";
        job.schedule = "5 seconds";
        job.command = "select pgque.ticker()";
        job.lastRun = now - 4s;
        upkeep.scheduling.takenAt = now;
        upkeep.scheduling.jobs = {job};
        QVERIFY(whoTicks(queue, nullptr, &upkeep).startsWith(u"job tick of pg_cron, 5 seconds, last run"));
        QVERIFY(whoTicks(queue, nullptr, &upkeep).contains(format::age(4s)));
        upkeep.scheduling.jobs[0].lastFailure = job.lastRun;
        QVERIFY(whoTicks(queue, nullptr, &upkeep).contains(u"failed"));
        upkeep.scheduling.jobs[0].active = false;
        QVERIFY(whoTicks(queue, nullptr, &upkeep).contains(u"switched off"));
        upkeep.scheduling.jobs[0].command = "select pgque.maint()";
        QVERIFY(whoTicks(queue, nullptr, &upkeep).contains(u"no job"));
        upkeep.scheduling.unread = {"pg_cron shows a role only its own jobs"};
        QVERIFY(!whoTicks(queue, nullptr, &upkeep).contains(u"no job"));
        QVERIFY(whoTicks(queue, nullptr, &upkeep).contains(u"only its own jobs"));
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

    /// Where each consumer has it: the words of every state.
    void howFarConsumersAre() {
        using State = domain::EventReach::State;
        const CellContext context{now, QTimeZone::utc()};
        const auto cell = [&](const domain::EventReach& reach, int column) {
            return columnValue(reachColumns()[std::size_t(column)], ReachLine{reach}, context, Qt::DisplayRole)
                .toString();
        };
        domain::EventReach reach;
        reach.state = State::InFlight;
        reach.holder.emplace();
        reach.holder->consumerName = "billing.w1";
        reach.holder->role = domain::Role::CoopMember;
        reach.holder->batch = 812;
        reach.holder->batchSince = now - 14min;
        QVERIFY2(cell(reach, 1).contains(u"in a batch"), qPrintable(cell(reach, 1)));
        QVERIFY2(cell(reach, 2).contains(u"batch 812 of") && cell(reach, 2).contains(u"billing.w1") &&
                     cell(reach, 2).contains(u"14"),
                 qPrintable(cell(reach, 2)));
        reach.state = State::InRetry;
        reach.at = now + 30s;
        QVERIFY2(cell(reach, 2).startsWith(u"due ") && cell(reach, 2).contains(u"in batch 812"),
                 qPrintable(cell(reach, 2)));
        reach = {};
        reach.state = State::Dead;
        reach.at = now;
        reach.reason = "token=hunter2 refused";
        QVERIFY(cell(reach, 1).contains(u"dead"));
        QVERIFY2(cell(reach, 2).contains(u"refused") && !cell(reach, 2).contains(u"hunter2"),
                 qPrintable(cell(reach, 2)));
        // Past it is good only where it is known that nothing was given back.
        const auto tone = [&] { return columnValue(reachColumns()[1], ReachLine{reach}, context, ToneRole).toInt(); };
        reach = {};
        reach.state = State::Past;
        QCOMPARE(tone(), int(Tone::Good));
        reach.isSure = false;
        QCOMPARE(tone(), int(Tone::None));
    }

    void theWayOfAnEvent() {
        domain::EventRow event;
        event.time = now;
        event.txid = 77;
        domain::EventStory story;
        story.before = domain::Tick{4, now + 1s, 0, 0, 0};
        QVERIFY(storyText(story, event, QTimeZone::utc()).contains(u"No tick sees it yet"));
        story.after = domain::Tick{5, now + 2s, 0, 0, 0};
        story.passedOver = {*story.before};
        const QString text = storyText(story, event, QTimeZone::utc());
        QVERIFY(text.contains(u"4 → 5"));
        QVERIFY2(text.contains(u"could not see it: 4 ("), qPrintable(text));
        // Of many the last are listed, and how many there are at least.
        for (std::int64_t id = 0; id < 64; ++id)
            story.passedOver.insert(story.passedOver.end() - 1, domain::Tick{1'000 + id, now, 0, 0, 0});
        story.morePassedOver = true;
        QVERIFY(storyText(story, event, QTimeZone::utc()).contains(u"≥ 65, the last: 1059 ("));
        story.seenBy = {*story.after, domain::Tick{6, now, 0, 0, 0}};
        QVERIFY(storyText(story, event, QTimeZone::utc()).contains(u"Ticks that see it: 5 ("));
        story.before.reset();
        QVERIFY(storyText(story, event, QTimeZone::utc()).contains(u"not known"));
    }
};

QTEST_GUILESS_MAIN(TestAnswerModels)
#include "tst_answermodels.moc"
