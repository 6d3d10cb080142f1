// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/queuedetail.h"

#include "queries/columns.h"
#include "queries/eventscan.h"
#include "queries/look.h"

#include <algorithm>

namespace queries {

namespace {

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

pg::Call<std::vector<Tick>> newestTicks(std::int32_t queueId) {
    return rowsCall("ticks",
                    "select " + tickColumns +
                        " from pgque.tick t where t.tick_queue = $1 order by t.tick_id desc limit $2",
                    pg::Params::of(queueId, ticksShown), tickFrom);
}

struct Tables {
    std::string prefix;
    std::int32_t count = 0;
    std::int32_t current = 0;
};

pg::Call<std::vector<Tables>> tablesOf(std::int32_t queueId) {
    return rowsCall("queue",
                    "select queue_data_pfx, queue_ntables, queue_cur_table from pgque.queue where queue_id = $1",
                    pg::Params::of(queueId), [](const pg::Row& row) {
                        return Tables{row.get<std::string>(0), row.get<std::int32_t>(1), row.get<std::int32_t>(2)};
                    });
}

Tables readTables(pg::Connection& connection, std::int32_t queueId, pg::Deadline deadline) {
    const auto found = look(connection, tablesOf(queueId), {}, deadline);
    if (found.empty())
        gone("the queue is gone");
    return found.front();
}

struct SizeAndHolders {
    std::optional<std::int64_t> bytes;
    std::vector<std::int32_t> holders;
};

/// Reading a size takes the table's weakest lock: one that is just being emptied is left alone.
pg::Call<SizeAndHolders> sizeOf(const std::string& table) {
    return pgque::detail::rowCall(
        "size of an event table",
        "select case when not exists (select from pg_locks x where x.relation = r.oid and x.granted"
        " and x.mode = 'AccessExclusiveLock') then pg_total_relation_size(r.oid) end,"
        " (select array_to_string(array_agg(distinct l.pid), ',') from pg_locks l where l.relation = r.oid"
        " and l.granted and l.pid <> pg_backend_pid())"
        " from (select to_regclass($1)::oid as oid) r",
        pg::Params::of(table), [](const pg::Row& row) {
            return SizeAndHolders{row.get<std::optional<std::int64_t>>(0), detail::pids(detail::textOrEmpty(row, 1))};
        });
}

detail::Chunk searchChunk(pg::Connection& connection, const std::string& name, std::int32_t queueId,
                          const domain::EventSearch& search, const detail::Piece& piece, int previewChars,
                          pg::Deadline deadline) {
    Look look;
    look.part(patient);
    // Only a scan by place reads no more than the blocks asked for.
    look.ask({"select set_config('enable_seqscan', 'off', true)", {}});
    const auto began = look.ask(serverClock());
    const auto blocks = look.ask(pgque::detail::valueCall<std::int64_t>(
        "blocks", "select pg_relation_size($1::regclass) / current_setting('block_size')::int", pg::Params::of(name)));
    pg::Params params = pg::Params::of(piece.from.text(), piece.to.text(), previewChars, piece.rows);
    const std::string wanted = detail::searchConditions(search, queueId, params);
    const std::size_t found =
        look.ask({"select " + detail::chunkColumns("$3", search) + " from " + name +
                      " e where e.ctid > $1::tid and e.ctid < $2::tid" + wanted + " order by e.ctid limit $4::int",
                  std::move(params)});
    const auto ended = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    detail::Chunk chunk;
    for (const pg::Row row : answers.result(found))
        detail::addRow(chunk, row, 0, piece.table, search);
    chunk.blocks = answers.get(blocks);
    chunk.serverMs = std::chrono::duration<double, std::milli>(answers.get(ended) - answers.get(began)).count();
    return chunk;
}

} // namespace

domain::QueueDetail queueDetail(pg::Connection& connection, std::int32_t queueId, pg::Deadline deadline) {
    const Tables tables = readTables(connection, queueId, deadline);
    Look look;
    look.part(patient);
    const auto ticks = look.ask(newestTicks(queueId));
    const auto clock = look.ask(serverClock());
    std::vector<Asked<SizeAndHolders>> sizes;
    std::vector<std::string> names;
    for (std::int32_t table = 0; table < tables.count; ++table) {
        names.push_back(detail::qualified(tables.prefix, '_' + std::to_string(table)));
        look.part();
        sizes.push_back(look.ask(sizeOf(names.back())));
    }
    const Answers answers = look.run(connection, deadline);
    domain::QueueDetail found;
    found.queueId = queueId;
    found.ticks = answers.get(ticks);
    found.takenAt = answers.get(clock);
    for (std::int32_t table = 0; table < tables.count; ++table) {
        const auto at = static_cast<std::size_t>(table);
        domain::EventTable one{table, tables.prefix + '_' + std::to_string(table), {}, {}};
        try {
            SizeAndHolders size = answers.get(sizes[at]);
            one.bytes = size.bytes;
            one.holders = std::move(size.holders);
        } catch (const pg::Error&) {
            // Held exclusively at that moment, or dropped: the size stays unknown, which is what is shown.
            one.bytes.reset();
        }
        found.tables.push_back(std::move(one));
    }
    return found;
}

domain::EventPage searchEvents(pg::Connection& connection, std::int32_t queueId, const domain::EventSearch& search,
                               const std::optional<EventPosition>& from, const SearchLimits& limits,
                               pg::Deadline deadline) {
    const Tables tables = readTables(connection, queueId, deadline);
    // The table after the current one holds the oldest events.
    std::vector<std::int32_t> order;
    for (std::int32_t step = 1; step <= tables.count; ++step)
        order.push_back((tables.current + step) % tables.count);
    return detail::scan(order, from, {limits.rows, limits.blocksAtOnce, limits.blocksInAll, std::chrono::seconds(30)},
                        search, [&](const detail::Piece& piece) {
                            return searchChunk(connection,
                                               detail::qualified(tables.prefix, '_' + std::to_string(piece.table)),
                                               queueId, search, piece, limits.previewChars, deadline);
                        });
}

domain::EventStory eventStory(pg::Connection& connection, std::int32_t queueId, const domain::EventRow& event,
                              pg::Deadline deadline) {
    const std::string xid = std::to_string(event.txid);
    const std::int64_t insertedAt = event.time.time_since_epoch().count();
    Look look;
    look.part(patient, Look::View::Same);
    const auto after = look.ask(rowsCall("first tick that sees it",
                                         "select " + tickColumns +
                                             " from pgque.tick t where t.tick_queue = $1"
                                             " and pg_visible_in_snapshot($2::xid8, t.tick_snapshot)"
                                             " order by t.tick_id limit 1",
                                         pg::Params::of(queueId, xid), tickFrom));
    const auto before = look.ask(rowsCall("last tick that does not",
                                          "select " + tickColumns +
                                              " from pgque.tick t where t.tick_queue = $1"
                                              " and not pg_visible_in_snapshot($2::xid8, t.tick_snapshot)"
                                              " order by t.tick_id desc limit 1",
                                          pg::Params::of(queueId, xid), tickFrom));
    const auto passed = look.ask(pgque::detail::valueCall<std::int64_t>(
        "ticks that passed it over",
        "select count(*) from pgque.tick t where t.tick_queue = $1"
        " and not pg_visible_in_snapshot($2::xid8, t.tick_snapshot)"
        " and t.tick_time >= 'epoch'::timestamptz + $3::bigint * interval '1 microsecond'",
        pg::Params::of(queueId, xid, insertedAt)));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    domain::EventStory story;
    if (const auto found = answers.get(after); !found.empty())
        story.after = found.front();
    if (const auto found = answers.get(before); !found.empty())
        story.before = found.front();
    story.passedOver = answers.get(passed);
    story.takenAt = answers.get(clock);
    return story;
}

} // namespace queries
