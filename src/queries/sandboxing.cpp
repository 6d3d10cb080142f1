// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/sandboxing.h"

#include "pg/result.h"
#include "pgque/decode.h"

#include <string>

namespace queries {

namespace {

/// Utility statements take no parameters, so the name is written in as an identifier.
std::string quoted(std::string_view identifier) {
    std::string text = "\"";
    for (const char character : identifier) {
        if (character == '"')
            text += '"';
        text += character;
    }
    return text + '"';
}

} // namespace

pg::Call<bool> databaseExists(std::string_view name) {
    return {"database_exists",
            {"select exists (select from pg_catalog.pg_database where datname = $1)", pg::Params::of(name)},
            [](const pg::Result& result) { return result.row(0).get<bool>(0); }};
}

pg::Call<void> createDatabase(std::string_view name) {
    return {"create_database", {"create database " + quoted(name), {}}, [](const pg::Result&) {}};
}

pg::Call<std::int64_t> waitingRetries(std::string_view queue) {
    return {"waiting_retries",
            {"select count(*) from pgque.retry_queue r join pgque.queue q on q.queue_id = r.ev_queue "
             "where q.queue_name = $1",
             pg::Params::of(queue)},
            [](const pg::Result& result) { return result.row(0).get<std::int64_t>(0); }};
}

pg::Call<bool> workIsUnderWay() {
    return pgque::detail::valueCall<bool>(
        "work is under way",
        "select (select count(distinct priority) from workqueue.pg_queue_message where state = 'ready') >= 2"
        " and exists (select from workqueue.pg_queue_message where state = 'claimed')"
        " and exists (select from workqueue.pg_queue_message where state = 'scheduled')"
        " and exists (select from workqueue.pg_barrier_state)",
        {});
}

pg::Call<bool> ageHeartbeat(std::string_view queue, std::string_view consumer, pg::Interval age) {
    return {"age_heartbeat",
            {"update pgque.subscription s set sub_active = now() - $3::interval "
             "from pgque.queue q, pgque.consumer c "
             "where q.queue_name = $1 and c.co_name = $2 and s.sub_queue = q.queue_id and s.sub_consumer = c.co_id "
             "and s.sub_batch is not null and s.sub_active > now() - $3::interval",
             pg::Params::of(queue, consumer, age)},
            [](const pg::Result& result) { return result.affectedRows() > 0; }};
}

} // namespace queries
