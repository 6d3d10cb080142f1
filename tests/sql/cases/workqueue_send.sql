-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: workqueue
-- Producing: what is stored, in which order ids come, what is refused before anything is written; writers of the tables.
select plan(30);

select workqueue.send('q', '{"b": 1, "a": [2]}') as id \gset
select results_eq($$select queue_name, message, org_id, read_ct, priority::int, state, vt <= clock_timestamp(), available_at <= clock_timestamp()
                      from workqueue.pg_queue_message$$,
                  $$values ('q', '{"a": [2], "b": 1}'::jsonb, '', 0, 5, 'ready', true, true)$$, 'the defaults');
select is((select msg_id from workqueue.pg_queue_message), :id::bigint, 'the id is answered');
select workqueue.send('q', '1', 10, null) \gset
select is((select org_id from workqueue.pg_queue_message where priority = 10), '', 'no organization is the empty text');
select workqueue.send(queue => 'q', payload => '2', org => 'acme', priority => 1) \gset
select is((select org_id from workqueue.pg_queue_message where priority = 1), 'acme', 'by argument names');
select is((select count(*)::int from workqueue.pg_queue_message), 3, 'three in all');

-- priorities
select throws_ok(format('select workqueue.send(''q'', ''1'', %s)', p), '22023', 'priority must be between 1 and 10 (got ' || p || ')', 'priority ' || p)
  from unnest(array['0', '-1', '11', '99']) p;
select throws_ok($$select workqueue.send('q', '1', null)$$, '22023', 'priority must be between 1 and 10 (got <NULL>)', 'priority NULL');
select lives_ok($$select workqueue.send('edge', '1', p) from unnest(array[1, 10]) p$$, 'the bounds are inside');
select throws_ok($$insert into workqueue.pg_queue_message (queue_name, message, priority) values ('q', '1', 11)$$, '23514', null, 'the table agrees');

-- refused
select throws_ok($$select workqueue.send('', '1')$$, '22023', 'a message needs the name of a queue', 'no queue');
select throws_ok($$select workqueue.send(null, '1')$$, '22023', 'a message needs the name of a queue', 'NULL as queue');
select throws_ok($$select workqueue.send('q', null)$$, '22004', 'a message needs a payload', 'NULL as payload');
select throws_ok($$select workqueue.send('q', '1', 5, '', 'NaN')$$, '22023', null, 'no number as delay');
select throws_ok($$select workqueue.send_many('q', array['1', null]::jsonb[])$$, '22004', 'a message needs a payload', 'one NULL among many');
select is((select count(*)::int from workqueue.pg_queue_message), 5, 'and nothing was written');

-- many
create temp table many as
    select id, n from workqueue.send_many('m', (select array_agg(to_jsonb(g)) from generate_series(1, 500) g), 7, 'o') with ordinality r(id, n);
select is((select bool_and(message = to_jsonb(n)) from many join workqueue.pg_queue_message on msg_id = id), true, 'ids in the order of the payloads');
select is((select bool_and(later) from (select id > lag(id) over (order by n) as later from many) x), true, 'and rising');
select is((select count(*)::int from workqueue.pg_queue_message where queue_name = 'm' and priority = 7 and org_id = 'o'), 500, 'all of them');
select is_empty($$select * from workqueue.send_many('m', '{}')$$, 'none is none');

-- delayed
select workqueue.send('d', '1', delay => 3600) as later \gset
select is((select state from workqueue.pg_queue_message where msg_id = :later), 'scheduled', 'a delay makes it scheduled');
select ok((select available_at between clock_timestamp() + interval '59 min' and clock_timestamp() + interval '61 min'
             from workqueue.pg_queue_message where msg_id = :later), 'for then');
select is_empty($$select * from workqueue.claim('d', 30, 10)$$, 'nobody gets it before');
select workqueue.send('d', '2', delay => 0), workqueue.send('d', '3', delay => -5) \gset
select results_eq($$select message from workqueue.claim('d', 30, 10)$$, $$values ('2'::jsonb), ('3'::jsonb)$$, 'no delay, or one in the past, is now');

-- writers of the tables, of every generation
select lives_ok($$insert into workqueue.pg_queue_message (queue_name, message, org_id, enqueued_at, vt, read_ct)
                  values ('old', '0', '', now(), now(), 0)$$, 'a writer that knows no priority');
select lives_ok($$insert into workqueue.pg_queue_message (queue_name, message, org_id, priority, enqueued_at, vt, read_ct)
                  values ('old', '1', '', 5, now(), now(), 0)$$, 'one that knows no state');
select lives_ok($$insert into workqueue.pg_queue_message (queue_name, message, org_id, priority, enqueued_at, vt, read_ct, state)
                  values ('old', '2', '', 5, now(), now() + interval '1 h', 0, 'ready')$$, 'one that knows no delay');
select is((select count(*)::int from workqueue.claim('old', 30, 10)), 3, 'all are claimable, whatever the lease of a ready row says');
select * from finish();
