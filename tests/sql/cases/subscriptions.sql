-- SPDX-License-Identifier: GPL-3.0-or-later
-- Registering and unregistering normal consumers.
select plan(56);
select pgque.create_queue('q'), pgque.create_queue('r') \gset
select suite.tick('q') as tick \gset

-- register
select is(pgque.register_consumer('q', 'alpha'), 1, 'a new subscription');
select is(pgque.register_consumer('q', 'alpha'), 0, 'an existing one');
select is(suite.position('q', 'alpha'), 'normal 2 idle -', 'stands at the last tick');
select is(pgque.subscribe('q', 'beta'), 1, 'subscribe is the same');
select is(pgque.subscribe('q', 'beta'), 0, 'as for an existing one');
select is(pgque.subscribe(queue => 'r', consumer => 'alpha'), 1, 'by name, on another queue');
select is((select count(*)::int from pgque.consumer), 2, 'a name has one row for all queues');
select isnt((select sub_id from pgque.subscription where sub_queue = suite.queue_id('q') limit 1),
            (select sub_id from pgque.subscription where sub_queue = suite.queue_id('r')), 'each subscription has an id of its own');
select refuses($$select pgque.register_consumer('nowhere', 'alpha')$$, 'Event queue not created yet');
select refuses($$select pgque.subscribe('nowhere', 'alpha')$$, 'Event queue not created yet');
select refuses($$select pgque.register_consumer_at('nowhere', 'alpha', 1)$$, 'Event queue not created yet');
select is((select count(*)::int from pgque.consumer), 2, 'a refused registration leaves no consumer');
select throws_ok($$select pgque.subscribe('q', null)$$, null, null, 'no name, no subscription');
select throws_like($$select pgque.subscribe(null, 'alpha')$$, '%vent queue not created yet%', 'no queue name');

-- only what comes later
select pgque.send('q', 'one') as id \gset
select pgque.subscribe('q', 'gamma') \gset
select suite.tick('q') \gset
select is(suite.payloads(pgque.next_batch('q', 'gamma')), 'one', 'an event that was sent, but not ticked, is still to come');
select pgque.subscribe('q', 'delta') \gset
select is(pgque.next_batch('q', 'delta'), null, 'what was ticked before is not');

-- at a position
select is(pgque.register_consumer_at('q', 'epsilon', 1), 1, 'at a tick');
select is(suite.position('q', 'epsilon'), 'normal 1 idle -', 'stands there');
select is(pgque.register_consumer_at('q', 'epsilon', 2), 0, 'an existing one moves');
select is(suite.position('q', 'epsilon'), 'normal 2 idle -', 'to there');
select is(pgque.register_consumer_at('q', 'epsilon', null), 0, 'no tick given');
select is(suite.position('q', 'epsilon'), 'normal 2 idle -', 'leaves an existing one where it is');
select refuses($$select pgque.register_consumer_at('q', 'epsilon', 99)$$, 'cannot reposition, tick not found: 99');
select refuses($$select pgque.register_consumer_at('q', 'zeta', 99)$$, 'cannot reposition, tick not found: 99');
select is((select count(*)::int from pgque.consumer where co_name = 'zeta'), 0, 'and no consumer for it');
select is(suite.payloads(pgque.next_batch('q', 'epsilon')), 'one', 'it reads from its position');
select is(pgque.register_consumer_at('q', 'epsilon', 1), 0, 'moving away from an open batch');
select is(suite.position('q', 'epsilon'), 'normal 1 idle -', 'closes it');

-- no ticks
select pgque.create_queue('bare') \gset
delete from pgque.tick where tick_queue = suite.queue_id('bare');
select refuses($$select pgque.subscribe('bare', 'alpha')$$, 'No ticks for this queue.  Please run ticker on database.');
select pgque.ticker('bare') \gset
select is(pgque.subscribe('bare', 'alpha'), 1, 'after the ticker ran');

-- unregister
select is(pgque.unregister_consumer('q', 'nobody'), 0, 'unknown consumer');
select is(pgque.unregister_consumer('nowhere', 'alpha'), 0, 'unknown queue');
select is(pgque.unregister_consumer(null, null), 0, 'nothing given');
select is(pgque.unregister_consumer('q', 'alpha'), 1, 'removed');
select is(suite.position('q', 'alpha'), null, 'gone');
select is((select count(*)::int from pgque.consumer where co_name = 'alpha'), 1, 'its name is used on other queues');
select is(pgque.unsubscribe(queue => 'r', consumer => 'alpha'), 1, 'unsubscribe is the same');
select is(pgque.unsubscribe('r', 'alpha'), 0, 'once');
select is(pgque.unsubscribe('bare', 'alpha'), 1, 'the last one');
select is((select count(*)::int from pgque.consumer where co_name = 'alpha'), 0, 'takes the name along');

-- what goes with a subscription
select sub_batch as batch from pgque.subscription where sub_batch is not null \gset
select pgque.event_retry(:batch, :id, 60) \gset
select pgque.event_dead(:batch, :id, 'why', now(), null, 0, 't', 'd') \gset
select is(pgque.unsubscribe('q', 'gamma'), 1, 'with an open batch, a retry and a dead letter');
select is((select count(*)::int from pgque.retry_queue), 0, 'its retries are gone');
select is((select count(*)::int from pgque.dead_letter), 0, 'its dead letters too, as the name was in no other use');
select pgque.subscribe('q', 'gamma') \gset
select is((select count(*)::int from pgque.subscription where sub_batch is not null), 0, 'a new subscription of that name starts afresh');

-- names
select is(pgque.subscribe('q', 'with.dot'), 1, 'a normal consumer''s name may hold a dot');
select is(pgque.subscribe('q', ''), 1, 'or be empty');
select is(pgque.subscribe('q', repeat('ü', 300)), 1, 'or long');
select is(pgque.unsubscribe('q', repeat('ü', 300)), 1, 'and goes again');
select is(pgque.subscribe('q', 'with#hash'), 1, 'stable reserves no sign');

-- several at once: one row, nobody fails
select suite.open('a'), suite.open('b');
select suite.run('a', 'begin') \gset
select is(suite.run('a', $$select pgque.subscribe('q', 'twice')$$), '1', 'the first session registers');
select suite.send('b', $$select pgque.subscribe('q', 'twice')$$);
select ok(suite.waits('b'), 'the second waits');
select suite.run('a', 'commit') \gset
select is(suite.answer('b'), '0', 'and then finds it registered');
select is((select count(*)::int from pgque.consumer where co_name = 'twice'), 1, 'one consumer');
select suite.run('a', 'begin') \gset
select suite.run('a', $$select pgque.unsubscribe('q', 'twice')$$) \gset
select suite.send('b', $$select pgque.subscribe('r', 'twice')$$);
select suite.waits('b', 2) \gset
select suite.run('a', 'commit') \gset
select is(suite.answer('b'), '1', 'registering while the last use of the name goes away');
select is((select count(*)::int from pgque.subscription s join pgque.consumer c on c.co_id = s.sub_consumer where c.co_name = 'twice'), 1,
          'leaves a whole subscription');
select suite.run('a', 'begin') \gset
select suite.run('a', $$select pgque.subscribe('q', 'undone')$$) \gset
select suite.send('b', $$select pgque.subscribe('q', 'undone')$$);
select suite.waits('b', 2) \gset
select suite.run('a', 'rollback') \gset
select is(suite.answer('b'), '1', 'the other one rolled back: this one is first');

select * from finish();
