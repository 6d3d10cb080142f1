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
                 "       queue_switch_step2\n  from pgque.queue where queue_name = $1;",
                 queue);
}

} // namespace queries::evidence
