-- SPDX-License-Identifier: Apache-2.0
-- $1 queue, $2 consumer, $3 subconsumer. Finds the rows of a registered member without locking anything, and says
-- where the cursor stood at that moment: whoever finds it elsewhere behind the lock has lost a race.
select q.queue_id, m.sub_consumer as main_id, s.sub_consumer as member_id, m.sub_last_tick as cursor
  from pgque.queue q
  join pgque.consumer mc on mc.co_name = $2::text
  join pgque.subscription m
    on m.sub_queue = q.queue_id and m.sub_consumer = mc.co_id and m.sub_role = 'coop_main'
  join pgque.consumer c on c.co_name = $2::text || '.' || $3::text
  join pgque.subscription s
    on s.sub_queue = q.queue_id and s.sub_consumer = c.co_id and s.sub_role = 'coop_member' and s.sub_id = m.sub_id
 where q.queue_name = $1::text
