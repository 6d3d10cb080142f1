-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: workqueue
-- The leader's lease, the reaper's rounds, and what may not be swept.
select plan(51);

-- the lease
select throws_ok(format('select workqueue.lease_acquire(%s)', l), '22023', 'a leader needs a name', 'leader ' || l) from unnest(array['null', '''''', '''  ''']) l;
select throws_ok($$select workqueue.lease_acquire('a', 0)$$, '22023', null, 'a window of nothing');
select ok(workqueue.lease_acquire('a'), 'free: acquired');
select ok(not workqueue.lease_acquire('b'), 'held: not');
select ok(not workqueue.lease_acquire('a'), 'a holder renews instead');
select ok(workqueue.lease_renew('a') and not workqueue.lease_renew('b'), 'which nobody else can');
select ok(not workqueue.lease_release('b'), 'nor release it');
select results_eq('select leader, lease from workqueue.stats_leader()', $$values ('a', 'held')$$, 'seen as held');
update workqueue.pg_orchestrator_lock set acquired_at = clock_timestamp() - interval '11 s';
select is((select lease from workqueue.stats_leader()), 'stale', 'stale');
select ok(workqueue.lease_acquire('b'), 'taken over');
select ok(not workqueue.lease_renew('a') and not workqueue.lease_release('a'), 'the old one notices');
select ok(workqueue.lease_release('b') and workqueue.lease_acquire('c'), 'released, it is free at once');
select throws_ok($$insert into workqueue.pg_orchestrator_lock (id) values (2)$$, '23514', null, 'there is one row');
select workqueue.lease_release('c') \g /dev/null
select suite.open('s' || g) from generate_series(1, 5) g \g /dev/null
select suite.send('s' || g, format('select workqueue.lease_acquire(''l%s'')', g)) from generate_series(1, 5) g \g /dev/null
create temp table won as select suite.answer('s' || g) as w from generate_series(1, 5) g;
select is((select count(*)::int from won where w = 't'), 1, 'of five at once one wins');

-- redelivery and delay
select workqueue.send_many('q', array['1', '2', '3', '4']::jsonb[]) \g /dev/null
select count(*) from workqueue.claim('q', 60, 3) \g /dev/null
select workqueue.send('q', '5', delay => 60) \g /dev/null
select results_eq('select * from workqueue.maint()', $$values (0, 0, 0, 0)$$, 'nothing to do');
update workqueue.pg_queue_message set vt = clock_timestamp() - interval '1 s' where message in ('1', '2');
update workqueue.pg_queue_message set available_at = clock_timestamp() - interval '1 s' where message in ('5', '3');
select results_eq('select rearmed, promoted from workqueue.maint()', $$values (2, 1)$$, 'lapsed leases and due delays, each its own');
select results_eq('select message from workqueue.claim(''q'', 60, 9)', $$values ('1'::jsonb), ('2'), ('4'), ('5')$$, 'claimable again, in order');
update workqueue.pg_queue_message set vt = clock_timestamp() - interval '1 s';
select is(workqueue.rearm_lapsed(2), 2, 'not more than the cap');
select suite.run('s1', 'begin') \g /dev/null
select suite.run('s1', $$select workqueue.rearm_lapsed(1)$$) \g /dev/null
select suite.send('s2', $$select workqueue.rearm_lapsed()$$) \g /dev/null
select ok(suite.passes('s2'), 'two reapers do not wait for each other');
select is(suite.answer('s2'), '2', 'each takes its own');
select suite.run('s1', 'commit') \g /dev/null
select ok((select last_maint > clock_timestamp() - interval '1 min' from workqueue.stats_leader()), 'when it last ran is known');

-- the seldom sweeps
insert into workqueue.pg_task_result (task_id, status, expires_at) values ('old', 'completed', now() - interval '1 s'), ('young', 'completed', now() + interval '1 h'), ('kept', 'completed', null);
select is((select results_swept from workqueue.maint()), 0, 'not in every round');
update workqueue.sweep_state set last_sweep = '-infinity';
select is((select results_swept from workqueue.maint()), 1, 'in the round that is due');
select is((select string_agg(task_id, ',' order by task_id) from workqueue.pg_task_result), 'kept,young', 'past their time only');

-- markers: what may bear a load stays
create function pg_temp.marker(e text, age interval default '2 days') returns void language sql as
    $$ insert into workqueue.pg_batch_dedup (execution_id, batch_index, created_at) values (e, 0, clock_timestamp() - age) $$;
select pg_temp.marker('orphan'), pg_temp.marker('young', '1 hour'), pg_temp.marker('live'), pg_temp.marker('message'), pg_temp.marker('deadletter'),
       pg_temp.marker('claimed'), pg_temp.marker('tombstone') \g /dev/null
select workqueue.arm('live', 'o', 2) \g /dev/null
select pg_temp.marker('live') \g /dev/null
select workqueue.send('q', '{"kwargs": {"_barrier_context": {"execution_id": "message", "batch_index": 0}}}') \g /dev/null
select workqueue.send('dl', '{"kwargs": {"execution_id": "deadletter"}}') as dl \gset
select workqueue.bury(:dl, 'x') \g /dev/null
insert into workqueue.pg_orchestration_claim (execution_id, claimed_at) values ('claimed', now()), ('tombstone', now() - interval '3 days');
select results_eq('select * from workqueue.sweep_markers()', $$values (2, 3)$$, 'two go, three may be needed');
select is((select string_agg(execution_id, ',' order by execution_id) from workqueue.pg_batch_dedup), 'claimed,deadletter,live,message,young',
          'not those of a live barrier, of a message, of a dead letter, of a young claim, nor young ones');
select results_eq($$select * from workqueue.sweep_markers(terminal => array['message', 'young'])$$, $$values (2, 2)$$, 'what is known to be over goes');
select throws_ok('select * from workqueue.sweep_markers(0)', '22023', null, 'a retention of nothing');
truncate workqueue.pg_batch_dedup;
select pg_temp.marker('m' || lpad(g::text, 3, '0')) from generate_series(1, 9) g \g /dev/null
select is((select purged from workqueue.sweep_markers(max => 4)), 4, 'bounded');
select is((select purged from workqueue.sweep_markers()), 5, 'until done');

-- a failing sweep does not stop redelivery
create function public.no() returns trigger language plpgsql as $$ begin raise exception 'locked up'; end $$;
create trigger no before delete on workqueue.pg_task_result for each row execute function public.no();
update workqueue.pg_task_result set expires_at = now() - interval '1 s' where task_id = 'young';
update workqueue.sweep_state set last_sweep = '-infinity';
\set said `"$SUITE_SAY" "select rearmed >= 0 from workqueue.maint()"`
select matches(:'said'::text, 'WARNING:  workqueue.maint: results not swept: locked up', 'it is a warning');
select matches(:'said'::text, '(?n)^t$', 'and the round ends well');
select is((select count(*)::int from workqueue.maint() where results_swept = 0), 1, 'not tried again before its time');
drop trigger no on workqueue.pg_task_result;

-- looking
truncate workqueue.pg_queue_message, workqueue.dead_letter;
select workqueue.send('s', '1', 8) from generate_series(1, 30) \g /dev/null
select workqueue.send('s', '2', 3), workqueue.send('t', '3', delay => 60), workqueue.send('u', '4') \g /dev/null
select count(*) from workqueue.claim('u', 60) \g /dev/null
select results_eq('select queue_name, ready, ready_capped, claimed, scheduled from workqueue.stats_queues(10)',
                  $$values ('s', 11::bigint, true, 0::bigint, 0::bigint), ('t', 0, false, 0, 1), ('u', 0, false, 1, 0)$$, 'every queue, whatever it has');
select results_eq('select queue_name, priority::int, ready, capped from workqueue.stats_bands(20)', $$values ('s', 8, 20::bigint, true), ('s', 3, 1, false)$$, 'by priority, up to the cap');
select is((select head_msg_id from workqueue.stats_bands() where priority = 8), (select min(msg_id) from workqueue.pg_queue_message where queue_name = 's'), 'with the head of each band');
select results_eq('select queue_name, claimed, lapsed from workqueue.stats_in_flight()', $$values ('u', 1::bigint, 0::bigint)$$, 'in flight');
update workqueue.pg_queue_message set vt = clock_timestamp() - interval '90 s', read_ct = 7 where queue_name = 'u';
select results_eq($$select lapsed, worst_lapse > interval '80 s' from workqueue.stats_in_flight()$$, $$values (1::bigint, true)$$, 'lapsed, since when');
select results_eq('select * from workqueue.stats_reads()', $$values ('u', 7, 1::bigint)$$, 'how often read');
select results_eq('select queue_name, read_ct, max_attempts from workqueue.stats_poison()', $$values ('u', 7, 5)$$, 'poison');
insert into workqueue.queue_setting (queue_name, max_attempts) values ('u', 9);
select is_empty('select * from workqueue.stats_poison()', 'as its queue allows');
update workqueue.pg_queue_message set available_at = clock_timestamp() - interval '1 s' where queue_name = 't';
select results_eq('select queue_name, scheduled, overdue from workqueue.stats_delayed()', $$values ('t', 1::bigint, 1::bigint)$$, 'delayed and overdue');

-- one execution, batch by batch
truncate workqueue.pg_queue_message, workqueue.pg_batch_dedup, workqueue.pg_barrier_state;
select workqueue.arm('x', 'o', 5) as x \gset
select workqueue.send('hdr', jsonb_build_object('kwargs', jsonb_build_object('_barrier_context', jsonb_build_object('execution_id', 'x', 'batch_index', g)))) from generate_series(0, 2) g \g /dev/null
select count(*) from workqueue.claim('hdr', 60) \g /dev/null
select workqueue.claim_batch('x', :x, 0), workqueue.claim_batch('x', :x, 1), workqueue.claim_batch('x', :x, 3) \g /dev/null
select count(workqueue.finish_batch('x', :x, 3, '1')) \g /dev/null
select results_eq($$select verdict from workqueue.stats_barrier('x')$$, $$values ('running'), ('lost'), ('not started'), ('done'), ('header missing')$$,
                  'running, lost, waiting, done, and the header that was never sent');
select results_eq('select class, remaining, total, markers from workqueue.stats_barriers()', $$values ('running', 4, 5, 3::bigint)$$, 'the barrier');
update workqueue.pg_barrier_state set last_progress_at = clock_timestamp() - interval '3 h';
select is((select class from workqueue.stats_barriers()), 'stuck', 'stuck');
update workqueue.pg_barrier_state set created_at = now() - interval '2 days', expires_at = clock_timestamp() - interval '1 s';
select is((select class from workqueue.stats_barriers()), 'expired', 'expired');
update workqueue.pg_barrier_state set remaining = 0;
select is((select class from workqueue.stats_barriers()), 'finished, not finalised', 'finished');

-- again on top of itself, and away
\set again `psql -Xq -1 -v ON_ERROR_STOP=1 -f "$WORKQUEUE_SQL" 2>&1 | grep -v NOTICE`
select is(:'again'::text, '', 'installs again on top of itself');
select is((select count(*)::int from workqueue.pg_barrier_state), 1, 'and keeps what is there');
select * from finish();
