// SPDX-License-Identifier: GPL-3.0-or-later
// One open server: samples, pages, modes, actions, installing, through a pooler too.
#include "desk/desk.h"
#include "monitor/timeline.h"
#include "operate/registry.h"
#include "schema/script.h"
#include "support/faultproxy.h"
#include "support/foreign.h"

#include <QFile>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using desk::AccessMode;
using desk::Desk;
using desk::LinkState;
using support::run;
using support::value;

namespace {

desk::Profile profileOf(const pg::ConnectionInfo& info) {
    desk::Profile profile;
    profile.connection = info;
    return profile;
}

/// Opens and waits for the first sample.
void openAndWait(Desk& desk) {
    desk.open();
    QTRY_VERIFY_WITH_TIMEOUT(desk.snapshot() != nullptr, 20'000);
}

template <class T>
T wait(QFuture<T> future) {
    if (!QTest::qWaitFor([&future] { return future.isFinished(); }, 30'000) || future.resultCount() == 0)
        qFatal("no answer");
    return future.result();
}

domain::ActionRequest request(const std::string& action, const std::string& queue = {},
                              const std::map<std::string, std::string>& arguments = {}) {
    domain::ActionRequest one;
    one.action = action;
    one.queue = queue;
    one.arguments = arguments;
    return one;
}

} // namespace

class TestDesk : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void samplesWhileItIsOpen() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders'); select pgque.subscribe('orders', 'billing')");
        Desk desk(profileOf(database.info()));
        QSignalSpy samples(&desk, &Desk::snapshotReady);
        desk.setPeriod(100ms);
        openAndWait(desk);
        QCOMPARE(desk.linkStatus().state, LinkState::Live);
        QCOMPARE(desk.snapshot()->queues.size(), std::size_t(1));
        QCOMPARE(desk.snapshot()->capabilities.origin, domain::SchemaOrigin::Ours);
        QCOMPARE(desk.snapshot()->capabilities.schemaVersion, std::string("0.2.0"));
        QTRY_VERIFY(samples.size() >= 4);
        QTRY_VERIFY(!desk.rateHistory(desk.snapshot()->queues[0].id).empty());

        desk.setPaused(true);
        QTest::qWait(300);
        const auto count = samples.size();
        QTest::qWait(400);
        QCOMPARE(samples.size(), count);
        desk.sampleNow();
        QTRY_COMPARE(samples.size(), count + 1);
        desk.close();
        QCOMPARE(desk.linkStatus().state, LinkState::Closed);
        QVERIFY(desk.snapshot() != nullptr); // stays
    }

    /// One console across a schema that is dropped and made again with the same ids: what was seen of the first is not
    /// said of the second.
    void schemaMadeAgain() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        const auto fill = [&] {
            run(admin, "select pgque.create_queue('orders'); select pgque.subscribe('orders', 'billing'),"
                       " pgque.subscribe('orders', 'mail')");
            run(admin, "select pgque.send('orders', 'x'::text)");
            run(admin, "select pgque.force_next_tick('orders'); select pgque.ticker('orders')");
            run(admin, "select count(*) from pgque.receive('orders', 'mail', 5)");
        };
        fill();
        // A group, which the second install has not.
        run(admin, "update pgque.subscription s set sub_role = 'coop_main' from pgque.consumer c"
                   " where c.co_id = s.sub_consumer and co_name = 'billing'");
        Desk desk(profileOf(database.info()));
        desk.setPeriod(100ms);
        QSignalSpy samples(&desk, &Desk::snapshotReady);
        openAndWait(desk);
        QTRY_VERIFY(samples.size() >= 3);
        const domain::SnapshotPtr first = desk.snapshot();
        const auto mailOf = [](const domain::Snapshot& snapshot) {
            return *std::find_if(snapshot.subscriptions.begin(), snapshot.subscriptions.end(),
                                 [](const auto& row) { return row.consumerName == "mail"; });
        };
        const domain::Subscription before = mailOf(*first);
        QVERIFY(before.batch && before.batchFirstSeen);

        run(admin, "begin; drop schema pgque cascade");
        run(admin, std::string(*schema::script("pgque")) + "; commit");
        const pg::Timestamp made(
            pg::Interval(support::number(admin, "select (date_part('epoch', clock_timestamp()) * 1000000)::bigint")));
        fill();
        QTRY_VERIFY_WITH_TIMEOUT(desk.snapshot()->capabilities.identity() != first->capabilities.identity() &&
                                     desk.snapshot()->subscriptions.size() == 2 &&
                                     mailOf(*desk.snapshot()).batch.has_value(),
                                 30'000);
        const auto count = samples.size();
        QTRY_VERIFY(samples.size() >= count + 3);
        const domain::Subscription after = mailOf(*desk.snapshot());
        QVERIFY(after.batch == before.batch && after.queueId == before.queueId && after.subId == before.subId);
        QVERIFY(*after.batchFirstSeen > made);
        for (const domain::Finding& finding : desk.diagnosis().findings)
            QVERIFY2(finding.rule != "group_lost_its_members", finding.title.c_str());
        const monitor::Track* track = desk.timeline().track(after.queueId, after.subId);
        QVERIFY(track && track->firstLook > made);
        QCOMPARE(track->bars, std::size_t(1));
    }

    /// Workers' sessions by the profile's rule: seen while they are there, and remembered when they go.
    void ownersByTheirNames() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders'); select pgque.subscribe_subconsumer('orders', 'billing', 'one')");
        desk::Profile profile = profileOf(database.info());
        profile.applicationNameRule = u"{group}.{member}"_s;
        pg::ConnectionInfo named = database.info();
        named.set("application_name", "billing.one");
        std::optional<pg::Connection> worker = pg::Connection::open(named);
        const std::int32_t pid = worker->backendPid();
        Desk desk(profile);
        desk.setPeriod(100ms);
        openAndWait(desk);
        const auto owner = [&desk]() -> const domain::OwnerSession* {
            const auto snapshot = desk.snapshot();
            return snapshot->activity && !snapshot->activity->owners.empty() ? &snapshot->activity->owners.front()
                                                                              : nullptr;
        };
        QTRY_VERIFY_WITH_TIMEOUT(owner() != nullptr, 20'000);
        QCOMPARE(owner()->pids, std::vector<std::int32_t>{pid});
        QVERIFY(!owner()->gone);
        worker.reset();
        QTRY_VERIFY_WITH_TIMEOUT(owner()->gone, 20'000);
        QCOMPARE(owner()->pids, std::vector<std::int32_t>{pid});
    }

    /// Whatever asks, it is booked: nothing that goes over a session of the desk is in no figure.
    void everyQuestionIsCounted() {
        const support::TestDatabase database(support::Schema::Both);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders'); select pgque.subscribe('orders', 'billing')");
        Desk desk(profileOf(database.info()));
        desk.setPeriod(100ms);
        openAndWait(desk);
        const auto spent = [&desk](domain::Purpose purpose) { return desk.spending()[purpose].total; };
        using domain::Purpose;
        QTRY_VERIFY(spent(Purpose::Sample).roundTrips >= 2);
        QVERIFY(spent(Purpose::Sample).measured.count() > 0);
        QCOMPARE(spent(Purpose::Sample).measuredRoundTrips, spent(Purpose::Sample).roundTrips);
        QVERIFY(spent(Purpose::Sample).measured < spent(Purpose::Sample).waited);
        QVERIFY(spent(Purpose::Sample).bytes > 0);
        // Parts that are asked on slower beats than the positions are in it.
        QVERIFY(spent(Purpose::Sample).statements > 15);
        QVERIFY(spent(Purpose::Probe).roundTrips >= 3);
        QTRY_VERIFY(spent(Purpose::WorkQueues).roundTrips >= 2);
        QTRY_VERIFY(spent(Purpose::Listen).statements >= 1);
        QCOMPARE(spent(Purpose::Pages).roundTrips, 0);
        QCOMPARE(spent(Purpose::Follow).roundTrips, 0);
        QCOMPARE(spent(Purpose::Act).roundTrips, 0);
        wait(desk.lockWaits());
        // What makes the session read-only is asked before, and by nobody measured.
        QTRY_COMPARE(spent(Purpose::Pages).measuredRoundTrips, 1);
        QVERIFY(spent(Purpose::Pages).roundTrips >= 1);
        const auto& subscription = desk.snapshot()->subscriptions[0];
        desk.follow(subscription.queueId, subscription.subId);
        QTRY_VERIFY(spent(Purpose::Follow).roundTrips >= 2);
        desk.setAccessMode(AccessMode::Operate);
        wait(desk.perform(request("create_queue", "mails")));
        QTRY_VERIFY(spent(Purpose::Act).roundTrips >= 1);
        QVERIFY(desk.spending().longestLook() >= spent(Purpose::Sample).longest);

        // The session that looks is among those that are listed, with what it holds for the question.
        const auto footprint = std::get<domain::Footprint>(wait(desk.footprint()));
        const auto asking = std::find_if(footprint.sessions.begin(), footprint.sessions.end(),
                                         [](const domain::OwnSession& session) { return session.asks; });
        QVERIFY(asking != footprint.sessions.end());
        QVERIFY(asking->locks > 0);
        QVERIFY(asking->transactionSince.has_value());
    }

    /// Names are the users' own: any characters, up to 57 bytes; what is longer is refused with the reason.
    void namesOfAllKinds() {
        const support::TestDatabase database(support::Schema::Pgque);
        Desk desk(profileOf(database.info()));
        openAndWait(desk);
        desk.setAccessMode(AccessMode::Operate);
        const std::vector<std::string> names = {"o'r\"d ers; drop table x --", " leading and trailing ",
                                                // The hexadecimal escape must end before the letter.
                                                std::string("\xD7\xAA\xD7\x95\xD7\xA8 \xF0\x9F\x90\x98 \xE2\x80\xAE") +
                                                    "rtl",
                                                std::string(57, 'q'), "tab\tand\nnewline", "100%_\\"};
        for (const std::string& name : names) {
            const auto made = wait(desk.perform(request("create_queue", name)));
            QVERIFY2(made.kind == domain::OutcomeKind::Done, made.summary.c_str());
            const auto sent = wait(desk.perform(request("send", name, {{"payload", name}})));
            QVERIFY2(sent.kind == domain::OutcomeKind::Done, sent.summary.c_str());
        }
        desk.sampleNow();
        QTRY_COMPARE(desk.snapshot()->queues.size(), names.size());
        for (const std::string& name : names) {
            const auto& queues = desk.snapshot()->queues;
            QVERIFY2(std::any_of(queues.begin(), queues.end(), [&](const auto& queue) { return queue.name == name; }),
                     name.c_str());
        }
        const auto refused = wait(desk.perform(request("create_queue", std::string(58, 'q'))));
        QVERIFY(refused.kind != domain::OutcomeKind::Done);
        QVERIFY2(!refused.summary.empty(), "says why");
        QVERIFY(wait(desk.perform(request("create_queue", ""))).kind != domain::OutcomeKind::Done);
    }

    /// A tick notifies: the next sample does not wait for its turn.
    void workQueuesOnASlowBeat() {
        const support::TestDatabase database(support::Schema::Workqueue);
        pg::Connection admin = database.connect();
        run(admin, "select workqueue.send('mail', '{}'); update workqueue.pg_queue_message set read_ct = 9");
        Desk desk(profileOf(database.info()));
        desk.setPeriod(100ms);
        std::vector<bool> withWork;
        connect(&desk, &Desk::snapshotReady, this, [&] { withWork.push_back(desk.workLooks() != nullptr); });
        openAndWait(desk);
        QTRY_VERIFY(withWork.size() >= 2);
        QVERIFY(!withWork[0]); // the first sample does not wait for them
        QVERIFY(withWork[1]);
        QCOMPARE(desk.diagnosis().findings.size(), std::size_t(1));
        QCOMPARE(desk.diagnosis().findings[0].rule, std::string("work_poison"));
        const auto first = desk.workLooks();
        QTRY_VERIFY_WITH_TIMEOUT(desk.workLooks() != first, 10'000);
        QVERIFY(desk.diagnosis().notEvaluated.end() ==
                std::find_if(desk.diagnosis().notEvaluated.begin(), desk.diagnosis().notEvaluated.end(),
                             [](const auto& one) { return one.rule == "work_no_claims"; }));
        // Then seldom: a second of samples brings no other look.
        const auto second = desk.workLooks();
        QTest::qWait(1'500);
        QCOMPARE(desk.workLooks(), second);
    }

    void notificationsBringSamplesForward() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders \"x\"')");
        Desk desk(profileOf(database.info()));
        desk.setPeriod(60s);
        openAndWait(desk);
        QTRY_COMPARE(value(admin, "select count(*) from pg_stat_activity where datname = current_database()"
                                  " and application_name = 'batchscope/listener' and query ilike '%tcp_user_timeout%'"),
                     std::string("1"));
        run(admin, "select pgque.force_next_tick('orders \"x\"'); select pgque.ticker('orders \"x\"')");
        QTRY_VERIFY_WITH_TIMEOUT(desk.snapshot()->queues[0].lastTick->id == 2, 5'000);
    }

    /// A tick between the first sample and the LISTEN was told to nobody: it is seen all the same.
    void aTickBeforeTheListenIsSeen() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders')");
        support::FaultProxy proxy("127.0.0.1", support::TestServer::shared().port());
        pg::ConnectionInfo through = database.tcpInfo();
        through.set("port", proxy.port());
        Desk desk(profileOf(through));
        desk.setPeriod(60s);
        // The listener is on its way; it gets nowhere until the tick is there.
        connect(
            &desk, &Desk::snapshotReady, this,
            [&] {
                proxy.blackhole();
                run(admin, "select pgque.force_next_tick('orders'); select pgque.ticker('orders')");
                proxy.pass();
            },
            Qt::SingleShotConnection);
        openAndWait(desk);
        QTRY_VERIFY_WITH_TIMEOUT(desk.snapshot()->queues[0].lastTick->id == 2, 10'000);
    }

    /// What pages ask may take as long as it likes: samples come all the same, and who gives up ends it at the server.
    void lookingDelaysNoSample() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders'); select pgque.subscribe('orders', 'billing')");
        run(admin, "select pgque.send('orders', 't', 'payload ' || g) from generate_series(1, 30) g");
        run(admin, "select pgque.force_next_tick('orders'); select pgque.ticker('orders')");
        run(admin, "select count(*) from pgque.receive('orders', 'billing', 5)");
        run(admin, "create or replace function pgque.status() returns table (component text, status text, detail text)"
                   " language sql as $$ select ''::text, ''::text, ''::text from pg_sleep(60) $$");
        Desk desk(profileOf(database.info()));
        QSignalSpy samples(&desk, &Desk::snapshotReady);
        desk.setPeriod(200ms);
        openAndWait(desk);
        const domain::Subscription row = desk.snapshot()->subscriptions.at(0);
        const auto sessions = [&admin](const std::string& condition) {
            return value(admin, "select count(*) from pg_stat_activity where datname = current_database()"
                                " and application_name = 'batchscope/look'" +
                                    condition);
        };
        const auto asking = [&] { return sessions(" and state = 'active' and wait_event = 'PgSleep'"); };
        QCOMPARE(sessions(""), std::string("0")); // opened with the first question
        auto slow = desk.inspectSchema();
        QTRY_COMPARE(asking(), std::string("1"));
        samples.clear();
        QTRY_VERIFY(samples.size() >= 5);
        QCOMPARE(asking(), std::string("1"));
        QVERIFY(!slow.isFinished());
        QVERIFY(!desk.isStale());
        QVERIFY2(desk.period() < 2s, "waiting in our own line is no cost of the server's");
        const auto behind = desk.queueDetail(row.queueId);
        slow.cancel();
        QTRY_COMPARE(asking(), std::string("0"));
        QTRY_VERIFY(slow.isFinished());
        QCOMPARE(slow.resultCount(), 0);
        QVERIFY(std::holds_alternative<domain::QueueDetail>(wait(behind)));
        // It could not write either, and goes when it is not wanted for a while.
        QCOMPARE(sessions(""), std::string("1"));
        auto* idle = desk.findChild<QTimer*>(u"lookingIdle"_s);
        QVERIFY(idle && idle->isActive());
        idle->start(10ms);
        QTRY_COMPARE(sessions(""), std::string("0"));
        QVERIFY(std::holds_alternative<domain::QueueDetail>(wait(desk.queueDetail(row.queueId))));
        // One that was ended by somebody is opened anew.
        run(admin, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'batchscope/look'"
                   " and datname = current_database()");
        QTRY_VERIFY(std::holds_alternative<domain::QueueDetail>(wait(desk.queueDetail(row.queueId))));
        desk.close();
        QTRY_COMPARE(sessions(""), std::string("0"));
    }

    void eventsOfABatch() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders'); select pgque.subscribe('orders', 'billing')");
        run(admin, "select pgque.send('orders', 't', 'payload ' || g) from generate_series(1, 30) g");
        run(admin, "select pgque.force_next_tick('orders'); select pgque.ticker('orders')");
        run(admin, "select count(*) from pgque.receive('orders', 'billing', 5)");
        Desk desk(profileOf(database.info()));
        openAndWait(desk);
        const domain::Subscription row = desk.snapshot()->subscriptions.at(0);
        QVERIFY(row.batch.has_value());
        const auto page = wait(desk.eventPage(row.queueId, *row.lastTick, *row.nextTick, row.subId, {}, {}, 20));
        const auto* events = std::get_if<domain::EventPage>(&page);
        QVERIFY(events);
        QCOMPARE(events->rows.size(), std::size_t(20));
        const auto rest =
            wait(desk.eventPage(row.queueId, *row.lastTick, *row.nextTick, row.subId, {}, events->next, 20));
        QCOMPARE(std::get<domain::EventPage>(rest).rows.size(), std::size_t(10));
        const auto count = wait(desk.countWindow(row.queueId, *row.lastTick, *row.nextTick, row.subId));
        QCOMPARE(std::get<domain::WindowCount>(count).events, 30);
        const auto message = wait(desk.message(row.queueId, events->rows[3].position, events->rows[3].id, 1'000));
        QVERIFY(std::get<domain::Message>(message).data == "payload 4");
        const auto gone = wait(desk.message(row.queueId, {0, "(900,1)"}, 1, 1'000));
        QVERIFY(std::holds_alternative<pg::Failure>(gone));
        QVERIFY(std::holds_alternative<pg::Failure>(wait(desk.eventPage(row.queueId, 7, 99, row.subId, {}, {}, 20))));
    }

    /// Two locks: the registry refuses, and there is no session that could write.
    void observeChangesNothing() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders'); select pgque.subscribe('orders', 'billing')");
        Desk desk(profileOf(database.info()));
        openAndWait(desk);
        QCOMPARE(desk.accessMode(), AccessMode::Observe);
        const auto state = [&] {
            return value(admin, "select md5(string_agg(t::text, '')) from (select q::text as t from pgque.queue q"
                                " union all select s::text from pgque.subscription s"
                                " union all select count(*)::text from pgque.tick"
                                " union all select last_value::text from pgque.event_1_id_seq order by 1) x");
        };
        const std::string before = state();
        int refused = 0;
        for (const operate::Action& action : desk.actions().actions()) {
            if (action.readOnly)
                continue;
            domain::ActionRequest one = request(action.id, "orders");
            one.consumer = "billing";
            one.subconsumer = "w1";
            one.batch = 1;
            for (const operate::Parameter& parameter : action.parameters)
                one.arguments.emplace(parameter.name, parameter.defaultValue);
            QVERIFY2(!desk.availability(one).available, action.id.c_str());
            const auto outcome = wait(desk.perform(one));
            QCOMPARE(outcome.kind, domain::OutcomeKind::Refused);
            ++refused;
        }
        QVERIFY(refused > 10);
        QCOMPARE(wait(desk.installSchema()).kind, domain::OutcomeKind::Refused);
        QCOMPARE(state(), before);
        QVERIFY(desk.performed().empty());
        QCOMPARE(value(admin, "select count(*) from pg_stat_activity where application_name like 'batchscope/operate%'"
                              " and datname = current_database()"),
                 std::string("0"));
        // The second lock, the registry by-passed: the monitor's own transactions are read-only.
        QTRY_COMPARE(value(admin, "select string_agg(distinct application_name, ',' order by application_name)"
                                  " from pg_stat_activity where datname = current_database()"
                                  " and application_name like 'batchscope/%'"),
                     std::string("batchscope/listener,batchscope/monitor"));
    }

    void operateActsAndFallsBack() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        Desk desk(profileOf(database.info()));
        QSignalSpy modes(&desk, &Desk::accessModeChanged);
        openAndWait(desk);
        QCOMPARE(desk.setAccessMode(AccessMode::Operate), QString());
        QCOMPARE(modes.size(), 1);
        const auto create = request("create_queue", "orders");
        const auto outcome = wait(desk.perform(create));
        QVERIFY2(outcome.kind == domain::OutcomeKind::Done, outcome.summary.c_str());
        QCOMPARE(value(admin, "select count(*) from pgque.queue where queue_name = 'orders'"), std::string("1"));
        QTRY_VERIFY(desk.snapshot()->queue(std::string("orders")) != nullptr); // sampled at once
        QCOMPARE(desk.performed().size(), std::size_t(1));
        QCOMPARE(desk.performed()[0].request.action, std::string("create_queue"));
        QVERIFY(desk.preview(request("force_tick", "orders")).contains(u"orders"_s));
        const auto prediction = wait(desk.predict(request("drop_queue", "orders")));
        QVERIFY(std::holds_alternative<domain::Prediction>(prediction));

        QCOMPARE(desk.setAccessMode(AccessMode::Observe), QString());
        QTRY_COMPARE(value(admin, "select count(*) from pg_stat_activity where datname = current_database()"
                                  " and application_name = 'batchscope/operate'"),
                     std::string("0"));
        QCOMPARE(wait(desk.perform(create)).kind, domain::OutcomeKind::Refused);
    }

    void installsTheSchema() {
        const support::TestDatabase database;
        Desk desk(profileOf(database.info()));
        openAndWait(desk);
        QCOMPARE(desk.snapshot()->capabilities.origin, domain::SchemaOrigin::None);
        QVERIFY(desk.snapshot()->errors.empty());
        QVERIFY(desk.installSql().contains(u"create schema"_s, Qt::CaseInsensitive));
        desk.setAccessMode(AccessMode::Operate);
        const auto outcome = wait(desk.installSchema());
        QVERIFY2(outcome.kind == domain::OutcomeKind::Done, outcome.summary.c_str());
        QTRY_COMPARE(desk.snapshot()->capabilities.origin, domain::SchemaOrigin::Ours);
        QVERIFY(wait(desk.installSchema()).kind != domain::OutcomeKind::Done); // it is there
    }

    void aSchemaOfAnother() {
        const support::ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('theirs')");
        Desk desk(profileOf(database.info()));
        openAndWait(desk);
        QVERIFY(desk.snapshot()->capabilities.origin != domain::SchemaOrigin::Ours);
        QCOMPARE(desk.snapshot()->queues.size(), std::size_t(1));
        // Dropped and made anew under our feet.
        desk.setPeriod(100ms);
        run(admin, "drop schema pgque cascade");
        QTRY_COMPARE_WITH_TIMEOUT(desk.snapshot()->capabilities.origin, domain::SchemaOrigin::None, 15'000);
    }

    /// A server that has no room for a second session is not asked for one with each question.
    void noRoomForPages() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        support::RoleConnection role(database, "pgque_reader");
        const std::string limit = "alter role " + role.name() + " connection limit ";
        run(admin, limit + "2"); // the test's own, and the one that samples
        pg::ConnectionInfo info = database.info();
        info.set("user", role.name());
        Desk desk(profileOf(info));
        openAndWait(desk);
        const auto refused = [&] {
            const auto reply = wait(desk.lockWaits());
            const auto* failure = std::get_if<pg::Failure>(&reply);
            return failure && failure->diagnostics.sqlState == "53300";
        };
        QVERIFY(refused());
        // Answered at once, by what is known: though there is room now.
        run(admin, limit + "3");
        QVERIFY(desk.lockWaits().isFinished());
        const auto hasRoom = [&] {
            const auto reply = wait(desk.lockWaits());
            return std::holds_alternative<domain::LockWaits>(reply);
        };
        QTRY_VERIFY_WITH_TIMEOUT(hasRoom(), 10'000);
        run(admin, limit + "-1");
        desk.close();
    }

    void withoutRights() {
        const support::ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        run(admin, "revoke usage on schema pgque from public");
        support::RoleConnection nobody(database, "");
        pg::ConnectionInfo info = database.info();
        info.set("user", nobody.name());
        Desk desk(profileOf(info));
        openAndWait(desk);
        QVERIFY(desk.snapshot()->queues.empty());
        QCOMPARE(desk.snapshot()->errors.at(0).part, std::string("schema"));
        QCOMPARE(desk.snapshot()->errors.at(0).failure.diagnostics.hint,
                 "grant pgque_reader to \"" + nobody.name() + "\";");
        desk.close();
    }

    void wrongPasswordThenTheRightOne() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "do $$ begin create role password_user login password 'right';"
                   " exception when duplicate_object or unique_violation then null; end $$");
        run(admin, "alter role password_user password 'right'");
        pg::ConnectionInfo info = database.tcpInfo();
        info.set("user", "password_user");
        info.set("password", "wrong");
        Desk desk(profileOf(info));
        desk.open();
        QTRY_COMPARE(desk.linkStatus().state, LinkState::NeedsPassword);
        QCOMPARE(desk.linkStatus().failure.diagnostics.sqlState, std::string("28P01"));
        QTest::qWait(1'500);
        QCOMPARE(desk.linkStatus().state, LinkState::NeedsPassword); // not tried again by itself
        desk.usePassword(u"right"_s);
        QTRY_COMPARE(desk.linkStatus().state, LinkState::Live);
        QTRY_VERIFY(desk.snapshot() != nullptr);
        desk.close();
    }

    /// Transaction pooling: works, says so, and leaves nothing behind on a connection that is soon somebody else's.
    void throughAPooler() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('orders')");
        QTemporaryDir folder(u"/tmp/bspool.XXXXXX"_s);
        const pg::ConnectionInfo direct = database.tcpInfo();
        const QString port = QString::number(21'000 + QCoreApplication::applicationPid() % 20'000);
        QFile config(folder.path() + u"/pgbouncer.ini"_s);
        QVERIFY(config.open(QIODevice::WriteOnly));
        config.write((u"[databases]\n%1 = host=127.0.0.1 port=%2 user=postgres\n"
                      "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %3\nunix_socket_dir =\nauth_type = any\n"
                      "pool_mode = transaction\ndefault_pool_size = 1\nserver_reset_query =\n"
                      "server_idle_timeout = 600\nlogfile = %4/log\n"_s)
                         .arg(QString::fromStdString(database.name()),
                              QString::fromStdString(direct.get("port").value()), port, folder.path())
                         .toUtf8());
        config.close();
        QProcess::execute(u"chmod"_s, {u"-R"_s, u"a+rwX"_s, folder.path()});
        QProcess pooler;
        QStringList arguments = {u"/usr/sbin/pgbouncer"_s, config.fileName()};
        // PgBouncer refuses to run as root.
        if (geteuid() == 0)
            arguments = QStringList{u"-u"_s, u"postgres"_s, u"--"_s} + arguments;
        pooler.start(geteuid() == 0 ? u"runuser"_s : arguments.takeFirst(), arguments);
        QVERIFY(pooler.waitForStarted());
        pg::ConnectionInfo info = direct;
        info.set("port", port.toStdString());
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                try {
                    pg::Connection::open(info);
                    return true;
                } catch (const pg::Error&) {
                    return false;
                }
            }(),
            10'000);
        {
            Desk desk(profileOf(info));
            QSignalSpy samples(&desk, &Desk::snapshotReady);
            desk.setPeriod(50ms);
            openAndWait(desk);
            QTRY_VERIFY(samples.size() >= 10);
            QVERIFY(desk.snapshot()->capabilities.throughPooler);
            QVERIFY(desk.snapshot()->errors.empty());
            QCOMPARE(desk.snapshot()->queues.size(), std::size_t(1));
            QVERIFY(!desk.isStale());
            QCOMPARE(desk.setAccessMode(AccessMode::Operate), QString());
            QCOMPARE(wait(desk.perform(request("create_queue", "second"))).kind, domain::OutcomeKind::Done);
            desk.setAccessMode(AccessMode::Observe);

            // The next application on the same, only server connection finds it as if nobody had been there.
            pg::Connection next = pg::Connection::open(info);
            QCOMPARE(value(next,
                           "select current_setting('default_transaction_read_only') || '/' ||"
                           " current_setting('statement_timeout') || '/' || current_setting('lock_timeout')"
                           " || '/' || current_setting('jit') || '/' || (select count(*) from pg_listening_channels())"
                           " || '/' || (select count(*) from pg_prepared_statements)"),
                     std::string("off/0/0/on/0/0"));
            run(next, "select pgque.send('orders', 't', 'x')");
        }
        pooler.terminate();
        QVERIFY(pooler.waitForFinished(5'000));
    }
};

QTEST_GUILESS_MAIN(TestDesk)
#include "tst_desk.moc"
