-- SPDX-License-Identifier: Apache-2.0
-- Tables of an earlier generation in this schema get what they lack, before anything counts on it. What is held there has a
-- lease that has not ended; without a state it would look ready to the first claim.
do $earlier$
declare
    v_stateless boolean;
begin
    if pg_catalog.to_regclass('workqueue.pg_queue_message') is null then
        return;
    end if;
    v_stateless := not exists (select 1 from pg_catalog.pg_attribute a
                                where a.attrelid = 'workqueue.pg_queue_message'::pg_catalog.regclass
                                  and a.attname = 'state' and not a.attisdropped);
    alter table workqueue.pg_queue_message
        add column if not exists priority smallint not null default 5,
        add column if not exists state text not null default 'ready',
        add column if not exists available_at timestamptz not null default now(),
        add column if not exists claimed_by text,
        add column if not exists claimed_at timestamptz,
        add column if not exists last_error text,
        alter column org_id set default '',
        alter column enqueued_at set default now(),
        alter column vt set default now(),
        alter column read_ct set default 0,
        alter column priority set default 5,
        alter column state set default 'ready',
        alter column available_at set default now();
    if v_stateless then
        update workqueue.pg_queue_message set state = 'claimed' where vt > pg_catalog.now();
        -- Its index holds the lease's end: no renewal would be heap-only.
        drop index if exists workqueue.pg_queue_message_dequeue_idx;
    end if;
    alter table workqueue.pg_queue_message
        drop constraint if exists pg_queue_message_priority_range,
        add constraint pg_queue_message_priority_range check (priority between 1 and 10),
        drop constraint if exists pg_queue_message_state_valid,
        add constraint pg_queue_message_state_valid check (state in ('ready', 'claimed', 'scheduled'));
    if pg_catalog.to_regclass('workqueue.pg_barrier_state') is not null then
        alter table workqueue.pg_barrier_state
            add column if not exists last_progress_at timestamptz not null default now(),
            add column if not exists total integer,
            add column if not exists epoch bigint not null default 0,
            add column if not exists callback jsonb,
            alter column organization_id set default '',
            alter column results set default '[]',
            alter column created_at set default now();
    end if;
    if pg_catalog.to_regclass('workqueue.pg_batch_dedup') is not null then
        alter table workqueue.pg_batch_dedup
            add column if not exists finished_at timestamptz,
            alter column created_at set default now();
    end if;
    if pg_catalog.to_regclass('workqueue.pg_orchestration_claim') is not null then
        alter table workqueue.pg_orchestration_claim
            alter column organization_id set default '',
            alter column claimed_at set default now();
    end if;
end
$earlier$;

