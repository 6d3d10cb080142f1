-- SPDX-License-Identifier: Apache-2.0
-- Queues: create, drop, configure, and the rights and storage of their event tables.

-- Copies the grants of one table to another; what the owner holds becomes grantable.
create or replace function pgque._grant_perms_from(src_schema text, src_table text, dst_schema text, dst_table text)
returns int4
language plpgsql strict
as $$
declare
    v_grant record;
    v_done int4 := 0;
begin
    for v_grant in
        select case when a.grantee = 0 then 'public'
                    else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end as grantee,
               a.is_grantable or a.grantee = c.relowner as grantable,
               pg_catalog.string_agg(a.privilege_type, ', ') as privileges
          from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         cross join lateral pg_catalog.aclexplode(
                   coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a
         where n.nspname = src_schema and c.relname = src_table
         group by 1, 2
    loop
        execute pg_catalog.format('grant %s on %I.%I to %s%s', v_grant.privileges, dst_schema, dst_table,
                                  v_grant.grantee,
                                  case when v_grant.grantable then ' with grant option' else '' end);
        v_done := v_done + 1;
    end loop;
    return v_done;
end
$$;

-- Event tables are written once, read a few times and truncated: vacuuming them would be work for nothing.
create or replace function pgque.tune_storage(i_queue_name text)
returns int4
language plpgsql strict
as $$
declare
    v_queue pgque.queue;
begin
    select q.* into v_queue from pgque.queue q where q.queue_name = i_queue_name;
    if not found then
        return 0;
    end if;
    for v_table in 0 .. v_queue.queue_ntables - 1 loop
        execute pg_catalog.format(
            'alter table %s set (fillfactor = 100, autovacuum_enabled = off, toast.autovacuum_enabled = off)',
            pgque.quote_fqname(v_queue.queue_data_pfx || '_' || v_table));
    end loop;
    return 1;
end
$$;

create or replace function pgque.grant_perms(x_queue_name text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue pgque.queue;
    v_table text;
begin
    select q.* into v_queue from pgque.queue q where q.queue_name = x_queue_name;
    if not found then
        raise exception 'Queue not found';
    end if;

    v_table := pg_catalog.split_part(v_queue.queue_data_pfx, '.', 2);
    perform pgque._grant_perms_from('pgque', 'event_template', 'pgque', v_table);
    for v_child in 0 .. v_queue.queue_ntables - 1 loop
        perform pgque._grant_perms_from('pgque', 'event_template', 'pgque', v_table || '_' || v_child);
    end loop;

    execute pg_catalog.format('grant select on %s, %s to public',
                              pgque.quote_fqname(v_queue.queue_event_seq), pgque.quote_fqname(v_queue.queue_tick_seq));
    execute pg_catalog.format('grant usage on %s to pgque_admin', pgque.quote_fqname(v_queue.queue_event_seq));
    return 1;
end
$$;

create or replace function pgque.create_queue(i_queue_name text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue pgque.queue;
    v_child text;
begin
    if i_queue_name is null then
        raise exception 'Invalid NULL value';
    end if;
    if pg_catalog.octet_length(i_queue_name) > 57 then
        raise exception 'queue name too long: % bytes (max 57). pg_notify channel ''pgque_<queue_name>'' must fit in 63 bytes.',
            pg_catalog.octet_length(i_queue_name);
    end if;
    if exists (select 1 from pgque.queue q where q.queue_name = i_queue_name) then
        return 0;
    end if;

    -- Two sessions that create the same queue: the second waits for the first and then finds it there.
    insert into pgque.queue (queue_id, queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq)
    select n.id, i_queue_name, 'pgque.event_' || n.id, 'pgque.event_' || n.id || '_id_seq',
           'pgque.event_' || n.id || '_tick_seq'
      from (select pg_catalog.nextval('pgque.queue_queue_id_seq') as id) n
        on conflict (queue_name) do nothing
    returning * into v_queue;
    if not found then
        return 0;
    end if;

    execute pg_catalog.format('create sequence %s', v_queue.queue_event_seq);
    execute pg_catalog.format('create sequence %s', v_queue.queue_tick_seq);
    execute pg_catalog.format('create table %s () inherits (pgque.event_template)', v_queue.queue_data_pfx);
    for v_table in 0 .. v_queue.queue_ntables - 1 loop
        v_child := v_queue.queue_data_pfx || '_' || v_table;
        execute pg_catalog.format('create table %s () inherits (%s)', v_child, v_queue.queue_data_pfx);
        execute pg_catalog.format('alter table %s alter column ev_id set default pg_catalog.nextval(%L)',
                                  v_child, v_queue.queue_event_seq);
        execute pg_catalog.format('create index %I on %s (ev_txid)',
                                  pg_catalog.split_part(v_child, '.', 2) || '_txid_idx', v_child);
    end loop;
    perform pgque.tune_storage(i_queue_name);
    perform pgque.grant_perms(i_queue_name);
    perform pgque.ticker(i_queue_name);
    return 1;
end
$$;

-- Forced, it takes consumers of every kind with it: their retries, positions and open batches end with the queue.
create or replace function pgque.drop_queue(x_queue_name text, x_force boolean)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_queue pgque.queue;
    v_consumers int4[];
    v_consumer int4;
    v_retries bigint;
    v_letters bigint;
begin
    select q.* into v_queue from pgque.queue q where q.queue_name = x_queue_name for update;
    if not found then
        raise exception 'No such event queue';
    end if;

    select pg_catalog.array_agg(l.sub_consumer) into v_consumers
      from (select s.sub_consumer
              from pgque.subscription s
             where s.sub_queue = v_queue.queue_id
             order by (s.sub_role = 'coop_member'), s.sub_consumer
               for update) l;
    if v_consumers is not null and not coalesce(x_force, false) then
        raise exception 'cannot drop queue, consumers still attached';
    end if;

    delete from pgque.retry_queue r where r.ev_queue = v_queue.queue_id;
    get diagnostics v_retries = row_count;
    delete from pgque.dead_letter d where d.dl_queue_id = v_queue.queue_id;
    get diagnostics v_letters = row_count;
    delete from pgque.subscription s where s.sub_queue = v_queue.queue_id;
    for v_consumer in select c.id from pg_catalog.unnest(v_consumers) c(id) order by c.id loop
        perform pgque._drop_unused_consumer(v_consumer);
    end loop;
    delete from pgque.tick t where t.tick_queue = v_queue.queue_id;
    delete from pgque.queue q where q.queue_id = v_queue.queue_id;

    for v_table in 0 .. v_queue.queue_ntables - 1 loop
        execute pg_catalog.format('drop table if exists %s',
                                  pgque.quote_fqname(v_queue.queue_data_pfx || '_' || v_table));
    end loop;
    execute pg_catalog.format('drop table if exists %s', pgque.quote_fqname(v_queue.queue_data_pfx));
    execute pg_catalog.format('drop sequence if exists %s, %s', pgque.quote_fqname(v_queue.queue_event_seq),
                              pgque.quote_fqname(v_queue.queue_tick_seq));
    if v_retries + v_letters > 0 then
        raise notice 'queue % dropped with % waiting retries and % dead letters', x_queue_name, v_retries, v_letters;
    end if;
    return 1;
end
$$;

create or replace function pgque.drop_queue(x_queue_name text)
returns int4
language plpgsql strict
as $$
begin
    return pgque.drop_queue(x_queue_name, false);
end
$$;

-- A null value brings back the column's default.
create or replace function pgque.set_queue_config(x_queue_name text, x_param_name text, x_param_value text)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_column text := 'queue_' || x_param_name;
    v_value text := 'default';
begin
    if x_queue_name is null or x_param_name is null then
        raise exception 'Invalid NULL value';
    end if;
    if not exists (select 1 from pgque.queue q where q.queue_name = x_queue_name) then
        raise exception 'No such event queue';
    end if;
    if x_param_name not in ('ticker_max_count', 'ticker_max_lag', 'ticker_idle_period', 'ticker_paused',
                            'rotation_period', 'external_ticker', 'max_retries') then
        raise exception 'cannot change parameter "%s"', x_param_name;
    end if;

    if x_param_value is not null then
        if x_param_name = 'ticker_max_count' then
            if x_param_value::int4 <= 0 then
                raise exception 'set_queue_config: ticker_max_count must be > 0, got %', x_param_value;
            end if;
            v_value := pg_catalog.format('%L::pg_catalog.int4', x_param_value);
        elsif x_param_name = 'max_retries' then
            if x_param_value::int4 < 0 then
                raise exception 'set_queue_config: max_retries must be >= 0, got %', x_param_value;
            end if;
            v_value := pg_catalog.format('%L::pg_catalog.int4', x_param_value);
        elsif x_param_name in ('ticker_paused', 'external_ticker') then
            v_value := pg_catalog.format('%L::pg_catalog.bool', x_param_value::boolean);
        else
            if x_param_value::interval <= interval '0' then
                raise exception 'set_queue_config: % must be > 0, got %', x_param_name, x_param_value;
            end if;
            v_value := pg_catalog.format('%L::pg_catalog.interval', x_param_value);
        end if;
    end if;
    execute pg_catalog.format('update pgque.queue set %I = %s where queue_name = $1', v_column, v_value)
        using x_queue_name;
    return 1;
end
$$;
