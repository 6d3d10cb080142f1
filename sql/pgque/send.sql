-- SPDX-License-Identifier: Apache-2.0
-- Producing events.

create or replace function pgque.insert_event_raw(
    queue_name text, ev_id bigint, ev_time timestamptz, ev_owner int4, ev_retry int4, ev_type text, ev_data text,
    ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
returns bigint
language plpgsql
as $$
declare
    v_queue pgque.queue := pgque._open_queue_for_insert($1);
    v_id bigint;
begin
    -- Drawn even when the id is given: the ticker tells by the sequence that there is something new.
    v_id := pg_catalog.nextval(v_queue.queue_event_seq::pg_catalog.regclass);
    v_id := coalesce($2, v_id);
    execute 'insert into ' || pgque.quote_fqname(v_queue.queue_data_pfx || '_' || v_queue.queue_cur_table)
         || ' (ev_id, ev_time, ev_owner, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)'
            ' values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)'
        using v_id, $3, $4, $5, $6, $7, $8, $9, $10, $11;
    return v_id;
end
$$;

create or replace function pgque.insert_event(
    queue_name text, ev_type text, ev_data text,
    ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.insert_event_raw($1, null, now(), null, null, $2, $3, $4, $5, $6, $7);
end
$$;

create or replace function pgque.insert_event(queue_name text, ev_type text, ev_data text)
returns bigint
language plpgsql
as $$
begin
    return pgque.insert_event($1, $2, $3, null, null, null, null);
end
$$;

-- One statement for the whole list, ids in the order of the list.
create or replace function pgque.insert_event_bulk(queue_name text, ev_type text, ev_data_list text[])
returns bigint[]
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue pgque.queue;
    v_ids bigint[];
begin
    if pg_catalog.cardinality($3) = 0 then
        return '{}';
    end if;
    v_queue := pgque._open_queue_for_insert($1);
    execute pg_catalog.format(
        'with added as (
             insert into %s (ev_id, ev_time, ev_type, ev_data)
             select pg_catalog.nextval($1), now(), $2, l.item
               from (select u.item from pg_catalog.unnest($3) with ordinality u(item, place) order by u.place) l
             returning ev_id)
         select pg_catalog.array_agg(a.ev_id order by a.ev_id) from added a',
        pgque.quote_fqname(v_queue.queue_data_pfx || '_' || v_queue.queue_cur_table))
       into v_ids
      using v_queue.queue_event_seq::pg_catalog.regclass, $2, $3;
    return coalesce(v_ids, '{}');
end
$$;

-- The table that a producer may copy into in this transaction.
create or replace function pgque.current_event_table(x_queue_name text)
returns text
language plpgsql
as $$
declare
    v_queue pgque.queue := pgque._queue_for_insert(x_queue_name);
begin
    if v_queue.queue_id is null then
        raise exception 'Event queue not found';
    end if;
    if v_queue.queue_disable_insert and pg_catalog.current_setting('session_replication_role') <> 'replica' then
        raise exception 'Writing to queue disabled';
    end if;
    return v_queue.queue_data_pfx || '_' || v_queue.queue_cur_table;
end
$$;

create or replace function pgque.send(queue_name text, type_name text, payload text)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.insert_event($1, $2, $3);
end
$$;

create or replace function pgque.send(queue_name text, type_name text, payload jsonb)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.insert_event($1, $2, $3::text);
end
$$;

create or replace function pgque.send(queue_name text, payload text)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.insert_event($1, 'default', $2);
end
$$;

create or replace function pgque.send(queue_name text, payload jsonb)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.insert_event($1, 'default', $2::text);
end
$$;

create or replace function pgque.send_batch(queue_name text, type_name text, payloads text[])
returns bigint[]
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    if $3 is null then
        raise exception 'payloads must not be null';
    end if;
    return pgque.insert_event_bulk($1, $2, $3);
end
$$;

create or replace function pgque.send_batch(queue_name text, type_name text, payloads jsonb[])
returns bigint[]
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    if $3 is null then
        raise exception 'payloads must not be null';
    end if;
    -- The array cast keeps order, nulls and shape and writes each element as canonical text.
    return pgque.insert_event_bulk($1, $2, $3::text[]);
end
$$;

create or replace function pgque.send_batch(queue_name text, payloads text[])
returns bigint[]
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.send_batch($1, 'default', $2);
end
$$;

create or replace function pgque.send_batch(queue_name text, payloads jsonb[])
returns bigint[]
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.send_batch($1, 'default', $2);
end
$$;
