// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/queuedetail.h"

#include "queries/columns.h"
#include "queries/eventscan.h"
#include "queries/look.h"
#include "queries/scheduling.h"

#include <algorithm>
#include <map>
#include <set>

namespace queries {

namespace {

using detail::Tid;
using domain::EventPosition;
using domain::Tick;
using pgque::detail::microseconds;
using pgque::detail::rowsCall;

constexpr Limits patient{std::chrono::seconds(5), std::chrono::milliseconds(200)};

[[noreturn]] void gone(const std::string& what) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Decode;
    failure.diagnostics.message = what;
    throw pg::Error(std::move(failure));
}

const std::string tickColumns = "t.tick_id, " + detail::micros("t.tick_time") +
                                ", t.tick_event_seq, pg_snapshot_xmin(t.tick_snapshot)::text,"
                                " pg_snapshot_xmax(t.tick_snapshot)::text";

Tick tickFrom(const pg::Row& row) {
    return {row.get<std::int64_t>(0), microseconds(row, 1), row.get<std::int64_t>(2), row.get<std::int64_t>(3),
            row.get<std::int64_t>(4)};
}

/// From this tick back, or from the newest; one more than is shown, so that the last one's window has a length.
pg::Call<std::vector<Tick>> ticksFrom(std::int32_t queueId, std::optional<std::int64_t> from, int limit) {
    return rowsCall("ticks",
                    "select " + tickColumns +
                        " from pgque.tick t where t.tick_queue = $1 and t.tick_id <= coalesce($2::bigint, "
                        "9223372036854775807) order by t.tick_id desc limit $3",
                    pg::Params::of(queueId, from, limit), tickFrom);
}

struct Tables {
    std::string prefix;
    std::int32_t count = 0;
    std::int32_t current = 0;
    std::optional<std::vector<std::string>> extraMaintenance;
    std::int64_t rotation = 0;              ///< the last one's transaction
    std::optional<std::int64_t> oldestTick; ///< that is still there
    pg::Timestamp takenAt;
};

/// "a\nb" as written by string_agg() with a line break.
std::vector<std::string> lines(std::string_view text) {
    std::vector<std::string> found;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        found.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return found;
}

pg::Call<std::vector<Tables>> tablesOf(std::int32_t queueId) {
    // Not every install has queue_extra_maint: the row as JSON has a key for each column there is.
    return rowsCall("queue",
                    "select q.queue_data_pfx, q.queue_ntables, q.queue_cur_table,"
                    " to_jsonb(q) ? 'queue_extra_maint', (select string_agg(x.value, e'\\n') from"
                    " jsonb_array_elements_text(coalesce(nullif(to_jsonb(q) -> 'queue_extra_maint', 'null'), '[]')) x),"
                    " q.queue_switch_step1, (select t.tick_id from pgque.tick t where t.tick_queue = q.queue_id"
                    " order by t.tick_id limit 1), " +
                        detail::micros("clock_timestamp()") + " from pgque.queue q where q.queue_id = $1",
                    pg::Params::of(queueId), [](const pg::Row& row) {
                        Tables tables;
                        tables.prefix = row.get<std::string>(0);
                        tables.count = row.get<std::int32_t>(1);
                        tables.current = row.get<std::int32_t>(2);
                        if (row.get<bool>(3))
                            tables.extraMaintenance = lines(detail::textOrEmpty(row, 4));
                        tables.rotation = row.get<std::int64_t>(5);
                        tables.oldestTick = row.get<std::optional<std::int64_t>>(6);
                        tables.takenAt = microseconds(row, 7);
                        return tables;
                    });
}

Tables readTables(pg::Connection& connection, std::int32_t queueId, pg::Deadline deadline) {
    const auto found = look(connection, tablesOf(queueId), {}, deadline);
    if (found.empty())
        gone("the queue is gone");
    return found.front();
}

std::string tableName(const Tables& tables, std::int32_t table) {
    return detail::qualified(tables.prefix, '_' + std::to_string(table));
}

/// Reading a size takes the table's weakest lock: one that is just being emptied is left alone.
pg::Call<std::optional<std::int64_t>> sizeOf(const std::string& table) {
    return pgque::detail::rowCall(
        "size of an event table",
        "select case when not exists (select from pg_locks x where x.relation = r.oid and x.granted"
        " and x.database = (select oid from pg_database where datname = current_database())"
        " and x.mode = 'AccessExclusiveLock') then pg_total_relation_size(r.oid) end"
        " from (select to_regclass($1)::oid as oid) r",
        pg::Params::of(table), [](const pg::Row& row) { return row.get<std::optional<std::int64_t>>(0); });
}

/// Takes no lock itself. A prepared transaction has no session, and other databases count their tables alike.
pg::Call<std::vector<std::int32_t>> holdersOf(const std::string& table) {
    return pgque::detail::rowCall(
        "locks on an event table",
        "select array_to_string(array_agg(distinct coalesce(l.pid, 0)), ',') from pg_locks l"
        " where l.locktype = 'relation' and l.relation = to_regclass($1)::oid and l.granted"
        " and l.database = (select oid from pg_database where datname = current_database())"
        " and l.pid is distinct from pg_backend_pid() and l.mode <> 'SIReadLock'", // which blocks nobody

        pg::Params::of(table), [](const pg::Row& row) { return detail::pids(detail::textOrEmpty(row, 0)); });
}

/// What the install has noted of who ticks. Its columns differ: the row as JSON has a key for each there is.
pg::Call<std::vector<domain::QueueUpkeep::Scheduler>> scheduler() {
    return rowsCall("scheduler",
                    "select coalesce(c.noted ->> 'scheduler', case when c.noted ->> 'ticker_job_id' is not null"
                    " then 'pg_cron' end), (c.noted ->> 'ticker_job_id')::bigint,"
                    " (c.noted ->> 'tick_period_ms')::bigint, " +
                        detail::micros("(c.noted ->> 'last_maint')::timestamptz") +
                        " from (select to_jsonb(f) as noted from pgque.config f limit 1) c",
                    {}, [](const pg::Row& row) {
                        domain::QueueUpkeep::Scheduler found;
                        found.name = detail::textOrEmpty(row, 0);
                        found.tickerJob = row.get<std::optional<std::int64_t>>(1);
                        if (const auto period = row.get<std::optional<std::int64_t>>(2))
                            found.tickPeriod = std::chrono::milliseconds(*period);
                        found.lastMaintenance = pgque::detail::optionalMicroseconds(row, 3);
                        return found;
                    });
}

pg::Call<std::int64_t> blocksOf(const std::string& table) {
    return pgque::detail::valueCall<std::int64_t>(
        "blocks", "select pg_relation_size($1::regclass) / current_setting('block_size')::int", pg::Params::of(table));
}

detail::Chunk searchChunk(pg::Connection& connection, const std::string& name, std::int32_t queueId,
                          const domain::EventSearch& search, const detail::Piece& piece, int previewChars,
                          pg::Deadline deadline) {
    Look look;
    look.part(patient);
    // Only a scan by place reads no more than the blocks asked for.
    look.ask({"select set_config('enable_seqscan', 'off', true)", {}});
    const auto began = look.ask(serverClock());
    const auto blocks = look.ask(blocksOf(name));
    const auto beside = look.ask(pgque::detail::valueCall<std::int64_t>(
        "blocks beside", "select " + detail::blocksBeside("$1"), pg::Params::of(name)));
    pg::Params params = pg::Params::of(piece.from.text(), piece.to.text(), previewChars, piece.rows);
    const std::string wanted = detail::searchConditions(search, queueId, params);
    const std::string sent = detail::seenByNewest(queueId, params);
    const std::size_t found = look.ask({"select " + detail::chunkColumns("$3", search, sent) + " from " + name +
                                            " e where e.ctid > $1::tid and e.ctid < $2::tid" + wanted +
                                            " order by e.ctid" + (piece.backwards ? " desc" : "") + " limit $4::int",
                                        std::move(params)});
    const auto ended = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    detail::Chunk chunk;
    for (const pg::Row row : answers.result(found))
        detail::addRow(chunk, row, 0, piece.table, search);
    chunk.blocks = answers.get(blocks);
    chunk.blocksBeside = answers.get(beside);
    chunk.serverMs = std::chrono::duration<double, std::milli>(answers.get(ended) - answers.get(began)).count();
    return chunk;
}

/// The places between which a table has the events of a range of transactions.
struct Extent {
    Tid first; ///< (0,0): there is none
    Tid last;

    Tid before() const { return {first.block, first.item - 1}; }

    Tid behind() const { return {last.block, last.item + 1}; }

    /// As much of the piece's blocks as lies here, from its position on; empty: nothing does.
    std::optional<detail::Piece> within(detail::Piece piece) const {
        if (last == Tid{} || (piece.backwards ? piece.to <= first : piece.from >= last))
            return {};
        const std::int64_t blocks = piece.to.blockBehind() - piece.from.block;
        if (piece.backwards) {
            piece.to = std::min(piece.to, behind());
            piece.from = std::max(before(), Tid{std::max<std::int64_t>(0, piece.to.blockBehind() - blocks), 0});
        } else {
            piece.from = std::max(piece.from, before());
            piece.to = {std::min(piece.from.block + blocks, last.block + 1), 0};
        }
        return piece;
    }

    /// Where to go on behind such a piece; empty: all was looked at.
    std::optional<Tid> rest(const detail::Piece& piece) const {
        if (piece.backwards)
            return piece.from > before() ? std::optional(piece.from) : std::nullopt;
        return piece.to.block <= last.block ? std::optional(piece.to) : std::nullopt;
    }
};

/// Up to so many blocks between those places are read in one statement.
constexpr std::int64_t fewBlocks = 2'048;
/// Up to so many events are looked for in the index.
constexpr int fewEvents = 100'000;

detail::Chunk nothingMore() {
    detail::Chunk chunk;
    chunk.restAsked = true;
    return chunk;
}

/// Ticks bound the transactions: an event that one tick sees and an earlier one does not has an id from the earlier
/// one's xmin on and below the later one's xmax, which the index by transaction finds. Tables where that is a small
/// part are in the answer; the others are read from end to end.
std::map<std::int32_t, Extent> readExtents(pg::Connection& connection, std::int32_t queueId, const Tables& tables,
                                           const domain::EventSearch& search, pg::Deadline deadline) {
    std::map<std::int32_t, Extent> extents;
    if (!search.fromTick && !search.toTick && !search.waitingOnly)
        return extents;
    const auto edge = [](const char* which, const char* condition) {
        return std::string("(select pg_snapshot_") + which +
               "(t.tick_snapshot) from pgque.tick t where t.tick_queue = $1::int and " + condition +
               " order by t.tick_id desc limit 1)";
    };
    Look look;
    std::map<std::int32_t, Asked<std::vector<Extent>>> asked;
    for (std::int32_t table = 0; table < tables.count; ++table) {
        // A part each: no table's lock is held while another one is read.
        look.part(patient);
        look.ask({"select set_config('enable_seqscan', 'off', true)", {}});
        asked.emplace(
            table,
            look.ask(rowsCall(
                "extent of a range",
                "with edge as materialized (select greatest(" + edge("xmin", "t.tick_id < $2::bigint") +
                    ", case when $4::bool then " + edge("xmin", "true") + " end, '0'::xid8) as low, " +
                    edge("xmax", "t.tick_id <= $3::bigint") +
                    " as high) select min(f.place)::text, max(f.place)::text, count(*) from (select e.ctid as place"
                    " from " +
                    tableName(tables, table) +
                    " e where e.ev_txid >= (select low from edge)"
                    " and e.ev_txid < coalesce((select high from edge), '18446744073709551615'::xid8) limit " +
                    std::to_string(fewEvents + 1) + ") f",
                pg::Params::of(queueId, search.fromTick, search.toTick, search.waitingOnly), [](const pg::Row& row) {
                    const auto place = [&row](int column) {
                        return detail::tidFrom(row.get<std::optional<std::string>>(column).value_or(std::string()));
                    };
                    const bool known = row.get<std::int64_t>(2) <= fewEvents;
                    return known ? Extent{place(0), place(1)} : Extent{{0, 1}, {fewBlocks + 1, 1}};
                })));
    }
    const Answers answers = look.run(connection, deadline);
    for (const auto& [table, extent] : asked) {
        try {
            const Extent found = answers.get(extent).at(0);
            if (found.last.block - found.first.block < fewBlocks)
                extents[table] = found;
        } catch (const pg::Error&) {
            // Held at that moment, or the index took too long: the table is read through.
        }
    }
    return extents;
}

/// A tick, and what its snapshot says of one transaction.
struct Sight {
    Tick tick;
    bool sees = false;
    bool whileOpen = false; ///< it came while the transaction was open, as far as that can be told
};

/// The ticks on both sides of the first one that sees the event. Ticks see more and more, so that halving finds that
/// one with some twenty looks into the index; tickers that ran at the same time may have swapped two, which the
/// neighbours show. A transaction below a snapshot's xmax that it does not see was open then. One at or above it may
/// not have begun: only of an event that was never given back the time of its insertion tells.
pg::Call<std::vector<Sight>> ticksAround(std::int32_t queueId, const domain::EventRow& event) {
    const std::string neighbours = std::to_string(domain::EventStory::ticksTold + 1);
    const std::optional<std::int64_t> insertedAt =
        event.owner ? std::nullopt : std::optional(event.time.time_since_epoch().count());
    return rowsCall(
        "ticks around an event",
        "with recursive ends as (select (select tick_id from pgque.tick where tick_queue = $1 order by tick_id limit 1)"
        " as lo, (select tick_id from pgque.tick where tick_queue = $1 order by tick_id desc limit 1) as hi),"
        " halves (step, lo, hi) as (select 0, lo, hi + 1 from ends where lo is not null union all"
        " select h.step + 1, case when m.tick_id is not null and not m.sees then m.tick_id + 1 else h.lo end,"
        " case when m.tick_id is null then h.lo + (h.hi - h.lo) / 2 when m.sees then m.tick_id else h.hi end"
        " from halves h left join lateral (select t.tick_id, pg_visible_in_snapshot($2::xid8, t.tick_snapshot) as sees"
        " from pgque.tick t where t.tick_queue = $1 and t.tick_id >= h.lo + (h.hi - h.lo) / 2 and t.tick_id < h.hi"
        " order by t.tick_id limit 1) m on true where h.lo < h.hi),"
        " first as (select hi from halves order by step desc limit 1)"
        " select " +
            tickColumns +
            ", pg_visible_in_snapshot($2::xid8, t.tick_snapshot), pg_snapshot_xmax(t.tick_snapshot) > $2::xid8"
            " or coalesce(t.tick_time >= 'epoch'::timestamptz + $3::bigint * interval '1 microsecond', false)"
            " from first cross join lateral ("
            "(select * from pgque.tick n where n.tick_queue = $1 and n.tick_id < first.hi order by n.tick_id desc limit " +
            neighbours +
            ") union all (select * from pgque.tick n where n.tick_queue = $1 and n.tick_id >= first.hi"
            " order by n.tick_id limit " +
            neighbours + ")) t order by t.tick_id",
        pg::Params::of(queueId, std::to_string(event.txid), insertedAt),
        [](const pg::Row& row) {
            return Sight{tickFrom(row), row.get<bool>(5), row.get<bool>(6)};
        });
}

/// By its owner and id, which is the table's key.
pg::Call<std::vector<domain::EventStory::Retry>> retriesOf(std::int32_t queueId, std::int64_t eventId) {
    return rowsCall("retries of an event",
                    "select r.ev_owner, " + detail::micros("r.ev_retry_after") +
                        ", coalesce(r.ev_retry, 0) from (select distinct sub_id from pgque.subscription"
                        " where sub_queue = $1) s join pgque.retry_queue r on r.ev_owner = s.sub_id and r.ev_id = $2",
                    pg::Params::of(queueId, eventId), [](const pg::Row& row) {
                        return domain::EventStory::Retry{row.get<std::int32_t>(0), microseconds(row, 1),
                                                         row.get<std::int32_t>(2)};
                    });
}

pg::Call<std::vector<domain::EventStory::Death>> deathsOf(std::int32_t queueId, std::int64_t eventId) {
    return rowsCall("dead letters of an event",
                    "select d.dl_consumer_id, " + detail::micros("d.dl_time") +
                        ", coalesce(left(d.dl_reason, 400), '') from pgque.subscription s join pgque.dead_letter d"
                        " on d.dl_queue_id = s.sub_queue and d.dl_consumer_id = s.sub_consumer and d.ev_id = $2"
                        " where s.sub_queue = $1",
                    pg::Params::of(queueId, eventId), [](const pg::Row& row) {
                        return domain::EventStory::Death{row.get<std::int32_t>(0), microseconds(row, 1),
                                                         row.get<std::string>(2)};
                    });
}

domain::EventStory storyOf(const std::vector<Sight>& ticks) {
    domain::EventStory story;
    for (const Sight& one : ticks) {
        if (one.sees) {
            if (!story.after)
                story.after = one.tick;
            story.seenBy.push_back(one.tick);
            continue;
        }
        story.before = one.tick;
        if (one.whileOpen)
            story.passedOver.push_back(one.tick);
    }
    constexpr std::size_t told = domain::EventStory::ticksTold;
    story.moreSeeIt = story.seenBy.size() > told;
    if (story.moreSeeIt)
        story.seenBy.resize(told);
    story.morePassedOver = story.passedOver.size() > told;
    if (story.morePassedOver)
        story.passedOver.erase(story.passedOver.begin(), story.passedOver.end() - told);
    return story;
}

} // namespace

domain::QueueDetail queueDetail(pg::Connection& connection, std::int32_t queueId,
                                const std::optional<std::int64_t>& ticksFromId, pg::Deadline deadline) {
    const Tables tables = readTables(connection, queueId, deadline);
    Look look;
    look.part(patient);
    const auto ticks = look.ask(ticksFrom(queueId, ticksFromId, ticksShown + 1));
    const auto newest = look.ask(ticksFrom(queueId, std::nullopt, 2));
    const auto clock = look.ask(serverClock());
    std::vector<Asked<std::vector<std::int32_t>>> holders;
    holders.reserve(std::size_t(tables.count));
    look.part(patient);
    for (std::int32_t table = 0; table < tables.count; ++table)
        holders.push_back(look.ask(holdersOf(tableName(tables, table))));
    const Answers answers = look.run(connection, deadline);
    domain::QueueDetail found;
    found.queueId = queueId;
    found.ticks = answers.get(ticks);
    if (found.ticks.size() > std::size_t(ticksShown)) {
        found.tickBefore = found.ticks.back();
        found.ticks.pop_back();
    }
    const std::vector<Tick> last = answers.get(newest);
    if (!last.empty())
        found.lastTick = last[0].id;
    if (last.size() > 1)
        found.lastGap = last[0].time - last[1].time;
    found.extraMaintenance = tables.extraMaintenance;
    found.takenAt = answers.get(clock);
    for (std::int32_t table = 0; table < tables.count; ++table) {
        domain::EventTable one{table, tables.prefix + '_' + std::to_string(table), {}};
        try {
            one.holders = answers.get(holders[static_cast<std::size_t>(table)]);
        } catch (const pg::Error&) {
            // Who holds it stays unknown, which is what is shown.
            one.holders.reset();
        }
        found.tables.push_back(std::move(one));
    }
    return found;
}

domain::QueueUpkeep queueUpkeep(pg::Connection& connection, std::int32_t queueId, pg::Deadline deadline) {
    const Tables tables = readTables(connection, queueId, deadline);
    Look look;
    look.part(patient);
    const auto clock = look.ask(serverClock());
    std::vector<Asked<std::optional<std::int64_t>>> sizes;
    for (std::int32_t table = 0; table < tables.count; ++table) {
        look.part();
        sizes.push_back(look.ask(sizeOf(tableName(tables, table))));
    }
    look.part(patient);
    const auto configured = look.ask(scheduler());
    const Answers answers = look.run(connection, deadline);
    domain::QueueUpkeep found;
    found.queueId = queueId;
    found.takenAt = answers.get(clock);
    for (const auto& asked : sizes) {
        try {
            found.bytes.push_back(answers.get(asked));
        } catch (const pg::Error&) {
            // Held exclusively at that moment, or dropped: the size stays unknown, which is what is shown.
            found.bytes.emplace_back();
        }
    }
    try {
        if (const auto rows = answers.get(configured); !rows.empty())
            found.scheduler = rows.front();
    } catch (const pg::Error&) {
        // No right to read it: who ticks stays unknown, which is what is shown.
        found.scheduler.reset();
    }
    found.scheduling = scheduling(connection, deadline);
    return found;
}

domain::EventPage searchById(pg::Connection& connection, std::int32_t queueId, const domain::EventSearch& search,
                             const SearchLimits& limits, pg::Deadline deadline) {
    return detail::sortedById(searchEvents(connection, queueId, search, {}, limits, deadline), search.newestFirst);
}

domain::EventPage searchEvents(pg::Connection& connection, std::int32_t queueId, const domain::EventSearch& search,
                               const std::optional<EventPosition>& from, const SearchLimits& limits,
                               pg::Deadline deadline) {
    const Tables tables = readTables(connection, queueId, deadline);
    if (from && from->rotation != tables.rotation)
        detail::rotated();
    const std::map<std::int32_t, Extent> extents = readExtents(connection, queueId, tables, search, deadline);
    // The table after the current one holds the oldest events.
    std::vector<std::int32_t> order;
    for (std::int32_t step = 1; step <= tables.count; ++step)
        order.push_back((tables.current + step) % tables.count);
    detail::BlocksOf blocks;
    if (search.newestFirst) {
        std::reverse(order.begin(), order.end());
        blocks = [&](std::int32_t table) {
            return look(connection, blocksOf(tableName(tables, table)), patient, deadline);
        };
    }
    domain::EventPage page = detail::scan(
        order, from, {limits.rows, limits.blocksAtOnce, limits.blocksInAll, std::chrono::seconds(10)}, search,
        [&](const detail::Piece& wanted) {
            const auto read = [&](const detail::Piece& piece) {
                return searchChunk(connection, tableName(tables, piece.table), queueId, search, piece,
                                   limits.previewChars, deadline);
            };
            const auto extent = extents.find(wanted.table);
            if (extent == extents.end())
                return read(wanted);
            const std::optional<detail::Piece> piece = extent->second.within(wanted);
            if (!piece)
                return nothingMore();
            detail::Chunk chunk = read(*piece);
            chunk.restAsked = true;
            chunk.reached = extent->second.rest(*piece);
            chunk.blocksRead = piece->to.blockBehind() - piece->from.block;
            return chunk;
        },
        blocks);
    if (page.next)
        page.next->rotation = tables.rotation;
    page.takenAt = tables.takenAt;
    // No tick came before a queue's first one.
    if (search.fromTick && tables.oldestTick.value_or(1) > 1 && *search.fromTick <= *tables.oldestTick)
        page.ticksGoneBefore = tables.oldestTick;
    return page;
}

std::vector<std::string> eventTypes(pg::Connection& connection, std::int32_t queueId, pg::Deadline deadline) {
    constexpr std::int64_t lastBlocks = 256;
    constexpr int mostTypes = 200;
    const Tables tables = readTables(connection, queueId, deadline);
    Look look;
    std::vector<Asked<std::vector<std::string>>> asked;
    for (std::int32_t table = 0; table < tables.count; ++table) {
        const std::string name = tableName(tables, table);
        look.part(patient);
        look.ask({"select set_config('enable_seqscan', 'off', true)", {}});
        asked.push_back(look.ask(rowsCall(
            "types of events",
            "select distinct e.ev_type from " + name +
                " e where e.ctid >= (select format('(%s,0)', greatest(0, pg_relation_size($1::regclass)"
                " / current_setting('block_size')::int - $2::bigint))::tid) and e.ev_type <> '' limit $3::int",
            pg::Params::of(name, lastBlocks, mostTypes), [](const pg::Row& row) { return row.get<std::string>(0); })));
    }
    const Answers answers = look.run(connection, deadline);
    std::set<std::string> types;
    for (const auto& one : asked) {
        try {
            for (std::string& type : answers.get(one))
                types.insert(std::move(type));
        } catch (const pg::Error&) {
            // Held at that moment: the types of the other tables stand.
        }
    }
    return {types.begin(), types.end()};
}

domain::EventStory eventStory(pg::Connection& connection, std::int32_t queueId, const domain::EventRow& event,
                              pg::Deadline deadline) {
    Look look;
    look.part(patient, Look::View::Same);
    const auto ticks = look.ask(ticksAround(queueId, event));
    const auto clock = look.ask(serverClock());
    look.part(patient);
    const auto retries = look.ask(retriesOf(queueId, event.id));
    look.part(patient);
    const auto deaths = look.ask(deathsOf(queueId, event.id));
    const Answers answers = look.run(connection, deadline);
    domain::EventStory story = storyOf(answers.get(ticks));
    story.takenAt = answers.get(clock);
    const auto ifAllowed = [&answers](const auto& asked) {
        try {
            return std::optional(answers.get(asked));
        } catch (const pg::Error& error) {
            // Who may not read them is not told.
            if (error.failure().diagnostics.sqlState != "42501")
                throw;
            return std::optional<decltype(answers.get(asked))>();
        }
    };
    story.retries = ifAllowed(retries);
    story.deaths = ifAllowed(deaths);
    return story;
}

} // namespace queries
