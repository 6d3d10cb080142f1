-- SPDX-License-Identifier: GPL-3.0-or-later
-- What every case has at hand: pgTAP, second sessions through dblink, and a readable view of the function catalogue.
create extension pgtap;
create extension dblink;
create schema suite;
grant usage on schema suite to public;

-- ---------------------------------------------------------------- second sessions
create table suite.session (name text primary key, pid int not null);
grant select on suite.session to public;

create function suite.open(name text, role text default null) returns void language plpgsql as $$
begin
    perform public.dblink_connect(name, format('host=%s port=%s dbname=%s user=%s',
        split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database(), session_user));
    insert into suite.session
        select open.name, pid from public.dblink(open.name, 'select pg_backend_pid()') as r(pid int);
    perform public.dblink_exec(name, 'set client_min_messages = error');
    -- A case that waits for a lock held by its own other session must fail, not hang.
    perform public.dblink_exec(name, 'set lock_timeout = ''30s''');
    if role is not null then
        perform public.dblink_exec(name, format('set role %I', role));
    end if;
end $$;

create function suite.shut(name text) returns void language plpgsql as $$
begin
    perform public.dblink_disconnect(name);
    delete from suite.session s where s.name = shut.name;
end $$;

-- Starts one statement in another session; answer() collects its first column.
create function suite.send(name text, sql text) returns void language plpgsql as $$
begin
    perform * from public.dblink_get_result(name, false) as r(v text);
    if public.dblink_send_query(name, sql) <> 1 then
        raise exception 'could not send to session %: %', name, public.dblink_error_message(name);
    end if;
end $$;

create function suite.answer(name text) returns text language plpgsql as $$
declare
    found_value text;
begin
    select string_agg(v, ',') into found_value from public.dblink_get_result(name) as r(v text);
    perform * from public.dblink_get_result(name) as r(v text);
    return found_value;
end $$;

create function suite.run(name text, sql text) returns text language plpgsql as $$
begin
    perform suite.send(name, sql);
    return suite.answer(name);
end $$;

create function suite.busy(name text) returns boolean language sql as
    $$ select public.dblink_is_busy(name) = 1 $$;

-- True as soon as the session is seen waiting for a lock that another one holds; false when it never is.
create function suite.waits(name text, seconds numeric default 10) returns boolean language plpgsql as $$
declare
    deadline timestamptz := clock_timestamp() + make_interval(secs => seconds);
    waiting int := (select pid from suite.session s where s.name = waits.name);
begin
    while clock_timestamp() < deadline loop
        if cardinality(pg_blocking_pids(waiting)) > 0 then return true; end if;
        if not suite.busy(name) then return false; end if;
        perform pg_sleep(0.005);
    end loop;
    return false;
end $$;

-- True when the session finishes its statement in time: it does not wait for anybody.
create function suite.passes(name text, seconds numeric default 10) returns boolean language plpgsql as $$
declare
    deadline timestamptz := clock_timestamp() + make_interval(secs => seconds);
begin
    while clock_timestamp() < deadline loop
        if not suite.busy(name) then return true; end if;
        perform pg_sleep(0.005);
    end loop;
    return false;
end $$;

-- ---------------------------------------------------------------- short forms
create function suite.refuses(sql text, message text, description text default null) returns text language sql as
    $$ select public.throws_ok(sql, null, message, coalesce(description, sql || ' says: ' || message)) $$;

create function suite.denied(sql text, description text default null) returns text language sql as
    $$ select public.throws_ok(sql, '42501', null, coalesce(description, sql || ' is not permitted')) $$;

-- One digest over everything the schema stores, for "and nothing changed". Bodies are bound late: there may be no schema yet.
create function suite.state() returns text language plpgsql as $$
declare
    part text;
    whole text := '';
    relation regclass;
begin
    for relation in
        select c.oid from pg_class c
         where c.relnamespace = 'pgque'::regnamespace and c.relkind in ('r', 'p') order by c.relname
    loop
        execute format('select md5(string_agg(x::text, chr(10) order by x::text)) from only %s x', relation) into part;
        whole := whole || relation::text || '=' || coalesce(part, '') || ';';
    end loop;
    return md5(whole);
end $$;

-- Time passes for a queue: its ticks and switch become older, as if nobody had done anything meanwhile.
create function suite.age(queue text, by interval) returns void language plpgsql as $$
begin
    update pgque.tick set tick_time = tick_time - by
     where tick_queue = (select queue_id from pgque.queue where queue_name = age.queue);
    update pgque.queue set queue_switch_time = queue_switch_time - by where queue_name = age.queue;
end $$;

-- One tick now, whatever the thresholds say; call it outside the transaction that sent.
create function suite.tick(queue text) returns bigint language plpgsql as $$
begin
    perform pgque.force_next_tick(queue);
    return pgque.ticker(queue);
end $$;

create function suite.queue_id(queue text) returns int language plpgsql as
    $$ begin return (select q.queue_id from pgque.queue q where q.queue_name = queue_id.queue); end $$;

-- The subscription of a consumer, as "role last batch? next".
create function suite.position(queue text, consumer text) returns text language plpgsql as $$
begin
    return (select concat_ws(' ', s.sub_role, coalesce(s.sub_last_tick::text, '-'),
                             case when s.sub_batch is null then 'idle' else 'batch' end, coalesce(s.sub_next_tick::text, '-'))
              from pgque.subscription s
              join pgque.queue q on q.queue_id = s.sub_queue
              join pgque.consumer c on c.co_id = s.sub_consumer
             where q.queue_name = position.queue and c.co_name = position.consumer);
end $$;

-- The payloads of a batch, in order.
create function suite.payloads(batch bigint) returns text language plpgsql as
    $$ begin return (select string_agg(ev_data, ',' order by ev_id) from pgque.get_batch_events(batch)); end $$;

-- Rotation is held up by the oldest transaction that writes anywhere in the cluster, other cases included: wait until all
-- that run now have ended, but for the one of the session given. To be called as a statement of its own.
create function suite.settle(but_for text default null) returns boolean language plpgsql as $$
declare
    newest xid8 := pg_snapshot_xmax(pg_current_snapshot());
    deadline timestamptz := clock_timestamp() + interval '20 s';
begin
    while clock_timestamp() < deadline loop
        if not exists (
            select from pg_snapshot_xip(pg_current_snapshot()) as x(xid)
             where x.xid < newest
               and x.xid::text::bigint % (1::bigint << 32) not in (
                       select a.backend_xid::text::bigint from pg_stat_activity a join suite.session s on s.pid = a.pid
                        where s.name = but_for and a.backend_xid is not null)) then
            return true;
        end if;
        perform pg_sleep(0.005);
    end loop;
    return false;
end $$;

-- What a statement fails with: SQLSTATE, message, hint; "done" when it succeeds.
create function suite.told(sql text) returns text language plpgsql as $$
declare
    hint text;
begin
    execute sql;
    return 'done';
exception when others then
    get stacked diagnostics hint = pg_exception_hint;
    return concat_ws(' ', sqlstate, sqlerrm, hint);
end $$;

-- The invariants of cooperative groups (I1 to I8 of the interface; I9 is shown by the other consumers): what is broken, or NULL.
create function suite.broken() returns text language plpgsql as $$
begin
    return (
        select string_agg(what, '; ') from (
            select 'I1' as what from pgque.subscription
             where sub_role = 'coop_main' and (sub_last_tick is null or sub_batch is not null or sub_next_tick is not null)
            union all
            select 'I2' from pgque.subscription
             where sub_role = 'coop_member' and sub_batch is null and (sub_last_tick is not null or sub_next_tick is not null)
            union all
            select 'I3' from pgque.subscription
             where sub_role = 'coop_member' and sub_batch is not null and not coalesce(sub_last_tick < sub_next_tick, false)
            union all
            select 'I3 overlap' from pgque.subscription a
              join pgque.subscription b on b.sub_queue = a.sub_queue and b.sub_id = a.sub_id and b.sub_consumer > a.sub_consumer
             where a.sub_role = 'coop_member' and b.sub_role = 'coop_member' and a.sub_batch is not null and b.sub_batch is not null
               and a.sub_last_tick < b.sub_next_tick and b.sub_last_tick < a.sub_next_tick
            union all
            select 'I3 ahead' from pgque.subscription m
              join pgque.subscription g on g.sub_queue = m.sub_queue and g.sub_id = m.sub_id and g.sub_role = 'coop_main'
             where m.sub_role = 'coop_member' and m.sub_next_tick > g.sub_last_tick
            union all
            select 'I6' from pgque.retry_queue r where not exists (select from pgque.subscription s where s.sub_id = r.ev_owner)
            union all
            select 'I6 dead' from pgque.dead_letter d
             where not exists (select from pgque.subscription s where s.sub_queue = d.dl_queue_id and s.sub_consumer = d.dl_consumer_id and s.sub_role <> 'coop_member')
            union all
            select 'I7' from pgque.subscription g where g.sub_role = 'coop_main'
               and not exists (select from pgque.subscription m where m.sub_queue = g.sub_queue and m.sub_id = g.sub_id and m.sub_role = 'coop_member')
            union all
            select 'I7 orphan' from pgque.subscription m where m.sub_role = 'coop_member'
               and not exists (select from pgque.subscription g where g.sub_queue = m.sub_queue and g.sub_id = m.sub_id and g.sub_role = 'coop_main')
            union all
            select 'I8' from pgque.subscription s join pgque.consumer c on c.co_id = s.sub_consumer
             where s.sub_role = 'coop_main' and c.co_name like '%.%') x);
end $$;

-- ---------------------------------------------------------------- the catalogue, readable
create view suite.routine as
select p.oid, p.proname::text collate "default" as name, p.prokind::text as kind,
       coalesce((select string_agg(concat_ws(' ', a.argname, format_type(a.argtype, null),
                        'DEFAULT ' || pg_get_function_arg_default(p.oid, a.n::int)), ', ' order by a.n)
                   from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes::text[])
                        with ordinality as a(argtype, argname, mode, n)
                  where coalesce(a.mode, 'i') in ('i', 'b', 'v') and a.argtype is not null), '') collate "default" as arguments,
       (select string_agg(concat_ws(' ', a.argname, format_type(a.argtype, null)), ', ' order by a.n)
          from unnest(p.proallargtypes, p.proargnames, p.proargmodes::text[]) with ordinality as a(argtype, argname, mode, n)
         where a.mode in ('o', 'b', 't')) collate "default" as columns,
       case when p.proretset then 'setof ' else '' end || coalesce(format_type(nullif(p.prorettype, 0), null), '') as returns,
       p.prosecdef as definer, p.provolatile::text as volatility, p.proisstrict as strict, p.proconfig as settings,
       exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
                where g.grantee = 0 and g.privilege_type = 'EXECUTE') as public,
       p.prosrc as source, p.proowner as owner
  from pg_proc p
 where p.pronamespace = coalesce(to_regnamespace('pgque')::oid, 0);
grant select on suite.routine to public;
