-- SPDX-License-Identifier: GPL-3.0-or-later
-- Functions that run as their owner look at nothing that the caller's session brings along: temporary tables and types under
-- the schema's names, operators and functions on a search path of the caller's choice, names full of SQL.
select plan(20);
select pgque.create_queue('q') \gset
drop role if exists sqlcase_hostile;
create role sqlcase_hostile;
grant pgque_reader, pgque_writer to sqlcase_hostile;
create schema trap authorization sqlcase_hostile;
create table public.sprung (who text);
grant insert on public.sprung to public;

-- everything in the hostile session is the caller's own
select suite.open('h', 'sqlcase_hostile');
select suite.run('h', sql) from unnest(array[
    $$create function trap.spring(anyelement) returns boolean language plpgsql as 'begin insert into public.sprung values (current_user); return true; end'$$,
    $$create function trap.now() returns timestamptz language plpgsql as 'begin insert into public.sprung values (current_user); return pg_catalog.now(); end'$$,
    $$create function trap.equal(text, text) returns boolean language plpgsql as 'begin insert into public.sprung values (current_user); return true; end'$$,
    $$create operator trap.= (leftarg = text, rightarg = text, function = trap.equal)$$,
    $$create temp table queue as select * from pgque.queue$$,
    $$create temp table subscription as select * from pgque.subscription$$,
    $$create temp table consumer as select * from pgque.consumer$$,
    $$create temp table tick as select * from pgque.tick$$,
    $$create temp table retry_queue as select * from pgque.retry_queue$$,
    $$create temp table event_1_0 as select * from pgque.event_template$$,
    $$create domain pg_temp.text as pg_catalog.text check (trap.spring(value))$$,
    $$create domain pg_temp.int4 as pg_catalog.int4 check (trap.spring(value))$$,
    $$create domain pg_temp.xid8 as pg_catalog.xid8 check (trap.spring(value))$$,
    $$create domain pg_temp.timestamptz as pg_catalog.timestamptz check (trap.spring(value))$$,
    $$create domain pg_temp.pg_snapshot as pg_catalog.pg_snapshot check (trap.spring(value))$$,
    $$set search_path = trap, pg_temp, pg_catalog$$]) sql \g /dev/null
truncate public.sprung;

select isnt(suite.run('h', $$select pgque.send('q', 'one'::pg_catalog.text)$$), null, 'send');
select isnt(suite.run('h', $$select pgque.send_batch('q', array['two'::pg_catalog.text])$$), null, 'send_batch');
select isnt(suite.run('h', $$select pgque.insert_event('q', 't', 'd', null, null, null, null)$$), null, 'insert_event');
select is(suite.run('h', $$select pgque.subscribe('q', 'c')$$), '1', 'subscribe');
select is(suite.run('h', $$select pgque.subscribe('q', '''; drop schema pgque cascade; --')$$), '1', 'a name full of SQL');
select is(suite.run('h', $$select pgque.subscribe_subconsumer('q', 'g', 'm''"; select 1')$$), '1', 'a member of such a name');
select suite.tick('q') \gset
select is(suite.run('h', $$select pg_catalog.count(*) from pgque.receive('q', 'c')$$), '3', 'receive');
select is(suite.run('h', $$select pg_catalog.sum(pgque.nack(m.batch_id, m)) from pgque.receive('q', 'c') m$$), '3', 'nack');
select is(suite.run('h', $$select pgque.ack(m.batch_id) from pgque.receive('q', 'c', 1) m$$), '1', 'ack');
select is(suite.run('h', $$select pg_catalog.count(*) from pgque.receive_coop('q', 'g', 'm''"; select 1')$$), '3', 'receive_coop');
select is(suite.run('h', $$select pgque.touch_subconsumer('q', 'g', 'm''"; select 1')$$), '1', 'touch');
select is(suite.run('h', $$select pgque.unsubscribe_subconsumer('q', 'g', 'm''"; select 1', 1)$$), '1', 'unsubscribe_subconsumer');
select is(suite.run('h', $$select pg_catalog.count(*) from pgque.get_consumer_info('q')$$), '3', 'get_consumer_info');
select is(suite.run('h', $$select pg_catalog.count(*) from pgque.get_queue_info('q')$$), '1', 'get_queue_info');
select is(suite.run('h', $$select pg_catalog.count(*) from pgque.dlq_inspect('q')$$), '0', 'dlq_inspect');
select is(suite.run('h', $$select pgque.unsubscribe('q', 'c')$$), '1', 'unsubscribe');
select is(suite.run('h', $$select pgque.version()$$), '0.2.0', 'version');
select is_empty($$select who, count(*) from public.sprung where who <> 'sqlcase_hostile' group by 1$$, 'nothing of the caller''s ran with the owner''s rights');
select is((select string_agg(c.co_name, ' ' order by c.co_name) from pgque.subscription join pgque.consumer c on co_id = sub_consumer), $$'; drop schema pgque cascade; -- g$$, 'the real tables were used');
select is((select count(*)::int from pgque.retry_queue), 3, 'all of them');

select suite.shut('h');
drop owned by sqlcase_hostile;
drop role sqlcase_hostile;
select * from finish();
