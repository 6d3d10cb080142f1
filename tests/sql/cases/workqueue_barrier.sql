-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: workqueue
-- Fan-in: exactly one decrement a batch and one callback a run, whatever is redelivered, re-used or raced.
select plan(73);
\set callback '{"queue": "done", "task_name": "collect", "kwargs": {"execution_id": "e", "organization_id": "o"}, "fairness_headers": {"org_id": "fair", "workload_type": "api", "pipeline_priority": 8}}'
create function pg_temp.barrier(e text) returns text language sql as
    $$ select concat_ws('|', remaining, results, organization_id, total) from workqueue.pg_barrier_state where execution_id = e $$;
create function pg_temp.markers(e text) returns int language sql as
    $$ select count(*)::int from workqueue.pg_batch_dedup where execution_id = e $$;

-- arming
select is(workqueue.arm('none', 'o', 0), null, 'nothing to do for no batches');
select is(pg_temp.barrier('none'), null, 'and no row');
select throws_ok($$select workqueue.arm(null, 'o', 3)$$, '22023', 'a barrier needs an execution id', 'no execution');
select throws_ok($$select workqueue.arm('', 'o', 3)$$, '22023', 'a barrier needs an execution id', 'an empty one');
select throws_ok($$select workqueue.arm('x', 'o', -1)$$, '22023', null, 'less than nothing');
select throws_ok(format('select workqueue.arm(''x'', ''o'', 1, %s)', t), '22023', null, 'a life of ' || t) from unnest(array['0', '-5', 'null']) t;
select throws_ok($$select workqueue.arm('x', 'o', 1, 60, '{"task_name": "t"}')$$, '22023', 'a callback needs the name of a queue', 'a callback without a queue');
select throws_ok($$select workqueue.arm('x', 'o', 1, 60, '{"queue": "q", "fairness": {"pipeline_priority": 11}}')$$, '22023', null, 'one with an impossible priority');
select workqueue.arm('e', 'o', 3, callback => :'callback') as epoch \gset
select is(pg_temp.barrier('e'), '3|[]|o|3', 'armed');
select ok((select expires_at between clock_timestamp() + interval '5 h 59 min' and clock_timestamp() + interval '6 h 1 min' and last_progress_at > clock_timestamp() - interval '1 min'
             from workqueue.pg_barrier_state where execution_id = 'e'), 'for six hours, progress fresh');
select throws_ok($$update workqueue.pg_barrier_state set expires_at = created_at$$, '23514', null, 'it expires after it was made');
select workqueue.arm('bare', null, 1) \g /dev/null
select is(pg_temp.barrier('bare'), '1|[]||1', 'no organization is the empty text');

-- batches
select ok(workqueue.claim_batch('e', :epoch, 0), 'the first delivery may run');
select ok(not workqueue.claim_batch('e', :epoch, 0), 'its redelivery may not');
select ok(workqueue.claim_batch('e', :epoch, 1), 'another batch may');
select ok(not workqueue.claim_batch('f', :epoch, 0), 'no batch without a barrier');
select throws_ok(format('select workqueue.claim_batch(''e'', %s, -1)', :epoch), '22023', null, 'no batch below zero');
select throws_ok($$insert into workqueue.pg_batch_dedup (execution_id, batch_index) values ('e', -1)$$, '23514', null, 'the table agrees');
update workqueue.pg_barrier_state set last_progress_at = clock_timestamp() - interval '1 day' where execution_id = 'e';
select results_eq(format('select * from workqueue.finish_batch(''e'', %s, 0, ''[1, 2]'')', :epoch), $$values (2, false)$$, 'one less');
select is(pg_temp.barrier('e'), '2|[[1, 2]]|o|3', 'a list is one result');
select ok((select last_progress_at > clock_timestamp() - interval '1 min' from workqueue.pg_barrier_state where execution_id = 'e'), 'that was progress');
select results_eq(format('select * from workqueue.finish_batch(''e'', %s, 0, ''9'')', :epoch), $$values (2, false)$$, 'told twice it counts once');
select throws_ok(format('select * from workqueue.finish_batch(''e'', %s, 2, ''9'')', :epoch), '55000', 'batch 2 of execution e was not claimed', 'nobody finishes what nobody began');
select is(pg_temp.barrier('e'), '2|[[1, 2]]|o|3', 'nothing changed');
select results_eq(format('select * from workqueue.finish_batch(''e'', %s, 1, ''null'')', :epoch), $$values (1, false)$$, 'null is a result');
select ok(workqueue.claim_batch('e', :epoch, 2), 'the last one begins');
select is_empty($$select 1 from workqueue.pg_queue_message where queue_name = 'done'$$, 'no callback yet');
select results_eq(format('select * from workqueue.finish_batch(''e'', %s, 2, ''{"ok": true}'')', :epoch), $$values (0, true)$$, 'and fires');
select results_eq($$select priority::int, org_id, message from workqueue.pg_queue_message where queue_name = 'done'$$,
    $$values (8, 'fair', '{"task_name": "collect", "queue": "done", "args": [[[1, 2], null, {"ok": true}]],
        "kwargs": {"execution_id": "e", "organization_id": "o", "_pg_transport": true},
        "fairness": {"org_id": "fair", "workload_type": "api", "pipeline_priority": 8}}'::jsonb)$$, 'the callback with all results, org and priority inherited');
select is(pg_temp.barrier('e'), null, 'the barrier is gone');
select is(pg_temp.markers('e'), 0, 'and its markers');
select results_eq(format('select * from workqueue.finish_batch(''e'', %s, 2, ''1'')', :epoch), $$values (null::int, false)$$, 'late: there is no such run');
select is((select count(*)::int from workqueue.pg_queue_message where queue_name = 'done'), 1, 'one callback');

-- the same execution again
select workqueue.arm('e', 'o', 2, callback => :'callback') as again \gset
select cmp_ok(:again::bigint, '>', :epoch::bigint, 'another run has another epoch, even after the row was gone');
select ok(not workqueue.claim_batch('e', :epoch, 0), 'a late batch of the old run may not begin');
select ok(workqueue.claim_batch('e', :again, 0), 'one of the new run may');
select results_eq(format('select * from workqueue.finish_batch(''e'', %s, 0, ''1'')', :epoch), $$values (null::int, false)$$, 'a late batch of the old run does not count');
select is(pg_temp.barrier('e'), '2|[]|o|2', 'nor does its result');
select workqueue.arm('e', 'p', 5, 60) as third \gset
select is(pg_temp.barrier('e'), '5|[]|p|5', 'armed over a living run: all is new');
select is(pg_temp.markers('e'), 0, 'old markers do not block it');
select ok(workqueue.claim_batch('e', :third, 0), 'so its first batch runs');

-- without a callback the row stays for its caller
select epoch from workqueue.pg_barrier_state where execution_id = 'bare' \gset bare_
select workqueue.claim_batch('bare', :bare_epoch, 0) \g /dev/null
select results_eq(format('select * from workqueue.finish_batch(''bare'', %s, 0, ''7'')', :bare_epoch), $$values (0, false)$$, 'finished, nothing to fire');
select is(pg_temp.barrier('bare'), '0|[7]||1', 'the results wait');

-- aborting
select ok(workqueue.abort('bare', true), 'aborted');
select is(pg_temp.markers('bare'), 1, 'markers kept on request');
select ok(not workqueue.claim_marker('bare', 0), 'so a redelivery is skipped');
select ok(not workqueue.abort('bare'), 'the second call did not do it');
select is(pg_temp.markers('bare'), 0, 'but clears the markers');
select is(workqueue.clear_markers('bare'), 0, 'of none there are none');
select ok(workqueue.claim_marker('m', 0) and workqueue.claim_marker('m', 1) and not workqueue.claim_marker('m', 1), 'markers by hand');
select is(workqueue.clear_markers('m'), 2, 'are counted when cleared');
select ok(workqueue.claim_marker('m', 1), 'and can be claimed again');

select workqueue.arm('aimed', 'o', 2) as old \gset
select workqueue.arm('aimed', 'o', 2) as new \gset
select workqueue.claim_batch('aimed', :new, 0) \g /dev/null
select ok(not workqueue.abort('aimed', epoch => :old), 'aimed at a run that was armed anew since it aborts nothing');
select is(pg_temp.markers('aimed'), 1, 'nor forgets the new run''s markers');
select ok(workqueue.abort('aimed', epoch => :new), 'aimed at the run there is it does');
select is(pg_temp.markers('aimed'), 0, 'with its markers');

-- others wrote: counted too far
select workqueue.arm('neg', 'o', 1, callback => :'callback') as neg \gset
select workqueue.claim_batch('neg', :neg, 0) \g /dev/null
update workqueue.pg_barrier_state set remaining = 0 where execution_id = 'neg';
select results_eq(format('select * from workqueue.finish_batch(''neg'', %s, 0, ''1'')', :neg), $$values (-1, false)$$, 'below zero nothing is fired');
select is(pg_temp.barrier('neg'), null, 'and nothing is left');

-- the decrement and the callback are one: what forbids the one undoes the other
select workqueue.arm('atomic', 'o', 1, callback => :'callback') as atomic \gset
select workqueue.claim_batch('atomic', :atomic, 0) \g /dev/null
create function public.no() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$;
create trigger no before insert on workqueue.pg_queue_message for each row execute function public.no();
select throws_ok(format('select * from workqueue.finish_batch(''atomic'', %s, 0, ''1'')', :atomic), 'not now');
select is(pg_temp.barrier('atomic'), '1|[]|o|1', 'the batch still counts as open');
drop trigger no on workqueue.pg_queue_message;
select results_eq(format('select * from workqueue.finish_batch(''atomic'', %s, 0, ''1'')', :atomic), $$values (0, true)$$, 'and finishes later');

-- two last batches at once
select suite.open('a'), suite.open('b') \g /dev/null
select workqueue.arm('race', 'o', 2, callback => '{"queue": "raced", "task_name": "t"}') as race \gset
select workqueue.claim_batch('race', :race, 0), workqueue.claim_batch('race', :race, 1) \g /dev/null
select suite.run('a', 'begin') \g /dev/null
select is(suite.run('a', format('select remaining || '' '' || fired from workqueue.finish_batch(''race'', %s, 0, ''1'')', :race)), '1 false', 'one');
select suite.send('b', format('select remaining || '' '' || fired from workqueue.finish_batch(''race'', %s, 1, ''2'')', :race)) \g /dev/null
select ok(suite.waits('b'), 'the other waits for its row');
select suite.run('a', 'commit') \g /dev/null
select is(suite.answer('b'), '0 true', 'and is the last');
select is((select count(*)::int from workqueue.pg_queue_message where queue_name = 'raced'), 1, 'one callback');

-- a redelivery beside the first delivery, and a new run beside an old batch
select workqueue.arm('race', 'o', 2) as race \gset
select suite.run('a', 'begin') \g /dev/null
select is(suite.run('a', format('select workqueue.claim_batch(''race'', %s, 0)', :race)), 't', 'the first delivery, not committed');
select suite.send('b', format('select workqueue.claim_batch(''race'', %s, 0)', :race)) \g /dev/null
select ok(suite.waits('b'), 'its redelivery waits');
select suite.run('a', 'commit') \g /dev/null
select is(suite.answer('b'), 'f', 'and is skipped');
select suite.run('a', 'begin') \g /dev/null
select is(suite.run('a', format('select workqueue.claim_batch(''race'', %s, 1)', :race)), 't', 'a batch begins, not committed');
select suite.send('b', $$select workqueue.arm('race', 'o', 2)$$) \g /dev/null
select ok(suite.waits('b'), 'a new run waits for it');
select suite.run('a', 'commit') \g /dev/null
select suite.answer('b') as race \gset
select ok(workqueue.claim_batch('race', :race, 1), 'so its marker cannot block the new run');
select suite.shut('a'), suite.shut('b') \g /dev/null
select * from finish();
