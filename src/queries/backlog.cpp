// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/backlog.h"

#include "queries/columns.h"
#include "queries/eventrow.h"
#include "queries/look.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace queries {

namespace {

using pgque::detail::microseconds;
using pgque::detail::rowsCall;
using Text = std::optional<std::string>;

constexpr int previewChars = 400;
/// Of a reason its cause is told by.
constexpr int reasonChars = 300;
/// So many of each queue's are always looked at.
constexpr int fewLetters = 10;
constexpr Limits pageLimits{std::chrono::seconds(5), std::chrono::milliseconds(200)};

/// A moment as it came from detail::micros(), for comparing with a column.
constexpr auto momentParam = "(case when $4::bigint >= 253402300799000000 then 'infinity'::timestamptz"
                             " else 'epoch'::timestamptz + $4::bigint * interval '1 microsecond' end)";

std::int64_t micros(pg::Timestamp moment) {
    return moment.time_since_epoch().count();
}

/// $1 queue or 0, $2 limit, $3 preview; on later pages $4 and on: the last row before, so that an index finds the next.
pg::Params pageParams(std::int32_t queueId, int limit) {
    return pg::Params::of(queueId, limit, previewChars);
}

/// What a queue's retries end at, of a row called q.
std::string maxRetries(const domain::Capabilities& capabilities) {
    return capabilities.hasColumn("queue.queue_max_retries") ? "coalesce(q.queue_max_retries, 5)" : "5";
}

/// Whose retries can be in the queue, as an array: those who read it, and those who are gone. The key begins with the
/// owner, so that each is found by one look into it, however many rows it has.
pg::Call<std::string> ownersOf(std::int32_t queueId) {
    return pgque::detail::valueCall<std::string>(
        "owners of retries",
        "with recursive owner as (select min(r.ev_owner) as id from pgque.retry_queue r union all"
        " select (select min(r.ev_owner) from pgque.retry_queue r where r.ev_owner > o.id) from owner o"
        " where o.id is not null) select coalesce(array_agg(o.id), '{}')::text from owner o where o.id is not null and"
        " (o.id in (select s.sub_id from pgque.subscription s where s.sub_queue = $1::int)"
        " or o.id not in (select s.sub_id from pgque.subscription s))",
        pg::Params::of(queueId));
}

/// Of one queue, or (0) of all. Where nobody has made an index by queue, the owners lead to its retries.
std::string ofQueue(const std::optional<std::string>& owners, pg::Params& params) {
    std::string sql = "($1::int = 0 or r.ev_queue = $1::int)";
    if (owners) {
        params.add(*owners);
        sql += " and r.ev_owner = any($" + std::to_string(params.values().size()) + "::int[])";
    }
    return sql;
}

/// Names of a page's owners are looked for in one reading of the subscriptions, which have no index by sub_id.
pg::Call<std::vector<domain::Retry>> retries(const domain::Capabilities& capabilities, std::int32_t queueId,
                                             const std::optional<std::string>& owners,
                                             const std::optional<domain::RetryPosition>& after, int limit) {
    const std::string beyond =
        after ? std::string(" and (r.ev_retry_after, r.ev_owner, r.ev_id) > (") + momentParam + ", $5::int, $6::bigint)"
              : std::string();
    // A group's main row names it.
    const std::string mainFirst =
        capabilities.hasColumn("subscription.sub_role") ? "s.sub_role = 'coop_member', " : std::string();
    pg::Params params = pageParams(queueId, limit);
    if (after)
        params.add(micros(after->dueAt)).add(after->owner).add(after->eventId);
    const std::string wanted = ofQueue(owners, params);
    return rowsCall(
        "retries",
        "with page as materialized (select r.* from pgque.retry_queue r where " + wanted + beyond +
            " order by r.ev_retry_after, r.ev_owner, r.ev_id limit $2::int), owner as materialized"
            " (select distinct on (s.sub_id) s.sub_id, c.co_name from pgque.subscription s"
            " join pgque.consumer c on c.co_id = s.sub_consumer where s.sub_id = any(array(select ev_owner from page))"
            " order by s.sub_id, " +
            mainFirst + "c.co_name) select r.ev_queue, q.queue_name, r.ev_owner, o.co_name, r.ev_id, " +
            detail::micros("r.ev_retry_after") + ", " + detail::micros("r.ev_time") + ", coalesce(r.ev_retry, 0), " +
            maxRetries(capabilities) +
            ", r.ev_type, left(r.ev_data, $3::int), coalesce(octet_length(r.ev_data), 0)::bigint from page r"
            " left join pgque.queue q on q.queue_id = r.ev_queue left join owner o on o.sub_id = r.ev_owner"
            " order by r.ev_retry_after, r.ev_owner, r.ev_id",
        std::move(params), [](const pg::Row& row) {
            domain::Retry retry;
            retry.queueId = row.get<std::int32_t>(0);
            retry.queue = row.get<Text>(1).value_or(std::string());
            retry.owner = row.get<std::int32_t>(2);
            retry.consumer = row.get<Text>(3).value_or(std::string());
            retry.eventId = row.get<std::int64_t>(4);
            retry.dueAt = microseconds(row, 5);
            retry.time = microseconds(row, 6);
            retry.attempts = row.get<std::int32_t>(7);
            retry.maxRetries = row.get<std::int32_t>(8);
            retry.type = row.get<Text>(9);
            retry.data = row.get<Text>(10);
            retry.dataBytes = row.get<std::int64_t>(11);
            return retry;
        });
}

pg::Call<domain::RetryOutlook> retryOutlook(const domain::Capabilities& capabilities, std::int32_t queueId,
                                            const std::optional<std::string>& owners) {
    pg::Params params = pg::Params::of(queueId);
    const std::string wanted = ofQueue(owners, params);
    const auto within = [](const char* from, const char* to) {
        return std::string("count(*) filter (where r.due > now() + interval '") + from +
               "' and r.due <= now() + interval '" + to + "'), ";
    };
    return pgque::detail::rowCall(
        "retry outlook",
        "select count(*) filter (where r.due <= now()), " + within("0", "1 minute") + within("1 minute", "10 minutes") +
            within("10 minutes", "1 hour") +
            "count(*) filter (where r.due > now() + interval '1 hour'), count(*) filter (where r.tries >= r.most),"
            " count(*) >= " +
            std::to_string(backlogCap) + " from (select r.ev_retry_after as due, coalesce(r.ev_retry, 0) as tries, " +
            maxRetries(capabilities) +
            " as most from pgque.retry_queue r"
            " left join pgque.queue q on q.queue_id = r.ev_queue where " +
            wanted + " order by r.ev_retry_after limit " + std::to_string(backlogCap) + ") r",
        std::move(params), [](const pg::Row& row) {
            domain::RetryOutlook outlook;
            outlook.due = row.get<std::int64_t>(0);
            outlook.inAMinute = row.get<std::int64_t>(1);
            outlook.inTenMinutes = row.get<std::int64_t>(2);
            outlook.inAnHour = row.get<std::int64_t>(3);
            outlook.later = row.get<std::int64_t>(4);
            outlook.lastTry = row.get<std::int64_t>(5);
            outlook.capped = row.get<bool>(6);
            return outlook;
        });
}

/// The newest letters of each queue asked for, through the index by queue and time; then the newest of all. Of many
/// queues a few letters each tell how old the last one wanted is at most, so that none of them gives a whole page in
/// vain. $1 queue or 0, $2 limit; from $4 on the last row before.
std::string newestLetters(const std::string& columns, std::int32_t queueId, bool afterOne) {
    std::string beyond =
        afterOne ? std::string(" and (l.dl_time, l.dl_id) < (") + momentParam + ", $5::bigint)" : std::string();
    std::string edge;
    if (queueId == 0) {
        edge = "with edge as materialized (select e.dl_time, e.dl_id from pgque.queue q cross join lateral"
               " (select l.dl_time, l.dl_id from pgque.dead_letter l where l.dl_queue_id = q.queue_id" +
               beyond + " order by l.dl_time desc, l.dl_id desc limit (select greatest(" + std::to_string(fewLetters) +
               ", 2 * $2::int / count(*)) from pgque.queue)) e order by e.dl_time desc, e.dl_id desc"
               " offset $2::int - 1 limit 1) ";
        beyond += " and (l.dl_time, l.dl_id) >= (coalesce((select n.dl_time from edge n), '-infinity'),"
                  " coalesce((select n.dl_id from edge n), 0))";
    }
    return edge + "select " + columns +
           " from pgque.queue q cross join lateral (select * from pgque.dead_letter l where l.dl_queue_id = "
           "q.queue_id" +
           beyond +
           " order by l.dl_time desc, l.dl_id desc limit $2::int) e"
           " left join pgque.consumer c on c.co_id = e.dl_consumer_id where ($1::int = 0 or q.queue_id = $1::int)"
           " order by e.dl_time desc, e.dl_id desc limit $2::int";
}

/// Those chosen, or the newest after one.
pg::Call<std::vector<domain::DeadLetter>> deadLetters(std::int32_t queueId,
                                                      const std::optional<std::vector<std::int64_t>>& chosen,
                                                      const std::optional<domain::DeadPosition>& after, int limit) {
    const auto cut = [](const std::string& column) { return "left(e." + column + ", $3::int)"; };
    const std::string columns =
        "e.dl_id, q.queue_id, q.queue_name, coalesce(c.co_name, ''), " + detail::micros("e.dl_time") +
        ", e.dl_reason, e.ev_id, " + detail::micros("e.ev_time") + ", coalesce(e.ev_retry, 0), e.ev_type, " +
        cut("ev_data") + ", coalesce(octet_length(e.ev_data), 0)::bigint, e.ev_txid::text" + detail::extraColumns(cut);
    pg::Params params = pageParams(queueId, limit);
    if (chosen) {
        std::string ids = "{";
        for (const std::int64_t id : *chosen)
            ids += (ids.size() > 1 ? "," : "") + std::to_string(id);
        params.add(ids + '}');
    } else if (after) {
        params.add(micros(after->time)).add(after->id);
    }
    const std::string sql = chosen ? "select " + columns +
                                         " from pgque.dead_letter e join pgque.queue q on q.queue_id = e.dl_queue_id"
                                         " left join pgque.consumer c on c.co_id = e.dl_consumer_id"
                                         " where e.dl_id = any($4::bigint[]) and ($1::int = 0 or q.queue_id = $1::int)"
                                         " order by e.dl_time desc, e.dl_id desc limit $2::int"
                                   : newestLetters(columns, queueId, after.has_value());
    return rowsCall("dead letters", sql, std::move(params), [](const pg::Row& row) {
        domain::DeadLetter letter;
        letter.id = row.get<std::int64_t>(0);
        letter.queueId = row.get<std::int32_t>(1);
        letter.queue = row.get<std::string>(2);
        letter.consumer = row.get<std::string>(3);
        letter.time = microseconds(row, 4);
        letter.reason = row.get<Text>(5);
        letter.eventId = row.get<std::int64_t>(6);
        letter.eventTime = microseconds(row, 7);
        letter.attempts = row.get<std::int32_t>(8);
        letter.type = row.get<Text>(9);
        letter.data = row.get<Text>(10);
        letter.dataBytes = row.get<std::int64_t>(11);
        letter.txid = row.get<std::optional<std::int64_t>>(12);
        detail::readExtras(row, 13, letter);
        return letter;
    });
}

/// A letter as far as its cause needs it.
struct Candidate {
    std::int64_t id = 0;
    pg::Timestamp time;
    Text type;
    std::string reason;
};

pg::Call<std::vector<Candidate>> candidates(std::int32_t queueId, const std::optional<domain::DeadPosition>& after,
                                            int limit) {
    pg::Params params = pg::Params::of(queueId, limit, reasonChars);
    if (after)
        params.add(micros(after->time)).add(after->id);
    return rowsCall(
        "causes of dead letters",
        newestLetters("e.dl_id, " + detail::micros("e.dl_time") +
                          ", e.ev_type, coalesce(left(e.dl_reason, $3::int), '')",
                      queueId, after.has_value()),
        std::move(params), [](const pg::Row& row) {
            return Candidate{row.get<std::int64_t>(0), microseconds(row, 1), row.get<Text>(2), row.get<std::string>(3)};
        });
}

/// The ids of the next letters of a cause, judged here as the groups are: no regular expression runs on the server.
/// Gives where to go on; empty: all were looked at.
std::optional<domain::DeadPosition> choose(pg::Connection& connection, std::int32_t queueId,
                                           const domain::DeadCause& cause, std::optional<domain::DeadPosition> after,
                                           int limit, std::vector<std::int64_t>& chosen, std::int64_t& lookedAt,
                                           pg::Deadline deadline) {
    const int atOnce = queueId == 0 ? 500 : 2'000;
    while (lookedAt < backlogCap) {
        const auto found = look(connection, candidates(queueId, after, atOnce), pageLimits, deadline);
        for (const Candidate& one : found) {
            ++lookedAt;
            after = {one.time, one.id};
            if (one.type != cause.type || domain::normalisedReason(one.reason) != cause.reason)
                continue;
            chosen.push_back(one.id);
            if (static_cast<int>(chosen.size()) == limit)
                return after;
        }
        if (static_cast<int>(found.size()) < atOnce)
            return {};
    }
    return after;
}

struct RawGroup {
    domain::DeadGroup group;
    bool capped = false; ///< of some queue not all letters were looked at
};

/// Reasons as they are stored: numbers in them are taken out here, so that no regular expression runs on the server.
/// Of several queues each has its share of what is looked at; what those with few letters leave goes to the others.
pg::Call<std::vector<RawGroup>> rawGroups(std::int32_t queueId) {
    const std::string cap = std::to_string(backlogCap);
    return rowsCall(
        "dead letter groups",
        "with held as materialized (select q.queue_id, q.queue_name from pgque.queue q"
        " where ($1::int = 0 or q.queue_id = $1::int)"
        " and exists (select from pgque.dead_letter n where n.dl_queue_id = q.queue_id)),"
        " share as materialized (select greatest(1, " +
            cap +
            " / 2 / count(*)) as letters from held having count(*) > 0),"
            " filled as materialized (select least(c.letters, s.letters) as letters, c.letters > s.letters as more"
            " from share s cross join held h cross join lateral (select count(*) as letters from (select from"
            " pgque.dead_letter n where n.dl_queue_id = h.queue_id limit s.letters + 1) n) c),"
            " most as materialized (select s.letters + greatest(0, " +
            cap +
            " - (select sum(f.letters)::bigint from filled f)) / greatest(1, (select count(*) from filled f where "
            "f.more))"
            " as letters from share s),"
            " letter as materialized (select h.queue_id, h.queue_name, l.ev_type,"
            " coalesce(left(l.dl_reason, " +
            std::to_string(reasonChars) +
            "), '') as reason, l.dl_time from most m cross join held h cross join lateral"
            " (select * from pgque.dead_letter n where n.dl_queue_id = h.queue_id order by n.dl_time desc"
            " limit m.letters) l)"
            " select d.queue_id, d.queue_name, d.ev_type, d.reason, count(*), " +
            detail::micros("min(d.dl_time)") + ", " + detail::micros("max(d.dl_time)") +
            ", exists (select from letter l group by l.queue_id having count(*) >= (select m.letters from most m))"
            " from letter d group by 1, 2, 3, 4",
        pg::Params::of(queueId), [](const pg::Row& row) {
            RawGroup raw;
            raw.group.queueId = row.get<std::int32_t>(0);
            raw.group.queue = row.get<std::string>(1);
            raw.group.type = row.get<Text>(2);
            raw.group.reason = domain::normalisedReason(row.get<std::string>(3));
            raw.group.count = row.get<std::int64_t>(4);
            raw.group.first = microseconds(row, 5);
            raw.group.last = microseconds(row, 6);
            raw.capped = row.get<bool>(7);
            return raw;
        });
}

std::vector<domain::DeadGroup> merged(const std::vector<RawGroup>& raw) {
    std::map<std::tuple<std::string, Text, std::string>, domain::DeadGroup> groups;
    for (const auto& [part, capped] : raw) {
        const auto [place, isNew] = groups.try_emplace({part.queue, part.type, part.reason}, part);
        if (isNew)
            continue;
        place->second.count += part.count;
        place->second.first = std::min(place->second.first, part.first);
        place->second.last = std::max(place->second.last, part.last);
    }
    std::vector<domain::DeadGroup> sorted;
    sorted.reserve(groups.size());
    for (auto& [key, group] : groups)
        sorted.push_back(std::move(group));
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
    return sorted;
}

/// The only row of a table called e.
domain::Message onlyMessage(pg::Connection& connection, const std::string& from, pg::Params params, const char* gone,
                            pg::Deadline deadline) {
    const auto found = look(connection,
                            rowsCall("message", "select " + detail::messageColumns("$1") + from, std::move(params),
                                     [](const pg::Row& row) { return detail::messageFrom(row, 0); }),
                            pageLimits, deadline);
    if (!found.empty())
        return found.front();
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Decode;
    failure.diagnostics.message = gone;
    throw pg::Error(std::move(failure));
}

} // namespace

domain::RetryPage retryPage(pg::Connection& connection, const domain::Capabilities& capabilities, std::int32_t queueId,
                            const std::optional<domain::RetryPosition>& after, int limit, pg::Deadline deadline) {
    const bool byQueue =
        capabilities.origin == domain::SchemaOrigin::Ours || capabilities.origin == domain::SchemaOrigin::OursDrifted;
    std::optional<std::string> owners;
    if (queueId != 0 && !byQueue)
        owners = look(connection, ownersOf(queueId), pageLimits, deadline);
    Look look;
    look.part(pageLimits, Look::View::Same);
    const auto rows = look.ask(retries(capabilities, queueId, owners, after, limit));
    const auto clock = look.ask(serverClock());
    std::optional<Asked<domain::RetryOutlook>> outlook;
    if (!after) {
        // A part of its own: it reads more than the page does.
        look.part(pageLimits);
        outlook = look.ask(retryOutlook(capabilities, queueId, owners));
    }
    const Answers answers = look.run(connection, deadline);
    domain::RetryPage page;
    page.rows = answers.get(rows);
    page.takenAt = answers.get(clock);
    if (outlook) {
        try {
            page.outlook = answers.get(*outlook);
        } catch (const pg::Error& error) {
            page.outlookFailure = error.failure();
        }
    }
    if (static_cast<int>(page.rows.size()) == limit)
        page.next = {page.rows.back().dueAt, page.rows.back().owner, page.rows.back().eventId};
    return page;
}

domain::DeadPage deadPage(pg::Connection& connection, std::int32_t queueId,
                          const std::optional<domain::DeadCause>& cause,
                          const std::optional<domain::DeadPosition>& after, int limit, pg::Deadline deadline) {
    domain::DeadPage page;
    std::optional<std::vector<std::int64_t>> chosen;
    if (cause) {
        chosen.emplace();
        page.next = choose(connection, queueId, *cause, after, limit, *chosen, page.lookedAt, deadline);
    }
    Look look;
    look.part(pageLimits);
    const auto rows = look.ask(deadLetters(queueId, chosen, after, limit));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    page.rows = answers.get(rows);
    page.takenAt = answers.get(clock);
    if (!cause && static_cast<int>(page.rows.size()) == limit)
        page.next = {page.rows.back().time, page.rows.back().id};
    return page;
}

domain::DeadGroups deadGroups(pg::Connection& connection, std::int32_t queueId, pg::Deadline deadline) {
    Look look;
    look.part(pageLimits);
    const auto raw = look.ask(rawGroups(queueId));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    domain::DeadGroups found;
    const std::vector<RawGroup> read = answers.get(raw);
    found.groups = merged(read);
    found.takenAt = answers.get(clock);
    for (const domain::DeadGroup& group : found.groups)
        found.lookedAt += group.count;
    found.capped = !read.empty() && read.front().capped;
    return found;
}

domain::Message deadMessage(pg::Connection& connection, std::int64_t id, std::int64_t maxBytes, pg::Deadline deadline) {
    return onlyMessage(connection, " from pgque.dead_letter e where e.dl_id = $2", pg::Params::of(maxBytes, id),
                       "the dead letter is no longer there: it was replayed or purged", deadline);
}

domain::Message retryMessage(pg::Connection& connection, std::int32_t owner, std::int64_t eventId,
                             std::int64_t maxBytes, pg::Deadline deadline) {
    return onlyMessage(connection, " from pgque.retry_queue e where e.ev_owner = $2 and e.ev_id = $3",
                       pg::Params::of(maxBytes, owner, eventId),
                       "the event waits no longer: it was put back into its queue", deadline);
}

} // namespace queries
