-- SPDX-License-Identifier: GPL-3.0-or-later
-- The fixed tables, column by column, with their keys, checks, indexes and sequences. Column order is API: people select *.
select plan(47);

create function pg_temp.columns_of(relation text, first int default 100) returns setof text language sql as $$
    select format('%s %s%s', a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' else '' end)
      from pg_attribute a
     where a.attrelid = to_regclass('pgque.' || relation) and a.attnum between 1 and first and not a.attisdropped
     order by a.attnum $$;

create function pg_temp.default_of(relation text, attribute text) returns text language sql as $$
    select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d
      join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
     where d.adrelid = to_regclass('pgque.' || relation) and a.attname = attribute $$;

select results_eq($$select * from pg_temp.columns_of('consumer')$$,
    array['co_id integer not null', 'co_name text not null'], 'consumer');
select results_eq($$select * from pg_temp.columns_of('queue', 19)$$,
    array['queue_id integer not null', 'queue_name text not null', 'queue_ntables integer not null',
          'queue_cur_table integer not null', 'queue_rotation_period interval not null', 'queue_switch_step1 bigint not null',
          'queue_switch_step2 bigint', 'queue_switch_time timestamp with time zone not null',
          'queue_external_ticker boolean not null', 'queue_disable_insert boolean not null',
          'queue_ticker_paused boolean not null', 'queue_ticker_max_count integer not null',
          'queue_ticker_max_lag interval not null', 'queue_ticker_idle_period interval not null',
          'queue_data_pfx text not null', 'queue_event_seq text not null', 'queue_tick_seq text not null',
          'queue_extra_maint text[]', 'queue_max_retries integer'], 'queue');
select results_eq($$select * from pg_temp.columns_of('tick')$$,
    array['tick_queue integer not null', 'tick_id bigint not null', 'tick_time timestamp with time zone not null',
          'tick_snapshot pg_snapshot not null', 'tick_event_seq bigint not null'], 'tick');
select results_eq($$select * from pg_temp.columns_of('subscription', 8)$$,
    array['sub_id integer not null', 'sub_queue integer not null', 'sub_consumer integer not null', 'sub_last_tick bigint',
          'sub_active timestamp with time zone not null', 'sub_batch bigint', 'sub_next_tick bigint', 'sub_role text not null'],
    'subscription');
select results_eq($$select attname::text collate "default" from pg_attribute where attrelid = 'pgque.subscription'::regclass and attnum > 8
                     and not attisdropped and not attnotnull order by attnum$$,
    array['sub_batch_since', 'sub_takeovers'], 'subscription: age and takeovers of a window come last and may be null');
select results_eq($$select * from pg_temp.columns_of('event_template')$$,
    array['ev_id bigint not null', 'ev_time timestamp with time zone not null', 'ev_txid xid8 not null', 'ev_owner integer',
          'ev_retry integer', 'ev_type text', 'ev_data text', 'ev_extra1 text', 'ev_extra2 text', 'ev_extra3 text',
          'ev_extra4 text'], 'event_template');
select results_eq($$select * from pg_temp.columns_of('retry_queue')$$,
    array['ev_retry_after timestamp with time zone not null', 'ev_queue integer not null', 'ev_id bigint not null',
          'ev_time timestamp with time zone not null', 'ev_txid xid8', 'ev_owner integer not null', 'ev_retry integer',
          'ev_type text', 'ev_data text', 'ev_extra1 text', 'ev_extra2 text', 'ev_extra3 text', 'ev_extra4 text'], 'retry_queue');
select results_eq($$select * from pg_temp.columns_of('dead_letter')$$,
    array['dl_id bigint not null', 'dl_queue_id integer not null', 'dl_consumer_id integer not null',
          'dl_time timestamp with time zone not null', 'dl_reason text', 'ev_id bigint not null',
          'ev_time timestamp with time zone not null', 'ev_txid xid8', 'ev_retry integer', 'ev_type text', 'ev_data text',
          'ev_extra1 text', 'ev_extra2 text', 'ev_extra3 text', 'ev_extra4 text'], 'dead_letter');
select results_eq($$select * from pg_temp.columns_of('config', 6)$$,
    array['singleton boolean not null', 'ticker_job_id bigint', 'maint_job_id bigint', 'scheduler text',
          'tick_period_ms integer not null', 'installed_at timestamp with time zone not null'], 'config');
select is_empty($$select attrelid::regclass, attname from pg_attribute
                   where attrelid in ('pgque.config'::regclass, 'pgque.queue'::regclass) and not attisdropped and attnotnull
                     and attnum > case attrelid when 'pgque.config'::regclass then 6 else 19 end and not atthasdef$$,
    'whatever else we keep in config and queue does not ask for a value');

-- defaults
select matches(pg_temp.default_of('consumer', 'co_id'), 'nextval.*consumer_co_id_seq', 'co_id counts by itself');
select matches(pg_temp.default_of('queue', 'queue_id'), 'nextval.*queue_queue_id_seq', 'queue_id counts by itself');
select matches(pg_temp.default_of('subscription', 'sub_id'), 'nextval.*subscription_sub_id_seq', 'sub_id counts by itself');
select matches(pg_temp.default_of('dead_letter', 'dl_id'), 'nextval.*dead_letter_dl_id_seq', 'dl_id counts by itself');
insert into pgque.queue (queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq) values ('plain', 'p', 'e', 't');
select is(format('%s %s %s %s %s %s %s %s %s %s %s', queue_ntables, queue_cur_table, queue_rotation_period, queue_external_ticker,
                 queue_disable_insert, queue_ticker_paused, queue_ticker_max_count, queue_ticker_max_lag, queue_ticker_idle_period,
                 coalesce(queue_extra_maint::text, '-'), coalesce(queue_max_retries::text, '-')),
          '3 0 02:00:00 f f f 500 00:00:03 00:01:00 - -', 'defaults of a queue row')
  from pgque.queue where queue_name = 'plain';
select ok(queue_switch_step1 = queue_switch_step2 and queue_switch_step1 = xmin::text::bigint + (queue_switch_step1 >> 32 << 32)
          and abs(extract(epoch from clock_timestamp() - queue_switch_time)) < 60,
          'the switch columns default to the inserting transaction and its time')
  from pgque.queue where queue_name = 'plain';
insert into pgque.consumer (co_name) values ('somebody');
insert into pgque.tick (tick_queue, tick_id, tick_event_seq) select queue_id, 7, 1 from pgque.queue;
select ok(tick_snapshot is not null and clock_timestamp() - tick_time < '1 min', 'a tick row takes the snapshot and the time')
  from pgque.tick;
insert into pgque.subscription (sub_queue, sub_consumer) select queue_id, co_id from pgque.queue, pgque.consumer;
select ok(sub_role = 'normal' and sub_last_tick is null and sub_batch is null and sub_next_tick is null
          and clock_timestamp() - sub_active < '1 min', 'defaults of a subscription row') from pgque.subscription;
select is(pg_temp.default_of('event_template', 'ev_txid'), 'pg_current_xact_id()', 'ev_txid is the inserting transaction');
select is(pg_temp.default_of('retry_queue', 'ev_txid'), null, 'a retry row has no transaction of its own');
select is(pg_temp.default_of('dead_letter', 'dl_time'), 'now()', 'dl_time');
select is((select format('%s %s %s %s %s', singleton, ticker_job_id is null, maint_job_id is null, scheduler is null, tick_period_ms)
             from pgque.config), 't t t t 100', 'one configuration row from the start');
select is(pg_temp.default_of('config', 'installed_at'), 'clock_timestamp()', 'installed_at');
select is(pg_temp.default_of('config', 'singleton'), 'true', 'singleton');
select is(pg_temp.default_of('config', 'tick_period_ms'), '100', 'tick_period_ms');

-- keys, by name
select results_eq(
    $$select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) collate "default"
        from pg_constraint
       where connamespace = 'pgque'::regnamespace and contype in ('p', 'u', 'f')
         and conrelid in ('pgque.consumer'::regclass, 'pgque.queue'::regclass, 'pgque.tick'::regclass, 'pgque.subscription'::regclass,
                          'pgque.retry_queue'::regclass, 'pgque.dead_letter'::regclass, 'pgque.config'::regclass,
                          'pgque.event_template'::regclass)
         and conname not like 'dead_letter%fkey' and conrelid <> 'pgque.config'::regclass
       order by conname collate "C"$$,
    array['pgque.consumer consumer_name_uq UNIQUE (co_name)',
          'pgque.consumer consumer_pkey PRIMARY KEY (co_id)',
          'pgque.dead_letter dead_letter_pkey PRIMARY KEY (dl_id)',
          'pgque.queue queue_name_uq UNIQUE (queue_name)',
          'pgque.queue queue_pkey PRIMARY KEY (queue_id)',
          'pgque.retry_queue rq_pkey PRIMARY KEY (ev_owner, ev_id)',
          'pgque.retry_queue rq_queue_id_fkey FOREIGN KEY (ev_queue) REFERENCES pgque.queue(queue_id)',
          'pgque.subscription sub_consumer_fkey FOREIGN KEY (sub_consumer) REFERENCES pgque.consumer(co_id)',
          'pgque.subscription sub_queue_fkey FOREIGN KEY (sub_queue) REFERENCES pgque.queue(queue_id)',
          'pgque.subscription subscription_batch_idx UNIQUE (sub_batch)',
          'pgque.subscription subscription_pkey PRIMARY KEY (sub_queue, sub_consumer)',
          'pgque.tick tick_pkey PRIMARY KEY (tick_queue, tick_id)',
          'pgque.tick tick_queue_fkey FOREIGN KEY (tick_queue) REFERENCES pgque.queue(queue_id)'],
    'keys and their names');
select results_eq(
    $$select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'pgque.dead_letter'::regclass and contype = 'f'
       order by 1$$,
    array['FOREIGN KEY (dl_consumer_id) REFERENCES pgque.consumer(co_id) ON DELETE CASCADE',
          'FOREIGN KEY (dl_queue_id) REFERENCES pgque.queue(queue_id) ON DELETE CASCADE'], 'dead letters go with queue and consumer');
select results_eq($$select a.attname::text collate "default" from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
                     where c.conrelid = 'pgque.config'::regclass and c.contype = 'p'$$, array['singleton'], 'config is keyed by singleton');
select set_has($$select conname::text collate "default" from pg_constraint where contype = 'c' and connamespace = 'pgque'::regnamespace$$,
    $$values ('subscription_sub_role_check'), ('config_singleton_check'), ('config_scheduler_check'), ('config_tick_period_ms_check')$$,
    'checks and their names');
select is_empty($$select from pg_constraint where conrelid = 'pgque.event_template'::regclass and contype in ('p', 'u', 'f')$$,
    'the template has no keys');
select is_empty($$select from pg_index where indrelid = 'pgque.event_template'::regclass$$, 'the template has no indexes');

-- what the checks let pass
select throws_ok($$update pgque.subscription set sub_role = 'other'$$, '23514', null, 'no other role');
select throws_ok($$update pgque.subscription set sub_role = null$$, '23502', null, 'no null role');
select lives_ok(format($$update pgque.subscription set sub_role = %L$$, role), role || ' is a role')
  from unnest(array['coop_main', 'coop_member', 'normal']) role;
select throws_ok($$insert into pgque.config (singleton) values (false)$$, '23514', null, 'no second configuration row');
select throws_ok($$update pgque.config set scheduler = 'cron'$$, '23514', null, 'no other scheduler');
select is((select string_agg(ms::text, ' ' order by ms) from generate_series(-1, 1001) ms
            where 1000 % nullif(ms, 0) = 0 and ms between 1 and 1000
              and exists (select from pg_constraint where conname = 'config_tick_period_ms_check')),
          '1 2 4 5 8 10 20 25 40 50 100 125 200 250 500 1000', 'the divisors of 1000');
do $$
begin
    for ms in -1..1001 loop
        begin
            update pgque.config set tick_period_ms = ms;
            if ms not between 1 and 1000 or 1000 % ms <> 0 then raise exception 'period % was taken', ms; end if;
        exception when check_violation then
            if ms between 1 and 1000 and 1000 % ms = 0 then raise exception 'period % was refused', ms; end if;
        end;
    end loop;
    update pgque.config set tick_period_ms = 100;
end $$;
select pass('tick_period_ms takes the divisors of 1000 and nothing else');

-- indexes
select has_index('pgque', 'retry_queue', 'rq_retry_idx', array['ev_retry_after'], 'rq_retry_idx');
select has_index('pgque', 'dead_letter', 'dl_queue_time_idx', array['dl_queue_id', 'dl_time'], 'dl_queue_time_idx');
select has_index('pgque', 'dead_letter', 'dl_queue_consumer_ev_idx', array['dl_queue_id', 'dl_consumer_id', 'ev_id'],
    'dl_queue_consumer_ev_idx');
select index_is_unique('pgque', 'dead_letter', 'dl_queue_consumer_ev_idx', 'one dead letter per queue, consumer and event');

-- the other objects
select has_sequence('pgque', s, s) from unnest(array['batch_id_seq']) s;
select results_eq($$select * from pg_temp.columns_of('message')$$,
    array['msg_id bigint', 'batch_id bigint', 'type text', 'payload text', 'retry_count integer',
          'created_at timestamp with time zone', 'extra1 text', 'extra2 text', 'extra3 text', 'extra4 text'], 'message');
select is(relkind::text, 'c', 'message is a composite type') from pg_class where oid = 'pgque.message'::regclass;

select * from finish();
