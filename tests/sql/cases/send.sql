-- SPDX-License-Identifier: GPL-3.0-or-later
-- send, send_batch and insert_event in all their forms: what is stored, what is answered, what is refused.
select plan(76);
select pgque.create_queue('q') \gset
select suite.queue_id('q') as n \gset

create function pg_temp.stored(id bigint) returns text language plpgsql as $$
declare
    r text;
begin
    execute format('select concat_ws(''|'', ev_type, coalesce(ev_data, ''NULL''), coalesce(ev_extra1, ''-''), coalesce(ev_extra2, ''-''),
        coalesce(ev_extra3, ''-''), coalesce(ev_extra4, ''-'')) from pgque.event_%s where ev_id = %s', suite.queue_id('q'), id) into r;
    return r;
end $$;

-- one event
select pgque.send('q', '{"b": 1,  "a":2}'::jsonb) as id \gset
select is(pg_temp.stored(:id), 'default|{"a": 2, "b": 1}|-|-|-|-', 'jsonb is stored in its canonical form, type default');
select pgque.send('q', '{"b": 1,  "a":2}'::text) as id \gset
select is(pg_temp.stored(:id), 'default|{"b": 1,  "a":2}|-|-|-|-', 'text is stored as it is');
select pgque.send('q', 'not json') as id \gset
select is(pg_temp.stored(:id), 'default|not json|-|-|-|-', 'an untyped literal is text');
select pgque.send('q', 'order.new', '{"b": 1}'::jsonb) as id \gset
select is(pg_temp.stored(:id), 'order.new|{"b": 1}|-|-|-|-', 'a type and jsonb');
select pgque.send('q', 'order.new', 'x'::text) as id \gset
select is(pg_temp.stored(:id), 'order.new|x|-|-|-|-', 'a type and text');
select pgque.send('q', 'order.new', '{ "y" :1 }') as id \gset
select is(pg_temp.stored(:id), 'order.new|{ "y" :1 }|-|-|-|-', 'a type and an untyped literal is text');
select pgque.send('q', null::text) as id \gset
select is(pg_temp.stored(:id), 'default|NULL|-|-|-|-', 'a payload may be NULL');
select pgque.send('q', null::jsonb) as id \gset
select is(pg_temp.stored(:id), 'default|NULL|-|-|-|-', 'also as jsonb');
select pgque.send('q', '') as id \gset
select is(pg_temp.stored(:id), 'default||-|-|-|-', 'or empty, which is something else');
select pgque.send('q', '', 'x') as id \gset
select is(pg_temp.stored(:id), '|x|-|-|-|-', 'a type may be empty');
select pgque.send('q', repeat('x', 1000000)) as id \gset
select is(length(pg_temp.stored(:id)), 1000000 + 8 + 8, 'a megabyte');
select pgque.send('q', 'Ünïcödé', '𝄞 "quotes" \back' || chr(10) || 'line') as id \gset
select is(pg_temp.stored(:id), 'Ünïcödé|𝄞 "quotes" \back' || chr(10) || 'line|-|-|-|-', 'any text');
select pgque.send(queue_name => 'q', payload => 'named') as id \gset
select is(pg_temp.stored(:id), 'default|named|-|-|-|-', 'named arguments');
select pgque.send(queue_name => 'q', type_name => 't', payload => '{}'::jsonb) as id \gset
select is(pg_temp.stored(:id), 't|{}|-|-|-|-', 'all named');
select pgque.send('q', 'a') as first \gset
select is(pgque.send('q', 'b'), :first::bigint + 1, 'ids rise by one');
select refuses($$select pgque.send('nowhere', 'x')$$, 'queue not found: nowhere');
select refuses($$select pgque.send('nowhere', '{}'::jsonb)$$, 'queue not found: nowhere');
select refuses($$select pgque.send('nowhere', 't', 'x')$$, 'queue not found: nowhere');
select refuses($$select pgque.send('nowhere', 't', '{}'::jsonb)$$, 'queue not found: nowhere');
select throws_like($$select pgque.send(null, 'x'::text)$$, '%queue not found%', 'no queue name');

-- what a row looks like
select pgque.send('q', 'row') as id \gset
select ok(ev_owner is null and ev_retry is null and clock_timestamp() - ev_time < '1 min' and ev_txid < pg_current_xact_id(),
          'no owner, no retry count, the time and the transaction of the sender')
  from pgque.event_template where ev_id = :id;
select is((select count(*)::int from only pgque.event_template), 0, 'nothing in the template itself');
select is(tableoid::regclass::text, format('pgque.event_%s_0', :n), 'events lie in the current child') from pgque.event_template where ev_id = :id;

-- batches of events
select pgque.send_batch('q', array['a', 'b', null, 'd']) as ids \gset
select is(cardinality(:'ids'::bigint[]), 4, 'send_batch answers one id each');
select is((select array_agg(pg_temp.stored(id) order by o) from unnest(:'ids'::bigint[]) with ordinality as u(id, o)),
          array['default|a|-|-|-|-', 'default|b|-|-|-|-', 'default|NULL|-|-|-|-', 'default|d|-|-|-|-'], 'in the order given, NULL kept');
select is(:'ids'::bigint[], (select array_agg(i order by i) from unnest(:'ids'::bigint[]) i), 'ids rise with the input');
select pgque.send_batch('q', 't', array['{"b":1}', null]::jsonb[]) as ids \gset
select is((select array_agg(pg_temp.stored(id) order by o) from unnest(:'ids'::bigint[]) with ordinality as u(id, o)),
          array['t|{"b": 1}|-|-|-|-', 't|NULL|-|-|-|-'], 'jsonb with a type');
select pgque.send_batch('q', array['{"b":1}']::jsonb[]) as ids \gset
select is(pg_temp.stored((:'ids'::bigint[])[1]), 'default|{"b": 1}|-|-|-|-', 'jsonb without a type');
select pgque.send_batch('q', 't', array['x']) as ids \gset
select is(pg_temp.stored((:'ids'::bigint[])[1]), 't|x|-|-|-|-', 'text with a type');
select pgque.send_batch(queue_name => 'q', payloads => array['x']) as ids \gset
select pgque.send_batch(queue_name => 'q', type_name => 't', payloads => array['x']) as ids \gset
select is(pg_temp.stored((:'ids'::bigint[])[1]), 't|x|-|-|-|-', 'named arguments');
select pgque.send_batch('q', (select array_agg(i::text order by i) from generate_series(1, 20000) i)) as ids \gset
select is(cardinality(:'ids'::bigint[]), 20000, 'twenty thousand at once');
select is((select count(*)::int from pgque.event_template e join unnest(:'ids'::bigint[]) with ordinality u(id, o) on u.id = e.ev_id
            where e.ev_data = u.o::text), 20000, 'each under its own id');
select is(pgque.send_batch('q', array[['a', 'b'], ['c', 'd']]::text[]) is not null, true, 'a matrix is read in storage order');
select is(pgque.send_batch('q', '{}'::text[]), '{}'::bigint[], 'an empty batch');
select is(pgque.send_batch('nowhere', '{}'::text[]), '{}'::bigint[], 'is answered before the queue is looked up');
select is(pgque.send_batch('nowhere', '{}'::jsonb[]), '{}'::bigint[], 'as jsonb');
select is(pgque.send_batch('nowhere', 't', '{}'::text[]), '{}'::bigint[], 'with a type');
select is(pgque.send_batch('nowhere', 't', '{}'::jsonb[]), '{}'::bigint[], 'as jsonb with a type');
select refuses(format($$select pgque.send_batch('q', %snull::%s)$$, t, a), 'payloads must not be null')
  from unnest(array['', $$'t', $$]) t, unnest(array['text[]', 'jsonb[]']) a;
select refuses(format($$select pgque.send_batch('nowhere', %sarray['1']::%s)$$, t, a), 'queue not found: nowhere')
  from unnest(array['', $$'t', $$]) t, unnest(array['text[]', 'jsonb[]']) a;
select is(pgque.insert_event_bulk('q', 't', '{}'), '{}'::bigint[], 'insert_event_bulk: empty');
select pgque.insert_event_bulk('q', 't', array['x', null]) as ids \gset
select is((select array_agg(pg_temp.stored(id) order by o) from unnest(:'ids'::bigint[]) with ordinality as u(id, o)),
          array['t|x|-|-|-|-', 't|NULL|-|-|-|-'], 'insert_event_bulk keeps NULL');
select refuses($$select pgque.insert_event_bulk('nowhere', 't', array['x'])$$, 'queue not found: nowhere');

-- all or nothing
begin;
select pgque.send_batch('q', array['r1', 'r2']) as ids \gset
rollback;
select is((select count(*)::int from pgque.event_template where ev_data in ('r1', 'r2')), 0, 'a batch that is rolled back is gone');

-- insert_event
select pgque.insert_event('q', 't', 'd') as id \gset
select is(pg_temp.stored(:id), 't|d|-|-|-|-', 'insert_event, three arguments');
select pgque.insert_event('q', 't', 'd', 'e1', 'e2', 'e3', 'e4') as id \gset
select is(pg_temp.stored(:id), 't|d|e1|e2|e3|e4', 'insert_event, seven arguments');
select pgque.insert_event(queue_name => 'q', ev_type => 't', ev_data => 'd', ev_extra1 => null, ev_extra2 => 'e2', ev_extra3 => null,
                          ev_extra4 => null) as id \gset
select is(pg_temp.stored(:id), 't|d|-|e2|-|-', 'by name');
select refuses($$select pgque.insert_event('nowhere', 't', 'd')$$, 'queue not found: nowhere');
select refuses($$select pgque.insert_event('nowhere', 't', 'd', null, null, null, null)$$, 'queue not found: nowhere');

-- insert_event_raw
select last_value as before from pgque.batch_id_seq \gset
select pgque.insert_event_raw('q', null, '2020-01-01 00:00:00+00', 9, 2, 't', 'raw', 'a', 'b', 'c', 'd') as id \gset
select is((select format('%s %s %s %s', ev_time at time zone 'UTC', ev_owner, ev_retry, ev_data) from pgque.event_template where ev_id = :id),
          '2020-01-01 00:00:00 9 2 raw', 'insert_event_raw stores what it is given and draws an id');
select is(pgque.insert_event_raw('q', 77777777, now(), null, null, 't', 'raw', null, null, null, null), 77777777::bigint, 'a given id is kept');
select is(pgque.insert_event_raw('q', null, now(), null, null, 't', 'raw', null, null, null, null), :id::bigint + 2,
          'though the sequence is drawn from all the same');
select refuses($$select pgque.insert_event_raw('nowhere', null, null, null, null, null, null, null, null, null, null)$$,
    'queue not found: nowhere');

-- current_event_table
select is(pgque.current_event_table('q'), format('pgque.event_%s_0', :n), 'current_event_table');
select refuses($$select pgque.current_event_table('nowhere')$$, 'Event queue not found');

-- a queue that takes nothing
update pgque.queue set queue_disable_insert = true;
select refuses(s, 'Insert into queue disallowed') from unnest(array[
    $$select pgque.send('q', 'x')$$, $$select pgque.send('q', '{}'::jsonb)$$, $$select pgque.send('q', 't', 'x')$$,
    $$select pgque.send('q', 't', '{}'::jsonb)$$, $$select pgque.send_batch('q', array['x'])$$,
    $$select pgque.send_batch('q', array['1']::jsonb[])$$, $$select pgque.send_batch('q', 't', array['x'])$$,
    $$select pgque.send_batch('q', 't', array['1']::jsonb[])$$, $$select pgque.insert_event('q', 't', 'x')$$,
    $$select pgque.insert_event_bulk('q', 't', array['x'])$$,
    $$select pgque.insert_event_raw('q', null, null, null, null, null, null, null, null, null, null)$$]) s;
select refuses($$select pgque.current_event_table('q')$$, 'Writing to queue disabled');
set session_replication_role = replica;
select lives_ok($$select pgque.insert_event_raw('q', null, now(), null, null, 't', 'replica', null, null, null, null)$$,
    'a replica may insert all the same');
select lives_ok($$select pgque.current_event_table('q')$$, 'and ask where');
select lives_ok($$select pgque.send('q', 'x')$$, 'and send');
reset session_replication_role;

select * from finish();
