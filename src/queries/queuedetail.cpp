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
                    " jsonb_array_elements_text(coalesce(nullif(to_jsonb(q) -> 'queue_extra_maint', 'null'), '[]')) x)"
                    " from pgque.queue q where q.queue_id = $1",
                    pg::Params::of(queueId), [](const pg::Row& row) {
                        Tables tables{row.get<std::string>(0), row.get<std::int32_t>(1), row.get<std::int32_t>(2), {}};
                        if (row.get<bool>(3))
                            tables.extraMaintenance = lines(detail::textOrEmpty(row, 4));
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
        " and l.pid is distinct from pg_backend_pid()",
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

domain::QueueDetail queueDetail(pg::Connection& connection, std::int32_t queueId,
                                const std::optional<std::int64_t>& ticksFromId, pg::Deadline deadline) {
    const Tables tables = readTables(connection, queueId, deadline);
    Look look;
    look.part(patient);
    const auto ticks = look.ask(ticksFrom(queueId, ticksFromId, ticksShown + 1));
    const auto newest = look.ask(ticksFrom(queueId, std::nullopt, 2));
    const auto clock = look.ask(serverClock());
    std::vector<Asked<std::vector<std::int32_t>>> holders;
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
                            return searchChunk(connection, tableName(tables, piece.table), queueId, search, piece,
                                               limits.previewChars, deadline);
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
