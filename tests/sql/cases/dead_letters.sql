-- SPDX-License-Identifier: GPL-3.0-or-later
-- nack, the retry limit, and what happens to the dead.
select plan(83);
select pgque.create_queue('q'), pgque.subscribe('q', 'c') \gset
create function pg_temp.msg(id bigint) returns pgque.message language sql as
    $$ select row(id, null, null, null, null, null, null, null, null, null)::pgque.message $$;
-- Opens a batch with the given payloads.
create function public.fill(variadic payloads text[]) returns void language plpgsql as $$
begin
    perform pgque.send_batch('q', 'type', payloads);
end $$;
create function pg_temp.open_batch() returns bigint language sql as
    $$ select sub_batch from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'c' $$;

-- nack, below the limit
select pgque.insert_event('q', 'type', 'one', 'a', 'b', 'c', 'd') as one, pgque.send('q', 'two') as two \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch \gset
select is(pgque.nack(:batch, pg_temp.msg(:one)), 1, 'nack');
select ok(ev_retry = 1 and ev_retry_after between now() + '55 s' and now() + '65 s' and ev_extra4 = 'd', 'a retry in a minute')
  from pgque.retry_queue where ev_id = :one;
select is(pgque.nack(:batch, pg_temp.msg(:one), '1 hour'), 1, 'again before the ack');
select ok(count(*) = 1 and max(ev_retry_after) < now() + '2 min', 'changes nothing') from pgque.retry_queue where ev_id = :one;
select is(pgque.nack(i_batch_id => :batch, i_msg => pg_temp.msg(:two), i_retry_after => '90.9 s', i_reason => 'x'), 1, 'by name');
select ok(ev_retry_after between now() + '85 s' and now() + '91.5 s', 'whole seconds of the interval') from pgque.retry_queue where ev_id = :two;
select is(suite.position('q', 'c'), 'normal 1 batch 2', 'the batch stays open');
select is((select count(*)::int from pgque.dead_letter), 0, 'nobody is dead');
select is(pgque.nack(:batch, row(:two, 4711, 'forged', 'forged', 99, '1999-01-01', 'f', 'f', 'f', 'f')::pgque.message), 1,
          'only the id of a message counts');
select is((select count(*)::int from pgque.dead_letter), 0, 'not a forged retry count');
select is((select ev_data from pgque.retry_queue where ev_id = :two), 'two', 'nor a forged payload');
select refuses(format('select pgque.nack(424242, pg_temp.msg(%s))', :one), 'batch not found: 424242');
select throws_like(format('select pgque.nack(null, pg_temp.msg(%s))', :one), 'batch not found%', 'no batch');
select refuses(format('select pgque.nack(%s, pg_temp.msg(424242))', :batch), format('msg_id 424242 not found in batch %s', :batch));
select refuses(format('select pgque.nack(%s, pg_temp.msg(null))', :batch), format('msg_id <NULL> not found in batch %s', :batch));
select refuses(format('select pgque.nack(%s, null)', :batch), format('msg_id <NULL> not found in batch %s', :batch));
select pgque.ack(:batch) \gset
select refuses(format('select pgque.nack(%s, pg_temp.msg(%s))', :batch, :one), format('batch not found: %s', :batch), 'after the ack');

-- the limit: five unless the queue says otherwise
create function pg_temp.bring_back() returns text language plpgsql as $$
begin
    update pgque.retry_queue set ev_retry_after = '2020-01-01';
    return pgque.maint_retry_events();
end $$;
delete from pgque.retry_queue where ev_id = :two;
do $$
declare
    again int;
begin
    for again in 1..4 loop
        perform pg_temp.bring_back();
        commit;
        perform suite.tick('q');
        commit;
        perform pgque.nack(m.batch_id, m) from pgque.receive('q', 'c') m;
        perform pgque.ack(pg_temp.open_batch());
        commit;
    end loop;
end $$;
select is((select ev_retry from pgque.retry_queue where ev_id = :one), 5, 'five retries');
select pg_temp.bring_back() \gset
select suite.tick('q') \gset
select is((select retry_count from pgque.receive('q', 'c')), 5, 'the last attempt');
select pgque.nack(m.batch_id, m, '1 min', null) as last from pgque.receive('q', 'c') m \gset
select is(:last, 1, 'nack answers 1 for a dead letter, too');
select is((select count(*)::int from pgque.retry_queue), 0, 'no sixth retry');
select is(format('%s %s %s %s %s %s %s %s %s %s', dl_reason, ev_id, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4, dl_queue_id = suite.queue_id('q')),
          format('max retries exceeded %s 5 type one a b c d t', :one), 'the dead letter holds the event') from pgque.dead_letter;
select ok(dl_consumer_id = (select co_id from pgque.consumer where co_name = 'c') and clock_timestamp() - dl_time < '1 min'
          and ev_time = (select min(ev_time) from pgque.event_template where ev_id = :one)
          and ev_txid in (select ev_txid from pgque.event_template where ev_id = :one), 'its consumer, times and transaction') from pgque.dead_letter;
select pgque.nack(m.batch_id, m, '1 min', 'another reason') as again from pgque.receive('q', 'c') m \gset
select is((select string_agg(dl_reason, ',') from pgque.dead_letter), 'max retries exceeded', 'nack of a dead one again changes nothing');
select pgque.ack(pg_temp.open_batch()) \gset
delete from pgque.dead_letter;

select pgque.set_queue_config('q', 'max_retries', '0') \gset
select public.fill('zero') \gset
select suite.tick('q') \gset
select pgque.nack(m.batch_id, m, '1 min', 'first sight') from pgque.receive('q', 'c') m \g /dev/null
select is((select dl_reason || ' ' || coalesce(ev_retry, -1) from pgque.dead_letter), 'first sight -1', 'a limit of 0: dead at the first nack, with the reason given');
select pgque.ack(pg_temp.open_batch()) \gset
delete from pgque.dead_letter;
select pgque.set_queue_config('q', 'max_retries', '1') \gset
select public.fill('one retry') \gset
select suite.tick('q') \gset
select pgque.nack(m.batch_id, m, '1 min') from pgque.receive('q', 'c') m \g /dev/null
select pgque.ack(pg_temp.open_batch()), pg_temp.bring_back() \gset
select suite.tick('q') \gset
select pgque.nack(m.batch_id, m, '1 min') from pgque.receive('q', 'c') m \g /dev/null
select is((select ev_data || ' ' || ev_retry from pgque.dead_letter), 'one retry 1', 'a limit of 1');
select pgque.ack(pg_temp.open_batch()) \gset
delete from pgque.dead_letter;
select pgque.set_queue_config('q', 'max_retries', null) \gset

-- nack_batch: all at once
select public.fill('b1', 'b2', 'b3') \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch \gset
select pgque.nack(m.batch_id, m, '1 hour') from pgque.receive('q', 'c', 1) m \g /dev/null
select is((n.*)::text, '(2,0)', 'nack_batch tells what it newly put aside') from pgque.nack_batch(:batch, '30 s', 'why') n;
select is((select string_agg(ev_data || ' ' || (ev_retry_after > now() + '50 min'), ',' order by ev_id) from pgque.retry_queue),
          'b1 true,b2 false,b3 false', 'the one put aside before keeps its due time');
select is((select count(distinct ev_retry_after)::int from pgque.retry_queue where ev_data in ('b2', 'b3')), 1, 'one due time for all');
select is((n.*)::text, '(0,0)', 'again: nothing new') from pgque.nack_batch(:batch, '30 s', 'why') n;
select is(pg_temp.open_batch(), :batch::bigint, 'the batch stays open');
select throws_like($$select * from pgque.nack_batch(424242, '30 s', 'why')$$, 'batch not found: 424242', 'an unknown batch');
select throws_like($$select * from pgque.nack_batch(null, '30 s', 'why')$$, 'batch not found%', 'no batch');
select pgque.ack(:batch), pg_temp.bring_back() \gset
select pgque.set_queue_config('q', 'max_retries', '1') \gset
select public.fill('b4') \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch \gset
select is((n.*)::text, '(1,3)', 'those at the limit are dead') from pgque.nack_batch(:batch, '30 s', 'why') n;
select is((select string_agg(format('%s %s %s %s', ev_data, ev_retry, dl_reason, ev_txid is not null), ',' order by ev_data) from pgque.dead_letter),
          'b1 1 why t,b2 1 why t,b3 1 why t', 'with the reason and the original transaction');
select is((select string_agg(ev_data || ev_retry || (ev_txid is null), ',') from pgque.retry_queue), 'b41true', 'the new one waits');
select is((n.*)::text, '(0,0)', 'again: nothing new') from pgque.nack_batch(:batch, '30 s', 'other') n;
select pgque.ack(:batch) \gset
delete from pgque.retry_queue;
delete from pgque.dead_letter;
select pgque.set_queue_config('q', 'max_retries', '0') \gset

-- dlq_inspect
select public.fill('d1', 'd2', 'd3') \gset
select suite.tick('q') \gset
select pgque.nack(m.batch_id, m, '1 min', 'r-' || m.payload) from pgque.receive('q', 'c') m \g /dev/null
select pgque.ack(pg_temp.open_batch()) \gset
update pgque.dead_letter set dl_time = now() - make_interval(days => 10 * right(ev_data, 1)::int);
select is((select array_agg(ev_data) from pgque.dlq_inspect('q')), array['d1', 'd2', 'd3'], 'dlq_inspect: newest first');
select is((select array_agg(ev_data) from pgque.dlq_inspect('q', 2)), array['d1', 'd2'], 'as many as asked for');
select is((select count(*)::int from pgque.dlq_inspect(i_queue_name => 'q', i_limit_count => null)), 3, 'no limit');
select is((select count(*)::int from pgque.dlq_inspect('nowhere')), 0, 'unknown queue: nothing');
select is((select count(*)::int from pgque.dlq_inspect(null)), 0, 'no queue: nothing');

-- dlq_replay
select dl_id as d1, ev_id as d1_event from pgque.dead_letter where ev_data = 'd1' \gset
select pgque.subscribe('q', 'second') \gset
select pgque.dlq_replay(:d1) as fresh \gset
select isnt(:'fresh'::text, :'d1_event', 'dlq_replay makes a new event');
select ok(ev_owner is null and ev_retry is null and ev_data = 'd1' and ev_type = 'type', 'without owner and retry count')
  from pgque.event_template where ev_id = :fresh;
select is((select count(*)::int from pgque.dead_letter where dl_id = :d1), 0, 'and takes the dead letter away');
select refuses(format('select pgque.dlq_replay(%s)', :d1), format('dead letter entry not found: %s', :d1));
select throws_like('select pgque.dlq_replay(null)', 'dead letter entry not found%', 'no id');
select suite.tick('q') \gset
select is((select string_agg(payload || coalesce(retry_count, 0), ',') from pgque.receive('q', 'second')), 'd10', 'every consumer sees it');
select is((select string_agg(payload || coalesce(retry_count, 0), ',') from pgque.receive('q', 'c')), 'd10', 'also the one that had given it up');
select pgque.ack(sub_batch) from pgque.subscription where sub_batch is not null \g /dev/null

-- dlq_purge
select is(pgque.dlq_purge('nowhere'), 0, 'purge: unknown queue');
select is(pgque.dlq_purge('q', '25 days'), 1, 'purge by age');
select is((select string_agg(ev_data, ',') from pgque.dead_letter), 'd2', 'leaves the younger');
select is(pgque.dlq_purge('q'), 0, 'thirty days by default');
select is(pgque.dlq_purge(i_queue_name => 'q', i_older_than => '0 s'), 1, 'everything');

-- dlq_replay_all
select pgque.unsubscribe('q', 'second') \gset
select is((r.*)::text, '(0,0,)', 'replay all of nothing') from pgque.dlq_replay_all('q') r;
select is((r.*)::text, '(0,0,)', 'of an unknown queue') from pgque.dlq_replay_all('nowhere') r;
select public.fill('e1', 'e2', 'e3') \gset
select suite.tick('q') \gset
select pgque.nack(m.batch_id, m) from pgque.receive('q', 'c') m \g /dev/null
select pgque.ack(pg_temp.open_batch()) \gset
select is((r.*)::text, '(3,0,)', 'all') from pgque.dlq_replay_all('q') r;
select suite.tick('q') \gset
select is((select string_agg(payload, ',' order by payload) from pgque.receive('q', 'c')), 'e1,e2,e3', 'they are back');
select pgque.nack(m.batch_id, m) from pgque.receive('q', 'c') m \g /dev/null
select pgque.ack(pg_temp.open_batch()) \gset
-- one of them can't be inserted
create function public.no_e2() returns trigger language plpgsql as $$ begin raise exception 'e2 is not welcome'; end $$;
do $$ begin execute format('create trigger refuse before insert on %s for each row when (new.ev_data = ''e2'') execute function public.no_e2()',
                           pgque.current_event_table('q')); end $$;
select dl_id as e2 from pgque.dead_letter where ev_data = 'e2' \gset
\set said `"$SUITE_SAY" "select r.* from pgque.dlq_replay_all('q') r"`
select matches(:'said'::text, format('(?n)^2\|1\|dl_id=%s: e2 is not welcome$', :e2), 'a failing one is counted and its message kept');
select matches(:'said'::text, '(?n)^WARNING:  .*e2 is not welcome', 'and warned of');
select is((select string_agg(ev_data, ',') from pgque.dead_letter), 'e2', 'it stays, the others went');
select throws_like(format('select pgque.dlq_replay(%s)', :e2), 'e2 is not welcome', 'alone it fails as well');
select is((select count(*)::int from pgque.dead_letter), 1, 'and stays');
do $$ begin execute format('drop trigger refuse on %s', pgque.current_event_table('q')); end $$;

-- two sessions replay the same
select suite.open('a'), suite.open('b');
select suite.run('a', 'begin') \gset
select isnt(suite.run('a', format('select pgque.dlq_replay(%s)', :e2)), null, 'the first session replays');
select suite.send('b', format('select pgque.dlq_replay(%s)', :e2));
select ok(suite.waits('b'), 'the second waits');
select suite.run('a', 'commit') \gset
select refuses($$select suite.answer('b')$$, format('dead letter entry not found: %s', :e2), 'and finds nothing left');
select public.fill('p1', 'p2') \gset
select suite.tick('q') \gset
select pgque.nack(m.batch_id, m) from pgque.receive('q', 'c') m where m.payload like 'p%' \g /dev/null
select pgque.ack(pg_temp.open_batch()) \gset
select min(dl_id) as p1 from pgque.dead_letter \gset
select suite.run('a', 'begin') \gset
select suite.run('a', format('select pgque.dlq_replay(%s)', :p1)) \gset
select suite.send('b', $$select (r.*)::text from pgque.dlq_replay_all('q') r$$);
select ok(suite.passes('b'), 'replay of all does not wait');
select is(suite.answer('b'), '(1,0,)', 'and leaves out what another session is replaying');
select suite.run('a', 'commit') \gset
select is((select count(*)::int from pgque.event_template where ev_data = 'p1'), 2, 'each is replayed once');

-- event_dead
select public.fill('x') \gset
select suite.tick('q') \gset
select batch_id as batch, msg_id as id from pgque.receive('q', 'c', null) where payload = 'x' \gset
select is(pgque.event_dead(:batch, :id, 'by hand', '2020-01-01', '77'::xid8, 3, 't', 'd'), 1, 'event_dead');
select is(format('%s %s %s %s %s %s', dl_reason, ev_time at time zone 'UTC', ev_txid, ev_retry, ev_type, ev_data), 'by hand 2020-01-01 00:00:00 77 3 t d', 'as given')
  from pgque.dead_letter where ev_id = :id;
select is(pgque.event_dead(:batch, :id, 'again', now(), null, 3, 't', 'd', 'e1', 'e2', 'e3', 'e4'), 1, 'again');
select is((select string_agg(dl_reason, ',') from pgque.dead_letter where ev_id = :id), 'by hand', 'changes nothing');
select refuses($$select pgque.event_dead(424242, 1, 'r', now(), null, 0, 't', 'd')$$, 'batch not found: 424242');

-- they go with consumer and queue
select pgque.unsubscribe('q', 'c') \gset
select is((select count(*)::int from pgque.dead_letter), 0, 'the dead letters of a consumer name go with its last subscription');
select pgque.subscribe('q', 'c'), pgque.create_queue('keeps'), pgque.subscribe('keeps', 'c') \gset
insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, ev_id, ev_time) select suite.queue_id('q'), co_id, 1, now() from pgque.consumer;
select pgque.unsubscribe('q', 'c') \gset
select is((select count(*)::int from pgque.dead_letter), 1, 'while the name is used elsewhere they stay');
select pgque.drop_queue('q') \gset
select is((select count(*)::int from pgque.dead_letter), 0, 'and go with the queue');

-- roles
set role pgque_reader;
select denied('select pgque.dlq_replay(1)');
select denied($$select * from pgque.dlq_replay_all('keeps')$$);
select denied($$select pgque.dlq_purge('keeps')$$);
select lives_ok($$select * from pgque.dlq_inspect('keeps')$$, 'a reader inspects');
set role pgque_writer;
select denied($$select * from pgque.dlq_inspect('keeps')$$);
select lives_ok($$select * from pgque.dlq_replay_all('keeps')$$, 'a writer replays');
reset role;

select * from finish();
