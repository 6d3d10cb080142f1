-- SPDX-License-Identifier: GPL-3.0-or-later
-- maint(): what it runs, for whom, and that ticker(), maint() and maint_retry_events() alone keep everything going.
select plan(36);
select pgque.create_queue('a'), pgque.create_queue('b') \gset
create function pg_temp.operations() returns text language sql as
    $$ select coalesce(string_agg(concat_ws(' ', regexp_replace(func_name, '^pgque\.', ''), func_arg), ',' order by n), '-')
         from pgque.maint_operations() with ordinality o(func_name, func_arg, n) $$;

-- what there is to do
select is(pg_temp.operations(), '-', 'nothing');
select suite.age('b', '1 day');
select is(pg_temp.operations(), 'maint_rotate_tables_step1 b,maint_rotate_tables_step2', 'one rotation due');
select suite.age('a', '1 day');
select is(pg_temp.operations(), 'maint_rotate_tables_step1 a,maint_rotate_tables_step1 b,maint_rotate_tables_step2', 'two');
select is(pgque.maint(), 0, 'maint() answers the sum of what it ran');
select is((select string_agg(queue_name || queue_cur_table, ',' order by queue_name) from pgque.queue), 'a1,b1', 'both turned');
select is((select count(*)::int from pgque.queue where queue_switch_step2 is null), 2, 'step two is for another transaction');
select is(pg_temp.operations(), 'maint_rotate_tables_step2', 'and is on the list');
select pgque.maint() \gset
select is((select count(*)::int from pgque.queue where queue_switch_step2 is null), 0, 'which the next maint() does');
select is(pg_temp.operations(), '-', 'nothing left');
select is_empty($$select * from pgque.maint_tables_to_vacuum()$$, 'no vacuum while autovacuum is on');

-- extra maintenance per queue
create table public.ran (queue text);
create function public.extra(queue text) returns int language sql as $$ insert into public.ran values (queue); select 5 $$;
update pgque.queue set queue_extra_maint = array['public.extra'] where queue_name = 'a';
select is(pg_temp.operations(), 'public.extra a', 'an extra function with the queue as argument');
select is(pgque.maint(), 5, 'is run, its answer counted');
select is((select string_agg(queue, ',') from public.ran), 'a', 'for its queue');
update pgque.queue set queue_extra_maint = array['public.extra', 'public.extra'] where queue_name = 'b';
select is(pgque.maint(), 15, 'several');
update pgque.queue set queue_extra_maint = array['public.missing', 'public.extra'] where queue_name = 'a';
update pgque.queue set queue_extra_maint = null where queue_name = 'b';
\set said `"$SUITE_SAY" "select 'sum ' || pgque.maint()"`
select matches(:'said'::text, 'WARNING:  pgque.maint: skipping ', 'a function that is not there is skipped with a warning');
select matches(:'said'::text, '(?n)^sum 5$', 'and the others run');
drop role if exists sqlcase_stranger;
create role sqlcase_stranger;
create function public.strange(queue text) returns int language sql as $$ select 100 $$;
alter function public.strange(text) owner to sqlcase_stranger;
update pgque.queue set queue_extra_maint = array['public.strange', 'public.extra'] where queue_name = 'a';
\set said `"$SUITE_SAY" "select 'sum ' || pgque.maint()"`
select matches(:'said'::text, 'WARNING:  pgque.maint: skipping ', 'a stranger''s function is skipped with a warning');
select matches(:'said'::text, '(?n)^sum 5$', 'and never run with the owner''s rights');
create function public.wrong(queue int) returns int language sql as $$ select 100 $$;
update pgque.queue set queue_extra_maint = array['public.wrong', 'no such thing', '', 'x.y.z.w', 'public.extra(text)'] where queue_name = 'a';
\set said `"$SUITE_SAY" "select 'sum ' || pgque.maint()"`
select matches(:'said'::text, '(?n)^sum 0$', 'names that resolve to no function of one text are skipped');
update pgque.queue set queue_extra_maint = array['pg_catalog.upper; drop table public.ran', 'public.extra'] where queue_name = 'a';
\set said `"$SUITE_SAY" "select 'sum ' || pgque.maint()"`
select matches(:'said'::text, '(?n)^sum 5$', 'SQL in a name is no function');
select has_table('public', 'ran', 'and is not run');
update pgque.queue set queue_extra_maint = null;
select is((select count(*)::int from suite.routine where name = 'maint' and source ~* 'pg_authid'), 0, 'maint() does not read pg_authid');
drop function public.strange(text);
drop role sqlcase_stranger;

-- an admin may run it
set role pgque_admin;
select lives_ok('select pgque.maint()', 'an admin runs maint()');
select lives_ok('select pgque.maint_retry_events()', 'and the retry mover');
set role pgque_reader;
select denied('select pgque.maint()');
reset role;

-- it does not do the mover's work
select suite.tick('a') \gset
select pgque.subscribe('a', 'c') \gset
select pgque.event_retry_raw('a', 'c', '2020-01-01', null, now(), 1, 't', 'x', null, null, null, null) \gset
select pgque.maint() \gset
select is((select count(*)::int from pgque.retry_queue), 1, 'maint() moves no retries');
select is(pgque.maint_retry_events(), 1, 'maint_retry_events() does');
select pgque.drop_queue('b') \gset

-- the three calls alone keep rotation going, and nothing is lost
create function pg_temp.cur() returns int language sql as $$ select queue_cur_table from pgque.queue where queue_name = 'a' $$;
create table public.got (payload text);
create procedure public.live(rounds int) language plpgsql as $$
declare
    batch bigint;
begin
    for i in 1..rounds loop
        perform pgque.send('a', 'r' || i);
        commit;
        perform suite.settle();
        perform pgque.force_next_tick('a');
        commit;
        perform pgque.ticker();
        commit;
        perform pgque.maint_retry_events();
        commit;
        loop
            batch := pgque.next_batch('a', 'c');
            exit when batch is null;
            insert into public.got select ev_data from pgque.get_batch_events(batch);
            perform pgque.finish_batch(batch);
            commit;
        end loop;
        perform suite.age('a', '1 day');
        commit;
        perform pgque.maint();
        commit;
    end loop;
end $$;
create table public.turn (cur int);
create function public.turned() returns trigger language plpgsql as $$
begin
    if new.queue_cur_table <> old.queue_cur_table then insert into public.turn values (new.queue_cur_table); end if;
    return null;
end $$;
create trigger turned after update on pgque.queue for each row execute function public.turned();
call public.live(24);
select cmp_ok((select count(*) from public.turn), '>=', 6::bigint, 'rotation never stops');
select is((select string_agg(distinct cur::text, ',' order by cur::text) from public.turn), '0,1,2', 'through all tables');
select is((select count(*)::int from public.got where payload like 'r%'), 24, 'every event arrived once');
select is((select count(distinct payload)::int from public.got where payload like 'r%'), 24, 'none twice');
select is((select count(*)::int from public.got where payload = 'x'), 1, 'the retry, too');
drop trigger turned on pgque.queue;

-- somebody else's session holds a queue's row
select suite.open('holder'), suite.open('keeper');
select pgque.create_queue('z') \gset
select is((select count(*)::int from pgque.queue where queue_switch_step2 is null) in (0, 1), true, 'a state to start from');
select suite.run('holder', 'begin') \gset
select suite.run('holder', $$select pgque.send('a', 'open')$$) \gset
select suite.send('keeper', 'select pgque.maint()');
select ok(suite.passes('keeper'), 'maint() does not wait for senders');
select suite.answer('keeper') \gset
select suite.run('holder', 'commit') \gset
select is(pgque.maint(), 0, 'quiet');
select is(pgque.maint(), 0, 'and quiet');

select * from finish();
