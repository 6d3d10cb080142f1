-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: workqueue
-- Arming and sending in one: either a run has all its headers or it never was.
select plan(24);
\set callback '{"queue": "done", "task_name": "collect", "kwargs": {"execution_id": "e"}}'

select is(workqueue.fan_out('none', 'o', '{}', '{}', '{}', '{}'), null, 'nothing to do for no headers');
select is_empty('select 1 from workqueue.pg_barrier_state', 'and no barrier');
select throws_ok($$select workqueue.fan_out('', 'o', array['q'], array['{}']::jsonb[], array[5], array['o'])$$, '22023', 'a barrier needs an execution id');

select workqueue.fan_out('e', 'org', array['a', 'b', 'a'],
    array['{"task_name": "t0", "args": [1, "x"], "kwargs": {"keep": true}}', '{"task_name": "t1"}', '{"task_name": "t2", "kwargs": {}, "fairness": {"org_id": "f"}}']::jsonb[],
    array[9, 5, 1], array['o1', 'o2', ''], 60, :'callback') as epoch \gset
select results_eq('select remaining, total, organization_id, epoch, callback from workqueue.pg_barrier_state',
                  format('values (3, 3, ''org'', %s::bigint, %L::jsonb)', :epoch, :'callback'), 'the barrier counts them');
select results_eq('select queue_name, priority::int, org_id, state from workqueue.pg_queue_message order by msg_id',
                  $$values ('a', 9, 'o1', 'ready'), ('b', 5, 'o2', 'ready'), ('a', 1, '', 'ready')$$, 'each header in its queue, with its priority and organization');
select results_eq($$select message - 'kwargs' from workqueue.pg_queue_message order by msg_id$$,
                  $$values ('{"task_name": "t0", "args": [1, "x"]}'::jsonb), ('{"task_name": "t1"}'), ('{"task_name": "t2", "fairness": {"org_id": "f"}}')$$, 'its payload as it was given');
select results_eq($$select message->'kwargs'->'keep', message #> '{kwargs,_barrier_context,batch_index}' from workqueue.pg_queue_message order by msg_id$$,
                  $$values ('true'::jsonb, '0'::jsonb), (null, '1'), (null, '2')$$, 'arguments kept, batches counted from 0');
select is((select count(*)::int from workqueue.pg_queue_message
            where message #> '{kwargs,_barrier_context}' = jsonb_build_object('execution_id', 'e', 'epoch', :epoch::bigint, 'callback_descriptor', :'callback'::jsonb,
                                                                             'batch_index', message #> '{kwargs,_barrier_context,batch_index}')), 3, 'and what its worker needs');

-- run as a worker runs it
create function pg_temp.work(q text) returns text language plpgsql as $$
declare m record; f record;
begin
    select * into m from workqueue.claim(q, 60);
    if m.msg_id is null then return 'none'; end if;
    if not workqueue.claim_batch('e', (m.message #>> '{kwargs,_barrier_context,epoch}')::bigint, (m.message #>> '{kwargs,_barrier_context,batch_index}')::int) then
        perform workqueue.ack(m.msg_id, m.token);
        return 'skipped';
    end if;
    select * into f from workqueue.finish_batch('e', (m.message #>> '{kwargs,_barrier_context,epoch}')::bigint,
                                                (m.message #>> '{kwargs,_barrier_context,batch_index}')::int, m.message->'task_name');
    perform workqueue.ack(m.msg_id, m.token);
    return f.remaining || ' ' || f.fired;
end $$;
select is(pg_temp.work('a'), '2 false', 'the first batch');
select is(pg_temp.work('b'), '1 false', 'the second');
select is(pg_temp.work('a'), '0 true', 'the last fires');
select is((select message #> '{args,0}' from workqueue.pg_queue_message where queue_name = 'done'), '["t0", "t1", "t2"]', 'with all results, in the order of completion');

-- refused as a whole
select throws_ok($$select workqueue.fan_out('r', 'o', array['q', 'q'], array['{}']::jsonb[], array[5], array['o'])$$, '22023', 'every header needs a queue, a payload, a priority and an organization', 'a queue too many');
select throws_ok($$select workqueue.fan_out('r', 'o', array['q'], array['{}']::jsonb[], '{}', array['o'])$$, '22023', null, 'a priority too few');
select throws_ok(format('select workqueue.fan_out(''r'', ''o'', array[''q''], array[%L]::jsonb[], array[5], array[''o''])', p), '22023', 'header 0 is no object', p || ' as header')
  from unnest(array['[]', '1', '{"kwargs": 1}']) p;
select throws_ok($$select workqueue.fan_out('r', 'o', array['q'], array[null]::jsonb[], array[5], array['o'])$$, '22023', 'header 0 is no object', 'NULL as header');
select throws_ok($$select workqueue.fan_out('r', 'o', array['q', 'q', ''], array['{}', '{}', '{}']::jsonb[], array[5, 5, 5], array['o', 'o', 'o'])$$, '22023', 'a message needs the name of a queue', 'the last without a queue');
select throws_ok($$select workqueue.fan_out('r', 'o', array['q', 'q'], array['{}', '{}']::jsonb[], array[5, 11], array['o', 'o'])$$, '22023', null, 'the last with an impossible priority');
select is_empty($$select 1 from workqueue.pg_barrier_state where execution_id = 'r' union all select 1 from workqueue.pg_queue_message where queue_name = 'q'$$, 'of none of them anything is there');

-- over a living run: its markers and its epoch are void, and nobody sees half of it
select workqueue.fan_out('again', 'o', array['g'], array['{}']::jsonb[], array[5], array['o']) as first \gset
select workqueue.claim_batch('again', :first, 0) \g /dev/null
select workqueue.fan_out('again', 'o', array['g'], array['{}']::jsonb[], array[5], array['o']) as second \gset
select ok(not workqueue.claim_batch('again', :first, 0) and workqueue.claim_batch('again', :second, 0), 'the old run''s header is void, the new one''s runs');
select suite.open('a') \g /dev/null
select suite.run('a', 'begin') \g /dev/null
select suite.run('a', $$select workqueue.fan_out('half', 'o', array['h', 'h'], array['{}', '{}']::jsonb[], array[5, 5], array['o', 'o'])$$) \g /dev/null
select is_empty($$select * from workqueue.claim('h', 60, 5)$$, 'nothing is claimable before it is committed');
select suite.run('a', 'commit') \g /dev/null
select is((select count(*)::int from workqueue.claim('h', 60, 5)), 2, 'then all of it');
select suite.shut('a') \g /dev/null
select * from finish();
