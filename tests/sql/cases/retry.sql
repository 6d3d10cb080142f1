-- SPDX-License-Identifier: GPL-3.0-or-later
-- Putting events aside for later and bringing them back.
select plan(56);
select pgque.create_queue('q'), pgque.subscribe('q', 'c'), pgque.subscribe('q', 'other') \gset
select pgque.insert_event('q', 'type', 'one', 'a', 'b', 'c', 'd') as one \gset
select pgque.send('q', 'two') as two, pgque.send('q', 'three') as three \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch, pgque.next_batch('q', 'other') as foreign \gset
select sub_id as owner from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'c' \gset

-- event_retry
select is(pgque.event_retry(:batch, :one, 60), 1, 'an event put aside');
select is(pgque.event_retry(:batch, :one, 10), 0, 'once');
select is(format('%s %s %s %s %s %s %s %s %s', ev_id, ev_owner, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4),
          format('%s %s 1 type one a b c d', :one, :owner), 'with all that belongs to it') from pgque.retry_queue;
select ok(ev_txid is null and ev_queue = suite.queue_id('q') and ev_time = (select ev_time from pgque.event_template where ev_id = :one),
          'its own time, no transaction') from pgque.retry_queue;
select ok(ev_retry_after between now() + '55 s' and now() + '65 s', 'due as the first call said') from pgque.retry_queue;
select is(pgque.event_retry(:batch, :two, '2020-01-01'::timestamptz), 1, 'until a given time');
select is(ev_retry_after, '2020-01-01'::timestamptz, 'as given') from pgque.retry_queue where ev_id = :two;
select is(pgque.event_retry(:foreign, :one, 60), 1, 'another consumer has its own retries');
select refuses(format('select pgque.event_retry(%s, 999999, 60)', :batch), 'event not found');
select refuses(format('select pgque.event_retry(%s, 999999, now())', :batch), 'event not found');
select refuses(format('select pgque.event_retry(%s, null, 60)', :batch), 'event not found');
select throws_like($$select pgque.event_retry(424242, 1, 60)$$, '%atch not found%', 'unknown batch');
select throws_like($$select pgque.event_retry(null, 1, 60)$$, '%atch not found%', 'no batch');
select is((select count(*)::int from pgque.retry_queue), 3, 'what was refused left nothing');

-- batch_retry
select is(pgque.batch_retry(:batch, 30), 1, 'batch_retry takes what is not aside yet');
select is(pgque.batch_retry(:batch, 30), 0, 'and that once');
select is((select count(*)::int from pgque.retry_queue where ev_owner = :owner), 3, 'all three events wait');
select is((select ev_retry_after < now() from pgque.retry_queue where ev_id = :two and ev_owner = :owner), true, 'earlier due times stay');
select is(suite.position('q', 'c'), 'normal 1 batch 2', 'the batch stays open');
select refuses($$select pgque.batch_retry(424242, 1)$$, 'batch_retry: batch 424242 not found');
select throws_like($$select pgque.batch_retry(null, 1)$$, 'batch_retry: batch % not found', 'no batch');
select pgque.ack(:batch), pgque.ack(:foreign) \gset
select is((select count(*)::int from pgque.retry_queue where ev_owner = :owner), 3, 'they survive the ack');

-- the mover
select is(pgque.maint_retry_events(), 1, 'one is due');
select is(pgque.maint_retry_events(), 0, 'once');
select is((select count(*)::int from pgque.retry_queue where ev_owner = :owner), 2, 'the others wait on');
select suite.tick('q') \gset
select is((select string_agg(format('%s %s %s', msg_id, payload, retry_count), ',') from pgque.receive('q', 'c')), format('%s two 1', :two),
          'it comes back under its own id, counted');
select is((select count(*)::int from pgque.receive('q', 'other')), 0, 'to its owner only');
select ok(e.ev_time = o.ev_time and e.ev_owner = :owner, 'with its own time')
  from pgque.event_template e, pgque.event_template o where e.ev_id = :two and o.ev_id = :two and e.ev_retry = 1 and o.ev_retry is null;
select sub_batch as batch from pgque.subscription where sub_batch is not null \gset
select is(pgque.event_retry(:batch, :two, 0), 1, 'a second time');
select is((select ev_retry from pgque.retry_queue where ev_id = :two), 2, 'counts on');
select pgque.ack(:batch) \gset
begin;
select pgque.maint_retry_events() \gset
select pgque.force_next_tick('q'), pgque.ticker('q') as tick \gset
commit;
select is((select count(*)::int from pgque.receive('q', 'c')), 0, 'moved and ticked in one transaction: not in this window');
select suite.tick('q') \gset
select is((select string_agg(payload || retry_count, ',') from pgque.receive('q', 'c')), 'two2', 'but in the next');
select pgque.ack((select sub_batch from pgque.subscription where sub_batch is not null)) \gset
begin;
update pgque.retry_queue set ev_retry_after = '2020-01-01' where ev_owner = :owner;
select is(pgque.maint_retry_events(), 2, 'two are due');
rollback;
select is((select count(*)::int from pgque.retry_queue where ev_owner = :owner), 2, 'a mover that is rolled back moved nothing');
select pgque.unsubscribe('q', 'other') \gset

-- raw
select is(pgque.event_retry_raw('q', 'c', '2020-01-01', 555, '2019-01-01', 7, 't', 'raw', 'a', 'b', 'c', 'd'), 555::bigint, 'event_retry_raw');
select is(format('%s %s %s %s', ev_retry, ev_time at time zone 'UTC', ev_data, ev_owner), format('7 2019-01-01 00:00:00 raw %s', :owner), 'as given')
  from pgque.retry_queue where ev_id = 555;
select cmp_ok(pgque.event_retry_raw('q', 'c', now(), null, now(), null, 't', 'raw', null, null, null, null), '>', 2000::bigint, 'no id: the sequence');
select refuses($$select pgque.event_retry_raw('q', 'nobody', now(), null, now(), 1, 't', 'raw', null, null, null, null)$$, 'consumer not registered');
select refuses($$select pgque.event_retry_raw('nowhere', 'c', now(), null, now(), 1, 't', 'raw', null, null, null, null)$$, 'consumer not registered');
delete from pgque.retry_queue;

-- how much at a time: oldest due first, up to 1,000
select cardinality(pgque.send_batch('q', (select array_agg(i::text order by i) from generate_series(1, 2500) i))) as n \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch \gset
select is(pgque.batch_retry(:batch, 0), 2500, 'many retries');
update pgque.retry_queue set ev_retry_after = '2020-01-01'::timestamptz + make_interval(secs => 3000 - ev_data::int);
select pgque.ack(:batch) \gset
select is(pgque.maint_retry_events(), 1000, 'a thousand a call');
select is((select max(ev_data::int) from pgque.retry_queue), 1500, 'those due longest first');
select is(pgque.maint_retry_events(), 1000, 'a thousand again');
select is(pgque.maint_retry_events(), 500, 'the rest');
select is(pgque.maint_retry_events(), 0, 'and no more');
select suite.tick('q') \gset
select is((select count(distinct msg_id)::int from pgque.receive('q', 'c', null)), 2500, 'all are back');
select pgque.ack((select sub_batch from pgque.subscription where sub_batch is not null)) \gset

select pgque.event_retry_raw('q', 'c', '2020-01-01', 1, now(), 1, 't', 'x', null, null, null, null) \gset

-- with other sessions: nobody waits for a mover, a mover waits for nobody
select suite.open('a'), suite.open('b');
select suite.run('a', 'begin') \gset
select is(suite.run('a', 'select pgque.maint_retry_events()'), '1', 'one session moves');
select suite.send('b', 'select pgque.maint_retry_events()');
select suite.waits('b', 0.5) \gset
select suite.run('a', 'commit') \gset
select is(suite.answer('b'), '0', 'another one does not move it again');
select suite.tick('q') \gset
select is((select count(*)::int from pgque.receive('q', 'c')), 1, 'it is back once');
select sub_batch as batch, msg_id as message from pgque.receive('q', 'c'), pgque.subscription where sub_batch is not null \gset
select suite.run('a', 'begin') \gset
select suite.run('a', 'select pgque.maint_retry_events()') \gset
select suite.send('b', format('select pgque.nack(%s, row(%s, %s, null, null, null, null, null, null, null, null)::pgque.message)', :batch, :message, :batch));
select ok(suite.passes('b'), 'nack does not wait for the mover');
select is(suite.answer('b'), '1', 'and is done');
select suite.run('a', 'commit') \gset
select is((select count(*)::int from pgque.retry_queue), 1, 'the retry is there');

-- retries of a consumer that left do not block the others
insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry, ev_data)
    values ('2020-01-01', suite.queue_id('q'), 4242, now(), 999999, 1, 'orphan');
select is(pgque.maint_retry_events(), 1, 'a retry whose owner is gone moves like any other');
select is((select count(*)::int from pgque.retry_queue where ev_id = 4242), 0, 'and is out of the way');
select is(pgque.unsubscribe('q', 'c'), 1, 'unsubscribing');
select is((select count(*)::int from pgque.retry_queue), 0, 'takes the retries along');

select * from finish();
