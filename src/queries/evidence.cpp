// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/evidence.h"

#include "pg/statement.h"

namespace queries::evidence {

namespace {

template <class... Values>
std::string shown(std::string_view sql, const Values&... values) {
    return pg::Statement{std::string(sql), pg::Params::of(values...)}.display();
}

} // namespace

std::string newestTick(std::string_view queue) {
    return shown("select t.tick_id, t.tick_time, now() - t.tick_time as age, t.tick_event_seq\n"
                 "  from pgque.tick t join pgque.queue q on q.queue_id = t.tick_queue\n"
                 " where q.queue_name = $1\n order by t.tick_id desc limit 2;",
                 queue);
}

std::string openBatch(std::int64_t batch) {
    return shown("select q.queue_name, c.co_name, s.sub_role, s.sub_last_tick, s.sub_next_tick, s.sub_active,\n"
                 "       now() - s.sub_active as heartbeat_age\n"
                 "  from pgque.subscription s\n"
                 "  join pgque.queue q on q.queue_id = s.sub_queue\n"
                 "  join pgque.consumer c on c.co_id = s.sub_consumer\n where s.sub_batch = $1;",
                 batch);
}

std::string groupMembers(std::string_view queue, std::string_view consumer) {
    return shown("select c.co_name, s.sub_role, s.sub_batch, s.sub_last_tick, s.sub_next_tick, s.sub_active\n"
                 "  from pgque.subscription s join pgque.consumer c on c.co_id = s.sub_consumer\n"
                 " where (s.sub_queue, s.sub_id) in (\n"
                 "       select m.sub_queue, m.sub_id from pgque.subscription m\n"
                 "         join pgque.queue q on q.queue_id = m.sub_queue\n"
                 "         join pgque.consumer mc on mc.co_id = m.sub_consumer\n"
                 "        where q.queue_name = $1 and mc.co_name = $2);",
                 queue, consumer);
}

std::string lowestPosition(std::string_view queue) {
    return shown("select c.co_name, s.sub_role, s.sub_last_tick, t.tick_time, now() - t.tick_time as age,\n"
                 "       pg_snapshot_xmin(t.tick_snapshot) as tick_xmin, q.queue_switch_step2\n"
                 "  from pgque.subscription s\n"
                 "  join pgque.queue q on q.queue_id = s.sub_queue\n"
                 "  join pgque.consumer c on c.co_id = s.sub_consumer\n"
                 "  left join pgque.tick t on t.tick_queue = s.sub_queue and t.tick_id = s.sub_last_tick\n"
                 " where q.queue_name = $1 and s.sub_last_tick is not null\n order by s.sub_last_tick limit 5;",
                 queue);
}

std::string retriesDue(std::string_view queue) {
    return shown("select count(*), min(r.ev_retry_after), now() - min(r.ev_retry_after) as overdue\n"
                 "  from pgque.retry_queue r join pgque.queue q on q.queue_id = r.ev_queue\n"
                 " where q.queue_name = $1 and r.ev_retry_after <= now();",
                 queue);
}

std::string deadLetters(std::string_view queue) {
    return shown("select d.dl_id, d.dl_time, d.dl_reason, d.ev_id, d.ev_type, d.ev_retry\n"
                 "  from pgque.dead_letter d join pgque.queue q on q.queue_id = d.dl_queue_id\n"
                 " where q.queue_name = $1\n order by d.dl_time desc limit 20;",
                 queue);
}

std::string rotation(std::string_view queue) {
    return shown("select queue_cur_table, queue_switch_time, queue_rotation_period, queue_switch_step1,\n"
                 "       queue_switch_step2,\n"
                 "       (select pg_snapshot_xmin(tick_snapshot) from pgque.tick order by tick_time desc limit 1)\n"
                 "         as newest_tick_reaches_back_to\n  from pgque.queue where queue_name = $1;",
                 queue);
}

std::string subscriptions(std::string_view queue) {
    return shown(
        "select c.co_name, s.sub_role, s.sub_batch, s.sub_last_tick, l.tick_time, s.sub_next_tick, s.sub_active\n"
        "  from pgque.subscription s\n"
        "  join pgque.queue q on q.queue_id = s.sub_queue\n"
        "  join pgque.consumer c on c.co_id = s.sub_consumer\n"
        "  left join pgque.tick l on l.tick_queue = s.sub_queue and l.tick_id = s.sub_last_tick\n"
        " where q.queue_name = $1\n order by s.sub_id, s.sub_role, c.co_name;",
        queue);
}

std::string sameBatch(std::int64_t batch) {
    return shown("select q.queue_name, c.co_name, s.*\n  from pgque.subscription s\n"
                 "  join pgque.queue q on q.queue_id = s.sub_queue\n"
                 "  join pgque.consumer c on c.co_id = s.sub_consumer\n where s.sub_batch = $1;",
                 batch);
}

std::string retryLoad(std::string_view queue) {
    return shown("select count(*) filter (where r.ev_retry_after <= now()) as due,\n"
                 "       count(*) filter (where r.ev_retry_after > now()\n"
                 "                    and r.ev_retry_after <= now() + interval '10 minutes') as due_in_ten_minutes,\n"
                 "       min(r.ev_retry_after) as oldest, max(r.ev_retry) as most_retries\n"
                 "  from pgque.retry_queue r join pgque.queue q on q.queue_id = r.ev_queue\n where q.queue_name = $1;",
                 queue);
}

std::string ownerlessRetries() {
    return shown("select q.queue_name, r.ev_owner, count(*), min(r.ev_retry_after)\n  from pgque.retry_queue r\n"
                 "  left join pgque.queue q on q.queue_id = r.ev_queue\n"
                 " where not exists (select from pgque.subscription s where s.sub_id = r.ev_owner)\n group by 1, 2;");
}

std::string memberDeadLetters() {
    return shown("select q.queue_name, c.co_name, count(*)\n  from pgque.dead_letter d\n"
                 "  join pgque.subscription s on s.sub_queue = d.dl_queue_id and s.sub_consumer = d.dl_consumer_id\n"
                 "  join pgque.queue q on q.queue_id = s.sub_queue\n"
                 "  join pgque.consumer c on c.co_id = s.sub_consumer\n"
                 " where s.sub_role = 'coop_member'\n group by 1, 2;");
}

std::string eventTableLocks() {
    return shown("select l.relation::regclass, l.mode, l.pid, a.application_name, a.state, a.xact_start\n"
                 "  from pg_locks l\n"
                 "  join pg_class c on c.oid = l.relation and c.relnamespace = 'pgque'::regnamespace\n"
                 "   and c.relname like 'event\\_%'\n"
                 "  left join pg_stat_activity a on a.pid = l.pid\n"
                 " where l.locktype = 'relation' and l.granted and l.pid is distinct from pg_backend_pid()\n"
                 "   and l.database = (select oid from pg_database where datname = current_database())\n"
                 " order by a.xact_start;");
}

std::string session(std::int32_t pid) {
    return shown("select pid, usename, application_name, client_addr, state, xact_start, state_change, wait_event,\n"
                 "       backend_xid, backend_xmin, left(query, 200) as query\n"
                 "  from pg_stat_activity where pid = $1;",
                 pid);
}

std::string preparedTransactions() {
    return shown("select gid, prepared, owner, database, transaction from pg_prepared_xacts order by prepared;");
}

std::string replay() {
    return shown("select pg_last_xact_replay_timestamp() as replayed_at, clock_timestamp() as now,\n"
                 "       pg_last_wal_receive_lsn() as received, pg_last_wal_replay_lsn() as replayed,\n"
                 "       pg_is_wal_replay_paused() as paused;");
}

std::string horizon() {
    return shown("select 'session' as kind, pid::text as name, backend_xmin as xmin, xact_start\n"
                 "  from pg_stat_activity where backend_xmin is not null\n"
                 "union all select 'slot', slot_name, xmin, null from pg_replication_slots where xmin is not null\n"
                 "union all select 'standby', application_name, backend_xmin, null from pg_stat_replication\n"
                 "           where backend_xmin is not null\n"
                 "union all select 'prepared', gid, transaction, prepared from pg_prepared_xacts\n"
                 " order by 4 nulls first;");
}

std::string deadRows() {
    return shown("select relname, n_live_tup, n_dead_tup, last_autovacuum, last_vacuum\n"
                 "  from pg_stat_all_tables where schemaname = 'pgque'\n"
                 "   and relname in ('subscription', 'tick', 'queue', 'consumer', 'retry_queue');");
}

std::string tickSnapshots(std::string_view queue) {
    return shown("select t.tick_id, t.tick_time, t.tick_snapshot, pg_current_snapshot() as now\n"
                 "  from pgque.tick t join pgque.queue q on q.queue_id = t.tick_queue\n"
                 " where q.queue_name = $1\n order by t.tick_id desc limit 2;",
                 queue);
}

} // namespace queries::evidence
