-- SPDX-License-Identifier: Apache-2.0
-- $1 queue id, $2 the main row's consumer id. The allocation lock: one member at a time gets past this statement.
select s.sub_id, s.sub_last_tick as cursor, s.sub_batch
  from pgque.subscription s
 where s.sub_queue = $1::int4 and s.sub_consumer = $2::int4 and s.sub_role = 'coop_main'
   for update
