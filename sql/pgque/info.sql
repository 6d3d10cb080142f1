-- SPDX-License-Identifier: Apache-2.0
-- What is going on, each in one set-based query.

create or replace function pgque.get_queue_info(
    i_queue_name text,
    out queue_name text, out queue_ntables int4, out queue_cur_table int4, out queue_rotation_period interval,
    out queue_switch_time timestamptz, out queue_external_ticker boolean, out queue_ticker_paused boolean,
    out queue_ticker_max_count int4, out queue_ticker_max_lag interval, out queue_ticker_idle_period interval,
    out ticker_lag interval, out ev_per_sec float8, out ev_new bigint, out last_tick_id bigint)
returns setof record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select q.queue_name, q.queue_ntables, q.queue_cur_table, q.queue_rotation_period, q.queue_switch_time,
           q.queue_external_ticker, q.queue_ticker_paused, q.queue_ticker_max_count, q.queue_ticker_max_lag,
           q.queue_ticker_idle_period,
           now() - t.tick_time,
           case when t.tick_time > o.tick_time
                then ((t.tick_event_seq - o.tick_event_seq)
                      / extract(epoch from t.tick_time - o.tick_time))::float8 end,
           case when t.tick_id is not null and s.seq is not null then
               -- never called: older installs stored 1 with the first tick
               case when s.last_value is null and t.tick_event_seq = 1 then 0
                    else coalesce(s.last_value, 0) - t.tick_event_seq end
           end,
           t.tick_id
      from pgque.queue q
      left join lateral (select k.tick_id, k.tick_time, k.tick_event_seq
                           from pgque.tick k
                          where k.tick_queue = q.queue_id
                          order by k.tick_id desc limit 1) t on true
      left join lateral (select k.tick_time, k.tick_event_seq
                           from pgque.tick k
                          where k.tick_queue = q.queue_id and k.tick_id >= t.tick_id - 20
                          order by k.tick_id limit 1) o on true
     cross join lateral (select r.seq, case when r.seq is not null
                                            then pg_catalog.pg_sequence_last_value(r.seq) end as last_value
                           from (select pg_catalog.to_regclass(q.queue_event_seq) as seq) r) s
     where i_queue_name is null or q.queue_name = i_queue_name
     order by q.queue_name;
end
$$;

create or replace function pgque.get_queue_info(
    out queue_name text, out queue_ntables int4, out queue_cur_table int4, out queue_rotation_period interval,
    out queue_switch_time timestamptz, out queue_external_ticker boolean, out queue_ticker_paused boolean,
    out queue_ticker_max_count int4, out queue_ticker_max_lag interval, out queue_ticker_idle_period interval,
    out ticker_lag interval, out ev_per_sec float8, out ev_new bigint, out last_tick_id bigint)
returns setof record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query select i.* from pgque.get_queue_info(null::text) i;
end
$$;

-- The main row of a group carries its position; a member has one only while it holds a window.
create or replace function pgque.get_consumer_info(
    i_queue_name text, i_consumer_name text,
    out queue_name text, out consumer_name text, out lag interval, out last_seen interval,
    out last_tick bigint, out current_batch bigint, out next_tick bigint, out pending_events bigint)
returns setof record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select q.queue_name, c.co_name, now() - p.tick_time, now() - s.sub_active, s.sub_last_tick, s.sub_batch,
           s.sub_next_tick, t.tick_event_seq - p.tick_event_seq
      from pgque.queue q
      left join lateral (select k.tick_event_seq
                           from pgque.tick k
                          where k.tick_queue = q.queue_id
                          order by k.tick_id desc limit 1) t on true
      join pgque.subscription s on s.sub_queue = q.queue_id
      join pgque.consumer c on c.co_id = s.sub_consumer
      left join pgque.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
     where (i_queue_name is null or q.queue_name = i_queue_name)
       and (i_consumer_name is null or c.co_name = i_consumer_name)
     order by q.queue_name, c.co_name;
end
$$;

create or replace function pgque.get_consumer_info(
    i_queue_name text,
    out queue_name text, out consumer_name text, out lag interval, out last_seen interval,
    out last_tick bigint, out current_batch bigint, out next_tick bigint, out pending_events bigint)
returns setof record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query select i.* from pgque.get_consumer_info(i_queue_name, null) i;
end
$$;

create or replace function pgque.get_consumer_info(
    out queue_name text, out consumer_name text, out lag interval, out last_seen interval,
    out last_tick bigint, out current_batch bigint, out next_tick bigint, out pending_events bigint)
returns setof record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query select i.* from pgque.get_consumer_info(null, null) i;
end
$$;

create or replace function pgque.get_batch_info(
    x_batch_id bigint,
    out queue_name text, out consumer_name text, out batch_start timestamptz, out batch_end timestamptz,
    out prev_tick_id bigint, out tick_id bigint, out lag interval, out seq_start bigint, out seq_end bigint)
returns record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    select q.queue_name, c.co_name, f.tick_time, t.tick_time, s.sub_last_tick, s.sub_next_tick,
           now() - t.tick_time, f.tick_event_seq, t.tick_event_seq
      into queue_name, consumer_name, batch_start, batch_end, prev_tick_id, tick_id, lag, seq_start, seq_end
      from pgque.subscription s
      join pgque.queue q on q.queue_id = s.sub_queue
      join pgque.consumer c on c.co_id = s.sub_consumer
      left join pgque.tick f on f.tick_queue = s.sub_queue and f.tick_id = s.sub_last_tick
      left join pgque.tick t on t.tick_queue = s.sub_queue and t.tick_id = s.sub_next_tick
     where s.sub_batch = x_batch_id;
end
$$;
