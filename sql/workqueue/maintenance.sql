-- SPDX-License-Identifier: Apache-2.0
-- Redelivery and delayed delivery happen here and nowhere else: without somebody who calls maint() every few seconds both
-- stop silently. Any number of callers may: each takes what no other is looking at.

-- Claimed messages whose lease has lapsed become ready again; answers how many.
create or replace function workqueue.rearm_lapsed(max integer default 1000)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_count integer;
begin
    with picked as (
        select m.msg_id
          from workqueue.pg_queue_message m
         where m.state = 'claimed' and m.vt <= clock_timestamp()
         order by m.msg_id
         limit rearm_lapsed.max
           for update skip locked
    )
    update workqueue.pg_queue_message m
       set state = 'ready', claimed_by = null, claimed_at = null
      from picked p
     where m.msg_id = p.msg_id;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

-- Scheduled messages whose time has come become ready; answers how many.
create or replace function workqueue.promote_due(max integer default 1000)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_count integer;
begin
    with picked as (
        select m.msg_id
          from workqueue.pg_queue_message m
         where m.state = 'scheduled' and m.available_at <= clock_timestamp()
         order by m.available_at
         limit promote_due.max
           for update skip locked
    )
    update workqueue.pg_queue_message m
       set state = 'ready'
      from picked p
     where m.msg_id = p.msg_id;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

-- Results past their retention go; answers how many.
create or replace function workqueue.sweep_results(max integer default 1000)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_count integer;
begin
    with picked as (
        select r.task_id
          from workqueue.pg_task_result r
         where r.expires_at <= clock_timestamp()
         order by r.expires_at
         limit sweep_results.max
           for update skip locked
    )
    delete from workqueue.pg_task_result r using picked p where r.task_id = p.task_id;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

-- Which execution a message belongs to, wherever it carries that.
create or replace function workqueue._execution_of(p_message jsonb)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(p_message #>> '{kwargs,_barrier_context,execution_id}', p_message #>> '{kwargs,execution_id}',
                    p_message #>> '{kwargs,_barrier_context,callback_descriptor,kwargs,execution_id}')
$$;

-- Markers older than the retention whose execution has no barrier go, except where they may bear a load: while a message of
-- the execution is there, alive or dead, or its orchestration claim is younger than the retention, a redelivery must still
-- find them and skip. What the caller knows to be terminal goes all the same. At most max executions a call, of the first ten
-- thousand orphans.
create or replace function workqueue.sweep_markers(
    retention_s double precision default 86400, terminal text[] default '{}', max integer default 200,
    out purged integer, out refused integer)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before timestamptz := clock_timestamp() - workqueue._check_lease(retention_s);
    v_orphans text[];
    v_needed text[];
begin
    v_orphans := array(
        with recursive e(execution_id) as (
            (select d.execution_id from workqueue.pg_batch_dedup d order by d.execution_id limit 1)
            union all
            select (select d.execution_id from workqueue.pg_batch_dedup d
                     where d.execution_id > e.execution_id order by d.execution_id limit 1)
              from e
             where e.execution_id is not null
        )
        select e.execution_id
          from e
         where e.execution_id is not null
           and not exists (select 1 from workqueue.pg_barrier_state b where b.execution_id = e.execution_id)
           and (e.execution_id = any (terminal)
                or not exists (select 1 from workqueue.pg_batch_dedup d
                                where d.execution_id = e.execution_id and d.created_at >= v_before))
         limit 10000);
    v_needed := '{}';
    if cardinality(v_orphans) > 0 then
        v_needed := array(
            select o from unnest(v_orphans) o
             where not o = any (coalesce(terminal, '{}'))
               and (exists (select 1 from workqueue.pg_orchestration_claim c
                             where c.execution_id = o and c.claimed_at >= v_before)
                    or o in (select workqueue._execution_of(m.message) from workqueue.pg_queue_message m
                              where workqueue._execution_of(m.message) = any (v_orphans)
                             union all
                             select workqueue._execution_of(d.message) from workqueue.dead_letter d
                              where workqueue._execution_of(d.message) = any (v_orphans))));
    end if;
    refused := cardinality(v_needed);
    v_orphans := array(select o from unnest(v_orphans) o where not o = any (v_needed) limit sweep_markers.max);
    delete from workqueue.pg_batch_dedup d
     where d.execution_id = any (v_orphans)
       and (d.created_at < v_before or d.execution_id = any (terminal))
       and not exists (select 1 from workqueue.pg_barrier_state b where b.execution_id = d.execution_id);
    get diagnostics purged = row_count;
end
$$;

-- One round of the reaper, for a scheduler or a loop, every few seconds: leases, delays, and every 300 s the sweeps. Their
-- clock advances first and a failing sweep is a warning, so that it neither stops redelivery nor is tried all the time.
create or replace function workqueue.maint(
    out rearmed integer, out promoted integer, out results_swept integer, out markers_purged integer)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    rearmed := workqueue.rearm_lapsed();
    promoted := workqueue.promote_due();
    results_swept := 0;
    markers_purged := 0;
    perform 1 from workqueue.sweep_state s where s.id = 1 for update skip locked;
    if not found then
        return; -- another round is at it
    end if;
    update workqueue.sweep_state s set last_maint = clock_timestamp() where s.id = 1;
    update workqueue.sweep_state s
       set last_sweep = clock_timestamp()
     where s.id = 1 and s.last_sweep < clock_timestamp() - interval '300 seconds';
    if not found then
        return;
    end if;
    begin
        results_swept := workqueue.sweep_results();
    exception when others then
        raise warning 'workqueue.maint: results not swept: %', sqlerrm;
    end;
    begin
        select s.purged into markers_purged from workqueue.sweep_markers() s;
    exception when others then
        raise warning 'workqueue.maint: markers not swept: %', sqlerrm;
    end;
end
$$;
