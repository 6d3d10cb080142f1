-- SPDX-License-Identifier: GPL-3.0-or-later
-- Cooperative groups: handing out windows, taking over, finishing, leaving with work in hand.
select plan(99);
select pgque.create_queue('q'), pgque.subscribe('q', 'fan') \gset
create function pg_temp.row_of(member text, out batch bigint, out last bigint, out next bigint, out active timestamptz, out since timestamptz,
    out takeovers int) language plpgsql as $$
begin
    select s.sub_batch, s.sub_last_tick, s.sub_next_tick, s.sub_active, s.sub_batch_since, s.sub_takeovers
      into batch, last, next, active, since, takeovers
      from pgque.subscription s join pgque.consumer c on c.co_id = s.sub_consumer
     where c.co_name = member and s.sub_queue = suite.queue_id('q');
end $$;
create function pg_temp.message(id bigint) returns pgque.message language sql as
    $$ select row(id, null, null, null, null, null, null, null, null, null)::pgque.message $$;

-- nothing to do
select is((b.*)::text, '(,,)', 'no later tick: NULL throughout') from pgque.next_batch_custom('q', 'g', 'a', null, null, null) b;
select is(suite.position('q', 'g.a'), 'coop_member - idle -', 'though asking has made group and member');
select is(pgque.next_batch('q', 'g', 'a'), null, 'next_batch');
select is((select count(*)::int from pgque.receive_coop('q', 'g', 'a')), 0, 'receive_coop');
update pgque.subscription set sub_active = '2020-01-01';
select pgque.next_batch('q', 'g', 'a') \gset
select ok((pg_temp.row_of('g.a')).active > '2020-01-01', 'asking is a sign of life even when there is nothing');
select refuses(format($$select * from pgque.receive_coop('q', 'g', 'a', %s)$$, n), 'pgque.receive_coop: max_return must be >= 1, got ' || n) from unnest(array[0, -3]) n;

-- windows go out one by one
select pgque.send('q', 'one') \gset
select suite.tick('q') \gset
select pgque.send('q', 'two') \gset
select suite.tick('q') \gset
select pgque.send('q', 'three') \gset
select suite.tick('q') \gset
select suite.tick('q') \gset
select batch_id as a, prev_tick_id as a_prev, next_tick_id as a_next from pgque.next_batch_custom('q', 'g', 'a', null, null, null) \gset
select is(format('%s %s', :a_prev, :a_next), '1 2', 'the first window');
select is(suite.position('q', 'g'), 'coop_main 2 idle -', 'the group''s position moves when it is handed out');
select is(suite.position('q', 'g.a'), 'coop_member 1 batch 2', 'the member has it');
select ok((pg_temp.row_of('g.a')).since > now() - interval '1 min' and coalesce((pg_temp.row_of('g.a')).takeovers, 0) = 0, 'since when is kept, no takeover yet');
select pgque.next_batch('q', 'g', 'b') as b \gset
select is(suite.position('q', 'g.b'), 'coop_member 2 batch 3', 'the next one goes to the next member');
select is(format('%s %s', suite.position('q', 'g'), suite.position('q', 'g.a')), 'coop_main 3 idle - coop_member 1 batch 2', 'the first keeps its own');
select is(suite.broken(), null, 'invariants');
select isnt(:a::bigint, :b::bigint, 'each batch has its own id');
update pgque.subscription set sub_active = '2020-01-01';
select is(pgque.next_batch('q', 'g', 'a'), :a::bigint, 'asking again answers the open batch');
select ok((pg_temp.row_of('g.a')).active > '2020-01-01', 'and is a sign of life');
select is(suite.position('q', 'g'), 'coop_main 3 idle -', 'without moving the group');
select isnt(suite.payloads(:a), suite.payloads(:b), 'different events');

-- receive_coop
select is((select string_agg(payload, ',') from pgque.receive_coop('q', 'g', 'a')), suite.payloads(:a), 'receive_coop answers the open batch');
select is((select count(distinct batch_id)::int from pgque.receive_coop(i_queue => 'q', i_consumer => 'g', i_subconsumer => 'a', i_max_return => 1)), 1, 'by name');
select is((select count(*)::int from pgque.receive_coop('q', 'g', 'a', null)), 1, 'NULL is no limit');
select is(pgque.ack(:a), 1, 'ack');
select is(suite.position('q', 'g.a'), 'coop_member - idle -', 'clears the member');
select is(suite.position('q', 'g'), 'coop_main 3 idle -', 'not the group');
select is(pgque.ack(:a), 0, 'a late ack finds nothing');

-- empty windows
select suite.payloads(:b) as held \gset
select pgque.next_batch('q', 'g', 'a') as a \gset
select pgque.ack(:a) \gset
select is(suite.position('q', 'g'), 'coop_main 4 idle -', 'up to the window before the last');
select is((select count(*)::int from pgque.receive_coop('q', 'g', 'a')), 0, 'an empty window');
select is(format('%s %s', suite.position('q', 'g'), suite.position('q', 'g.a')), 'coop_main 5 idle - coop_member - idle -', 'is finished at once, the group moves on');
select is(suite.broken(), null, 'invariants');

-- restrictions, as for normal consumers
select is((b.*)::text, '(,,)', 'min_lag') from pgque.next_batch_custom('q', 'g', 'a', '1 hour', null, null) b;
select pgque.send('q', 'four') \gset
select suite.tick('q') \gset
select suite.tick('q') \gset
select is((b.*)::text, '(,,)', 'min_lag refuses a young tick') from pgque.next_batch_custom('q', 'g', 'a', '1 hour', null, null) b;
select is((b.*)::text, '(,,)', 'min_count that is not reached') from pgque.next_batch_custom('q', 'g', 'a', null, 100000000, null) b;
select is((b.*)::text, '(,,)', 'min_interval that is not reached') from pgque.next_batch_custom('q', 'g', 'a', null, null, '1 day') b;
select is(suite.position('q', 'g'), 'coop_main 5 idle -', 'none of them moves anything');
select is(format('%s %s', b.prev_tick_id, b.next_tick_id), '5 7', 'min_count: one window over two ticks') from pgque.next_batch_custom('q', 'g', 'a', null, 4000, null) b;
select is(format('%s %s', suite.position('q', 'g'), suite.position('q', 'g.a')), 'coop_main 7 idle - coop_member 5 batch 7', 'as a whole');
select (pg_temp.row_of('g.a')).batch as a \gset
select pgque.ack(:a) \gset

-- takeover
update pgque.subscription set sub_active = now() - interval '10 min' where sub_batch is not null;
select is(pgque.next_batch('q', 'g', 'c'), null, 'without dead_interval nothing is taken over');
select is(pgque.next_batch('q', 'g', 'c', '11 min'), null, 'nor when the interval is not over');
select pgque.next_batch('q', 'g', 'c', '9 min') as c \gset
select isnt(:c::bigint, :b::bigint, 'a takeover draws a new batch id');
select is(format('%s | %s', suite.position('q', 'g.c'), suite.position('q', 'g.b')), 'coop_member 2 batch 3 | coop_member - idle -', 'the window moved to the taker');
select is(suite.payloads(:c), :'held', 'with its events');
select is(suite.position('q', 'g'), 'coop_main 7 idle -', 'the group''s position did not');
select is((pg_temp.row_of('g.c')).takeovers, 1, 'the takeover is counted');
select is((select max(coalesce(ev_retry, 0))::int from pgque.get_batch_events(:c)), 0, 'it is no retry');
select is(suite.broken(), null, 'invariants');
select is(pgque.ack(:b), 0, 'the victim''s late ack finds nothing');
select refuses(format('select pgque.nack(%s, pg_temp.message(1))', :b), format('batch not found: %s', :b), 'its late nack neither');
select refuses(format('select * from pgque.get_batch_events(%s)', :b), 'batch not found', 'nor can it read');
select is(suite.position('q', 'g.c'), 'coop_member 2 batch 3', 'the taker is not disturbed');
update pgque.subscription set sub_active = now() - interval '10 min' where sub_batch is not null;
select pgque.next_batch('q', 'g', 'd', '9 min') as d \gset
select is((pg_temp.row_of('g.d')).takeovers, 2, 'the count goes with the window');
select is(pgque.touch_subconsumer('q', 'g', 'd'), 1, 'a touch');
select is(pgque.next_batch('q', 'g', 'c', '9 min'), null, 'keeps the takers away');
select is((select count(*)::int from pgque.receive_coop('q', 'g', 'c', 100, '9 min')), 0, 'in receive_coop as well');
update pgque.subscription set sub_active = now() - interval '10 min' where sub_batch is not null;
select is((select string_agg(payload, ',') from pgque.receive_coop('q', 'g', 'c', 100, '9 min')), :'held', 'receive_coop takes over, too');
select (pg_temp.row_of('g.c')).batch as c \gset
select is(pgque.ack(:c), 1, 'finished in the end');
select is(coalesce((pg_temp.row_of('g.c')).takeovers, 0), 0, 'the count ends with the window');
-- whom it takes from
select pgque.send('q', 'v1') \gset
select suite.tick('q') \gset
select pgque.send('q', 'v2') \gset
select suite.tick('q') \gset
select pgque.send('q', 'v3') \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'g', 'a') as a, pgque.next_batch('q', 'g', 'b') as b, pgque.next_batch('q', 'g', 'c') as c \gset
update pgque.subscription set sub_active = now() - interval '10 min' where sub_batch in (:a, :c);
update pgque.subscription set sub_active = now() - interval '20 min' where sub_batch = :b;
select is(pgque.next_batch('q', 'g', 'a', '5 min'), :a::bigint, 'who has a batch keeps it, whatever the interval');
update pgque.subscription set sub_active = now() - interval '10 min' where sub_batch = :a;
select (pg_temp.row_of('g.b')).last as b_last \gset
select pgque.next_batch('q', 'g', 'd', '5 min') as d \gset
select is((pg_temp.row_of('g.d')).last, :b_last::bigint, 'the longest silent member first');
select pgque.ack(:d) \gset
update pgque.subscription set sub_active = '2020-01-01' where sub_batch in (:a, :c);
select (pg_temp.row_of('g.a')).last as a_last \gset
select pgque.next_batch('q', 'g', 'd', '5 min') as d \gset
select is((pg_temp.row_of('g.d')).last, :a_last::bigint, 'then the one registered first');
select pgque.ack(:d), pgque.ack(:c) \gset
select is(suite.broken(), null, 'invariants');

-- a takeover comes before new work, and never from another group
select pgque.send('q', 'w1') \gset
select suite.tick('q') \gset
select pgque.send('q', 'w2') \gset
select suite.tick('q') \gset
select pgque.register_subconsumer('q', 'other', 'x') \gset
select pgque.next_batch('q', 'g', 'a') as a \gset
update pgque.subscription set sub_active = '2020-01-01' where sub_batch = :a;
select (pg_temp.row_of('g.a')).last as a_last \gset
select is(pgque.next_batch('q', 'other', 'x', '1 s'), null, 'another group takes nothing of this one');
select pgque.next_batch('q', 'g', 'b', '1 s') as b \gset
select is((pg_temp.row_of('g.b')).last, :a_last::bigint, 'a dead member''s window first');
select pgque.next_batch('q', 'g', 'a', '1 hour') as a \gset
select cmp_ok((pg_temp.row_of('g.a')).last, '>', :a_last::bigint, 'then new work');
select pgque.ack(:a), pgque.ack(:b) \gset

-- a takeover that is rolled back
select pgque.send('q', 'y1') \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'g', 'a') as a \gset
update pgque.subscription set sub_active = '2020-01-01' where sub_batch = :a;
begin;
select pgque.next_batch('q', 'g', 'b', '1 s') as b \gset
rollback;
select is((pg_temp.row_of('g.a')).batch, :a::bigint, 'a takeover that is rolled back never was');
select pgque.ack(:a) \gset

-- retries belong to the group
select pgque.send('q', 'again') as id \gset
select suite.tick('q') \gset
select batch_id as a from pgque.receive_coop('q', 'g', 'a') \gset
select is(pgque.nack(:a, pg_temp.message(:id), '0 s'), 1, 'a member puts an event aside');
select is(ev_owner, (select sub_id from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'g'), 'for the group') from pgque.retry_queue;
select pgque.ack(:a), pgque.maint_retry_events() \gset
select suite.tick('q') \gset
select is((select string_agg(payload || retry_count, ',') from pgque.receive_coop('q', 'g', 'b')), 'again1', 'any member may get it back');
select (pg_temp.row_of('g.b')).batch as b \gset
select pgque.set_queue_config('q', 'max_retries', '1') \gset
select pgque.nack(:b, pg_temp.message(:id)) \gset
select is((select co_name || ' ' || ev_data from pgque.dead_letter join pgque.consumer on co_id = dl_consumer_id), 'g again', 'a dead letter is the main''s');
select pgque.ack(:b) \gset
select pgque.set_queue_config('q', 'max_retries', null) \gset
delete from pgque.dead_letter;

-- leaving with work in hand
select pgque.send_batch('q', array['l1', 'l2', 'l3']) \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'g', 'a') as a \gset
select refuses($$select pgque.unregister_subconsumer('q', 'g', 'a')$$,
    'cannot unregister active cooperative subconsumer q/g/a without batch_handling = 1');
select refuses($$select pgque.unregister_subconsumer('q', 'g', 'a', 0)$$,
    'cannot unregister active cooperative subconsumer q/g/a without batch_handling = 1');
select refuses($$select pgque.unregister_consumer('q', 'g.a')$$,
    'cannot unregister active cooperative subconsumer without forced batch handling');
select throws_ok($$select pgque.register_consumer_at('q', 'g.a', 1)$$, null, null, 'a member''s window can not be thrown away by positioning');
select is((pg_temp.row_of('g.a')).batch, :a::bigint, 'it is whole');
select throws_ok($$select pgque.register_consumer_at('q', 'g', (select min(tick_id) from pgque.tick))$$, null, null,
    'nor can a group be positioned while a member works');
select is(pgque.unregister_subconsumer('q', 'g', 'a', 1), 1, 'forced');
select is((select string_agg(format('%s %s %s', ev_data, ev_retry, ev_txid is null), ',' order by ev_id) from pgque.retry_queue), 'l1 1 t,l2 1 t,l3 1 t', 'its events are put aside');
select ok(count(distinct ev_retry_after) = 1 and min(ev_retry_after) between now() + '50 s' and now() + '61 s', 'for a minute, all alike') from pgque.retry_queue;
select is(suite.position('q', 'g.a'), null, 'the member is gone');
select is((select count(*)::int from pgque.consumer where co_name = 'g.a'), 0, 'its name, too');
select is(suite.broken(), null, 'invariants');
update pgque.retry_queue set ev_retry_after = '2020-01-01';
select pgque.maint_retry_events() \gset
select suite.tick('q') \gset
select is((select string_agg(payload, ',') from pgque.receive_coop('q', 'g', 'b')), 'l1,l2,l3', 'the others get them');
select pgque.set_queue_config('q', 'max_retries', '1') \gset
select is(pgque.unregister_subconsumer('q', 'g', 'b', 1), 1, 'forced at the retry limit');
select is((select string_agg(format('%s %s %s %s %s', ev_data, ev_retry, dl_reason, co_name, ev_txid is not null), ',' order by ev_id)
             from pgque.dead_letter join pgque.consumer on co_id = dl_consumer_id),
          'l1 1 subconsumer unregistered g t,l2 1 subconsumer unregistered g t,l3 1 subconsumer unregistered g t', 'its events are dead letters of the group');
select is((select count(*)::int from pgque.retry_queue), 0, 'and not put aside again');
select pgque.set_queue_config('q', 'max_retries', null) \gset
-- some are aside already
select pgque.send_batch('q', array['k1', 'k2']) \gset
select suite.tick('q') \gset
select pgque.nack(m.batch_id, m, '1 day') from pgque.receive_coop('q', 'g', 'c', 1) m \g /dev/null
select is(pgque.unregister_subconsumer('q', 'g', 'c', 1), 1, 'forced, with one event put aside before');
select is((select string_agg(ev_data || ' ' || (ev_retry_after > now() + '1 hour'), ',' order by ev_id) from pgque.retry_queue), 'k1 true,k2 false', 'which keeps its due time');
-- the last one, with work
select is(suite.position('q', 'g.d'), 'coop_member - idle -', 'one member is left');
select pgque.send('q', 'last') \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'g', 'd') as d \gset
select is(pgque.unregister_subconsumer('q', 'g', 'd', 1), 1, 'the last member, forced');
select matches(suite.position('q', 'g'), '^normal \d+ idle -$', 'leaves a normal consumer');
select is((select count(*)::int from pgque.retry_queue where ev_owner = (select sub_id from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'g')), 3,
          'whose retries wait for it');

-- damaged groups
select pgque.register_subconsumer('q', 'dmg', 'a') \gset
select pgque.send('q', 'd') \gset
select suite.tick('q') as tick \gset
begin;
update pgque.subscription set sub_batch = 987654, sub_next_tick = :tick where sub_role = 'coop_main' and sub_id = (select sub_id from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'dmg.a');
select refuses($$select pgque.next_batch('q', 'dmg', 'a')$$, 'cooperative main consumer q/dmg has an unexpected active batch 987654');
select refuses('select pgque.finish_batch(987654)', 'cannot finish cooperative main consumer batch 987654 as normal active consumer');
rollback;
begin;
update pgque.subscription set sub_last_tick = null where sub_role = 'coop_main' and sub_id = (select sub_id from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'dmg.a');
select refuses($$select pgque.next_batch('q', 'dmg', 'a')$$, 'PgQ corruption: cooperative main consumer dmg on queue q has no cursor');
rollback;
begin;
update pgque.subscription set sub_last_tick = 0 where sub_role = 'coop_main' and sub_id = (select sub_id from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'dmg.a');
select refuses($$select pgque.next_batch('q', 'dmg', 'a')$$, 'PgQ corruption: cooperative main consumer dmg on queue q does not see tick 0');
rollback;

-- fan-out, and the whole group is dropped
select is((select string_agg(payload, ',') from pgque.receive('q', 'fan', null)), 'one', 'another consumer sees everything from its own position');
select pgque.next_batch('q', 'dmg', 'a') as a \gset
select refuses($$select pgque.drop_queue('q')$$, 'cannot drop queue, consumers still attached');
select is(pgque.drop_queue('q', true), 1, 'a queue with a group at work can be dropped by force');
select is((select count(*)::int from pgque.subscription) + (select count(*)::int from pgque.consumer) + (select count(*)::int from pgque.retry_queue)
          + (select count(*)::int from pgque.dead_letter), 0, 'nothing of it is left');

select * from finish();
