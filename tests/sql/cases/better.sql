-- SPDX-License-Identifier: GPL-3.0-or-later
-- Weaknesses of PgQue 0.2.0 that this schema does not have, as far as no other case shows them: cost and locks.
select plan(42);
select pgque.create_queue('q'), pgque.create_queue('r') \gset
create function public.elapsed(sql text) returns interval language plpgsql as $$
declare
    began timestamptz := clock_timestamp();
begin
    execute sql;
    return clock_timestamp() - began;
end $$;

-- forced unregister and nack_batch are linear: ten thousand events in no time (0.2.0: over a minute)
select pgque.subscribe_subconsumer('q', 'g', 'm'), pgque.subscribe('q', 'c') \gset
select cardinality(pgque.send_batch('q', (select array_agg(i::text) from generate_series(1, 10000) i))) as n \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'g', 'm') as window, pgque.next_batch('q', 'c') as batch \gset
select cmp_ok(public.elapsed(format('select pgque.nack_batch(%s, ''1 min'', ''x'')', :batch)), '<', '5 s'::interval, 'nack_batch of 10,000 events');
select is((select count(*)::int from pgque.retry_queue), 10000, 'all of them');
select cmp_ok(public.elapsed($$select pgque.unregister_subconsumer('q', 'g', 'm', 1)$$), '<', '5 s'::interval, 'forced unregister of 10,000 events');
select is((select count(*)::int from pgque.retry_queue), 20000, 'all of them');
select pgque.ack(:batch), pgque.unsubscribe('q', 'c'), pgque.unsubscribe('q', 'g') \gset

-- the forced way out equals the way event by event
select pgque.subscribe_subconsumer('q', 'fast', 'm'), pgque.subscribe_subconsumer('q', 'slow', 'm'), pgque.set_queue_config('q', 'max_retries', '2') \gset
select pgque.insert_event_raw('q', null, now(), null, i % 4, 't' || i, 'd' || i, 'a', 'b', 'c', 'd') from generate_series(1, 40) i \g /dev/null
select suite.tick('q') \gset
select pgque.next_batch('q', 'fast', 'm') as fast, pgque.next_batch('q', 'slow', 'm') as slow \gset
select pgque.event_retry(b, min(ev_id), '2033-03-03'::timestamptz) from (values (:fast), (:slow)) v(b), pgque.get_batch_events(b) where coalesce(ev_retry, 0) < 2 group by b \g /dev/null
select pgque.event_dead(b, ev_id, 'dead before', ev_time, null, ev_retry, ev_type, ev_data) from (values (:fast), (:slow)) v(b),
       lateral (select * from pgque.get_batch_events(b) where ev_retry = 3 order by ev_id limit 1) e \g /dev/null
select pgque.unregister_subconsumer('q', 'fast', 'm', 1) \gset
do $$
declare
    e record;
    b bigint := (select sub_batch from pgque.subscription where sub_batch is not null);
begin
    for e in select * from pgque.get_batch_events(b) loop
        if coalesce(e.ev_retry, 0) >= 2 then
            perform pgque.event_dead(b, e.ev_id, 'subconsumer unregistered', e.ev_time, e.ev_txid::text::xid8, e.ev_retry, e.ev_type, e.ev_data, e.ev_extra1, e.ev_extra2, e.ev_extra3, e.ev_extra4);
        else
            perform pgque.event_retry(b, e.ev_id, 60);
        end if;
    end loop;
    perform pgque.ack(b);
    perform pgque.unregister_subconsumer('q', 'slow', 'm');
end $$;
create function pg_temp.retries(consumer text) returns setof text language sql as $$
    select format('%s %s %s %s %s %s %s', ev_id, ev_retry, ev_txid, ev_time, ev_type, ev_data, ev_retry_after > now() + '1 day') from pgque.retry_queue
      join pgque.subscription on sub_id = ev_owner join pgque.consumer on co_id = sub_consumer where co_name = $1 $$;
create function pg_temp.dead(consumer text) returns setof text language sql as $$
    select format('%s %s %s %s %s %s %s %s', ev_id, ev_retry, ev_txid, ev_time, ev_type, ev_data, dl_reason, ev_extra4) from pgque.dead_letter
      join pgque.consumer on co_id = dl_consumer_id where co_name = $1 $$;
select set_eq($$select pg_temp.retries('fast')$$, $$select pg_temp.retries('slow')$$, 'forced unregister leaves the same retries as event by event');
select set_eq($$select pg_temp.dead('fast')$$, $$select pg_temp.dead('slow')$$, 'and the same dead letters');
select cmp_ok((select count(*) from pg_temp.retries('fast')), '>', 10::bigint, 'there were retries');
select cmp_ok((select count(*) from pg_temp.dead('fast')), '>', 10::bigint, 'there were dead letters');
select pgque.set_queue_config('q', 'max_retries', null), pgque.unsubscribe('q', 'fast'), pgque.unsubscribe('q', 'slow') \gset

-- an idle pass of the driver writes nothing and takes no transaction number
select suite.tick('q') \gset
select suite.tick('r') \gset
update pgque.tick set tick_time = clock_timestamp() - interval '0.1 s' - interval '1 h' * (x.n - 1)
  from (select tick_queue q, tick_id i, row_number() over (partition by tick_queue order by tick_id desc) n from pgque.tick) x where tick_queue = x.q and tick_id = x.i;
begin;
select pgque.ticker() as ticked \gset
select coalesce(pg_current_xact_id_if_assigned()::text, 'none') as number \gset
rollback;
select is(:ticked, 0, 'nothing due');
select is(:'number'::text, 'none', 'an idle ticker() takes no transaction number');

-- the information on all queues is one query, not one per queue
select is_empty($$select arguments from suite.routine where name = 'get_queue_info' and source ~* '\mexecute\M'$$, 'get_queue_info() runs no statement per queue');

-- polls of one name on two queues do not serialise
select suite.open('a'), suite.open('b'), suite.open('c');
select pgque.subscribe_subconsumer('q', 'g', 'm'), pgque.subscribe_subconsumer('q', 'g', 'n'), pgque.subscribe_subconsumer('r', 'g', 'm') \gset
select suite.run('a', 'begin') \gset
select suite.run('a', $$select count(*) from pgque.receive_coop('q', 'g', 'm')$$) \gset
select suite.send('b', $$select count(*) from pgque.receive_coop('r', 'g', 'm')$$);
select ok(suite.passes('b'), 'a poll on one queue does not wait for a poll of the same names on another');
select suite.answer('b') \gset
select suite.send('b', $$select pgque.touch_subconsumer('q', 'g', 'n')$$);
select ok(suite.passes('b'), 'a heartbeat does not wait for another member''s poll');
select suite.answer('b') \gset
select suite.send('b', $$select pgque.subscribe('r', 'newcomer')$$);
select ok(suite.passes('b'), 'nor does a registration elsewhere');
select suite.answer('b') \gset
select suite.run('a', 'commit') \gset

-- allocation serialises on the group's row, and every window goes out once
select pgque.send('q', 'w1') \gset
select suite.tick('q') \gset
select pgque.send('q', 'w2') \gset
select suite.tick('q') \gset
select suite.run('a', 'begin') \gset
select suite.run('a', $$select pgque.next_batch('q', 'g', 'm')$$) as first \gset
select suite.send('b', $$select pgque.next_batch('q', 'g', 'n')$$);
select ok(suite.waits('b'), 'two members asking at once: one waits');
select suite.run('a', 'commit') \gset
select isnt(suite.answer('b'), :'first', 'and gets another window');
select is((select count(distinct sub_next_tick)::int from pgque.subscription where sub_batch is not null), 2, 'two windows');

-- takeover against ack: one of them wins, the other one sees it
select sub_batch as held from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'g.m' and sub_queue = suite.queue_id('q') \gset
update pgque.subscription set sub_active = '2020-01-01' where sub_batch = :held;
select pgque.subscribe_subconsumer('q', 'g', 'taker') \gset
select suite.run('a', 'begin') \gset
select is(suite.run('a', format('select pgque.ack(%s)', :held)), '1', 'an ack under way');
select suite.send('b', $$select pgque.next_batch('q', 'g', 'taker', '1 min')$$);
select ok(suite.passes('b') or suite.waits('b'), 'a taker skips the locked row or waits');
select suite.run('a', 'commit') \gset
select suite.answer('b') \gset
select is((select count(*)::int from pgque.subscription where sub_batch is not null and sub_last_tick is null), 0, 'no half window');
select is(pgque.ack(:held), 0, 'the window ended once');
select pgque.send('q', 'w3') \gset
select suite.tick('q') \gset
select pgque.ack(sub_batch) from pgque.subscription where sub_batch is not null \g /dev/null
do $$ begin for i in 1..10 loop exit when exists (select from pgque.receive_coop('q', 'g', 'm')); end loop; end $$;
select sub_batch as held from pgque.subscription where sub_batch is not null \gset
update pgque.subscription set sub_active = '2020-01-01' where sub_batch = :held;
select suite.run('a', 'begin') \gset
select isnt(suite.run('a', $$select pgque.next_batch('q', 'g', 'taker', '1 min')$$), null, 'a takeover under way');
select suite.send('b', format('select pgque.ack(%s)', :held));
select suite.waits('b', 1) \gset
select suite.run('a', 'commit') \gset
select is(suite.answer('b'), '0', 'the victim''s ack finds its window gone');
select is((select count(*)::int from pgque.subscription where sub_batch is not null), 1, 'the taker has it');

-- unregister against receive
select suite.run('a', 'begin') \gset
select is(suite.run('a', $$select pgque.unregister_subconsumer('q', 'g', 'taker', 1)$$), '1', 'a member is put out');
select suite.send('b', $$select count(*) from pgque.receive_coop('q', 'g', 'taker')$$);
select ok(suite.waits('b'), 'its own poll waits');
select suite.run('a', 'commit') \gset
select isnt(suite.answer('b'), null, 'and then joins again');
select is(suite.position('q', 'g.taker'), 'coop_member - idle -', 'as a fresh member');

-- many orders of locks: no deadlock
create table public.failure (message text);
create procedure public.churn(queue text, rounds int, seed float8) language plpgsql as $$
declare
    grp text;
    mem text;
begin
    perform setseed(seed);
    for i in 1..rounds loop
        grp := 'k' || floor(random() * 2)::int;
        mem := 'm' || floor(random() * 3)::int;
        begin
            case floor(random() * 7)::int
                when 0 then perform pgque.subscribe_subconsumer(queue, grp, mem, true);
                when 1 then perform count(*) from pgque.receive_coop(queue, grp, mem, 10, '0.01 s');
                when 2 then perform pgque.unsubscribe_subconsumer(queue, grp, mem, 1);
                when 3 then perform pgque.touch_subconsumer(queue, grp, mem);
                when 4 then perform pgque.ack(sub_batch) from pgque.subscription where sub_batch is not null limit 1;
                when 5 then perform pgque.subscribe(queue, 'solo'), pgque.unsubscribe(queue, 'solo');
                else perform pgque.send(queue, 'x'), pgque.force_next_tick(queue), pgque.ticker();
            end case;
        exception
            when raise_exception then null;
            when others then insert into public.failure values (sqlstate || ' ' || sqlerrm);
        end;
        commit;
    end loop;
end $$;
select suite.send('a', $$call public.churn('q', 250, 0.1)$$), suite.send('b', $$call public.churn('q', 250, 0.2)$$), suite.send('c', $$call public.churn('r', 250, 0.3)$$);
call public.churn('r', 250, 0.4);
select ok(suite.passes('a', 60) and suite.passes('b', 60) and suite.passes('c', 60), 'four sessions registering, receiving, leaving and ticking at once');
select suite.answer('a'), suite.answer('b'), suite.answer('c') \gset
select is_empty('select message, count(*) from public.failure group by 1', 'without a deadlock or any other failure');
select is_empty($$select co_name, count(*) from pgque.consumer group by 1 having count(*) > 1$$, 'one row a name');
select is_empty($$select sub_id from pgque.subscription group by sub_id, sub_queue having count(*) filter (where sub_role = 'coop_main') <> case when bool_or(sub_role = 'coop_member') then 1 else 0 end$$,
    'one main row a group');
select is_empty($$select c.co_name from pgque.consumer c where not exists (select from pgque.subscription where sub_consumer = co_id)$$, 'no name without a subscription');

-- from nothing, many at once: the first creation of a name
select suite.send('a', $$select pgque.subscribe('q', 'rush')$$), suite.send('b', $$select pgque.subscribe('r', 'rush')$$), suite.send('c', $$select pgque.subscribe_subconsumer('q', 'rush2', 'x')$$);
select ok(suite.passes('a') and suite.passes('b') and suite.passes('c'), 'a name used for the first time by three sessions');
select is(concat_ws(' ', suite.answer('a'), suite.answer('b'), suite.answer('c')), '1 1 1', 'all succeed');

-- rotation against readers of a batch, the mover against nack
select pgque.create_queue('z'), pgque.subscribe('z', 'c') \gset
select pgque.send('z', 'old') \gset
select suite.tick('z') \gset
select pgque.next_batch('z', 'c') as batch \gset
select suite.run('a', 'begin') \gset
select is(suite.run('a', format('select count(*) from pgque.get_batch_events(%s)', :batch)), '1', 'a reader inside its batch');
select suite.age('z', '1 day');
select suite.send('b', 'select pgque.maint()');
select ok(suite.passes('b'), 'maint() does not wait for it');
select suite.answer('b') \gset
select is(suite.run('a', format('select count(*) from pgque.get_batch_events(%s)', :batch)), '1', 'and it still sees its events');
select suite.run('a', 'commit') \gset
select pgque.maint() \gset
select suite.age('z', '1 day');
select pgque.maint() \gset
select is(suite.payloads(:batch), 'old', 'however often rotation is tried');
select is(pgque.ack(:batch), 1, 'until it is acknowledged');
select cmp_ok((select queue_cur_table from pgque.queue where queue_name = 'z'), '<', 2, 'rotation went once at most');
select is((select count(*)::int from pgque.subscription where sub_queue = suite.queue_id('z')), 1, 'the subscription is whole');

select * from finish();
