-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tables and columns of a PgQue 0.2 install as somebody else would have them, without functions: what the console
-- must be able to look at. make_queue() stands in for create_queue().
do $$
begin
    create role pgque_reader;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    create role pgque_writer;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    create role pgque_admin;
exception when duplicate_object or unique_violation then null;
end $$;

create schema pgque;
grant usage on schema pgque to public;

create table pgque.consumer (
    co_id serial constraint consumer_pkey primary key,
    co_name text not null constraint consumer_name_uq unique);

create table pgque.queue (
    queue_id serial constraint queue_pkey primary key,
    queue_name text not null constraint queue_name_uq unique,
    queue_ntables integer not null default 3,
    queue_cur_table integer not null default 0,
    queue_rotation_period interval not null default '2 hours',
    queue_switch_step1 bigint not null default pg_current_xact_id()::text::bigint,
    queue_switch_step2 bigint default pg_current_xact_id()::text::bigint,
    queue_switch_time timestamptz not null default now(),
    queue_external_ticker boolean not null default false,
    queue_disable_insert boolean not null default false,
    queue_ticker_paused boolean not null default false,
    queue_ticker_max_count integer not null default 500,
    queue_ticker_max_lag interval not null default '3 seconds',
    queue_ticker_idle_period interval not null default '1 minute',
    queue_data_pfx text not null,
    queue_event_seq text not null,
    queue_tick_seq text not null,
    queue_extra_maint text[],
    queue_max_retries int4);

create table pgque.tick (
    tick_queue int4 not null constraint tick_queue_fkey references pgque.queue,
    tick_id bigint not null,
    tick_time timestamptz not null default now(),
    tick_snapshot pg_snapshot not null default pg_current_snapshot(),
    tick_event_seq bigint not null,
    constraint tick_pkey primary key (tick_queue, tick_id));

create table pgque.subscription (
    sub_id serial not null,
    sub_queue int4 not null constraint sub_queue_fkey references pgque.queue,
    sub_consumer int4 not null constraint sub_consumer_fkey references pgque.consumer,
    sub_last_tick bigint,
    sub_active timestamptz not null default now(),
    sub_batch bigint,
    sub_next_tick bigint,
    sub_role text not null default 'normal',
    constraint subscription_pkey primary key (sub_queue, sub_consumer),
    constraint subscription_batch_idx unique (sub_batch),
    constraint subscription_sub_role_check check (sub_role in ('normal', 'coop_main', 'coop_member')));

create table pgque.event_template (
    ev_id bigint not null,
    ev_time timestamptz not null,
    ev_txid xid8 not null default pg_current_xact_id(),
    ev_owner int4,
    ev_retry int4,
    ev_type text,
    ev_data text,
    ev_extra1 text,
    ev_extra2 text,
    ev_extra3 text,
    ev_extra4 text);

create table pgque.retry_queue (
    ev_retry_after timestamptz not null,
    ev_queue int4 not null constraint rq_queue_id_fkey references pgque.queue,
    like pgque.event_template);
alter table pgque.retry_queue
    alter ev_txid drop not null,
    alter ev_owner set not null,
    add constraint rq_pkey primary key (ev_owner, ev_id);
create index rq_retry_idx on pgque.retry_queue (ev_retry_after);

create table pgque.dead_letter (
    dl_id bigserial constraint dead_letter_pkey primary key,
    dl_queue_id int4 not null references pgque.queue on delete cascade,
    dl_consumer_id int4 not null references pgque.consumer on delete cascade,
    dl_time timestamptz not null default now(),
    dl_reason text,
    ev_id bigint not null,
    ev_time timestamptz not null,
    ev_txid xid8,
    ev_retry int4,
    ev_type text,
    ev_data text,
    ev_extra1 text,
    ev_extra2 text,
    ev_extra3 text,
    ev_extra4 text);
create index dl_queue_time_idx on pgque.dead_letter (dl_queue_id, dl_time);
create unique index dl_queue_consumer_ev_idx on pgque.dead_letter (dl_queue_id, dl_consumer_id, ev_id);

create sequence pgque.batch_id_seq;

grant select on pgque.consumer, pgque.queue, pgque.tick, pgque.subscription, pgque.event_template, pgque.retry_queue
    to public;
grant select on all tables in schema pgque to pgque_reader;

create function pgque.make_queue(name text) returns int language plpgsql as $$
declare
    id int;
    prefix text;
begin
    insert into pgque.queue (queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq)
        values (name, '', '', '') returning queue_id into id;
    prefix := 'pgque.event_' || id;
    update pgque.queue
        set queue_data_pfx = prefix, queue_event_seq = prefix || '_id_seq', queue_tick_seq = prefix || '_tick_seq'
        where queue_id = id;
    execute format('create sequence %s_id_seq', prefix);
    execute format('create sequence %s_tick_seq', prefix);
    execute format('grant select on sequence %s_id_seq, %s_tick_seq to public', prefix, prefix);
    execute format('create table %s () inherits (pgque.event_template)', prefix);
    for n in 0..2 loop
        execute format('create table %s_%s () inherits (%s)', prefix, n, prefix);
        execute format('alter table %s_%s alter ev_id set default nextval(%L), set (fillfactor = 100,'
                       ' autovacuum_enabled = off)', prefix, n, prefix || '_id_seq');
        execute format('create index on %s_%s (ev_txid)', prefix, n);
        execute format('grant select on %s_%s to public', prefix, n);
    end loop;
    execute format('grant select on %s to public', prefix);
    perform pgque.make_tick(name);
    return id;
end $$;

create function pgque.make_tick(name text) returns bigint language plpgsql as $$
declare
    q pgque.queue;
    id bigint;
    seq bigint;
begin
    select * into strict q from pgque.queue where queue_name = name;
    execute format('select case when is_called then last_value else 0 end from %s', q.queue_event_seq) into seq;
    insert into pgque.tick (tick_queue, tick_id, tick_event_seq)
        values (q.queue_id, nextval(q.queue_tick_seq), seq) returning tick_id into id;
    return id;
end $$;

create function pgque.make_events(name text, count int, payload text) returns void language plpgsql as $$
declare
    q pgque.queue;
begin
    select * into strict q from pgque.queue where queue_name = name;
    execute format('insert into %s_%s (ev_time, ev_type, ev_data) select now(), $1, $2 from generate_series(1, $3)',
                   q.queue_data_pfx, q.queue_cur_table) using 'test', payload, count;
end $$;

revoke execute on all functions in schema pgque from public;
