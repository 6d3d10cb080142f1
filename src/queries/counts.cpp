// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/counts.h"

#include "queries/columns.h"

#include <algorithm>

namespace queries {

namespace {

constexpr std::int64_t dueLookedAt = 10'000;
constexpr auto isDue = "ev_retry_after <= now() and isfinite(ev_retry_after)";
constexpr auto isAhead = "ev_retry_after > now() and ev_retry_after <= now() + interval '10 minutes'";

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
    const auto least = [](const char* sum) {
        return std::string(", least(sum(r.") + sum + "), " + oneMore() + ")::bigint";
    };
    return pgque::detail::rowsCall(
        "retry counts",
        "select g.sub_queue" + least("n") + ", " + now() + least("last") + least("due") + least("ahead") + ", " +
            detail::micros("min(r.oldest)") + " from (select distinct s.sub_queue, s.sub_id, " + limit +
            " as most from pgque.subscription s join pgque.queue q on q.queue_id = s.sub_queue) g"
            " cross join lateral (select count(*) as n, count(*) filter (where bounded.ev_retry >= g.most) as last,"
            " count(*) filter (where " +
            isDue + ") as due, count(*) filter (where " + isAhead + ") as ahead, min(ev_retry_after) filter (where " +
            isDue +
            ") as oldest from (select ev_retry, ev_retry_after from pgque.retry_queue where ev_owner = g.sub_id "
            "limit " +
            oneMore() + ") bounded) r group by g.sub_queue having sum(r.n) > 0",
        {}, [](const pg::Row& row) {
            RetryCount count{row.get<std::int32_t>(0), countFrom(row), {}, {}, {}, {}};
            const auto part = [&](int column) {
                const auto value = row.get<std::int64_t>(column);
                return domain::Count{std::min(value, countCap), value > countCap || count.waiting.capped,
                                     count.waiting.takenAt};
            };
            count.lastTry = part(3);
            count.due = part(4);
            count.ahead = part(5);
            count.oldestDue = pgque::detail::optionalMicroseconds(row, 6);
            return count;
        });
}

namespace {

pg::Call<std::vector<RetryDue>> retriesWhere(const char* what, const char* condition) {
    const std::string most = std::to_string(dueLookedAt);
    return pgque::detail::rowsCall(what,
                                   "select ev_queue, least(count(*), " + oneMore() + "), " + now() + ", " +
                                       detail::micros("min(ev_retry_after)") + ", sum(count(*)) over () >= " + most +
                                       " from (select ev_queue, ev_retry_after from pgque.retry_queue where " +
                                       condition + " order by ev_retry_after limit " + most +
                                       ") oldest group by ev_queue",
                                   {}, [](const pg::Row& row) {
                                       return RetryDue{row.get<std::int32_t>(0), countFrom(row),
                                                       pgque::detail::optionalMicroseconds(row, 3), row.get<bool>(4)};
                                   });
}

} // namespace

pg::Call<std::vector<RetryDue>> retriesDue() {
    return retriesWhere("retries due", isDue);
}

pg::Call<std::vector<RetryDue>> retriesAhead() {
    return retriesWhere("retries ahead", isAhead);
}

domain::Count together(const domain::Count& bySubscription, const domain::Count& byTime, bool cut) {
    if (!cut)
        return byTime;
    return {std::max(bySubscription.value, byTime.value), bySubscription.capped || byTime.capped, byTime.takenAt};
}

RetryQuestions askRetries(Look& look, const domain::Capabilities& capabilities) {
    return {look.ask(retryCounts(capabilities)), look.ask(retriesDue()), look.ask(retriesAhead())};
}

pg::Call<std::vector<DeadCount>> deadCounts() {
    return pgque::detail::rowsCall(
        "dead letters",
        "select q.queue_id, d.n, " + now() + ", " + detail::micros("d.newest") +
            " from pgque.queue q cross join lateral (select count(*) as n,"
            " max(dl_time) filter (where isfinite(dl_time)) as newest"
            " from (select dl_time from pgque.dead_letter where dl_queue_id = q.queue_id order by dl_time desc limit " +
            oneMore() + ") newest_ones) d where d.n > 0",
        {}, [](const pg::Row& row) {
            return DeadCount{row.get<std::int32_t>(0), countFrom(row), pgque::detail::optionalMicroseconds(row, 3)};
        });
}

} // namespace queries
