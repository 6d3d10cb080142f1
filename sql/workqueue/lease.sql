-- SPDX-License-Identifier: Apache-2.0
-- One leader at a time, by the database's clock; not an advisory lock, which a transaction pooler would tear from its holder.

create or replace function workqueue._check_leader(p_leader text)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(trim(p_leader), '') = '' then
        raise exception 'a leader needs a name' using errcode = 'invalid_parameter_value';
    end if;
end
$$;

-- True when the lease was free, or older than the window. A holder renews instead.
create or replace function workqueue.lease_acquire(leader text, window_s double precision default 10)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_window interval := workqueue._check_lease(window_s);
begin
    perform workqueue._check_leader(leader);
    update workqueue.pg_orchestrator_lock l
       set leader = lease_acquire.leader, acquired_at = clock_timestamp()
     where l.id = 1 and (l.leader = '' or l.acquired_at < clock_timestamp() - v_window);
    return found;
end
$$;

-- False: somebody else leads now, stop acting.
create or replace function workqueue.lease_renew(leader text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform workqueue._check_leader(leader);
    update workqueue.pg_orchestrator_lock l
       set acquired_at = clock_timestamp()
     where l.id = 1 and l.leader = lease_renew.leader;
    return found;
end
$$;

create or replace function workqueue.lease_release(leader text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform workqueue._check_leader(leader);
    update workqueue.pg_orchestrator_lock l
       set leader = '', acquired_at = clock_timestamp()
     where l.id = 1 and l.leader = lease_release.leader;
    return found;
end
$$;
