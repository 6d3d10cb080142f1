// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/ticks.h"

#include "queries/columns.h"

#include <limits>

namespace queries {

namespace {

using pgque::detail::microseconds;

std::string arrayOf(const std::vector<TickCursor>& queues, std::int64_t (*part)(const TickCursor&)) {
    std::string text = "{";
    for (const TickCursor& one : queues)
        text += (text.size() > 1 ? "," : "") + std::to_string(part(one));
    return text + '}';
}

} // namespace

pg::Call<std::vector<QueueTick>> ticksBefore(const std::vector<TickCursor>& queues, std::optional<pg::Timestamp> since,
                                             int ofEach) {
    const auto ids = arrayOf(queues, [](const TickCursor& one) { return std::int64_t(one.queueId); });
    const auto bounds = arrayOf(
        queues, [](const TickCursor& one) { return one.before.value_or(std::numeric_limits<std::int64_t>::max()); });
    const auto from = since ? std::optional<std::int64_t>(since->time_since_epoch().count()) : std::nullopt;
    return pgque::detail::rowsCall(
        "ticks",
        "select q.id, t.tick_id, " + detail::micros("t.tick_time") +
            ", t.tick_event_seq from unnest($1::int[], $2::bigint[]) as q(id, below) cross join lateral"
            " (select tick_id, tick_time, tick_event_seq from pgque.tick where tick_queue = q.id and tick_id < q.below"
            " order by tick_id desc limit $4::int) t"
            " where $3::bigint is null or t.tick_time > to_timestamp($3::bigint / 1000000.0)"
            " order by q.id, t.tick_id desc",
        pg::Params::of(ids, bounds, from, ofEach), [](const pg::Row& row) {
            return QueueTick{row.get<std::int32_t>(0),
                             {row.get<std::int64_t>(1), microseconds(row, 2), row.get<std::int64_t>(3), 0, 0}};
        });
}

pg::Call<std::string> serverNumber() {
    return pgque::detail::valueCall<std::string>(
        "server_number", "select system_identifier::text from pg_catalog.pg_control_system()", {});
}

pg::Call<pg::Timestamp> serverStarted() {
    return pgque::detail::rowCall("server_started", "select " + detail::micros("pg_catalog.pg_postmaster_start_time()"),
                                  {}, [](const pg::Row& row) { return microseconds(row, 0); });
}

} // namespace queries
