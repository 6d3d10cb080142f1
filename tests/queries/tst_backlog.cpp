// SPDX-License-Identifier: GPL-3.0-or-later
// Retries and dead letters: whole, in order, page by page, for somebody who may only read.
#include "queries/backlog.h"
#include "queries/probe.h"
#include "support/expect.h"
#include "support/foreign.h"

#include <QTest>

#include <set>

using namespace support;

namespace {

/// Two queues with a consumer each; so many retries in the first, a second apart, some of them overdue.
void fillRetries(pg::Connection& admin, int count) {
    run(admin, "select pgque.create_queue('a'), pgque.create_queue('b');"
               " select pgque.subscribe('a', 'one'), pgque.subscribe('b', 'two')");
    run(admin, "insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_txid, ev_owner, ev_retry,"
               " ev_type, ev_data) select now() + (g - 10) * interval '1 second', s.sub_queue, g, now(),"
               " pg_current_xact_id(), s.sub_id, g % 6, 't', repeat('x', g) from generate_series(1, " +
                   std::to_string(count) +
                   ") g, pgque.subscription s join pgque.queue q on q.queue_id = s.sub_queue where queue_name = 'a'");
}

void fillLetters(pg::Connection& admin, int count) {
    run(admin,
        "insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, dl_time, dl_reason, ev_id, ev_time, ev_txid,"
        " ev_retry, ev_type, ev_data) select s.sub_queue, s.sub_consumer, now() - g * interval '1 second',"
        " 'gateway said 502 for order ' || (100000 + g), g, now(), pg_current_xact_id(), 5, 't', repeat('x', g)"
        " from generate_series(1, " +
            std::to_string(count) + ") g, pgque.subscription s");
}

} // namespace

class TestBacklog : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void retriesPageByPage() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fillRetries(admin, 45);
        // Forever is a moment too, and nothing is lost when several are due at the same one.
        run(admin, "update pgque.retry_queue set ev_retry_after = 'infinity' where ev_id > 40");
        RoleConnection reader(database, "pgque_reader");
        std::vector<std::int64_t> ids;
        std::optional<domain::RetryPosition> after;
        int pages = 0;
        do {
            const domain::RetryPage page =
                queries::retryPage(*reader, queries::probe(*reader, soon()), 0, after, 10, soon());
            QCOMPARE(page.outlook.has_value(), pages == 0);
            if (page.outlook) {
                QCOMPARE(page.outlook->all(), 45);
                QVERIFY(page.outlook->due >= 9);
                QCOMPARE(page.outlook->later, 5);
                QCOMPARE(page.outlook->lastTry, 7); // every sixth has failed five times
                QVERIFY(!page.outlook->capped);
            }
            for (const domain::Retry& retry : page.rows) {
                ids.push_back(retry.eventId);
                QCOMPARE(retry.queue, std::string("a"));
                QCOMPARE(retry.consumer, std::string("one"));
                QCOMPARE(retry.dataBytes, retry.eventId);
            }
            after = page.next;
            QVERIFY(++pages < 10);
        } while (after);
        QCOMPARE(ids.size(), std::size_t(45));
        QVERIFY(std::is_sorted(ids.begin(), ids.end()));
        QCOMPARE(std::set<std::int64_t>(ids.begin(), ids.end()).size(), std::size_t(45));
        QVERIFY(queries::retryPage(*reader, queries::probe(*reader, soon()), 2, {}, 10, soon()).rows.empty());
    }

    void lettersPageByPage() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fillRetries(admin, 0);
        fillLetters(admin, 25);
        RoleConnection reader(database, "pgque_reader");
        std::set<std::int64_t> seen;
        std::optional<domain::DeadPosition> after;
        pg::Timestamp last = pg::Timestamp::max();
        do {
            const domain::DeadPage page = queries::deadPage(*reader, 0, {}, after, 8, soon());
            for (const domain::DeadLetter& letter : page.rows) {
                QVERIFY(letter.time <= last);
                last = letter.time;
                seen.insert(letter.id);
            }
            after = page.next;
        } while (after);
        QCOMPARE(seen.size(), std::size_t(50));
        const domain::DeadPage ofOne = queries::deadPage(*reader, 2, {}, {}, 100, soon());
        QCOMPARE(ofOne.rows.size(), std::size_t(25));
        QCOMPARE(ofOne.rows.front().consumer, std::string("two"));

        const domain::DeadGroups groups = queries::deadGroups(*reader, 0, soon());
        QCOMPARE(groups.groups.size(), std::size_t(2));
        QCOMPARE(groups.groups.front().reason, std::string("gateway said 502 for order #"));
        QCOMPARE(groups.groups.front().count, 25);
        QCOMPARE(groups.lookedAt, 50);
        QVERIFY(!groups.capped);
    }

    /// Columns that came later are not asked of an install without them.
    void olderInstalls() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a'); insert into pgque.consumer (co_name) values ('one');"
                   " insert into pgque.subscription (sub_id, sub_queue, sub_consumer) values (11, 1, 1);"
                   " insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry)"
                   " select now(), 1, g, now(), 10 + g, 5 from generate_series(1, 2) g;"
                   " alter table pgque.queue drop queue_max_retries; alter table pgque.subscription drop sub_role");
        const auto page = queries::retryPage(admin, queries::probe(admin, soon()), 0, {}, 10, soon());
        QCOMPARE(page.rows.size(), std::size_t(2));
        QCOMPARE(page.rows[0].consumer, std::string("one"));
        QCOMPARE(page.rows[1].consumer, std::string()); // nobody has this id
        QCOMPARE(page.rows[0].maxRetries, 5);
        QVERIFY(page.outlook && page.outlook->lastTry == 2);
    }

    /// A cause leads to its letters, however many others lie above them.
    void lettersOfACause() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fillRetries(admin, 0);
        fillLetters(admin, 5'000); // the newest
        run(admin, "insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, dl_time, dl_reason, ev_id, ev_time,"
                   " ev_txid, ev_type, ev_data, ev_extra2) select 1, s.sub_consumer, now() - interval '3 hours' -"
                   " g * interval '1 second', 'no such user \"u' || g || '\"', 90000 + g, now(), '88',"
                   " case when g % 2 = 0 then 'mail' end, 'x', 'second'"
                   " from generate_series(1, 30) g, pgque.subscription s where s.sub_queue = 1");
        RoleConnection reader(database, "pgque_reader");
        const domain::DeadGroups groups = queries::deadGroups(*reader, 1, soon());
        const auto group = std::find_if(groups.groups.begin(), groups.groups.end(),
                                        [](const auto& one) { return one.type == "mail"; });
        QVERIFY(group != groups.groups.end());
        const domain::DeadCause cause{group->type, group->reason};
        std::vector<std::int64_t> found;
        std::optional<domain::DeadPosition> after;
        int pages = 0;
        do {
            const domain::DeadPage page = queries::deadPage(*reader, 1, cause, after, 10, soon());
            for (const domain::DeadLetter& letter : page.rows) {
                found.push_back(letter.eventId);
                QVERIFY(letter.type == "mail" && letter.reason->starts_with("no such user"));
                QCOMPARE(letter.txid.value(), 88);
                QVERIFY(letter.extras[1] == "second" && !letter.extras[0]);
            }
            QVERIFY(page.lookedAt > 0);
            after = page.next;
            QVERIFY(++pages < 5);
        } while (after);
        QCOMPARE(found.size(), std::size_t(15));
        QCOMPARE(found.front(), 90'002);
        QVERIFY(std::is_sorted(found.begin(), found.end()));
        // A cause without a type is another one.
        QCOMPARE(queries::deadPage(*reader, 1, domain::DeadCause{{}, cause.reason}, {}, 100, soon()).rows.size(),
                 std::size_t(15));
        QVERIFY(queries::deadPage(*reader, 2, cause, {}, 100, soon()).rows.empty());
    }

    void messages() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fillRetries(admin, 20);
        fillLetters(admin, 1);
        RoleConnection reader(database, "pgque_reader");
        const domain::RetryPage retries =
            queries::retryPage(*reader, queries::probe(*reader, soon()), 0, {}, 100, soon());
        const std::int32_t owner = retries.rows.back().owner;
        QCOMPARE(queries::retryMessage(*reader, owner, 20, 1'000, soon()).data.value().size(), std::size_t(20));
        const domain::Message beginning = queries::retryMessage(*reader, owner, 20, 8, soon());
        QCOMPARE(beginning.data.value().size(), std::size_t(2)); // four bytes a character at most
        QVERIFY(beginning.isCut());
        const std::int64_t letter = queries::deadPage(*reader, 0, {}, {}, 100, soon()).rows.front().id;
        run(admin, "update pgque.dead_letter set ev_type = null, ev_data = '', ev_extra1 = repeat('e', 5000),"
                   " ev_extra2 = '', ev_txid = '77'");
        domain::Message whole = queries::deadMessage(*reader, letter, 100'000, soon());
        QVERIFY(!whole.type && whole.data == "" && !whole.isCut());
        QCOMPARE(whole.extras[0].value(), std::string(5'000, 'e'));
        QVERIFY(whole.extras[1] == "" && !whole.extras[2] && !whole.extras[3]);
        QCOMPARE(whole.txid.value(), 77);
        whole = queries::deadMessage(*reader, letter, 1'000, soon());
        QVERIFY(whole.isCut() && whole.extraIsCut(0) && !whole.dataIsCut());
        QCOMPARE(whole.mostBytes(), 5'000);
        run(admin, "delete from pgque.dead_letter");
        const auto failure = failureOf([&] { queries::deadMessage(*reader, letter, 1'000, soon()); });
        QCOMPARE(failure.kind, pg::ErrorKind::Decode);
        QVERIFY(failure.diagnostics.message.find("no longer there") != std::string::npos);
    }

    void withoutTheRight() {
        const TestDatabase database(Schema::Pgque);
        // Where PUBLIC's rights were taken away, as a careful owner does it.
        pg::Connection admin = database.connect();
        run(admin, "revoke select on pgque.retry_queue, pgque.dead_letter from public");
        RoleConnection nobody(database, "");
        const auto retries =
            failureOf([&] { queries::retryPage(*nobody, queries::probe(*nobody, soon()), 0, {}, 10, soon()); });
        QVERIFY2(retries.diagnostics.sqlState == "42501", retries.text().c_str());
        const auto groups = failureOf([&] { queries::deadGroups(*nobody, 0, soon()); });
        QVERIFY2(groups.diagnostics.sqlState == "42501", groups.text().c_str());
    }

    /// A full list costs what its page costs: the cap holds.
    void manyLetters() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fillRetries(admin, 0);
        fillLetters(admin, 30'000);
        run(admin, "analyze");
        const domain::DeadGroups groups = queries::deadGroups(admin, 0, soon());
        QVERIFY(groups.capped);
        QCOMPARE(groups.lookedAt, queries::backlogCap);
        QCOMPARE(queries::deadPage(admin, 0, {}, {}, 200, soon()).rows.size(), std::size_t(200));
    }

    /// Letters of many queues: few of each are read, and still the newest of all come in their order.
    void lettersOfManyQueues() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, "select pgque.create_queue('q' || g), pgque.register_consumer('q' || g, 'c')"
                   " from generate_series(1, 40) g");
        // The first has the newest ones, the next few a lot, the others hardly any, long ago.
        run(admin,
            "insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, dl_time, dl_reason, ev_id, ev_time,"
            " ev_txid, ev_retry, ev_type, ev_data) select s.sub_queue, s.sub_consumer, now() - case"
            " when s.sub_queue = 1 then g * interval '1 second' when s.sub_queue < 5"
            " then (500 + 7 * g + s.sub_queue) * interval '1 second' else g * interval '1 day' end, 'no', g, now(),"
            " pg_current_xact_id(), 5, 't', 'x' from pgque.subscription s cross join generate_series(1, case"
            " when s.sub_queue = 1 then 15000 when s.sub_queue < 5 then 3000 else 3 end) g");
        run(admin, "analyze pgque.dead_letter");
        RoleConnection reader(database, "pgque_reader");
        std::vector<std::int64_t> ids;
        std::optional<domain::DeadPosition> after;
        for (int pages = 0; pages < 8; ++pages) {
            const domain::DeadPage page = queries::deadPage(*reader, 0, {}, after, 200, soon());
            for (const domain::DeadLetter& letter : page.rows)
                ids.push_back(letter.id);
            after = page.next;
        }
        std::vector<std::int64_t> wanted;
        const pg::Result newest = admin.execute(
            {"select dl_id from pgque.dead_letter order by dl_time desc, dl_id desc limit 1600", {}}, soon());
        for (const pg::Row row : newest)
            wanted.push_back(row.get<std::int64_t>(0));
        QCOMPARE(ids, wanted);
        // Each queue has its share of the groups: what the small ones leave goes to the large ones.
        const domain::DeadGroups groups = queries::deadGroups(*reader, 0, soon());
        QCOMPARE(groups.groups.size(), std::size_t(40));
        QVERIFY(groups.capped);
        QVERIFY2(groups.lookedAt > queries::backlogCap / 2 && groups.lookedAt <= queries::backlogCap,
                 qPrintable(QString::number(groups.lookedAt)));
        QVERIFY(groups.groups.front().count > 1'000);
        QCOMPARE(groups.groups.back().count, 3);
        const domain::DeadGroups ofOne = queries::deadGroups(*reader, 1, soon());
        QCOMPARE(ofOne.lookedAt, queries::backlogCap);
        QVERIFY(ofOne.capped);
        QVERIFY(!queries::deadGroups(*reader, 7, soon()).capped);
    }

    /// Where nobody has made an index by queue, a queue's retries are found by their owners; those who are gone as
    /// well.
    void retriesWithoutAnIndexByQueue() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fillRetries(admin, 20'000);
        run(admin, "insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry)"
                   " select now(), 2, g, now(), s.sub_id, 1 from generate_series(1, 5) g, pgque.subscription s"
                   " where s.sub_queue = 2");
        run(admin, "insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry)"
                   " values (now(), 2, 77, now(), 4711, 1)");
        run(admin, "drop index pgque.rq_queue_idx");
        run(admin, "analyze pgque.retry_queue");
        domain::Capabilities capabilities = queries::probe(admin, soon());
        capabilities.origin = domain::SchemaOrigin::Foreign;
        const auto rowsRead = [&] {
            return number(admin, "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
                                 " from pg_stat_all_tables where relid = 'pgque.retry_queue'::regclass");
        };
        run(admin, "select pg_stat_force_next_flush()");
        const std::int64_t before = rowsRead();
        {
            // What a session has read is told when it ends.
            RoleConnection reader(database, "pgque_reader");
            const domain::RetryPage page = queries::retryPage(*reader, capabilities, 2, {}, 200, soon());
            QCOMPARE(page.rows.size(), std::size_t(6));
            QCOMPARE(page.outlook.value().all(), 6);
            QVERIFY(std::any_of(page.rows.begin(), page.rows.end(),
                                [](const domain::Retry& retry) { return retry.owner == 4711 && retry.eventId == 77; }));
            QCOMPARE(queries::retryPage(*reader, capabilities, 1, {}, 200, soon()).rows.size(), std::size_t(200));
            QVERIFY(queries::retryPage(*reader, capabilities, 99, {}, 200, soon()).rows.empty());
        }
        QTRY_VERIFY(rowsRead() > before);
        QVERIFY2(rowsRead() - before < 20'000, qPrintable(QString::number(rowsRead() - before)));
    }
};

QTEST_GUILESS_MAIN(TestBacklog)
#include "tst_backlog.moc"
