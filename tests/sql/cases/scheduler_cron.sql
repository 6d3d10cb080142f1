-- SPDX-License-Identifier: GPL-3.0-or-later
-- Scheduling with pg_cron, against a stand-in of its functions.
select plan(25);
\i :fixtures/cron.sql
create function pg_temp.config() returns text language sql as
    $$ select concat_ws(' ', ticker_job_id is not null, maint_job_id is not null, coalesce(scheduler, '-'), tick_period_ms) from pgque.config $$;
create function pg_temp.status(text) returns text language sql as $$ select status from pgque.status() where component = $1 $$;

\set said `"$SUITE_SAY" "select pgque.start()"`
select matches(:'said'::text, 'NOTICE:', 'start() says what it did');
select results_eq('select jobname, schedule, database = current_database() from cron.job order by jobname',
    $$values ('pgque_maint', '30 seconds', true), ('pgque_retry_events', '30 seconds', true), ('pgque_rotate_step2', '10 seconds', true),
             ('pgque_ticker', '1 second', true)$$, 'four jobs for this database');
select alike((select command from cron.job where jobname = 'pgque_ticker'), '%CALL pgque.ticker_loop()%', 'the ticker''s command');
select matches((select command from cron.job where jobname = 'pgque_maint'), '(?i)statement_timeout.*25.*pgque\.maint\(\)', 'maintenance, bounded');
select matches((select command from cron.job where jobname = 'pgque_retry_events'), '(?i)statement_timeout.*25.*pgque\.maint_retry_events\(\)', 'retries, bounded');
select alike((select command from cron.job where jobname = 'pgque_rotate_step2'), '%pgque.maint_rotate_tables_step2()%', 'rotation');
select is(pg_temp.config(), 't t pg_cron 100', 'configured');
select is(ticker_job_id, (select jobid from cron.job where jobname = 'pgque_ticker'), 'with the ticker''s job') from pgque.config;
select is(maint_job_id, (select jobid from cron.job where jobname = 'pgque_maint'), 'and the one of maintenance') from pgque.config;
select is(format('%s %s %s', pg_temp.status('scheduler'), pg_temp.status('ticker'), pg_temp.status('maintenance')), 'pg_cron scheduled scheduled', 'status');
select is(pg_temp.status('pg_cron'), null, 'it is not missing');
select is(pg_temp.status('pg_timetable'), 'unavailable', 'the other one is');

-- the commands work as pg_cron runs them: as one simple query
select command as maint from cron.job where jobname = 'pgque_maint' \gset
select command as retry from cron.job where jobname = 'pgque_retry_events' \gset
select command as rotate from cron.job where jobname = 'pgque_rotate_step2' \gset
select suite.open('cron');
select lives_ok(format('select dblink_exec(%L, %L)', 'cron', 'do $_$ begin perform 1; end $_$'), 'a session for the jobs');
select is(dblink_send_query('cron', :'maint'), 1, 'maintenance is sent');
select ok(suite.passes('cron'), 'and runs');
select is(dblink_error_message('cron'), 'OK', 'without an error');
select suite.shut('cron');
select suite.open('cron2');
select dblink_send_query('cron2', :'rotate') \gset
select ok(suite.passes('cron2'), 'rotation runs');

select lives_ok('select pgque.start()', 'starting again');
select is((select count(*)::int from cron.job), 4, 'still four jobs');
select lives_ok('select pgque.stop()', 'stop()');
select is((select count(*)::int from cron.job), 0, 'no jobs');
select is(pg_temp.config(), 'f f - 100', 'not configured');
select lives_ok('select pgque.stop()', 'again: harmless');
select pgque.start() \gset
delete from cron.job where jobname in ('pgque_retry_events', 'pgque_ticker');
select lives_ok('select pgque.stop()', 'stop() tolerates jobs that are gone');
select is((select count(*)::int from cron.job), 0, 'and removes the rest');

select * from finish();
