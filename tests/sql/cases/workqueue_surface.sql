-- SPDX-License-Identifier: GPL-3.0-or-later
-- What callers rely on: every function with the names of its arguments, which are part of it; who may call what; beside or
-- without the event queue, and gone again.
select plan(23);

\set said `psql -Xq -1 -v ON_ERROR_STOP=1 -f "$WORKQUEUE_SQL" 2>&1 | grep -v NOTICE`
select is(:'said'::text, '', 'it installs beside the event queue');
create view public.surface as
    select p.oid, p.proname::text || '(' || pg_get_function_arguments(p.oid) || ') -> ' || pg_get_function_result(p.oid) as signature
      from pg_proc p where p.pronamespace = 'workqueue'::regnamespace and p.proname !~ '^_';
select set_eq('select signature from public.surface', array[
    'send(queue text, payload jsonb, priority integer DEFAULT 5, org text DEFAULT ''''::text, delay double precision DEFAULT 0) -> bigint',
    'send_many(queue text, payloads jsonb[], priority integer DEFAULT 5, org text DEFAULT ''''::text, delay double precision DEFAULT 0) -> SETOF bigint',
    'claim(queue text, lease_s double precision, qty integer DEFAULT 1, worker text DEFAULT NULL::text) -> TABLE(msg_id bigint, message jsonb, read_ct integer, '
    'token integer, priority smallint, org_id text, enqueued_at timestamp with time zone, lease_until timestamp with time zone)',
    'extend(id bigint, token integer, lease_s double precision) -> boolean',
    'ack(id bigint, token integer) -> boolean',
    'nack(id bigint, token integer, delay_s double precision DEFAULT 0, error text DEFAULT NULL::text) -> boolean',
    'bury(id bigint, reason text, token integer DEFAULT NULL::integer, force boolean DEFAULT false) -> boolean',
    'requeue(dead_id bigint, reset boolean DEFAULT true) -> bigint',
    'move(id bigint, to_queue text) -> boolean',
    'set_priority(id bigint, priority integer) -> boolean',
    'postpone(id bigint, delay_s double precision) -> boolean',
    'rearm(id bigint, token integer DEFAULT NULL::integer, force boolean DEFAULT false) -> boolean',
    'purge(filter jsonb, max integer DEFAULT 1000, keep boolean DEFAULT true, reason text DEFAULT ''purged''::text) -> integer',
    'purge_dead(queue text, older_than interval DEFAULT ''30 days''::interval, max integer DEFAULT 1000) -> integer',
    'pause(queue text, reason text DEFAULT ''''::text, until timestamp with time zone DEFAULT NULL::timestamp with time zone) -> void',
    'resume(queue text) -> boolean',
    'arm(exec text, org text, n integer, ttl integer DEFAULT 21600, callback jsonb DEFAULT NULL::jsonb) -> bigint',
    'fan_out(exec text, org text, queues text[], payloads jsonb[], priorities integer[], orgs text[], ttl integer DEFAULT 21600, callback jsonb DEFAULT NULL::jsonb) -> bigint',
    'claim_batch(exec text, epoch bigint, i integer) -> boolean',
    'finish_batch(exec text, epoch bigint, i integer, result jsonb, OUT remaining integer, OUT fired boolean) -> record',
    'abort(exec text, keep_markers boolean DEFAULT false, epoch bigint DEFAULT NULL::bigint) -> boolean',
    'claim_marker(exec text, i integer) -> boolean',
    'clear_markers(exec text) -> integer',
    'lease_acquire(leader text, window_s double precision DEFAULT 10) -> boolean',
    'lease_renew(leader text) -> boolean',
    'lease_release(leader text) -> boolean',
    'rearm_lapsed(max integer DEFAULT 1000) -> integer',
    'promote_due(max integer DEFAULT 1000) -> integer',
    'sweep_results(max integer DEFAULT 1000) -> integer',
    'sweep_markers(retention_s double precision DEFAULT 86400, terminal text[] DEFAULT ''{}''::text[], max integer DEFAULT 200, OUT purged integer, OUT refused integer) -> record',
    'maint(OUT rearmed integer, OUT promoted integer, OUT results_swept integer, OUT markers_purged integer) -> record',
    'stats_queue_names() -> SETOF text',
    'stats_queues(cap integer DEFAULT 1000) -> TABLE(queue_name text, ready bigint, ready_capped boolean, oldest_ready timestamp with time zone, claimed bigint, lapsed bigint, '
    'worst_lapse interval, scheduled bigint, overdue bigint, next_due timestamp with time zone, poison bigint, dead bigint, paused boolean)',
    'stats_bands(cap integer DEFAULT 1000) -> TABLE(queue_name text, priority smallint, ready bigint, capped boolean, head_msg_id bigint, head_enqueued_at timestamp with time zone)',
    'stats_in_flight() -> TABLE(queue_name text, claimed bigint, lapsed bigint, worst_lapse interval, next_lapse timestamp with time zone)',
    'stats_delayed(cap integer DEFAULT 10000) -> TABLE(queue_name text, scheduled bigint, capped boolean, overdue bigint, next_due timestamp with time zone)',
    'stats_reads() -> TABLE(queue_name text, read_ct integer, messages bigint)',
    'stats_poison(max_rows integer DEFAULT 200) -> TABLE(msg_id bigint, queue_name text, priority smallint, state text, read_ct integer, max_attempts integer, last_error text)',
    'stats_barriers(stuck_s double precision DEFAULT 9000, max_rows integer DEFAULT 500) -> TABLE(execution_id text, organization_id text, epoch bigint, remaining integer, '
    'total integer, class text, created_at timestamp with time zone, last_progress_at timestamp with time zone, expires_at timestamp with time zone, markers bigint)',
    'stats_barrier(exec text) -> TABLE(batch_index integer, verdict text, marked_at timestamp with time zone, finished_at timestamp with time zone, msg_id bigint, '
    'message_state text, lease_until timestamp with time zone)',
    'stats_leader(window_s double precision DEFAULT 10) -> TABLE(leader text, acquired_at timestamp with time zone, lease text, last_maint timestamp with time zone, last_sweep timestamp with time zone)',
    'version() -> text'], 'these functions, with these arguments');
select is_empty($$select signature from public.surface s join pg_proc p on p.oid = s.oid
                    where p.prosecdef or not 'search_path=pg_catalog, pg_temp' = any (coalesce(p.proconfig, '{}'))$$, 'none with its owner''s rights, all with a fixed search path');

-- by name, as callers write them
select workqueue.send(payload => '{"n": 1}', queue => 'q', priority => 7, org => 'o', delay => 0) as id \gset
select token from workqueue.claim(qty => 1, lease_s => 60, queue => 'q', worker => 'w') \gset
select ok(workqueue.extend(lease_s => 90, token => :token, id => :id), 'extend');
select ok(workqueue.nack(error => 'e', delay_s => 0, token => :token, id => :id), 'nack');
select ok(workqueue.set_priority(priority => 2, id => :id) and workqueue.postpone(delay_s => 0, id => :id) and workqueue.move(to_queue => 'r', id => :id), 'set_priority, postpone, move');
select token from workqueue.claim(queue => 'r', lease_s => 60) \gset
select ok(workqueue.rearm(force => true, token => :token, id => :id), 'rearm');
select ok(workqueue.bury(force => false, token => null, reason => 'x', id => :id), 'bury');
select ok(workqueue.requeue(reset => true, dead_id => (select d.dead_id from workqueue.dead_letter d)) > :id, 'requeue');
select is(workqueue.purge(reason => 'x', keep => false, max => 10, filter => '{"queue": "r"}') + workqueue.purge_dead(max => 10, older_than => '1 s', queue => 'r'), 1, 'purge, purge_dead');
select workqueue.pause(until => null, reason => 'x', queue => 'r') \g /dev/null
select ok(workqueue.resume(queue => 'r'), 'pause, resume');
select workqueue.arm(callback => null, ttl => 60, n => 1, org => 'o', exec => 'e') as epoch \gset
select ok(workqueue.claim_batch(i => 0, epoch => :epoch, exec => 'e') and (select remaining = 0 from workqueue.finish_batch(result => '1', i => 0, epoch => :epoch, exec => 'e'))
          and workqueue.abort(epoch => :epoch, keep_markers => true, exec => 'e') and workqueue.clear_markers(exec => 'e') = 1, 'a barrier from arm to abort');

-- who may call what
create view public.allowed as
    select r.role, s.signature, has_function_privilege(r.role, s.oid, 'execute') as may,
           case when s.signature ~ '^(send|send_many|version)\(' then 1
                when s.signature ~ '^(requeue|move|set_priority|postpone|rearm|purge|purge_dead|pause|resume)\(' then 3
                else 2 end <= r.level as should
      from public.surface s, (values ('public', 0), ('workqueue_producer', 1), ('workqueue_consumer', 2), ('workqueue_admin', 3)) r(role, level);
select is_empty('select role, signature, may from public.allowed where may <> should', 'PUBLIC calls nothing, each role what it is for');
select is((select count(*)::int from public.allowed), 4 * (select count(*)::int from public.surface), 'of all of them');
select is_empty($$select c.oid::regclass, p from pg_class c, unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) p
                    where c.relnamespace = 'workqueue'::regnamespace and c.relkind in ('r', 'v') and has_table_privilege('public', c.oid, p)$$, 'PUBLIC has no right on a table');
select is_empty($$select c.oid::regclass from pg_class c where c.relnamespace = 'workqueue'::regnamespace and case when c.relkind = 'S' then has_sequence_privilege('public', c.oid, 'usage') end$$, 'nor on a sequence');
select ok(not has_schema_privilege('public', 'workqueue', 'usage'), 'nor on the schema');
select ok(pg_has_role('workqueue_admin', 'workqueue_consumer', 'member') and pg_has_role('workqueue_consumer', 'workqueue_producer', 'member')
          and not pg_has_role('workqueue_producer', 'workqueue_consumer', 'member'), 'who administers may consume, who consumes may produce');

-- neither needs the other
select lives_ok('drop schema pgque cascade', 'the event queue can go');
select ok(workqueue.send('q', '1') is not null and (select count(*) = 1 from workqueue.claim('q', 60)) and (select rearmed = 0 from workqueue.maint()), 'which the work queue does not notice');
\set back `psql -Xq -1 -v ON_ERROR_STOP=1 -f "$SUITE_SQL" 2>&1 | grep -v NOTICE`
select is(:'back'::text, '', 'and come back');
select pgque.create_queue('events') \g /dev/null
\set away `psql -Xq -1 -v ON_ERROR_STOP=1 -f "$SUITE_ROOT/sql/workqueue/uninstall.sql" 2>&1 | grep -v NOTICE`
select is(:'away'::text, '', 'the work queue goes');
select ok(to_regnamespace('workqueue') is null and pgque.send('events', '{}') is not null, 'and the event queue stays');
select * from finish();
