-- SPDX-License-Identifier: Apache-2.0
-- Retry: events put aside for one subscription and sent again to it alone when they are due.

-- Locks an open batch in the common order: queue row first, although the queue is known only from the subscription.
-- Null when there is no such batch, or no longer.
create or replace function pgque._lock_batch(p_batch_id bigint)
returns pgque.subscription
language plpgsql
as $$
declare
    v_sub pgque.subscription;
begin
    perform 1
       from pgque.queue q
      where q.queue_id = (select s.sub_queue from pgque.subscription s where s.sub_batch = p_batch_id)
        for key share;
    select s.* into v_sub from pgque.subscription s where s.sub_batch = p_batch_id for update;
    return v_sub;
end
$$;

-- The consumer that dead letters are written under: for a member that of the group.
create or replace function pgque._dead_letter_consumer(p_sub pgque.subscription)
returns int4
language plpgsql
as $$
begin
    return coalesce(
        (select m.sub_consumer
           from pgque.subscription m
          where p_sub.sub_role = 'coop_member'
            and m.sub_queue = p_sub.sub_queue and m.sub_id = p_sub.sub_id and m.sub_role = 'coop_main'),
        p_sub.sub_consumer);
end
$$;

-- Puts the events of a batch (or the one given) aside in one statement: those whose retries have reached the limit
-- become dead letters, the others wait in the retry queue until p_due. Without a limit all wait. What waits or lies
-- there already stays as it is and is counted apart. Reads the window once: linear in its events.
-- There is no index on ev_id for the look-up of a single event: it made send_batch of 500 events dearer by 18 % (1.39 ms
-- of processor time instead of 1.18), for every event ever sent, while the look-up by the window's range takes 0.6 ms in
-- a batch of 1,000 and 1.4 ms in one of 10,000. Who refuses many events of a batch calls nack_batch.
create or replace function pgque._put_aside(
    p_sub pgque.subscription, p_event_id bigint, p_due timestamptz, p_limit int4, p_reason text,
    out events bigint, out retried bigint, out dead bigint)
returns record
language plpgsql
as $$
declare
    v_sql text := pgque._window_sql(p_sub.sub_queue, p_sub.sub_last_tick, p_sub.sub_next_tick, p_sub.sub_id);
begin
    if v_sql is null then
        raise exception 'Cannot find data for batch %', p_sub.sub_batch;
    end if;
    execute
        'with ev as materialized (
             select * from (' || v_sql || ') ev' || case when p_event_id is null then '' else ' where ev.ev_id = $1' end || '
         ), waiting as (
             insert into pgque.retry_queue (
                    ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry,
                    ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
             select distinct on (ev.ev_id)
                    $2, $3, ev.ev_id, ev.ev_time, $4, coalesce(ev.ev_retry, 0) + 1,
                    ev.ev_type, ev.ev_data, ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4
               from ev
              where $5 is null or coalesce(ev.ev_retry, 0) < $5
              order by ev.ev_id, ev.ev_txid
                 on conflict (ev_owner, ev_id) do nothing
             returning 1
         ), letters as (
             insert into pgque.dead_letter (
                    dl_queue_id, dl_consumer_id, dl_reason, ev_id, ev_time, ev_txid, ev_retry,
                    ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
             select distinct on (ev.ev_id)
                    $3, $6, $7, ev.ev_id, ev.ev_time, ev.ev_txid, ev.ev_retry,
                    ev.ev_type, ev.ev_data, ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4
               from ev
              where coalesce(ev.ev_retry, 0) >= $5
              order by ev.ev_id, ev.ev_txid
                 on conflict (dl_queue_id, dl_consumer_id, ev_id) do nothing
             returning 1
         )
         select (select pg_catalog.count(*) from ev),
                (select pg_catalog.count(*) from waiting),
                (select pg_catalog.count(*) from letters)'
       into events, retried, dead
      using p_event_id, p_due, p_sub.sub_queue, p_sub.sub_id, p_limit,
            pgque._dead_letter_consumer(p_sub), p_reason;
end
$$;

create or replace function pgque.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_time timestamptz)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_sub pgque.subscription := pgque._lock_batch(x_batch_id);
    v_done record;
begin
    if v_sub.sub_id is null then
        raise exception 'batch not found';
    end if;
    -- A null id would mean the whole batch below; no event has it.
    if x_event_id is not null then
        v_done := pgque._put_aside(v_sub, x_event_id, x_retry_time, null, null);
        if v_done.events > 0 then
            return v_done.retried;
        end if;
    end if;
    raise exception 'event not found';
end
$$;

create or replace function pgque.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_seconds integer)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.event_retry(x_batch_id, x_event_id, now() + x_retry_seconds * interval '1 second');
end
$$;

create or replace function pgque.batch_retry(i_batch_id bigint, i_retry_seconds integer)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_sub pgque.subscription := pgque._lock_batch(i_batch_id);
begin
    if v_sub.sub_id is null then
        raise exception 'batch_retry: batch % not found', i_batch_id;
    end if;
    return (select a.retried
              from pgque._put_aside(v_sub, null, now() + i_retry_seconds * interval '1 second', null, null) a);
end
$$;

create or replace function pgque.event_retry_raw(
    x_queue text, x_consumer text, x_retry_after timestamptz, x_ev_id bigint, x_ev_time timestamptz, x_ev_retry int4,
    x_ev_type text, x_ev_data text, x_ev_extra1 text, x_ev_extra2 text, x_ev_extra3 text, x_ev_extra4 text)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue_id int4 := pgque._lock_queue(x_queue);
    v_sub_id int4;
    v_sequence text;
    v_id bigint := x_ev_id;
begin
    select s.sub_id, q.queue_event_seq into v_sub_id, v_sequence
      from pgque.queue q
      join pgque.subscription s on s.sub_queue = q.queue_id
      join pgque.consumer c on c.co_id = s.sub_consumer
     where q.queue_id = v_queue_id and c.co_name = x_consumer;
    if not found then
        raise exception 'consumer not registered';
    end if;
    if v_id is null then
        v_id := pg_catalog.nextval(v_sequence::pg_catalog.regclass);
    end if;
    insert into pgque.retry_queue (
           ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry,
           ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
    values (x_retry_after, v_queue_id, v_id, x_ev_time, v_sub_id, x_ev_retry,
            x_ev_type, x_ev_data, x_ev_extra1, x_ev_extra2, x_ev_extra3, x_ev_extra4);
    return v_id;
end
$$;

-- Sends due events again, at most 1,000 a call, oldest first; a driver repeats until 0. Rows that somebody holds are
-- left for the next call. Queues that take no events keep theirs waiting without holding up the others.
create or replace function pgque.maint_retry_events()
returns int4
language plpgsql
as $$
declare
    v_due record;
    v_queue pgque.queue;
    v_rows int4;
    v_moved int4 := 0;
begin
    for v_due in
        select q.queue_name, pg_catalog.count(*) as events
          from (select r.ev_queue
                  from pgque.retry_queue r
                  join pgque.queue o on o.queue_id = r.ev_queue
                 where r.ev_retry_after <= now()
                   and (not o.queue_disable_insert
                        or pg_catalog.current_setting('session_replication_role') = 'replica')
                 order by r.ev_retry_after
                 limit 1000) d
          join pgque.queue q on q.queue_id = d.ev_queue
         group by q.queue_id
         order by q.queue_id
    loop
        v_queue := pgque._queue_for_insert(v_due.queue_name);
        continue when v_queue.queue_id is null;
        execute pg_catalog.format(
            'with due as materialized (
                 select r.ev_owner, r.ev_id
                   from pgque.retry_queue r
                  where r.ev_queue = $1 and r.ev_retry_after <= now()
                  order by r.ev_retry_after
                  limit $2
                    for update skip locked
             ), moved as (
                 delete from pgque.retry_queue r
                  using due d
                  where r.ev_owner = d.ev_owner and r.ev_id = d.ev_id
                 returning r.*)
             insert into %s (ev_id, ev_time, ev_owner, ev_retry,
                             ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
             select m.ev_id, m.ev_time, m.ev_owner, m.ev_retry,
                    m.ev_type, m.ev_data, m.ev_extra1, m.ev_extra2, m.ev_extra3, m.ev_extra4
               from moved m',
            pgque.quote_fqname(v_queue.queue_data_pfx || '_' || v_queue.queue_cur_table))
          using v_queue.queue_id, v_due.events;
        get diagnostics v_rows = row_count;
        if v_rows > 0 then
            -- The sequence moves as if the events were new: by it the ticker tells that there is something to tick.
            perform pg_catalog.nextval(v_queue.queue_event_seq::pg_catalog.regclass)
               from pg_catalog.generate_series(1, v_rows);
        end if;
        v_moved := v_moved + v_rows;
    end loop;
    return v_moved;
end
$$;
