-- SPDX-License-Identifier: GPL-3.0-or-later
-- Without pg_cron and pg_timetable: what is refused and how, the tick period, status(), the ticker loop.
select plan(57);
create function pg_temp.config() returns text language sql as
    $$ select concat_ws(' ', coalesce(ticker_job_id::text, '-'), coalesce(maint_job_id::text, '-'), coalesce(scheduler, '-'), tick_period_ms) from pgque.config $$;
create function pg_temp.status(text) returns text language sql as $$ select status from pgque.status() where component = $1 $$;
create function pg_temp.detail(text) returns text language sql as $$ select detail from pgque.status() where component = $1 $$;

-- start and stop
select refuses('select pgque.start()', 'pg_cron extension is not installed. PgQue itself works without pg_cron, but pgque.start() schedules cron jobs. Install pg_cron first, or run pgque.ticker() and pgque.maint() manually.');
select refuses('select pgque.start_timetable()', 'pg_timetable schema/API is not installed. Run pg_timetable against this database first, or use pgque.start() for pg_cron.');
select lives_ok('select pgque.stop()', 'stop() is harmless');
select lives_ok('select pgque.stop_timetable()', 'so is stop_timetable()');
select is(pg_temp.config(), '- - - 100', 'nothing is configured');
create schema timetable;
select refuses('select pgque.start_timetable()', 'pg_timetable schema/API is not installed. Run pg_timetable against this database first, or use pgque.start() for pg_cron.', 'a schema of that name alone is not the API');
select lives_ok('select pgque.stop_timetable()', 'nor is it in the way of stopping');
drop schema timetable;

-- the tick period
select is(pgque.set_tick_period_ms(ms), ms, ms || ' ms') from unnest(array[1, 2, 50, 250, 1000]) ms;
select is(pg_temp.config(), '- - - 1000', 'is stored');
select refuses(format('select pgque.set_tick_period_ms(%s)', coalesce(ms::text, 'null')), format('tick_period_ms must be an exact divisor of 1000 between 1 and 1000 (got %s)', coalesce(ms::text, 'NULL')))
  from unnest(array[0, -1, 3, 999, 1001, 2000, null]) ms;
select is(pg_temp.config(), '- - - 1000', 'what is refused changes nothing');
select pgque.set_tick_period_ms(p_period_ms => 100) \gset
select is(pg_temp.config(), '- - - 100', 'by name');

-- status
select is((select array_agg(component) from pgque.status() where component in ('postgresql', 'pgque', 'scheduler', 'ticker', 'maintenance', 'pg_cron', 'pg_timetable', 'queues', 'consumers')),
          array['postgresql', 'pgque', 'scheduler', 'ticker', 'maintenance', 'pg_cron', 'pg_timetable', 'queues', 'consumers'], 'the components in order');
select is(pg_temp.status(c), s, 'status of ' || c) from (values ('postgresql', 'info'), ('pgque', 'info'), ('scheduler', 'manual'), ('ticker', 'stopped'), ('maintenance', 'stopped'),
    ('pg_cron', 'unavailable'), ('pg_timetable', 'unavailable'), ('queues', 'info'), ('consumers', 'info')) v(c, s);
select matches(pg_temp.detail('pgque'), '0\.2\.0', 'the version');
select matches(pg_temp.detail('postgresql'), split_part(current_setting('server_version'), ' ', 1), 'the server''s version');
select matches(pg_temp.detail('pg_cron'), 'pgque\.ticker\(\).*pgque\.maint\(\)', 'what to do by hand, ticker first');
select is(pg_temp.detail('queues'), '0 queues configured', 'no queues');
select is(pg_temp.detail('consumers'), '0 active subscriptions', 'no subscriptions');
select pgque.create_queue('a'), pgque.create_queue('b'), pgque.subscribe('a', 'c'), pgque.subscribe('b', 'c'), pgque.subscribe('b', 'd') \gset
select is(pg_temp.detail('queues'), '2 queues configured', 'two queues');
select is(pg_temp.detail('consumers'), '3 active subscriptions', 'three subscriptions');
-- whether anything really ticks
create function pg_temp.all_details() returns text language sql as $$ select string_agg(component || ': ' || detail, chr(10)) from pgque.status() $$;
select pg_temp.all_details() as before \gset
update pgque.tick set tick_time = '2011-11-11 11:11:11+00';
select isnt(pg_temp.all_details(), :'before', 'status() depends on when the last tick was');
select matches(pg_temp.all_details(), '2011-11-11|years|\d{4,} days|[0-9]{5,}', 'and tells it');
select pgque.maint() \gset
select matches(pg_temp.all_details(), '(?i)maint\w*.*(last|ran|ago|' || extract(year from now()) || ')', 'and when maintenance ran last');
set role pgque_reader;
select denied('select * from pgque.status()');
select denied('select pgque.start()');
select denied('select pgque.stop()');
select denied('select pgque.start_timetable()');
select denied('select pgque.stop_timetable()');
select denied('select pgque.set_tick_period_ms(100)');
select denied('call pgque.ticker_loop()');
set role pgque_admin;
select lives_ok('select * from pgque.status()', 'an admin may see the status');
select lives_ok('select pgque.stop()', 'and stop');
reset role;

-- the loop
select throws_ok('do $_$ begin begin call pgque.ticker_loop(); exception when division_by_zero then null; end; end $_$', '2D000', null, 'the loop commits, so it can''t run inside a transaction block');
create function pg_temp.ticks() returns bigint language sql as $$ select count(*) from pgque.tick where tick_time > '2012-01-01' $$;
select pgque.set_queue_config('a', 'ticker_max_lag', '1 millisecond'), pgque.set_queue_config('a', 'ticker_idle_period', '1 millisecond') \gset
select pgque.set_queue_config('b', 'ticker_paused', 'true') \gset
select pgque.set_tick_period_ms(1000) \gset
select pg_temp.ticks() as before, clock_timestamp() as began \gset
call pgque.ticker_loop();
select is(pg_temp.ticks() - :before, 1::bigint, 'a period of a second: exactly one pass');
select ok(clock_timestamp() - :'began' < '900 ms', 'without sleeping');
select pgque.set_tick_period_ms(200) \gset
select pg_temp.ticks() as before, clock_timestamp() as began \gset
call pgque.ticker_loop();
select ok(pg_temp.ticks() - :before between 2 and 5, 'a period of 200 ms: two to five passes');
select ok(clock_timestamp() - :'began' between '150 ms' and '1.5 s', 'within about a second');
-- each pass is a transaction of its own: events sent meanwhile arrive within the loop
select suite.open('loop');
delete from pgque.tick where tick_queue = suite.queue_id('a') and tick_id < (select max(tick_id) from pgque.tick where tick_queue = suite.queue_id('a'));
select pgque.set_tick_period_ms(100), pgque.unsubscribe('a', 'c'), pgque.subscribe('a', 'c') \gset
select suite.send('loop', 'call pgque.ticker_loop()');
select pgque.send('a', 'meanwhile') \gset
create procedure public.await() language plpgsql as $$
begin
    for i in 1..300 loop
        insert into public.seen select payload, suite.busy('loop') from pgque.receive('a', 'c');
        commit;
        exit when exists (select from public.seen);
        perform pg_sleep(0.01);
    end loop;
end $$;
create table public.seen (payload text, looping boolean);
call public.await();
select is((select string_agg(payload || ' ' || looping, ',') from public.seen), 'meanwhile true', 'what is sent during the loop is delivered during the loop');
select suite.answer('loop') \gset

select * from finish();
