-- SPDX-License-Identifier: Apache-2.0
-- Brings the tables of an older install of ours, or of PgQue 0.1 and 0.2, to today's shape without touching their rows.
-- Every change is made only where it is missing: a second run takes no strong lock. Returns the number of changes.
create or replace function pgque.upgrade_schema()
returns int4
language plpgsql
as $$
declare
    v_done int4 := 0;
    v_item record;
    v_rows bigint;
begin
    for v_item in
        select c.rel, c.col, c.def
          from (values
                   ('queue', 'queue_extra_maint', 'text[]'),
                   ('queue', 'queue_max_retries', 'int4'),
                   ('subscription', 'sub_role', 'text not null default ''normal'''),
                   ('subscription', 'sub_batch_since', 'timestamptz'),
                   ('subscription', 'sub_takeovers', 'int4'),
                   ('config', 'scheduler', 'text'),
                   ('config', 'tick_period_ms', 'int4 not null default 100'),
                   ('config', 'last_maint', 'timestamptz')
               ) c(rel, col, def)
         where not exists (
                   select 1 from pg_catalog.pg_attribute a
                    where a.attrelid = ('pgque.' || c.rel)::pg_catalog.regclass
                      and a.attname = c.col and not a.attisdropped)
    loop
        execute pg_catalog.format('alter table pgque.%I add column %I %s', v_item.rel, v_item.col, v_item.def);
        v_done := v_done + 1;
    end loop;

    -- A period that does not divide a second would make the ticker drift.
    if exists (select 1 from pgque.config c
                where c.tick_period_ms is null or c.tick_period_ms not between 1 and 1000
                   or 1000 % nullif(c.tick_period_ms, 0) <> 0) then
        alter table pgque.config drop constraint if exists config_tick_period_ms_check;
        update pgque.config set tick_period_ms = 100
         where tick_period_ms is null or tick_period_ms not between 1 and 1000
            or 1000 % nullif(tick_period_ms, 0) <> 0;
        v_done := v_done + 1;
    end if;
    if exists (select 1 from pg_catalog.pg_attribute a
                where a.attrelid = 'pgque.config'::pg_catalog.regclass
                  and a.attname = 'tick_period_ms' and not (a.attnotnull and a.atthasdef)) then
        alter table pgque.config alter column tick_period_ms set default 100;
        alter table pgque.config alter column tick_period_ms set not null;
        v_done := v_done + 1;
    end if;

    for v_item in
        select c.rel, c.con, c.def,
               pg_catalog.pg_get_constraintdef(k.oid) as present,
               c.must_say
          from (values
                   ('subscription', 'subscription_sub_role_check',
                    'check (sub_role in (''normal'', ''coop_main'', ''coop_member''))', 'coop_member'),
                   ('config', 'config_singleton_check', 'check (singleton)', 'singleton'),
                   ('config', 'config_scheduler_check', 'check (scheduler in (''pg_cron'', ''pg_timetable''))',
                    'pg_timetable'),
                   ('config', 'config_tick_period_ms_check',
                    'check (tick_period_ms between 1 and 1000 and 1000 % tick_period_ms = 0)', '1000 % tick_period_ms')
               ) c(rel, con, def, must_say)
          left join pg_catalog.pg_constraint k
            on k.conrelid = ('pgque.' || c.rel)::pg_catalog.regclass and k.conname = c.con
    loop
        if v_item.present is null or pg_catalog.strpos(v_item.present, v_item.must_say) = 0 then
            execute pg_catalog.format('alter table pgque.%I drop constraint if exists %I', v_item.rel, v_item.con);
            execute pg_catalog.format('alter table pgque.%I add constraint %I %s', v_item.rel, v_item.con, v_item.def);
            v_done := v_done + 1;
        end if;
    end loop;

    -- dl_consumer_idx and rq_queue_idx are ours: without them a queue or a consumer is dropped by reading every row.
    for v_item in
        select x.rel, x.idx, x.def, x.kind
          from (values
                   ('retry_queue', 'rq_retry_idx', '(ev_retry_after)', ''),
                   ('retry_queue', 'rq_queue_idx', '(ev_queue, ev_retry_after)', ''),
                   ('dead_letter', 'dl_queue_time_idx', '(dl_queue_id, dl_time)', ''),
                   ('dead_letter', 'dl_consumer_idx', '(dl_consumer_id)', ''),
                   ('dead_letter', 'dl_queue_consumer_ev_idx', '(dl_queue_id, dl_consumer_id, ev_id)', 'unique')
               ) x(rel, idx, def, kind)
         where pg_catalog.to_regclass('pgque.' || x.idx) is null
    loop
        if v_item.kind = 'unique' then
            -- Without the index the same event may have been written twice; the newest letter stays.
            delete from pgque.dead_letter d
             using pgque.dead_letter newer
             where newer.dl_queue_id = d.dl_queue_id and newer.dl_consumer_id = d.dl_consumer_id
               and newer.ev_id = d.ev_id and newer.dl_id > d.dl_id;
        end if;
        execute pg_catalog.format('create %s index %I on pgque.%I %s', v_item.kind, v_item.idx, v_item.rel, v_item.def);
        v_done := v_done + 1;
    end loop;

    insert into pgque.config (singleton) values (true) on conflict do nothing;
    get diagnostics v_rows = row_count;
    return v_done + v_rows;
end
$$;

do $upgrade$
begin
    perform pgque.upgrade_schema();
end
$upgrade$;
