-- SPDX-License-Identifier: Apache-2.0
-- $1 queue id, $2 the group's sub_id, $3 the caller's consumer id, $4 dead interval. The member that has been silent
-- longest, beyond the dead interval; one whose row somebody holds is alive and is passed over.
select s.sub_consumer as victim_id, s.sub_batch, s.sub_last_tick, s.sub_next_tick, coalesce(s.sub_takeovers, 0) as takeovers
  from pgque.subscription s
 where s.sub_queue = $1::int4 and s.sub_id = $2::int4 and s.sub_role = 'coop_member' and s.sub_consumer <> $3::int4
   and s.sub_batch is not null and s.sub_active < now() - $4::interval
 order by s.sub_active, s.sub_consumer
 limit 1
   for update skip locked
