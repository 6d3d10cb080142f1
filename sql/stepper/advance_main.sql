-- SPDX-License-Identifier: Apache-2.0
-- $1 queue id, $2 the main row's consumer id, $3 the window's end. The cursor moves when the window is handed out, not
-- when it is done.
update pgque.subscription
   set sub_last_tick = $3::int8, sub_active = now()
 where sub_queue = $1::int4 and sub_consumer = $2::int4
