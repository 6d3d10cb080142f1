-- SPDX-License-Identifier: Apache-2.0
-- Normal consumers: registration and removal.

create or replace function pgque.register_consumer_at(x_queue_name text, x_consumer_name text, x_tick_pos bigint)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue_id int4 := pgque._lock_queue(x_queue_name);
    v_sub pgque.subscription;
begin
    if v_queue_id is null then
        raise exception 'Event queue not created yet';
    end if;
    if x_tick_pos is not null
       and not exists (select 1 from pgque.tick t where t.tick_queue = v_queue_id and t.tick_id = x_tick_pos) then
        raise exception 'cannot reposition, tick not found: %', x_tick_pos;
    end if;

    select s.* into v_sub
      from pgque.subscription s
      join pgque.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = v_queue_id and c.co_name = x_consumer_name
       for update of s;
    if not found then
        v_sub := pgque._insert_subscription(
            v_queue_id, x_consumer_name, coalesce(x_tick_pos, pgque._last_tick(v_queue_id)), 'normal', null);
        if v_sub.sub_id is not null then
            return 1;
        end if;
        -- Another session registered the name meanwhile.
        return pgque.register_consumer_at(x_queue_name, x_consumer_name, x_tick_pos);
    end if;

    if x_tick_pos is not null then
        if v_sub.sub_role = 'coop_member' then
            raise exception 'cannot reposition cooperative subconsumer % on queue %', x_consumer_name, x_queue_name
                using hint = 'The position belongs to the group: reposition its main consumer.';
        end if;
        if v_sub.sub_role = 'coop_main'
           and exists (select 1 from pgque.subscription m
                        where m.sub_queue = v_queue_id and m.sub_id = v_sub.sub_id
                          and m.sub_role = 'coop_member' and m.sub_batch is not null) then
            raise exception 'cannot reposition cooperative main consumer % on queue % with active subconsumer batches',
                x_consumer_name, x_queue_name
                using hint = 'Two members would get the same events. Finish or unregister the active members first.';
        end if;
        update pgque.subscription
           set sub_last_tick = x_tick_pos, sub_batch = null, sub_next_tick = null, sub_active = now(),
               sub_batch_since = null, sub_takeovers = null
         where sub_queue = v_queue_id and sub_consumer = v_sub.sub_consumer;
    end if;
    return 0;
end
$$;

create or replace function pgque.register_consumer(x_queue_name text, x_consumer_id text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.register_consumer_at(x_queue_name, x_consumer_id, null);
end
$$;

create or replace function pgque.unregister_consumer(x_queue_name text, x_consumer_name text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue_id int4 := pgque._lock_queue(x_queue_name);
    v_consumer_id int4;
    v_sub pgque.subscription;
    v_main int4;
begin
    select s.sub_consumer, m.sub_consumer into v_consumer_id, v_main
      from pgque.subscription s
      join pgque.consumer c on c.co_id = s.sub_consumer
      left join pgque.subscription m
        on s.sub_role = 'coop_member' and m.sub_queue = s.sub_queue and m.sub_id = s.sub_id
       and m.sub_role = 'coop_main'
     where s.sub_queue = v_queue_id and c.co_name = x_consumer_name;
    if not found then
        return 0;
    end if;

    if v_main is not null then
        perform 1 from pgque.subscription s where s.sub_queue = v_queue_id and s.sub_consumer = v_main for update;
    end if;
    select s.* into v_sub
      from pgque.subscription s
     where s.sub_queue = v_queue_id and s.sub_consumer = v_consumer_id
       for update;
    if not found then
        return 0;
    end if;

    if v_sub.sub_role = 'coop_member' then
        if v_sub.sub_batch is not null then
            raise exception 'cannot unregister active cooperative subconsumer without forced batch handling';
        end if;
        perform pgque._remove_member(v_sub);
        return 1;
    end if;
    if v_sub.sub_role = 'coop_main'
       and exists (select 1 from pgque.subscription m
                    where m.sub_queue = v_queue_id and m.sub_id = v_sub.sub_id and m.sub_role = 'coop_member') then
        raise exception 'cannot unregister cooperative main consumer with registered subconsumers';
    end if;

    delete from pgque.retry_queue r where r.ev_owner = v_sub.sub_id and r.ev_queue = v_queue_id;
    delete from pgque.subscription s where s.sub_queue = v_queue_id and s.sub_consumer = v_consumer_id;
    perform pgque._drop_unused_consumer(v_consumer_id);
    return 1;
end
$$;

create or replace function pgque.subscribe(queue text, consumer text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.register_consumer($1, $2);
end
$$;

create or replace function pgque.unsubscribe(queue text, consumer text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.unregister_consumer($1, $2);
end
$$;
