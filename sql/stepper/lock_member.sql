-- SPDX-License-Identifier: Apache-2.0
-- $1 queue id, $2 the member's consumer id, $3 the group's sub_id. Main before member, always.
select s.sub_batch, s.sub_last_tick, s.sub_next_tick
  from pgque.subscription s
 where s.sub_queue = $1::int4 and s.sub_consumer = $2::int4 and s.sub_role = 'coop_member' and s.sub_id = $3::int4
   for update
