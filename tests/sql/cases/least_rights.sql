-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each role does its whole day's work with nothing but its role, the functions that run as their caller included.
select plan(46);
drop role if exists sqlcase_daily;
create role sqlcase_daily;

-- the administrator makes and keeps queues
grant pgque_admin to sqlcase_daily;
set role sqlcase_daily;
select is(pgque.create_queue('q'), 1, 'admin: create_queue');
select is(pgque.set_queue_config('q', 'max_retries', '0'), 1, 'admin: set_queue_config');
select is(pgque.grant_perms('q'), 1, 'admin: grant_perms');
select is(pgque.current_event_table('q') is not null, true, 'admin: current_event_table');
select isnt(pgque.insert_event_raw('q', null, now(), null, null, 't', 'raw', null, null, null, null), null, 'admin: insert_event_raw');
select is(pgque.force_tick('q'), 1::bigint, 'admin: force_tick');
select is(pgque.ticker('q'), 2::bigint, 'admin: ticker(queue)');
select lives_ok('select pgque.ticker()', 'admin: ticker()');
select lives_ok('select pgque.maint()', 'admin: maint()');
select lives_ok('select * from pgque.maint_operations()', 'admin: maint_operations()');
select lives_ok($$select pgque.maint_rotate_tables_step1('q')$$, 'admin: rotation, step one, with nothing to do');
select lives_ok('select pgque.maint_rotate_tables_step2()', 'admin: rotation, step two');
select lives_ok('select * from pgque.maint_tables_to_vacuum()', 'admin: maint_tables_to_vacuum');
select is(pgque.quote_fqname('a.b'), 'a.b', 'admin: quote_fqname');
select lives_ok('select pgque.set_tick_period_ms(1000)', 'admin: set_tick_period_ms');
select lives_ok('select * from pgque.status()', 'admin: status');
select is(pgque.register_consumer_at('q', 'c', 1), 1, 'admin: register_consumer_at');
select batch_id as batch from pgque.receive('q', 'c') \gset
begin;
select is((select string_agg(ev_data, ',') from pgque.get_batch_cursor(:batch, 'cur', 10)), 'raw', 'admin: get_batch_cursor');
commit;
begin;
select is((select string_agg(ev_data, ',') from pgque.get_batch_cursor(:batch, 'cur', 10, 'ev_id > 0')), 'raw', 'admin: get_batch_cursor with a condition');
commit;
select is(pgque.batch_retry(:batch, 0), 1, 'admin: batch_retry');
select is(pgque.event_dead(:batch, 1, 'r', now(), null, 0, 't', 'dead'), 1, 'admin: event_dead');
select isnt(pgque.event_retry_raw('q', 'c', now(), null, now(), 1, 't', 'x', null, null, null, null), null, 'admin: event_retry_raw');
select is(pgque.ack(:batch), 1, 'admin: ack, as a reader may');
select is(pgque.maint_retry_events(), 2, 'admin: maint_retry_events');
select is(pgque.dlq_purge('q'), 0, 'admin: dlq_purge');
select lives_ok('select * from pgque.tick, pgque.config', 'admin: reads every table');
call pgque.ticker_loop();
select pass('admin: ticker_loop');
select is(pgque.drop_queue('q', true), 1, 'admin: drop_queue');
select is(pgque.create_queue('q'), 1, 'admin: and once more');
reset role;
revoke pgque_admin from sqlcase_daily;

-- a producer
grant pgque_writer to sqlcase_daily;
set role sqlcase_daily;
select isnt(pgque.send('q', 'one'), null, 'writer: send');
select is(cardinality(pgque.send_batch('q', 't', array['{}']::jsonb[])), 1, 'writer: send_batch');
select isnt(pgque.insert_event('q', 't', 'three'), null, 'writer: insert_event');
select isnt(pgque.insert_event('q', 't', 'four', null, null, null, null), null, 'writer: insert_event with extras');
reset role;
revoke pgque_writer from sqlcase_daily;

-- a consumer
grant pgque_reader to sqlcase_daily;
select pgque.register_consumer_at('q', 'c', 1) \gset
select suite.tick('q') \gset
set role sqlcase_daily;
select is(pgque.subscribe('q', 'd'), 1, 'reader: subscribe');
select isnt(pgque.next_batch('q', 'c'), null, 'reader: next_batch');
select isnt((select batch_id from pgque.next_batch_info('q', 'c')), null, 'reader: next_batch_info');
select isnt((select batch_id from pgque.next_batch_custom('q', 'c', null, null, null)), null, 'reader: next_batch_custom');
select pgque.next_batch('q', 'c') as batch \gset
select is((select count(*)::int from pgque.get_batch_events(:batch)), 4, 'reader: get_batch_events');
select is((select count(*)::int from pgque.receive('q', 'c')), 4, 'reader: receive');
select is(pgque.event_retry(:batch, (select min(ev_id) from pgque.get_batch_events(:batch)), 1), 1, 'reader: event_retry');
select is((select sum(pgque.nack(batch_id, m))::int from pgque.receive('q', 'c') m), 4, 'reader: nack');
select is(pgque.finish_batch(:batch), 1, 'reader: finish_batch');
select lives_ok($$select * from pgque.get_queue_info(), pgque.get_consumer_info(), pgque.get_batch_info(1), pgque.dlq_inspect('q')$$, 'reader: every information function');
select lives_ok($$select * from pgque.receive_coop('q', 'g', 'm'), pgque.touch_subconsumer('q', 'g', 'm')$$, 'reader: a group');
select is(pgque.unsubscribe_subconsumer('q', 'g', 'm'), 1, 'reader: leaves it');
select is(pgque.unsubscribe('q', 'd'), 1, 'reader: unsubscribe');
reset role;
revoke pgque_reader from sqlcase_daily;
drop role sqlcase_daily;
select * from finish();
