-- SPDX-License-Identifier: Apache-2.0
-- The maintenance driver.

-- Tables that vacuum would have to be run on by hand; none while autovacuum does it.
create or replace function pgque.maint_tables_to_vacuum()
returns setof text
language plpgsql
as $$
begin
    if pg_catalog.current_setting('autovacuum') = 'on' then
        return;
    end if;
    return query
    select 'pgque.' || t.name
      from pg_catalog.unnest(array['subscription', 'consumer', 'queue', 'tick', 'retry_queue']) with ordinality t(name, place)
     order by t.place;
end
$$;

-- What is to be done now, in order.
create or replace function pgque.maint_operations(out func_name text, out func_arg text)
returns setof record
language plpgsql
as $$
begin
    func_name := 'pgque.maint_rotate_tables_step1';
    for func_arg in
        select q.queue_name
          from pgque.queue q
         where q.queue_switch_step2 is not null and q.queue_switch_time + q.queue_rotation_period < now()
         order by q.queue_name
    loop
        return next;
    end loop;
    if func_arg is not null or exists (select 1 from pgque.queue q where q.queue_switch_step2 is null) then
        func_name := 'pgque.maint_rotate_tables_step2';
        func_arg := null;
        return next;
    end if;
    return query
    select e.name, q.queue_name
      from pgque.queue q
     cross join lateral pg_catalog.unnest(q.queue_extra_maint) with ordinality e(name, place)
     order by q.queue_name, e.place;
    return query
    select 'vacuum'::text, t.name from pgque.maint_tables_to_vacuum() t(name);
end
$$;

-- Rotation and the queues' own maintenance. Step two of earlier rotations comes first, while this transaction has no
-- id yet: so whoever calls only ticker(), maint() and maint_retry_events() keeps rotation going.
-- A queue's own functions run with this function's rights: only those of the same owner are called.
create or replace function pgque.maint()
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_op record;
    v_function pg_catalog.regprocedure;
    v_proc record;
    v_result int4;
    v_total int4 := 0;
begin
    perform pgque.maint_rotate_tables_step2();

    for v_op in select o.func_name, o.func_arg from pgque.maint_operations() o loop
        continue when v_op.func_name in ('vacuum', 'pgque.maint_rotate_tables_step2');
        begin
            v_function := pg_catalog.to_regprocedure(v_op.func_name || '(text)');
        exception when others then
            v_function := null; -- not even a name
        end;
        select p.proowner, t.typcategory, p.proretset into v_proc
          from pg_catalog.pg_proc p
          join pg_catalog.pg_type t on t.oid = p.prorettype
         where p.oid = v_function and p.prokind = 'f';
        if not found then
            raise warning 'pgque.maint: skipping %(%): no such function', v_op.func_name, v_op.func_arg;
            continue;
        end if;
        if v_proc.proowner <> (select p.proowner from pg_catalog.pg_proc p
                                where p.oid = 'pgque.maint()'::pg_catalog.regprocedure) then
            raise warning 'pgque.maint: skipping %(%): not owned by the owner of pgque.maint()',
                v_op.func_name, v_op.func_arg;
            continue;
        end if;
        v_result := 0;
        if v_proc.typcategory = 'N' and not v_proc.proretset then
            execute pg_catalog.format('select %s($1)', v_function::pg_catalog.regproc) into v_result using v_op.func_arg;
        else
            execute pg_catalog.format('select %s($1)', v_function::pg_catalog.regproc) using v_op.func_arg;
        end if;
        v_total := v_total + coalesce(v_result, 0);
    end loop;

    -- The add-on for delayed delivery, where it is installed.
    if exists (select 1
                 from pg_catalog.pg_proc d
                 join pg_catalog.pg_proc m on m.proowner = d.proowner
                where d.oid = pg_catalog.to_regprocedure('pgque.maint_deliver_delayed()')
                  and m.oid = 'pgque.maint()'::pg_catalog.regprocedure) then
        execute 'select pgque.maint_deliver_delayed()' into v_result;
        v_total := v_total + v_result;
    end if;

    -- Remembered for status(), at most every ten seconds.
    if pg_catalog.current_setting('transaction_read_only') = 'off' then
        update pgque.config c
           set last_maint = now()
         where c.singleton in (select k.singleton from pgque.config k
                                where k.last_maint is null or k.last_maint < now() - interval '10 seconds'
                                  for update skip locked);
    end if;
    return v_total;
end
$$;
