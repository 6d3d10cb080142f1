// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/upkeep.h"

#include "queries/columns.h"

namespace queries {

namespace {

using detail::micros;
using detail::textOrEmpty;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;
using pgque::detail::valueCall;

pg::Call<std::vector<domain::Slot>> replicationSlots() {
    return rowsCall("replication slots",
                    "select slot_name, active, xmin::text from pg_replication_slots where xmin is not null"
                    " order by age(xmin) desc limit 100",
                    {}, [](const pg::Row& row) {
                        return domain::Slot{textOrEmpty(row, 0), row.get<bool>(1), row.get<std::int64_t>(2)};
                    });
}

pg::Call<std::vector<domain::Standby>> standbys() {
    return rowsCall("standbys",
                    "select pid, application_name, backend_xmin::text from pg_stat_replication"
                    " where backend_xmin is not null order by age(backend_xmin) desc limit 100",
                    {}, [](const pg::Row& row) {
                        return domain::Standby{row.get<std::int32_t>(0), textOrEmpty(row, 1), row.get<std::int64_t>(2)};
                    });
}

pg::Call<std::vector<domain::TableHealth>> tables() {
    return rowsCall("metadata tables",
                    "select relname, n_live_tup, n_dead_tup, " + micros("greatest(last_vacuum, last_autovacuum)") +
                        " from pg_stat_all_tables where schemaname = 'pgque'"
                        " and relname in ('subscription', 'tick', 'queue', 'consumer', 'retry_queue') order by relname",
                    {}, [](const pg::Row& row) {
                        return domain::TableHealth{textOrEmpty(row, 0), row.get<std::int64_t>(1),
                                                   row.get<std::int64_t>(2), optionalMicroseconds(row, 3)};
                    });
}

/// From owner to owner through the primary key, whatever the number of retries.
pg::Call<std::int64_t> ownerlessRetries() {
    return valueCall<std::int64_t>(
        "retries without an owner",
        "with recursive owners as ((select ev_owner from pgque.retry_queue order by ev_owner limit 1)"
        " union all select (select r.ev_owner from pgque.retry_queue r where r.ev_owner > o.ev_owner"
        " order by r.ev_owner limit 1) from owners o where o.ev_owner is not null)"
        " select count(*) from (select from owners o where o.ev_owner is not null and not exists"
        " (select from pgque.subscription s where s.sub_id = o.ev_owner) limit 100) nobodys",
        {});
}

pg::Call<std::int64_t> memberDeadLetters() {
    return valueCall<std::int64_t>(
        "dead letters of members",
        "select count(*) from (select from pgque.subscription s where s.sub_role = 'coop_member'"
        " and exists (select from pgque.dead_letter d where d.dl_queue_id = s.sub_queue"
        " and d.dl_consumer_id = s.sub_consumer) limit 100) members",
        {});
}

} // namespace

UpkeepQuestions askUpkeep(Look& look, const domain::Capabilities& capabilities, Limits limits) {
    look.part(limits);
    UpkeepQuestions asked;
    asked.began = look.ask(serverClock());
    asked.nextXid = look.ask(
        valueCall<std::int64_t>("transaction ids", "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint", {}));
    asked.replicationSlots = look.ask(replicationSlots());
    asked.standbys = look.ask(standbys());
    asked.tables = look.ask(tables());
    if (capabilities.readableTables.contains("retry_queue"))
        asked.ownerlessRetries = look.ask(ownerlessRetries());
    if (capabilities.readableTables.contains("dead_letter") && capabilities.hasColumn("subscription.sub_role"))
        asked.memberDeadLetters = look.ask(memberDeadLetters());
    asked.clock = look.ask(serverClock());
    return asked;
}

domain::Upkeep readUpkeep(const Answers& answers, const UpkeepQuestions& questions) {
    domain::Upkeep upkeep;
    upkeep.takenAt = answers.get(questions.clock);
    upkeep.nextXid = answers.get(questions.nextXid);
    upkeep.replicationSlots = answers.get(questions.replicationSlots);
    upkeep.standbys = answers.get(questions.standbys);
    upkeep.tables = answers.get(questions.tables);
    if (questions.ownerlessRetries)
        upkeep.ownerlessRetries = answers.get(*questions.ownerlessRetries);
    if (questions.memberDeadLetters)
        upkeep.memberDeadLetters = answers.get(*questions.memberDeadLetters);
    return upkeep;
}

} // namespace queries
