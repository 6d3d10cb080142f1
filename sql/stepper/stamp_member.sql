-- SPDX-License-Identifier: Apache-2.0
-- $1 queue id, $2 the member's consumer id, $3 token, $4 and $5 the window, $6 how often it was taken over. The window
-- is the member's once this is committed.
update pgque.subscription
   set sub_last_tick = $4::int8, sub_batch = $3::int8, sub_next_tick = $5::int8,
       sub_active = now(), sub_batch_since = now(), sub_takeovers = $6::int4
 where sub_queue = $1::int4 and sub_consumer = $2::int4
