// SPDX-License-Identifier: GPL-3.0-or-later
// What a desk records of a real server, what it rebuilds of the time before, and what it is while the past is shown.
#include "desk/desk.h"
#include "models/queuesmodel.h"
#include "models/tabletext.h"
#include "monitor/timeline.h"
#include "support/foreign.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <random>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using desk::Desk;
using desk::RecordingState;
using domain::Quantity;

namespace {

template <class T>
T wait(QFuture<T> future) {
    if (!QTest::qWaitFor([&future] { return future.isFinished(); }, 30'000) || future.resultCount() == 0)
        qFatal("no answer");
    return future.result();
}

template <class T>
T get(QFuture<store::Answer<T>> future) {
    const auto answer = wait(std::move(future));
    if (const auto* failure = std::get_if<store::Failure>(&answer))
        qFatal("%s", qPrintable(failure->text));
    return std::get<T>(answer);
}

/// The queues' table as it would be copied.
QString queuesText(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    models::QueuesModel model;
    model.setSample(snapshot, diagnosis, [](std::int32_t) { return std::vector<double>(); });
    QList<int> columns;
    for (int column = 0; column < model.columnCount(); ++column)
        columns += column;
    QModelIndexList rows;
    for (int row = 0; row < model.rowCount(); ++row)
        rows += model.index(row, 0);
    return models::tableText(model, rows, columns, models::TextForm::Plain, u"queues"_s);
}

} // namespace

class TestDeskRecording : public QObject {
    Q_OBJECT

    std::unique_ptr<support::TestDatabase> m_database;
    std::unique_ptr<QTemporaryDir> m_folder;

    std::unique_ptr<Desk> open(bool records = true) {
        desk::Profile profile;
        profile.connection = m_database->info();
        auto desk = std::make_unique<Desk>(profile);
        desk->setPeriod(100ms);
        if (records)
            desk->setRecording({true, std::int64_t(2) << 30, m_folder->path()}); // room for every sample
        desk->open();
        if (!QTest::qWaitFor([&] { return desk->snapshot() != nullptr; }, 20'000))
            qFatal("no sample");
        return desk;
    }

    static bool records(Desk& desk) {
        return QTest::qWaitFor([&] { return desk.recordingState().kind == RecordingState::Kind::Recording; }, 10'000);
    }

    void run(const std::string& sql) {
        pg::Connection connection = m_database->connect();
        connection.execute({sql, {}}, pg::after(10s));
    }

    /// The hour until then as a capsule, opened without a server.
    std::unique_ptr<Desk> cutOut(Desk& desk, pg::Timestamp until) {
        desk::CapsuleOptions options;
        options.path = m_folder->filePath(u"cut.capsule"_s);
        options.from = until - 1h;
        options.to = until;
        if (get(desk.exportCapsule(options)) == 0)
            qFatal("nothing in it");
        desk::Profile profile;
        profile.capsule = options.path;
        auto offline = std::make_unique<Desk>(profile);
        offline->open();
        if (!QTest::qWaitFor([&] { return offline->snapshot() != nullptr; }, 10'000))
            qFatal("it does not open");
        return offline;
    }

private Q_SLOTS:

    void init() {
        m_database = std::make_unique<support::TestDatabase>(support::Schema::Pgque);
        m_folder = std::make_unique<QTemporaryDir>();
        run("select pgque.create_queue('orders')");
        run("select pgque.register_consumer('orders', 'billing')");
    }

    void cleanup() { m_database.reset(); }

    void whatIsSeenIsRecorded() {
        const auto desk = open();
        QVERIFY(records(*desk));
        QVERIFY(QTest::qWaitFor([&] { return get(desk->recorded()).moments >= 10; }, 20'000));
        const auto recorded = get(desk->recorded());
        QVERIFY(recorded.path.startsWith(m_folder->path()));
        const auto at = desk->snapshot()->takenAt;
        const std::int32_t orders = desk->snapshot()->queue("orders")->id;
        for (const Quantity quantity : {Quantity::Dead, Quantity::Retry, Quantity::InFlight, Quantity::TickAge}) {
            const auto series = get(desk->series(orders, quantity, at - 60s, at + 60s, 1'000));
            QVERIFY(series.points.size() >= 5);
        }
        QVERIFY(get(desk->series(0, Quantity::SamplingCost, at - 60s, at + 60s, 1'000)).points.size() >= 5);
    }

    void nothingIsRecordedUnlessAsked() {
        const auto desk = open(false);
        QCOMPARE(desk->recordingState().kind, RecordingState::Kind::Off);
        const auto answer = wait(desk->recorded());
        QVERIFY(std::holds_alternative<store::Failure>(answer));
        desk->setRecording({true, std::int64_t(2) << 30, m_folder->path()}); // room for every sample
        QVERIFY(records(*desk));
        desk->setRecording({false, std::int64_t(50) << 20, m_folder->path()});
        QCOMPARE(desk->recordingState().kind, RecordingState::Kind::Off);
    }

    void oneServerOnePast() {
        const auto first = open();
        QVERIFY(records(*first));
        const auto second = open();
        QVERIFY(
            QTest::qWaitFor([&] { return second->recordingState().kind == RecordingState::Kind::Elsewhere; }, 10'000));
        QCOMPARE(first->recordingState().path, second->recordingState().path);
        QVERIFY(get(second->recorded()).moments > 0);
    }

    /// Three hundred events in each of the ticks that were there before the console, one of them forced.
    void theTimeBeforeIsRebuilt() {
        for (int i = 0; i < 20; ++i) {
            run("select pgque.send('orders', 't', g::text) from generate_series(1, 30) g");
            if (i == 10)
                run("select pgque.force_tick('orders')");
            run("select pgque.ticker('orders')");
            run("update pgque.tick set tick_time = tick_time - interval '1 s' * " + std::to_string(1'000 - i * 20) +
                " where tick_id = (select max(tick_id) from pgque.tick)");
        }
        run("update pgque.tick set tick_time = now() - interval '1100 s' where tick_id = 1");
        const auto desk = open();
        QVERIFY(records(*desk));
        QVERIFY(QTest::qWaitFor([&] { return get(desk->recorded()).rebuiltTo.has_value(); }, 10'000));
        const auto at = desk->snapshot()->takenAt;
        const std::int32_t orders = desk->snapshot()->queue("orders")->id;
        const auto windows = get(desk->series(orders, Quantity::WindowSize, at - 1h, at, 10'000));
        double events = 0;
        int rebuilt = 0;
        for (const domain::SeriesPoint& point : windows.points) {
            if (!point.rebuilt)
                continue;
            ++rebuilt;
            events += point.mean;
        }
        QVERIFY2(rebuilt >= 15, qPrintable(QString::number(rebuilt)));
        QVERIFY2(events <= 610, qPrintable(QString::number(events)));
        const auto recorded = get(desk->recorded());
        QVERIFY(std::any_of(recorded.notes.begin(), recorded.notes.end(), [](const store::RecordingNote& note) {
            return note.kind == store::RecordingNote::Kind::Rebuilt && note.text == u"orders"_s;
        }));
        // What is rebuilt of the server as a whole too.
        QVERIFY(!get(desk->series(0, Quantity::Rate, at - 1h, at - 2min, 1'000)).points.empty());
    }

    /// Exported here, opened on a desk that has no server: the same text.
    void aCapsuleShowsTheSame() {
        const auto desk = open();
        const auto journal =
            std::make_shared<store::Journal>(store::Journal::Options{m_folder->filePath(u"j.sqlite"_s)});
        desk->setJournal(journal);
        QVERIFY(records(*desk));
        desk->setAccessMode(desk::AccessMode::Operate);
        domain::ActionRequest create;
        create.action = "create_queue";
        create.queue = "made";
        create.reason = "to see it again";
        QCOMPARE(wait(desk->perform(create)).kind, domain::OutcomeKind::Done);
        QVERIFY(QTest::qWaitFor([&] { return desk->snapshot()->queue("made") != nullptr; }, 10'000));
        const domain::SnapshotPtr then = desk->snapshot();
        const QString liveText = queuesText(*then, desk->diagnosis());
        QVERIFY(QTest::qWaitFor([&] { return get(desk->recorded()).last >= then->takenAt; }, 10'000));

        desk::CapsuleOptions options;
        options.path = m_folder->filePath(u"incident.capsule"_s);
        options.from = then->takenAt - 1h;
        options.to = then->takenAt;
        options.settings = {{"Retry overdue", "30 s"}};
        QVERIFY(get(desk->exportCapsule(options)) > 0);
        const std::int32_t orders = then->queue("orders")->id;

        desk::Profile profile;
        profile.capsule = options.path;
        Desk offline(profile);
        offline.open();
        QVERIFY(QTest::qWaitFor([&] { return offline.snapshot() != nullptr; }, 10'000));
        QVERIFY(offline.isCapsule());
        QVERIFY(offline.shownInstant() == then->takenAt);
        QCOMPARE(queuesText(*offline.snapshot(), offline.diagnosis()), liveText);
        const auto facts = offline.capsuleFacts();
        QCOMPARE(facts.at("setting: Retry overdue"), std::string("30 s"));
        QCOMPARE(facts.at("schema fingerprint").size(), std::size_t(64));
        QCOMPARE(facts.at("database"), then->capabilities.database);
        QVERIFY(!get(offline.series(orders, Quantity::TickAge, options.from, options.to, 100)).points.empty());
        const store::JournalPage page = wait(offline.journalPage({}));
        QVERIFY(!page.failure);
        QVERIFY(!page.records.isEmpty());
        QCOMPARE(page.records.front().reason, u"to see it again"_s);
        for (const store::JournalRecord& record : page.records)
            QVERIFY(!record.sql.contains(u"select"_s));
        QVERIFY(!offline.arm({}).isEmpty());
        QCOMPARE(wait(offline.perform(create)).kind, domain::OutcomeKind::Refused);
        offline.showLive();
        QVERIFY(offline.shownInstant());
    }

    /// What the work queues were, and who waited for whose row, when nobody asks any more and all of it has changed.
    void workQueuesAndWaitsAreRecorded() {
        m_database = std::make_unique<support::TestDatabase>(support::Schema::Both);
        for (const char* sql :
             {"select pgque.create_queue('orders')", "select pgque.register_consumer('orders', 'billing')",
              "select workqueue.send('mail', '{\"task_name\": \"secret_task\"}')",
              "update workqueue.pg_queue_message set read_ct = 9",
              "insert into workqueue.pg_barrier_state (execution_id, remaining, total, expires_at) "
              "values ('e1', 2, 5, now() + interval '1 hour')"})
            run(sql);
        pg::Connection holder = m_database->connect();
        pg::Connection waiter = m_database->connect();
        holder.execute({"begin", {}}, pg::after(10s));
        holder.execute({"update pgque.subscription set sub_active = now()", {}}, pg::after(10s));
        const auto desk = open();
        QVERIFY(records(*desk));
        std::thread blocked([&] {
            waiter.execute({"update pgque.subscription set sub_active = now()", {}}, pg::after(60s));
        });
        const auto waits = [](const domain::SnapshotPtr& snapshot) {
            const auto found = snapshot->activity ? domain::lockWaitsOf(*snapshot) : std::nullopt;
            return found && !found->sessions.empty();
        };
        QVERIFY(QTest::qWaitFor([&] { return desk->workLooks() && waits(desk->snapshot()); }, 20'000));
        const domain::SnapshotPtr then = desk->snapshot();
        const auto looks = desk->workLooks();
        const domain::WorkLook& look = looks->installs.at(0);
        const auto live = std::get<domain::LockWaits>(wait(desk->lockWaits()));
        QVERIFY(QTest::qWaitFor([&] { return get(desk->recorded()).last >= then->takenAt; }, 10'000));
        holder.execute({"rollback", {}}, pg::after(10s));
        blocked.join();
        run("delete from workqueue.pg_queue_message");
        run("delete from workqueue.pg_barrier_state");

        const auto check = [&](Desk& shown) {
            QVERIFY(shown.shownInstant() == then->takenAt);
            QVERIFY(shown.workLooks());
            QVERIFY(shown.workLooks()->takenAt == looks->takenAt);
            const auto installs = std::get<0>(wait(shown.workInstalls()));
            QCOMPARE(installs.size(), std::size_t(1));
            QVERIFY(installs[0] == look.sample.install);
            const auto sample = std::get<domain::WorkSample>(wait(shown.workSample(installs[0])));
            QVERIFY(sample.queues == look.sample.queues);
            QVERIFY(sample.takenAt == look.sample.takenAt);
            QCOMPARE(sample.queues.at(0).name, std::string("mail"));
            QVERIFY(std::get<domain::Barriers>(wait(shown.barriers(installs[0]))).rows == look.barriers.rows);
            QCOMPARE(look.barriers.rows.size(), std::size_t(1));
            for (const domain::WorkMessage& message : shown.workLooks()->installs[0].poison)
                QVERIFY(message.task.empty());
            QVERIFY(!shown.workLooks()->installs[0].poison.empty());
            // The same sessions as the server itself told then, for the same row.
            const auto recorded = std::get<domain::LockWaits>(wait(shown.lockWaits()));
            QVERIFY(recorded.takenAt == then->activity->takenAt);
            QCOMPARE(recorded.sessions.size(), live.sessions.size());
            for (std::size_t i = 0; i < live.sessions.size(); ++i) {
                QCOMPARE(recorded.sessions[i].pid, live.sessions[i].pid);
                QCOMPARE(recorded.sessions[i].blockers, live.sessions[i].blockers);
                QCOMPARE(recorded.sessions[i].waitsFor, live.sessions[i].waitsFor);
                QCOMPARE(recorded.sessions[i].user, live.sessions[i].user);
                QVERIFY(recorded.sessions[i].started == live.sessions[i].started);
            }
            const auto failed = [](const auto& reply) {
                const auto* failure = std::get_if<pg::Failure>(&reply);
                return failure && failure->diagnostics.message.starts_with("not recorded");
            };
            QVERIFY(failed(wait(shown.workPage(installs[0], "mail", domain::WorkPart::Ready, {}, 10))));
            QVERIFY(failed(wait(shown.barrierDetail(installs[0], "e1"))));
            domain::WorkInstall other = installs[0];
            other.schema = "elsewhere";
            QVERIFY(failed(wait(shown.workSample(other))));
        };
        QVERIFY(get(desk->showInstant(then->takenAt)));
        check(*desk);
        check(*cutOut(*desk, then->takenAt));
    }

    /// The rate at that instant, as the table of queues shows it.
    void ratesAreRecorded() {
        const auto desk = open();
        QVERIFY(records(*desk));
        const std::int32_t orders = desk->snapshot()->queue("orders")->id;
        std::map<pg::Timestamp, double> live;
        for (int i = 0; i < 100 && live.size() < 5; ++i) {
            run("select pgque.send('orders', 't', 'x')");
            QSignalSpy ready(desk.get(), &Desk::snapshotReady);
            QVERIFY(ready.wait(5'000));
            const auto rates = desk->rateHistory(orders);
            if (!rates.empty() && rates.back() > 0)
                live[desk->snapshot()->takenAt] = rates.back();
        }
        QVERIFY(!live.empty());
        QVERIFY(QTest::qWaitFor([&] { return get(desk->recorded()).last >= live.rbegin()->first; }, 10'000));
        for (const auto& [at, rate] : live) {
            QVERIFY(get(desk->showInstant(at)));
            QVERIFY(desk->shownInstant() == at);
            QCOMPARE(desk->rateHistory(orders), std::vector<double>{rate});
        }
    }

    /// Cut off or with bytes turned: it opens or says why not, and that is all that happens.
    void hostileCapsules() {
        const auto desk = open();
        QVERIFY(records(*desk));
        QVERIFY(QTest::qWaitFor([&] { return get(desk->recorded()).moments >= 5; }, 10'000));
        desk::CapsuleOptions options;
        options.path = m_folder->filePath(u"whole.capsule"_s);
        options.to = desk->snapshot()->takenAt;
        options.from = options.to - 1h;
        QVERIFY(get(desk->exportCapsule(options)) > 0);
        QFile whole(options.path);
        QVERIFY(whole.open(QIODevice::ReadOnly));
        const QByteArray bytes = whole.readAll();
        std::mt19937 generator(1);
        int refused = 0;
        for (int i = 0; i < 60; ++i) {
            QByteArray broken = bytes;
            if (i % 2)
                broken.truncate(qsizetype(generator() % unsigned(broken.size())));
            else
                for (int flips = 0; flips < 40; ++flips)
                    broken[qsizetype(generator() % unsigned(broken.size()))] = char(generator());
            desk::Profile profile;
            profile.capsule = m_folder->filePath(u"broken%1.capsule"_s.arg(i));
            QFile file(profile.capsule);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(broken);
            file.close();
            Desk offline(profile);
            offline.open();
            QVERIFY(QTest::qWaitFor(
                [&] { return offline.snapshot() || offline.linkStatus().state == desk::LinkState::Failed; }, 10'000));
            if (offline.snapshot()) {
                wait(offline.series(0, Quantity::Rate, options.from, options.to, 100));
                wait(offline.journalPage({}));
                continue;
            }
            ++refused;
            QVERIFY(!offline.linkStatus().failure.diagnostics.message.empty());
        }
        QVERIFY2(refused > 20, qPrintable(QString::number(refused)));
    }

    /// Who held which window in the past comes from the recording, and from a capsule on another machine.
    void theTimelineFollowsIntoThePast() {
        const auto desk = open();
        QVERIFY(records(*desk));
        const auto look = [&] {
            const std::uint64_t number = desk->liveSnapshot()->number;
            QVERIFY(QTest::qWaitFor([&] { return desk->liveSnapshot()->number > number + 1; }, 10'000));
        };
        const domain::Subscription row = desk->snapshot()->subscriptions.front();
        for (int batch = 0; batch < 3; ++batch) {
            run("select pgque.send('orders', 'x', '{}')");
            run("select pgque.force_tick('orders'), pgque.ticker()");
            run("select pgque.next_batch('orders', 'billing')");
            look();
            if (batch < 2)
                run("select pgque.finish_batch(sub_batch) from pgque.subscription where sub_batch is not null");
            look();
        }
        const domain::SnapshotPtr then = desk->snapshot();
        const auto told = [&](Desk& of) {
            const monitor::Track* track = of.timeline().track(row.queueId, row.subId);
            QStringList bars;
            for (const monitor::Bar& bar : track ? track->lanes.front().bars : std::vector<monitor::Bar>())
                bars += QString::number(bar.token) + (bar.end == monitor::BarEnd::Open ? u" open"_s : u" ended"_s);
            return bars;
        };
        desk->follow(row.queueId, row.subId);
        const QStringList live = told(*desk);
        QCOMPARE(live.size(), 3);
        QVERIFY(live.back().endsWith(u"open"_s));
        QVERIFY(QTest::qWaitFor([&] { return get(desk->recorded()).last >= then->takenAt; }, 10'000));
        run("select pgque.finish_batch(sub_batch) from pgque.subscription where sub_batch is not null");
        look();
        QVERIFY(told(*desk).back().endsWith(u"ended"_s));

        QVERIFY(get(desk->showInstant(then->takenAt)));
        QTRY_COMPARE(told(*desk), live);
        const monitor::Track* track = desk->timeline().track(row.queueId, row.subId);
        QVERIFY(track->lastLook == then->takenAt);
        // Further back there is less; nobody else's is there.
        const pg::Timestamp earlier = track->lanes.front().bars[1].lastSeen;
        QVERIFY(get(desk->showInstant(earlier)));
        QTRY_COMPARE(told(*desk).size(), 2);
        QVERIFY(told(*desk).back().endsWith(u"open"_s));
        desk->follow(0, 0);
        QVERIFY(told(*desk).isEmpty());
        desk->showLive();
        QVERIFY(told(*desk).back().endsWith(u"ended"_s));

        const auto offline = cutOut(*desk, then->takenAt);
        offline->follow(row.queueId, row.subId);
        QTRY_COMPARE(told(*offline), live);
    }

    void thePastIsShownAndNothingIsDoneInIt() {
        const auto desk = open();
        QVERIFY(records(*desk));
        desk->setAccessMode(desk::AccessMode::Operate);
        QVERIFY(QTest::qWaitFor([&] { return get(desk->recorded()).moments >= 3; }, 10'000));
        const domain::SnapshotPtr then = desk->snapshot();
        const QString liveText = queuesText(*then, desk->diagnosis());
        QVERIFY(QTest::qWaitFor([&] { return get(desk->recorded()).last >= then->takenAt; }, 10'000));
        run("select pgque.create_queue('later')");
        QVERIFY(QTest::qWaitFor([&] { return desk->snapshot()->queue("later") != nullptr; }, 10'000));

        QSignalSpy changed(desk.get(), &Desk::instantChanged);
        QVERIFY(get(desk->showInstant(then->takenAt)));
        QCOMPARE(changed.count(), 1);
        QVERIFY(desk->shownInstant() == then->takenAt);
        QVERIFY(!desk->snapshot()->queue("later"));
        QVERIFY(desk->liveSnapshot()->queue("later"));
        QCOMPARE(desk->snapshot()->number, then->number);
        // The same snapshot reads the same, live and from the record.
        QCOMPARE(queuesText(*desk->snapshot(), desk->diagnosis()), liveText);

        domain::ActionRequest drop;
        drop.action = "drop_queue";
        drop.queue = "orders";
        QVERIFY(!desk->availability(drop).available);
        QVERIFY(desk->availability(drop).why.contains(u"past"_s));
        QCOMPARE(wait(desk->perform(drop)).kind, domain::OutcomeKind::Refused);
        QCOMPARE(wait(desk->rehearse(drop)).outcome.kind, domain::OutcomeKind::Refused);
        QVERIFY(std::holds_alternative<pg::Failure>(wait(desk->predict(drop))));
        QCOMPARE(wait(desk->installSchema()).kind, domain::OutcomeKind::Refused);
        const auto asked = wait(desk->footprint());
        QVERIFY(std::get<pg::Failure>(asked).diagnostics.message.starts_with("not recorded"));
        // Of waits the sample itself tells; of work queues it was seen that there are none.
        const auto waits = wait(desk->lockWaits());
        QVERIFY(std::get<domain::LockWaits>(waits).takenAt == then->activity->takenAt);
        QVERIFY(std::get<0>(wait(desk->workInstalls())).empty());
        QVERIFY(!desk->workLooks());

        // Sampling goes on behind it, and what is shown stays.
        const std::uint64_t number = desk->liveSnapshot()->number;
        QVERIFY(QTest::qWaitFor([&] { return desk->liveSnapshot()->number > number + 2; }, 10'000));
        QCOMPARE(desk->snapshot()->number, then->number);

        QVERIFY(get(desk->showInstant(then->takenAt, store::Which::After)));
        QVERIFY(*desk->shownInstant() > then->takenAt);
        QVERIFY(get(desk->showInstant(*desk->shownInstant(), store::Which::Before)));
        QVERIFY(desk->shownInstant() == then->takenAt);
        QVERIFY(!get(desk->showInstant(then->takenAt - 1h)));
        QVERIFY(desk->shownInstant() == then->takenAt);

        desk->showLive();
        QVERIFY(!desk->shownInstant());
        QVERIFY(desk->snapshot()->queue("later"));
        QVERIFY(std::holds_alternative<domain::LockWaits>(wait(desk->lockWaits())));
    }
};

QTEST_GUILESS_MAIN(TestDeskRecording)
#include "tst_deskrecording.moc"
