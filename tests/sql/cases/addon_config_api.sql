-- SPDX-License-Identifier: GPL-3.0-or-later
-- The add-on for creating with options, pausing and resuming.
select plan(24);
\i :addons/config_api.sql
\i :addons/config_api.sql
select pass('installs, and again on top of itself');
select is_empty('select name from suite.routine where public', 'nothing for PUBLIC');
select is_empty($$select name from suite.routine where definer and not coalesce(array_to_string(settings, ' ') ~ 'search_path=pgque, pg_catalog, pg_temp$', false)$$, 'definer functions pin their path, temporary objects last');
select has_function('pgque', 'create_queue', array['text', 'jsonb']::name[], 'create_queue with options');
select has_function('pgque', f, f) from unnest(array['pause_queue', 'resume_queue']) f;
select lives_ok($$select pgque.create_queue('q', '{"ticker_max_count": 9, "max_retries": 2, "rotation_period": "1 day"}')$$, 'options');
select is(format('%s %s %s', queue_ticker_max_count, queue_max_retries, queue_rotation_period), '9 2 1 day', 'are set') from pgque.queue;
select lives_ok($$select pgque.create_queue('plain', '{}')$$, 'no options');
select is(queue_ticker_max_count, 500, 'mean the defaults') from pgque.queue where queue_name = 'plain';
select throws_ok($$select pgque.create_queue('bad', '{"nonsense": 1}')$$, null, null, 'an unknown option');
select throws_like($$select pgque.create_queue('bad', '{"ticker_max_count": 0}')$$, '%ticker_max_count must be > 0%', 'a bad value');
select is((select count(*)::int from pgque.queue where queue_name = 'bad'), 0, 'makes no queue');
select throws_like($$select pgque.create_queue(null, '{}'::jsonb)$$, '%NULL%', 'no name');
select lives_ok($$select pgque.pause_queue('q')$$, 'pause');
select is(queue_ticker_paused, true, 'is set') from pgque.queue where queue_name = 'q';
select refuses($$select pgque.ticker('q')$$, 'Ticker has been paused for this queue');
select lives_ok($$select pgque.resume_queue('q')$$, 'resume');
select isnt(pgque.ticker('q'), null, 'ticks again');
select throws_ok($$select pgque.pause_queue('nowhere')$$, null, null, 'an unknown queue');
select throws_ok($$select pgque.resume_queue('nowhere')$$, null, null, 'in both');
set role pgque_reader;
select denied($$select pgque.create_queue('r', '{}'::jsonb)$$);
select denied($$select pgque.pause_queue('q')$$);
set role pgque_admin;
select lives_ok($$select pgque.pause_queue('q')$$, 'an admin may');
reset role;
select * from finish();
