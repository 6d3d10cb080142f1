-- SPDX-License-Identifier: Apache-2.0
-- Consuming. A claim is a lease; its token is the read count, so that whoever lost the lease can do nothing any more.

create or replace function workqueue._check_lease(p_lease_s double precision)
returns interval
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_lease_s is null or not (p_lease_s > 0 and p_lease_s <= 1e9) then
        raise exception 'a lease must be a positive number of seconds (got %)', coalesce(p_lease_s::text, '<NULL>')
            using errcode = 'invalid_parameter_value';
    end if;
    return make_interval(secs => p_lease_s);
end
$$;

-- At most qty messages of the queue, higher priorities first, inside a priority first in first out. May answer fewer, even
-- none, although some are ready: another claimer was looking at them. A paused queue gives none.
--
-- Only a limit inside WITH is evaluated once. As a sub-select the planner may run it again for every row, and each run skips
-- what is locked already: with old statistics one call then claims the whole queue. The state is a literal, because a
-- parameter could not prove the partial index under a generic plan. Such a plan takes a tenth of the queue for the limit, too,
-- and would read the whole table to join it; so only the way by the key is left, here as wherever a number of rows is given.
create or replace function workqueue.claim(
    queue text, lease_s double precision, qty integer default 1, worker text default null)
returns table (msg_id bigint, message jsonb, read_ct integer, token integer, priority smallint, org_id text,
               enqueued_at timestamptz, lease_until timestamptz)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz := clock_timestamp();
    v_until timestamptz := v_now + workqueue._check_lease(lease_s);
begin
    if qty is null or qty <= 0 then
        raise exception 'a claim must ask for at least one message (got %)', coalesce(qty::text, '<NULL>')
            using errcode = 'invalid_parameter_value';
    end if;
    if exists (select 1 from workqueue.queue_setting s
                where s.queue_name = claim.queue and s.paused
                  and (s.paused_until is null or s.paused_until > v_now)) then
        return;
    end if;
    return query
    with picked as (
        select m.msg_id
          from workqueue.pg_queue_message m
         where m.queue_name = claim.queue and m.state = 'ready'
         order by m.priority desc, m.msg_id
         limit claim.qty
           for update skip locked
    ), taken as (
        update workqueue.pg_queue_message m
           set state = 'claimed', vt = v_until, read_ct = m.read_ct + 1, claimed_by = claim.worker, claimed_at = v_now
          from picked p
         where m.msg_id = p.msg_id
        returning m.msg_id, m.message, m.read_ct, m.priority, m.org_id, m.enqueued_at
    )
    select t.msg_id, t.message, t.read_ct, t.read_ct, t.priority, t.org_id, t.enqueued_at, v_until
      from taken t
     order by t.priority desc, t.msg_id;
end
$$;

-- Renews a lease from now; false when it was lost: re-armed, claimed by another, or finished.
create or replace function workqueue.extend(id bigint, token integer, lease_s double precision)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lease interval := workqueue._check_lease(lease_s);
begin
    update workqueue.pg_queue_message m
       set vt = clock_timestamp() + v_lease
     where m.msg_id = extend.id and m.state = 'claimed' and m.read_ct = extend.token;
    return found;
end
$$;

-- Done: the message goes. False when the lease was lost, in which case somebody else may run it, or has.
create or replace function workqueue.ack(id bigint, token integer)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from workqueue.pg_queue_message m
     where m.msg_id = ack.id and m.state = 'claimed' and m.read_ct = ack.token;
    return found;
end
$$;

-- Not done: ready again, or scheduled with a delay. The read count stays, the error is kept. False when the lease was lost.
create or replace function workqueue.nack(
    id bigint, token integer, delay_s double precision default 0, error text default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if delay_s is null or delay_s = 'NaN' or delay_s > 1e9 then
        raise exception 'delay must be a number of seconds (got %)', coalesce(delay_s::text, '<NULL>')
            using errcode = 'invalid_parameter_value';
    end if;
    update workqueue.pg_queue_message m
       set state = case when nack.delay_s > 0 then 'scheduled' else 'ready' end,
           available_at = clock_timestamp() + make_interval(secs => greatest(nack.delay_s, 0)),
           claimed_by = null, claimed_at = null, last_error = coalesce(nack.error, m.last_error)
     where m.msg_id = nack.id and m.state = 'claimed' and m.read_ct = nack.token;
    return found;
end
$$;

-- Out of the queue into the dead letters, payload and reason kept. With the token of one's own lease, or without a token what
-- nobody holds; what somebody holds only by force. False when nothing fits any more. Without a token it is an
-- administrator's act and written down as one, as far as the caller may write there: a consumer's letter says who and why.
create or replace function workqueue.bury(
    id bigint, reason text, token integer default null, force boolean default false)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_queue text;
begin
    if coalesce(reason, '') = '' then
        raise exception 'a dead letter needs a reason' using errcode = 'invalid_parameter_value';
    end if;
    with gone as (
        delete from workqueue.pg_queue_message m
         where m.msg_id = bury.id
           and case when bury.token is not null then m.state = 'claimed' and m.read_ct = bury.token
                    else bury.force or m.state <> 'claimed' or m.vt <= clock_timestamp() end
        returning m.*
    )
    insert into workqueue.dead_letter
           (msg_id, queue_name, message, org_id, priority, enqueued_at, read_ct, last_error, reason)
    select g.msg_id, g.queue_name, g.message, g.org_id, g.priority, g.enqueued_at, g.read_ct, g.last_error, bury.reason
      from gone g
    returning queue_name into v_queue;
    if v_queue is null then
        return false;
    end if;
    if bury.token is null then
        perform workqueue._audit_if_allowed('bury', v_queue,
                                            jsonb_build_object('msg_id', id, 'reason', reason, 'force', force));
    end if;
    return true;
end
$$;
