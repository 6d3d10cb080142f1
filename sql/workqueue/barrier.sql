-- SPDX-License-Identifier: Apache-2.0
-- Fan-in: a barrier counts the batches of one execution down to its callback, each exactly once whatever is redelivered.
--
-- An execution id may be used again, so every run has an epoch of its own and what an old run still brings is refused. The
-- barrier row is locked before its markers, by all: claiming a batch shares it (for key share), arming, finishing and aborting
-- own it.

-- Begins a run of n batches and forgets the markers of the run before, in one transaction; answers its epoch. Nothing to do
-- and no answer for n = 0: the caller owns that case. The callback ({task_name, kwargs, queue, fairness_headers}) is sent by
-- the batch that finishes last; without one the row stays at zero, for its caller to read and end.
create or replace function workqueue.arm(
    exec text, org text, n integer, ttl integer default 21600, callback jsonb default null)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_epoch bigint;
begin
    if coalesce(exec, '') = '' then
        raise exception 'a barrier needs an execution id' using errcode = 'invalid_parameter_value';
    end if;
    if n is null or n < 0 then
        raise exception 'a barrier counts no fewer than 0 batches (got %)', coalesce(n::text, '<NULL>')
            using errcode = 'invalid_parameter_value';
    end if;
    if n = 0 then
        return null;
    end if;
    if ttl is null or ttl <= 0 then
        raise exception 'a barrier must live for a positive number of seconds (got %)', coalesce(ttl::text, '<NULL>')
            using errcode = 'invalid_parameter_value';
    end if;
    if callback is not null and coalesce(callback->>'queue', '') = '' then
        raise exception 'a callback needs the name of a queue' using errcode = 'invalid_parameter_value';
    end if;
    if callback is not null then
        perform workqueue._callback_priority(callback);
    end if;
    -- Stronger than an update takes it: nobody may be claiming a batch of the old run just now.
    perform 1 from workqueue.pg_barrier_state b where b.execution_id = exec for update;
    v_epoch := nextval('workqueue.barrier_epoch_seq');
    insert into workqueue.pg_barrier_state as b
           (execution_id, organization_id, remaining, results, created_at, expires_at, last_progress_at, total, epoch, callback)
    values (arm.exec, coalesce(arm.org, ''), arm.n, '[]', v_now, v_now + make_interval(secs => arm.ttl), v_now, arm.n, v_epoch,
            arm.callback)
    on conflict (execution_id) do update
       set organization_id = excluded.organization_id, remaining = excluded.remaining, results = excluded.results,
           created_at = excluded.created_at, expires_at = excluded.expires_at,
           last_progress_at = excluded.last_progress_at, total = excluded.total, epoch = excluded.epoch,
           callback = excluded.callback;
    delete from workqueue.pg_batch_dedup d where d.execution_id = arm.exec;
    return v_epoch;
end
$$;

-- The priority that a callback's message inherits from its producer.
create or replace function workqueue._callback_priority(p_callback jsonb)
returns smallint
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_given text := coalesce(p_callback #>> '{fairness_headers,pipeline_priority}', p_callback #>> '{fairness,pipeline_priority}', '5');
begin
    if v_given !~ '^\d{1,2}$' or v_given::integer not between 1 and 10 then
        raise exception 'priority must be between 1 and 10 (got %)', v_given using errcode = 'invalid_parameter_value';
    end if;
    return v_given::smallint;
end
$$;

-- May this delivery run the batch? One delivery of each batch may; not one of an old run, nor one without its barrier.
create or replace function workqueue.claim_batch(exec text, epoch bigint, i integer)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if i is null or i < 0 then
        raise exception 'a batch index is no less than 0 (got %)', coalesce(i::text, '<NULL>')
            using errcode = 'invalid_parameter_value';
    end if;
    perform 1 from workqueue.pg_barrier_state b
      where b.execution_id = claim_batch.exec and b.epoch = claim_batch.epoch
        for key share;
    if not found then
        return false;
    end if;
    insert into workqueue.pg_batch_dedup (execution_id, batch_index, created_at)
    values (claim_batch.exec, claim_batch.i, clock_timestamp())
    on conflict (execution_id, batch_index) do nothing;
    return found;
end
$$;

-- A batch is done: one less remains, its result is kept as one element, whatever it is. The last one sends the callback and
-- ends the barrier, all in this transaction. Answers what remains and whether the callback was sent by this very call; no
-- row's worth (remaining is null) when there is no such run any more. Called again for a batch that is finished already it
-- changes nothing and answers what remains.
create or replace function workqueue.finish_batch(
    exec text, epoch bigint, i integer, result jsonb, out remaining integer, out fired boolean)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    v_now timestamptz := clock_timestamp();
    v_run workqueue.pg_barrier_state;
    v_message jsonb;
begin
    fired := false;
    select b.* into v_run
      from workqueue.pg_barrier_state b
     where b.execution_id = finish_batch.exec and b.epoch = finish_batch.epoch
       for update;
    if not found then
        return;
    end if;
    update workqueue.pg_batch_dedup d
       set finished_at = v_now
     where d.execution_id = finish_batch.exec and d.batch_index = finish_batch.i and d.finished_at is null;
    if not found then
        if not exists (select 1 from workqueue.pg_batch_dedup d
                        where d.execution_id = finish_batch.exec and d.batch_index = finish_batch.i) then
            raise exception 'batch % of execution % was not claimed', coalesce(i::text, '<NULL>'), exec
                using errcode = 'object_not_in_prerequisite_state';
        end if;
        remaining := v_run.remaining;
        return;
    end if;
    update workqueue.pg_barrier_state b
       set remaining = b.remaining - 1,
           results = b.results || jsonb_build_array(finish_batch.result),
           last_progress_at = v_now
     where b.execution_id = finish_batch.exec
    returning b.remaining, b.results into remaining, v_run.results;
    if remaining > 0 or (remaining = 0 and v_run.callback is null) then
        return;
    end if;
    if remaining = 0 then
        v_message := jsonb_build_object(
            'task_name', v_run.callback->'task_name',
            'args', jsonb_build_array(v_run.results),
            'kwargs', coalesce(v_run.callback->'kwargs', '{}') || '{"_pg_transport": true}',
            'queue', v_run.callback->'queue',
            'fairness', coalesce(v_run.callback->'fairness_headers', v_run.callback->'fairness'));
        perform workqueue.send(v_run.callback->>'queue', v_message, workqueue._callback_priority(v_run.callback)::integer,
                               coalesce(v_message #>> '{fairness,org_id}', v_run.organization_id));
        fired := true;
    end if;
    -- Below zero somebody else counted too: nothing that can be trusted is left.
    delete from workqueue.pg_barrier_state b where b.execution_id = finish_batch.exec;
    delete from workqueue.pg_batch_dedup d where d.execution_id = finish_batch.exec;
end
$$;

-- Ends a run before its time. True for the one call that did it. Markers kept let a redelivered batch be skipped, not run
-- again. With an epoch that run only: not the one that was armed under the same execution meanwhile. Written down, as far as
-- the caller may write there: it takes results away.
drop function if exists workqueue.abort(text, boolean);
create or replace function workqueue.abort(exec text, keep_markers boolean default false, epoch bigint default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_done boolean;
    v_remaining integer;
    v_epoch bigint;
begin
    delete from workqueue.pg_barrier_state b
     where b.execution_id = abort.exec and (abort.epoch is null or b.epoch = abort.epoch)
    returning b.remaining, b.epoch into v_remaining, v_epoch;
    v_done := found;
    -- The markers of a run that is not this one are none of its business.
    if not coalesce(keep_markers, false) and (v_done or abort.epoch is null) then
        delete from workqueue.pg_batch_dedup d where d.execution_id = abort.exec;
    end if;
    if v_done then
        perform workqueue._audit_if_allowed('abort', exec, jsonb_build_object('remaining', v_remaining, 'epoch', v_epoch,
                                                                              'keep_markers', coalesce(keep_markers, false)));
    end if;
    return v_done;
end
$$;

-- Arms and sends the header of every batch, in one transaction: either the run has all of them or it never was. A header's
-- kwargs get what its worker needs: {_barrier_context: {execution_id, epoch, batch_index, callback_descriptor}}.
create or replace function workqueue.fan_out(
    exec text, org text, queues text[], payloads jsonb[], priorities integer[], orgs text[],
    ttl integer default 21600, callback jsonb default null)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer := coalesce(cardinality(payloads), 0);
    v_epoch bigint;
begin
    if coalesce(cardinality(queues), 0) <> v_count or coalesce(cardinality(priorities), 0) <> v_count
       or coalesce(cardinality(orgs), 0) <> v_count then
        raise exception 'every header needs a queue, a payload, a priority and an organization'
            using errcode = 'invalid_parameter_value';
    end if;
    for i in 1..v_count loop
        if payloads[i] is null or jsonb_typeof(payloads[i]) <> 'object'
           or jsonb_typeof(coalesce(payloads[i]->'kwargs', '{}')) <> 'object' then
            raise exception 'header % is no object', i - 1 using errcode = 'invalid_parameter_value';
        end if;
    end loop;
    v_epoch := workqueue.arm(exec, org, v_count, ttl, callback);
    for i in 1..v_count loop
        perform workqueue.send(
            queues[i],
            payloads[i] || jsonb_build_object('kwargs', coalesce(payloads[i]->'kwargs', '{}') || jsonb_build_object(
                '_barrier_context', jsonb_build_object('execution_id', exec, 'epoch', v_epoch, 'batch_index', i - 1,
                                                       'callback_descriptor', callback))),
            priorities[i], orgs[i]);
    end loop;
    return v_epoch;
end
$$;

-- The low level, as writers of the tables do it: true for exactly one of many deliveries, without a look at the barrier.
create or replace function workqueue.claim_marker(exec text, i integer)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into workqueue.pg_batch_dedup (execution_id, batch_index, created_at)
    values (claim_marker.exec, claim_marker.i, clock_timestamp())
    on conflict (execution_id, batch_index) do nothing;
    return found;
end
$$;

-- Forgets the markers of one execution; answers how many there were.
create or replace function workqueue.clear_markers(exec text)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    delete from workqueue.pg_batch_dedup d where d.execution_id = clear_markers.exec;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
