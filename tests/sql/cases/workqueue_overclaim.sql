-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: workqueue
-- Which shapes of a claim keep to their limit when the statistics are from a time when the queue was empty. No concurrency is
-- needed: a limited sub-select outside WITH may be run once for every row, and skips what this very statement has taken.
select plan(11);

\set limited 'select msg_id from public.shape where queue_name = ''q'' and state = ''ready'' order by priority desc, msg_id for update skip locked limit 3'

-- How many rows a statement would take. Each has a table of its own: what another rolled back would stand in the way.
create function pg_temp.takes(sql text) returns int language plpgsql as $$
declare n int;
begin
    create table public.shape (like workqueue.pg_queue_message including all) with (autovacuum_enabled = off);
    insert into public.shape (queue_name, message) values ('q', '0');
    analyze public.shape;
    insert into public.shape (queue_name, message) select 'q', '0' from generate_series(1, 49);
    execute sql;
    get diagnostics n = row_count;
    raise exception using message = n, errcode = 'P0099';
exception when sqlstate 'P0099' then
    return sqlerrm::int;
end $$;
select cmp_ok(pg_temp.takes(format('update public.shape set read_ct = read_ct + 1 where msg_id in (%s)', :'limited')), '>', 3, 'IN, updating: too many');
select cmp_ok(pg_temp.takes(format('delete from public.shape where msg_id in (%s)', :'limited')), '>', 3, 'IN, deleting: too many');
select cmp_ok(pg_temp.takes(format('update public.shape t set read_ct = read_ct + 1 from (%s) s where t.msg_id = s.msg_id', :'limited')), '>', 3, 'a derived table: too many');
select is(pg_temp.takes(format('with s as (%s) update public.shape t set read_ct = read_ct + 1 from s where t.msg_id = s.msg_id', :'limited')), 3, 'WITH, joined: 3');
select is(pg_temp.takes(format('with s as (%s) update public.shape set read_ct = read_ct + 1 where msg_id in (select msg_id from s)', :'limited')), 3, 'WITH, then IN: 3');
select is(pg_temp.takes(format('with s as not materialized (%s) update public.shape set read_ct = read_ct + 1 where msg_id in (select msg_id from s)', :'limited')), 3, 'WITH that may be inlined: 3');
select is(pg_temp.takes(format('update public.shape set read_ct = read_ct + 1 where msg_id = any (array(%s))', :'limited')), 3, 'an array: 3');

-- ours, on the table itself in that state, with every function that takes a bounded number
alter table workqueue.pg_queue_message set (autovacuum_enabled = off);
insert into workqueue.pg_queue_message (queue_name, message) values ('q', '0');
analyze workqueue.pg_queue_message;
insert into workqueue.pg_queue_message (queue_name, message, state, vt, available_at)
select 'q', '0', s, now() - interval '1 s', now() - interval '1 s' from generate_series(1, 49), unnest(array['ready', 'claimed', 'scheduled']) s;
select is(workqueue.rearm_lapsed(3), 3, 'as many are re-armed as asked for');
select is(workqueue.promote_due(3), 3, 'and promoted');
select is(workqueue.purge('{"queue": "q"}', 3), 3, 'and purged');

-- An empty claim is not an empty queue: what somebody looks at is passed over.
truncate workqueue.pg_queue_message;
select workqueue.send('locked', '1') \g /dev/null
select suite.open('a') \g /dev/null
select suite.run('a', 'begin') \g /dev/null
select suite.run('a', $$select msg_id from workqueue.pg_queue_message where queue_name = 'locked' for update$$) \g /dev/null
select is((select count(*)::int from workqueue.claim('locked', 60)), 0, 'a ready message that another session looks at is not claimed, nor waited for');
select suite.run('a', 'rollback') \g /dev/null
select suite.shut('a') \g /dev/null
select * from finish();
