// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/counts.h"

#include "queries/columns.h"

namespace queries {

namespace {

constexpr std::int64_t dueLookedAt = 10'000;

/// Every counting statement has: queue, count (one above the cap means "more"), clock.
domain::Count countFrom(const pg::Row& row) {
    const auto value = row.get<std::int64_t>(1);
    return {std::min(value, countCap), value > countCap, pgque::detail::microseconds(row, 2)};
}

std::string oneMore() {
    return std::to_string(countCap + 1);
}

std::string now() {
    return detail::micros("clock_timestamp()");
}

} // namespace

pg::Call<std::vector<RetryCount>> retryCounts() {
    return pgque::detail::rowsCall("retry counts",
                                   "select g.sub_queue, least(sum(r.n), " + oneMore() + ")::bigint, " + now() +
                                       " from (select distinct sub_queue, sub_id from pgque.subscription) g"
                                       " cross join lateral (select count(*) as n from (select from pgque.retry_queue"
                                       " where ev_owner = g.sub_id limit " +
                                       oneMore() + ") bounded) r group by g.sub_queue having sum(r.n) > 0",
                                   {}, [](const pg::Row& row) {
                                       return RetryCount{row.get<std::int32_t>(0), countFrom(row)};
                                   });
}

pg::Call<std::vector<RetryDue>> retriesDue() {
    return pgque::detail::rowsCall(
        "retries due",
        "select ev_queue, least(count(*), " + oneMore() + "), " + now() + ", " + detail::micros("min(ev_retry_after)") +
            " from (select ev_queue, ev_retry_after from pgque.retry_queue where ev_retry_after <= now()"
            " and isfinite(ev_retry_after) order by ev_retry_after limit " +
            std::to_string(dueLookedAt) + ") oldest group by ev_queue",
        {}, [](const pg::Row& row) {
            return RetryDue{row.get<std::int32_t>(0), countFrom(row), pgque::detail::optionalMicroseconds(row, 3)};
        });
}

pg::Call<std::vector<DeadCount>> deadCounts() {
    return pgque::detail::rowsCall(
        "dead letters",
        "select q.queue_id, d.n, " + now() + ", " + detail::micros("d.newest") +
            " from pgque.queue q cross join lateral (select count(*) as n, max(dl_time) as newest"
            " from (select dl_time from pgque.dead_letter where dl_queue_id = q.queue_id order by dl_time desc limit " +
            oneMore() + ") newest_ones) d where d.n > 0",
        {}, [](const pg::Row& row) {
            return DeadCount{row.get<std::int32_t>(0), countFrom(row), pgque::detail::optionalMicroseconds(row, 3)};
        });
}

} // namespace queries
