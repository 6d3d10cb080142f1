// SPDX-License-Identifier: GPL-3.0-or-later
// One queue from near: its ticks and tables, stored events searched within bounds, the way of one event.
#include "queries/events.h"
#include "queries/evidence.h"
#include "queries/queuedetail.h"
#include "queries/sample.h"
#include "support/expect.h"
#include "support/foreign.h"

#include <QTest>

#include <set>

using namespace support;

namespace {

void makeQueue(pg::Connection& admin) {
    run(admin, "select pgque.create_queue('a'), pgque.subscribe('a', 'one')");
}

void tick(pg::Connection& admin) {
    run(admin, "select pgque.force_next_tick('a')");
    run(admin, "select pgque.ticker('a')");
}

std::vector<domain::EventRow> all(pg::Connection& connection, const domain::EventSearch& search,
                                  const queries::SearchLimits& limits, int* calls = nullptr) {
    std::vector<domain::EventRow> rows;
    std::optional<domain::EventPosition> from;
    do {
        domain::EventPage found = queries::searchEvents(connection, 1, search, from, limits, soon());
        std::move(found.rows.begin(), found.rows.end(), std::back_inserter(rows));
        from = found.next;
        if (calls)
            ++*calls;
    } while (from);
    return rows;
}

std::vector<std::int64_t> ids(const std::vector<domain::Tick>& ticks) {
    std::vector<std::int64_t> found;
    for (const domain::Tick& one : ticks)
        found.push_back(one.id);
    return found;
}

} // namespace

class TestQueueDetail : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void ticksAndTables() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        for (int i = 0; i < 5; ++i)
            tick(admin);
        RoleConnection reader(database, "pgque_reader");
        const auto ask = [&] { return queries::queueDetail(*reader, 1, {}, soon()); };
        domain::QueueDetail detail = ask();
        QCOMPARE(detail.ticks.size(), std::size_t(6));
        QVERIFY(detail.ticks.front().id > detail.ticks.back().id);
        QVERIFY(detail.ticks.front().xmin > 0);
        QCOMPARE(detail.lastTick.value(), detail.ticks.front().id);
        QCOMPARE(detail.lastGap.value(), detail.ticks[0].time - detail.ticks[1].time);
        QVERIFY(!detail.tickBefore);
        QCOMPARE(detail.tables.size(), std::size_t(3));
        QVERIFY(detail.tables[0].holders.value().empty());
        QVERIFY(detail.extraMaintenance.value().empty());
        run(admin, "update pgque.queue set queue_extra_maint = array['pgque.one', 'two']");
        QCOMPARE(ask().extraMaintenance.value(), (std::vector<std::string>{"pgque.one", "two"}));

        pg::Connection holder = database.connect();
        run(holder, "begin; lock table pgque.event_1_1 in access share mode");
        QCOMPARE(ask().tables[1].holders.value(), std::vector<std::int32_t>{holder.backendPid()});
        // Who empties it is not waited for, and does not wait for us.
        run(holder, "rollback; begin; lock table pgque.event_1_1 in access exclusive mode");
        QCOMPARE(ask().tables[1].holders.value(), std::vector<std::int32_t>{holder.backendPid()});
        domain::QueueUpkeep upkeep = queries::queueUpkeep(*reader, 1, soon());
        QVERIFY(!upkeep.bytesOf(1));
        QVERIFY(upkeep.bytesOf(2).value() > 0);
        QVERIFY(!upkeep.bytesOf(3));
        run(holder, "rollback");
        upkeep = queries::queueUpkeep(*reader, 1, soon());
        QVERIFY(upkeep.bytesOf(1).value() > 0);
        QVERIFY(upkeep.scheduler.value().name.empty());
        QVERIFY(upkeep.scheduler.value().tickPeriod == pg::Interval(std::chrono::milliseconds(100)));
        run(admin, "update pgque.config set scheduler = 'pg_cron', ticker_job_id = 3; select pgque.maint()");
        upkeep = queries::queueUpkeep(*reader, 1, soon());
        QCOMPARE(upkeep.scheduler.value().name, std::string("pg_cron"));
        QCOMPARE(upkeep.scheduler.value().tickerJob.value(), 3);
        QVERIFY(upkeep.scheduler.value().lastMaintenance.has_value());
        QVERIFY(upkeep.scheduling.jobs.empty() && upkeep.scheduling.unread.empty());
        run(admin,
            "create schema cron; create table cron.job (jobid bigint, schedule text, command text, database text,"
            " jobname text); grant usage on schema cron to public; grant select on cron.job to public;"
            "insert into cron.job values (1, '1 second', 'call pgque.ticker_loop()', current_database(), 'own')");
        QCOMPARE(queries::queueUpkeep(*reader, 1, soon()).scheduling.jobs.at(0).name, std::string("own"));
        run(admin, "revoke select on pgque.config from pgque_reader");
        QVERIFY(!queries::queueUpkeep(*reader, 1, soon()).scheduler);

        const auto failure = failureOf([&] { queries::queueDetail(*reader, 99, {}, soon()); });
        QCOMPARE(failure.kind, pg::ErrorKind::Decode);
    }

    /// A prepared transaction holds its locks without a session; a table of another database may have the same number.
    void whoHoldsATable() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        const std::string gid = "holds-" + database.name();
        run(admin, "begin; lock table pgque.event_1_2 in access share mode; create table pgque.x ();"
                   " prepare transaction '" + gid + "'");
        RoleConnection reader(database, "pgque_reader");
        const auto holders = queries::queueDetail(*reader, 1, {}, soon()).tables[2].holders;
        std::string evidence = queries::evidence::eventTableLocks();
        evidence.pop_back(); // the semicolon
        const auto shown = number(admin, "select count(*) from (" + evidence + ") e where pid is null");
        run(admin, "rollback prepared '" + gid + "'");
        QCOMPARE(holders.value(), std::vector<std::int32_t>{0});
        QCOMPARE(shown, 1);
    }

    /// Another database's tables may have the same numbers: a copy's have.
    void anotherDatabaseIsNotMeant() {
        const TestDatabase database(Schema::Pgque);
        {
            pg::Connection admin = database.connect();
            makeQueue(admin);
        }
        pg::Connection server = pg::Connection::open(TestServer::shared().info());
        const std::string copy = database.name() + "_copy";
        run(server, "create database " + copy + " template " + database.name());
        pg::ConnectionInfo info = database.info();
        info.set("dbname", copy);
        std::vector<std::int32_t> there;
        std::vector<std::int32_t> here;
        std::int64_t shown = 0;
        {
            pg::Connection other = pg::Connection::open(info);
            run(other, "begin; lock table pgque.event_1_2 in access share mode");
            pg::Connection admin = database.connect();
            here = queries::queueDetail(admin, 1, {}, soon()).tables[2].holders.value();
            std::string evidence = queries::evidence::eventTableLocks();
            evidence.pop_back();
            shown = number(admin, "select count(*) from (" + evidence + ") e");
            pg::Connection second = pg::Connection::open(info);
            there = queries::queueDetail(second, 1, {}, soon()).tables[2].holders.value();
            run(other, "rollback");
        }
        run(server, "drop database " + copy + " with (force)");
        QVERIFY(here.empty());
        QCOMPARE(shown, 0);
        QCOMPARE(there.size(), std::size_t(1));
    }

    void ticksByPages() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        run(admin, "insert into pgque.tick (tick_queue, tick_id, tick_event_seq)"
                   " select 1, i, i from generate_series(2, 450) i");
        const auto first = queries::queueDetail(admin, 1, {}, soon());
        QCOMPARE(first.ticks.size(), std::size_t(queries::ticksShown));
        QCOMPARE(first.ticks.front().id, 450);
        QCOMPARE(first.tickBefore.value().id, first.ticks.back().id - 1);
        const auto second = queries::queueDetail(admin, 1, first.tickBefore->id, soon());
        QCOMPARE(second.ticks.front().id, first.tickBefore->id);
        QCOMPARE(second.ticks.back().id, 1);
        QVERIFY(!second.tickBefore);
        QCOMPARE(second.lastTick.value(), 450);
    }

    void searches() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        run(admin, "select pgque.send('a', 'one', '{\"name\": \"Ünïcode %_ here\"}'::text)");
        run(admin, "select pgque.send('a', 'two', 'plain ' || g) from generate_series(1, 500) g");
        // Half of them in another table of the ring.
        run(admin,
            "update pgque.queue set queue_cur_table = 1, queue_switch_step1 = pg_current_xact_id()::text::bigint");
        run(admin, "select pgque.send('a', 'two', 'later ' || g) from generate_series(1, 500) g");
        RoleConnection reader(database, "pgque_reader");

        queries::SearchLimits limits;
        limits.rows = 100;
        int calls = 0;
        const auto everything = all(*reader, {}, limits, &calls);
        QCOMPARE(everything.size(), std::size_t(1'001));
        QCOMPARE(calls, 11);
        QCOMPARE(everything.front().id, 1);
        QCOMPARE(everything.back().id, 1'001);

        domain::EventSearch search;
        search.text = "ünïCODE %_";
        QCOMPARE(all(*reader, search, limits).size(), std::size_t(1));
        search.text = "plain 49";
        QCOMPARE(all(*reader, search, limits).size(), std::size_t(11));
        search = {};
        search.type = "one";
        QCOMPARE(all(*reader, search, limits).size(), std::size_t(1));
        search = {};
        search.id = 777;
        const auto found = all(*reader, search, limits);
        QCOMPARE(found.size(), std::size_t(1));
        QCOMPARE(found.front().data.value(), std::string("later 276"));
        search.type = "one";
        QVERIFY(all(*reader, search, limits).empty());
    }

    void searchesByPathAndTicks() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        for (int i = 2; i <= 5; ++i) {
            run(admin, "select pgque.send('a', 't', ('{\"order\": {\"id\": ' || " + std::to_string(i) +
                           " || '}}')::text) from generate_series(1, 10)");
            run(admin, "select pgque.send('a', 't', '{\"order\": broken'::text)");
            tick(admin); // ticks 2 to 5
        }
        run(admin, "select pgque.send('a', 't', '{\"order\": {\"id\": 6}}'::text)"); // seen by none
        RoleConnection reader(database, "pgque_reader");
        domain::EventSearch search;
        const auto path = [](const char* text) {
            return std::get<domain::JsonCondition>(domain::JsonCondition::parse(text));
        };
        search.json = path("order.id = 3");
        QCOMPARE(all(*reader, search, {}).size(), std::size_t(10));
        search.json = path("order.id");
        QCOMPARE(all(*reader, search, {}).size(), std::size_t(41));
        search = {};
        search.fromTick = search.toTick = 3;
        QCOMPARE(all(*reader, search, {}).size(), std::size_t(11));
        search.json = path("order.id = 3");
        QCOMPARE(all(*reader, search, {}).size(), std::size_t(10));
        search = {};
        search.fromTick = 4;
        QCOMPARE(all(*reader, search, {}).size(), std::size_t(23));
        search = {};
        search.toTick = 4;
        QCOMPARE(all(*reader, search, {}).size(), std::size_t(33));
        search.toTick = 1;
        QVERIFY(all(*reader, search, {}).empty());
        search.toTick.reset();
        search.fromTick = 6;
        QCOMPARE(all(*reader, search, {}).size(), std::size_t(1));
        search = {};
        search.waitingOnly = true;
        const auto waiting = all(*reader, search, {});
        QCOMPARE(waiting.size(), std::size_t(1));
        QVERIFY(!waiting.front().sent);
        for (const domain::EventRow& row : all(*reader, {}, {}))
            QCOMPARE(row.sent, row.id != waiting.front().id);
        // Extra fields are looked through as well.
        run(admin, "select pgque.insert_event('a', 't', null, null, null, 'Somewhere ELSE', null)");
        search = {};
        search.text = "where else";
        QCOMPARE(all(*reader, search, {}).size(), std::size_t(1));
    }

    /// Ticks bound what is read, not only what is found; and rows of a transaction that spreads over a table are all
    /// found.
    void ticksBoundTheReading() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        pg::Connection late = database.connect();
        run(late, "begin");
        const auto fill = [&] {
            run(admin, "select pgque.send_batch('a', 't', array(select repeat('x', 500) || g"
                       " from generate_series(1, 3000) g))");
        };
        run(late, "select pgque.send('a', 'late', 'first')");
        fill();
        tick(admin); // 2
        run(late, "select pgque.send('a', 'late', 'second')");
        run(late, "commit");
        run(admin, "select pgque.send('a', 'small', 'one')");
        // A tick's snapshot reaches back to the oldest transaction of the server, whoever's it is.
        const auto written = number(admin, "select pg_current_xact_id()::text::bigint");
        QTRY_VERIFY_WITH_TIMEOUT(
            number(admin, "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint") > written, 60'000);
        tick(admin); // 3
        fill();
        tick(admin); // 4
        RoleConnection reader(database, "pgque_reader");
        domain::EventSearch search;
        search.fromTick = search.toTick = 3;
        queries::SearchLimits limits;
        limits.blocksAtOnce = 16;
        limits.blocksInAll = 32;
        for (const int rows : {1, 2, 100}) {
            limits.rows = rows;
            QCOMPARE(all(*reader, search, limits).size(), std::size_t(3));
        }
        search.fromTick = search.toTick = 4;
        search.text = "nowhere";
        const auto page = queries::searchEvents(*reader, 1, search, {}, limits, soon());
        QVERIFY(page.rows.empty() && !page.next && !page.boundReached);
        QVERIFY(page.bytesRead > 0 && page.bytesRead < 250 * 8'192); // half of the table
        search.newestFirst = true;
        QVERIFY(all(*reader, search, limits).empty());
        for (const int rows : {1, 2, 100}) {
            limits.rows = rows;
            search.text = {};
            search.fromTick = search.toTick = 3;
            const auto backwards = all(*reader, search, limits);
            QCOMPARE(backwards.size(), std::size_t(3));
            QCOMPARE(backwards.back().data.value(), std::string("first"));
        }
        search = {};
        search.toTick = 1;
        QVERIFY(all(*reader, search, limits).empty());
        // By id, however they are stored.
        limits.rows = 10'000;
        limits.blocksInAll = 10'000;
        const auto sorted = queries::searchById(*reader, 1, {}, limits, soon());
        QVERIFY(sorted.byId && !sorted.boundReached);
        QCOMPARE(sorted.rows.size(), std::size_t(6'003));
        QVERIFY(std::is_sorted(sorted.rows.begin(), sorted.rows.end(),
                               [](const auto& a, const auto& b) { return a.id < b.id; }));
    }

    /// However large the tables are, a call reads no more than its bound and says where to go on.
    void searchIsBounded() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        run(admin, "select pgque.send_batch('a', 't', array(select repeat('x', 500) || g from generate_series(1, 5000)"
                   " g))");
        queries::SearchLimits limits;
        limits.blocksAtOnce = 16;
        limits.blocksInAll = 64;
        domain::EventSearch search;
        search.text = "x5000";
        const domain::EventPage first = queries::searchEvents(admin, 1, search, {}, limits, soon());
        QVERIFY(first.rows.empty());
        QVERIFY(first.boundReached);
        QVERIFY(first.next.has_value());
        QCOMPARE(first.bytesRead, 64 * 8'192);
        QCOMPARE(all(admin, search, limits).size(), std::size_t(1));
    }

    /// Payloads that lie beside the table are read where they are searched, and count.
    void longPayloadsCount() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        run(admin, "alter table pgque.event_1_0 alter ev_data set storage external");
        run(admin, "select pgque.send_batch('a', 't', array(select repeat('x', 5000) || g from generate_series(1, 4000)"
                   " g))");
        domain::EventSearch search;
        search.text = "nowhere";
        QVERIFY(queries::searchEvents(admin, 1, search, {}, {}, soon()).bytesRead > 4'000 * 5'000);
        queries::SearchLimits limits;
        limits.blocksAtOnce = 32;
        limits.blocksInAll = 64;
        const auto stopped = queries::searchEvents(admin, 1, search, {}, limits, soon());
        QVERIFY(stopped.boundReached && stopped.next);
        search = {};
        search.type = "nowhere";
        QVERIFY(queries::searchEvents(admin, 1, search, {}, {}, soon()).bytesRead < 4'000 * 5'000);

        // Of a batch as well, where its events are no small part of the table.
        tick(admin);
        run(admin, "select pgque.send_batch('a', 't', array(select repeat('y', 3000) || g from generate_series(1, 5500)"
                   " g))");
        tick(admin);
        search = {};
        search.text = "nowhere";
        std::int64_t bytes = 0;
        std::optional<domain::EventPosition> from;
        do {
            const auto page = queries::eventPage(admin, {1, 2, 3, 1}, search, from, {}, soon());
            bytes += page.bytesRead;
            from = page.next;
        } while (from);
        QVERIFY2(bytes > 5'500 * 3'000, qPrintable(QString::number(bytes)));
    }

    /// The tables behind a position are others once they were rotated: nothing is left out silently.
    void rotationBetweenPages() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('a')");
        run(admin, "update pgque.queue set queue_rotation_period = '0 seconds'");
        const auto rotate = [&] {
            run(admin, "select pgque.maint_rotate_tables_step1('a')");
            run(admin, "select pgque.maint_rotate_tables_step2()");
        };
        for (int table = 0; table < 3; ++table) {
            run(admin, "select pgque.send('a', 't', 'x') from generate_series(1, 10)");
            tick(admin);
            if (table < 2)
                rotate();
        }
        RoleConnection reader(database, "pgque_reader");
        queries::SearchLimits limits;
        limits.rows = 15;
        for (const bool newestFirst : {false, true}) {
            domain::EventSearch search;
            search.newestFirst = newestFirst;
            QCOMPARE(all(*reader, search, limits).size(), std::size_t(newestFirst ? 20 : 30));
            const auto page = queries::searchEvents(*reader, 1, search, {}, limits, soon());
            QCOMPARE(page.rows.size(), std::size_t(15));
            const auto current = number(admin, "select queue_cur_table from pgque.queue");
            rotate();
            QVERIFY(number(admin, "select queue_cur_table from pgque.queue") != current);
            const auto failure =
                failureOf([&] { queries::searchEvents(*reader, 1, search, page.next, limits, soon()); });
            QCOMPARE(failure.kind, pg::ErrorKind::Decode);
            QVERIFY(QByteArray::fromStdString(failure.diagnostics.message).contains("rotated"));
        }
    }

    /// A lower bound needs the tick before it: where that is gone, the page says so.
    void lowerBoundWithoutOlderTick() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        for (int i = 2; i <= 6; ++i) {
            run(admin, "select pgque.send('a', 't', 'x')");
            tick(admin); // 2 to 6
        }
        domain::EventSearch search;
        const auto from = [&](std::int64_t tick) {
            search.fromTick = tick;
            return queries::searchEvents(admin, 1, search, {}, {}, soon());
        };
        QCOMPARE(from(1).rows.size(), std::size_t(5));
        QVERIFY(!from(1).ticksGoneBefore);
        QCOMPARE(from(4).rows.size(), std::size_t(3));
        run(admin, "delete from pgque.tick where tick_id < 4");
        QCOMPARE(from(4).rows.size(), std::size_t(5));
        QCOMPARE(from(4).ticksGoneBefore.value(), 4);
        QCOMPARE(from(2).ticksGoneBefore.value(), 4);
        QCOMPARE(from(5).rows.size(), std::size_t(2));
        QVERIFY(!from(5).ticksGoneBefore);
    }

    /// Backwards through the ring: the same events, and no more of the tables than they need.
    void newestFirst() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        for (const int table : {0, 1}) {
            run(admin, "update pgque.queue set queue_cur_table = " + std::to_string(table));
            run(admin, "select pgque.send_batch('a', 't', array(select repeat('x', 500) || g"
                       " from generate_series(1, 3000) g))");
        }
        run(admin, "select pgque.send('a', 'last', '{\"id\": 7}'::text)");
        RoleConnection reader(database, "pgque_reader");
        domain::EventSearch search;
        search.newestFirst = true;
        queries::SearchLimits limits;
        for (const int blocksAtOnce : {1, 40, 2'048}) {
            limits.blocksAtOnce = blocksAtOnce;
            for (const int rows : {7, 200, 10'000}) {
                limits.rows = rows;
                if (blocksAtOnce * rows < 200) // hundreds of pages show no more than the others
                    continue;
                const auto found = all(*reader, search, limits);
                QCOMPARE(found.size(), std::size_t(6'001));
                for (std::size_t at = 1; at < found.size(); ++at)
                    QCOMPARE(found[at].id, found[at - 1].id - 1);
            }
        }
        limits = {};
        const auto page = queries::searchEvents(*reader, 1, search, {}, limits, soon());
        QCOMPARE(page.rows.size(), std::size_t(200));
        QCOMPARE(page.rows.front().type.value(), std::string("last"));
        QVERIFY(page.bytesRead <= 64 * 8'192);
        QVERIFY(page.takenAt.time_since_epoch().count() > 0);
        const auto sorted = queries::searchById(*reader, 1, search, queries::idSearchLimits, soon());
        QCOMPARE(sorted.rows.size(), std::size_t(6'001));
        QVERIFY(sorted.rows.front().id > sorted.rows.back().id);
        // Filters and bounds are the same ones.
        search.text = "x2999";
        QCOMPARE(all(*reader, search, limits).size(), std::size_t(2));
        limits.blocksAtOnce = 16;
        limits.blocksInAll = 64;
        const auto bounded = queries::searchEvents(*reader, 1, search, {}, limits, soon());
        QVERIFY(bounded.boundReached && bounded.next);
        QCOMPARE(bounded.bytesRead, 64 * 8'192);
        search = {};
        search.newestFirst = true;
        search.json = std::get<domain::JsonCondition>(domain::JsonCondition::parse("id = 7"));
        QCOMPARE(all(*reader, search, limits).size(), std::size_t(1));
    }

    /// Somebody empties a table that the page does not come to: the search does not wait for it, and does not fail.
    void tableThatIsHeld() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        run(admin, "select pgque.send('a', 't', 'x')");
        tick(admin);
        pg::Connection holder = database.connect();
        run(holder, "begin; lock table pgque.event_1_2 in access exclusive mode");
        domain::EventSearch search;
        search.newestFirst = true;
        search.toTick = 2;
        queries::SearchLimits limits;
        limits.rows = 1;
        RoleConnection reader(database, "pgque_reader");
        QCOMPARE(queries::searchEvents(*reader, 1, search, {}, limits, soon()).rows.size(), std::size_t(1));
        QCOMPARE(queries::eventTypes(*reader, 1, soon()), std::vector<std::string>{"t"});
    }

    void typesOfTheNewest() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        QVERIFY(queries::eventTypes(admin, 1, soon()).empty());
        run(admin, "select pgque.send('a', 'early', repeat('x', 500))");
        run(admin, "select pgque.send_batch('a', 'many', array(select repeat('x', 500) || g"
                   " from generate_series(1, 6000) g))");
        run(admin, "select pgque.insert_event('a', null, 'x'), pgque.insert_event('a', '', 'x')");
        run(admin, "update pgque.queue set queue_cur_table = 1");
        run(admin, "select pgque.send('a', 'another', 'x')");
        RoleConnection reader(database, "pgque_reader");
        // The early one lies too far back to be looked for.
        QCOMPARE(queries::eventTypes(*reader, 1, soon()), (std::vector<std::string>{"another", "many"}));
    }

    /// "Why is my event not in this batch?" Its transaction was open when the tick was made.
    void lateCommitter() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        pg::Connection late = database.connect();
        run(late, "begin; select pgque.send('a', 't', 'late')");
        run(admin, "select pgque.send('a', 't', 'early')");
        tick(admin);
        tick(admin);
        run(late, "commit");
        const auto rows = all(admin, {}, {});
        QCOMPARE(rows.size(), std::size_t(2));
        const domain::EventRow& lateOne = rows[0].data == "late" ? rows[0] : rows[1];
        const domain::EventRow& earlyOne = rows[0].data == "late" ? rows[1] : rows[0];

        RoleConnection reader(database, "pgque_reader");
        domain::EventStory story = queries::eventStory(*reader, 1, lateOne, soon());
        QVERIFY(!story.after);
        QCOMPARE(ids(story.passedOver), (std::vector<std::int64_t>{2, 3}));
        QCOMPARE(story.before.value().id, 3);

        const domain::EventStory early = queries::eventStory(*reader, 1, earlyOne, soon());
        QCOMPARE(early.before.value().id, 1);
        QCOMPARE(early.after.value().id, 2);
        QVERIFY(early.passedOver.empty() && !early.morePassedOver);
        QCOMPARE(ids(early.seenBy), (std::vector<std::int64_t>{2, 3}));

        tick(admin);
        story = queries::eventStory(*reader, 1, lateOne, soon());
        QCOMPARE(story.before.value().id, 3);
        QCOMPARE(story.after.value().id, 4);
        QVERIFY(!story.isOlderThanTicks());
        QCOMPARE(ids(story.passedOver), (std::vector<std::int64_t>{2, 3}));
    }

    /// A retry keeps the time of its event: ticks since then say nothing of the transaction that put it back.
    void storyOfARetry() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        run(admin, "select pgque.subscribe('a', 'two')");
        run(admin, "select pgque.send('a', 't', 'one')");
        tick(admin); // 2
        for (const char* consumer : {"one", "two"})
            run(admin, std::string("select pgque.nack(m.batch_id, m, '0 seconds', 'no') from pgque.receive('a', '") +
                           consumer + "', 10) m");
        run(admin, "select pgque.ack(sub_batch) from pgque.subscription");
        const domain::EventRow original = all(admin, {}, {}).front();
        RoleConnection reader(database, "pgque_reader");
        domain::EventStory story = queries::eventStory(*reader, 1, original, soon());
        QCOMPARE(story.retries.value().size(), std::size_t(2));
        QCOMPARE(story.retries->front().attempts, 1);
        QVERIFY(story.deaths.value().empty());
        for (int i = 0; i < 3; ++i)
            tick(admin); // 3 to 5: nothing was put back yet
        pg::Connection late = database.connect();
        run(late, "begin");
        run(late, "select pgque.maint_retry_events()");
        run(admin, "select pgque.send('a', 't', 'another')"); // so that the open one lies below the tick's xmax
        tick(admin); // 6
        run(late, "commit");
        tick(admin); // 7
        const auto rows = all(admin, {}, {});
        QCOMPARE(rows.size(), std::size_t(4));
        int retries = 0;
        for (const domain::EventRow& row : rows) {
            if (!row.owner)
                continue;
            ++retries;
            story = queries::eventStory(*reader, 1, row, soon());
            QCOMPARE(ids(story.passedOver), (std::vector<std::int64_t>{6}));
            QCOMPARE(story.before.value().id, 6);
            QCOMPARE(story.after.value().id, 7);
            QVERIFY(story.retries.value().empty());
        }
        QCOMPARE(retries, 2);
        // Given up in the end: by whom, and why.
        run(admin, "update pgque.queue set queue_max_retries = 0");
        run(admin, "select count(*) from pgque.receive('a', 'one', 10)");
        run(admin, "select pgque.ack(sub_batch) from pgque.subscription where sub_batch is not null");
        while (admin.execute({"select 1 from pgque.receive('a', 'one', 10) where retry_count > 0", {}}, soon()).rowCount() == 0)
            run(admin, "select pgque.ack(sub_batch) from pgque.subscription where sub_batch is not null");
        run(admin, "select pgque.nack(m.batch_id, m, '0 seconds', 'gateway said 502') from pgque.receive('a', 'one', 10)"
                   " m where retry_count > 0");
        story = queries::eventStory(*reader, 1, original, soon());
        QCOMPARE(story.deaths.value().size(), std::size_t(1));
        QCOMPARE(story.deaths->front().reason, std::string("gateway said 502"));
        QVERIFY(story.deaths->front().time.time_since_epoch().count() > 0);
        // Who may not read dead letters learns nothing of them, and the rest all the same.
        run(admin, "revoke select on pgque.dead_letter from pgque_reader");
        story = queries::eventStory(*reader, 1, original, soon());
        QVERIFY(!story.deaths && story.retries && story.after);
    }

    /// However many ticks there are, a few looks into their index find the one.
    void storyAmongManyTicks() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        makeQueue(admin);
        run(admin, "select pgque.send('a', 't', 'early')");
        tick(admin);
        pg::Connection late = database.connect();
        run(late, "begin; select pgque.send('a', 't', 'late')");
        run(admin, "select pgque.send('a', 't', 'other')");
        // Ids with gaps, as external tickers make them.
        run(admin, "insert into pgque.tick (tick_queue, tick_id, tick_time, tick_snapshot, tick_event_seq)"
                   " select 1, 1000 + g * 7, now(), pg_current_snapshot(), 5 from generate_series(1, 50000) g");
        run(late, "commit");
        run(admin, "insert into pgque.tick (tick_queue, tick_id, tick_time, tick_snapshot, tick_event_seq)"
                   " select 1, 1000000 + g * 7, now(), pg_current_snapshot(), 5 from generate_series(1, 50000) g");
        run(admin, "analyze pgque.tick");
        for (const domain::EventRow& row : all(admin, {}, {})) {
            const domain::EventStory story = queries::eventStory(admin, 1, row, soon());
            if (row.data == "early") {
                QCOMPARE(story.before.value().id, 1);
                QCOMPARE(story.after.value().id, 2);
                QVERIFY(story.passedOver.empty());
            } else if (row.data == "late") {
                QCOMPARE(story.before.value().id, 351'000);
                QCOMPARE(story.after.value().id, 1'000'007);
                QVERIFY(story.morePassedOver && story.moreSeeIt);
                QCOMPARE(story.passedOver.size(), domain::EventStory::ticksTold);
                QCOMPARE(story.passedOver.back().id, 351'000);
            } else {
                QCOMPARE(story.after.value().id, 1'007);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestQueueDetail)
#include "tst_queuedetail.moc"
