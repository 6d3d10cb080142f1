// SPDX-License-Identifier: GPL-3.0-or-later
// The core sample: complete, or exactly what changed; tolerant of what an install lacks; blocked by nobody.
#include "queries/counts.h"
#include "queries/probe.h"
#include "queries/sample.h"
#include "support/foreign.h"

#include <QDeadlineTimer>
#include <QTest>
#include <QThread>

#include <algorithm>
#include <set>

using namespace support;
using queries::CoreSample;
using queries::Since;

namespace {

CoreSample sample(pg::Connection& connection, std::optional<Since> since = {}) {
    const auto capabilities = queries::probe(connection, soon());
    queries::Look look;
    const auto asked = queries::askCore(look, capabilities, since);
    return queries::readCore(look.run(connection, soon()), asked);
}

/// A sample whose horizon lies behind everything written so far. A transaction of any database of the server holds the
/// horizon back, and other tests share this one: rows are then told once more, which is right but not what is asked
/// here.
CoreSample settled(pg::Connection& connection, std::optional<Since> since = {}) {
    const std::int64_t written = std::stoll(value(connection, "select pg_current_xact_id()"));
    const QDeadlineTimer patience(60'000);
    auto taken = sample(connection, since);
    while (taken.since.horizon <= written && !patience.hasExpired()) {
        QThread::msleep(10);
        taken = sample(connection, since);
    }
    return taken;
}

void subscribe(pg::Connection& connection, const std::string& queue, const std::string& consumer) {
    run(connection, "insert into pgque.consumer (co_name) values ('" + consumer + "') on conflict do nothing");
    run(connection, "insert into pgque.subscription (sub_queue, sub_consumer, sub_last_tick)"
                    " select q.queue_id, c.co_id, (select max(tick_id) from pgque.tick where tick_queue = q.queue_id)"
                    " from pgque.queue q, pgque.consumer c where q.queue_name = '" +
                        queue + "' and c.co_name = '" + consumer + "'");
}

} // namespace

class TestSample : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void everyColumn() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin,
            "select pgque.make_queue('orders'); update pgque.queue set queue_ticker_paused = true,"
            " queue_ticker_max_lag = '7 seconds 250 milliseconds', queue_max_retries = 3, queue_switch_step2 = null");
        subscribe(admin, "orders", "billing");
        run(admin, "select pgque.make_events('orders', 10, 'x'); select pgque.make_tick('orders')");
        run(admin, "update pgque.subscription set sub_batch = 77, sub_next_tick = 2, sub_active = '2026-01-02 "
                   "03:04:05.678901Z'");

        RoleConnection reader(database, "pgque_reader");
        const auto seen = sample(*reader);
        QVERIFY(seen.full);
        QCOMPARE(seen.queues.size(), std::size_t(1));
        const domain::Queue& orders = seen.queues.front();
        QCOMPARE(orders.name, std::string("orders"));
        QVERIFY(orders.tickerPaused);
        QVERIFY(orders.tickerMaxLag == std::chrono::milliseconds(7'250));
        QVERIFY(orders.rotationPeriod == std::chrono::hours(2));
        QVERIFY(orders.maxRetries == 3);
        QVERIFY(!orders.switchStep2);
        QVERIFY(orders.lastTick && orders.lastTick->id == 2 && orders.lastTick->eventSeq == 10);
        QVERIFY(orders.lastTick->xmin > 0 && orders.lastTick->xmax >= orders.lastTick->xmin);
        QVERIFY(orders.earlierTick && orders.earlierTick->id == 1);
        QCOMPARE(seen.subscriptions.size(), std::size_t(1));
        const domain::Subscription& billing = seen.subscriptions.front();
        QCOMPARE(billing.consumerName, std::string("billing"));
        QCOMPARE(billing.role, domain::Role::Normal);
        QVERIFY(billing.batch == 77 && billing.lastTick == 1 && billing.nextTick == 2);
        QVERIFY(billing.windowEstimate() == 10);
        QCOMPARE(billing.active.time_since_epoch().count(), std::int64_t(1'767'323'045'678'901));
        QVERIFY(billing.lastTickXmin && billing.lastTickTime && billing.nextTickTime);
        QVERIFY(!billing.batchSince && !billing.takeovers);
    }

    void onlyWhatChanged() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        for (const char* name : {"a", "b", "c"}) {
            run(admin, std::string("select pgque.make_queue('") + name + "')");
            subscribe(admin, name, "one");
            subscribe(admin, name, "two");
        }
        const auto first = settled(admin);
        QCOMPARE(first.queues.size(), std::size_t(3));
        QCOMPARE(first.subscriptions.size(), std::size_t(6));
        const auto idle = settled(admin, first.since);
        QVERIFY(!idle.full);
        QCOMPARE(idle.queues.size(), std::size_t(0));
        QCOMPARE(idle.subscriptions.size(), std::size_t(0));
        QVERIFY(idle.queueKeys == first.queueKeys);

        run(admin, "select pgque.make_tick('b')");
        run(admin, "begin; savepoint s; update pgque.subscription set sub_batch = 1 where sub_queue ="
                   " (select queue_id from pgque.queue where queue_name = 'c') and sub_consumer = 1; commit");
        const auto ticked = settled(admin, idle.since);
        QCOMPARE(ticked.queues.size(), std::size_t(1));
        QCOMPARE(ticked.queues.front().name, std::string("b"));
        QCOMPARE(ticked.subscriptions.size(), std::size_t(1));

        run(admin, "delete from pgque.subscription where sub_batch = 1");
        const auto deleted = settled(admin, ticked.since);
        QCOMPARE(deleted.subscriptions.size(), std::size_t(0));
        QVERIFY(deleted.subscriptionKeys.count == 5);
    }

    /// A transaction that began before a sample and commits after it must show in the next one.
    void lateCommitsAreNotMissed() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection other = database.connect();
        run(admin, "select pgque.make_queue('a')");
        subscribe(admin, "a", "one");
        const auto first = settled(admin);
        run(other, "begin; update pgque.subscription set sub_batch = 5");
        run(admin, "select pgque.make_tick('a')"); // younger transactions come and go meanwhile
        const auto during = sample(admin, first.since);
        QCOMPARE(during.subscriptions.size(), std::size_t(0));
        const auto still = sample(admin, during.since);
        run(other, "commit");
        const auto after = sample(admin, still.since);
        QCOMPARE(after.subscriptions.size(), std::size_t(1));
        QVERIFY(after.subscriptions.front().batch == 5);
    }

    void keyCheckIsTheServersOwn() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('q' || g) from generate_series(1, 30) g");
        run(admin, "insert into pgque.consumer (co_name) select 'c' || g from generate_series(1, 7) g");
        run(admin, "insert into pgque.subscription (sub_queue, sub_consumer)"
                   " select queue_id, co_id from pgque.queue, pgque.consumer");
        const auto seen = sample(admin);
        queries::KeyCheck queues;
        queries::KeyCheck subscriptions;
        for (const auto& one : seen.queues)
            queues.add(0, one.id);
        for (const auto& one : seen.subscriptions)
            subscriptions.add(one.queueId, one.consumerId);
        QVERIFY(queues == seen.queueKeys);
        QVERIFY(subscriptions == seen.subscriptionKeys);
    }

    void columnsThatAreMissing() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        subscribe(admin, "a", "one");
        run(admin, "alter table pgque.queue drop queue_max_retries, drop queue_extra_maint, drop queue_ticker_paused,"
                   " drop queue_disable_insert, drop queue_switch_step2;"
                   " alter table pgque.subscription drop sub_role, drop sub_next_tick");
        const auto seen = sample(admin);
        QCOMPARE(seen.queues.size(), std::size_t(1));
        QVERIFY(!seen.queues.front().maxRetries);
        QCOMPARE(seen.queues.front().effectiveMaxRetries(), 5);
        QCOMPARE(seen.subscriptions.front().role, domain::Role::Normal);
    }

    void columnsThatAreOurs() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        subscribe(admin, "a", "one");
        run(admin, "alter table pgque.subscription add sub_batch_since timestamptz default now(),"
                   " add sub_takeovers int default 3");
        const auto seen = sample(admin);
        QVERIFY(seen.subscriptions.front().batchSince.has_value());
        QVERIFY(seen.subscriptions.front().takeovers == 3);
    }

    /// Values that no calendar has cost nobody the sample.
    void endlessValues() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a'); select pgque.make_queue('b')");
        subscribe(admin, "a", "one");
        run(admin, "update pgque.queue set queue_rotation_period = '300000 years', queue_switch_time = 'infinity',"
                   " queue_ticker_max_lag = '-300000 years', queue_ticker_idle_period = '170000000 years';"
                   " update pgque.tick set tick_time = 'infinity' where tick_queue = 1;"
                   " update pgque.tick set tick_time = '-infinity' where tick_queue = 2;"
                   " update pgque.subscription set sub_active = '-infinity';"
                   " alter table pgque.subscription add sub_batch_since timestamptz default '290000-01-01';"
                   " insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, dl_time, ev_id, ev_time)"
                   " select 1, 1, t, 1, 'infinity' from unnest('{infinity, 2026-01-01 00:00:00Z}'::timestamptz[]) t"
                   " on conflict do nothing;"
                   " insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner)"
                   " select '-infinity', 1, 1, 'infinity', sub_id from pgque.subscription");
        if (number(admin, "select current_setting('server_version_num')::int / 10000") >= 17)
            run(admin, "update pgque.queue set queue_rotation_period = 'infinity'");
        const auto seen = sample(admin);
        QCOMPARE(seen.queues.size(), std::size_t(2));
        const auto year9999 = std::chrono::microseconds(253'402'300'799'000'000);
        QVERIFY(seen.queues[0].rotationPeriod == year9999);
        QVERIFY(seen.queues[0].tickerMaxLag == -year9999);
        QVERIFY(seen.queues[0].switchTime == domain::Timestamp(year9999));
        for (const domain::Queue& queue : seen.queues)
            QVERIFY(queue.lastTick->time == domain::Timestamp(queue.id == 1 ? year9999 : 0 * year9999));
        QVERIFY(seen.subscriptions[0].active == domain::Timestamp());
        QVERIFY(seen.subscriptions[0].batchSince == domain::Timestamp(year9999));
        QVERIFY(seen.subscriptions[0].lastTickTime == domain::Timestamp(year9999));
        const auto dead = queries::look(admin, queries::deadCounts(), {}, soon());
        QCOMPARE(dead.size(), std::size_t(1));
        const auto waiting = queries::look(admin, queries::retryCounts({}), {}, soon());
        QVERIFY(waiting.size() == 1 && waiting[0].waiting.value == 1 && waiting[0].due.value == 0);
    }

    /// Ids go back when another server answers; then nothing says what changed.
    void horizonThatFalls() {
        CoreSample sample;
        sample.since.horizon = 1'000;
        QVERIFY(queries::goesOn(sample, Since{1'000}));
        QVERIFY(queries::goesOn(sample, Since{999}));
        QVERIFY(!queries::goesOn(sample, Since{1'001}));
        sample.full = true;
        QVERIFY(queries::goesOn(sample, Since{1'001}));
    }

    void brokenRowsDoNotHurt() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a b \"c\" ''d'' \u00e9\u6f22')");
        run(admin, "alter table pgque.subscription drop constraint subscription_sub_role_check,"
                   " drop constraint sub_consumer_fkey;"
                   " insert into pgque.subscription (sub_queue, sub_consumer, sub_last_tick, sub_role)"
                   " select queue_id, 4711, 999, 'odd' from pgque.queue; delete from pgque.tick");
        const auto seen = sample(admin);
        QCOMPARE(seen.queues.front().name, std::string("a b \"c\" 'd' \u00e9\u6f22"));
        QVERIFY(!seen.queues.front().lastTick);
        QCOMPARE(seen.subscriptions.front().role, domain::Role::Unknown);
        QCOMPARE(seen.subscriptions.front().roleText, std::string("odd"));
        QVERIFY(!seen.subscriptions.front().lastTickTime);
    }

    void sequences() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('q' || g) from generate_series(1, 4) g");
        run(admin, "select pgque.make_events('q2', 42, 'x'); drop sequence pgque.event_3_id_seq cascade;"
                   " revoke all on sequence pgque.event_4_id_seq from public");
        RoleConnection reader(database, "pgque_reader");
        const std::vector<std::int64_t> ids = {1, 2, 3, 4};
        const auto values = queries::look(*reader, queries::sequenceValues(ids, false), {}, soon());
        std::map<int, std::int64_t> seen;
        for (const auto& one : values)
            seen[one.queueId] = one.value;
        QVERIFY((seen == std::map<int, std::int64_t>{{1, 0}, {2, 42}})); // 3 is missing, 4 is not for readers
    }

    void sequenceOfADroppedQueue() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection other = database.connect();
        run(admin, "select pgque.make_queue('q' || g) from generate_series(1, 3) g");
        run(other, "begin; drop sequence pgque.event_2_id_seq cascade");
        const std::vector<std::int64_t> ids = {1, 2, 3};
        try {
            queries::look(admin, queries::sequenceValues(ids, false), {}, soon());
            QFAIL("read a sequence that is being dropped");
        } catch (const pg::Error& error) {
            QCOMPARE(error.sqlState(), std::string("55P03"));
        }
        const auto values = queries::look(admin, queries::sequenceValues(ids, true), {}, soon());
        QCOMPARE(values.size(), std::size_t(2));
        run(other, "rollback");
    }
};

QTEST_GUILESS_MAIN(TestSample)
#include "tst_sample.moc"
