-- SPDX-License-Identifier: Apache-2.0
-- Who ticks: by hand, pg_cron or pg_timetable.

-- Ticks for about one second. A procedure with the caller's rights, because it commits after each round: every round
-- needs a transaction, and so a clock, of its own.
create or replace procedure pgque.ticker_loop()
language plpgsql
as $$
declare
    v_started timestamptz := pg_catalog.clock_timestamp();
    v_period int4 := (select c.tick_period_ms from pgque.config c);
begin
    for v_round in 1 .. 1000 / v_period loop
        perform pgque.ticker();
        commit;
        exit when v_round = 1000 / v_period
               or extract(epoch from pg_catalog.clock_timestamp() - v_started) * 1000 + v_period >= 1000;
        perform pg_catalog.pg_sleep(v_period / 1000.0);
    end loop;
end
$$;

create or replace function pgque.set_tick_period_ms(p_period_ms int4)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    if p_period_ms is null or p_period_ms not between 1 and 1000 or 1000 % p_period_ms <> 0 then
        raise exception 'tick_period_ms must be an exact divisor of 1000 between 1 and 1000 (got %)',
            coalesce(p_period_ms::text, 'NULL');
    end if;
    update pgque.config set tick_period_ms = p_period_ms;
    return p_period_ms;
end
$$;

-- The four jobs, the same for every scheduler: a job of maintenance that hangs must not hold up the next.
create or replace function pgque._jobs(
    out place int4, out job_name text, out seconds int4, out command text)
returns setof record
language sql immutable parallel safe
as $$
    values (1, 'pgque_ticker', 1, 'CALL pgque.ticker_loop()'),
           (2, 'pgque_retry_events', 30, 'SET statement_timeout = ''25s''; SELECT pgque.maint_retry_events() FROM generate_series(1, 20)'),
           (3, 'pgque_maint', 30, 'SET statement_timeout = ''25s''; SELECT pgque.maint()'),
           (4, 'pgque_rotate_step2', 10, 'SELECT pgque.maint_rotate_tables_step2()')
$$;

create or replace function pgque._has_pg_cron()
returns boolean
language sql stable
as $$
    select exists (select 1 from pg_catalog.pg_extension x where x.extname = 'pg_cron')
$$;

create or replace function pgque.start()
returns void
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_job record;
    v_id bigint;
begin
    if not pgque._has_pg_cron() then
        raise exception 'pg_cron extension is not installed. PgQue itself works without pg_cron, but pgque.start() schedules cron jobs. Install pg_cron first, or run pgque.ticker() and pgque.maint() manually.';
    end if;
    perform pgque.stop();
    perform pgque.stop_timetable();
    for v_job in select j.* from pgque._jobs() j order by j.place loop
        execute 'select cron.schedule_in_database($1, $2, $3, $4)'
           into v_id
          using v_job.job_name, v_job.seconds || case when v_job.seconds = 1 then ' second' else ' seconds' end,
                v_job.command, pg_catalog.current_database()::text;
        update pgque.config
           set ticker_job_id = case when v_job.job_name = 'pgque_ticker' then v_id else ticker_job_id end,
               maint_job_id = case when v_job.job_name = 'pgque_maint' then v_id else maint_job_id end;
    end loop;
    update pgque.config set scheduler = 'pg_cron';
    raise notice 'pgque: scheduled with pg_cron, ticks every % ms', (select c.tick_period_ms from pgque.config c);
end
$$;

create or replace function pgque.stop()
returns void
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_config pgque.config;
    v_job record;
begin
    select c.* into v_config from pgque.config c;
    if v_config.scheduler = 'pg_timetable' then
        perform pgque.stop_timetable();
        return;
    end if;
    if pgque._has_pg_cron() then
        -- By the ids remembered and by name; jobs of other databases keep theirs.
        for v_job in
            execute 'select j.jobid from cron.job j
                      where j.jobid in ($1, $2)
                         or (j.database = $3 and j.jobname in (select o.job_name from pgque._jobs() o))'
              using v_config.ticker_job_id, v_config.maint_job_id, pg_catalog.current_database()::text
        loop
            execute 'select cron.unschedule($1)' using v_job.jobid;
        end loop;
    end if;
    update pgque.config set ticker_job_id = null, maint_job_id = null, scheduler = null;
end
$$;

-- The argument count of pg_timetable's add_job, null where the API is missing. What would run with this function's
-- rights must come from its own role or a superuser.
create or replace function pgque._timetable_api()
returns int4
language plpgsql
as $$
declare
    v_schema record;
    v_function record;
    v_arguments int4;
begin
    select n.oid, n.nspowner, pg_catalog.pg_get_userbyid(n.nspowner) as owner, r.rolsuper into v_schema
      from pg_catalog.pg_namespace n
      join pg_catalog.pg_roles r on r.oid = n.nspowner
     where n.nspname = 'timetable';
    if not found then
        return null;
    end if;
    select pg_catalog.max(p.pronargs) into v_arguments
      from pg_catalog.pg_proc p
     where p.pronamespace = v_schema.oid and p.proname = 'add_job' and p.pronargs in (11, 12);
    if v_arguments is null
       or not exists (select 1 from pg_catalog.pg_proc p
                       where p.pronamespace = v_schema.oid and p.proname = 'delete_job'
                         and p.pronargs = 1 and p.proargtypes[0] = 'text'::pg_catalog.regtype) then
        return null;
    end if;
    if v_schema.owner <> current_user and not v_schema.rolsuper then
        raise exception 'untrusted pg_timetable schema owner: %', v_schema.owner;
    end if;
    for v_function in
        select pg_catalog.pg_get_userbyid(p.proowner) as owner
          from pg_catalog.pg_proc p
         where p.pronamespace = v_schema.oid and p.proname in ('add_job', 'delete_job')
           and p.proowner <> v_schema.nspowner
    loop
        raise exception 'untrusted pg_timetable API owner: %', v_function.owner;
    end loop;
    return v_arguments;
end
$$;

create or replace function pgque.start_timetable(i_ticks_per_second int4 default 10)
returns void
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_arguments int4;
    v_job record;
begin
    if i_ticks_per_second is null or i_ticks_per_second not between 1 and 1000 or 1000 % i_ticks_per_second <> 0 then
        raise exception 'ticks_per_second must be an exact divisor of 1000 between 1 and 1000 (got %)',
            coalesce(i_ticks_per_second::text, 'NULL');
    end if;
    v_arguments := pgque._timetable_api();
    if v_arguments is null then
        raise exception 'pg_timetable schema/API is not installed. Run pg_timetable against this database first, or use pgque.start() for pg_cron.';
    end if;
    perform pgque.stop();
    perform pgque.stop_timetable();
    for v_job in select j.* from pgque._jobs() j order by j.place loop
        -- By position and as bare literals: that suits both forms; the twelfth argument, the reaction to errors, stays
        -- at its default. Parameters, client, live, self-destruct and exclusive are pg_timetable's own defaults.
        execute pg_catalog.format(
            'select timetable.add_job(%L, %L, %L, null, ''SQL'', null, 1, true, false, false, false%s)',
            v_job.job_name,
            '@every ' || v_job.seconds || case when v_job.seconds = 1 then ' second' else ' seconds' end,
            v_job.command, case when v_arguments = 12 then ', null' else '' end);
    end loop;
    update pgque.config set tick_period_ms = 1000 / i_ticks_per_second, scheduler = 'pg_timetable';
    raise notice 'pgque: scheduled with pg_timetable, % ticks per second', i_ticks_per_second;
end
$$;

create or replace function pgque.stop_timetable()
returns void
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_arguments int4;
    v_job record;
begin
    begin
        v_arguments := pgque._timetable_api();
    exception when raise_exception then
        raise notice 'pgque: jobs of pg_timetable not removed: %', sqlerrm;
    end;
    if v_arguments is not null then
        for v_job in select j.job_name from pgque._jobs() j order by j.place loop
            execute 'select timetable.delete_job($1)' using v_job.job_name;
        end loop;
    end if;
    update pgque.config
       set ticker_job_id = null, maint_job_id = null, scheduler = null
     where scheduler = 'pg_timetable';
end
$$;

-- What is configured, and in the details what really happened: a scheduled job may not run, and somebody may tick
-- without one.
create or replace function pgque.status()
returns table (component text, status text, detail text)
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_config pgque.config;
    v_last_tick timestamptz;
    v_ticker text;
    v_maint text;
    v_broken text;
begin
    select c.* into v_config from pgque.config c;
    select pg_catalog.max(t.tick_time) into v_last_tick
      from pgque.queue q
     cross join lateral (select k.tick_time from pgque.tick k
                          where k.tick_queue = q.queue_id order by k.tick_id desc limit 1) t;
    begin
        select pg_catalog.string_agg(pg_catalog.format('%s (%s)', s.queue_name, s.problem), ', ' order by s.queue_name)
          into v_broken
          from pgque._tick_state(null) s
         where s.problem is not null;
    exception when others then
        v_broken := sqlerrm;
    end;
    v_ticker := 'every ' || v_config.tick_period_ms || ' ms; last tick '
             || coalesce(pg_catalog.date_trunc('second', now() - v_last_tick)::text || ' ago', 'never')
             || coalesce('; left out: ' || v_broken, '');
    v_maint := 'last maintenance '
            || coalesce(pg_catalog.date_trunc('second', now() - v_config.last_maint)::text || ' ago', 'never');

    return query values
        ('postgresql', 'info', pg_catalog.version()),
        ('pgque', 'info', pgque.version()),
        ('scheduler', coalesce(v_config.scheduler, case when v_config.ticker_job_id is null then 'manual' else 'pg_cron' end),
         case coalesce(v_config.scheduler, case when v_config.ticker_job_id is null then 'manual' else 'pg_cron' end)
             when 'manual' then 'no scheduled jobs'
             when 'pg_cron' then 'ticker job ' || coalesce(v_config.ticker_job_id::text, '-') || ', maintenance job '
                                 || coalesce(v_config.maint_job_id::text, '-')
             else 'jobs named pgque_*'
         end),
        ('ticker', case when v_config.scheduler is null and v_config.ticker_job_id is null
                        then 'stopped' else 'scheduled' end, v_ticker),
        ('maintenance', case when v_config.scheduler is null and v_config.maint_job_id is null
                             then 'stopped' else 'scheduled' end, v_maint);
    if not pgque._has_pg_cron() then
        return query values (
            'pg_cron', 'unavailable',
            'not installed; call pgque.ticker() and pgque.maint() and pgque.maint_retry_events() periodically');
    end if;
    if pg_catalog.to_regnamespace('timetable') is null then
        return query values ('pg_timetable', 'unavailable', 'schema timetable not found in this database');
    end if;
    return query
    select 'queues'::text, 'info'::text, pg_catalog.count(*) || ' queues configured' from pgque.queue;
    return query
    select 'consumers'::text, 'info'::text, pg_catalog.count(*) || ' active subscriptions' from pgque.subscription;
end
$$;
