-- SPDX-License-Identifier: GPL-3.0-or-later
-- Batches of normal consumers: next_batch in its forms, find_tick_helper, finish_batch.
select plan(74);
select pgque.create_queue('q'), pgque.subscribe('q', 'c') \gset
select suite.queue_id('q') as n \gset

-- nothing to do
select is(pgque.next_batch('q', 'c'), null, 'no later tick, no batch');
select is((b.*)::text, '(,,,,,,)', 'next_batch_info answers NULL throughout') from pgque.next_batch_info('q', 'c') b;
select is((b.*)::text, '(,,,,,,)', 'next_batch_custom as well') from pgque.next_batch_custom('q', 'c', null, null, null) b;
select is(suite.position('q', 'c'), 'normal 1 idle -', 'and nothing changed');

-- who is asking
select refuses($$select pgque.next_batch('q', 'x')$$, 'Not subscriber to queue: q/x');
select refuses($$select pgque.next_batch('nowhere', 'c')$$, 'Not subscriber to queue: nowhere/c');
select refuses($$select pgque.next_batch(null, null)$$, 'Not subscriber to queue: NULL/NULL');
select refuses($$select * from pgque.next_batch_info('q', 'x')$$, 'Not subscriber to queue: q/x');
select refuses($$select * from pgque.next_batch_custom('q', null, null, null, null)$$, 'Not subscriber to queue: q/NULL');

-- one tick window a time
select pgque.send('q', 'a') \gset
select suite.tick('q') \gset
select pgque.send('q', 'x') \gset
select suite.tick('q') \gset
select pgque.send('q', 'b') \gset
select suite.tick('q') as last \gset
update pgque.subscription set sub_active = '2020-01-01';
select pgque.next_batch('q', 'c') as batch \gset
select isnt(:'batch'::text, '', 'a batch');
select is(suite.position('q', 'c'), 'normal 1 batch 2', 'exactly one tick window');
select ok(clock_timestamp() - sub_active < '1 min', 'taking it is a sign of life') from pgque.subscription;
update pgque.subscription set sub_active = '2020-01-01';
select is(pgque.next_batch('q', 'c'), :batch::bigint, 'asking again answers the open batch');
select is(b.batch_id, :batch::bigint, 'in every form') from pgque.next_batch_custom('q', 'c', '1 year', 1000000, '1 year') b;
select is(sub_active, '2020-01-01'::timestamptz, 'which is no sign of life') from pgque.subscription;
select is(format('%s %s %s', b.batch_id, b.cur_tick_id, b.prev_tick_id), format('%s 2 1', :batch), 'next_batch_info names the ticks')
  from pgque.next_batch_info('q', 'c') b;
select ok(b.cur_tick_time = c.tick_time and b.prev_tick_time = p.tick_time and b.cur_tick_event_seq = c.tick_event_seq
          and b.prev_tick_event_seq = p.tick_event_seq, 'with their times and positions')
  from pgque.next_batch_info('q', 'c') b, pgque.tick c, pgque.tick p where c.tick_id = 2 and p.tick_id = 1;
select is(:batch::bigint, (select last_value from pgque.batch_id_seq), 'batch ids come from batch_id_seq');

-- finishing
select is(pgque.finish_batch(:batch), 1, 'finish_batch');
select is(suite.position('q', 'c'), 'normal 2 idle -', 'moves on to the end of the window');
select ok(clock_timestamp() - sub_active < '1 min', 'and is a sign of life') from pgque.subscription;
\set said `"$SUITE_SAY" "select pgque.finish_batch(424242)" "select pgque.ack(424243)" "select pgque.finish_batch(null)"`
select matches(:'said'::text, 'WARNING:  finish_batch: batch 424242 not found\n0\n', 'an unknown batch is a warning and 0');
select matches(:'said'::text, 'WARNING:  finish_batch: batch 424243 not found\n0\n', 'for ack, too');
select matches(:'said'::text, '\n0$', 'NULL is unknown as well');
select is(pgque.finish_batch(:batch), 0, 'a batch is finished once');
select is(suite.position('q', 'c'), 'normal 2 idle -', 'the second time changes nothing');
select refuses($$select * from pgque.get_batch_events(424242)$$, 'batch not found');
select refuses($$select * from pgque.get_batch_events(null)$$, 'batch not found');
select throws_like($$select * from pgque.get_batch_cursor(424242, 'cur', 1)$$, '%batch not found%', 'get_batch_cursor of an unknown batch');

-- empty windows
select pgque.next_batch('q', 'c') as batch \gset
select pgque.finish_batch(:batch) \gset
select pgque.next_batch('q', 'c') as batch \gset
select pgque.finish_batch(:batch) \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch \gset
select isnt(:'batch'::text, '', 'an empty window is a batch');
select is((select count(*)::int from pgque.get_batch_events(:batch)), 0, 'without events');
select pgque.finish_batch(:batch) \gset

select refuses(format('select pgque.%s(424242)', f), 'batch not found') from unnest(array['batch_event_sql', 'batch_event_tables']) f;
select pgque.next_batch('q', 'c') is null as none \gset

-- restrictions on the next tick: build a queue with known ticks
select pgque.create_queue('t'), pgque.set_queue_config('t', 'external_ticker', 'true') \gset
select pgque.subscribe('t', 'c') \gset
delete from pgque.tick where tick_queue = suite.queue_id('t') and tick_id > 1;
update pgque.tick set tick_time = now() - interval '1000 s', tick_event_seq = 0 where tick_queue = suite.queue_id('t');
select pgque.ticker('t', 1 + i, now() - interval '1000 s' + interval '10 s' * i, 10 * i) from generate_series(1, 10) i \g /dev/null
create function pg_temp.custom(lag interval, count int, duration interval) returns text language plpgsql as $$
declare
    b record;
begin
    select * into b from pgque.next_batch_custom('t', 'c', lag, count, duration);
    update pgque.subscription set sub_batch = null, sub_next_tick = null where sub_batch = b.batch_id;
    return coalesce(b.prev_tick_id || '-' || b.cur_tick_id, '-');
end $$;
select is(pg_temp.custom(null, null, null), '1-2', 'no restriction: one window');
select is(pg_temp.custom(null, 1, null), '1-2', 'at least 1 event');
select is(pg_temp.custom(null, 10, null), '1-2', 'at least 10');
select is(pg_temp.custom(null, 11, null), '1-3', 'at least 11');
select is(pg_temp.custom(null, 45, null), '1-6', 'at least 45');
select is(pg_temp.custom(null, 50, null), '1-11', 'the newest tick when that is at most twice as much');
select is(pg_temp.custom(null, 100, null), '1-11', 'exactly all');
select is(pg_temp.custom(null, 101, null), '-', 'more than there is: nothing');
select is(pg_temp.custom(null, null, '10 s'), '1-2', 'at least 10 seconds');
select is(pg_temp.custom(null, null, '35 s'), '1-5', 'at least 35 seconds');
select is(pg_temp.custom(null, null, '60 s'), '1-11', 'the newest tick when that is at most twice as long');
select is(pg_temp.custom(null, null, '101 s'), '-', 'longer than there is: nothing');
select is(pg_temp.custom(null, 1000, '25 s'), '1-4', 'either will do: the interval');
select is(pg_temp.custom(null, 15, '1 year'), '1-3', 'either will do: the count');
select is(pg_temp.custom(null, 1000, '1 year'), '-', 'neither is reached');
select is(pg_temp.custom('5 s', null, null), '1-2', 'min_lag: the tick is old enough');
select is(pg_temp.custom('2000 s', null, null), '-', 'min_lag: too young');
select is(pg_temp.custom('985 s', 11, null), '-', 'min_lag goes with the tick chosen');
select is(pg_temp.custom('970 s', 11, null), '1-3', 'and lets it pass when old enough');
select is(suite.position('t', 'c'), 'normal 1 idle -', 'none of this moved anything');

-- find_tick_helper by itself
create function pg_temp.helper(count bigint, duration interval) returns text language sql as $$
    select coalesce(next_tick_id || ' ' || next_tick_seq || ' ' || (next_tick_time is not null), '-')
      from pgque.tick t, pgque.find_tick_helper(t.tick_queue, t.tick_id, t.tick_time, t.tick_event_seq, count, duration)
     where t.tick_queue = suite.queue_id('t') and t.tick_id = 1 $$;
select is(pg_temp.helper(10, null), '2 10 true', 'helper: 10 events');
select is(pg_temp.helper(45, null), '6 50 true', 'helper: 45 events');
select is(pg_temp.helper(null, '35 s'), '5 40 true', 'helper: 35 seconds');
select is(pg_temp.helper(60, null), '11 100 true', 'helper: the newest tick');
select is(pg_temp.helper(101, null), '-', 'helper: too much');
select is(pg_temp.helper(null, null), '-', 'helper: nothing asked, nothing satisfied');

-- replaced by somebody, as the signature allows
begin;
create or replace function pgque.find_tick_helper(i_queue_id int4, i_prev_tick_id int8, i_prev_tick_time timestamptz, i_prev_tick_seq int8,
    i_min_count int8, i_min_interval interval, out next_tick_id int8, out next_tick_time timestamptz, out next_tick_seq int8)
    language plpgsql stable as $$
begin
    select tick_id, tick_time, tick_event_seq into next_tick_id, next_tick_time, next_tick_seq
      from pgque.tick where tick_queue = i_queue_id and tick_id = 8;
end $$;
select is(pg_temp.custom(null, 1, null), '1-8', 'next_batch_custom asks find_tick_helper for a count');
select is(pg_temp.custom(null, null, '1 s'), '1-8', 'and for an interval');
select is(pg_temp.custom(null, null, null), '1-2', 'and not otherwise');
rollback;

-- damaged
begin;
delete from pgque.tick where tick_queue = suite.queue_id('t') and tick_id = 1;
select refuses($$select pgque.next_batch('t', 'c')$$, 'PgQ corruption: Consumer c on queue t does not see tick 1');
rollback;

-- a main row without members, as only somebody's own DML makes it: it gets an id, but never holds a batch
begin;
update pgque.subscription set sub_role = 'coop_main' where sub_queue = suite.queue_id('t');
select isnt(pgque.next_batch('t', 'c'), null, 'a batch id is answered');
select is((select count(*)::int from pgque.subscription where sub_batch is not null), 0, 'but no main row takes a batch');
rollback;

-- one active batch, whoever asks at the same moment
select suite.open('a'), suite.open('b');
select suite.run('a', 'begin') \gset
select suite.run('a', $$select pgque.next_batch('t', 'c')$$) as first \gset
select suite.send('b', $$select pgque.next_batch('t', 'c')$$);
select ok(suite.waits('b'), 'a second session waits for the first');
select suite.run('a', 'commit') \gset
select is(suite.answer('b'), :'first', 'and gets the same batch');
select suite.run('a', 'begin') \gset
select suite.run('a', format('select pgque.finish_batch(%s)', :first)) \gset
select suite.send('b', $$select pgque.next_batch('t', 'c')$$);
select ok(suite.waits('b'), 'a second session waits for the first one''s ack');
select suite.run('a', 'commit') \gset
select isnt(suite.answer('b'), :'first', 'and gets the next batch');
select is(suite.position('t', 'c'), 'normal 2 batch 3', 'the next window');
select suite.run('a', 'begin') \gset
select suite.run('a', $$select pgque.finish_batch((select sub_batch from pgque.subscription where sub_batch is not null))$$) \gset
select suite.send('b', $$select pgque.finish_batch((select sub_batch from pgque.subscription where sub_batch is not null))$$);
select ok(suite.waits('b'), 'two acks of one batch: one waits');
select suite.run('a', 'commit') \gset
select is(suite.answer('b'), '0', 'and finds nothing left');
select is(suite.position('t', 'c'), 'normal 3 idle -', 'the position moved once');

-- batch ids are unique over queues
select pgque.subscribe('t', 'd') \gset
select pgque.ticker('t', 100, now(), 1000) \gset
select is(count(distinct b)::int, 2, 'batch ids are unique across consumers') from (values (pgque.next_batch('t', 'c')), (pgque.next_batch('t', 'd'))) v(b);

select * from finish();
