-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the information functions tell, and that a plain reader may ask them.
select plan(43);
select is((select count(*)::int from pgque.get_queue_info()), 0, 'no queues');
select is((select count(*)::int from pgque.get_consumer_info()), 0, 'no consumers');
select pgque.create_queue('b'), pgque.create_queue('a'), pgque.create_queue('C') \gset

-- queues
select is((select array_agg(queue_name) from pgque.get_queue_info()), (select array_agg(queue_name order by queue_name) from pgque.queue), 'by name');
select is((select string_agg(queue_name, ',') from pgque.get_queue_info('a')), 'a', 'one');
select is((select count(*)::int from pgque.get_queue_info(null)), 3, 'NULL is all');
select is((select count(*)::int from pgque.get_queue_info('nowhere')), 0, 'an unknown one: no row');
select is(format('%s %s %s %s %s %s %s %s', i.queue_ntables, i.queue_cur_table, i.queue_rotation_period, i.queue_external_ticker, i.queue_ticker_paused,
                 i.queue_ticker_max_count, i.queue_ticker_max_lag, i.queue_ticker_idle_period), '3 0 02:00:00 f f 500 00:00:03 00:01:00', 'the settings')
  from pgque.get_queue_info('a') i;
select is((select queue_switch_time from pgque.get_queue_info('a')), (select queue_switch_time from pgque.queue where queue_name = 'a'), 'the last switch');
select is(format('%s %s', i.last_tick_id, i.ev_new), '1 0', 'a fresh queue: tick 1, nothing new') from pgque.get_queue_info('a') i;
select is(i.ev_per_sec, null, 'no rate from a single tick') from pgque.get_queue_info('a') i;
select pgque.send_batch('a', array['1', '2', '3']) \gset
select is(i.ev_new, 3::bigint, 'three new events') from pgque.get_queue_info('a') i;
update pgque.tick set tick_time = now() - interval '100 s' where tick_queue = suite.queue_id('a');
select pgque.ticker('a') as tick \gset
select is(format('%s %s', i.last_tick_id, i.ev_new), '2 0', 'after a tick') from pgque.get_queue_info('a') i;
select ok(i.ev_per_sec between 0.029 and 0.031, 'three events in 100 seconds') from pgque.get_queue_info('a') i;
update pgque.tick set tick_time = now() - interval '7 s' where tick_queue = suite.queue_id('a') and tick_id = 2;
select ok(i.ticker_lag between '7 s' and '20 s', 'the age of the last tick') from pgque.get_queue_info('a') i;
select ok(i.ev_per_sec between 0.032 and 0.0325, 'per second between the ticks') from pgque.get_queue_info('a') i;
-- the rate looks back twenty ticks
delete from pgque.tick where tick_queue = suite.queue_id('a');
insert into pgque.tick (tick_queue, tick_id, tick_time, tick_event_seq)
select suite.queue_id('a'), i, now() - interval '1000 s' + make_interval(secs => 10 * i), 50 * i from generate_series(1, 40) i;
select ok(i.ev_per_sec between 4.99 and 5.01, 'the rate of the last twenty windows') from pgque.get_queue_info('a') i;
update pgque.tick set tick_event_seq = 1000 where tick_queue = suite.queue_id('a') and tick_id < 20;
select ok(i.ev_per_sec between 4.99 and 5.01, 'not of what was before') from pgque.get_queue_info('a') i;
update pgque.tick set tick_time = now() where tick_queue = suite.queue_id('a');
select is(i.ev_per_sec, null, 'no distance in time, no rate') from pgque.get_queue_info('a') i;
delete from pgque.tick where tick_queue = suite.queue_id('a');
select is((select count(*)::int from pgque.get_queue_info('a')) in (0, 1), true, 'a queue without ticks is no error');
select is((select count(*)::int from pgque.get_queue_info('b')), 1, 'nor in the way of others');
select isnt(pgque.ticker('a'), null, 'ticking again');

-- consumers
select pgque.create_queue('q'), pgque.subscribe('q', 'beta'), pgque.subscribe('q', 'alpha'), pgque.subscribe('b', 'alpha') \gset
select pgque.send('q', 'x') \gset
select suite.tick('q') \gset
select is((select string_agg(queue_name || '/' || consumer_name, ' ') from pgque.get_consumer_info()), 'b/alpha q/alpha q/beta', 'by queue and consumer');
select is((select string_agg(queue_name || '/' || consumer_name, ' ') from pgque.get_consumer_info('q')), 'q/alpha q/beta', 'of one queue');
select is((select string_agg(queue_name || '/' || consumer_name, ' ') from pgque.get_consumer_info(null, 'alpha')), 'b/alpha q/alpha', 'of one name');
select is((select string_agg(queue_name || '/' || consumer_name, ' ') from pgque.get_consumer_info('q', 'beta')), 'q/beta', 'one');
select is((select count(*)::int from pgque.get_consumer_info(null, null)), 3, 'NULL is any');
select is((select count(*)::int from pgque.get_consumer_info('nowhere')) + (select count(*)::int from pgque.get_consumer_info('q', 'nobody')), 0, 'unknown: no row');
update pgque.tick set tick_time = now() - interval '30 s' where tick_queue = suite.queue_id('q') and tick_id = 1;
update pgque.subscription set sub_active = now() - interval '10 s' where sub_queue = suite.queue_id('q');
select ok(i.lag between '30 s' and '40 s' and i.last_seen between '10 s' and '20 s', 'lag and last sign of life') from pgque.get_consumer_info('q', 'alpha') i;
select is(format('%s %s %s %s', i.last_tick, coalesce(i.current_batch::text, '-'), coalesce(i.next_tick::text, '-'),
                 i.pending_events = (select max(tick_event_seq) - min(tick_event_seq) from pgque.tick where tick_queue = suite.queue_id('q'))),
          '1 - - t', 'position and what is pending') from pgque.get_consumer_info('q', 'alpha') i;
select pgque.next_batch('q', 'alpha') as batch \gset
select is(format('%s %s %s', i.last_tick, i.current_batch, i.next_tick), format('1 %s 2', :batch), 'with an open batch') from pgque.get_consumer_info('q', 'alpha') i;

-- groups
select pgque.register_subconsumer('q', 'g', 'idle'), pgque.register_subconsumer('q', 'g', 'busy') \gset
select pgque.send('q', 'y') \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'g', 'busy') as busy \gset
select is((select string_agg(format('%s %s %s %s', i.consumer_name, coalesce(i.last_tick::text, '-'), coalesce(i.next_tick::text, '-'),
                 case when i.pending_events is null then '-' else 'n' end), ', ' ) from pgque.get_consumer_info('q') i where consumer_name like 'g%'),
          'g 3 - n, g.busy 2 3 n, g.idle - - -', 'main, active and idle member');
select ok(i.lag is null and i.last_seen is not null, 'an idle member has no lag') from pgque.get_consumer_info('q', 'g.idle') i;

-- batches
select is(format('%s %s %s %s', i.queue_name, i.consumer_name, i.prev_tick_id, i.tick_id), 'q alpha 1 2', 'get_batch_info') from pgque.get_batch_info(:batch) i;
select ok(i.batch_start = p.tick_time and i.batch_end = c.tick_time and i.seq_start = p.tick_event_seq and i.seq_end = c.tick_event_seq
          and i.lag between now() - c.tick_time - interval '1 s' and now() - c.tick_time + interval '1 s', 'with times, positions and lag')
  from pgque.get_batch_info(:batch) i, pgque.tick p, pgque.tick c
 where p.tick_queue = suite.queue_id('q') and p.tick_id = 1 and c.tick_queue = suite.queue_id('q') and c.tick_id = 2;
select is(format('%s %s %s', i.consumer_name, i.prev_tick_id, i.tick_id), 'g.busy 2 3', 'of a member') from pgque.get_batch_info(:busy) i;
select is((select count(*)::int from pgque.get_batch_info(424242)), 1, 'an unknown batch: one row');
select is((i.*)::text, '(,,,,,,,,)', 'of NULLs') from pgque.get_batch_info(424242) i;

-- readers
set role pgque_reader;
select is((select count(*)::int from pgque.get_queue_info()), 4, 'a plain reader may ask for all queues');
select is((select count(*)::int from pgque.get_queue_info('q')), 1, 'for one');
select is((select count(*)::int from pgque.get_consumer_info()), 6, 'for consumers');
select is((select string_agg(ev_data, ',') from pgque.get_batch_events(:batch)), 'x', 'for the events of a batch');
select is((select queue_name from pgque.get_batch_info(:batch)), 'q', 'for a batch');
select is(pgque.version(), '0.2.0', 'for the version');
reset role;

select * from finish();
