-- SPDX-License-Identifier: Apache-2.0
-- Roles and the schema itself. Roles belong to the whole cluster: what is already as wanted is not touched, so that a
-- second database with another owner installs without any right over them.
do $roles$
declare
    v_role text;
    v_statement text;
begin
    foreach v_role in array array['workqueue_producer', 'workqueue_consumer', 'workqueue_admin'] loop
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

    -- A consumer sends too: callbacks, continuations, its own tasks. An administrator is both.
    for v_role, v_statement in
        values ('workqueue_consumer', 'grant workqueue_producer to workqueue_consumer'),
               ('workqueue_admin', 'grant workqueue_consumer to workqueue_admin')
    loop
        if not exists (select 1 from pg_catalog.pg_auth_members m
                        where m.member = v_role::pg_catalog.regrole
                          and m.roleid = pg_catalog.split_part(v_statement, ' ', 2)::pg_catalog.regrole) then
            begin
                execute v_statement;
            exception
                when unique_violation then
                    null;
                when insufficient_privilege then
                    raise exception '% is not a member as it should be and % may not make it one', v_role, current_user
                        using errcode = 'insufficient_privilege',
                              hint = pg_catalog.format('A superuser must run: %s;', v_statement);
            end;
        end if;
    end loop;

    if pg_catalog.to_regnamespace('workqueue') is null then
        create schema workqueue;
    end if;
end
$roles$;
