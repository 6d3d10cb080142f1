-- SPDX-License-Identifier: Apache-2.0
-- Opening and finishing batches of normal consumers.

-- The tick that ends a batch of at least so many events or so much time, looking ahead from the position given.
create or replace function pgque.find_tick_helper(
    i_queue_id int4, i_prev_tick_id int8, i_prev_tick_time timestamptz, i_prev_tick_seq int8,
    i_min_count int8, i_min_interval interval,
    out next_tick_id int8, out next_tick_time timestamptz, out next_tick_seq int8)
returns record
language plpgsql stable
as $$
declare
    v_last pgque.tick;
    v_enough boolean;
begin
    select t.* into v_last
      from pgque.tick t
     where t.tick_queue = i_queue_id and t.tick_id > i_prev_tick_id
     order by t.tick_id desc limit 1;
    if not found then
        return;
    end if;
    v_enough := coalesce(v_last.tick_event_seq - i_prev_tick_seq >= i_min_count, false)
             or coalesce(v_last.tick_time - i_prev_tick_time >= i_min_interval, false);
    if not v_enough then
        return;
    end if;
    if coalesce(v_last.tick_event_seq - i_prev_tick_seq <= 2 * i_min_count, true)
       and coalesce(v_last.tick_time - i_prev_tick_time <= 2 * i_min_interval, true) then
        next_tick_id := v_last.tick_id;
        next_tick_time := v_last.tick_time;
        next_tick_seq := v_last.tick_event_seq;
        return;
    end if;
    select t.tick_id, t.tick_time, t.tick_event_seq into next_tick_id, next_tick_time, next_tick_seq
      from pgque.tick t
     where t.tick_queue = i_queue_id and t.tick_id > i_prev_tick_id
       and (t.tick_event_seq - i_prev_tick_seq >= i_min_count or t.tick_time - i_prev_tick_time >= i_min_interval)
     order by t.tick_id limit 1;
end
$$;

create or replace function pgque.next_batch_custom(
    i_queue_name text, i_consumer_name text, i_min_lag interval, i_min_count int4, i_min_interval interval,
    out batch_id bigint, out cur_tick_id bigint, out prev_tick_id bigint, out cur_tick_time timestamptz,
    out prev_tick_time timestamptz, out cur_tick_event_seq bigint, out prev_tick_event_seq bigint)
returns record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_sub pgque.subscription;
begin
    -- The row lock makes sessions that ask at the same moment get the same batch.
    select s.* into v_sub
      from pgque.queue q
      join pgque.subscription s on s.sub_queue = q.queue_id
      join pgque.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = i_queue_name and c.co_name = i_consumer_name
       for update of s;
    if not found then
        raise exception 'Not subscriber to queue: %/%', coalesce(i_queue_name, 'NULL'), coalesce(i_consumer_name, 'NULL');
    end if;
    if v_sub.sub_role = 'coop_member' then
        raise exception 'consumer % on queue % is a cooperative subconsumer; use receive_coop / next_batch (cooperative form) instead of the legacy 5-arg next_batch_custom',
            i_consumer_name, i_queue_name;
    end if;
    if v_sub.sub_role = 'coop_main'
       and exists (select 1 from pgque.subscription m
                    where m.sub_queue = v_sub.sub_queue and m.sub_id = v_sub.sub_id and m.sub_role = 'coop_member') then
        raise exception 'consumer % on queue % is a cooperative main consumer; use cooperative receive/next_batch with a subconsumer',
            i_consumer_name, i_queue_name;
    end if;

    select t.tick_id, t.tick_time, t.tick_event_seq into prev_tick_id, prev_tick_time, prev_tick_event_seq
      from pgque.tick t
     where t.tick_queue = v_sub.sub_queue and t.tick_id = v_sub.sub_last_tick;
    if not found then
        raise exception 'PgQ corruption: Consumer % on queue % does not see tick %',
            i_consumer_name, i_queue_name, v_sub.sub_last_tick;
    end if;

    if v_sub.sub_batch is not null then
        select t.tick_id, t.tick_time, t.tick_event_seq into cur_tick_id, cur_tick_time, cur_tick_event_seq
          from pgque.tick t
         where t.tick_queue = v_sub.sub_queue and t.tick_id = v_sub.sub_next_tick;
        if not found then
            raise exception 'PgQ corruption: Consumer % on queue % does not see tick %',
                i_consumer_name, i_queue_name, v_sub.sub_next_tick;
        end if;
        batch_id := v_sub.sub_batch;
        return;
    end if;

    if i_min_count is null and i_min_interval is null then
        select t.tick_id, t.tick_time, t.tick_event_seq into cur_tick_id, cur_tick_time, cur_tick_event_seq
          from pgque.tick t
         where t.tick_queue = v_sub.sub_queue and t.tick_id > v_sub.sub_last_tick
         order by t.tick_id limit 1;
    else
        select h.next_tick_id, h.next_tick_time, h.next_tick_seq into cur_tick_id, cur_tick_time, cur_tick_event_seq
          from pgque.find_tick_helper(v_sub.sub_queue, v_sub.sub_last_tick, prev_tick_time, prev_tick_event_seq,
                                      i_min_count, i_min_interval) h;
    end if;
    if cur_tick_id is null or now() - cur_tick_time < i_min_lag then
        cur_tick_id := null; cur_tick_time := null; cur_tick_event_seq := null;
        prev_tick_id := null; prev_tick_time := null; prev_tick_event_seq := null;
        return;
    end if;

    batch_id := pg_catalog.nextval('pgque.batch_id_seq');
    -- Only a normal row may ever hold a batch of its own; the main row of a group must not, whatever happened to it.
    update pgque.subscription
       set sub_batch = batch_id, sub_next_tick = cur_tick_id, sub_active = now(),
           sub_batch_since = now(), sub_takeovers = 0
     where sub_queue = v_sub.sub_queue and sub_consumer = v_sub.sub_consumer and sub_role = 'normal';
end
$$;

create or replace function pgque.next_batch_info(
    i_queue_name text, i_consumer_name text,
    out batch_id bigint, out cur_tick_id bigint, out prev_tick_id bigint, out cur_tick_time timestamptz,
    out prev_tick_time timestamptz, out cur_tick_event_seq bigint, out prev_tick_event_seq bigint)
returns record
language plpgsql
as $$
begin
    select b.batch_id, b.cur_tick_id, b.prev_tick_id, b.cur_tick_time, b.prev_tick_time, b.cur_tick_event_seq,
           b.prev_tick_event_seq
      into batch_id, cur_tick_id, prev_tick_id, cur_tick_time, prev_tick_time, cur_tick_event_seq, prev_tick_event_seq
      from pgque.next_batch_custom(i_queue_name, i_consumer_name, null, null, null) b;
end
$$;

create or replace function pgque.next_batch(i_queue_name text, i_consumer_name text)
returns bigint
language plpgsql
as $$
begin
    return (select b.batch_id from pgque.next_batch_custom(i_queue_name, i_consumer_name, null, null, null) b);
end
$$;

-- Closes a batch as a whole. The batch id is the token: whoever lost it to a takeover finds nothing.
create or replace function pgque.finish_batch(x_batch_id bigint)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_sub pgque.subscription;
begin
    select s.* into v_sub from pgque.subscription s where s.sub_batch = x_batch_id for update;
    if not found then
        raise warning 'finish_batch: batch % not found', x_batch_id;
        return 0;
    end if;
    if v_sub.sub_role = 'coop_main' then
        raise exception 'cannot finish cooperative main consumer batch % as normal active consumer', x_batch_id;
    end if;
    -- The cursor of a group has already moved when the window was handed out.
    update pgque.subscription
       set sub_last_tick = case when v_sub.sub_role = 'normal' then v_sub.sub_next_tick end,
           sub_batch = null, sub_next_tick = null, sub_active = now(),
           sub_batch_since = null, sub_takeovers = null
     where sub_queue = v_sub.sub_queue and sub_consumer = v_sub.sub_consumer;
    return 1;
end
$$;
