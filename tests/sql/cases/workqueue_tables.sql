-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: workqueue
-- The tables as writers of every generation know them: columns, defaults, checks, indexes.
select plan(29);

create function pg_temp.shape(t text) returns text language sql as $$
    select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
                      || case when a.attidentity <> '' then ' identity' else coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '') end,
                      ', ' order by a.attnum)
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = ('workqueue.' || t)::regclass and a.attnum > 0 and not a.attisdropped $$;
select is(pg_temp.shape('pg_queue_message'),
    'msg_id bigint not null identity, queue_name text not null, message jsonb not null, org_id text not null ''''::text, '
    'enqueued_at timestamp with time zone not null now(), vt timestamp with time zone not null now(), read_ct integer not null 0, '
    'priority smallint not null 5, state text not null ''ready''::text, available_at timestamp with time zone not null now(), '
    'claimed_by text, claimed_at timestamp with time zone, last_error text', 'messages');
select is(pg_temp.shape('pg_barrier_state'),
    'execution_id text not null, organization_id text not null ''''::text, remaining integer not null, results jsonb not null ''[]''::jsonb, '
    'created_at timestamp with time zone not null now(), expires_at timestamp with time zone not null, '
    'last_progress_at timestamp with time zone not null now(), total integer, epoch bigint not null 0, callback jsonb', 'barriers');
select is(pg_temp.shape('pg_batch_dedup'),
    'id bigint not null identity, execution_id text not null, batch_index integer not null, '
    'created_at timestamp with time zone not null now(), finished_at timestamp with time zone', 'markers');
select is(pg_temp.shape('pg_orchestration_claim'),
    'execution_id text not null, organization_id text not null ''''::text, claimed_at timestamp with time zone not null now()', 'orchestration claims');
select is(pg_temp.shape('pg_orchestrator_lock'),
    'id integer not null 1, leader text not null ''''::text, acquired_at timestamp with time zone not null now()', 'the leader');
select results_eq('select id, leader from workqueue.pg_orchestrator_lock', $$values (1, '')$$, 'which is there, and free');

-- checks, by the names that others know
select is((select string_agg(conname, ',' order by conname) from pg_constraint where connamespace = 'workqueue'::regnamespace and contype in ('c', 'u') and conname like 'pg\_%'),
    'pg_barrier_expires_after_created,pg_batch_dedup_batch_index_non_negative,pg_batch_dedup_exec_batch_uniq,pg_orchestrator_lock_single_row,'
    'pg_queue_message_priority_range,pg_queue_message_state_valid', 'checks have their names');
select lives_ok(format('insert into workqueue.pg_queue_message (queue_name, message, state) values (''s'', ''1'', %L)', s), 'state ' || s)
  from unnest(array['ready', 'claimed', 'scheduled']) s;
select throws_ok(format('insert into workqueue.pg_queue_message (queue_name, message, state) values (''s'', ''1'', %L)', s), '23514', null, 'state ' || s)
  from unnest(array['READY', 'done', '', 'dead']) s;
select lives_ok(format('insert into workqueue.pg_queue_message (queue_name, message, priority) values (''s'', ''1'', %s)', p), 'priority ' || p) from unnest(array[1, 10]) p;
select throws_ok(format('insert into workqueue.pg_queue_message (queue_name, message, priority) values (''s'', ''1'', %s)', p), '23514', null, 'priority ' || p) from unnest(array[0, 11]) p;
select is_empty($$select 1 from pg_constraint where connamespace = 'workqueue'::regnamespace and contype = 'f'$$, 'no foreign keys: side tables can be dropped');

-- indexes: those that others know, and none that a renewal would have to maintain
select matches((select indexdef from pg_indexes where indexname = 'pg_queue_message_claim_idx'), $$\(queue_name, priority DESC, msg_id\) WHERE \(state = 'ready'::text\)$$, 'for claims');
select matches((select indexdef from pg_indexes where indexname = 'pg_queue_message_claimed_idx'), $$\(msg_id\) WHERE \(state = 'claimed'::text\)$$, 'for what is in flight');
select matches((select indexdef from pg_indexes where indexname = 'pg_queue_message_scheduled_idx'), $$\(available_at\) WHERE \(state = 'scheduled'::text\)$$, 'for what is due');
select is_empty($$select indexname from pg_indexes where schemaname = 'workqueue' and tablename = 'pg_queue_message' and indexdef ~ '\mvt\M'$$, 'the lease is in no index');
select is_empty($$select indexname from pg_indexes where schemaname = 'workqueue' and tablename = 'pg_barrier_state' and indexdef ~ 'last_progress_at|remaining'$$, 'nor a barrier''s progress');

-- a decrement stays heap-only, too
select workqueue.arm('hot', 'o', 3) as epoch \gset
select workqueue.claim_batch('hot', :epoch, 0) \g /dev/null
vacuum workqueue.pg_barrier_state;
begin;
select pg_stat_get_xact_tuples_hot_updated('workqueue.pg_barrier_state'::regclass) as hot \gset
select workqueue.finish_batch('hot', :epoch, 0, '1') \g /dev/null
select is(pg_stat_get_xact_tuples_hot_updated('workqueue.pg_barrier_state'::regclass) - :hot, 1::bigint, 'a decrement is a heap-only update');
commit;

-- every function finds what it means, whatever the caller's search path
select is_empty($$select p.oid::regprocedure from pg_proc p where p.pronamespace = 'workqueue'::regnamespace
                    and not 'search_path=pg_catalog, pg_temp' = any (coalesce(p.proconfig, '{}'))$$, 'all functions have a fixed search path');
select is_empty($$select p.oid::regprocedure from pg_proc p where p.pronamespace = 'workqueue'::regnamespace and p.prosecdef$$, 'none runs with its owner''s rights');

-- one wins, of however many
select suite.open('s' || g) from generate_series(1, 8) g \g /dev/null
create temp table rounds (round int, won text);
do $$
begin
    for r in 1..5 loop
        perform suite.send('s' || g, format('select workqueue.claim_marker(''race'', %s)', r)) from generate_series(1, 8) g;
        insert into rounds select r, suite.answer('s' || g) from generate_series(1, 8) g;
    end loop;
end $$;
select results_eq($$select round, count(*) filter (where won = 't')::int, count(*)::int from rounds group by 1 order by 1$$,
                  $$values (1, 1, 8), (2, 1, 8), (3, 1, 8), (4, 1, 8), (5, 1, 8)$$, 'eight sessions, five rounds, one winner each');
select ok(workqueue.claim_marker('other', 1), 'another execution is another race');
select suite.shut('s' || g) from generate_series(1, 8) g \g /dev/null
select * from finish();
