-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: workqueue
-- Claims: order, never more than asked for, leases with tokens, fencing; by two sessions too.
select plan(57);

-- order
select workqueue.send('q', to_jsonb(p || '-' || n), p) from (values (5, 1), (9, 1), (1, 1), (5, 2), (9, 2), (1, 2)) v(p, n) \g /dev/null
select results_eq($$select message #>> '{}', read_ct, token, priority::int from workqueue.claim('q', 60, 1)$$, $$values ('9-1', 1, 1, 9)$$, 'the highest first');
select results_eq($$select message #>> '{}' from workqueue.claim('q', 60, 4)$$, $$values ('9-2'), ('5-1'), ('5-2'), ('1-1')$$, 'by priority, then first in first out');
select is((select count(*)::int from workqueue.pg_queue_message where state = 'claimed'), 5, 'five are claimed');
select is((select count(*)::int from workqueue.pg_queue_message where state = 'ready'), 1, 'one is ready');
select results_eq($$select message #>> '{}' from workqueue.claim('q', 60, 10)$$, $$values ('1-2')$$, 'a held high one does not block a low one');
select is_empty($$select * from workqueue.claim('q', 60, 10)$$, 'then none');
select is_empty($$select * from workqueue.claim('nowhere', 60)$$, 'nor of a queue nobody knows');
select ok((select bool_and(vt between clock_timestamp() + interval '50 s' and clock_timestamp() + interval '61 s') from workqueue.pg_queue_message), 'leases end when said');

-- refused
select throws_ok(format('select * from workqueue.claim(''q'', %s, 1)', l), '22023', null, 'a lease of ' || l) from unnest(array['0', '-1', 'null', '''NaN''']) l;
select throws_ok(format('select * from workqueue.claim(''q'', 30, %s)', n), '22023', null, 'a quantity of ' || n) from unnest(array['0', '-3', 'null']) n;

-- tokens
select workqueue.send('t', '1') as id \gset
select token from workqueue.claim('t', 60) \gset first_
select ok(workqueue.extend(:id, :first_token, 600), 'the holder extends');
select is((select read_ct from workqueue.pg_queue_message where msg_id = :id), 1, 'which counts as no read');
select ok((select vt > clock_timestamp() + interval '500 s' from workqueue.pg_queue_message where msg_id = :id), 'from now on');
select ok(not workqueue.extend(:id, :first_token + 1, 60), 'another token does not');
select throws_ok(format('select workqueue.extend(%s, 1, 0)', :id), '22023', null, 'not by nothing');
update workqueue.pg_queue_message set vt = clock_timestamp() - interval '1 s' where msg_id = :id;
select is_empty($$select * from workqueue.claim('t', 60)$$, 'a lapsed lease alone makes nothing claimable');
select is(workqueue.rearm_lapsed(), 1, 'the reaper does');
select is(workqueue.rearm_lapsed(), 0, 'once');
select ok(not workqueue.ack(:id, :first_token), 're-armed: the old holder cannot acknowledge');
select ok(not workqueue.extend(:id, :first_token, 60), 'nor extend');
select token from workqueue.claim('t', 60) \gset second_
select is(:second_token, 2, 'the next claim has another token');
select ok(not workqueue.ack(:id, :first_token), 'claimed again: the old holder cannot acknowledge');
select ok(not workqueue.nack(:id, :first_token), 'nor give back');
select ok(not workqueue.bury(:id, 'no', :first_token), 'nor bury');
select ok(workqueue.ack(:id, :second_token), 'the new one can');
select ok(not workqueue.ack(:id, :second_token), 'once');
select is((select count(*)::int from workqueue.pg_queue_message where msg_id = :id), 0, 'and it is gone');

-- giving back
select workqueue.send('n', '1') as id \gset
select workqueue.claim('n', 60) \g /dev/null
select ok(workqueue.nack(:id, 1, 0, 'no luck'), 'given back');
select results_eq(format('select state, read_ct, last_error, claimed_by from workqueue.pg_queue_message where msg_id = %s', :id),
                  $$values ('ready', 1, 'no luck', null::text)$$, 'ready, count kept, error kept');
select is((select token from workqueue.claim('n', 60, 1, 'worker-7')), 2, 'the next claim');
select is((select claimed_by from workqueue.pg_queue_message where msg_id = :id), 'worker-7', 'names who holds it');
select ok(workqueue.nack(:id, 2, 3600), 'given back for later');
select results_eq(format('select state, last_error from workqueue.pg_queue_message where msg_id = %s', :id), $$values ('scheduled', 'no luck')$$, 'is scheduled; the error stays');
select is(workqueue.promote_due(), 0, 'not due');
update workqueue.pg_queue_message set available_at = clock_timestamp() where msg_id = :id;
select is(workqueue.promote_due(), 1, 'due');
select is((select token from workqueue.claim('n', 60)), 3, 'claimable');
select ok(workqueue.bury(:id, 'gave up', 3), 'buried by its holder');
select results_eq($$select msg_id, queue_name, read_ct, last_error, reason, message from workqueue.dead_letter$$,
                  format($$values (%s::bigint, 'n', 3, 'no luck', 'gave up', '1'::jsonb)$$, :id), 'payload, count, error and reason are kept');

-- Statistics from when the queue was empty, which is a queue table's normal state: the forms of a claim that use a limited
-- sub-select take the whole queue in one call, this one takes what was asked for.
truncate workqueue.pg_queue_message;
alter table workqueue.pg_queue_message set (autovacuum_enabled = off);
insert into workqueue.pg_queue_message (queue_name, message) values ('o', '0');
analyze workqueue.pg_queue_message;
insert into workqueue.pg_queue_message (queue_name, message) select 'o', to_jsonb(g) from generate_series(1, 49) g;
create function pg_temp.in_form() returns int language plpgsql as $$
declare n int;
begin
    with u as (update workqueue.pg_queue_message set read_ct = read_ct + 1 where msg_id in
        (select msg_id from workqueue.pg_queue_message where queue_name = 'o' and state = 'ready' order by priority desc, msg_id
          limit 3 for update skip locked) returning 1)
    select count(*) into n from u;
    raise exception using message = n, errcode = 'P0099';
exception when sqlstate 'P0099' then
    return sqlerrm::int;
end $$;
select cmp_ok(pg_temp.in_form(), '>', 3, 'the trap is set: the IN form takes more than 3');
select is((select count(*)::int from workqueue.claim('o', 60, 3)), 3, 'the claim takes 3');
select is((select count(*)::int from workqueue.pg_queue_message where state = 'claimed'), 3, 'and holds no more');

-- with a generic plan it still walks the index
analyze workqueue.pg_queue_message;
insert into workqueue.pg_queue_message (queue_name, message) select 'big', '0' from generate_series(1, 20000);
analyze workqueue.pg_queue_message;
set plan_cache_mode = force_generic_plan;
select count(*) from workqueue.claim('big', 60, 5) \g /dev/null
create function pg_temp.plan(text) returns text language plpgsql as $$
declare line text; whole text := '';
begin
    for line in execute $1 loop whole := whole || line || chr(10); end loop;
    return whole;
end $$;
prepare taking(text, int) as
    select m.msg_id from workqueue.pg_queue_message m where m.queue_name = $1 and m.state = 'ready'
     order by m.priority desc, m.msg_id limit $2 for update skip locked;
select matches(pg_temp.plan($$explain execute taking('big', 5)$$), 'Index Scan using pg_queue_message_claim_idx', 'the claim index, in its order');
select doesnt_match(pg_temp.plan($$explain execute taking('big', 5)$$), 'Sort', 'nothing is sorted');
reset plan_cache_mode;

-- renewing a lease touches no index
truncate workqueue.pg_queue_message;
insert into workqueue.pg_queue_message (queue_name, message) select 'h', '0' from generate_series(1, 10);
select count(*) from workqueue.claim('h', 60, 10) \g /dev/null
vacuum workqueue.pg_queue_message;
begin;
select pg_stat_get_xact_tuples_updated(t) as updated, pg_stat_get_xact_tuples_hot_updated(t) as hot
  from (select 'workqueue.pg_queue_message'::regclass) r(t) \gset
select workqueue.extend(msg_id, 1, 90) from workqueue.pg_queue_message \g /dev/null
select is(pg_stat_get_xact_tuples_updated('workqueue.pg_queue_message'::regclass) - :updated, 10::bigint, 'ten renewals');
select is(pg_stat_get_xact_tuples_hot_updated('workqueue.pg_queue_message'::regclass) - :hot, 10::bigint, 'are heap-only updates, with every index there is');
commit;

-- two sessions
truncate workqueue.pg_queue_message;
select suite.open('a'), suite.open('b') \g /dev/null
select workqueue.send_many('two', (select array_agg(to_jsonb(g)) from generate_series(1, 10) g)) \g /dev/null
select suite.run('a', 'begin') \g /dev/null
select is(suite.run('a', $$select message from workqueue.claim('two', 60, 4)$$), '1,2,3,4', 'one takes four and stays open');
select suite.send('b', $$select message from workqueue.claim('two', 60, 4)$$) \g /dev/null
select ok(suite.passes('b'), 'the other does not wait');
select is(suite.answer('b'), '5,6,7,8', 'and takes the next four');
select suite.run('a', 'rollback') \g /dev/null
select is((select string_agg(message::text, ',') from workqueue.claim('two', 60, 100)), '1,2,3,4,9,10', 'what was rolled back is there again, in order');
select suite.shut('a'), suite.shut('b') \g /dev/null

-- a paused queue
select workqueue.send('p', '1') \g /dev/null
select workqueue.pause('p', 'deploy') \g /dev/null
select is_empty($$select * from workqueue.claim('p', 60)$$, 'paused: none');
select ok(workqueue.resume('p') and not workqueue.resume('p'), 'resumed, once');
select is((select count(*)::int from workqueue.claim('p', 60)), 1, 'there it is');
select * from finish();
