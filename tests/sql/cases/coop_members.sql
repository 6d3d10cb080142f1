-- SPDX-License-Identifier: GPL-3.0-or-later
-- Cooperative groups: joining, staying, leaving, and what is refused.
select plan(118);
select pgque.create_queue('q'), pgque.create_queue('r') \gset
create function pg_temp.group_of(consumer text) returns text language sql as $$
    select string_agg(format('%s:%s', c.co_name, s.sub_role), ' ' order by s.sub_role, c.co_name)
      from pgque.subscription s join pgque.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = suite.queue_id('q')
       and s.sub_id = (select x.sub_id from pgque.subscription x join pgque.consumer y on y.co_id = x.sub_consumer
                        where y.co_name = consumer and x.sub_queue = suite.queue_id('q')) $$;

-- joining
select is(pgque.register_subconsumer('q', 'g', 'a'), 1, 'the first member makes the group');
select is(pg_temp.group_of('g'), 'g:coop_main g.a:coop_member', 'a main row and a member row with one id');
select is(suite.position('q', 'g'), 'coop_main 1 idle -', 'the main row has the position');
select is(suite.position('q', 'g.a'), 'coop_member - idle -', 'the member none');
update pgque.subscription set sub_active = '2020-01-01';
select is(pgque.register_subconsumer('q', 'g', 'a'), 0, 'joining again');
select ok(clock_timestamp() - sub_active < '1 min', 'is a sign of life') from pgque.subscription where sub_role = 'coop_member';
select is(sub_active, '2020-01-01'::timestamptz, 'not of the main row') from pgque.subscription where sub_role = 'coop_main';
select is(pgque.subscribe_subconsumer('q', 'g', 'b'), 1, 'subscribe_subconsumer is the same');
select is(pgque.subscribe_subconsumer(i_queue => 'q', i_consumer => 'g', i_subconsumer => 'c', i_convert_normal => false), 1, 'by name');
select is(pg_temp.group_of('g'), 'g:coop_main g.a:coop_member g.b:coop_member g.c:coop_member', 'three members');
select is(pgque.register_subconsumer('r', 'g', 'a'), 1, 'the same names on another queue');
select isnt((select min(sub_id) from pgque.subscription where sub_queue = suite.queue_id('q')),
            (select min(sub_id) from pgque.subscription where sub_queue = suite.queue_id('r')), 'are another group');
select suite.tick('q') \gset
select is(pgque.register_subconsumer('q', 'h', 'a'), 1, 'another group on the queue');
select is(suite.position('q', 'h'), 'coop_main 2 idle -', 'starts at the last tick');
select is(suite.position('q', 'g'), 'coop_main 1 idle -', 'the first one stays where it is');

-- names
select refuses(format('select pgque.%s(%L, %L, %L)', f, '', 'g', 'a'), 'queue name must not be empty') from unnest(array['register_subconsumer', 'subscribe_subconsumer']) f;
select refuses(format('select pgque.%s(%L, %L, %L)', f, null, 'g', 'a'), 'queue name must not be empty') from unnest(array['register_subconsumer', 'subscribe_subconsumer']) f;
select refuses(format('select pgque.%s(%L, %L, %L)', f, 'q', '', 'a'), 'consumer name must not be empty') from unnest(array['register_subconsumer', 'subscribe_subconsumer']) f;
select refuses(format('select pgque.%s(%L, %L, %L)', f, 'q', null, 'a'), 'consumer name must not be empty') from unnest(array['register_subconsumer', 'subscribe_subconsumer']) f;
select refuses(format('select pgque.%s(%L, %L, %L)', f, 'q', 'g', ''), 'subconsumer name must not be empty') from unnest(array['register_subconsumer', 'subscribe_subconsumer']) f;
select refuses(format('select pgque.%s(%L, %L, %L)', f, 'q', 'g', null), 'subconsumer name must not be empty') from unnest(array['register_subconsumer', 'subscribe_subconsumer']) f;
select refuses(format('select pgque.%s(%L, %L, %L)', f, 'q', 'g.x', 'a'), 'cooperative consumer name must not contain dot: g.x') from unnest(array['register_subconsumer', 'subscribe_subconsumer']) f;
select refuses(format('select pgque.%s(%L, %L, %L)', f, 'q', 'g', 'a.x'), 'cooperative subconsumer name must not contain dot: a.x') from unnest(array['register_subconsumer', 'subscribe_subconsumer']) f;
select refuses($$select pgque.register_subconsumer('nowhere', 'g', 'a')$$, 'Event queue not created yet');
select refuses(format('select %s', call), 'consumer name must not be empty') from unnest(array[
    $$pgque.next_batch('q', '', 'a')$$, $$pgque.receive_coop('q', '', 'a')$$, $$pgque.next_batch_custom('q', '', 'a', null, null, null)$$]) call;
select refuses(format('select %s', call), 'subconsumer name must not be empty') from unnest(array[
    $$pgque.next_batch('q', 'g', '')$$, $$pgque.receive_coop('q', 'g', '')$$, $$pgque.next_batch_custom('q', 'g', '', null, null, null)$$]) call;
select refuses(format('select %s', call), 'cooperative consumer name must not contain dot: g.x') from unnest(array[
    $$pgque.next_batch('q', 'g.x', 'a')$$, $$pgque.receive_coop('q', 'g.x', 'a')$$]) call;
select refuses($$select pgque.receive_coop('nowhere', 'g', 'a')$$, 'Event queue not created yet');

-- a normal consumer of that name
select pgque.subscribe('q', 'plain') \gset
select refuses($$select pgque.register_subconsumer('q', 'plain', 'a')$$,
    'consumer plain on queue q is already a normal consumer; explicit conversion is required');
select throws_like($$select pgque.receive_coop('q', 'plain', 'a')$$,
    'consumer plain on queue q is already a normal consumer; explicit conversion is required%', 'receive_coop does not convert');
select is(suite.position('q', 'plain'), 'normal 2 idle -', 'nothing happened');
select pgque.send('q', 'x') \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'plain') as batch \gset
select refuses($$select pgque.register_subconsumer('q', 'plain', 'a', true)$$,
    'cannot convert active normal consumer plain on queue q to cooperative main');
select refuses($$select pgque.register_subconsumer('q', 'plain', 'a', false)$$,
    'consumer plain on queue q is already a normal consumer; explicit conversion is required');
select pgque.ack(:batch) \gset
select sub_id as before from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'plain' \gset
select is(pgque.register_subconsumer('q', 'plain', 'a', i_convert_normal => true), 1, 'converting an idle one');
select is(pg_temp.group_of('plain'), 'plain:coop_main plain.a:coop_member', 'makes it the main row');
select is(suite.position('q', 'plain'), 'coop_main 3 idle -', 'at its position');
select is(sub_id, :before, 'with its id, so that its retries stay its own') from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'plain';
select is(pgque.register_subconsumer('q', 'plain', 'b', true), 1, 'the flag does no harm on a group');

-- a member as main, a foreign row under the member's name
select refuses($$select pgque.register_subconsumer('q', 'g', 'a.b')$$, 'cooperative subconsumer name must not contain dot: a.b');
begin;
update pgque.consumer set co_name = 'dotless' where co_name = 'g.a';
select refuses($$select pgque.register_subconsumer('q', 'dotless', 'x')$$, 'consumer dotless on queue q is not a cooperative main consumer');
rollback;
select pgque.subscribe('q', 'g.taken') \gset
select refuses($$select pgque.register_subconsumer('q', 'g', 'taken')$$, 'consumer name g.taken on queue q is already registered incompatibly');
begin;
update pgque.consumer set co_name = 'tmp' where co_name = 'g.b';
update pgque.consumer set co_name = 'g.b' where co_name = 'h.a';
select refuses($$select pgque.register_subconsumer('q', 'g', 'b')$$, 'consumer name g.b on queue q is already registered incompatibly');
rollback;
select pgque.unsubscribe('q', 'g.taken') \gset

-- heartbeat
update pgque.subscription set sub_active = '2020-01-01';
select is(pgque.touch_subconsumer('q', 'g', 'a'), 1, 'touch');
select ok(clock_timestamp() - sub_active < '1 min', 'is a sign of life') from pgque.subscription join pgque.consumer on co_id = sub_consumer
 where co_name = 'g.a' and sub_queue = suite.queue_id('q');
select is((select count(*)::int from pgque.subscription where sub_active > '2020-01-01'), 1, 'of that member alone');
begin;
select now() as began \gset
select pgque.touch_subconsumer('q', 'g', 'b') \gset
select ok(sub_active > :'began', 'by the clock, not by the transaction') from pgque.subscription join pgque.consumer on co_id = sub_consumer
 where co_name = 'g.b';
rollback;
select is(pgque.touch_subconsumer('q', 'g', 'nobody'), 0, 'touch: no such member');
select is(pgque.touch_subconsumer('q', 'nobody', 'a'), 0, 'no such group');
select is(pgque.touch_subconsumer('nowhere', 'g', 'a'), 0, 'no such queue');
select is((select count(*)::int from pgque.consumer where co_name like '%nobody%'), 0, 'touch never creates');

-- the old entries refuse a group
select refuses(format(call, 'g'), 'consumer g on queue q is a cooperative main consumer; use cooperative receive/next_batch with a subconsumer')
  from unnest(array[$$select pgque.next_batch('q', %L)$$, $$select * from pgque.next_batch_info('q', %L)$$,
                    $$select * from pgque.next_batch_custom('q', %L, null, null, null)$$, $$select * from pgque.receive('q', %L)$$]) call;
select refuses(format(call, 'g.a'), 'consumer g.a on queue q is a cooperative subconsumer; use receive_coop / next_batch (cooperative form) instead of the legacy 5-arg next_batch_custom')
  from unnest(array[$$select pgque.next_batch('q', %L)$$, $$select * from pgque.next_batch_info('q', %L)$$,
                    $$select * from pgque.next_batch_custom('q', %L, null, null, null)$$, $$select * from pgque.receive('q', %L)$$]) call;
select refuses($$select pgque.unregister_consumer('q', 'g')$$, 'cannot unregister cooperative main consumer with registered subconsumers');
select refuses($$select pgque.unsubscribe('q', 'g')$$, 'cannot unregister cooperative main consumer with registered subconsumers');
select throws_ok($$select pgque.register_consumer_at('q', 'g.a', 2)$$, null, null, 'a member can not be positioned');
select is(suite.position('q', 'g.a'), 'coop_member - idle -', 'and is as before');
select is(pgque.register_consumer('q', 'g'), 0, 'registering a group''s name as normal consumer finds it there');
select is(suite.position('q', 'g'), 'coop_main 1 idle -', 'and changes nothing');

-- leaving
select is(pgque.unregister_subconsumer('q', 'g', 'nobody'), 0, 'no such member');
select is(pgque.unregister_subconsumer('q', 'nobody', 'a'), 0, 'no such group');
select is(pgque.unregister_subconsumer('nowhere', 'g', 'a'), 0, 'no such queue');
select refuses(format($$select pgque.unregister_subconsumer('q', 'g', 'a', %s)$$, n), 'unsupported batch_handling value: ' || n) from unnest(array[2, -1, 99]) n;
select throws_like($$select pgque.unregister_subconsumer('q', 'g', 'a', null)$$, 'unsupported batch_handling value%', 'NULL is no handling');
select throws_like($$select pgque.unsubscribe_subconsumer('q', 'g', 'a', null)$$, 'unsupported batch_handling value%', 'in neither name');
select is(suite.position('q', 'g.a'), 'coop_member - idle -', 'still a member');
select is(pgque.unregister_subconsumer('q', 'g', 'a'), 1, 'leaving');
select is(pgque.unregister_subconsumer('q', 'g', 'a'), 0, 'once');
select is((select count(*)::int from pgque.consumer where co_name = 'g.a'), 1, 'the name is in use on another queue');
select is(pgque.unsubscribe_subconsumer(i_queue => 'q', i_consumer => 'g', i_subconsumer => 'b', i_batch_handling => 1), 1, 'by the other name');
select is((select count(*)::int from pgque.consumer where co_name = 'g.b'), 0, 'an unused name goes');
select is(pg_temp.group_of('g'), 'g:coop_main g.c:coop_member', 'one is left');
select is(pgque.unregister_consumer('q', 'g.c'), 1, 'an idle member can leave by the old entry');
select is(suite.position('q', 'g'), 'normal 1 idle -', 'the last one leaves a normal consumer at the group''s position');
select is((select sub_last_tick from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'g' and sub_queue = suite.queue_id('q')), 1::bigint, 'nothing is lost');
select throws_like($$select pgque.receive_coop('q', 'g', 'c')$$,
    'consumer g on queue q is already a normal consumer; explicit conversion is required%', 'workers that come back are refused');
select matches(suite.told($$select pgque.receive_coop('q', 'g', 'c')$$), 'register_subconsumer', 'and told the remedy');
select is(pgque.register_subconsumer('q', 'g', 'c', true), 1, 'which works');
select is(pgque.unregister_subconsumer('q', 'g', 'c'), 1, 'leaving again');
select isnt(pgque.next_batch('q', 'g'), null, 'the normal consumer goes on');
select pgque.ack((select sub_batch from pgque.subscription where sub_batch is not null)) \gset
select is(pgque.unregister_consumer('q', 'g'), 1, 'and may go');

-- other consumers are not touched
select is(pg_temp.group_of('h'), 'h:coop_main h.a:coop_member', 'the other group');
select is(pg_temp.group_of('plain'), 'plain:coop_main plain.a:coop_member plain.b:coop_member', 'and the converted one are as they were');

-- the members' roles
set role pgque_reader;
select lives_ok($$select pgque.register_subconsumer('q', 'h', 'reader')$$, 'a reader may join');
select lives_ok($$select * from pgque.receive_coop('q', 'h', 'reader')$$, 'receive');
select lives_ok($$select pgque.touch_subconsumer('q', 'h', 'reader')$$, 'touch');
select lives_ok($$select pgque.unregister_subconsumer('q', 'h', 'reader', 1)$$, 'leave');
set role pgque_writer;
select denied($$select pgque.register_subconsumer('q', 'h', 'writer')$$);
select denied($$select * from pgque.receive_coop('q', 'h', 'a')$$);
select denied($$select pgque.touch_subconsumer('q', 'h', 'a')$$);
select denied($$select pgque.unregister_subconsumer('q', 'h', 'a')$$);
reset role;

-- two sessions found one group: nobody fails, one main
select suite.open('a'), suite.open('b');
select suite.run('a', 'begin') \gset
select is(suite.run('a', $$select pgque.register_subconsumer('q', 'new', 'x')$$), '1', 'one session founds a group');
select suite.send('b', $$select pgque.register_subconsumer('q', 'new', 'y')$$);
select ok(suite.waits('b'), 'another one waits');
select suite.run('a', 'commit') \gset
select is(suite.answer('b'), '1', 'and joins');
select is(pg_temp.group_of('new'), 'new:coop_main new.x:coop_member new.y:coop_member', 'one group');
-- the two last members leave at once
select suite.run('a', 'begin') \gset
select is(suite.run('a', $$select pgque.unregister_subconsumer('q', 'new', 'x')$$), '1', 'one leaves');
select suite.send('b', $$select pgque.unregister_subconsumer('q', 'new', 'y')$$);
select suite.waits('b', 2) \gset
select suite.run('a', 'commit') \gset
select is(suite.answer('b'), '1', 'the other, too');
select is(suite.position('q', 'new'), 'normal 3 idle -', 'and what is left is a normal consumer');

select * from finish();
