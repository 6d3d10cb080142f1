-- SPDX-License-Identifier: Apache-2.0
-- Add-on: queues created with their settings, paused and resumed by name.

-- Keys are those of set_queue_config; one that is unknown or refused leaves no queue behind.
create or replace function pgque.create_queue(i_queue text, i_options jsonb)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_made int4 := pgque.create_queue(i_queue);
    v_option record;
begin
    for v_option in select o.key, o.value from pg_catalog.jsonb_each_text(coalesce(i_options, '{}')) o order by o.key loop
        perform pgque.set_queue_config(i_queue, v_option.key, v_option.value);
    end loop;
    return v_made;
end
$$;

-- A paused queue takes events and hands out the batches it has; it only gets no new ticks.
create or replace function pgque.pause_queue(i_queue text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.set_queue_config(i_queue, 'ticker_paused', 'true');
end
$$;

create or replace function pgque.resume_queue(i_queue text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return pgque.set_queue_config(i_queue, 'ticker_paused', 'false');
end
$$;

revoke all on function pgque.create_queue(text, jsonb), pgque.pause_queue(text), pgque.resume_queue(text) from public;
grant execute on function pgque.create_queue(text, jsonb), pgque.pause_queue(text), pgque.resume_queue(text)
   to pgque_admin;
