-- SPDX-License-Identifier: GPL-3.0-or-later
-- What suites and scripts of others look at inside the schema, beyond the results of its functions.
select plan(29);
select ok(exists (select from suite.routine where name = 'ticker' and source like '%pg_notify%' and source like '%pgque\_%'), 'some ticker mentions pg_notify and the channel''s prefix literally');
select ok(source ~ 'pgque\.insert_event_bulk\(', format('send_batch(%s) calls pgque.insert_event_bulk(', arguments))
  from suite.routine where name = 'send_batch' and arguments like '%type_name%' order by arguments;
select ok(source !~* '\mloop\M' and source !~ 'pgque\.insert_event\(', format('%s(%s) is set-based', name, arguments))
  from suite.routine where name = 'insert_event_bulk' or (name = 'send_batch' and arguments like '%type_name%') order by name, arguments;
select ok(pg_get_functiondef(oid) !~* '\mloop\M' and pg_get_functiondef(oid) !~ 'pgque\.insert_event\(', name || ': its definition''s text, comments included')
  from suite.routine where name = 'insert_event_bulk' or (name = 'send_batch' and arguments like '%type_name%') order by name, arguments;
select is(pg_get_function_identity_arguments('pgque.quote_fqname(text)'::regprocedure), 'i_name text', 'quote_fqname');
select is(pgque.quote_fqname(i), o, format('quote_fqname of %s', i)) from (values ('a.b', 'a.b'), ('b', 'public.b'), ('A.b', '"A".b'), ('a.b.c', 'a."b.c"'), ('we"ird.na me', '"we""ird"."na me"')) v(i, o);
select is(pgque.quote_fqname(null), null, 'quote_fqname is strict');
select ok(source ~ 'find_tick_helper', 'next_batch_custom calls find_tick_helper') from suite.routine where name = 'next_batch_custom' and arguments not like '%subconsumer%';
select is_empty('select name, arguments from suite.routine where public', 'every function is closed to PUBLIC');
select is_empty($$select name, arguments from suite.routine where definer and not coalesce(array_to_string(settings, ' ') ~ 'search_path=pgque, pg_catalog, pg_temp$', false)$$, 'every definer function pins its path, temporary objects last');
select is((select count(*)::int from pg_class where relnamespace = 'pgque'::regnamespace and relkind = 'r'
             and relname in ('subscription', 'queue', 'retry_queue', 'dead_letter', 'tick', 'consumer')), 6, 'six real tables');
select is(pgque.version(), '0.2.0', 'the version is literally 0.2.0');
select isnt(pgque.origin()::text, null, 'our origin is told elsewhere');
select unalike(pgque.origin()::text, '%NikolayS%', 'as our own');

-- direct changes by the owner, triggers included
create table public.seen (what text);
create function public.note() returns trigger language plpgsql as $$ begin insert into public.seen values (tg_table_name || ' ' || tg_op); return null; end $$;
create trigger note after insert or update or delete on pgque.subscription for each row execute function public.note();
create trigger note after insert or update or delete on pgque.retry_queue for each row execute function public.note();
create trigger note after insert or update or delete on pgque.tick for each row execute function public.note();
create trigger note after insert or update or delete on pgque.consumer for each row execute function public.note();
create trigger note after insert or update or delete on pgque.dead_letter for each row execute function public.note();
select pgque.create_queue('q'), pgque.subscribe('q', 'c') \gset
select pgque.set_queue_config('q', 'max_retries', '1') \gset
select pgque.send('q', 'x') \gset
select suite.tick('q') \gset
select pgque.nack(m.batch_id, m, '0 s') from pgque.receive('q', 'c') m \g /dev/null
select pgque.ack(sub_batch) from pgque.subscription \g /dev/null
select pgque.maint_retry_events() \gset
select suite.tick('q') \gset
select pgque.nack(m.batch_id, m, '0 s') from pgque.receive('q', 'c') m \g /dev/null
select pgque.ack(sub_batch) from pgque.subscription \g /dev/null
select pgque.unsubscribe('q', 'c') \gset
select is((select string_agg(distinct what, ',' order by what) from public.seen),
    'consumer DELETE,consumer INSERT,dead_letter DELETE,dead_letter INSERT,retry_queue DELETE,retry_queue INSERT,subscription DELETE,subscription INSERT,subscription UPDATE,tick INSERT', 'row triggers fire');
select is((select count(*)::int from public.seen where what = 'retry_queue INSERT'), 1, 'once a row');
-- a producer's view of the event tables
select pgque.send('q', 'seen') \gset
do $$
declare
    q record;
    n bigint;
begin
    select * into q from pgque.queue where queue_name = 'q';
    execute format('select count(*) from %s where ev_data = ''seen''', q.queue_data_pfx || '_' || q.queue_cur_table) into n;
    if n <> 1 then raise exception 'the child named by prefix and number does not hold the event'; end if;
    execute format('select last_value from %s', q.queue_event_seq) into n;
    if n < 1 then raise exception 'the sequence can not be read'; end if;
end $$;
select pass('the child in use is named by prefix and number, the sequence can be read');
select is((select count(*)::int from pg_class where relnamespace = 'pgque'::regnamespace and relkind = 'r' and relname like 'event\_%' and relname <> 'event_template'), 4, 'event tables match event_%');
-- subscription rows fit into records declared of the table
do $$
declare
    r pgque.subscription;
begin
    perform pgque.subscribe('q', 'again');
    select * into r from pgque.subscription;
    if r.sub_role <> 'normal' then raise exception 'the record does not fit'; end if;
end $$;
select pass('a subscription row fits into a record');
select is((select d.ev_data from pgque.dlq_inspect('q') d limit 1), null, 'dlq_inspect returns rows of dead_letter');
select * from finish();
