-- SPDX-License-Identifier: Apache-2.0
-- Second half of taking over another install, and the owners of what is new.
do $handover$
declare
    v_owner text := (select pg_catalog.pg_get_userbyid(c.relowner) from pg_catalog.pg_class c
                      where c.oid = 'pgque.queue'::pg_catalog.regclass);
    v_before jsonb := pg_catalog.current_setting('pgque.present_before')::jsonb;
    v_old record;
    v_item record;
    v_successor pg_catalog.regprocedure;
    v_statement text;
begin
    for v_old in
        select p.oid, p.oid::pg_catalog.regprocedure::text as signature, pg_catalog.substr(p.proname, 10) as name,
               pg_catalog.oidvectortypes(p.proargtypes) as types, p.proargtypes, p.pronargs, p.proacl, p.proowner,
               pg_catalog.pg_get_userbyid(p.proowner) as owner
          from pg_catalog.pg_proc p
         where p.pronamespace = 'pgque'::pg_catalog.regnamespace and p.proname like 'replaced %'
    loop
        v_successor := pg_catalog.to_regprocedure(pg_catalog.format('pgque.%I(%s)', v_old.name, v_old.types));
        if v_successor is not null then
            for v_item in
                select pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) as grantee, a.is_grantable
                  from pg_catalog.aclexplode(v_old.proacl) a
                 where a.grantee <> 0 and a.grantee <> v_old.proowner
            loop
                execute pg_catalog.format('grant execute on routine %s to %s%s', v_successor, v_item.grantee,
                                          case when v_item.is_grantable then ' with grant option' else '' end);
            end loop;
            execute 'drop routine ' || v_old.signature;
            if v_old.owner <> current_user then
                v_statement := pg_catalog.format('alter routine %s owner to %I', v_successor, v_old.owner);
                begin
                    execute v_statement;
                exception when insufficient_privilege then
                    raise exception '% belonged to % and % may not give it back', v_successor, v_old.owner, current_user
                        using errcode = 'insufficient_privilege', hint = 'A superuser must install, or run afterwards: '
                                                                         || v_statement || ';';
                end;
            end if;
        elsif exists (
                select 1 from pg_catalog.pg_proc n
                 where n.pronamespace = 'pgque'::pg_catalog.regnamespace and n.proname = v_old.name
                   and n.pronargs > v_old.pronargs and n.pronargs - n.pronargdefaults <= v_old.pronargs
                   and not exists (select 1 from pg_catalog.generate_series(0, v_old.pronargs - 1) i
                                    where n.proargtypes[i] <> v_old.proargtypes[i])) then
            -- A shorter form of what now has defaults: a call could mean either.
            execute 'drop routine ' || v_old.signature;
        else
            execute pg_catalog.format('alter routine %s rename to %I', v_old.signature, v_old.name);
        end if;
    end loop;

    if v_owner <> current_user then
        for v_item in
            select p.oid::pg_catalog.regprocedure::text as signature
              from pg_catalog.pg_proc p
             where p.pronamespace = 'pgque'::pg_catalog.regnamespace
               and pg_catalog.pg_get_userbyid(p.proowner) = current_user
               and not v_before ? p.oid::pg_catalog.regprocedure::text
        loop
            execute pg_catalog.format('alter routine %s owner to %I', v_item.signature, v_owner);
        end loop;
    end if;
end
$handover$;

comment on schema pgque is 'Batchscope 0.1.0: event queues, with the interface of PgQue 0.2.0';
