-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: workqueue
-- What a claim reads: counted in pages and seen in the plan that the function itself runs, so that no copy of its statement
-- can hide a change.
select plan(12);

alter table workqueue.pg_queue_message set (autovacuum_enabled = off);
create function pg_temp.fill(in_flight int) returns void language plpgsql as $$
begin
    truncate workqueue.pg_queue_message;
    -- Claimed ones have the oldest ids: where a claim starts to look.
    insert into workqueue.pg_queue_message (queue_name, message, state, read_ct, vt) select 'q', '{}', 'claimed', 1, now() + interval '1 h' from generate_series(1, in_flight);
    insert into workqueue.pg_queue_message (queue_name, message) select 'q', '{}' from generate_series(1, 5000);
    analyze workqueue.pg_queue_message;
end $$;
-- Pages that the last of several claims touches: the first ones make the plans.
create function pg_temp.pages() returns int language plpgsql as $$
declare line json;
begin
    for i in 1..7 loop
        execute 'explain (analyze, buffers, format json) select * from workqueue.claim(''q'', 60, 1)' into line;
    end loop;
    return (line->0->'Plan'->>'Shared Hit Blocks')::int + (line->0->'Plan'->>'Shared Read Blocks')::int;
end $$;
select pg_temp.fill(0), pg_temp.pages() as none \gset
select pg_temp.fill(1000), pg_temp.pages() as thousand \gset
select pg_temp.fill(60000), pg_temp.pages() as many \gset
select cmp_ok(:none, '<', 60, 'a claim reads a handful of pages');
select cmp_ok(:thousand, '<=', (:none * 1.5)::int, 'no more with a thousand in flight');
select cmp_ok(:many, '<=', (:none * 1.5)::int, 'nor with sixty thousand');

-- the same messages in the shape without states: the test can see the difference
create table public.plain (like workqueue.pg_queue_message including defaults including identity, primary key (msg_id));
create index on public.plain (queue_name, priority desc, msg_id);
insert into public.plain (queue_name, message, vt) select 'q', '{}', case when g <= 60000 then now() + interval '1 h' else now() end from generate_series(1, 65000) g;
analyze public.plain;
create function pg_temp.walked() returns int language plpgsql as $$
declare line json;
begin
    execute $q$explain (analyze, buffers, format json) select msg_id from public.plain where queue_name = 'q' and vt <= now() order by priority desc, msg_id limit 1 for update skip locked$q$ into line;
    return (line->0->'Plan'->>'Shared Hit Blocks')::int + (line->0->'Plan'->>'Shared Read Blocks')::int;
end $$;
select cmp_ok(pg_temp.walked(), '>', :many * 5, 'where visibility is a time they are all walked over');

-- the function's own statements, as the server plans them, with generic plans too
\set auto `"$SUITE_SAY" "load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on; set auto_explain.log_level = notice; set plan_cache_mode = force_generic_plan; select count(*) from workqueue.claim('q', 60, 5)"`
select matches(:'auto'::text, 'Index Scan using pg_queue_message_claim_idx on pg_queue_message', 'the claim index, under a generic plan');
select doesnt_match(:'auto'::text, 'Seq Scan on pg_queue_message', 'never the whole table');
select matches(:'auto'::text, 'Index Scan using pg_queue_message_pkey', 'and by id to what was picked');
\set lease `"$SUITE_SAY" "load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on; set auto_explain.log_level = notice; set plan_cache_mode = force_generic_plan; select workqueue.rearm_lapsed(3); select workqueue.promote_due(3)"`
select matches(:'lease'::text, 'pg_queue_message_claimed_idx', 're-arming walks what is claimed');
select matches(:'lease'::text, 'pg_queue_message_scheduled_idx', 'promotion what is delayed');

-- Renewals stay heap-only also when they come many times over: the statistics say so. Pages have room for all versions, since
-- how soon old ones go depends on who else looks.
truncate workqueue.pg_queue_message;
alter table workqueue.pg_queue_message set (fillfactor = 10);
select workqueue.send_many('hot', array_fill('{}'::jsonb, array[100])) \g /dev/null
select count(*) from workqueue.claim('hot', 60, 100) \g /dev/null
select pg_stat_force_next_flush() \g /dev/null
select 1 \g /dev/null
select n_tup_upd as updated, n_tup_hot_upd as hot from pg_stat_user_tables where relid = 'workqueue.pg_queue_message'::regclass \gset
do $$
begin
    for i in 1..500 loop
        perform workqueue.extend((select min(msg_id) + i % 100 from workqueue.pg_queue_message), 1, 60 + i);
        commit;
    end loop;
end $$;
select pg_stat_force_next_flush() \g /dev/null
select 1 \g /dev/null
select is((select n_tup_upd - :updated from pg_stat_user_tables where relid = 'workqueue.pg_queue_message'::regclass), 500::bigint, 'five hundred renewals');
select cmp_ok((select n_tup_hot_upd - :hot from pg_stat_user_tables where relid = 'workqueue.pg_queue_message'::regclass), '=', 500::bigint, 'are heap-only, with every index that is shipped');
select is((select count(*)::int from pg_index where indrelid = 'workqueue.pg_queue_message'::regclass), 7, 'which are these seven');

select * from finish();
