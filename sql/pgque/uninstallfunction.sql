-- SPDX-License-Identifier: Apache-2.0
-- Removal from within. Dropping the schema locks every object of every queue at once; where that can't fit the lock
-- table, this refuses before anything is done instead of failing half-way with "out of shared memory".

-- Null when everything fits, otherwise what to do about it.
create or replace function pgque._uninstall_obstacle()
returns text
language plpgsql
as $$
declare
    v_queues bigint := (select pg_catalog.count(*) from pgque.queue);
    -- A queue with three tables takes 34 locks; the rest of the schema some hundreds.
    v_needed bigint := 600 + (select coalesce(pg_catalog.sum(10 + 8 * q.queue_ntables), 0) from pgque.queue q);
    v_backends bigint := pg_catalog.current_setting('max_connections')::bigint
                       + pg_catalog.current_setting('max_prepared_transactions')::bigint;
    v_room bigint := pg_catalog.current_setting('max_locks_per_transaction')::bigint * v_backends
                   - (select pg_catalog.count(*) from pg_catalog.pg_locks);
begin
    if v_needed <= v_room then
        return null;
    end if;
    return pg_catalog.format(
        'Drop queues first, one transaction each: select pgque.drop_queue(queue_name, true). Or set max_locks_per_transaction '
        'to at least %s and restart the server (%s queues need about %s locks, %s are free).',
        v_needed / v_backends + 64, v_queues, v_needed, v_room);
end
$$;

create or replace function pgque.uninstall()
returns void
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_obstacle text := pgque._uninstall_obstacle();
begin
    if v_obstacle is not null then
        raise exception 'cannot uninstall pgque in one transaction: its objects do not fit the lock table'
            using errcode = 'program_limit_exceeded', hint = v_obstacle;
    end if;
    begin
        perform pgque.stop();
    exception when others then
        raise notice 'pgque.uninstall: scheduled jobs not removed: %', sqlerrm;
    end;
    drop schema pgque cascade;
end
$$;
