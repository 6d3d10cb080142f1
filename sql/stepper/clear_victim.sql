-- SPDX-License-Identifier: Apache-2.0
-- $1 queue id, $2 the victim's consumer id. From here on the old token finds nothing.
update pgque.subscription
   set sub_last_tick = null, sub_batch = null, sub_next_tick = null, sub_active = now(),
       sub_batch_since = null, sub_takeovers = null
 where sub_queue = $1::int4 and sub_consumer = $2::int4
