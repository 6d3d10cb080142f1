-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: bare
-- Installing over a PgQue 0.2.0: everything is converted in one transaction, rows, owners and rights stay.
select plan(28);
\i :fixtures/pgque_tables.sql
\i :fixtures/pgque_02.sql
drop role if exists sqlcase_user02;
create role sqlcase_user02;
grant execute on function pgque.send(text, text) to sqlcase_user02;
grant select on pgque.dead_letter to sqlcase_user02;
-- a group at work, as 0.2.0 leaves it
insert into pgque.consumer (co_name) values ('g'), ('g.m'), ('g.n');
insert into pgque.subscription (sub_queue, sub_consumer, sub_last_tick, sub_role) values (1, 3, 2, 'coop_main');
insert into pgque.subscription (sub_id, sub_queue, sub_consumer, sub_last_tick, sub_batch, sub_next_tick, sub_role)
    values (3, 1, 4, 1, nextval('pgque.batch_id_seq'), 2, 'coop_member'), (3, 1, 5, null, null, null, 'coop_member');
-- somebody had tried the development version: its own objects are in nobody's way
create function pgque.send(i_queue text, i_type text, i_payload jsonb, i_partition_key text) returns bigint language sql as 'select 1::bigint';
create table pgque.partition_slot (queue_id int, co_name text, slot int, primary key (queue_id, co_name, slot));
create function pg_temp.rows() returns text language sql as $$
    select md5(concat_ws(';', (select string_agg(c::text, ',' order by co_id) from pgque.consumer c),
        (select string_agg(q::text, ',') from (select queue_id, queue_name, queue_cur_table, queue_switch_step1, queue_switch_step2, queue_switch_time, queue_ticker_max_count, queue_data_pfx from pgque.queue) q),
        (select string_agg(t::text, ',' order by tick_id) from pgque.tick t),
        (select string_agg(s::text, ',' order by sub_consumer) from (select sub_id, sub_queue, sub_consumer, sub_last_tick, sub_active, sub_batch, sub_next_tick, sub_role from pgque.subscription) s),
        (select string_agg(r::text, ',') from pgque.retry_queue r), (select string_agg(d::text, ',') from pgque.dead_letter d),
        (select string_agg(e::text, ',' order by ev_id) from pgque.event_template e), (select installed_at::text from pgque.config))) $$;
select pg_temp.rows() as before \gset

\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f "$SUITE_SQL" -c "select 'installed'" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, 'installed', 'installs over 0.2.0');
select is(pg_temp.rows(), :'before', 'no row changes');
select is_empty($$select name from suite.routine where source like '%of old%' and name not in ('seq_getval', 'seq_setval', 'tune_storage', '_grant_perms_from', 'batch_event_sql', 'batch_event_tables')$$, 'no routine of old is left');
select ok(has_function_privilege('sqlcase_user02', 'pgque.send(text,text)', 'execute'), 'rights on functions stay');
select ok(has_table_privilege('sqlcase_user02', 'pgque.dead_letter', 'select'), 'rights on tables stay');
select ok(has_function_privilege('pgque_reader', 'pgque.receive(text,text,int)', 'execute') and not has_function_privilege('pgque_writer', 'pgque.receive(text,text,int)', 'execute')
          and not has_function_privilege('pgque_writer', 'pgque.ack(bigint)', 'execute'), 'a writer may not consume any more');
select is_empty('select name from suite.routine where public', 'nothing for PUBLIC');
select is(pgque.version(), '0.2.0', 'the version');
select isnt(pgque.origin()::text, null, 'and the origin');

-- work goes on
select is((select string_agg(payload, ',') from pgque.receive('old', 'busy')), 'first', 'an open batch');
select is((select count(distinct batch_id)::int from pgque.receive('old', 'busy')), 1, 'under its id');
select is(pgque.ack(1), 1, 'which can be acknowledged');
select is((select string_agg(payload, ',') from pgque.receive_coop('old', 'g', 'm')), 'first', 'a member''s window');
select is((select string_agg(coalesce(batch_id::text, '-'), ',') from pgque.receive_coop('old', 'g', 'm')), '2', 'under its id');
update pgque.subscription set sub_active = '2020-01-01' where sub_batch = 2;
select isnt(pgque.next_batch('old', 'g', 'n', '1 min'), null, 'which can be taken over');
select is((select string_agg(payload, ',') from pgque.receive('old', 'free')), 'first', 'another consumer');
select pgque.ack(sub_batch) from pgque.subscription where sub_batch is not null \g /dev/null
select is(pgque.maint_retry_events(), 1, 'a retry moves');
select isnt(pgque.send('old', 'third'), null, 'a new event');
select suite.tick('old') \gset
select is((select string_agg(payload, ',' order by payload) from pgque.receive('old', 'free')), 'retried,second,third', 'everything arrives');
select is((select string_agg(payload, ',') from pgque.receive('old', 'busy')), 'second,third', 'to everybody');
select is((select string_agg(ev_data, ',') from pgque.dlq_inspect('old')), 'dead', 'a dead letter');
select isnt(pgque.dlq_replay(1), null, 'can be replayed');
select is(pgque.create_queue('new'), 1, 'a new queue');
select is((select string_agg(queue_name, ',') from pgque.get_queue_info()), 'new,old', 'beside the old');
select is((select queue_ticker_max_count from pgque.get_queue_info('old')), 77, 'with its settings');
select suite.age('old', '1 day');
select pgque.ack(sub_batch) from pgque.subscription where sub_batch is not null \g /dev/null
select pgque.unsubscribe_subconsumer('old', 'g', 'm', 1), pgque.unsubscribe_subconsumer('old', 'g', 'n', 1) \gset
select pgque.unsubscribe('old', 'g') \gset
select suite.settle() \gset
select suite.tick('old') \gset
select pgque.ack(max(batch_id)) from pgque.receive('old', 'busy') \g /dev/null
select pgque.ack(max(batch_id)) from pgque.receive('old', 'free') \g /dev/null
select pgque.maint() \gset
select is((select queue_cur_table from pgque.queue where queue_name = 'old'), 1, 'and rotation');
select is(pgque.drop_queue('old', true), 1, 'the old queue can be dropped');
select lives_ok('select pgque.uninstall()', 'and everything uninstalled');
drop role sqlcase_user02;

select * from finish();
