-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: workqueue
-- What an administrator does: conditional on the state, answered truly, written down.
select plan(56);
create function pg_temp.audited() returns text language sql as
    $$ select string_agg(action || ' ' || subject, ',' order by audit_id) from workqueue.audit $$;

-- moving, priorities, putting off
select workqueue.send('q', '1') as id \gset
select ok(workqueue.move(:id, 'other'), 'moved');
select is((select queue_name from workqueue.pg_queue_message where msg_id = :id), 'other', 'there');
select throws_ok(format('select workqueue.move(%s, '''')', :id), '22023', null, 'not nowhere');
select ok(workqueue.set_priority(:id, 9), 'another priority');
select throws_ok(format('select workqueue.set_priority(%s, 12)', :id), '22023', 'priority must be between 1 and 10 (got 12)', 'not any');
select ok(workqueue.postpone(:id, 60), 'put off');
select is((select state from workqueue.pg_queue_message where msg_id = :id), 'scheduled', 'scheduled');
select ok(not workqueue.set_priority(:id, 3), 'which is not ready');
select ok(workqueue.postpone(:id, 0), 'and back');
select workqueue.claim('other', 60) \g /dev/null
select ok(not workqueue.move(:id, 'q') and not workqueue.set_priority(:id, 3) and not workqueue.postpone(:id, 5), 'claimed: nothing of this');
select ok(not workqueue.move(-1, 'q') and not workqueue.set_priority(-1, 3) and not workqueue.postpone(-1, 5), 'gone: neither');

-- re-arming one
select ok(not workqueue.rearm(:id), 'a live lease stays');
select ok(not workqueue.rearm(:id, 7, true), 'another token fits nothing, force or not');
select ok(workqueue.rearm(:id, 1, true), 'by force, with the token seen');
select workqueue.claim('other', 60) \g /dev/null
update workqueue.pg_queue_message set vt = clock_timestamp() - interval '1 s' where msg_id = :id;
select ok(workqueue.rearm(:id), 'a lapsed one');
select is((select claimed_by || claimed_at::text from workqueue.pg_queue_message where msg_id = :id), null, 'nobody holds it');
select is(pg_temp.audited(), 'move q,set_priority other,postpone other,postpone other,rearm other,rearm other', 'all of it is written down, and nothing that did not happen');

-- burying and bringing back
select workqueue.claim('other', 60) \g /dev/null
select ok(not workqueue.bury(:id, 'why'), 'a live lease is not buried from outside');
select throws_ok(format('select workqueue.bury(%s, '''')', :id), '22023', 'a dead letter needs a reason', 'nor without a reason');
select ok(workqueue.bury(:id, 'why', force => true), 'but by force');
select ok(not workqueue.bury(:id, 'why', force => true), 'once');
select dead_id as dead, read_ct as reads from workqueue.dead_letter \gset
select workqueue.requeue(:dead) as fresh \gset
select cmp_ok(:fresh::bigint, '>', :id::bigint, 'requeued under a new id');
select results_eq(format('select read_ct, priority::int, queue_name from workqueue.pg_queue_message where msg_id = %s', :fresh), $$values (0, 9, 'other')$$, 'with a fresh count');
select is(workqueue.requeue(:dead), null, 'once');
select is(workqueue.ack(:id, :reads), false, 'the old token is void');
select workqueue.bury(:fresh, 'again') \g /dev/null
select results_eq($$select subject, detail->>'reason', detail->'force' from workqueue.audit where action = 'bury' order by audit_id$$,
                  $$values ('other', 'why', 'true'::jsonb), ('other', 'again', 'false')$$, 'burying what one does not hold is written down');
select workqueue.requeue((select dead_id from workqueue.dead_letter), false) as kept \gset
select is((select read_ct from workqueue.pg_queue_message where msg_id = :kept), 0, 'or with its own');

-- purging
truncate workqueue.pg_queue_message, workqueue.dead_letter;
select workqueue.send('p', to_jsonb(g), 1 + g % 2, case when g < 5 then 'a' else 'b' end) from generate_series(1, 10) g \g /dev/null
select workqueue.send('p', '"later"', delay => 60), workqueue.send('x', '0') \g /dev/null
select workqueue.claim('p', 60) \g /dev/null
select throws_ok('select workqueue.purge(''{}'')', '22023', 'a purge needs the name of a queue');
select throws_ok('select workqueue.purge(''{"queue": "p", "prio": 1}'')', '22023', 'unknown in the filter of a purge: prio');
select throws_ok('select workqueue.purge(''{"queue": "p", "state": "claimed"}'')', '22023', 'only what is ready or scheduled can be purged');
select throws_ok(format('select workqueue.purge(''{"queue": "p"}'', %s)', n), '22023', null, 'a cap of ' || n) from unnest(array['0', '100001', 'null']) n;
select is(workqueue.purge('{"queue": "p", "org": "a", "priority": 2}'), 1, 'by organization and priority');
select is(workqueue.purge('{"queue": "p", "state": "ready"}', 3), 3, 'not more than the cap');
select is((select count(*)::int from workqueue.dead_letter where reason = 'purged'), 4, 'copies stay');
select is(workqueue.purge('{"queue": "p", "state": "scheduled"}', 10, false), 1, 'or not');
select is((select count(*)::int from workqueue.dead_letter), 4, 'on request');
select is(workqueue.purge('{"queue": "p", "min_read_ct": 1}'), 0, 'nothing was read but what is claimed');
select is(workqueue.purge('{"queue": "p"}'), 5, 'the rest');
select is((select string_agg(queue_name || ' ' || state, ',' order by queue_name) from workqueue.pg_queue_message), 'p claimed,x ready', 'claimed and foreign ones stay');
select is(workqueue.purge_dead('p'), 0, 'young dead letters stay');
update workqueue.dead_letter set died_at = clock_timestamp() - interval '31 days';
select is(workqueue.purge_dead('p', max => 6), 6, 'old ones go, in bounded steps');
select is(workqueue.purge_dead('p'), 3, 'until none is left');

-- pausing
select workqueue.pause('x', 'deploy', clock_timestamp() + interval '1 hour') \g /dev/null
select is((select paused from workqueue.stats_queues() where queue_name = 'x'), true, 'paused, visibly');
update workqueue.queue_setting set paused_until = clock_timestamp() - interval '1 s';
select is((select paused from workqueue.stats_queues() where queue_name = 'x'), false, 'until its time');
select is((select count(*)::int from workqueue.claim('x', 60)), 1, 'then it delivers by itself');

-- roles
select is_empty($$select p.oid::regprocedure from pg_proc p where p.pronamespace = 'workqueue'::regnamespace
                    and has_function_privilege('public', p.oid, 'execute')$$, 'PUBLIC may call nothing');
select is_empty($$select c.oid::regclass from pg_class c where c.relnamespace = 'workqueue'::regnamespace and c.relkind in ('r', 'S')
                    and (has_table_privilege('public', c.oid, 'select'))$$, 'and read nothing');
select suite.open('a'), suite.open('b') \g /dev/null
select suite.run('a', 'set role workqueue_producer'), suite.run('b', 'set role workqueue_consumer') \g /dev/null
select is(suite.run('a', $$select workqueue.send('r', '1') is not null from workqueue.send_many('r', array['2']::jsonb[])$$), 't', 'a producer sends');
select throws_ok($$select suite.run('a', 'select count(*) from workqueue.claim(''r'', 60)')$$, '42501', null, 'but does not consume');
select is(suite.run('b', $$select count(workqueue.ack(msg_id, token)) from workqueue.claim('r', 60, 2)$$), '2', 'a consumer does');
select throws_ok($$select suite.run('b', 'select workqueue.purge(''{"queue": "r"}'')')$$, '42501', null, 'but does not administer');
select workqueue.send('r', '1') as r \gset
select suite.run('b', $$select workqueue.arm('run', 'o', 1)$$) \g /dev/null
select is(suite.run('b', format('select workqueue.bury(%s, ''theirs'') and workqueue.abort(''run'')', :r)), 't', 'a consumer buries and aborts');
select workqueue.arm('run', 'o', 2) as run \gset
select workqueue.abort('run', true) \g /dev/null
select results_eq($$select subject, detail from workqueue.audit where action = 'abort' or detail->>'reason' = 'theirs'$$,
                  format($$values ('run', '{"remaining": 2, "epoch": %s, "keep_markers": true}'::jsonb)$$, :run), 'what an administrator ends is written down, too');
select throws_ok($$select suite.run('b', 'insert into workqueue.audit (action, subject) values (''x'', ''y'')')$$, '42501', null, 'nor write the audit');
select suite.shut('a'), suite.shut('b') \g /dev/null
select * from finish();
