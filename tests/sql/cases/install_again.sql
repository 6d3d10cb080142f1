-- SPDX-License-Identifier: GPL-3.0-or-later
-- A second installation over the first, and uninstall().
select plan(29);
\i :fixtures/timetable.sql
select pgque.create_queue('q'), pgque.subscribe('q', 'c'), pgque.subscribe_subconsumer('q', 'g', 'm') \gset
select pgque.set_queue_config('q', 'max_retries', '0'), pgque.set_tick_period_ms(50) \gset
select pgque.send('q', 'one') as one \gset
select suite.tick('q') \gset
select batch_id as batch, msg_id as message from pgque.receive('q', 'c') \gset
select pgque.nack(m.batch_id, m, '1 min', 'dead') from pgque.receive('q', 'c') m \g /dev/null
select pgque.event_retry(:batch, :message, 3600) \gset
select pgque.next_batch('q', 'g', 'm') as coop \gset
select pgque.start_timetable() \gset
select suite.state() as before \gset

-- over itself
\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f "$SUITE_SQL" -c "select 'installed'" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, 'installed', 'installs on top of itself, in one transaction');
select is(suite.state(), :'before', 'and changes no row');
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'one', 'open batches go on');
select is((select string_agg(payload, ',') from pgque.receive_coop('q', 'g', 'm')), 'one', 'of groups as well');
select is((select count(*)::int from pgque.retry_queue) + (select count(*)::int from pgque.dead_letter), 2, 'retries and dead letters stay');
select is((select count(*)::int from timetable.job), 4, 'jobs stay');
select is(tick_period_ms || ' ' || scheduler, '100 pg_timetable', 'the configuration stays') from pgque.config;
select is_empty('select name from suite.routine where public', 'still nothing for PUBLIC');
select ok(not has_function_privilege('pgque_admin', 'pgque.uninstall()', 'execute')
          and not has_function_privilege('pgque_admin', 'pgque.insert_event_bulk(text,text,text[])', 'execute'), 'the owner''s functions stay the owner''s');
select ok(has_sequence_privilege('pgque_admin', format('pgque.event_%s_id_seq', suite.queue_id('q')), 'usage'), 'the admin may use the queues'' sequences');
grant execute on function pgque.send(text, text) to pgque_reader;
\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f "$SUITE_SQL" -c "select 'installed'" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, 'installed', 'and again');
update pgque.config set tick_period_ms = 100;
alter table pgque.config drop constraint config_tick_period_ms_check;
update pgque.config set tick_period_ms = 333;
\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f "$SUITE_SQL" -c "select 'installed'" -At 2>&1 | grep -v NOTICE`
select is(tick_period_ms, 100, 'an invalid period is set right') from pgque.config;
select throws_ok('update pgque.config set tick_period_ms = 333', '23514', null, 'and the check is back');
select is((select count(*)::int from pgque.config), 1, 'one configuration row');
select lives_ok('select pgque.upgrade_schema()', 'upgrade_schema can be called at any time');
-- what is missing is put back
drop function pgque.version();
alter table pgque.queue drop column queue_max_retries;
\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f "$SUITE_SQL" -c "select pgque.version()" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, '0.2.0', 'what was missing is put back');
select has_column('pgque', 'queue', 'queue_max_retries', 'columns, too');

-- without a transaction of its own
\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 -f "$SUITE_SQL" -c "select 'installed'" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, 'installed', 'plain psql will do as well');

-- somebody else's search path and settings
\set said `cd / && PGOPTIONS='-c search_path=pg_catalog -c client_min_messages=warning -c standard_conforming_strings=off' psql -Xq -v ON_ERROR_STOP=1 -1 -f "$SUITE_SQL" -c "select 'installed'" -At 2>&1`
select is(:'said'::text, 'installed', 'whatever the session''s search path and string setting are');

-- uninstall
select lives_ok('select pgque.stop_timetable()', 'stop');
select pgque.start_timetable() \gset
select lives_ok('select pgque.uninstall()', 'uninstall()');
select hasnt_schema('pgque');
select is((select count(*)::int from timetable.job), 0, 'its jobs are gone');
select is((select count(*)::int from pg_roles where rolname in ('pgque_reader', 'pgque_writer', 'pgque_admin')), 3, 'the roles stay');
\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f "$SUITE_SQL" -c "select pgque.create_queue('again')" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, '1', 'a fresh install works');
select is((select count(*)::int from pgque.queue), 1, 'and starts empty');

-- the script that does the same, also when there is nothing left
\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 -f "$SUITE_ADDONS/../uninstall.sql" -c "select 'gone'" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, 'gone', 'the uninstall script');
select hasnt_schema('pgque');
\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 -f "$SUITE_ADDONS/../uninstall.sql" -c "select 'gone'" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, 'gone', 'and once more');

select * from finish();
