-- SPDX-License-Identifier: Apache-2.0
-- What lies between two ticks. An event belongs to the window (from, to] when its transaction is visible in the
-- snapshot of "to" and not in that of "from", and it is meant for everybody or for this subscription.

-- The event tables (quoted, oldest first) that a window can have events in; empty when one of its ticks is gone.
create or replace function pgque._window_tables(p_queue_id int4, p_from bigint, p_to bigint)
returns setof text
language plpgsql
as $$
begin
    return query
    select pg_catalog.format('%I.%I', pg_catalog.split_part(q.queue_data_pfx, '.', 1),
                             pg_catalog.split_part(q.queue_data_pfx, '.', 2) || '_' || c.child)
      from pgque.queue q
      join pgque.tick f on f.tick_queue = q.queue_id and f.tick_id = p_from
      join pgque.tick t on t.tick_queue = q.queue_id and t.tick_id = p_to
     cross join lateral (
               values ((q.queue_cur_table - 1 + q.queue_ntables) % q.queue_ntables, false), (q.queue_cur_table, true)
           ) c(child, is_current)
     where q.queue_id = p_queue_id
       and case when c.is_current
                -- nothing after the switch is visible in a snapshot that was over before it
                then pgque._xid(pg_catalog.pg_snapshot_xmax(t.tick_snapshot)) >= q.queue_switch_step1
                -- every writer of the previous table was finished when the window began
                else (pgque._xid(pg_catalog.pg_snapshot_xmin(f.tick_snapshot)) > q.queue_switch_step2) is not true
           end
     order by c.is_current;
end
$$;

-- The statement that reads a window of a queue, unordered; null when one of its ticks is gone.
-- Transactions from xmax(from) on are one range of the index on ev_txid. Those that were running at "from" lie below
-- it: the ones near by widen the range, older ones are looked up one by one, so that a transaction that stays open for
-- hours does not make every batch read hours of events. The text is run under the caller's search_path, hence the
-- qualified names.
create or replace function pgque._window_sql(p_queue_id int4, p_from bigint, p_to bigint, p_sub_id int4)
returns text
language plpgsql
as $$
declare
    v_from pg_snapshot;
    v_to pg_snapshot;
    v_from_xmax bigint;
    v_low bigint;
    v_late text;
begin
    select f.tick_snapshot, t.tick_snapshot into v_from, v_to
      from pgque.tick f
      join pgque.tick t on t.tick_queue = f.tick_queue
     where f.tick_queue = p_queue_id and f.tick_id = p_from and t.tick_id = p_to;
    v_from_xmax := pgque._xid(pg_catalog.pg_snapshot_xmax(v_from));

    with late as (
        select pgque._xid(x.xid) as xid
          from pg_catalog.pg_snapshot_xip(v_from) x(xid)
         where pg_catalog.pg_visible_in_snapshot(x.xid, v_to)
    ), low as (
        select coalesce(pg_catalog.min(l.xid) filter (where l.xid >= v_from_xmax - 100), v_from_xmax) as xid from late l
    )
    select low.xid,
           (select pg_catalog.string_agg(l.xid::text, ',') from late l where l.xid < low.xid)
      into v_low, v_late
      from low;

    return (
        select pg_catalog.string_agg(
                   pg_catalog.format(
                       'select ev.* from %s ev where %s and pg_catalog.pg_visible_in_snapshot(ev.ev_txid, %L)'
                       ' and not pg_catalog.pg_visible_in_snapshot(ev.ev_txid, %L)'
                       ' and (ev.ev_owner is null or ev.ev_owner = %s)',
                       t.name, c.condition, v_to, v_from, p_sub_id),
                   ' union all ')
          from pgque._window_tables(p_queue_id, p_from, p_to) t(name)
         cross join (
                   select pg_catalog.format(
                              'ev.ev_txid >= %L::pg_catalog.xid8 and ev.ev_txid < %L::pg_catalog.xid8',
                              v_low, pg_catalog.pg_snapshot_xmax(v_to)) as condition
                    union all
                   select pg_catalog.format('ev.ev_txid = any (%L::pg_catalog.xid8[])', '{' || v_late || '}')
                    where v_late is not null) c);
end
$$;

-- The statement behind get_batch_events, for readers.
create or replace function pgque._batch_sql(p_batch_id bigint)
returns text
language plpgsql
as $$
declare
    v_sub pgque.subscription;
    v_sql text;
begin
    select s.* into v_sub from pgque.subscription s where s.sub_batch = p_batch_id;
    if not found then
        raise exception 'batch not found';
    end if;
    v_sql := pgque._window_sql(v_sub.sub_queue, v_sub.sub_last_tick, v_sub.sub_next_tick, v_sub.sub_id);
    if v_sql is null then
        raise exception 'could not construct sql for batch %', p_batch_id;
    end if;
    return 'select ev.ev_id, ev.ev_time, ev.ev_txid::pg_catalog.text::pg_catalog.int8 as ev_txid, ev.ev_retry,'
           ' ev.ev_type, ev.ev_data, ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4'
           ' from (' || v_sql || ') ev order by ev.ev_id';
end
$$;

create or replace function pgque.batch_event_sql(x_batch_id bigint)
returns text
language plpgsql
as $$
begin
    return pgque._batch_sql(x_batch_id);
end
$$;

create or replace function pgque.batch_event_tables(x_batch_id bigint)
returns setof text
language plpgsql
as $$
declare
    v_sub pgque.subscription;
begin
    select s.* into v_sub from pgque.subscription s where s.sub_batch = x_batch_id;
    if not found then
        raise exception 'batch not found';
    end if;
    return query
    select t.name from pgque._window_tables(v_sub.sub_queue, v_sub.sub_last_tick, v_sub.sub_next_tick) t(name);
    if not found then
        raise exception 'Cannot find data for batch %', x_batch_id;
    end if;
end
$$;

create or replace function pgque.get_batch_events(
    x_batch_id bigint, out ev_id bigint, out ev_time timestamptz, out ev_txid bigint, out ev_retry int4,
    out ev_type text, out ev_data text, out ev_extra1 text, out ev_extra2 text, out ev_extra3 text, out ev_extra4 text)
returns setof record
language plpgsql
as $$
begin
    return query execute pgque._batch_sql(x_batch_id);
end
$$;

-- Opens a cursor over the batch and returns its first rows; the rest is fetched from the cursor.
create or replace function pgque.get_batch_cursor(
    i_batch_id bigint, i_cursor_name text, i_quick_limit int4, i_extra_where text,
    out ev_id bigint, out ev_time timestamptz, out ev_txid bigint, out ev_retry int4,
    out ev_type text, out ev_data text, out ev_extra1 text, out ev_extra2 text, out ev_extra3 text, out ev_extra4 text)
returns setof record
language plpgsql
as $$
declare
    v_cursor refcursor := i_cursor_name;
    v_event record;
begin
    open v_cursor no scroll for execute
        'select * from (' || pgque._batch_sql(i_batch_id) || ') ev'
        || coalesce(' where ' || i_extra_where, '') || ' order by 1';
    for v_place in 1 .. i_quick_limit loop
        fetch v_cursor into v_event;
        exit when not found;
        ev_id := v_event.ev_id; ev_time := v_event.ev_time; ev_txid := v_event.ev_txid; ev_retry := v_event.ev_retry;
        ev_type := v_event.ev_type; ev_data := v_event.ev_data; ev_extra1 := v_event.ev_extra1;
        ev_extra2 := v_event.ev_extra2; ev_extra3 := v_event.ev_extra3; ev_extra4 := v_event.ev_extra4;
        return next;
    end loop;
end
$$;

create or replace function pgque.get_batch_cursor(
    i_batch_id bigint, i_cursor_name text, i_quick_limit int4,
    out ev_id bigint, out ev_time timestamptz, out ev_txid bigint, out ev_retry int4,
    out ev_type text, out ev_data text, out ev_extra1 text, out ev_extra2 text, out ev_extra3 text, out ev_extra4 text)
returns setof record
language plpgsql strict
as $$
begin
    return query select * from pgque.get_batch_cursor(i_batch_id, i_cursor_name, i_quick_limit, null);
end
$$;
