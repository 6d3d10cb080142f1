// SPDX-License-Identifier: GPL-3.0-or-later
// A real server is brought into each state by real calls and real sessions; the diagnosis names exactly it, its subject
// and its culprit. What no call can bring about is done by the owner's DML.
#include "monitor/diagnosis.h"
#include "monitor/sampler.h"
#include "queries/probe.h"
#include "support/foreign.h"

#include <QTest>

#include <algorithm>
#include <future>
#include <optional>
#include <set>

using namespace support;
using namespace std::chrono_literals;
using domain::Finding;

namespace {

/// A server of our own: sessions of other tests would be culprits too.
const TestServer& server() {
    static const std::unique_ptr<TestServer> own = TestServer::startPrivate();
    return *own;
}

/// Everything at once, so that a state need not be waited for.
monitor::Thresholds impatient() {
    monitor::Thresholds all;
    for (pg::Interval* one : {&all.heldInside, &all.writerWarning, &all.horizonHeld, &all.lockWaitWarning,
                              &all.retryOverdue, &all.stepTwoMissing})
        *one = 0us;
    all.writerCritical = all.lockWaitCritical = 1h;
    all.deadRows = 10;
    all.largeWindow = 100;
    all.rotationWarning = 0;
    all.rotationCritical = 1e9;
    return all;
}

/// A queue that a group of two and a normal consumer read, and somebody who looks at it.
class Place {
public:
    Place()
        : database(server(), Schema::Pgque)
        , admin(database.connect())
        , m_watcher(database.connect()) {
        run(admin, "select pgque.create_queue('orders');"
                   "select pgque.set_queue_config('orders', 'ticker_max_lag', '1 hour');"
                   "select pgque.set_queue_config('orders', 'ticker_idle_period', '1 hour');"
                   "select pgque.set_queue_config('orders', 'ticker_max_count', '1');"
                   "select pgque.subscribe('orders', 'audit');"
                   "select pgque.register_subconsumer('orders', 'billing', 'a');"
                   "select pgque.register_subconsumer('orders', 'billing', 'b')");
    }

    void run(pg::Connection& session, const std::string& sql) { support::run(session, sql); }

    /// Events in a transaction of their own, and a tick after them.
    void fill(int events) {
        run(admin,
            "select pgque.send('orders', 'test', g::text) from generate_series(1, " + std::to_string(events) + ") g");
        run(admin, "select pgque.ticker('orders')");
    }

    void tick() { fill(1); }

    /// Both consumers take what there is and finish it.
    void consume() {
        run(admin, "select pgque.ack(batch_id) from (select distinct batch_id from pgque.receive('orders', 'audit')) b;"
                   "select pgque.ack(batch_id) from (select distinct batch_id from"
                   " pgque.receive_coop('orders', 'billing', 'a')) b");
    }

    std::int32_t pid(pg::Connection& session) {
        return static_cast<std::int32_t>(number(session, "select pg_backend_pid()"));
    }

    /// Two looks, as rules about time need them; what fires in the second.
    std::vector<Finding> look(const monitor::Thresholds& thresholds = impatient()) {
        monitor::Sampler::Options options;
        options.activityEvery = options.countsEvery = 0s;
        if (!m_sampler)
            m_sampler.emplace(options);
        domain::SnapshotPtr seen;
        for (int i = 0; i < 2; ++i) {
            seen = m_sampler->sample(m_watcher, queries::probe(m_watcher, soon()), soon());
            if (!seen->errors.empty())
                throw pg::Error(seen->errors.front().failure);
            m_memory.add(*seen);
        }
        return monitor::diagnose(*seen, &m_memory, thresholds).findings;
    }

    TestDatabase database;
    pg::Connection admin;

private:
    pg::Connection m_watcher;
    std::optional<monitor::Sampler> m_sampler;
    monitor::Memory m_memory;
};

std::string told(const std::vector<Finding>& findings) {
    std::string text;
    for (const Finding& one : findings)
        text += one.rule + ": " + one.title + '\n';
    return text;
}

} // namespace

class TestPlanted : public QObject {
    Q_OBJECT

    static void only(const std::vector<Finding>& findings, const char* rule, const domain::Subject& subject) {
        QVERIFY2(findings.size() == 1 && findings[0].rule == rule, told(findings).c_str());
        QCOMPARE(findings[0].subject.queue, subject.queue);
        QCOMPARE(findings[0].subject.consumer, subject.consumer);
        QCOMPARE(findings[0].subject.member, subject.member);
    }

    /// The evidence can be run as it is shown, by the role that looks.
    static void evidenceRuns(Place& place, const std::vector<Finding>& findings) {
        for (const Finding& finding : findings) {
            for (const domain::Evidence& one : finding.evidence) {
                if (!one.query.empty())
                    place.run(place.admin, one.query);
            }
        }
    }

private Q_SLOTS:

    void healthy() {
        Place place;
        place.fill(5);
        const auto findings = place.look({});
        QVERIFY2(findings.empty(), told(findings).c_str());
    }

    void memberDied() {
        Place place;
        place.fill(3);
        place.run(place.admin, "select pgque.receive_coop('orders', 'billing', 'a');"
                               "update pgque.subscription set sub_active = now() - interval '6 min'"
                               " where sub_role = 'coop_member' and sub_batch is not null");
        const auto findings = place.look({});
        only(findings, "stale_heartbeat", {"orders", "billing", "a", {}});
        evidenceRuns(place, findings);
    }

    void windowGoesRound() {
        Place place;
        place.fill(3);
        place.run(place.admin, "select pgque.receive_coop('orders', 'billing', 'a')");
        for (const char* taker : {"b", "a", "b"}) {
            QVERIFY(place.look().empty());
            place.run(place.admin, "update pgque.subscription set sub_active = now() - interval '1 hour'"
                                   " where sub_batch is not null");
            place.look(); // it is seen to be dead
            place.run(place.admin, std::string("select pgque.receive_coop('orders', 'billing', '") + taker +
                                       "', 100, interval '10 min')");
        }
        const auto findings = place.look();
        only(findings, "window_circulates", {"orders", "billing", "b", {}});
        evidenceRuns(place, findings);
    }

    void takenFromTheLiving() {
        Place place;
        place.fill(3);
        place.run(place.admin, "select pgque.receive_coop('orders', 'billing', 'a')");
        place.look();
        place.run(place.admin, "select pgque.receive_coop('orders', 'billing', 'b', 100, interval '0')");
        only(place.look(), "hasty_takeover", {"orders", "billing", "b", {}});
    }

    void lastMemberLeft() {
        Place place;
        place.look();
        place.run(place.admin, "select pgque.unregister_subconsumer('orders', 'billing', 'a');"
                               "select pgque.unregister_subconsumer('orders', 'billing', 'b')");
        only(place.look(), "group_lost_its_members", {"orders", "billing", {}, {}});
    }

    void partialReceive() {
        Place place;
        place.fill(1200);
        pg::Connection worker = place.database.connect();
        place.run(worker, "select pgque.receive_coop('orders', 'billing', 'a')");
        monitor::Thresholds patient;
        auto findings = place.look(patient);
        only(findings, "partial_receive", {"orders", "billing", "a", {}});
        QVERIFY(findings[0].culprit->pid == place.pid(worker));
        evidenceRuns(place, findings);
        place.run(worker, "select pgque.receive('orders', 'audit', 1200)");
        findings = place.look(patient);
        QVERIFY2(findings.empty(), told(findings).c_str());
    }

    void handlesInsideItsTransaction() {
        Place place;
        place.fill(3);
        pg::Connection worker = place.database.connect();
        place.run(worker, "begin; select pgque.receive_coop('orders', 'billing', 'a')");
        auto findings = place.look();
        only(findings, "taken_not_committed", {"orders", "billing", {}, {}});
        QVERIFY(findings[0].culprit->pid == place.pid(worker));

        // With somebody waiting it is a lock wait; the waiting is seen, not slept for.
        pg::Connection second = place.database.connect();
        const std::int32_t waiter = place.pid(second);
        auto waiting = std::async(std::launch::async, [&second] {
            support::run(second, "select pgque.receive_coop('orders', 'billing', 'b')");
        });
        QTRY_COMPARE(
            number(place.admin, "select count(*) from pg_locks where not granted and pid = " + std::to_string(waiter)),
            1);
        findings = place.look();
        only(findings, "lock_wait", {"orders", "billing", {}, {}});
        QVERIFY(findings[0].culprit->pid == place.pid(worker));
        place.run(worker, "commit");
        waiting.get();
    }

    void nobodyReads() {
        Place place;
        place.run(place.admin, "select pgque.create_queue('lonely');"
                               "select pgque.set_queue_config('lonely', 'ticker_max_lag', '1 hour');"
                               "select pgque.send('lonely', 'test', 'x')");
        const auto findings = place.look();
        only(findings, "no_consumer", {"lonely", {}, {}, {}});
        evidenceRuns(place, findings);
    }

    void lateCommitter() {
        Place place;
        pg::Connection producer = place.database.connect();
        place.run(producer, "begin; select pgque.send('orders', 'test', 'late')");
        auto findings = place.look();
        only(findings, "late_committer", {"orders", {}, {}, {}});
        QVERIFY(findings[0].culprit->pid == place.pid(producer));
        QCOMPARE(findings[0].remedies.at(0).action, std::string("terminate_backend"));
        QCOMPARE(findings[0].remedies[0].arguments.at("pid"), std::to_string(place.pid(producer)));
        QCOMPARE(findings[0].remedies[0].arguments.at("started"),
                 value(producer, "select (extract(epoch from backend_start) * 1000000)::bigint from pg_stat_activity"
                                 " where pid = pg_backend_pid()"));
        evidenceRuns(place, findings);
        place.run(producer, "prepare transaction 'shipment-7'");
        findings = place.look();
        QVERIFY2(findings.empty() || findings[0].rule == "late_committer", told(findings).c_str());
        place.run(producer, "rollback prepared 'shipment-7'");
        QVERIFY(place.look().empty());
    }

    void lockOnTheNextTable() {
        Place place;
        place.run(place.admin, "select pgque.maint_rotate_tables_step2()");
        for (int i = 0; i < 2; ++i) {
            place.tick();
            place.consume();
        }
        place.run(place.admin, "update pgque.queue set queue_rotation_period = '1 ms'");
        pg::Connection dump = place.database.connect();
        place.run(dump, "begin; select count(*) from pgque.event_1_1");
        const auto findings = place.look();
        only(findings, "rotation_held_by_lock", {"orders", {}, {}, {}});
        QVERIFY(findings[0].culprit->pid == place.pid(dump));
        evidenceRuns(place, findings);
        place.run(dump, "commit");
    }

    void rotationHeldByAWriter() {
        Place place;
        pg::Connection writer = place.database.connect();
        place.run(writer, "begin; select pg_current_xact_id()");
        place.tick();
        place.consume();
        place.tick();
        place.consume();
        place.run(place.admin, "update pgque.queue set queue_rotation_period = '1 ms'");
        place.run(place.admin, "select pgque.maint_rotate_tables_step1('orders')");
        place.run(place.admin, "select pgque.maint_rotate_tables_step2()");
        for (int i = 0; i < 2; ++i) {
            place.tick();
            place.consume();
        }
        const auto findings = place.look();
        only(findings, "rotation_held_by_transaction", {"orders", {}, {}, {}});
        QVERIFY(findings[0].culprit->pid == place.pid(writer));
        place.run(writer, "rollback");
    }

    void stepTwoNeverRuns() {
        Place place;
        place.run(place.admin, "update pgque.queue set queue_switch_step2 = null");
        only(place.look(), "rotation_step_two_missing", {"orders", {}, {}, {}});
    }

    void horizonHeld() {
        Place place;
        pg::Connection report = place.database.connect();
        place.run(report, "begin isolation level repeatable read; select count(*) from pgque.queue");
        place.run(place.admin, "alter table pgque.subscription set (autovacuum_enabled = off)");
        for (int i = 0; i < 20; ++i)
            place.run(place.admin, "select pgque.touch_subconsumer('orders', 'billing', 'a')");
        place.run(place.admin, "select pg_stat_force_next_flush()");
        std::vector<Finding> findings;
        QTRY_VERIFY(!(findings = place.look()).empty());
        only(findings, "horizon_held", {});
        QVERIFY(findings[0].culprit->pid == place.pid(report));
        evidenceRuns(place, findings);
        place.run(report, "commit");
    }

    void restoredFromADump() {
        Place place;
        place.run(place.admin, "update pgque.tick set tick_snapshot = '900000000:900000000:',"
                               " tick_time = tick_time - interval '2 min';"
                               "update pgque.queue set queue_switch_time = queue_switch_time - interval '2 min'");
        const auto findings = place.look({});
        only(findings, "restored_ticks", {"orders", {}, {}, {}});
        evidenceRuns(place, findings);
    }

    void lastTry() {
        Place place;
        place.run(place.admin, "select pgque.set_queue_config('orders', 'max_retries', '1')");
        place.fill(1);
        place.run(place.admin, "select pgque.nack(m.batch_id, m, interval '1 hour', 'later')"
                               " from pgque.receive('orders', 'audit') m;"
                               "select pgque.ack(sub_batch) from pgque.subscription where sub_batch is not null");
        const auto findings = place.look();
        only(findings, "retry_last_try", {"orders", {}, {}, {}});
        evidenceRuns(place, findings);
    }

    void brokenRows_data() {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("rules"); // all that follows from it
        QTest::newRow("main with a batch") << "update pgque.subscription set sub_batch = 99, sub_next_tick = 2"
                                              " where sub_role = 'coop_main'"
                                           << "coop_main_with_batch";
        QTest::newRow("half a window") << "update pgque.subscription set sub_last_tick = 1"
                                          " where sub_consumer = (select co_id from pgque.consumer where co_name ="
                                          " 'billing.b')"
                                       << "broken_member";
        QTest::newRow("same token twice") << "alter table pgque.subscription drop constraint subscription_batch_idx;"
                                             "update pgque.subscription set sub_batch = 99, sub_last_tick = 1,"
                                             " sub_next_tick = 2 where sub_role in ('normal')"
                                             " or sub_consumer = (select co_id from pgque.consumer where co_name ="
                                             " 'billing.b');"
                                             "update pgque.subscription set sub_last_tick = 2"
                                             " where sub_role = 'coop_main'"
                                          << "duplicate_batch";
        QTest::newRow("no member") << "delete from pgque.subscription where sub_role = 'coop_member'"
                                   << "group_without_member";
        QTest::newRow("no main row") << "delete from pgque.subscription where sub_role = 'coop_main'"
                                     << "member_without_group";
        QTest::newRow("stray name") << "update pgque.consumer set co_name = 'elsewhere.b' where co_name = 'billing.b'"
                                    << "malformed_name";
        QTest::newRow("tick gone") << "delete from pgque.tick where tick_id = 1"
                                   << "position_lost";
        QTest::newRow("retries of nobody")
            << "insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner)"
               " values (now() + interval '1 hour', 1, 1, now(), 4711)"
            << "ownerless_retries";
        QTest::newRow("dead letters of a member")
            << "insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, dl_time, dl_reason, ev_id, ev_time)"
               " select 1, co_id, now() - interval '2 hours', 'x', 1, now() from pgque.consumer"
               " where co_name = 'billing.a'"
            << "dead_letters_of_member";
    }

    void brokenRows() {
        QFETCH(QString, sql);
        QFETCH(QString, rules);
        Place place;
        place.tick();
        std::vector<Finding> findings;
        try {
            place.run(place.admin, sql.toStdString());
            findings = place.look({});
        } catch (const pg::Error& error) {
            QFAIL(error.what());
        }
        std::set<std::string> found;
        for (const Finding& one : findings)
            found.insert(one.rule);
        QVERIFY2(found == std::set<std::string>{rules.toStdString()}, told(findings).c_str());
        evidenceRuns(place, findings);
    }
};

QTEST_GUILESS_MAIN(TestPlanted)
#include "tst_planted.moc"
