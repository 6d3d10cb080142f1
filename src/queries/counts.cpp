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

pg::Call<std::vector<RetryCount>> retryCounts(const domain::Capabilities& capabilities) {
    const std::string limit =
        capabilities.hasColumn("queue.queue_max_retries") ? "coalesce(q.queue_max_retries, 5)" : "5";
    return pgque::detail::rowsCall(
        "retry counts",
        "select g.sub_queue, least(sum(r.n), " + oneMore() + ")::bigint, " + now() + ", least(sum(r.last), " +
            oneMore() + ")::bigint from (select distinct s.sub_queue, s.sub_id, " + limit +
            " as most from pgque.subscription s join pgque.queue q on q.queue_id = s.sub_queue) g"
            " cross join lateral (select count(*) as n, count(*) filter (where bounded.ev_retry >= g.most) as last"
            " from (select ev_retry from pgque.retry_queue where ev_owner = g.sub_id limit " +
            oneMore() + ") bounded) r group by g.sub_queue having sum(r.n) > 0",
        {}, [](const pg::Row& row) {
            RetryCount count{row.get<std::int32_t>(0), countFrom(row), {}};
            const auto last = row.get<std::int64_t>(3);
            count.lastTry = {std::min(last, countCap), last > countCap || count.waiting.capped, count.waiting.takenAt};
            return count;
        });
}

namespace {

pg::Call<std::vector<RetryDue>> retriesWhere(const char* what, const std::string& condition) {
    return pgque::detail::rowsCall(
        what,
        "select ev_queue, least(count(*), " + oneMore() + "), " + now() + ", " + detail::micros("min(ev_retry_after)") +
            " from (select ev_queue, ev_retry_after from pgque.retry_queue where " + condition +
            " and isfinite(ev_retry_after) order by ev_retry_after limit " + std::to_string(dueLookedAt) +
            ") oldest group by ev_queue",
        {}, [](const pg::Row& row) {
            return RetryDue{row.get<std::int32_t>(0), countFrom(row), pgque::detail::optionalMicroseconds(row, 3)};
        });
}

} // namespace

pg::Call<std::vector<RetryDue>> retriesDue() {
    return retriesWhere("retries due", "ev_retry_after <= now()");
}

pg::Call<std::vector<RetryDue>> retriesAhead() {
    return retriesWhere("retries ahead", "ev_retry_after > now() and ev_retry_after <= now() + interval '10 minutes'");
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
