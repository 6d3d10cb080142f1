-- SPDX-License-Identifier: GPL-3.0-or-later
-- The add-on for delayed delivery.
select plan(30);
\i :addons/delayed.sql
\i :addons/delayed.sql
select pass('installs, and again on top of itself');
select pgque.create_queue('q'), pgque.subscribe('q', 'c') \gset

select results_eq($$select attname::text collate "default" || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
                      from pg_attribute where attrelid = 'pgque.delayed_events'::regclass and attnum > 0 and not attisdropped order by attnum$$,
    array['de_id bigint not null', 'de_queue_name text not null', 'de_deliver_at timestamp with time zone not null', 'de_type text', 'de_data text',
          'de_extra1 text', 'de_extra2 text', 'de_extra3 text', 'de_extra4 text'], 'delayed_events');
select has_index('pgque', 'delayed_events', 'de_deliver_idx', array['de_deliver_at'], 'de_deliver_idx');
select col_is_pk('pgque', 'delayed_events', 'de_id', 'its key');
select results_eq($$select name, arguments, returns, definer from suite.routine where name in ('send_at', 'maint_deliver_delayed', 'maint') order by name$$,
    $$values ('maint', '', 'integer', true), ('maint_deliver_delayed', '', 'integer', true),
             ('send_at', 'i_queue text, i_type text, i_payload jsonb, i_deliver_at timestamp with time zone', 'bigint', true)$$, 'functions');
select is_empty('select name from suite.routine where public', 'nothing for PUBLIC');
select is_empty($$select name from suite.routine where definer and not coalesce(array_to_string(settings, ' ') ~ 'search_path=pgque, pg_catalog, pg_temp$', false)$$, 'definer functions pin their path, temporary objects last');

select isnt(pgque.send_at('q', 't', '{"now": 1}', now() - interval '1 s'), null, 'a time in the past');
select is((select count(*)::int from pgque.delayed_events), 0, 'is sent at once');
select isnt(pgque.send_at('q', 't', '{"later": 1}', now() + interval '1 hour'), null, 'a time to come');
select is((select de_queue_name || ' ' || de_type || ' ' || de_data from pgque.delayed_events), 'q t {"later": 1}', 'is kept');
select is(pgque.maint_deliver_delayed(), 0, 'until it is due');
update pgque.delayed_events set de_deliver_at = now() - interval '1 s';
select is(pgque.maint_deliver_delayed(), 1, 'then it is sent');
select is((select count(*)::int from pgque.delayed_events), 0, 'once');
select suite.tick('q') \gset
select is((select string_agg(type || payload, ',' order by msg_id) from pgque.receive('q', 'c')), 't{"now": 1},t{"later": 1}', 'both arrive');
select pgque.send_at('q', 't', '{"maint": 1}', now() + interval '1 hour') \gset
update pgque.delayed_events set de_deliver_at = now() - interval '1 s';
select cmp_ok(pgque.maint(), '>=', 1, 'maint() delivers, too');
select is((select count(*)::int from pgque.delayed_events), 0, 'once');

-- bad input
select throws_like($$select pgque.send_at('nowhere', 't', '{}', now())$$, '%queue not found%', 'an unknown queue, at once');
select throws_like($$select pgque.send_at('nowhere', 't', '{}', now() + interval '1 hour')$$, '%queue not found%', 'an unknown queue, later');
select throws_ok($$select pgque.send_at(null, 't', '{}', now() + interval '1 hour')$$, null, null, 'no queue');
select throws_ok($$select pgque.send_at('q', 't', '{}', null)$$, null, null, 'no time');
select is((select count(*)::int from pgque.delayed_events), 0, 'nothing of that was kept');

-- maint() keeps its check of owners
drop role if exists sqlcase_delayer;
create role sqlcase_delayer;
create function public.strange(queue text) returns int language sql as $$ select 100 $$;
alter function public.strange(text) owner to sqlcase_delayer;
update pgque.queue set queue_extra_maint = array['public.strange'];
\set said `"$SUITE_SAY" "select 'sum ' || pgque.maint()"`
select matches(:'said'::text, 'WARNING:  pgque.maint: skipping ', 'a stranger''s function is still skipped');
select matches(:'said'::text, '(?n)^sum 0$', 'and not run');
drop function public.strange(text);
drop role sqlcase_delayer;

-- roles
set role pgque_writer;
select lives_ok($$select pgque.send_at('q', 't', '{}', now() + interval '1 hour')$$, 'a writer may send later');
select denied('select pgque.maint_deliver_delayed()');
set role pgque_reader;
select denied($$select pgque.send_at('q', 't', '{}', now())$$);
set role pgque_admin;
select lives_ok('select pgque.maint_deliver_delayed()', 'an admin delivers');
reset role;

-- a queue that is gone is not in the way of others
select pgque.create_queue('gone') \gset
select pgque.send_at('gone', 't', '{}', now() + interval '1 hour'), pgque.send_at('q', 't', '{"after": 1}', now() + interval '1 hour') \gset
select pgque.drop_queue('gone') \gset
update pgque.delayed_events set de_deliver_at = now() - interval '1 s';
select lives_ok('select pgque.maint_deliver_delayed()', 'delayed events of a dropped queue do no harm');
select is((select count(*)::int from pgque.delayed_events where de_queue_name = 'q'), 0, 'the others are sent');

select * from finish();
