-- SPDX-License-Identifier: Apache-2.0
-- Add-on: figures and verdicts for monitoring systems. Counts of events are distances of the event sequence: forced
-- ticks, rollbacks and retries make them larger than the number of events.

create or replace function pgque.queue_stats()
returns table (
    queue_name text, queue_id int4, depth bigint, oldest_msg_age interval, consumers bigint, events_per_sec float8,
    cur_table int4, rotation_age interval, rotation_period interval, ticker_paused boolean,
    last_tick_time timestamptz, last_tick_id bigint, dlq_count bigint)
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select q.queue_name, q.queue_id,
           i.ev_new + coalesce(t.tick_event_seq - s.low_seq, 0),
           case when s.low_tick < i.last_tick_id or i.ev_new > 0 then now() - coalesce(s.low_time, t.tick_time) end,
           coalesce(s.consumers, 0), i.ev_per_sec, q.queue_cur_table, now() - q.queue_switch_time,
           q.queue_rotation_period, q.queue_ticker_paused, t.tick_time, i.last_tick_id, coalesce(d.letters, 0)
      from pgque.get_queue_info() i
      join pgque.queue q on q.queue_name = i.queue_name
      left join pgque.tick t on t.tick_queue = q.queue_id and t.tick_id = i.last_tick_id
      left join (select b.sub_queue, pg_catalog.count(*) filter (where b.sub_role <> 'coop_member') as consumers,
                        pg_catalog.min(p.tick_id) as low_tick, pg_catalog.min(p.tick_time) as low_time,
                        pg_catalog.min(p.tick_event_seq) as low_seq
                   from pgque.subscription b
                   left join pgque.tick p on p.tick_queue = b.sub_queue and p.tick_id = b.sub_last_tick
                  group by b.sub_queue) s on s.sub_queue = q.queue_id
      left join (select l.dl_queue_id, pg_catalog.count(*) as letters
                   from pgque.dead_letter l group by l.dl_queue_id) d on d.dl_queue_id = q.queue_id
     order by q.queue_name;
end
$$;

create or replace function pgque.consumer_stats()
returns table (
    queue_name text, consumer_name text, lag interval, pending_events bigint, last_batch_start timestamptz,
    batch_active boolean, batch_id bigint)
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select i.queue_name, i.consumer_name, i.lag, i.pending_events, coalesce(s.sub_batch_since, s.sub_active),
           i.current_batch is not null, i.current_batch
      from pgque.get_consumer_info() i
      join pgque.queue q on q.queue_name = i.queue_name
      join pgque.consumer c on c.co_name = i.consumer_name
      join pgque.subscription s on s.sub_queue = q.queue_id and s.sub_consumer = c.co_id
     order by i.queue_name, i.consumer_name;
end
$$;

-- Those that have something to do and have done nothing for so long.
create or replace function pgque.stuck_consumers(i_threshold interval default '1 hour')
returns table (queue_name text, consumer_name text, last_seen interval, lag interval, pending_events bigint, batch_id bigint)
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select i.queue_name, i.consumer_name, i.last_seen, i.lag, i.pending_events, i.current_batch
      from pgque.get_consumer_info() i
      join pgque.get_queue_info() q on q.queue_name = i.queue_name
     where i.last_seen > i_threshold and (i.current_batch is not null or i.last_tick < q.last_tick_id)
     order by i.last_seen desc;
end
$$;

create or replace function pgque.in_flight(i_queue_name text)
returns table (consumer_name text, batch_id bigint, batch_age interval, estimated_events bigint)
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select c.co_name, s.sub_batch, now() - coalesce(s.sub_batch_since, s.sub_active),
           t.tick_event_seq - f.tick_event_seq
      from pgque.queue q
      join pgque.subscription s on s.sub_queue = q.queue_id and s.sub_batch is not null
      join pgque.consumer c on c.co_id = s.sub_consumer
      left join pgque.tick f on f.tick_queue = q.queue_id and f.tick_id = s.sub_last_tick
      left join pgque.tick t on t.tick_queue = q.queue_id and t.tick_id = s.sub_next_tick
     where q.queue_name = i_queue_name
     order by s.sub_batch;
end
$$;

-- Ticks of idle queues may lie as far apart as the idle period, so silence alone alarms only beyond that; with events
-- waiting a tick is due after ticker_max_lag.
create or replace function pgque.queue_health()
returns table (queue_name text, check_name text, status text, detail text)
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select i.queue_name, 'ticker_running'::text,
           case when i.ticker_lag is null then 'critical'
                when i.queue_ticker_paused then case when i.ev_new > 0 then 'warning' else 'ok' end
                when i.ev_new > 0 and i.ticker_lag > greatest(interval '5 minutes', i.queue_ticker_max_lag * 3)
                then 'critical'
                when i.ev_new > 0 and i.ticker_lag > 3 * greatest(i.queue_ticker_max_lag, interval '10 seconds')
                then 'warning'
                when i.ticker_lag > 3 * greatest(i.queue_ticker_idle_period, i.queue_ticker_max_lag) then 'warning'
                else 'ok'
           end,
           case when i.queue_ticker_paused then 'paused; ' else '' end
               || coalesce('last tick ' || pg_catalog.date_trunc('second', i.ticker_lag) || ' ago, '
                           || i.ev_new || ' events since', 'no tick')
      from pgque.get_queue_info() i
     union all
    select i.queue_name, 'consumer_lag:' || i.consumer_name,
           case when i.last_tick < q.last_tick_id and i.lag > interval '1 hour' then 'critical'
                when i.last_tick < q.last_tick_id and i.lag > interval '10 minutes' then 'warning'
                else 'ok' end,
           coalesce('position ' || pg_catalog.date_trunc('second', i.lag) || ' old, ' || i.pending_events
                    || ' events behind', 'idle member')
      from pgque.get_consumer_info() i
      join pgque.get_queue_info() q on q.queue_name = i.queue_name
     union all
    select q.queue_name, 'rotation_health',
           case when q.queue_switch_step2 is null and r.age > interval '1 minute' then 'warning'
                when r.age > q.queue_rotation_period * 2 then 'critical'
                when r.age > q.queue_rotation_period * 1.5 then 'warning'
                else 'ok' end,
           case when q.queue_switch_step2 is null then 'step two missing; ' else '' end
               || 'last rotation ' || pg_catalog.date_trunc('second', r.age) || ' ago, period ' || q.queue_rotation_period
      from pgque.queue q
     cross join lateral (select now() - q.queue_switch_time as age) r
     union all
    select q.queue_name, 'dlq_health', case when d.fresh > 0 then 'warning' else 'ok' end,
           d.letters || ' dead letters, ' || d.fresh || ' within the last hour'
      from pgque.queue q
     cross join lateral (select pg_catalog.count(*) as letters,
                                pg_catalog.count(*) filter (where l.dl_time > now() - interval '1 hour') as fresh
                           from pgque.dead_letter l
                          where l.dl_queue_id = q.queue_id) d
     order by 1, 2;

    if (select c.scheduler = 'pg_cron' from pgque.config c) then
        return query
        select null::text, 'pg_cron_extension'::text, case when pgque._has_pg_cron() then 'ok' else 'critical' end,
               case when pgque._has_pg_cron() then 'installed' else 'scheduled with pg_cron, but it is not installed' end;
        if pgque._has_pg_cron() then
            return query execute
                'select null::text, ''pg_cron_jobs''::text, case when count(*) = 4 then ''ok'' else ''critical'' end,
                        count(*) || '' of 4 jobs active''
                   from cron.job j join pgque._jobs() o on o.job_name = j.jobname
                  where j.active and j.database = pg_catalog.current_database()';
        end if;
    end if;
end
$$;

create or replace function pgque.otel_metrics()
returns table (metric_name text, metric_type text, value float8, labels jsonb)
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select m.name, m.type, m.value, pg_catalog.jsonb_build_object('queue', s.queue_name)
      from pgque.queue_stats() s
     cross join lateral (
               values ('pgque.queue.depth', 'gauge', s.depth::float8),
                      ('pgque.queue.oldest_message_age_seconds', 'gauge', extract(epoch from s.oldest_msg_age)::float8),
                      ('pgque.queue.events_per_second', 'gauge', s.events_per_sec),
                      ('pgque.queue.consumers', 'gauge', s.consumers::float8),
                      ('pgque.queue.dead_letters', 'gauge', s.dlq_count::float8),
                      ('pgque.queue.rotation_age_seconds', 'gauge', extract(epoch from s.rotation_age)::float8),
                      ('pgque.queue.last_tick_id', 'counter', s.last_tick_id::float8)) m(name, type, value)
     where m.value is not null
     union all
    select m.name, m.type, m.value,
           pg_catalog.jsonb_build_object('queue', c.queue_name, 'consumer', c.consumer_name)
      from pgque.consumer_stats() c
     cross join lateral (
               values ('pgque.consumer.lag_seconds', 'gauge', extract(epoch from c.lag)::float8),
                      ('pgque.consumer.pending_events', 'gauge', c.pending_events::float8),
                      ('pgque.consumer.batch_active', 'gauge', c.batch_active::int4::float8)) m(name, type, value)
     where m.value is not null;
end
$$;

-- Events between ticks, by the time of the later tick.
create or replace function pgque.throughput(i_queue_name text, i_period interval, i_bucket_size interval)
returns table (bucket_start timestamptz, events bigint, events_per_sec float8)
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select b.start, pg_catalog.sum(b.events)::bigint,
           (pg_catalog.sum(b.events) / extract(epoch from i_bucket_size))::float8
      from (select pg_catalog.date_bin(i_bucket_size, t.tick_time, timestamptz 'epoch') as start, t.tick_time,
                   t.tick_event_seq - pg_catalog.lag(t.tick_event_seq) over (order by t.tick_id) as events
              from pgque.queue q
              join pgque.tick t on t.tick_queue = q.queue_id
             where q.queue_name = i_queue_name) b
     where b.tick_time >= now() - i_period
     group by b.start
     order by b.start;
end
$$;

-- Dead letters by the time they were written, beside the events of the same time.
create or replace function pgque.error_rate(i_queue_name text, i_period interval, i_bucket_size interval)
returns table (bucket_start timestamptz, events bigint, dead_letters bigint, rate float8)
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select coalesce(p.bucket_start, d.start), coalesce(p.events, 0), coalesce(d.letters, 0),
           coalesce(d.letters, 0)::float8 / nullif(p.events, 0)
      from pgque.throughput(i_queue_name, i_period, i_bucket_size) p
      full join (select pg_catalog.date_bin(i_bucket_size, l.dl_time, timestamptz 'epoch') as start,
                        pg_catalog.count(*) as letters
                   from pgque.queue q
                   join pgque.dead_letter l on l.dl_queue_id = q.queue_id
                  where q.queue_name = i_queue_name and l.dl_time >= now() - i_period
                  group by 1) d on d.start = p.bucket_start
     order by 1;
end
$$;

do $grants$
declare
    v_function text;
begin
    foreach v_function in array array[
        'queue_stats()', 'consumer_stats()', 'queue_health()', 'otel_metrics()', 'stuck_consumers(interval)',
        'in_flight(text)', 'throughput(text,interval,interval)', 'error_rate(text,interval,interval)']
    loop
        execute 'revoke all on function pgque.' || v_function || ' from public';
        execute 'grant execute on function pgque.' || v_function || ' to pgque_reader, pgque_admin';
    end loop;
end
$grants$;
