-- SPDX-License-Identifier: Apache-2.0
-- Small helpers. Names that begin with an underscore are ours and nobody's interface.

-- Transaction ids are compared and stored as bigint: PostgreSQL 14 has no direct cast.
create or replace function pgque._xid(p_xid xid8)
returns bigint
language sql immutable strict parallel safe
as $$ select p_xid::text::bigint $$;

create or replace function pgque.quote_fqname(i_name text)
returns text
language plpgsql immutable strict
as $$
declare
    v_dot int4 := pg_catalog.strpos(i_name, '.');
begin
    if v_dot = 0 then
        return 'public.' || pg_catalog.quote_ident(i_name);
    end if;
    return pg_catalog.quote_ident(pg_catalog.substr(i_name, 1, v_dot - 1)) || '.'
        || pg_catalog.quote_ident(pg_catalog.substr(i_name, v_dot + 1));
end
$$;

-- The last value handed out. A sequence never called counts as 0 although its own last_value says 1: otherwise the
-- first event of a queue would look like none and wait for the idle period.
create or replace function pgque.seq_getval(i_seq_name text)
returns bigint
language plpgsql strict
as $$
begin
    return coalesce(pg_catalog.pg_sequence_last_value(pgque.quote_fqname(i_seq_name)::pg_catalog.regclass), 0);
end
$$;

-- Never moves a sequence backwards.
create or replace function pgque.seq_setval(i_seq_name text, i_new_value bigint)
returns bigint
language plpgsql strict
as $$
declare
    v_now bigint := pgque.seq_getval(i_seq_name);
begin
    if i_new_value > v_now then
        return pg_catalog.setval(pgque.quote_fqname(i_seq_name)::pg_catalog.regclass, i_new_value);
    end if;
    return v_now;
end
$$;

-- The queue an event is about to be written to.
-- The transaction id is taken before the row is read: a writer that still sees the old table then has an id below
-- the one that rotation step two records, and no reader skips that table before this writer is finished. Above read
-- committed the row comes from an old snapshot, so it is locked for share: a rotation since then is a serialization
-- failure (40001) instead of an event in a table nobody reads any more. A key share lock would not conflict with it.
-- Only the check is needed, so the lock is given back at once with its subtransaction: held to the end, overlapping
-- writers would keep rotation out for ever.
create or replace function pgque._queue_for_insert(p_queue_name text)
returns pgque.queue
language plpgsql
as $$
declare
    v_queue pgque.queue;
begin
    perform pg_catalog.pg_current_xact_id();
    if pg_catalog.current_setting('transaction_isolation') in ('read committed', 'read uncommitted') then
        select q.* into v_queue from pgque.queue q where q.queue_name = p_queue_name;
        return v_queue;
    end if;
    begin
        select q.* into v_queue from pgque.queue q where q.queue_name = p_queue_name for share;
        raise sqlstate 'PQ000';
    exception when sqlstate 'PQ000' then
        return v_queue;
    end;
end
$$;

-- Same, with the errors of the insert functions.
create or replace function pgque._open_queue_for_insert(p_queue_name text)
returns pgque.queue
language plpgsql
as $$
declare
    v_queue pgque.queue := pgque._queue_for_insert(p_queue_name);
begin
    if v_queue.queue_id is null then
        raise exception 'queue not found: %', p_queue_name;
    end if;
    if v_queue.queue_disable_insert and pg_catalog.current_setting('session_replication_role') <> 'replica' then
        raise exception 'Insert into queue disallowed';
    end if;
    return v_queue;
end
$$;

-- The consumer's id, creating the name when it is new.
create or replace function pgque._consumer_id(p_name text)
returns int4
language plpgsql
as $$
declare
    v_id int4;
begin
    loop
        select c.co_id into v_id from pgque.consumer c where c.co_name = p_name;
        if found then
            return v_id;
        end if;
        insert into pgque.consumer (co_name) values (p_name) on conflict (co_name) do nothing returning co_id into v_id;
        if found then
            return v_id;
        end if;
    end loop;
end
$$;

-- A new subscription, null when the consumer has one on the queue. The consumer's row is not locked beforehand: whoever
-- removes the last subscription of the same name locks it last, and both would wait for each other. Instead the
-- foreign key tells when the name has gone meanwhile, and it is created again.
create or replace function pgque._insert_subscription(
    p_queue_id int4, p_consumer text, p_last_tick bigint, p_role text, p_sub_id int4)
returns pgque.subscription
language plpgsql
as $$
declare
    v_sub pgque.subscription;
begin
    loop
        begin
            insert into pgque.subscription (sub_id, sub_queue, sub_consumer, sub_last_tick, sub_role)
            values (coalesce(p_sub_id, pg_catalog.nextval('pgque.subscription_sub_id_seq')),
                    p_queue_id, pgque._consumer_id(p_consumer), p_last_tick, p_role)
                on conflict (sub_queue, sub_consumer) do nothing
            returning * into v_sub;
            return v_sub;
        exception when foreign_key_violation then
            null;
        end;
    end loop;
end
$$;

-- Removes a consumer's name once its last subscription is gone; its dead letters go with it.
create or replace function pgque._drop_unused_consumer(p_consumer_id int4)
returns void
language plpgsql
as $$
begin
    perform 1 from pgque.consumer c where c.co_id = p_consumer_id for update;
    -- A statement of its own: it must see a subscription whose insert the lock above has waited for.
    delete from pgque.consumer c
     where c.co_id = p_consumer_id
       and not exists (select 1 from pgque.subscription s where s.sub_consumer = p_consumer_id);
end
$$;

-- One lock order everywhere, so that no two functions can deadlock: queue row (key share), then the normal or the main
-- subscription row, then members by consumer id, then consumer rows.
create or replace function pgque._lock_queue(p_queue_name text)
returns int4
language plpgsql
as $$
declare
    v_id int4;
begin
    select q.queue_id into v_id from pgque.queue q where q.queue_name = p_queue_name for key share;
    return v_id;
end
$$;

-- The newest tick of a queue; new subscriptions start there.
create or replace function pgque._last_tick(p_queue_id int4)
returns bigint
language plpgsql
as $$
declare
    v_tick bigint;
begin
    select t.tick_id into v_tick from pgque.tick t where t.tick_queue = p_queue_id order by t.tick_id desc limit 1;
    if not found then
        raise exception 'No ticks for this queue.  Please run ticker on database.';
    end if;
    return v_tick;
end
$$;
