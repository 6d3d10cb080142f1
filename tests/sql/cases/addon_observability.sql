-- SPDX-License-Identifier: GPL-3.0-or-later
-- The add-on that reports on queues and consumers.
select plan(32);
\i :addons/observability.sql
\i :addons/observability.sql
select pass('installs, and again on top of itself');
select is_empty('select name from suite.routine where public', 'nothing for PUBLIC');
select is_empty($$select name from suite.routine where definer and not coalesce(array_to_string(settings, ' ') ~ 'search_path=pgque, pg_catalog, pg_temp$', false)$$, 'definer functions pin their path, temporary objects last');
select is((select arguments from suite.routine where name = n), a, n || ' takes') from (values ('queue_stats', ''), ('consumer_stats', ''), ('queue_health', ''), ('otel_metrics', ''),
    ('stuck_consumers', 'i_threshold interval DEFAULT ''01:00:00''::interval'), ('in_flight', 'i_queue_name text'),
    ('throughput', 'i_queue_name text, i_period interval, i_bucket_size interval'), ('error_rate', 'i_queue_name text, i_period interval, i_bucket_size interval')) v(n, a);
create function pg_temp.names(fn text) returns text language sql as
    $$ select string_agg(split_part(c, ' ', 1), ', ' order by n) from suite.routine, unnest(string_to_array(columns, ', ')) with ordinality as u(c, n)
        where name = fn $$;
select is(pg_temp.names(n), c, n || ' answers') from (values
    ('queue_stats', 'queue_name, queue_id, depth, oldest_msg_age, consumers, events_per_sec, cur_table, rotation_age, rotation_period, ticker_paused, last_tick_time, last_tick_id, dlq_count'),
    ('consumer_stats', 'queue_name, consumer_name, lag, pending_events, last_batch_start, batch_active, batch_id'),
    ('queue_health', 'queue_name, check_name, status, detail'), ('otel_metrics', 'metric_name, metric_type, value, labels'),
    ('in_flight', 'consumer_name, batch_id, batch_age, estimated_events')) v(n, c);

select pgque.create_queue('q'), pgque.subscribe('q', 'c'), pgque.create_queue('idle') \gset
select pgque.send('q', 'x'), pgque.send('q', 'y') \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch \gset
select is((select format('%s %s %s', queue_name, consumers, dlq_count) from pgque.queue_stats() where queue_name = 'q'), 'q 1 0', 'queue_stats');
select is((select format('%s %s %s', queue_name, batch_active, batch_id) from pgque.consumer_stats() where consumer_name = 'c'), format('q t %s', :batch), 'consumer_stats');
select is((select format('%s %s', consumer_name, batch_id) from pgque.in_flight('q')), format('c %s', :batch), 'in_flight');
select is_empty($$select status from pgque.queue_health() where status not in ('ok', 'warning', 'critical')$$, 'health is ok, warning or critical');
select set_has($$select check_name from pgque.queue_health() where queue_name = 'q'$$, $$values ('ticker_running'), ('consumer_lag:c'), ('rotation_health'), ('dlq_health')$$, 'the checks');
select suite.age('idle', '30 s');
select isnt((select status from pgque.queue_health() where queue_name = 'idle' and check_name = 'ticker_running'), 'critical', 'an idle queue of 30 s is no emergency');
select suite.age('q', '2 hours');
select pgque.send('q', 'waits') \gset
select is((select status from pgque.queue_health() where queue_name = 'q' and check_name = 'ticker_running'), 'critical', 'one with events that has not ticked for hours is');
select cmp_ok((select count(*) from pgque.otel_metrics()), '>', 0::bigint, 'metrics');
update pgque.subscription set sub_active = now() - interval '2 hours';
select cmp_ok((select count(*) from pgque.stuck_consumers()), '=', 1::bigint, 'a stuck consumer');
select is((select count(*)::int from pgque.stuck_consumers('3 hours')), 0, 'with another threshold');
select lives_ok($$select * from pgque.throughput('q', '1 hour', '1 minute')$$, 'throughput');
select lives_ok($$select * from pgque.error_rate('q', '1 hour', '1 minute')$$, 'error_rate');
select is((select count(*)::int from pgque.in_flight('nowhere')), 0, 'an unknown queue: nothing');
set role pgque_reader;
select lives_ok($$select * from pgque.queue_stats(), pgque.consumer_stats(), pgque.queue_health()$$, 'a reader may ask') ;
select lives_ok($$select * from pgque.otel_metrics()$$, 'for metrics as well');
set role pgque_writer;
select denied('select * from pgque.queue_stats()');
reset role;
select * from finish();
