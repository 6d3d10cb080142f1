-- SPDX-License-Identifier: Apache-2.0
-- Removes the schema with every queue and event in it, whoever's install it is; the three roles stay. Harmless when
-- there is nothing to remove. Where the objects do not fit the lock table it refuses before anything is done.
do $uninstall$
declare
    v_needed bigint;
    v_backends bigint := pg_catalog.current_setting('max_connections')::bigint
                       + pg_catalog.current_setting('max_prepared_transactions')::bigint;
    v_room bigint := pg_catalog.current_setting('max_locks_per_transaction')::bigint * v_backends;
begin
    if pg_catalog.to_regnamespace('pgque') is null then
        return;
    end if;
    -- About one lock for each relation, its row types, defaults and constraints.
    select 600 + 34 * pg_catalog.count(*) filter (where c.relname ~ '^event_\d+$') into v_needed
      from pg_catalog.pg_class c
     where c.relnamespace = 'pgque'::pg_catalog.regnamespace and c.relkind = 'r';
    if v_needed > v_room - (select pg_catalog.count(*) from pg_catalog.pg_locks) then
        raise exception 'cannot uninstall pgque in one transaction: its objects do not fit the lock table'
            using errcode = 'program_limit_exceeded',
                  hint = pg_catalog.format(
                      'Drop queues first, one transaction each: select pgque.drop_queue(queue_name, true). Or set '
                      'max_locks_per_transaction to at least %s and restart the server.', v_needed / v_backends + 64);
    end if;
    if pg_catalog.to_regprocedure('pgque.stop()') is not null then
        begin
            perform pgque.stop();
        exception when others then
            raise notice 'scheduled jobs not removed: %', sqlerrm;
        end;
    end if;
    drop schema pgque cascade;
end
$uninstall$;
