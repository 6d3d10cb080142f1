-- SPDX-License-Identifier: GPL-3.0-or-later
-- When a queue ticks and when it does not, what a tick records, and what stops one queue without stopping the others.
select plan(79);

create function pg_temp.seq(queue text) returns bigint language plpgsql as $$
declare
    v bigint;
begin
    execute 'select case when is_called then last_value else 0 end from '
         || (select queue_event_seq from pgque.queue q where q.queue_name = seq.queue) into v;
    return v;
end $$;
-- Moves the two newest ticks so that the last is `lag` old and the one before `gap` older than that.
create function pg_temp.place(queue text, gap interval, lag interval) returns void language sql as $$
    update pgque.tick t set tick_time = clock_timestamp() - lag - gap * (x.r - 1)
      from (select tick_id, row_number() over (order by tick_id desc) as r from pgque.tick where tick_queue = suite.queue_id(queue)) x
     where t.tick_queue = suite.queue_id(queue) and t.tick_id = x.tick_id $$;

-- a fresh queue
select pgque.create_queue('q') \gset
select is((select tick_event_seq from pgque.tick), 0::bigint, 'a sequence nobody has called counts as 0');
select is(pgque.ticker('q'), 2::bigint, 'a queue with a single tick always ticks');
select is((select tick_event_seq from pgque.tick where tick_id = 2), 0::bigint, 'still nothing drawn');
select is(pgque.ticker('q'), null, 'then it waits');

-- idle rules
select pg_temp.place('q', '0.4 s', '1 s');
select is(pgque.ticker('q'), null, 'idle: not before half of max_lag');
select pg_temp.place('q', '0.4 s', '1.7 s');
select is(pgque.ticker('q'), 3::bigint, 'idle: after half of max_lag when the gap before was short');
select pg_temp.place('q', '3 s', '5 s');
select is(pgque.ticker('q'), null, 'idle: not before twice the gap');
select pg_temp.place('q', '3 s', '6.2 s');
select is(pgque.ticker('q'), 4::bigint, 'idle: after twice the gap');
select pg_temp.place('q', '50 s', '58 s');
select is(pgque.ticker('q'), null, 'idle: not before the idle period');
select pg_temp.place('q', '50 s', '61 s');
select is(pgque.ticker('q'), 5::bigint, 'idle: the idle period is the cap');
select pgque.set_queue_config('q', 'ticker_idle_period', '10 seconds') \gset
select pg_temp.place('q', '50 s', '11 s');
select is(pgque.ticker('q'), 6::bigint, 'idle: with a period of its own');
select pgque.set_queue_config('q', 'ticker_max_lag', '20 seconds') \gset
select pg_temp.place('q', '1 s', '9 s');
select is(pgque.ticker('q'), null, 'idle: half of a larger max_lag');
select pg_temp.place('q', '1 s', '11 s');
select is(pgque.ticker('q'), 7::bigint, 'idle: and after it');
select pgque.set_queue_config('q', 'ticker_max_lag', null) \gset
select pgque.set_queue_config('q', 'ticker_idle_period', null) \gset

-- events waiting
select pgque.set_queue_config('q', 'ticker_max_count', '3') \gset
select pgque.send_batch('q', array['a', 'b']) \gset
select is(pgque.ticker('q'), null, 'two of three events: not yet');
select pgque.send('q', 'c'::text) \gset
select is(pgque.ticker('q'), 8::bigint, 'max_count reached');
select is((select tick_event_seq from pgque.tick where tick_id = 8), pg_temp.seq('q'), 'the tick records the sequence');
select pgque.send('q', 'd'::text) \gset
select pg_temp.place('q', '0.1 s', '2.5 s');
select is(pgque.ticker('q'), null, 'one event, younger than max_lag: not yet, though an idle queue would have ticked');
select pg_temp.place('q', '50 s', '3.1 s');
select is(pgque.ticker('q'), 9::bigint, 'max_lag reached, whatever the gap before');
select ok(clock_timestamp() - tick_time < '5 s' and pg_snapshot_xmax(tick_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()),
          'a tick has the time and the snapshot of its transaction') from pgque.tick where tick_id = 9;

-- the very first event is no idle queue
select pgque.create_queue('first') \gset
select is(pgque.ticker('first'), 2::bigint, 'a second tick on a queue without events');
select pgque.send('first', 'x'::text) \gset
select pg_temp.place('first', '50 s', '3.1 s');
select is(pgque.ticker('first'), 3::bigint, 'the first event waits for max_lag, not for the idle period');

-- no tick left
select pgque.create_queue('bare') \gset
delete from pgque.tick where tick_queue = suite.queue_id('bare');
select isnt(pgque.ticker('bare'), null, 'a queue without any tick gets one');
select cmp_ok((select max(tick_id) from pgque.tick where tick_queue = suite.queue_id('bare')), '>', 1::bigint, 'with the next number');

-- external and paused
select pgque.create_queue('ext') \gset
select pgque.set_queue_config('ext', 'external_ticker', 'true') \gset
select pgque.create_queue('held') \gset
select pgque.set_queue_config('held', 'ticker_paused', 'true') \gset
select refuses($$select pgque.ticker('nowhere')$$, 'no such queue');
select refuses($$select pgque.ticker('ext')$$, 'This queue has external tick source.');
select refuses($$select pgque.ticker('held')$$, 'Ticker has been paused for this queue');
select suite.age(queue_name, '1 hour') from pgque.queue;
select is(pgque.ticker(), 3::bigint, 'ticker() ticks all but the external and the paused one');
select is((select string_agg(queue_name, ' ' order by queue_name) from pgque.queue q
            where exists (select from pgque.tick where tick_queue = queue_id and tick_time > now() - interval '1 min')), 'bare first q',
          'namely these');
select is(pgque.ticker(), 0::bigint, 'nothing is due a moment later');

-- ticks from outside
select is(pgque.ticker('ext', 100, '2020-01-01 00:00:00+00', 5000), 100::bigint, 'an external tick');
select is((select format('%s %s %s', tick_id, tick_time at time zone 'UTC', tick_event_seq) from pgque.tick
            where tick_queue = suite.queue_id('ext') order by tick_id desc limit 1), '100 2020-01-01 00:00:00 5000', 'as given');
select ok(pg_temp.seq('ext') >= 5000, 'the event sequence is lifted');
select cmp_ok(nextval((select queue_tick_seq from pgque.queue where queue_name = 'ext')::regclass), '>', 100::bigint,
              'the tick sequence is lifted');
select refuses($$select pgque.ticker('ext', 100, now(), 6000)$$,
    'external ticker tick_id must be strictly greater than current max (100 <= 100)');
select refuses($$select pgque.ticker('ext', 99, now(), 6000)$$,
    'external ticker tick_id must be strictly greater than current max (99 <= 100)');
select refuses($$select pgque.ticker('ext', 101, now(), 4999)$$,
    'external ticker event_seq must be >= previous tick (4999 < 5000)');
select is(pgque.ticker('ext', 101, now(), 5000), 101::bigint, 'the same event position is fine');
select cmp_ok(pg_temp.seq('ext'), '>=', 5000::bigint, 'the sequence never goes back');
select refuses($$select pgque.ticker('nowhere', 1, now(), 1)$$, 'queue not found: nowhere');
select refuses($$select pgque.ticker('q', 1000, now(), 1)$$,
    'queue q is not configured for external ticker (queue_external_ticker = false); use pgque.ticker(queue) instead');
select pgque.set_queue_config('ext', 'ticker_paused', 'true') \gset
select refuses($$select pgque.ticker('ext', 102, now(), 6000)$$, 'queue ext is paused (queue_ticker_paused = true)');
select pgque.set_queue_config('ext', 'ticker_paused', 'false') \gset

-- forcing
select refuses(format('select pgque.%s(%L)', f, 'nowhere'), 'queue not found: nowhere') from unnest(array['force_tick', 'force_next_tick']) f;
select refuses(format('select pgque.%s(%L)', f, 'held'), 'queue held is paused (queue_ticker_paused = true)')
  from unnest(array['force_tick', 'force_next_tick']) f;
select refuses(format('select pgque.%s(%L)', f, 'ext'), 'queue ext is configured for external ticker; force_tick is meaningless — push ticks via pgque.ticker(queue, tick_id, ts, event_seq)')
  from unnest(array['force_tick', 'force_next_tick']) f;
select pgque.create_queue('f1') \gset
select pgque.create_queue('f2') \gset
select is(pgque.force_tick('f1'), 1::bigint, 'force_tick answers the last tick there is');
select is(pgque.force_next_tick('f2'), 1::bigint, 'so does force_next_tick');
select is((select count(*)::int from pgque.tick where tick_queue in (suite.queue_id('f1'), suite.queue_id('f2'))), 2, 'neither makes one');
select is(pg_temp.seq('f1'), 2001::bigint, 'the sequence jumps by twice max_count plus 1000 beyond its next value');
select is(pg_temp.seq('f2'), 2001::bigint, 'in both');
select is(pgque.ticker('f1'), 2::bigint, 'and the next ticker call ticks');
select is(pgque.ticker('f2'), 2::bigint, 'in both');
select is(pgque.ticker('f1'), null, 'once');
select pgque.set_queue_config('f1', 'ticker_max_count', '10') \gset
select is(pgque.force_tick('f1'), 2::bigint, 'again');
select is(pg_temp.seq('f1'), (2001 + 1 + 1020)::bigint, 'by the queue''s own max_count');
select is(pgque.ticker('f1'), 3::bigint, 'ticks again');

-- sanity
select pgque.create_queue('sick') \gset
update pgque.tick set tick_snapshot = '99999999:99999999:' where tick_queue = suite.queue_id('sick');
select throws_like($$select pgque.ticker('sick')$$, 'Invalid PgQ state: old xmin=99999999, old xmax=99999999, cur txid=%', 'restored from elsewhere');
update pgque.tick set tick_snapshot = '3:99999999:' where tick_queue = suite.queue_id('sick');
\set said `"$SUITE_SAY" "select pgque.ticker('sick')"`
select matches(:'said'::text, 'WARNING:  Dubious PgQ state:', 'an xmax from the future is a warning');
select suite.age('sick', '1 hour');
update pgque.tick set tick_snapshot = pg_current_snapshot(), tick_event_seq = 1000 where tick_queue = suite.queue_id('sick');
\set said `"$SUITE_SAY" "select pgque.ticker('sick')"`
select matches(:'said'::text, 'WARNING:  Negative new_events\?', 'so is a sequence that went back');

-- one sick queue among healthy ones
delete from pgque.tick where tick_queue = suite.queue_id('sick') and tick_id > 1;
update pgque.tick set tick_snapshot = '99999999:99999999:' where tick_queue = suite.queue_id('sick');
select suite.age(queue_name, '1 hour') from pgque.queue;
\set said `"$SUITE_SAY" "select 'ticked ' || pgque.ticker()"`
select matches(:'said'::text, '(?n)^ticked 5$', 'the healthy five tick');
select matches(:'said'::text, 'WARNING:  .*sick', 'the sick one is named in a warning');
select is((select count(*)::int from pgque.tick where tick_queue = suite.queue_id('sick')), 1, 'and gets no tick');
select ok(exists (select from pgque.status() where detail like '%sick%'), 'status() tells it, too');
delete from pgque.tick where tick_queue = suite.queue_id('sick');
select isnt(pgque.ticker('sick'), null, 'recovered');

-- an insert that fails for one queue only
select suite.age(queue_name, '1 hour') from pgque.queue;
create function public.no_tick() returns trigger language plpgsql as $$ begin raise exception 'broken on purpose'; end $$;
do $$ begin execute format('create trigger refuse before insert on pgque.tick for each row when (new.tick_queue = %s) execute function public.no_tick()',
                           suite.queue_id('f1')); end $$;
\set said `"$SUITE_SAY" "select 'ticked ' || pgque.ticker()"`
select matches(:'said'::text, '(?n)^ticked 5$', 'a failing insert of one queue lets the others tick');
select matches(:'said'::text, 'WARNING:  .*f1', 'and is reported');
drop trigger refuse on pgque.tick;

-- a queue whose sequence is gone, or is just going
select suite.age(queue_name, '1 hour') from pgque.queue;
select pgque.create_queue('torn') \gset
do $$ begin execute format('drop sequence %s cascade', (select queue_event_seq from pgque.queue where queue_name = 'torn')); end $$;
\set said `"$SUITE_SAY" "select 'ticked ' || pgque.ticker()"`
select matches(:'said'::text, '(?n)^ticked 6$', 'a queue without its sequence lets the others tick');
select matches(:'said'::text, 'WARNING:  .*torn', 'and is reported');
select suite.age(queue_name, '1 hour') from pgque.queue;
select suite.open('dropper'), suite.open('passer');
select suite.run('dropper', 'begin') \gset
select suite.run('dropper', $$select pgque.drop_queue('sick', true)$$) \gset
select suite.send('passer', 'select pgque.ticker()');
select ok(suite.passes('passer'), 'ticker() does not wait for a queue that is being dropped');
select is(suite.answer('passer'), '5', 'it ticks the rest');
select suite.run('dropper', 'rollback') \gset
delete from pgque.tick where tick_queue = suite.queue_id('torn');
delete from pgque.queue where queue_name = 'torn';
select is(pgque.ticker(), 1::bigint, 'and that one when it stays after all');

-- one pass is one transaction without subtransactions: a thousand queues must not cost a thousand numbers
select suite.age(queue_name, '1 hour') from pgque.queue;
select pgque.ticker() \gset
select is((select count(distinct xmin::text)::int from pgque.tick where tick_time = (select max(tick_time) from pgque.tick)), 1, 'a pass over all queues takes one transaction number');
select cmp_ok((select count(*) from pgque.tick where tick_time = (select max(tick_time) from pgque.tick)), '>', 5::bigint, 'for six queues');

-- somebody holds a queue's row: the others go on
select suite.age(queue_name, '1 hour') from pgque.queue;
select suite.open('holder'), suite.open('ticker');
select suite.run('holder', 'begin') \gset
select suite.run('holder', $$select queue_id from pgque.queue where queue_name = 'q' for update$$) \gset
select suite.send('ticker', 'select pgque.ticker()');
select ok(suite.passes('ticker'), 'ticker() does not wait for a locked queue');
select is(suite.answer('ticker'), '5', 'it ticks the rest');
select suite.run('holder', 'rollback') \gset
select is(pgque.ticker(), 1::bigint, 'and that one next time');

-- one transaction
select suite.age(queue_name, '1 hour') from pgque.queue;
begin;
select pgque.ticker() as n \gset
rollback;
select is(pgque.ticker(), :n::bigint, 'a ticker() that is rolled back has ticked nothing');

select * from finish();
