-- SPDX-License-Identifier: Apache-2.0
-- $1 queue id, $2 the member's consumer id. Asking is a sign of life, also when nothing new is handed out.
update pgque.subscription
   set sub_active = now()
 where sub_queue = $1::int4 and sub_consumer = $2::int4
