// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/events.h"

#include "queries/columns.h"
#include "queries/eventscan.h"
#include "queries/look.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace queries {

namespace {

using detail::Chunk;
using detail::fewRows;
using detail::Piece;
using detail::Tid;
using detail::tidFrom;
using domain::EventPage;
using domain::EventPosition;
using domain::EventSearch;
using pgque::detail::single;

/// What reading a window needs to know of its queue and ticks.
struct Facts {
    std::string prefix;
    std::vector<std::int32_t> tables; ///< children that can hold the window's events, in storage order
    std::string lastSnapshot;
    std::string nextSnapshot;
    std::string running; ///< transactions that ran at the earlier tick, as an array: they may have committed since
    std::string lowest;  ///< no event of the window has a lower transaction id
    std::string from;    ///< xmax of the earlier tick
    std::string to;      ///< xmax of the later tick
    pg::Timestamp takenAt;
};

constexpr auto factsSql =
    "select q.queue_data_pfx as prefix, q.queue_ntables as table_count, q.queue_cur_table as current_table,"
    " pg_snapshot_xmax(n.tick_snapshot)::text::bigint < q.queue_switch_step1 as only_previous,"
    " coalesce(pg_snapshot_xmin(l.tick_snapshot)::text::bigint > q.queue_switch_step2, false) as only_current,"
    " l.tick_snapshot::text as last_snapshot, n.tick_snapshot::text as next_snapshot,"
    " array(select pg_snapshot_xip(l.tick_snapshot))::text as running,"
    " pg_snapshot_xmin(l.tick_snapshot)::text as lowest, pg_snapshot_xmax(l.tick_snapshot)::text as from_xid,"
    " pg_snapshot_xmax(n.tick_snapshot)::text as to_xid"
    " from pgque.queue q"
    " left join pgque.tick l on l.tick_queue = q.queue_id and l.tick_id = $2"
    " left join pgque.tick n on n.tick_queue = q.queue_id and n.tick_id = $3"
    " where q.queue_id = $1";

[[noreturn]] void gone(const std::string& what) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Decode;
    failure.diagnostics.message = what;
    throw pg::Error(std::move(failure));
}

Facts readFacts(pg::Connection& connection, const Window& window, pg::Deadline deadline) {
    Look look;
    look.part();
    const std::size_t asked = look.ask({factsSql, pg::Params::of(window.queueId, window.lastTick, window.nextTick)});
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    const pg::Result& result = answers.result(asked);
    if (result.rowCount() == 0)
        gone("the queue is gone");
    const pg::Row row = single(result);
    const auto text = [&row](std::string_view column) { return row.get<std::optional<std::string>>(column); };
    if (!text("last_snapshot") || !text("next_snapshot"))
        gone("a tick of this window is gone: its events have been delivered and rotated away");

    Facts facts;
    facts.prefix = row.get<std::string>("prefix");
    const auto count = row.get<std::int32_t>("table_count");
    const auto current = row.get<std::int32_t>("current_table");
    const auto previous = count > 0 ? (current + count - 1) % count : current;
    // PgQ contract: the switch times tell which child tables the window can reach into.
    if (previous != current && !row.get<bool>("only_current"))
        facts.tables.push_back(previous);
    if (facts.tables.empty() || !row.get<std::optional<bool>>("only_previous").value_or(false))
        facts.tables.push_back(current);
    facts.lastSnapshot = *text("last_snapshot");
    facts.nextSnapshot = *text("next_snapshot");
    facts.running = row.get<std::string>("running");
    facts.lowest = row.get<std::string>("lowest");
    facts.from = row.get<std::string>("from_xid");
    facts.to = row.get<std::string>("to_xid");
    facts.takenAt = answers.get(clock);
    return facts;
}

/// The visibility rule itself; $1 is the later tick's snapshot, $2 the earlier one's, $3 the subscription.
constexpr auto belongs = "pg_visible_in_snapshot(e.ev_txid, $1::pg_snapshot)"
                         " and not pg_visible_in_snapshot(e.ev_txid, $2::pg_snapshot)"
                         " and (e.ev_owner is null or e.ev_owner = $3::int)";

/// The same set by transaction ids, which an index finds: committed between the ticks, or running at the earlier one.
/// $4 and $5 are the ticks' xmax, $6 what ran at the earlier one. What ran then is below its xmax: no event is in both.
constexpr std::array inRange = {"e.ev_txid >= $4::xid8 and e.ev_txid < $5::xid8", "e.ev_txid = any($6::xid8[])"};

pg::Params windowParams(const Facts& facts, const Window& window) {
    return pg::Params::of(facts.nextSnapshot, facts.lastSnapshot, window.subId, facts.from, facts.to, facts.running);
}

/// How large the table is, and whether the index finds few rows in the window's range of transaction ids; $7 is the
/// table's name.
std::string headOf(const std::string& table) {
    std::string found;
    for (const char* half : inRange)
        found += " + (select count(*) from (select from " + table + " e where " + half + " limit " +
                 std::to_string(fewRows + 1) + ") bounded)";
    return "head as materialized (select pg_relation_size($7::regclass) / current_setting('block_size')::int as "
           "blocks, " +
           detail::blocksBeside("$7") + " as beside, 0" + found + " as found)";
}

/// What the index finds of the window behind $8, where it finds few.
std::string fewOf(const std::string& table) {
    std::string rows;
    for (const char* half : inRange)
        rows += std::string(rows.empty() ? "" : " union all ") + "select e.ctid as place from " + table +
                " e where (select found from head) <= " + std::to_string(fewRows) + " and " + half + " and " + belongs +
                " and e.ctid > $8::tid";
    return "few as materialized (select place from (" + rows + ") both_halves order by place";
}

/// Of a table read through, $8 and $9 are the places between which it is, exclusive. `is true` keeps the index away:
/// it knows no places. $10 is the lowest transaction id.
constexpr auto inBlocks = "e.ctid > $8::tid and e.ctid < $9::tid and (e.ev_txid >= $10::xid8) is true";

/// A table's rows come from one of two branches, of which the other is never entered: when few rows lie in the
/// window's range of transaction ids, the index finds them, and so many of them ($11) are looked at, in their order;
/// otherwise some blocks are read through, where the first page of a million rows costs as little as the last.
std::string pageSql(const std::string& table, const std::string& wanted, const EventSearch& search) {
    const std::string few = std::to_string(fewRows);
    return "with " + headOf(table) + ", " + fewOf(table) +
           " limit $11::int)"
           " select h.blocks, h.beside, h.found, case when (select count(*) from few) >= $11::int then"
           " (select l.place::text from few l order by l.place desc limit 1) end, " +
           detail::chunkColumns("$13", search) + " from head h left join lateral ((select f.place from few f join " +
           table + " e on e.ctid = f.place where true" + wanted +
           " order by f.place limit $12::int) union all (select e.ctid from " + table +
           " e where (select found from head) > " + few + " and " + inBlocks + " and " + belongs + wanted +
           " limit $12::int)) p on true left join " + table + " e on e.ctid = p.place order by e.ctid";
}

/// A look at one piece of a table; the time-outs hold for it alone, and no lock outlives it.
Look pieceLook(std::chrono::milliseconds longest) {
    Look look;
    look.part({longest, std::chrono::milliseconds(200)});
    // A whole-table scan might start in the middle, beside another one's; a bitmap is made whole before its first row.
    look.ask({"select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)", {}});
    return look;
}

pg::Params pieceParams(const Facts& facts, const Window& window, const std::string& table, Tid from, Tid to) {
    pg::Params params = windowParams(facts, window);
    params.add(table).add(from.text()).add(to.text()).add(facts.lowest);
    return params;
}

Chunk readChunk(pg::Connection& connection, const Facts& facts, const Window& window, const Piece& piece,
                const PageLimits& limits, const EventSearch& search, pg::Deadline deadline) {
    const std::string name = detail::qualified(facts.prefix, '_' + std::to_string(piece.table));
    pg::Params params = pieceParams(facts, window, name, piece.from, piece.to);
    params.add(piece.lookedAt).add(piece.rows).add(limits.previewChars);
    const std::string wanted = detail::searchConditions(search, window.queueId, params);
    Look look = pieceLook(limits.statement);
    const auto began = look.ask(serverClock());
    const std::size_t asked = look.ask({pageSql(name, wanted, search), std::move(params)});
    const auto ended = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);

    Chunk chunk;
    for (const pg::Row row : answers.result(asked)) {
        chunk.blocks = row.get<std::int64_t>(0);
        chunk.blocksBeside = row.get<std::int64_t>(1);
        chunk.restAsked = row.get<std::int64_t>(2) <= fewRows;
        if (!row.isNull(3))
            chunk.reached = tidFrom(row.get<std::string>(3));
        if (!row.isNull(4))
            detail::addRow(chunk, row, 4, piece.table, search);
    }
    chunk.serverMs = std::chrono::duration<double, std::milli>(answers.get(ended) - answers.get(began)).count();
    return chunk;
}

struct Counted {
    std::int64_t blocks = 0;
    bool all = false; ///< the index found few: they are all counted
    domain::WindowCount count;
};

Counted countPiece(pg::Connection& connection, const Facts& facts, const Window& window, const std::string& table,
                   Tid from, Tid to, pg::Deadline deadline) {
    const std::string few = std::to_string(fewRows);
    const std::string counts = "count(*) as events, count(*) filter (where e.ev_retry > 0) as retries,"
                               " coalesce(max(e.ev_retry), 0) as most";
    Look look = pieceLook(PageLimits().statement);
    const auto asked = look.ask(pgque::detail::rowCall(
        "count a window",
        "with " + headOf(table) + ", " + fewOf(table) + ") select h.blocks, h.found <= " + few +
            ", c.events, c.retries, c.most from head h cross join lateral (select " + counts + " from few f join " +
            table + " e on e.ctid = f.place where h.found <= " + few + ") l cross join lateral (select " + counts +
            " from " + table + " e where h.found > " + few + " and " + inBlocks + " and " + belongs +
            ") r cross join lateral (select l.events + r.events as events, l.retries + r.retries as retries,"
            " greatest(l.most, r.most) as most) c",
        pieceParams(facts, window, table, from, to), [](const pg::Row& row) {
            return Counted{row.get<std::int64_t>(0),
                           row.get<bool>(1),
                           {row.get<std::int64_t>(2), row.get<std::int64_t>(3), row.get<std::int32_t>(4)}};
        }));
    return look.run(connection, deadline).get(asked);
}

} // namespace

EventPage eventPage(pg::Connection& connection, const Window& window, const EventSearch& search,
                    const std::optional<EventPosition>& from, const PageLimits& limits, pg::Deadline deadline) {
    const Facts facts = readFacts(connection, window, deadline);
    EventPage page = detail::scan(
        facts.tables, from, {limits.rows, limits.blocksAtOnce, limits.blocksInAll, std::chrono::seconds(5)}, search,
        [&](const Piece& piece) { return readChunk(connection, facts, window, piece, limits, search, deadline); });
    page.takenAt = facts.takenAt;
    return page;
}

EventPage eventsById(pg::Connection& connection, const Window& window, const EventSearch& search,
                     const PageLimits& limits, pg::Deadline deadline) {
    return detail::sortedById(eventPage(connection, window, search, {}, limits, deadline), search.newestFirst);
}

domain::WindowCount countWindow(pg::Connection& connection, const Window& window, pg::Deadline deadline) {
    constexpr std::int64_t blocksAtOnce = 4'096;
    const Facts facts = readFacts(connection, window, deadline);
    domain::WindowCount sum;
    for (const std::int32_t table : facts.tables) {
        const std::string name = detail::qualified(facts.prefix, '_' + std::to_string(table));
        for (Tid from;;) {
            const Tid to{from.block + blocksAtOnce, 0};
            const Counted piece = countPiece(connection, facts, window, name, from, to, deadline);
            sum.events += piece.count.events;
            sum.retries += piece.count.retries;
            sum.mostRetries = std::max(sum.mostRetries, piece.count.mostRetries);
            if (piece.all || to.block >= piece.blocks)
                break;
            from = to;
        }
    }
    // Between the pieces nothing was locked.
    if (readFacts(connection, window, deadline).tables != facts.tables)
        gone("the tables were rotated while they were counted: count again");
    return sum;
}

domain::Message message(pg::Connection& connection, std::int32_t queueId, const EventPosition& position,
                        std::int64_t eventId, std::int64_t maxBytes, pg::Deadline deadline) {
    const auto prefix = look(
        connection,
        pgque::detail::rowsCall("queue", "select queue_data_pfx from pgque.queue where queue_id = $1",
                                pg::Params::of(queueId), [](const pg::Row& row) { return row.get<std::string>(0); }),
        {}, deadline);
    if (prefix.empty())
        gone("the queue is gone");
    const auto rows =
        look(connection,
             pgque::detail::rowsCall(
                 "message",
                 "select " + detail::messageColumns("$3") + " from " +
                     detail::qualified(prefix.front(), '_' + std::to_string(position.table)) +
                     " e where e.ctid = $1::tid and e.ev_id = $2",
                 pg::Params::of(position.ctid, eventId, maxBytes),
                 [](const pg::Row& row) { return detail::messageFrom(row, 0); }),
             {std::chrono::seconds(10), std::chrono::milliseconds(200)}, deadline);
    if (rows.empty())
        gone("the event no longer stands there: its table was emptied by a rotation");
    return rows.front();
}

} // namespace queries
