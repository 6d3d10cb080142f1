-- SPDX-License-Identifier: GPL-3.0-or-later
-- Scheduling with pg_timetable: the four jobs, who is trusted, how it ends.
select plan(38);
\i :fixtures/timetable.sql
create function pg_temp.config() returns text language sql as
    $$ select concat_ws(' ', coalesce(scheduler, '-'), tick_period_ms) from pgque.config $$;
create function pg_temp.status(text) returns text language sql as $$ select status from pgque.status() where component = $1 $$;

select refuses(format('select pgque.start_timetable(%s)', coalesce(n::text, 'null')), format('ticks_per_second must be an exact divisor of 1000 between 1 and 1000 (got %s)', coalesce(n::text, 'NULL')))
  from unnest(array[0, -1, 3, 999, 1001, null]) n;
select is((select count(*)::int from timetable.job), 0, 'what is refused makes no job');
select is(pg_temp.config(), '- 100', 'and no configuration');

select lives_ok('select pgque.start_timetable()', 'start_timetable');
select results_eq('select name, schedule, kind, max_instances, ignore_errors from timetable.job order by name',
    $$values ('pgque_maint', '@every 30 seconds', 'SQL', 1, false), ('pgque_retry_events', '@every 30 seconds', 'SQL', 1, false),
             ('pgque_rotate_step2', '@every 10 seconds', 'SQL', 1, false), ('pgque_ticker', '@every 1 second', 'SQL', 1, false)$$, 'four jobs');
select is((select command from timetable.job where name = 'pgque_ticker'), 'CALL pgque.ticker_loop()', 'the ticker''s command');
select matches((select command from timetable.job where name = 'pgque_maint'), 'pgque\.maint\(\)', 'maintenance');
select matches((select command from timetable.job where name = 'pgque_retry_events'), 'pgque\.maint_retry_events\(\)', 'retries');
select matches((select command from timetable.job where name = 'pgque_rotate_step2'), 'pgque\.maint_rotate_tables_step2\(\)', 'rotation');
select is(pg_temp.config(), 'pg_timetable 100', 'configured');
select is(format('%s %s %s', pg_temp.status('scheduler'), pg_temp.status('ticker'), pg_temp.status('maintenance')), 'pg_timetable scheduled scheduled', 'status');
select is(pg_temp.status('pg_timetable'), null, 'it is not missing any more');
select is(pg_temp.status('pg_cron'), 'unavailable', 'the other one is');

select lives_ok('select pgque.start_timetable(i_ticks_per_second => 4)', 'again, with another rate');
select is((select count(*)::int from timetable.job), 4, 'still four jobs');
select is(pg_temp.config(), 'pg_timetable 250', 'the period follows');
-- every command can be run
create procedure public.run_job(text) language plpgsql as $$ begin execute (select command from timetable.job where name = $1); end $$;
select lives_ok('call public.run_job(' || quote_literal(j) || ')', j || ' can be run')
  from unnest(array['pgque_maint', 'pgque_retry_events', 'pgque_rotate_step2']) j;

select lives_ok('select pgque.stop()', 'stop() ends it, too');
select is((select count(*)::int from timetable.job), 0, 'no jobs');
select is(pg_temp.config(), '- 250', 'not configured, the period stays');
select is(pg_temp.status('scheduler'), 'manual', 'status');
select pgque.start_timetable(1000) \gset
select is(pg_temp.config(), 'pg_timetable 1', 'a thousand a second');
select lives_ok('select pgque.stop_timetable()', 'stop_timetable');
select is((select count(*)::int from timetable.job), 0, 'no jobs');
select lives_ok('select pgque.stop_timetable()', 'again: harmless');

-- the older form of the API
\i :fixtures/timetable_eleven.sql
select lives_ok('select pgque.start_timetable()', 'the eleven-argument form');
select is((select count(*)::int from timetable.job), 4, 'four jobs');

-- whom we trust
drop role if exists sqlcase_timer;
create role sqlcase_timer;
select pgque.stop_timetable() \gset
alter schema timetable owner to sqlcase_timer;
select refuses('select pgque.start_timetable()', 'untrusted pg_timetable schema owner: sqlcase_timer');
alter schema timetable owner to current_user;
alter function timetable.delete_job(text) owner to sqlcase_timer;
select refuses('select pgque.start_timetable()', 'untrusted pg_timetable API owner: sqlcase_timer');
select lives_ok('select pgque.stop_timetable()', 'stopping calls nothing that is not trusted');
alter function timetable.delete_job(text) owner to current_user;
select is((select count(*)::int from timetable.job), 0, 'and no job was made');
drop role sqlcase_timer;

select * from finish();
