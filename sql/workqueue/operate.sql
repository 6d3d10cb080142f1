-- SPDX-License-Identifier: Apache-2.0
-- What an administrator does. Each names the state it expects, answers whether it still was so, and is written down.

create or replace function workqueue._audit(p_action text, p_subject text, p_detail jsonb)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into workqueue.audit (action, subject, detail) values (p_action, p_subject, coalesce(p_detail, '{}'))
$$;

-- For what consumers do as well, who may not write there: theirs is everyday work, an administrator's is an intervention.
create or replace function workqueue._audit_if_allowed(p_action text, p_subject text, p_detail jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if has_table_privilege('workqueue.audit', 'insert') then
        insert into workqueue.audit (action, subject, detail) values (p_action, p_subject, p_detail);
    end if;
end
$$;

-- Back to its queue under a new id (an old one with its count put back would revive old tokens); null when it is gone.
create or replace function workqueue.requeue(dead_id bigint, reset boolean default true)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id bigint;
    v_was workqueue.dead_letter;
begin
    delete from workqueue.dead_letter d where d.dead_id = requeue.dead_id returning d.* into v_was;
    if not found then
        return null;
    end if;
    insert into workqueue.pg_queue_message (queue_name, message, org_id, priority, read_ct, last_error)
    values (v_was.queue_name, v_was.message, v_was.org_id, v_was.priority,
            case when coalesce(reset, true) then 0 else v_was.read_ct end, v_was.last_error)
    returning msg_id into v_id;
    perform workqueue._audit('requeue', v_was.queue_name,
                             jsonb_build_object('dead_id', v_was.dead_id, 'msg_id', v_was.msg_id, 'new_msg_id', v_id,
                                                'reset', coalesce(reset, true)));
    return v_id;
end
$$;

-- Another queue for a message that waits. False when it is claimed by now, or gone.
create or replace function workqueue.move(id bigint, to_queue text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_from text;
    v_done boolean;
begin
    perform workqueue._check_send(to_queue, 5, 0);
    select m.queue_name into v_from from workqueue.pg_queue_message m where m.msg_id = move.id for update;
    update workqueue.pg_queue_message m
       set queue_name = to_queue
     where m.msg_id = move.id and m.state in ('ready', 'scheduled');
    v_done := found;
    if v_done then
        perform workqueue._audit('move', v_from, jsonb_build_object('msg_id', id, 'to', to_queue));
    end if;
    return v_done;
end
$$;

-- Another priority for a ready message. False when it is not ready any more.
create or replace function workqueue.set_priority(id bigint, priority integer)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_queue text;
begin
    perform workqueue._check_send('-', priority, 0);
    update workqueue.pg_queue_message m
       set priority = set_priority.priority
     where m.msg_id = set_priority.id and m.state = 'ready'
    returning m.queue_name into v_queue;
    if v_queue is null then
        return false;
    end if;
    perform workqueue._audit('set_priority', v_queue, jsonb_build_object('msg_id', id, 'priority', priority));
    return true;
end
$$;

-- Puts off a ready or scheduled message by so many seconds from now; zero makes it ready. False when it is claimed or gone.
create or replace function workqueue.postpone(id bigint, delay_s double precision)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_queue text;
begin
    perform workqueue._check_send('-', 5, delay_s);
    update workqueue.pg_queue_message m
       set state = case when delay_s > 0 then 'scheduled' else 'ready' end,
           available_at = clock_timestamp() + make_interval(secs => greatest(delay_s, 0))
     where m.msg_id = postpone.id and m.state in ('ready', 'scheduled')
    returning m.queue_name into v_queue;
    if v_queue is null then
        return false;
    end if;
    perform workqueue._audit('postpone', v_queue, jsonb_build_object('msg_id', id, 'delay_s', delay_s));
    return true;
end
$$;

-- One claimed message back to ready: once its lease has lapsed, before that only by force. With a token only that lease.
create or replace function workqueue.rearm(id bigint, token integer default null, force boolean default false)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_queue text;
begin
    update workqueue.pg_queue_message m
       set state = 'ready', claimed_by = null, claimed_at = null
     where m.msg_id = rearm.id and m.state = 'claimed'
       and (rearm.token is null or m.read_ct = rearm.token)
       and (rearm.force or m.vt <= clock_timestamp())
    returning m.queue_name into v_queue;
    if v_queue is null then
        return false;
    end if;
    perform workqueue._audit('rearm', v_queue, jsonb_build_object('msg_id', id, 'force', force));
    return true;
end
$$;

-- At most max messages that fit the filter go to the dead letters (or, with keep false, away); answers how many. Never one
-- that is claimed. Filter: queue (required), state, priority, org, min_read_ct, enqueued_before.
create or replace function workqueue.purge(
    filter jsonb, max integer default 1000, keep boolean default true, reason text default 'purged')
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_known constant text[] := array['queue', 'state', 'priority', 'org', 'min_read_ct', 'enqueued_before'];
    v_unknown text;
    v_count integer;
begin
    if coalesce(filter->>'queue', '') = '' then
        raise exception 'a purge needs the name of a queue' using errcode = 'invalid_parameter_value';
    end if;
    select string_agg(k, ', ') into v_unknown from jsonb_object_keys(filter) k where k <> all (v_known);
    if v_unknown is not null then
        raise exception 'unknown in the filter of a purge: %', v_unknown using errcode = 'invalid_parameter_value';
    end if;
    if coalesce(filter->>'state', 'ready') not in ('ready', 'scheduled') then
        raise exception 'only what is ready or scheduled can be purged' using errcode = 'invalid_parameter_value';
    end if;
    if max is null or max not between 1 and 100000 then
        raise exception 'a purge takes 1 to 100000 messages a call (got %)', coalesce(max::text, '<NULL>')
            using errcode = 'invalid_parameter_value';
    end if;
    with picked as (
        select m.msg_id
          from workqueue.pg_queue_message m
         where m.queue_name = filter->>'queue'
           and m.state in ('ready', 'scheduled')
           and (not filter ? 'state' or m.state = filter->>'state')
           and (not filter ? 'priority' or m.priority = (filter->>'priority')::smallint)
           and (not filter ? 'org' or m.org_id = filter->>'org')
           and (not filter ? 'min_read_ct' or m.read_ct >= (filter->>'min_read_ct')::integer)
           and (not filter ? 'enqueued_before' or m.enqueued_at < (filter->>'enqueued_before')::timestamptz)
         order by m.msg_id
         limit purge.max
           for update skip locked
    ), gone as (
        delete from workqueue.pg_queue_message m using picked p where m.msg_id = p.msg_id returning m.*
    ), kept as (
        insert into workqueue.dead_letter
               (msg_id, queue_name, message, org_id, priority, enqueued_at, read_ct, last_error, reason)
        select g.msg_id, g.queue_name, g.message, g.org_id, g.priority, g.enqueued_at, g.read_ct, g.last_error,
               coalesce(purge.reason, 'purged')
          from gone g
         where coalesce(purge.keep, true)
    )
    select count(*) into v_count from gone;
    if v_count > 0 then
        perform workqueue._audit('purge', filter->>'queue',
                                 jsonb_build_object('filter', filter, 'count', v_count, 'kept', coalesce(keep, true)));
    end if;
    return v_count;
end
$$;

-- At most max dead letters of a queue older than that, for good; answers how many.
create or replace function workqueue.purge_dead(
    queue text, older_than interval default '30 days', max integer default 1000)
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
        select d.dead_id
          from workqueue.dead_letter d
         where d.queue_name = purge_dead.queue and d.died_at < clock_timestamp() - older_than
         order by d.dead_id
         limit purge_dead.max
           for update skip locked
    ), gone as (
        delete from workqueue.dead_letter d using picked p where d.dead_id = p.dead_id returning 1
    )
    select count(*) into v_count from gone;
    if v_count > 0 then
        perform workqueue._audit('purge_dead', queue, jsonb_build_object('older_than', older_than, 'count', v_count));
    end if;
    return v_count;
end
$$;

-- Holds a queue's deliveries back, for a time or until resume(); what is claimed already runs on.
create or replace function workqueue.pause(queue text, reason text default '', until timestamptz default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform workqueue._check_send(queue, 5, 0);
    insert into workqueue.queue_setting as s (queue_name, paused, paused_until, paused_reason)
    values (pause.queue, true, pause.until, coalesce(pause.reason, ''))
    on conflict (queue_name) do update
       set paused = true, paused_until = excluded.paused_until, paused_reason = excluded.paused_reason;
    perform workqueue._audit('pause', queue, jsonb_build_object('reason', reason, 'until', until));
end
$$;

create or replace function workqueue.resume(queue text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_done boolean;
begin
    update workqueue.queue_setting s
       set paused = false, paused_until = null, paused_reason = ''
     where s.queue_name = resume.queue and s.paused;
    v_done := found;
    if v_done then
        perform workqueue._audit('resume', queue, '{}');
    end if;
    return v_done;
end
$$;
