-- SPDX-License-Identifier: Apache-2.0
-- The calls of a consumer's daily life: receive, ack, nack.

-- The first events of an open batch as messages. An empty batch is finished: there is nothing to wait for.
create or replace function pgque._messages(p_batch_id bigint, p_max int4)
returns setof pgque.message
language plpgsql
as $$
declare
    v_sub pgque.subscription;
    v_sql text;
begin
    select s.* into v_sub from pgque.subscription s where s.sub_batch = p_batch_id;
    if not found then
        raise exception 'batch not found: %', p_batch_id;
    end if;
    v_sql := pgque._window_sql(v_sub.sub_queue, v_sub.sub_last_tick, v_sub.sub_next_tick, v_sub.sub_id);
    if v_sql is null then
        raise exception 'Cannot find data for batch %', p_batch_id;
    end if;
    return query execute
        'select ev.ev_id, $1, ev.ev_type, ev.ev_data, ev.ev_retry, ev.ev_time,
                ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4
           from (' || v_sql || ') ev order by ev.ev_id limit $2'
        using p_batch_id, p_max;
    if not found then
        perform pgque.finish_batch(p_batch_id);
    end if;
end
$$;

create or replace function pgque.receive(i_queue text, i_consumer text, i_max_return int4 default 100)
returns setof pgque.message
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_batch bigint;
begin
    if i_max_return < 1 then
        raise exception 'pgque.receive: max_return must be >= 1, got %', i_max_return;
    end if;
    v_batch := pgque.next_batch(i_queue, i_consumer);
    if v_batch is not null then
        return query select m.* from pgque._messages(v_batch, i_max_return) m;
    end if;
end
$$;

-- Closes the whole batch, events that receive did not return included.
create or replace function pgque.ack(i_batch_id bigint)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.finish_batch(i_batch_id);
end
$$;

create or replace function pgque._retry_limit(p_queue_id int4)
returns int4
language plpgsql
as $$
begin
    return (select coalesce(q.queue_max_retries, 5) from pgque.queue q where q.queue_id = p_queue_id);
end
$$;

-- Of the message only the id counts; the event itself is read from the batch, so that a client can't change it.
create or replace function pgque.nack(
    i_batch_id bigint, i_msg pgque.message, i_retry_after interval default '60 seconds', i_reason text default null)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_sub pgque.subscription := pgque._lock_batch(i_batch_id);
    v_id bigint := (i_msg).msg_id;
    v_found bigint := 0;
begin
    if v_sub.sub_id is null then
        raise exception 'batch not found: %', i_batch_id;
    end if;
    if v_id is not null then
        select a.events into v_found
          from pgque._put_aside(v_sub, v_id,
                                now() + pg_catalog.trunc(extract(epoch from i_retry_after)) * interval '1 second',
                                pgque._retry_limit(v_sub.sub_queue), coalesce(i_reason, 'max retries exceeded')) a;
    end if;
    if v_found = 0 then
        raise exception 'msg_id % not found in batch %', coalesce(v_id::text, '<NULL>'), i_batch_id;
    end if;
    return 1;
end
$$;

-- nack for every event of the batch in one statement. Returns what was put aside now; what waited or was dead before
-- stays as it was. The batch stays open.
create or replace function pgque.nack_batch(
    i_batch_id bigint, i_retry_after interval default '60 seconds', i_reason text default null,
    out retried bigint, out dead bigint)
returns record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_sub pgque.subscription := pgque._lock_batch(i_batch_id);
begin
    if v_sub.sub_id is null then
        raise exception 'batch not found: %', i_batch_id;
    end if;
    select a.retried, a.dead into retried, dead
      from pgque._put_aside(v_sub, null,
                            now() + pg_catalog.trunc(extract(epoch from i_retry_after)) * interval '1 second',
                            pgque._retry_limit(v_sub.sub_queue), coalesce(i_reason, 'max retries exceeded')) a;
end
$$;
