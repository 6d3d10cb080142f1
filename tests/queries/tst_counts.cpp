// SPDX-License-Identifier: GPL-3.0-or-later
// Retries and dead letters are counted up to a cap, by index, for whom may see them.
#include "queries/counts.h"
#include "queries/look.h"
#include "support/foreign.h"

#include <QTest>

using namespace support;

class TestCounts : public QObject {
    Q_OBJECT

    static void fill(pg::Connection& admin) {
        run(admin, "select pgque.make_queue('q' || g) from generate_series(1, 3) g;"
                   " insert into pgque.consumer (co_name) values ('one'), ('two');"
                   " insert into pgque.subscription (sub_id, sub_queue, sub_consumer)"
                   " values (11, 1, 1), (12, 1, 2), (21, 2, 1)");
        run(admin, "insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner)"
                   " select case when g <= 5 then timestamptz '2026-01-01 00:00:00Z' + g * interval '1 s'"
                   " else now() + interval '1 hour' end, 1, g, now(), 11 from generate_series(1, 700) g;"
                   " insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner)"
                   " select 'infinity', 1, g, now(), 12 from generate_series(1, 700) g;"
                   " insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner)"
                   " values (now() + interval '1 minute', 2, 1, now(), 21)");
        run(admin, "insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, dl_time, ev_id, ev_time)"
                   " select 2, 1, timestamptz '2026-01-01 00:00:00Z' + g * interval '1 s', g, now()"
                   " from generate_series(1, 1000) g;"
                   " insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, ev_id, ev_time)"
                   " select 3, 1, g, now() from generate_series(1, 1001) g");
    }

private Q_SLOTS:

    void capped() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin);
        RoleConnection reader(database, "pgque_reader");
        const auto waiting = queries::look(*reader, queries::retryCounts({}), {}, soon());
        QCOMPARE(waiting.size(), std::size_t(2));
        for (const auto& one : waiting) {
            QCOMPARE(one.waiting.value, one.queueId == 1 ? queries::countCap : 1);
            QCOMPARE(one.waiting.capped, one.queueId == 1);
        }
        const auto due = queries::look(*reader, queries::retriesDue(), {}, soon());
        QCOMPARE(due.size(), std::size_t(1));
        QCOMPARE(due.front().due.value, 5);
        QCOMPARE(due.front().oldest->time_since_epoch().count(), std::int64_t(1'767'225'601'000'000));

        const auto dead = queries::look(*reader, queries::deadCounts(), {}, soon());
        QCOMPARE(dead.size(), std::size_t(2));
        for (const auto& one : dead) {
            QCOMPARE(one.dead.value, queries::countCap);
            QCOMPARE(one.dead.capped, one.queueId == 3);
        }
    }

    void twoWaysOfCounting() {
        using domain::Count;
        const Count byTime{7, false, pg::Timestamp(std::chrono::seconds(9))};
        QVERIFY(queries::together(Count{3, false, {}}, byTime, false) == byTime); // everything was looked at
        QVERIFY(queries::together(Count{9, false, {}}, byTime, true) == (Count{9, false, byTime.takenAt}));
        QVERIFY(queries::together(Count{3, true, {}}, byTime, true) == (Count{7, true, byTime.takenAt}));
        QVERIFY(queries::together(Count{0, true, {}}, Count{}, true) == (Count{0, true, {}}));
    }

    void deadLettersAreNotForEverybody() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin);
        RoleConnection nobody(database, "");
        QCOMPARE(queries::look(*nobody, queries::retryCounts({}), {}, soon()).size(), std::size_t(2));
        try {
            queries::look(*nobody, queries::deadCounts(), {}, soon());
            QFAIL("counted what it may not see");
        } catch (const pg::Error& error) {
            QCOMPARE(error.sqlState(), std::string("42501"));
        }
    }

    /// The original has no index by queue on retry_queue; a count must not read it through.
    void countsByIndex() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin);
        run(admin, "insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner)"
                   " select now(), 3, g, now(), 1000 + g from generate_series(1, 20000) g;"
                   " analyze pgque.retry_queue; analyze pgque.subscription");
        const auto plan = admin.execute({"explain " + queries::retryCounts({}).statement.sql, {}}, soon());
        std::string text;
        for (const pg::Row row : plan)
            text += row.get<std::string>(0) + '\n';
        QVERIFY2(text.find("rq_pkey") != std::string::npos, text.c_str());
    }
};

QTEST_GUILESS_MAIN(TestCounts)
#include "tst_counts.moc"
