// SPDX-License-Identifier: GPL-3.0-or-later
// A window's events: exactly those of the visibility rule, page by page, at any size.
#include "queries/events.h"
#include "support/foreign.h"

#include <QElapsedTimer>
#include <QTest>

#include <set>

using namespace support;
using queries::PageLimits;
using queries::Window;

namespace {

std::vector<std::int64_t> allIds(pg::Connection& connection, const Window& window, const PageLimits& limits,
                                 int* pages = nullptr) {
    std::vector<std::int64_t> ids;
    std::optional<domain::EventPosition> from;
    do {
        const auto page = queries::eventPage(connection, window, {}, from, limits, soon());
        for (const auto& row : page.rows)
            ids.push_back(row.id);
        from = page.next;
        if (pages)
            ++*pages;
    } while (from);
    return ids;
}

/// By the definition, over all tables, without any index.
std::vector<std::int64_t> expected(pg::Connection& connection, const Window& window) {
    const auto result = connection.execute(
        {"select e.ev_id from pgque.event_" + std::to_string(window.queueId) +
             " e, pgque.tick l, pgque.tick n where l.tick_queue = $1 and l.tick_id = $2 and n.tick_queue = $1"
             " and n.tick_id = $3 and pg_visible_in_snapshot(e.ev_txid, n.tick_snapshot)"
             " and not pg_visible_in_snapshot(e.ev_txid, l.tick_snapshot) and (ev_owner is null or ev_owner = $4)"
             " order by ev_id",
         pg::Params::of(window.queueId, window.lastTick, window.nextTick, window.subId)},
        soon());
    std::vector<std::int64_t> ids;
    for (const pg::Row row : result)
        ids.push_back(row.get<std::int64_t>(0));
    return ids;
}

std::vector<std::int64_t> sorted(std::vector<std::int64_t> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}

} // namespace

class TestEvents : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void pagesOfAWindow() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        run(admin, "select pgque.make_events('a', 5, 'before');");
        run(admin, "select pgque.make_tick('a')"); // 2
        run(admin, "select pgque.make_events('a', 25, 'inside')");
        run(admin, "select pgque.make_tick('a')"); // 3
        run(admin, "select pgque.make_events('a', 5, 'after')");
        RoleConnection reader(database, "pgque_reader");
        PageLimits limits;
        limits.rows = 10;
        const Window window{1, 2, 3, 0};
        const auto first = queries::eventPage(*reader, window, {}, {}, limits, soon());
        QCOMPARE(first.rows.size(), std::size_t(10));
        QCOMPARE(first.rows.front().id, 6);
        QCOMPARE(first.rows.front().data.value(), std::string("inside"));
        QCOMPARE(first.rows.front().dataBytes, 6);
        QCOMPARE(first.rows.front().type.value(), std::string("test"));
        QVERIFY(first.rows.front().txid > 0);
        QVERIFY(first.next.has_value());
        int pages = 0;
        QCOMPARE(allIds(*reader, window, limits, &pages), expected(*reader, window));
        QCOMPARE(pages, 3);
        QCOMPARE(queries::countWindow(*reader, window, soon()).events, 25);
        QVERIFY(queries::eventPage(*reader, {1, 1, 1, 0}, {}, {}, limits, soon()).rows.empty());
    }

    /// A filter finds the same events whether an index leads to them or the table is read through.
    void filteredWindow() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        run(admin, "select pgque.make_events('a', 5, '{\"n\": 3}')");
        run(admin, "select pgque.make_tick('a')"); // 2
        for (const int copies : {20, 6'000}) {
            run(admin,
                "select pgque.make_events('a', " + std::to_string(copies) + ", '{\"n\": 1, \"m\": {\"n\": 2}}')");
            run(admin, "select pgque.make_events('a', 7, '{\"n\": 3}')");
            run(admin, "select pgque.make_events('a', 2, 'no JSON with \"n\" and 3')");
            run(admin, "select pgque.make_events('a', 1, '{\"n\": 3, \"long\": \"' || repeat('x', 300000) || '\"}')");
            run(admin, "select pgque.make_tick('a')");
            const std::int64_t last = copies == 20 ? 2 : 3;
            const Window window{1, last, last + 1, 0};
            domain::EventSearch search;
            search.json = std::get<domain::JsonCondition>(domain::JsonCondition::parse("n = 3"));
            PageLimits limits;
            limits.rows = 4;
            int found = 0;
            std::int64_t tooLong = 0;
            std::optional<domain::EventPosition> from;
            do {
                const auto page = queries::eventPage(admin, window, search, from, limits, soon());
                QVERIFY(page.rows.size() <= 4);
                found += int(page.rows.size());
                tooLong += page.tooLongToSearch;
                from = page.next;
            } while (from);
            QCOMPARE(found, 7);
            QCOMPARE(tooLong, 1);
            search = {};
            search.text = "NO json";
            QCOMPARE(queries::eventPage(admin, window, search, {}, {}, soon()).rows.size(), std::size_t(2));
            search.type = "other";
            QVERIFY(queries::eventPage(admin, window, search, {}, {}, soon()).rows.empty());
        }
    }

    /// A filter that matches nothing stops at its bound and says where to go on.
    void filterIsBounded() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        run(admin, "select pgque.make_events('a', 6000, '{\"n\": 1, \"s\": \"' || repeat('y', 200) || '\"}')");
        run(admin, "select pgque.make_tick('a')");
        PageLimits limits;
        limits.blocksAtOnce = 16;
        limits.blocksInAll = 32;
        domain::EventSearch search;
        search.text = "nowhere";
        auto page = queries::eventPage(admin, {1, 1, 2, 0}, search, {}, limits, soon());
        QVERIFY(page.boundReached && page.next && page.rows.empty());
        QCOMPARE(page.bytesRead, 32 * 8'192);
        // Of candidates for a path only so many travel.
        search = {};
        search.json = std::get<domain::JsonCondition>(domain::JsonCondition::parse("n = 2"));
        search.json->value = "y"; // stands in all of them, but nowhere at n
        page = queries::eventPage(admin, {1, 1, 2, 0}, search, {}, {}, soon());
        QVERIFY(page.boundReached && page.next && page.rows.empty());
    }

    /// Few events, but large ones: a search goes on piece by piece where one statement could not.
    void fewLargeEvents() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        run(admin, "select pgque.make_events('a', 60, repeat('Payload ', 250000))");
        run(admin, "select pgque.make_events('a', 1, repeat('Payload ', 250000) || 'needle')");
        run(admin, "select pgque.make_tick('a')");
        domain::EventSearch search;
        search.text = "NEEDLE";
        PageLimits limits;
        limits.statement = std::chrono::milliseconds(1'500); // a few payloads are read in it, not all of them
        std::optional<domain::EventPosition> from;
        std::vector<std::int64_t> found;
        int pages = 0;
        do {
            const auto page =
                queries::eventPage(admin, {1, 1, 2, 0}, search, from, limits, pg::after(std::chrono::seconds(120)));
            for (const auto& row : page.rows)
                found.push_back(row.id);
            from = page.next;
            QVERIFY(++pages < 60);
        } while (from);
        QVERIFY(found == std::vector<std::int64_t>{61});
    }

    void countingIsStopped() {
        const ForeignDatabase database;
        const auto interrupt = std::make_shared<pg::Interrupt>();
        pg::Connection::Options options;
        options.interrupt = interrupt;
        pg::Connection admin = database.connect(options);
        run(admin, "select pgque.make_queue('a')");
        run(admin, "select pgque.make_events('a', 5, 'x')");
        run(admin, "select pgque.make_tick('a')");
        QCOMPARE(queries::countWindow(admin, {1, 1, 2, 0}, soon()).events, 5);
        // Between two statements too: whatever is sent next is not sent.
        interrupt->raise();
        try {
            queries::countWindow(admin, {1, 1, 2, 0}, soon());
            QFAIL("counted on");
        } catch (const pg::Error& error) {
            QCOMPARE(error.failure().kind, pg::ErrorKind::Cancelled);
        }
        interrupt->reset();
        QCOMPARE(admin.transactionStatus(), pg::TransactionStatus::Idle);
    }

    /// By id within bounds, and what lies beyond them is said to be there.
    void sortedById() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        run(admin, "insert into pgque.event_1_0 (ev_id, ev_time, ev_type, ev_data)"
                   " select 10000 - g, now(), 't', repeat('x', 500) from generate_series(1, 3000) g");
        run(admin, "select pgque.make_tick('a')");
        const Window window{1, 1, 2, 0};
        const auto idsOf = [&](const PageLimits& limits, bool more) {
            const auto page = queries::eventsById(admin, window, {}, limits, soon());
            std::vector<std::int64_t> ids;
            for (const auto& row : page.rows)
                ids.push_back(row.id);
            return page.byId && !page.next && page.boundReached == more && std::is_sorted(ids.begin(), ids.end())
                       ? ids
                       : std::vector<std::int64_t>();
        };
        const auto all = idsOf(queries::idLimits, false);
        QCOMPARE(all.size(), std::size_t(3'000));
        QCOMPARE(all.front(), 7'000);
        // Of the first thousand in storage order, and the lowest ids come last there.
        PageLimits limits = queries::idLimits;
        limits.rows = 1'000;
        const auto some = idsOf(limits, true);
        QCOMPARE(some.size(), std::size_t(1'000));
        QCOMPARE(some.front(), 9'000);
    }

    /// Events of a transaction that outlived ticks belong to the window in which it became visible.
    void lateTransactionsRetriesAndRotation() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection slow = database.connect();
        run(admin, "select pgque.make_queue('a')");
        run(admin, "select pgque.make_events('a', 3, 'x')");
        run(slow, "begin; select pgque.make_events('a', 4, 'slow')");
        run(admin, "select pgque.make_tick('a')"); // 2
        run(admin, "select pgque.make_events('a', 3, 'x')");
        run(slow, "select pgque.make_events('a', 2, 'slow')");
        run(admin, "select pgque.make_tick('a')"); // 3
        run(slow, "commit");
        run(admin, "insert into pgque.event_1_0 (ev_id, ev_time, ev_owner, ev_retry, ev_data)"
                   " values (1, now(), 42, 1, 'mine'), (2, now(), 43, 1, 'not mine')");
        // Rotation: the window reaches into both tables.
        run(admin,
            "update pgque.queue set queue_cur_table = 1, queue_switch_step1 = pg_current_xact_id()::text::bigint,"
            " queue_switch_step2 = null");
        run(admin, "update pgque.queue set queue_switch_step2 = pg_current_xact_id()::text::bigint");
        run(admin, "select pgque.make_events('a', 3, 'second table')");
        run(admin, "select pgque.make_tick('a')");                                        // 4
        run(admin, "select pgque.make_events('a', 3, 'x'); select pgque.make_tick('a')"); // 5 is the same transaction
        run(admin, "select pgque.make_tick('a')");                                        // 6

        PageLimits limits;
        for (const int rows : {1, 2, 100}) {
            limits.rows = rows;
            for (std::int64_t last = 1; last <= 6; ++last) {
                for (std::int64_t next = last; next <= 6; ++next) {
                    const Window window{1, last, next, 42};
                    QCOMPARE(sorted(allIds(admin, window, limits)), expected(admin, window));
                    QCOMPARE(queries::countWindow(admin, window, soon()).events,
                             static_cast<std::int64_t>(expected(admin, window).size()));
                }
            }
        }
        QCOMPARE(expected(admin, {1, 3, 4, 42}).size(), std::size_t(4 + 2 + 1 + 3));
        // Retries are counted with the rest.
        run(admin, "update pgque.event_1 set ev_retry = 3 where ev_owner = 42");
        QCOMPARE(queries::countWindow(admin, {1, 3, 4, 42}, soon()), (domain::WindowCount{10, 1, 3}));
        QCOMPARE(queries::countWindow(admin, {1, 3, 4, 43}, soon()), (domain::WindowCount{10, 1, 1}));
        QCOMPARE(queries::countWindow(admin, {1, 3, 4, 44}, soon()), (domain::WindowCount{9, 0, 0}));
    }

    void aMillionEvents() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('big')");
        run(admin, "select pgque.make_events('big', 200000, 'before')");
        run(admin, "select pgque.make_tick('big')");
        run(admin, "select pgque.make_events('big', 1000000, repeat('payload ', 12))");
        run(admin, "select pgque.make_tick('big')");
        run(admin, "select pgque.make_events('big', 10, 'few'); ");
        run(admin, "select pgque.make_tick('big')");
        RoleConnection reader(database, "pgque_reader");
        const Window window{1, 2, 3, 0};

        const auto timed = [&](const Window& of, const std::optional<domain::EventPosition>& from, qint64& best) {
            domain::EventPage page;
            best = 1'000'000;
            for (int i = 0; i < 5; ++i) {
                QElapsedTimer timer;
                timer.start();
                page = queries::eventPage(*reader, of, {}, from, {}, soon());
                best = std::min(best, timer.elapsed());
            }
            return page;
        };
        qint64 ms = 0;
        const auto first = timed(window, {}, ms);
        qInfo("first page of 1,000,000 events: %lld ms", ms);
        QVERIFY2(ms < 100, qPrintable(QString::number(ms)));
        QCOMPARE(first.rows.size(), std::size_t(200));
        QCOMPARE(first.rows.front().id, 200'001);
        const auto middle = timed(window, domain::EventPosition{0, "(9000,0)"}, ms);
        qInfo("a page in the middle: %lld ms", ms);
        QVERIFY2(ms < 100, qPrintable(QString::number(ms)));
        QCOMPARE(middle.rows.size(), std::size_t(200));
        const auto few = timed({1, 3, 4, 0}, {}, ms);
        qInfo("ten events at the end of 1,200,010: %lld ms", ms);
        QVERIFY2(ms < 100, qPrintable(QString::number(ms)));
        QCOMPARE(few.rows.size(), std::size_t(10));
        QVERIFY(!few.next);
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(queries::countWindow(*reader, window, soon()).events, 1'000'000);
        qInfo("exact count of 1,000,000 events: %lld ms", timer.elapsed());

        // A bounded page ends where it stands and goes on from there.
        PageLimits bounded;
        bounded.blocksAtOnce = 16;
        bounded.blocksInAll = 32;
        const auto stopped = queries::eventPage(*reader, window, {}, {}, bounded, soon());
        QVERIFY(stopped.boundReached);
        QVERIFY(stopped.next && stopped.rows.empty());
        QCOMPARE(stopped.next->ctid, std::string("(32,0)"));
    }

    void oddPayloads() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        run(admin,
            "insert into pgque.event_1_0 (ev_id, ev_time, ev_type, ev_data, ev_extra1) values"
            " (1, now(), null, null, null), (2, now(), '', '', ''), (3, now(), 't', repeat('\u00e9', 5000000), 'e'),"
            " (4, now(), 't', E'a\\u0001b\\tc\\nd', 'e'), (5, now(), 't', '\u05e9\u05dc\u05d5\u05dd', repeat('y', "
            "9999))");
        run(admin, "select pgque.make_tick('a')");
        const auto page = queries::eventPage(admin, {1, 1, 2, 0}, {}, {}, {}, soon());
        QCOMPARE(page.rows.size(), std::size_t(5));
        QVERIFY(!page.rows[0].data && !page.rows[0].type && page.rows[0].dataBytes == 0);
        QVERIFY(page.rows[1].data == "" && page.rows[1].type == "");
        QCOMPARE(page.rows[2].dataBytes, 10'000'000);
        QCOMPARE(page.rows[2].data->size(), std::size_t(800)); // 400 characters of two bytes
        QCOMPARE(page.rows[3].data.value(), std::string("a\x01"
                                                        "b\tc\nd"));
        QCOMPARE(page.rows[4].extras[0]->size(), std::size_t(400));
        QCOMPARE(page.rows[4].extraBytes[0], 9'999);
        QVERIFY(page.rows[4].message().isCut() && !page.rows[3].message().isCut());

        const auto whole = queries::message(admin, 1, page.rows[2].position, 3, 20'000'000, soon());
        QVERIFY(!whole.isCut());
        QCOMPARE(whole.data->size(), std::size_t(10'000'000));
        const auto beginning = queries::message(admin, 1, page.rows[2].position, 3, 1'000, soon());
        QVERIFY(beginning.dataIsCut());
        QCOMPARE(beginning.dataBytes, 10'000'000);
        QVERIFY(beginning.data->size() <= 1'000);
        QVERIFY(beginning.extras[0] == "e" && !beginning.extraIsCut(0));
        const auto null = queries::message(admin, 1, page.rows[0].position, 1, 1'000, soon());
        QVERIFY(!null.data && !null.type && !null.extras[0]);
        const auto empty = queries::message(admin, 1, page.rows[1].position, 2, 1'000, soon());
        QVERIFY(empty.data == "" && empty.type == "" && empty.extras[0] == "" && !empty.extras[1]);
        const auto extra = queries::message(admin, 1, page.rows[4].position, 5, 20'000, soon());
        QCOMPARE(extra.extras[0].value(), std::string(9'999, 'y'));
        QVERIFY(extra.txid.value_or(0) > 0);
        QVERIFY_THROWS_EXCEPTION(pg::Error, queries::message(admin, 1, page.rows[0].position, 99, 1'000, soon()));
        QVERIFY_THROWS_EXCEPTION(pg::Error, queries::message(admin, 99, page.rows[0].position, 1, 1'000, soon()));
    }

    void ticksThatAreGone() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "select pgque.make_queue('a')");
        QVERIFY_THROWS_EXCEPTION(pg::Error, queries::eventPage(admin, {1, 1, 7, 0}, {}, {}, {}, soon()));
        QVERIFY_THROWS_EXCEPTION(pg::Error, queries::eventPage(admin, {9, 1, 7, 0}, {}, {}, {}, soon()));
    }

    /// Rotation truncates the next table under an exclusive lock that it does not wait for.
    void keepsNothingLocked() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection reader = database.connect();
        run(admin, "select pgque.make_queue('a')");
        run(admin, "select pgque.make_events('a', 50, 'x')");
        run(admin, "select pgque.make_tick('a')");
        queries::eventPage(reader, {1, 1, 2, 0}, {}, {}, {}, soon());
        run(admin, "begin; lock table pgque.event_1_0 in access exclusive mode nowait; rollback");
        run(admin, "begin; lock table pgque.event_1_0 in access exclusive mode nowait");
        QVERIFY_THROWS_EXCEPTION(pg::Error, queries::eventPage(reader, {1, 1, 2, 0}, {}, {}, {}, soon()));
        run(admin, "rollback");
    }
};

QTEST_GUILESS_MAIN(TestEvents)
#include "tst_events.moc"
