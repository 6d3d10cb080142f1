-- SPDX-License-Identifier: GPL-3.0-or-later
-- Two thousand random steps of one session on two groups and a normal consumer; the invariants hold after every step, and in
-- the end every event that was committed has been delivered to each of them.
select plan(7);
select pgque.create_queue('q') \gset
create table public.sent (payload text primary key);
create table public.got (who text, payload text, batch bigint);
create table public.log (step int, what text);

-- Takes what a member (or the normal consumer) is given; notes it as seen; a batch may be answered again and again.
create function public.take(grp text, member text, dead interval) returns bigint language plpgsql as $$
declare
    given bigint;
begin
    if member is null then
        given := (select max(batch_id) from pgque.receive('q', grp, null));
    else
        given := pgque.next_batch('q', grp, member, dead);
    end if;
    if given is not null then
        insert into public.got select grp, ev_data, given from pgque.get_batch_events(given);
    end if;
    return given;
exception when raise_exception then
    return null;
end $$;

create procedure public.walk(steps int, seed float8) language plpgsql as $$
declare
    grp text;
    member text;
    open_batch bigint;
    dice float8;
    fault text;
    did text;
    counter int := 0;
    event record;
begin
    perform setseed(seed);
    perform pgque.subscribe('q', 'solo');
    perform pgque.subscribe_subconsumer('q', 'ga', 'm1'), pgque.subscribe_subconsumer('q', 'gb', 'm1');
    commit;
    for step in 1..steps loop
        grp := (array['ga', 'gb', 'solo'])[1 + floor(random() * 3)::int];
        member := case when grp <> 'solo' then 'm' || 1 + floor(random() * 4)::int end;
        open_batch := (select sub_batch from pgque.subscription join pgque.consumer on co_id = sub_consumer
                        where co_name = concat_ws('.', grp, member));
        dice := random();
        did := '-';
        if dice < 0.15 then
            counter := counter + 1;
            perform pgque.send('q', 'e' || counter);
            did := 'send';
            if random() < 0.15 then
                rollback;
                counter := counter - 1;
                did := 'send, rolled back';
            else
                insert into public.sent values ('e' || counter);
            end if;
        elsif dice < 0.30 then
            perform pgque.force_next_tick('q'), pgque.ticker('q');
            did := 'tick';
        elsif dice < 0.50 then
            did := 'take ' || coalesce(public.take(grp, member, null)::text, 'nothing');
        elsif dice < 0.58 and member is not null then
            update pgque.subscription set sub_active = now() - interval '10 min' where sub_batch is not null and random() < 0.5;
            did := 'take over ' || coalesce(public.take(grp, member, '5 min')::text, 'nothing');
        elsif dice < 0.72 and open_batch is not null then
            did := 'ack ' || pgque.ack(open_batch);
        elsif dice < 0.80 and open_batch is not null then
            select * into event from pgque.get_batch_events(open_batch) order by random() limit 1;
            if found then
                did := 'nack ' || pgque.nack(open_batch, row(event.ev_id, null, null, null, null, null, null, null, null, null)::pgque.message, '0 s');
                if random() < 0.2 then
                    rollback;
                    did := did || ', rolled back';
                end if;
            end if;
        elsif dice < 0.83 and open_batch is not null then
            did := 'nack all ' || (select n::text from pgque.nack_batch(open_batch, '0 s', 'random') n);
        elsif dice < 0.87 then
            update pgque.retry_queue set ev_retry_after = '2020-01-01';
            did := 'move ' || pgque.maint_retry_events();
        elsif dice < 0.93 and member is not null then
            if random() < 0.5 then
                did := 'join ' || pgque.subscribe_subconsumer('q', grp, member, true);
            elsif exists (select from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = grp and sub_role = 'coop_main') then
                did := 'leave ' || pgque.unsubscribe_subconsumer('q', grp, member, 1);
            end if;
        elsif dice < 0.97 then
            perform suite.age('q', '1 day');
            perform pgque.maint();
            did := 'rotate';
        else
            perform pgque.dlq_replay(dl_id) from pgque.dead_letter;
            did := 'replay';
        end if;
        commit;
        fault := suite.broken();
        if fault is not null then
            insert into public.log values (step, concat_ws(' ', did, grp, member, fault));
            commit;
        end if;
    end loop;
    -- everything that is still anywhere comes out
    for round in 1..200 loop
        update pgque.retry_queue set ev_retry_after = '2020-01-01';
        perform pgque.maint_retry_events();
        perform pgque.dlq_replay(dl_id) from pgque.dead_letter;
        commit;
        perform pgque.force_next_tick('q'), pgque.ticker('q');
        commit;
        foreach grp in array array['ga', 'gb'] loop
            if (select sub_role from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = grp) = 'normal' then
                perform pgque.subscribe_subconsumer('q', grp, 'm1', true);
            end if;
            update pgque.subscription set sub_active = '2020-01-01' where sub_batch is not null;
            for i in 1..20 loop
                perform pgque.ack(public.take(grp, 'm1', '1 s'));
            end loop;
            commit;
        end loop;
        for i in 1..20 loop
            perform pgque.ack(public.take('solo', null, null));
            perform pgque.ack(sub_batch) from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'solo' and sub_batch is not null;
        end loop;
        commit;
        exit when not exists (select from pgque.retry_queue) and not exists (select from pgque.dead_letter)
              and not exists (select from pgque.subscription where sub_batch is not null)
              and not exists (select from pgque.subscription where sub_last_tick < (select max(tick_id) from pgque.tick) and sub_role <> 'coop_member');
    end loop;
end $$;

select coalesce(nullif(current_setting('suite.seed', true), ''), '0.42') as seed \gset
call public.walk(2000, :seed);
select is_empty('select * from public.log order by step', 'the invariants hold after every step (seed ' || :'seed' || ')');
select is_empty($$select payload from public.sent except select payload from public.got where who = 'ga'$$, 'group ga missed nothing');
select is_empty($$select payload from public.sent except select payload from public.got where who = 'gb'$$, 'group gb missed nothing');
select is_empty($$select payload from public.sent except select payload from public.got where who = 'solo'$$, 'solo missed nothing');
select is_empty('select payload from public.got except select payload from public.sent', 'nothing was delivered that was not committed');
select cmp_ok((select count(*) from public.sent), '>', 150::bigint, 'there was something to deliver');
select cmp_ok((select count(*) from public.got), '>', (select 3 * count(*) from public.sent), 'and something to repeat');

select * from finish();
