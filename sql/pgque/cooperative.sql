-- SPDX-License-Identifier: Apache-2.0
-- Cooperative consumers: a group whose members share one cursor. The main row holds the cursor and never a batch; each
-- member holds at most one window. All rows of a group have the same sub_id, so retries belong to the group.

create or replace function pgque._validate_coop_names(i_queue text, i_consumer text, i_subconsumer text)
returns void
language plpgsql
as $$
begin
    if coalesce(i_queue, '') = '' then
        raise exception 'queue name must not be empty';
    end if;
    if coalesce(i_consumer, '') = '' then
        raise exception 'consumer name must not be empty';
    end if;
    if coalesce(i_subconsumer, '') = '' then
        raise exception 'subconsumer name must not be empty';
    end if;
    if pg_catalog.strpos(i_consumer, '.') > 0 then
        raise exception 'cooperative consumer name must not contain dot: %', i_consumer;
    end if;
    if pg_catalog.strpos(i_subconsumer, '.') > 0 then
        raise exception 'cooperative subconsumer name must not contain dot: %', i_subconsumer;
    end if;
end
$$;

-- Makes a member idle.
create or replace function pgque._clear_member_cursor(p_queue_id int4, p_consumer_id int4)
returns void
language plpgsql
as $$
begin
    update pgque.subscription
       set sub_last_tick = null, sub_batch = null, sub_next_tick = null, sub_active = now(),
           sub_batch_since = null, sub_takeovers = null
     where sub_queue = p_queue_id and sub_consumer = p_consumer_id;
end
$$;

-- Removes a member whose rows are locked. Without members the group is a normal consumer again, at its position.
create or replace function pgque._remove_member(p_member pgque.subscription)
returns void
language plpgsql
as $$
begin
    delete from pgque.subscription s
     where s.sub_queue = p_member.sub_queue and s.sub_consumer = p_member.sub_consumer;
    update pgque.subscription s
       set sub_role = 'normal'
     where s.sub_queue = p_member.sub_queue and s.sub_id = p_member.sub_id and s.sub_role = 'coop_main'
       and not exists (select 1 from pgque.subscription m
                        where m.sub_queue = p_member.sub_queue and m.sub_id = p_member.sub_id
                          and m.sub_role = 'coop_member');
    perform pgque._drop_unused_consumer(p_member.sub_consumer);
end
$$;

-- A subscription by names, locked; null when there is none.
create or replace function pgque._lock_subscription(p_queue_id int4, p_consumer text)
returns pgque.subscription
language plpgsql
as $$
declare
    v_sub pgque.subscription;
begin
    select s.* into v_sub
      from pgque.subscription s
      join pgque.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = p_queue_id and c.co_name = p_consumer
       for update of s;
    return v_sub;
end
$$;

create or replace function pgque.register_subconsumer(
    i_queue text, i_consumer text, i_subconsumer text, i_convert_normal boolean default false)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue_id int4;
    v_main pgque.subscription;
    v_member pgque.subscription;
    v_new int4 := 0;
begin
    perform pgque._validate_coop_names(i_queue, i_consumer, i_subconsumer);
    v_queue_id := pgque._lock_queue(i_queue);
    if v_queue_id is null then
        raise exception 'Event queue not created yet';
    end if;

    v_main := pgque._lock_subscription(v_queue_id, i_consumer);
    if v_main.sub_id is null then
        v_main := pgque._insert_subscription(
            v_queue_id, i_consumer, pgque._last_tick(v_queue_id), 'coop_main', null);
        if v_main.sub_id is null then
            -- Another session made the group meanwhile.
            return pgque.register_subconsumer(i_queue, i_consumer, i_subconsumer, i_convert_normal);
        end if;
        v_new := 1;
    elsif v_main.sub_role = 'normal' then
        if not coalesce(i_convert_normal, false) then
            raise exception 'consumer % on queue % is already a normal consumer; explicit conversion is required',
                i_consumer, i_queue
                using hint = pg_catalog.format(
                    'A group becomes a normal consumer when its last member leaves. To make it a group again: '
                    'select pgque.register_subconsumer(%L, %L, %L, true);', i_queue, i_consumer, i_subconsumer);
        end if;
        if v_main.sub_batch is not null then
            raise exception 'cannot convert active normal consumer % on queue % to cooperative main',
                i_consumer, i_queue;
        end if;
        update pgque.subscription
           set sub_role = 'coop_main'
         where sub_queue = v_queue_id and sub_consumer = v_main.sub_consumer;
        v_new := 1;
    elsif v_main.sub_role = 'coop_member' then
        raise exception 'consumer % on queue % is not a cooperative main consumer', i_consumer, i_queue;
    end if;

    v_member := pgque._lock_subscription(v_queue_id, i_consumer || '.' || i_subconsumer);
    if v_member.sub_id is null then
        v_member := pgque._insert_subscription(
            v_queue_id, i_consumer || '.' || i_subconsumer, null, 'coop_member', v_main.sub_id);
        if v_member.sub_id is null then
            return pgque.register_subconsumer(i_queue, i_consumer, i_subconsumer, i_convert_normal);
        end if;
        return 1;
    end if;
    if v_member.sub_role <> 'coop_member' or v_member.sub_id <> v_main.sub_id then
        raise exception 'consumer name %.% on queue % is already registered incompatibly',
            i_consumer, i_subconsumer, i_queue;
    end if;
    update pgque.subscription
       set sub_active = now()
     where sub_queue = v_queue_id and sub_consumer = v_member.sub_consumer;
    return v_new;
end
$$;

create or replace function pgque.subscribe_subconsumer(
    i_queue text, i_consumer text, i_subconsumer text, i_convert_normal boolean default false)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.register_subconsumer(i_queue, i_consumer, i_subconsumer, i_convert_normal);
end
$$;

-- The member's row, with the group's main row locked before it; null when there is no such member.
create or replace function pgque._lock_member(p_queue_id int4, p_consumer text, p_subconsumer text)
returns pgque.subscription
language plpgsql
as $$
declare
    v_main pgque.subscription := pgque._lock_subscription(p_queue_id, p_consumer);
    v_member pgque.subscription;
begin
    if v_main.sub_role = 'coop_main' then
        v_member := pgque._lock_subscription(p_queue_id, p_consumer || '.' || p_subconsumer);
        if v_member.sub_role = 'coop_member' and v_member.sub_id = v_main.sub_id then
            return v_member;
        end if;
    end if;
    return null;
end
$$;

-- With i_batch_handling = 1 an open window is put aside as a whole: every event waits a minute for the group's other
-- members or, at its retry limit, becomes a dead letter.
create or replace function pgque.unregister_subconsumer(
    i_queue text, i_consumer text, i_subconsumer text, i_batch_handling integer default 0)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_member pgque.subscription;
begin
    if i_batch_handling is null or i_batch_handling not in (0, 1) then
        raise exception 'unsupported batch_handling value: %', coalesce(i_batch_handling::text, '<NULL>');
    end if;
    v_member := pgque._lock_member(pgque._lock_queue(i_queue), i_consumer, i_subconsumer);
    if v_member.sub_id is null then
        return 0;
    end if;
    if v_member.sub_batch is not null then
        if i_batch_handling = 0 then
            raise exception 'cannot unregister active cooperative subconsumer %/%/% without batch_handling = 1',
                i_queue, i_consumer, i_subconsumer;
        end if;
        perform pgque._put_aside(v_member, null, now() + interval '60 seconds',
                                 pgque._retry_limit(v_member.sub_queue), 'subconsumer unregistered');
    end if;
    perform pgque._remove_member(v_member);
    return 1;
end
$$;

create or replace function pgque.unsubscribe_subconsumer(
    i_queue text, i_consumer text, i_subconsumer text, i_batch_handling integer default 0)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.unregister_subconsumer(i_queue, i_consumer, i_subconsumer, i_batch_handling);
end
$$;

-- A sign of life during long work, also within a long transaction: hence the clock.
create or replace function pgque.touch_subconsumer(i_queue text, i_consumer text, i_subconsumer text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_rows int4;
begin
    update pgque.subscription s
       set sub_active = pg_catalog.clock_timestamp()
      from pgque.queue q, pgque.consumer c, pgque.consumer mc, pgque.subscription m
     where q.queue_name = i_queue and c.co_name = i_consumer || '.' || i_subconsumer and mc.co_name = i_consumer
       and s.sub_queue = q.queue_id and s.sub_consumer = c.co_id and s.sub_role = 'coop_member'
       and m.sub_queue = q.queue_id and m.sub_consumer = mc.co_id and m.sub_id = s.sub_id;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- The rows of a registered member, locked main first. They are looked for without a lock: where the member is not
-- registered nothing is locked, so that registering it can begin with the queue's row.
create or replace function pgque._lock_group(
    p_queue text, p_consumer text, p_subconsumer text,
    out queue_id int4, out main pgque.subscription, out member pgque.subscription)
returns record
language plpgsql
as $$
declare
    v_main_id int4;
    v_member_id int4;
begin
    select q.queue_id, m.sub_consumer, s.sub_consumer into queue_id, v_main_id, v_member_id
      from pgque.queue q
      join pgque.consumer mc on mc.co_name = p_consumer
      join pgque.subscription m
        on m.sub_queue = q.queue_id and m.sub_consumer = mc.co_id and m.sub_role = 'coop_main'
      join pgque.consumer c on c.co_name = p_consumer || '.' || p_subconsumer
      join pgque.subscription s
        on s.sub_queue = q.queue_id and s.sub_consumer = c.co_id and s.sub_role = 'coop_member' and s.sub_id = m.sub_id
     where q.queue_name = p_queue;
    if not found then
        return;
    end if;
    select s.* into main
      from pgque.subscription s
     where s.sub_queue = _lock_group.queue_id and s.sub_consumer = v_main_id and s.sub_role = 'coop_main'
       for update;
    select s.* into member
      from pgque.subscription s
     where s.sub_queue = _lock_group.queue_id and s.sub_consumer = v_member_id and s.sub_role = 'coop_member'
       and s.sub_id = main.sub_id
       for update;
end
$$;

create or replace function pgque.next_batch_custom(
    i_queue text, i_consumer text, i_subconsumer text,
    i_min_lag interval, i_min_count int4, i_min_interval interval, i_dead_interval interval default null,
    out batch_id bigint, out prev_tick_id bigint, out next_tick_id bigint)
returns record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_group record;
    v_queue_id int4;
    v_main pgque.subscription;
    v_member pgque.subscription;
    v_victim pgque.subscription;
    v_prev pgque.tick;
    v_next_time timestamptz;
begin
    perform pgque._validate_coop_names(i_queue, i_consumer, i_subconsumer);
    -- A registered member locks its group's rows and nothing else: queues that share a consumer's name must not wait
    -- for each other, nor for the queue's row.
    select g.* into v_group from pgque._lock_group(i_queue, i_consumer, i_subconsumer) g;
    v_main := v_group.main;
    v_member := v_group.member;
    if v_member.sub_id is null then
        -- Not there, or removed while its lock was waited for. With the main row locked the queue's row must not be
        -- waited for any more.
        if v_main.sub_id is not null then
            perform 1 from pgque.queue q where q.queue_name = i_queue for key share skip locked;
            if not found then
                raise exception 'cooperative subconsumer not found: %/%/%', i_queue, i_consumer, i_subconsumer;
            end if;
        end if;
        perform pgque.register_subconsumer(i_queue, i_consumer, i_subconsumer, false);
        select g.* into v_group from pgque._lock_group(i_queue, i_consumer, i_subconsumer) g;
        v_main := v_group.main;
        v_member := v_group.member;
        if v_main.sub_id is null then
            raise exception 'cooperative main consumer not found: %/%', i_queue, i_consumer;
        end if;
        if v_member.sub_id is null then
            raise exception 'cooperative subconsumer not found: %/%/%', i_queue, i_consumer, i_subconsumer;
        end if;
    end if;

    v_queue_id := v_main.sub_queue;

    -- 1. its own open window
    if v_member.sub_batch is not null then
        batch_id := v_member.sub_batch;
        prev_tick_id := v_member.sub_last_tick;
        next_tick_id := v_member.sub_next_tick;
        update pgque.subscription
           set sub_active = now()
         where sub_queue = v_queue_id and sub_consumer = v_member.sub_consumer;
        return;
    end if;

    -- 2. the window of a member that has gone silent; the new batch id takes it away from its old owner
    if i_dead_interval is not null then
        select s.* into v_victim
          from pgque.subscription s
         where s.sub_queue = v_queue_id and s.sub_id = v_main.sub_id and s.sub_role = 'coop_member'
           and s.sub_consumer <> v_member.sub_consumer
           and s.sub_batch is not null and s.sub_active < now() - i_dead_interval
         order by s.sub_active, s.sub_consumer
         limit 1
           for update skip locked;
        if found then
            batch_id := pg_catalog.nextval('pgque.batch_id_seq');
            prev_tick_id := v_victim.sub_last_tick;
            next_tick_id := v_victim.sub_next_tick;
            perform pgque._clear_member_cursor(v_queue_id, v_victim.sub_consumer);
            update pgque.subscription
               set sub_last_tick = prev_tick_id, sub_batch = batch_id, sub_next_tick = next_tick_id,
                   sub_active = now(), sub_batch_since = now(),
                   sub_takeovers = coalesce(v_victim.sub_takeovers, 0) + 1
             where sub_queue = v_queue_id and sub_consumer = v_member.sub_consumer;
            return;
        end if;
    end if;

    -- 3. the group's cursor
    if v_main.sub_batch is not null then
        raise exception 'cooperative main consumer %/% has an unexpected active batch %',
            i_queue, i_consumer, v_main.sub_batch;
    end if;
    if v_main.sub_last_tick is null then
        raise exception 'PgQ corruption: cooperative main consumer % on queue % has no cursor', i_consumer, i_queue;
    end if;
    select t.* into v_prev
      from pgque.tick t
     where t.tick_queue = v_queue_id and t.tick_id = v_main.sub_last_tick;
    if not found then
        raise exception 'PgQ corruption: cooperative main consumer % on queue % does not see tick %',
            i_consumer, i_queue, v_main.sub_last_tick;
    end if;

    -- 4. the next window
    if i_min_count is null and i_min_interval is null then
        select t.tick_id, t.tick_time into next_tick_id, v_next_time
          from pgque.tick t
         where t.tick_queue = v_queue_id and t.tick_id > v_prev.tick_id
         order by t.tick_id limit 1;
    else
        select h.next_tick_id, h.next_tick_time into next_tick_id, v_next_time
          from pgque.find_tick_helper(v_queue_id, v_prev.tick_id, v_prev.tick_time, v_prev.tick_event_seq,
                                      i_min_count, i_min_interval) h;
    end if;
    if next_tick_id is null or now() - v_next_time < i_min_lag then
        next_tick_id := null;
        update pgque.subscription
           set sub_active = now()
         where sub_queue = v_queue_id and sub_consumer = v_member.sub_consumer;
        return;
    end if;

    -- 5. handed out: the cursor moves now, not when the member is done
    batch_id := pg_catalog.nextval('pgque.batch_id_seq');
    prev_tick_id := v_prev.tick_id;
    update pgque.subscription
       set sub_last_tick = next_tick_id, sub_active = now()
     where sub_queue = v_queue_id and sub_consumer = v_main.sub_consumer;
    update pgque.subscription
       set sub_last_tick = prev_tick_id, sub_batch = batch_id, sub_next_tick = next_tick_id,
           sub_active = now(), sub_batch_since = now(), sub_takeovers = 0
     where sub_queue = v_queue_id and sub_consumer = v_member.sub_consumer;
end
$$;

create or replace function pgque.next_batch(
    i_queue text, i_consumer text, i_subconsumer text, i_dead_interval interval default null)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return (select b.batch_id
              from pgque.next_batch_custom(i_queue, i_consumer, i_subconsumer, null, null, null, i_dead_interval) b);
end
$$;

create or replace function pgque.receive_coop(
    i_queue text, i_consumer text, i_subconsumer text, i_max_return int4 default 100,
    i_dead_interval interval default null)
returns setof pgque.message
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_batch bigint;
begin
    if i_max_return < 1 then
        raise exception 'pgque.receive_coop: max_return must be >= 1, got %', i_max_return;
    end if;
    v_batch := pgque.next_batch(i_queue, i_consumer, i_subconsumer, i_dead_interval);
    if v_batch is not null then
        return query select m.* from pgque._messages(v_batch, i_max_return) m;
    end if;
end
$$;
