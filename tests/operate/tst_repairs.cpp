// SPDX-License-Identifier: GPL-3.0-or-later
// What is done beside the queue's own functions: retries moved and cancelled, positions set back, sessions signalled,
// rehearsals; and that each can be taken back where it says so.

#include "operate/scenes.h"
#include "support/faultproxy.h"

#include <QTest>

#include <future>

using namespace std::chrono_literals;
using domain::OutcomeKind;

class TestRepairs : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void init() {
        m_db = std::make_unique<OperateDatabase>();
        m_scenes = std::make_unique<Scenes>(*m_db);
    }

    void cleanup() {
        m_scenes.reset();
        m_db.reset();
    }

    void cancelledRetryComesBack() {
        const auto cancel = m_scenes->make(action("cancel_retry"));
        const std::string row = m_db->execute("select r::text from pgque.retry_queue r");
        const auto prediction = m_db->predict(cancel);
        QVERIFY2(!prediction.refusal, prediction.refusal.value_or("").c_str());
        QVERIFY(prediction.undo.starts_with("Yes"));
        const auto outcome = m_db->perform(cancel, m_scenes->options());
        COMPARE_KIND(outcome, Done);
        QCOMPARE(m_db->execute("select count(*) from pgque.retry_queue"), std::string("0"));
        QVERIFY(outcome.undo);
        QCOMPARE(outcome.undo->action, std::string("bring_back"));
        const auto back = m_db->perform(*outcome.undo, m_scenes->options());
        COMPARE_KIND(back, Done);
        QCOMPARE(back.results.at("retries"), std::string("1"));
        QCOMPARE(m_db->execute("select r::text from pgque.retry_queue r"), row);
        // A second time there is nothing to bring back, and that is said.
        const auto again = m_db->perform(*outcome.undo, m_scenes->options());
        COMPARE_KIND(again, Done);
        QVERIFY2(again.summary.find("left out") != std::string::npos, again.summary.c_str());
    }

    void withoutACopyNothingIsDeleted() {
        const auto cancel = m_scenes->make(action("cancel_retry"));
        auto options = m_db->armed();
        COMPARE_KIND(m_db->perform(cancel, options), Failed);
        options.keepCopy = [](const auto&) { return operate::KeptCopy{{}, "The disk is full"}; };
        const auto outcome = m_db->perform(cancel, options);
        COMPARE_KIND(outcome, Failed);
        QVERIFY(outcome.summary.find("The disk is full") != std::string::npos);
        QCOMPARE(m_db->execute("select count(*) from pgque.retry_queue"), std::string("1"));
    }

    void retryThatMovedMeanwhile() {
        for (const char* id : {"cancel_retry", "reschedule_retry"}) {
            const auto request = m_scenes->make(action(id));
            m_db->execute("update pgque.retry_queue set ev_retry_after = ev_retry_after + interval '1 microsecond'");
            QVERIFY(m_db->predict(request).refusal);
            COMPARE_KIND(m_db->perform(request, m_scenes->options()), ChangedUnderneath);
            m_db->execute("delete from pgque.retry_queue");
            QVERIFY(m_db->predict(request).refusal);
            COMPARE_KIND(m_db->perform(request, m_scenes->options()), ChangedUnderneath);
        }
    }

    void reschedules() {
        auto request = m_scenes->make(action("reschedule_retry"));
        request.arguments["delay"] = "0 s";
        const auto outcome = m_db->perform(request, m_scenes->options());
        COMPARE_KIND(outcome, Done);
        QCOMPARE(m_db->execute("select ev_retry_after <= now() from pgque.retry_queue"), std::string("t"));
        QVERIFY(outcome.undo);
        COMPARE_KIND(m_db->perform(*outcome.undo, m_scenes->options()), Done);
        QCOMPARE(m_db->execute("select ev_retry_after between now() + interval '9 min' and now() + interval '10 min'"
                               " from pgque.retry_queue"),
                 std::string("t"));
    }

    void readerMayNotTouchTables() {
        const auto request = m_scenes->make(action("cancel_retry"));
        pg::Connection reader = m_db->loginWith("pgque_reader");
        const auto capabilities = OperateDatabase::capabilitiesOf(reader);
        const auto availability = action("cancel_retry").availability(request, capabilities, nullptr);
        QVERIFY(!availability.available);
        QVERIFY2(availability.grant.starts_with("grant select, insert, update, delete on pgque.retry_queue to \"op_"),
                 availability.grant.c_str());
        // The grant that is offered is the one that helps.
        m_db->execute(availability.grant);
        const auto now = OperateDatabase::capabilitiesOf(reader);
        QVERIFY(action("cancel_retry").availability(request, now, nullptr).available);
        COMPARE_KIND(m_db->runner().perform(request, now, reader, m_scenes->options()), Done);
    }

    void nacksSome() {
        auto request = m_scenes->make(action("nack_some"));
        const auto prediction = m_db->predict(request);
        QVERIFY2(!prediction.refusal, prediction.refusal.value_or("").c_str());
        QCOMPARE(prediction.counts.at("retry"), std::int64_t(2));
        request.shown = prediction.counts;
        const auto outcome = m_db->perform(request);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("retried"), std::string("2"));
        QCOMPARE(m_db->execute("select count(*) from pgque.retry_queue"), std::string("2"));
        request.arguments["messages"] += ", 999999";
        QVERIFY(m_db->predict(request).refusal);
        request.arguments["messages"] = "1, x";
        COMPARE_KIND(m_db->perform(request), Refused);
    }

    void readsAgain() {
        m_db->client().createQueue("q");
        m_db->client().subscribe("q", "c");
        m_db->window("q", 1, 3);
        const auto batch = m_db->client().receive("q", "c");
        const auto acked = m_db->perform(onBatch("ack", batch.id.value()));
        COMPARE_KIND(acked, Done);
        QVERIFY(acked.undo);
        QCOMPARE(acked.undo->action, std::string("reposition"));
        const auto prediction = m_db->predict(*acked.undo);
        QVERIFY2(!prediction.refusal, prediction.refusal.value_or("").c_str());
        COMPARE_KIND(m_db->perform(*acked.undo), Done);
        QCOMPARE(payloadsOf(m_db->client().receive("q", "c")), payloadsOf(batch));
        // Now it has an open batch.
        QVERIFY(m_db->predict(*acked.undo).refusal);
        QVERIFY(m_db->perform(*acked.undo).kind != OutcomeKind::Done);
        auto nowhere = *acked.undo;
        nowhere.arguments["tick"] = "4711";
        QVERIFY(m_db->predict(nowhere).refusal->find("no tick 4711") != std::string::npos);
    }

    /// Two members would get one window.
    void groupWithAnActiveMember() {
        m_db->client().createQueue("q");
        for (const char* member : {"w1", "w2"})
            m_db->client().subscribeSubconsumer("q", "g", member);
        const auto batch = m_db->openBatch("q", "g", "w1", 3);
        auto again = request("reposition", "q", "g");
        again.arguments["tick"] = "1";
        QVERIFY(m_db->predict(again).refusal->find("hold a batch") != std::string::npos);
        QVERIFY(m_db->perform(again).kind != OutcomeKind::Done);
        COMPARE_KIND(m_db->perform(onBatch("ack", batch)), Done);
        QVERIFY(!m_db->predict(again).refusal);
        COMPARE_KIND(m_db->perform(again), Done);
        QCOMPARE(m_db->execute("select sub_last_tick from pgque.subscription where sub_role = 'coop_main'"),
                 std::string("1"));
    }

    void signalsTheSessionThatWasSeen() {
        pg::Connection blocker = pg::Connection::open(m_db->info());
        blocker.execute({"begin", {}});
        blocker.execute({"select * from pgque.queue for update", {}});
        auto request = onSession(blocker.backendPid());
        const auto prediction = m_db->predict(request);
        QVERIFY2(!prediction.refusal, prediction.refusal.value_or("").c_str());
        auto another = request;
        another.arguments["started"] = std::to_string(std::stoll(request.arguments["started"]) - 1);
        QVERIFY(m_db->predict(another).refusal);
        COMPARE_KIND(m_db->perform(another), ChangedUnderneath);
        QCOMPARE(blocker.execute({"select 1", {}}).rowCount(), 1);

        const auto outcome = m_db->perform(request);
        COMPARE_KIND(outcome, Done);
        QVERIFY2(outcome.now.find("is gone") != std::string::npos, outcome.now.c_str());
        QVERIFY_THROWS_EXCEPTION(pg::Error, blocker.execute({"select 1", {}}));
        COMPARE_KIND(m_db->perform(request), ChangedUnderneath);
    }

    void cancelsOnlyWhatRuns() {
        pg::Connection other = pg::Connection::open(m_db->info());
        auto request = onSession(other.backendPid());
        request.action = "cancel_backend";
        QVERIFY(m_db->predict(request).refusal->find("runs no statement") != std::string::npos);
        auto running = std::async(std::launch::async, [&] {
            try {
                other.execute({"select pg_sleep(60)", {}});
            } catch (const pg::Error& error) {
                return error.failure().diagnostics.sqlState;
            }
            return std::string("done");
        });
        QVERIFY(eventually([&] { return !m_db->predict(request).refusal; }));
        COMPARE_KIND(m_db->perform(request), Done);
        QCOMPARE(running.get(), std::string("57014"));
        QCOMPARE(other.execute({"select 1", {}}).rowCount(), 1);
    }

    void aSignalWhoseAnswerIsLost_data() {
        QTest::addColumn<int>("answered"); // bytes that still come back; -1: nothing is sent
        QTest::newRow("before anything is sent") << -1;
        for (const int bytes : {0, 200, 400, 600, 800, 1'000, 1'400})
            QTest::addRow("after %d bytes", bytes) << bytes;
    }

    /// A signal can't be rolled back: what is told must hold whatever became of it.
    void aSignalWhoseAnswerIsLost() {
        QFETCH(int, answered);
        pg::Connection other = pg::Connection::open(m_db->info());
        const auto request = onSession(other.backendPid());
        support::FaultProxy proxy(m_db->tcpInfo().get("host").value(), m_db->tcpInfo().get("port").value());
        auto connection = m_db->through(proxy.port());
        if (answered < 0)
            proxy.limitToServer(0, support::FaultProxy::AtLimit::Close);
        else
            proxy.limitToClient(answered, support::FaultProxy::AtLimit::Close);
        const auto outcome = m_db->runner().perform(request, m_db->capabilities(), connection, m_scenes->options());
        const auto gone = [&] {
            return m_db->execute("select count(*) from pg_stat_activity where pid = " +
                                 std::to_string(other.backendPid())) == "0";
        };
        if (outcome.kind == OutcomeKind::Done)
            QVERIFY(eventually(gone));
        else if (outcome.kind != OutcomeKind::Unknown) // then nothing was sent that could end it
            QVERIFY2(outcome.kind == OutcomeKind::Failed && !gone(), outcome.summary.c_str());
        if (answered < 0)
            COMPARE_KIND(outcome, Failed);
    }

    void othersSessionsNeedARight() {
        pg::Connection other = pg::Connection::open(m_db->info());
        auto request = onSession(other.backendPid());
        pg::Connection weak = m_db->loginWith("pgque_admin");
        auto capabilities = OperateDatabase::capabilitiesOf(weak);
        request.arguments["user"] = m_db->capabilities().user;
        auto availability = action("terminate_backend").availability(request, capabilities, nullptr);
        QVERIFY(availability.grant.starts_with("grant pg_signal_backend to "));
        request.arguments["started"].clear();
        capabilities.signalsBackends = true;
        availability = action("terminate_backend").availability(request, capabilities, nullptr);
        QVERIFY(availability.grant.starts_with("grant pg_read_all_stats to "));
    }

    void schedulingNeedsItsExtension() {
        if (m_db->execute("select count(*) from pg_extension where extname = 'pg_cron'") != "0")
            QSKIP("pg_cron is installed here");
        const auto outcome = m_db->perform(request("start_scheduling"));
        COMPARE_KIND(outcome, Refused);
        QVERIFY(outcome.summary.find("pg_cron") != std::string::npos);
        const auto stopped = m_db->perform(request("stop_scheduling"));
        COMPARE_KIND(stopped, Done);
        QCOMPARE(stopped.undo->action, std::string("start_scheduling"));
    }

    void rehearses() {
        const auto request = m_scenes->make(action("nack_batch"));
        const std::string before = m_scenes->state();
        const auto rehearsal =
            m_db->runner().rehearse(request, m_db->capabilities(), m_db->operating(), m_scenes->options());
        COMPARE_KIND(rehearsal.outcome, Done);
        QVERIFY2(rehearsal.outcome.summary.find("3 messages due again") != std::string::npos,
                 rehearsal.outcome.summary.c_str());
        QVERIFY(!rehearsal.remains.empty());
        QCOMPARE(m_scenes->state(), before);
        operate::RehearsalLimits small;
        small.events = 2;
        COMPARE_KIND(m_db->runner()
                         .rehearse(request, m_db->capabilities(), m_db->operating(), m_scenes->options(), small)
                         .outcome,
                     Refused);
        COMPARE_KIND(
            m_db->runner().rehearse(request, m_db->capabilities(), m_db->operating(), operate::RunOptions()).outcome,
            Refused); // it observes only
    }

    void rehearsesNeverWhereWorkersWouldWait() {
        const auto request = m_scenes->make(action("force_unregister"));
        const auto rehearsal =
            m_db->runner().rehearse(request, m_db->capabilities(), m_db->operating(), m_scenes->options());
        COMPARE_KIND(rehearsal.outcome, Refused);
        QVERIFY2(rehearsal.outcome.summary.find("could have to wait") != std::string::npos,
                 rehearsal.outcome.summary.c_str());
    }

    void rehearsalWaitsForNobody() {
        const auto request = m_scenes->make(action("nack_batch"));
        pg::Connection other = pg::Connection::open(m_db->info());
        other.execute({"begin", {}});
        other.execute({"select * from pgque.subscription for update", {}});
        const auto began = pg::Clock::now();
        const auto rehearsal =
            m_db->runner().rehearse(request, m_db->capabilities(), m_db->operating(), m_scenes->options());
        COMPARE_KIND(rehearsal.outcome, Failed);
        QVERIFY(pg::Clock::now() - began < 2s);
    }

    void inversesTakeBack() {
        for (const char* id : {"pause_ticker", "subscribe", "register_subconsumer", "create_queue"}) {
            const auto made = m_scenes->make(action(id));
            const std::string before = m_scenes->state();
            const auto outcome = m_db->perform(made, m_scenes->options());
            COMPARE_KIND(outcome, Done);
            QVERIFY2(outcome.undo, id);
            COMPARE_KIND(m_db->perform(*outcome.undo, m_scenes->options()), Done);
            QVERIFY2(m_scenes->state() == before, id);
        }
    }

private:
    const operate::Action& action(const char* id) { return *m_db->registry().find(id); }

    domain::ActionRequest onSession(int pid) {
        auto made = request("terminate_backend");
        made.arguments["pid"] = std::to_string(pid);
        made.arguments["started"] =
            m_db->execute("select (extract(epoch from backend_start) * 1000000)::bigint from pg_stat_activity"
                          " where pid = " +
                          std::to_string(pid));
        return made;
    }

    std::unique_ptr<OperateDatabase> m_db;
    std::unique_ptr<Scenes> m_scenes;
};

QTEST_GUILESS_MAIN(TestRepairs)
#include "tst_repairs.moc"
