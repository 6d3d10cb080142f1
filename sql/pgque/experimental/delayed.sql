-- SPDX-License-Identifier: Apache-2.0
-- Add-on: events that are sent at a time to come. pgque.maint() delivers what is due once this is installed.
create table if not exists pgque.delayed_events (
    de_id bigserial primary key,
    de_queue_name text not null,
    de_deliver_at timestamptz not null,
    de_type text,
    de_data text,
    de_extra1 text,
    de_extra2 text,
    de_extra3 text,
    de_extra4 text
);
create index if not exists de_deliver_idx on pgque.delayed_events (de_deliver_at);

-- The event's id when its time has come already, otherwise the number it waits under.
create or replace function pgque.send_at(i_queue text, i_type text, i_payload jsonb, i_deliver_at timestamptz)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_id bigint;
begin
    if i_deliver_at <= now() then
        return pgque.insert_event(i_queue, i_type, i_payload::text);
    end if;
    if not exists (select 1 from pgque.queue q where q.queue_name = i_queue) then
        raise exception 'queue not found: %', i_queue;
    end if;
    insert into pgque.delayed_events (de_queue_name, de_deliver_at, de_type, de_data)
    values (i_queue, i_deliver_at, i_type, i_payload::text)
    returning de_id into v_id;
    return v_id;
end
$$;

-- Sends up to 1,000 due events, oldest first; a driver repeats until 0. What can't be sent, because its queue is gone
-- or takes no events, stays and holds nothing up.
create or replace function pgque.maint_deliver_delayed()
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_event pgque.delayed_events;
    v_sent int4 := 0;
begin
    for v_event in
        select d.*
          from pgque.delayed_events d
          join pgque.queue q on q.queue_name = d.de_queue_name
         where d.de_deliver_at <= now() and not q.queue_disable_insert
         order by d.de_deliver_at, d.de_id
         limit 1000
           for update of d skip locked
    loop
        perform pgque.insert_event(v_event.de_queue_name, v_event.de_type, v_event.de_data, v_event.de_extra1,
                                   v_event.de_extra2, v_event.de_extra3, v_event.de_extra4);
        delete from pgque.delayed_events d where d.de_id = v_event.de_id;
        v_sent := v_sent + 1;
    end loop;
    return v_sent;
end
$$;

revoke all on function pgque.send_at(text, text, jsonb, timestamptz), pgque.maint_deliver_delayed() from public;
grant execute on function pgque.send_at(text, text, jsonb, timestamptz) to pgque_writer, pgque_admin;
grant execute on function pgque.maint_deliver_delayed() to pgque_admin;
grant select on pgque.delayed_events to pgque_reader;
grant all on pgque.delayed_events to pgque_admin;
grant all on sequence pgque.delayed_events_de_id_seq to pgque_admin;
