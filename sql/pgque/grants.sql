-- SPDX-License-Identifier: Apache-2.0
-- Who may do what. PUBLIC gets no function at all; that it may read events and positions is the original's rule, given
-- once at the first install: what an administrator took away since then stays away.
do $grants$
declare
    v_readers constant text[] := array[
        'register_consumer(text,text)', 'register_consumer_at(text,text,bigint)', 'unregister_consumer(text,text)',
        'subscribe(text,text)', 'unsubscribe(text,text)',
        'next_batch_custom(text,text,interval,int4,interval)', 'next_batch_info(text,text)', 'next_batch(text,text)',
        'get_batch_events(bigint)', 'finish_batch(bigint)', 'receive(text,text,int4)', 'ack(bigint)',
        'nack(bigint,pgque.message,interval,text)', 'event_retry(bigint,bigint,timestamptz)',
        'event_retry(bigint,bigint,int4)', 'nack_batch(bigint,interval,text)',
        'register_subconsumer(text,text,text,boolean)', 'subscribe_subconsumer(text,text,text,boolean)',
        'unregister_subconsumer(text,text,text,int4)', 'unsubscribe_subconsumer(text,text,text,int4)',
        'touch_subconsumer(text,text,text)', 'next_batch(text,text,text,interval)',
        'next_batch_custom(text,text,text,interval,int4,interval,interval)',
        'receive_coop(text,text,text,int4,interval)',
        'get_queue_info()', 'get_queue_info(text)', 'get_consumer_info()', 'get_consumer_info(text)',
        'get_consumer_info(text,text)', 'get_batch_info(bigint)', 'dlq_inspect(text,int4)',
        'version()', 'origin()',
        -- what get_batch_events calls with its caller's rights
        '_batch_sql(bigint)', '_window_sql(int4,bigint,bigint,int4)', '_window_tables(int4,bigint,bigint)', '_xid(xid8)'];
    v_writers constant text[] := array[
        'send(text,text)', 'send(text,jsonb)', 'send(text,text,text)', 'send(text,text,jsonb)',
        'send_batch(text,text[])', 'send_batch(text,jsonb[])', 'send_batch(text,text,text[])',
        'send_batch(text,text,jsonb[])', 'insert_event(text,text,text)',
        'insert_event(text,text,text,text,text,text,text)', 'dlq_replay(bigint)', 'dlq_replay_all(text)',
        -- what the triggers call with the rights of whoever changes the table
        '_row_event(text,text[],oid,text,text,text,anyelement,anyelement)', '_row_expression(anyelement,text)',
        '_row_values(anyelement,text[],oid[],boolean)', '_row_data(text,text,text[],text[],text[],text[])'];
    v_owner_only constant text[] := array['uninstall()', 'insert_event_bulk(text,text,text[])'];
    v_name text;
    v_item record;
begin
    grant usage on schema pgque to public, pgque_reader;
    grant usage, create on schema pgque to pgque_admin;

    for v_name in
        select t.name from pg_catalog.unnest(array['consumer', 'queue', 'tick', 'subscription', 'event_template',
                                                   'retry_queue']) t(name)
          join pg_catalog.pg_class c on c.oid = ('pgque.' || t.name)::pg_catalog.regclass
         where c.relacl is null
    loop
        execute pg_catalog.format('grant select on pgque.%I to public', v_name);
    end loop;
    grant select on pgque.consumer, pgque.queue, pgque.tick, pgque.subscription, pgque.event_template,
                    pgque.retry_queue, pgque.config, pgque.dead_letter to pgque_reader;
    grant all on pgque.consumer, pgque.queue, pgque.tick, pgque.subscription, pgque.event_template,
                 pgque.retry_queue, pgque.config, pgque.dead_letter to pgque_admin;
    grant all on sequence pgque.consumer_co_id_seq, pgque.queue_queue_id_seq, pgque.subscription_sub_id_seq,
                          pgque.batch_id_seq, pgque.dead_letter_dl_id_seq to pgque_admin;

    -- Everything closed first, also what an older install left open.
    revoke all on all routines in schema pgque from public;
    grant execute on all routines in schema pgque to pgque_admin;
    foreach v_name in array v_owner_only loop
        execute 'revoke all on function pgque.' || v_name || ' from pgque_admin, pgque_writer, pgque_reader';
    end loop;
    foreach v_name in array v_readers loop
        execute 'grant execute on function pgque.' || v_name || ' to pgque_reader';
        -- a producer must not consume
        execute 'revoke execute on function pgque.' || v_name || ' from pgque_writer';
    end loop;
    foreach v_name in array v_writers loop
        execute 'grant execute on function pgque.' || v_name || ' to pgque_writer';
    end loop;

    -- These call others with their owner's rights; an owner of their own needs what they call.
    for v_item in
        select distinct pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(p.proowner)) as owner
          from pg_catalog.pg_proc p
         where p.pronamespace = 'pgque'::pg_catalog.regnamespace
           and p.proname in ('send', 'send_batch', 'subscribe', 'unsubscribe')
           and p.proowner <> (select b.proowner from pg_catalog.pg_proc b
                               where b.oid = 'pgque.insert_event_bulk(text,text,text[])'::pg_catalog.regprocedure)
    loop
        execute 'grant execute on function pgque.insert_event_bulk(text,text,text[]), pgque.insert_event(text,text,text),'
                ' pgque.insert_event(text,text,text,text,text,text,text), pgque.register_consumer(text,text),'
                ' pgque.unregister_consumer(text,text), pgque.send_batch(text,text,text[]),'
                ' pgque.send_batch(text,text,jsonb[]) to ' || v_item.owner;
    end loop;
end
$grants$;
