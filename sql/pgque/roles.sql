-- SPDX-License-Identifier: Apache-2.0
-- Roles and the schema itself. Roles belong to the whole cluster: what is already as wanted is not touched, so that a
-- second database with another owner installs without any right over them.
do $roles$
declare
    v_role text;
    v_grantor text;
    v_statement text;
begin
    foreach v_role in array array['pgque_reader', 'pgque_writer', 'pgque_admin'] loop
        if not exists (select 1 from pg_catalog.pg_roles r where r.rolname = v_role) then
            v_statement := pg_catalog.format('create role %I nologin', v_role);
            begin
                execute v_statement;
            exception
                when duplicate_object or unique_violation then
                    null; -- an installer in another database was quicker
                when insufficient_privilege then
                    raise exception 'role % is missing and % may not create it', v_role, current_user
                        using errcode = 'insufficient_privilege',
                              hint = pg_catalog.format('A superuser must run: %s;', v_statement);
            end;
        end if;
    end loop;

    foreach v_role in array array['pgque_reader', 'pgque_writer'] loop
        if not exists (select 1 from pg_catalog.pg_auth_members m
                        where m.roleid = v_role::pg_catalog.regrole
                          and m.member = 'pgque_admin'::pg_catalog.regrole) then
            v_statement := pg_catalog.format('grant %I to pgque_admin', v_role);
            begin
                execute v_statement;
            exception when insufficient_privilege then
                raise exception 'pgque_admin is no member of % and % may not make it one', v_role, current_user
                    using errcode = 'insufficient_privilege',
                          hint = pg_catalog.format('A superuser must run: %s;', v_statement);
            end;
        end if;
    end loop;

    -- Reader and writer are siblings: a producer must not be able to consume.
    for v_grantor in
        select pg_catalog.pg_get_userbyid(m.grantor)
          from pg_catalog.pg_auth_members m
         where m.roleid = 'pgque_reader'::pg_catalog.regrole
           and m.member = 'pgque_writer'::pg_catalog.regrole
    loop
        v_statement := 'revoke pgque_reader from pgque_writer';
        if pg_catalog.current_setting('server_version_num')::int >= 160000 then
            v_statement := v_statement || pg_catalog.format(' granted by %I', v_grantor);
        end if;
        begin
            execute v_statement;
        exception
            when insufficient_privilege then
                null; -- told below
            when internal_error then
                null; -- "tuple concurrently deleted": an installer in another database was quicker
        end;
        if exists (select 1 from pg_catalog.pg_auth_members m
                    where m.roleid = 'pgque_reader'::pg_catalog.regrole
                      and m.member = 'pgque_writer'::pg_catalog.regrole
                      and pg_catalog.pg_get_userbyid(m.grantor) = v_grantor) then
            raise exception 'pgque_writer is a member of pgque_reader and % may not end that', current_user
                using errcode = 'insufficient_privilege',
                      hint = pg_catalog.format('A superuser must run: %s;', v_statement);
        end if;
    end loop;

    -- "create schema if not exists" would ask for CREATE on the database even where the schema is there.
    if pg_catalog.to_regnamespace('pgque') is null then
        create schema pgque;
    end if;
end
$roles$;
