-- SPDX-License-Identifier: Apache-2.0
-- $1 queue id, $2 cursor, $3 minimum lag, $4 minimum count, $5 minimum interval (null: not asked for). No row: nothing
-- to hand out.
select n.tick_id
  from pgque.tick p
 cross join lateral (
       (select t.tick_id, t.tick_time
          from pgque.tick t
         where $4::int4 is null and $5::interval is null and t.tick_queue = p.tick_queue and t.tick_id > p.tick_id
         order by t.tick_id limit 1)
        union all
       select h.next_tick_id, h.next_tick_time
         from pgque.find_tick_helper(p.tick_queue, p.tick_id, p.tick_time, p.tick_event_seq, $4::int4, $5::interval) h
        where $4::int4 is not null or $5::interval is not null) n
 where p.tick_queue = $1::int4 and p.tick_id = $2::int8
   and n.tick_id is not null and (now() - n.tick_time < $3::interval) is not true
