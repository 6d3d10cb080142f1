-- SPDX-License-Identifier: Apache-2.0
-- Ticks: the points in time between which batches lie.

-- What the ticker knows about each queue (or the one named) that ticks by itself, in one look: whether a tick is due,
-- why none can be made (problem), what looks odd (doubt). The lock timeout is for a sequence that is being dropped:
-- the other queues must not wait for it.
create or replace function pgque._tick_state(
    p_queue_name text,
    out queue_id int4, out queue_name text, out last_tick_id bigint, out event_seq bigint,
    out due boolean, out problem text, out doubt text)
returns setof record
language plpgsql
set lock_timeout = '50ms'
as $$
declare
    v_xmax bigint := pgque._xid(pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()));
begin
    return query
    with sequences as (
        select q.queue_id, q.queue_name, q.queue_event_seq, q.queue_tick_seq,
               q.queue_ticker_max_count as max_count, q.queue_ticker_max_lag as max_lag,
               q.queue_ticker_idle_period as idle_period,
               pg_catalog.to_regclass(q.queue_event_seq) as event_rel,
               pg_catalog.to_regclass(q.queue_tick_seq) as tick_rel
          from pgque.queue q
         where not q.queue_external_ticker and not q.queue_ticker_paused
           and (p_queue_name is null or q.queue_name = p_queue_name)
        offset 0
    ), positions as (
        select s.*,
               case when s.event_rel is not null then pg_catalog.pg_sequence_last_value(s.event_rel) end as seq,
               case when s.tick_rel is not null then pg_catalog.pg_sequence_last_value(s.tick_rel) end as tick_seq
          from sequences s
        offset 0
    ), look as (
        select p.*,
               coalesce(a.tick_id, b.tick_id) as tick_id, coalesce(a.tick_time, b.tick_time) as tick_time,
               coalesce(a.tick_snapshot, b.tick_snapshot) as tick_snapshot,
               coalesce(a.tick_event_seq, b.tick_event_seq) as tick_event_seq,
               now() - coalesce(a.tick_time, b.tick_time) as lag
          from positions p
          -- The newest tick has the sequence's last number unless that one was rolled back. Looked for from there, the
          -- index need not go through the page of ticks before it.
          left join lateral (select k.* from pgque.tick k
                              where k.tick_queue = p.queue_id and k.tick_id >= p.tick_seq
                              order by k.tick_id desc limit 1) a on true
          left join lateral (select k.* from pgque.tick k
                              where a.tick_id is null and k.tick_queue = p.queue_id
                              order by k.tick_id desc limit 1) b on true
        offset 0
    ), judged as (
        select l.*,
               case when l.tick_id is null then true
                    -- events wait
                    when coalesce(l.seq, 0) > l.tick_event_seq
                    then l.seq - l.tick_event_seq >= l.max_count or l.lag >= l.max_lag
                    -- idle: ever more seldom, up to the idle period
                    when l.lag < l.max_lag / 2
                    then not exists (select 1 from pgque.tick k
                                      where k.tick_queue = l.queue_id and k.tick_id < l.tick_id)
                    when l.lag >= l.idle_period then true
                    else l.lag >= 2 * coalesce(
                        (select l.tick_time - k.tick_time from pgque.tick k
                          where k.tick_queue = l.queue_id and k.tick_id = l.tick_id - 1),
                        (select l.tick_time - k.tick_time from pgque.tick k
                          where k.tick_queue = l.queue_id and k.tick_id < l.tick_id
                          order by k.tick_id desc limit 1),
                        interval '0')
               end as is_due,
               case when l.event_rel is null then 'sequence ' || l.queue_event_seq || ' does not exist'
                    when l.tick_rel is null
                    then 'sequence ' || l.queue_tick_seq || ' does not exist'
                    when pgque._xid(pg_catalog.pg_snapshot_xmin(l.tick_snapshot)) > v_xmax
                    then pg_catalog.format('Invalid PgQ state: old xmin=%s, old xmax=%s, cur txid=%s',
                                           pg_catalog.pg_snapshot_xmin(l.tick_snapshot),
                                           pg_catalog.pg_snapshot_xmax(l.tick_snapshot), v_xmax)
               end as why_not,
               -- never called: older installs stored 1 with the first tick
               case when coalesce(l.seq, 0) < l.tick_event_seq and (l.seq is not null or l.tick_event_seq > 1)
                    then pg_catalog.format('Negative new_events?  old=%s cur=%s', l.tick_event_seq, coalesce(l.seq, 0))
                    when pgque._xid(pg_catalog.pg_snapshot_xmax(l.tick_snapshot)) > v_xmax
                    then pg_catalog.format('Dubious PgQ state: old xmax=%s, cur txid=%s',
                                           pg_catalog.pg_snapshot_xmax(l.tick_snapshot), v_xmax)
               end as odd
          from look l
    )
    select j.queue_id, j.queue_name, j.tick_id, coalesce(j.seq, 0), j.is_due and j.why_not is null, j.why_not, j.odd
      from judged j
     where p_queue_name is not null or j.is_due or j.why_not is not null or j.odd is not null;
end
$$;

-- Of the queues given (with the last tick seen of each), those whose turn it is now: their rows stay (no drop, no
-- rotation in progress) and nobody else is just ticking them. Without the second lock two tickers could store a younger
-- tick with an older snapshot, and the window after it would repeat events.
create or replace function pgque._claim_ticks(p_queues int4[], p_last_ticks bigint[])
returns int4[]
language plpgsql
as $$
declare
    v_there int4[];
begin
    v_there := array(select q.queue_id
                       from pgque.queue q
                      where q.queue_id = any (p_queues) and not q.queue_external_ticker and not q.queue_ticker_paused
                      order by q.queue_name
                        for key share skip locked);
    return array(select d.queue_id
                   from rows from (pg_catalog.unnest(p_queues), pg_catalog.unnest(p_last_ticks)) d(queue_id, last_tick)
                  where d.last_tick is null and d.queue_id = any (v_there))
        || array(select t.tick_queue
                   from rows from (pg_catalog.unnest(p_queues), pg_catalog.unnest(p_last_ticks)) d(queue_id, last_tick)
                   join pgque.tick t on t.tick_queue = d.queue_id and t.tick_id = d.last_tick
                  where d.queue_id = any (v_there)
                    and not exists (select 1 from pgque.tick k
                                     where k.tick_queue = d.queue_id and k.tick_id > d.last_tick)
                    for no key update of t skip locked);
end
$$;

-- The snapshot that a tick stores. A snapshot never lists the transaction that takes it, so as soon as a younger one has
-- ended it counts its own transaction as seen; what is sent and ticked in one transaction would then arrive with this tick
-- or with the next, depending on what others do. Listed as running, it always arrives with the next.
create or replace function pgque._tick_snapshot()
returns pg_snapshot
language plpgsql
as $$
declare
    v_now pg_snapshot := pg_catalog.pg_current_snapshot();
    v_own xid8 := pg_catalog.pg_current_xact_id_if_assigned();
begin
    if v_own is null or v_own >= pg_catalog.pg_snapshot_xmax(v_now) then
        return v_now;
    end if;
    return (
        select pg_catalog.format('%s:%s:%s', pg_catalog.pg_snapshot_xmin(v_now), pg_catalog.pg_snapshot_xmax(v_now),
                                 pg_catalog.string_agg(r.xid::text, ',' order by r.xid))::pg_snapshot
          from (select x.xid from pg_catalog.pg_snapshot_xip(v_now) x(xid)
                 union
                select v_own) r);
end
$$;

create or replace function pgque.ticker(i_queue_name text)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue pgque.queue;
    v_state record;
    v_snapshot pg_snapshot;
    v_tick bigint;
begin
    select q.* into v_queue from pgque.queue q where q.queue_name = i_queue_name;
    if not found then
        raise exception 'no such queue';
    end if;
    if v_queue.queue_external_ticker then
        raise exception 'This queue has external tick source.';
    end if;
    if v_queue.queue_ticker_paused then
        raise exception 'Ticker has been paused for this queue';
    end if;

    select s.* into v_state from pgque._tick_state(i_queue_name) s;
    if v_state.problem is not null then
        raise exception '%', v_state.problem;
    end if;
    if v_state.doubt is not null then
        raise warning '%', v_state.doubt;
    end if;
    if not coalesce(v_state.due, false) then
        return null;
    end if;
    if pg_catalog.cardinality(pgque._claim_ticks(array[v_state.queue_id], array[v_state.last_tick_id])) = 0 then
        return null; -- it is being ticked, rotated or dropped by another session
    end if;

    -- A statement of its own: the snapshot of the tick must be younger than the claim.
    v_snapshot := pgque._tick_snapshot();
    insert into pgque.tick (tick_queue, tick_id, tick_snapshot, tick_event_seq)
    values (v_state.queue_id, pg_catalog.nextval(v_queue.queue_tick_seq::pg_catalog.regclass), v_snapshot,
            v_state.event_seq)
    returning tick_id into v_tick;
    perform pg_catalog.pg_notify('pgque_' || i_queue_name, v_tick::text);
    return v_tick;
end
$$;

-- All queues: one look, one claim, one insert. A queue that can't tick is left out with a warning. Only when the
-- common insert fails is each queue tried in a subtransaction of its own, which costs a transaction id per queue.
create or replace function pgque.ticker()
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_state record;
    v_queues int4[] := '{}';
    v_ticks bigint[] := '{}';
    v_events bigint[] := '{}';
    v_claimed int4[];
    v_snapshot pg_snapshot;
    v_made record;
    v_count bigint := 0;
begin
    begin
        for v_state in select s.* from pgque._tick_state(null) s loop
            if v_state.problem is not null then
                raise warning 'pgque.ticker: queue % left out: %', v_state.queue_name, v_state.problem;
            elsif v_state.doubt is not null then
                raise warning '%', v_state.doubt;
            end if;
            if v_state.due then
                v_queues := v_queues || v_state.queue_id;
                v_ticks := v_ticks || v_state.last_tick_id;
                v_events := v_events || v_state.event_seq;
            end if;
        end loop;
        if pg_catalog.cardinality(v_queues) = 0 then
            return 0;
        end if;

        v_claimed := pgque._claim_ticks(v_queues, v_ticks);
        v_snapshot := pgque._tick_snapshot();
        for v_made in
            insert into pgque.tick (tick_queue, tick_id, tick_snapshot, tick_event_seq)
            select q.queue_id, pg_catalog.nextval(q.queue_tick_seq::pg_catalog.regclass), v_snapshot, d.event_seq
              from rows from (pg_catalog.unnest(v_queues), pg_catalog.unnest(v_events)) with ordinality d(queue_id, event_seq, place)
              join pgque.queue q on q.queue_id = d.queue_id
             where d.queue_id = any (v_claimed)
             order by d.place
            returning tick_queue, tick_id
        loop
            perform pg_catalog.pg_notify('pgque_' || q.queue_name, v_made.tick_id::text)
               from pgque.queue q where q.queue_id = v_made.tick_queue;
            v_count := v_count + 1;
        end loop;
        return v_count;
    exception when others then
        raise warning 'pgque.ticker: % (%), trying queue by queue', sqlerrm, sqlstate;
    end;
    return pgque._ticker_one_by_one();
end
$$;

-- What remains when the common pass failed. Queues whose sequence somebody is dropping are not even tried: reading it
-- would wait.
create or replace function pgque._ticker_one_by_one()
returns bigint
language plpgsql
as $$
declare
    v_queue record;
    v_count bigint := 0;
begin
    for v_queue in
        select q.queue_name as name,
               exists (
                   select 1 from pg_catalog.pg_locks l
                    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.granted
                      and l.pid <> pg_catalog.pg_backend_pid()
                      and l.database = (select d.oid from pg_catalog.pg_database d
                                         where d.datname = pg_catalog.current_database())
                      and l.relation in (pg_catalog.to_regclass(q.queue_event_seq),
                                         pg_catalog.to_regclass(q.queue_tick_seq))) as going
          from pgque.queue q
         where not q.queue_external_ticker and not q.queue_ticker_paused
         order by q.queue_name
    loop
        if v_queue.going then
            raise warning 'pgque.ticker: queue % left out: it is being dropped or altered', v_queue.name;
            continue;
        end if;
        begin
            if pgque.ticker(v_queue.name) is not null then
                v_count := v_count + 1;
            end if;
        exception when others then
            raise warning 'pgque.ticker: queue % left out: %', v_queue.name, sqlerrm;
        end;
    end loop;
    return v_count;
end
$$;

-- For a queue whose ticks come from elsewhere: the given position, seen with the caller's snapshot.
create or replace function pgque.ticker(
    i_queue_name text, i_tick_id bigint, i_orig_timestamp timestamptz, i_event_seq bigint)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue pgque.queue;
    v_last pgque.tick;
begin
    select q.* into v_queue from pgque.queue q where q.queue_name = i_queue_name for no key update;
    if not found then
        raise exception 'queue not found: %', i_queue_name;
    end if;
    if v_queue.queue_ticker_paused then
        raise exception 'queue % is paused (queue_ticker_paused = true)', i_queue_name;
    end if;
    if not v_queue.queue_external_ticker then
        raise exception 'queue % is not configured for external ticker (queue_external_ticker = false); use pgque.ticker(queue) instead',
            i_queue_name;
    end if;
    select t.* into v_last from pgque.tick t where t.tick_queue = v_queue.queue_id order by t.tick_id desc limit 1;
    if i_tick_id <= v_last.tick_id then
        raise exception 'external ticker tick_id must be strictly greater than current max (% <= %)',
            i_tick_id, v_last.tick_id;
    end if;
    if i_event_seq < v_last.tick_event_seq then
        raise exception 'external ticker event_seq must be >= previous tick (% < %)', i_event_seq, v_last.tick_event_seq;
    end if;

    insert into pgque.tick (tick_queue, tick_id, tick_time, tick_snapshot, tick_event_seq)
    values (v_queue.queue_id, i_tick_id, i_orig_timestamp, pgque._tick_snapshot(), i_event_seq);
    perform pgque.seq_setval(v_queue.queue_tick_seq, i_tick_id);
    perform pgque.seq_setval(v_queue.queue_event_seq, i_event_seq);
    perform pg_catalog.pg_notify('pgque_' || i_queue_name, i_tick_id::text);
    return i_tick_id;
end
$$;

-- Makes the next ticker call tick, by moving the event sequence past every threshold. Returns the last tick there is.
create or replace function pgque.force_next_tick(i_queue_name text)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue pgque.queue;
    v_sequence pg_catalog.regclass;
begin
    select q.* into v_queue from pgque.queue q where q.queue_name = i_queue_name;
    if not found then
        raise exception 'queue not found: %', i_queue_name;
    end if;
    if v_queue.queue_ticker_paused then
        raise exception 'queue % is paused (queue_ticker_paused = true)', i_queue_name;
    end if;
    if v_queue.queue_external_ticker then
        raise exception 'queue % is configured for external ticker; force_tick is meaningless — push ticks via pgque.ticker(queue, tick_id, ts, event_seq)',
            i_queue_name;
    end if;
    v_sequence := v_queue.queue_event_seq::pg_catalog.regclass;
    perform pg_catalog.setval(
        v_sequence, pg_catalog.nextval(v_sequence) + v_queue.queue_ticker_max_count::bigint * 2 + 1000);
    return (select pg_catalog.max(t.tick_id) from pgque.tick t where t.tick_queue = v_queue.queue_id);
end
$$;

create or replace function pgque.force_tick(i_queue_name text)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.force_next_tick(i_queue_name);
end
$$;
