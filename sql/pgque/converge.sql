-- SPDX-License-Identifier: Apache-2.0
-- First half of taking over an install that is not ours (PgQue 0.1 or 0.2). Its functions may name arguments or results
-- differently, and such a function can't be replaced, only dropped. So they are set aside under another name; the
-- second half (handover.sql) gives owner and grants on to the new ones and drops them, or puts back what has no
-- successor. What triggers or views depend on is replaced in place.
do $converge$
declare
    v_routine record;
begin
    -- What is there already keeps its owner; what is added later belongs to the owner of the tables.
    perform pg_catalog.set_config(
        'pgque.present_before',
        coalesce((select pg_catalog.jsonb_agg(p.oid::pg_catalog.regprocedure::text)
                    from pg_catalog.pg_proc p
                   where p.pronamespace = 'pgque'::pg_catalog.regnamespace), '[]')::text,
        false);

    if pg_catalog.to_regprocedure('pgque.origin()') is not null then
        return;
    end if;
    for v_routine in
        select p.oid::pg_catalog.regprocedure::text as signature, p.proname
          from pg_catalog.pg_proc p
         where p.pronamespace = 'pgque'::pg_catalog.regnamespace
           and p.prokind in ('f', 'p')
           and p.proname <> 'upgrade_schema'
           and pg_catalog.octet_length(p.proname) < 50 and p.proname not like 'replaced %'
           and not exists (
                   select 1 from pg_catalog.pg_depend d
                    where (d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.refobjid = p.oid)
                       or (d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid
                           and d.deptype = 'e'))
    loop
        execute pg_catalog.format('alter routine %s rename to %I', v_routine.signature, 'replaced ' || v_routine.proname);
    end loop;
end
$converge$;
