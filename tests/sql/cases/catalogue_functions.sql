-- SPDX-License-Identifier: GPL-3.0-or-later
-- Every routine of the default install: arguments with names and defaults, result, security, volatility, and who may call it.
-- definer, volatility and strict are null where either is fine. Grants: R reader, W writer, A admin; '' is the owner alone.
create table public.expected (name text, arguments text, columns text, returns text, definer boolean, volatility text, grants text,
    strict boolean);
insert into public.expected values
    ('send', 'queue_name text, payload jsonb', null, 'bigint', true, 'v', 'WA', false),
    ('send', 'queue_name text, payload text', null, 'bigint', true, 'v', 'WA', false),
    ('send', 'queue_name text, type_name text, payload jsonb', null, 'bigint', true, 'v', 'WA', false),
    ('send', 'queue_name text, type_name text, payload text', null, 'bigint', true, 'v', 'WA', false),
    ('send_batch', 'queue_name text, payloads jsonb[]', null, 'bigint[]', true, 'v', 'WA', false),
    ('send_batch', 'queue_name text, payloads text[]', null, 'bigint[]', true, 'v', 'WA', false),
    ('send_batch', 'queue_name text, type_name text, payloads jsonb[]', null, 'bigint[]', true, 'v', 'WA', false),
    ('send_batch', 'queue_name text, type_name text, payloads text[]', null, 'bigint[]', true, 'v', 'WA', false),
    ('insert_event_bulk', 'queue_name text, ev_type text, ev_data_list text[]', null, 'bigint[]', true, 'v', '', false),
    ('insert_event', 'queue_name text, ev_type text, ev_data text', null, 'bigint', false, 'v', 'WA', false),
    ('insert_event', 'queue_name text, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text', null, 'bigint', true, 'v', 'WA', false),
    ('insert_event_raw', 'queue_name text, ev_id bigint, ev_time timestamp with time zone, ev_owner integer, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text', null, 'bigint', false, 'v', 'A', false),
    ('current_event_table', 'x_queue_name text', null, 'text', false, 'v', 'A', false),
    ('register_consumer', 'x_queue_name text, x_consumer_id text', null, 'integer', true, 'v', 'RA', false),
    ('register_consumer_at', 'x_queue_name text, x_consumer_name text, x_tick_pos bigint', null, 'integer', true, 'v', 'RA', false),
    ('unregister_consumer', 'x_queue_name text, x_consumer_name text', null, 'integer', true, 'v', 'RA', false),
    ('subscribe', 'queue text, consumer text', null, 'integer', true, 'v', 'RA', false),
    ('unsubscribe', 'queue text, consumer text', null, 'integer', true, 'v', 'RA', false),
    ('next_batch_custom', 'i_queue_name text, i_consumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval', 'batch_id bigint, cur_tick_id bigint, prev_tick_id bigint, cur_tick_time timestamp with time zone, prev_tick_time timestamp with time zone, cur_tick_event_seq bigint, prev_tick_event_seq bigint', 'record', true, 'v', 'RA', false),
    ('next_batch_info', 'i_queue_name text, i_consumer_name text', 'batch_id bigint, cur_tick_id bigint, prev_tick_id bigint, cur_tick_time timestamp with time zone, prev_tick_time timestamp with time zone, cur_tick_event_seq bigint, prev_tick_event_seq bigint', 'record', false, 'v', 'RA', false),
    ('next_batch', 'i_queue_name text, i_consumer_name text', null, 'bigint', false, 'v', 'RA', false),
    ('get_batch_events', 'x_batch_id bigint', 'ev_id bigint, ev_time timestamp with time zone, ev_txid bigint, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text', 'setof record', null, 'v', 'RA', false),
    ('get_batch_cursor', 'i_batch_id bigint, i_cursor_name text, i_quick_limit integer', 'ev_id bigint, ev_time timestamp with time zone, ev_txid bigint, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text', 'setof record', false, 'v', 'A', true),
    ('get_batch_cursor', 'i_batch_id bigint, i_cursor_name text, i_quick_limit integer, i_extra_where text', 'ev_id bigint, ev_time timestamp with time zone, ev_txid bigint, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text', 'setof record', false, 'v', 'A', null),
    ('finish_batch', 'x_batch_id bigint', null, 'integer', true, 'v', 'RA', false),
    ('receive', 'i_queue text, i_consumer text, i_max_return integer DEFAULT 100', null, 'setof pgque.message', true, 'v', 'RA', false),
    ('ack', 'i_batch_id bigint', null, 'integer', true, 'v', 'RA', false),
    ('nack', 'i_batch_id bigint, i_msg pgque.message, i_retry_after interval DEFAULT ''00:01:00''::interval, i_reason text DEFAULT NULL::text', null, 'integer', true, 'v', 'RA', false),
    ('event_retry', 'x_batch_id bigint, x_event_id bigint, x_retry_time timestamp with time zone', null, 'integer', true, 'v', 'RA', false),
    ('event_retry', 'x_batch_id bigint, x_event_id bigint, x_retry_seconds integer', null, 'integer', true, 'v', 'RA', false),
    ('batch_retry', 'i_batch_id bigint, i_retry_seconds integer', null, 'integer', true, 'v', 'A', false),
    ('event_retry_raw', 'x_queue text, x_consumer text, x_retry_after timestamp with time zone, x_ev_id bigint, x_ev_time timestamp with time zone, x_ev_retry integer, x_ev_type text, x_ev_data text, x_ev_extra1 text, x_ev_extra2 text, x_ev_extra3 text, x_ev_extra4 text', null, 'bigint', true, 'v', 'A', false),
    ('find_tick_helper', 'i_queue_id integer, i_prev_tick_id bigint, i_prev_tick_time timestamp with time zone, i_prev_tick_seq bigint, i_min_count bigint, i_min_interval interval', 'next_tick_id bigint, next_tick_time timestamp with time zone, next_tick_seq bigint', 'record', false, 's', 'A', false),
    ('register_subconsumer', 'i_queue text, i_consumer text, i_subconsumer text, i_convert_normal boolean DEFAULT false', null, 'integer', true, 'v', 'RA', false),
    ('subscribe_subconsumer', 'i_queue text, i_consumer text, i_subconsumer text, i_convert_normal boolean DEFAULT false', null, 'integer', true, 'v', 'RA', false),
    ('unregister_subconsumer', 'i_queue text, i_consumer text, i_subconsumer text, i_batch_handling integer DEFAULT 0', null, 'integer', true, 'v', 'RA', false),
    ('unsubscribe_subconsumer', 'i_queue text, i_consumer text, i_subconsumer text, i_batch_handling integer DEFAULT 0', null, 'integer', true, 'v', 'RA', false),
    ('touch_subconsumer', 'i_queue text, i_consumer text, i_subconsumer text', null, 'integer', true, 'v', 'RA', false),
    ('next_batch', 'i_queue text, i_consumer text, i_subconsumer text, i_dead_interval interval DEFAULT NULL::interval', null, 'bigint', true, 'v', 'RA', false),
    ('next_batch_custom', 'i_queue text, i_consumer text, i_subconsumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval DEFAULT NULL::interval', 'batch_id bigint, prev_tick_id bigint, next_tick_id bigint', 'record', true, 'v', 'RA', false),
    ('receive_coop', 'i_queue text, i_consumer text, i_subconsumer text, i_max_return integer DEFAULT 100, i_dead_interval interval DEFAULT NULL::interval', null, 'setof pgque.message', true, 'v', 'RA', false),
    ('create_queue', 'i_queue_name text', null, 'integer', true, 'v', 'A', false),
    ('drop_queue', 'x_queue_name text, x_force boolean', null, 'integer', true, 'v', 'A', false),
    ('drop_queue', 'x_queue_name text', null, 'integer', false, 'v', 'A', true),
    ('set_queue_config', 'x_queue_name text, x_param_name text, x_param_value text', null, 'integer', true, 'v', 'A', false),
    ('grant_perms', 'x_queue_name text', null, 'integer', true, 'v', 'A', false),
    ('ticker', '', null, 'bigint', true, 'v', 'A', false),
    ('ticker', 'i_queue_name text', null, 'bigint', true, 'v', 'A', false),
    ('ticker', 'i_queue_name text, i_tick_id bigint, i_orig_timestamp timestamp with time zone, i_event_seq bigint', null, 'bigint', true, 'v', 'A', false),
    ('force_tick', 'i_queue_name text', null, 'bigint', true, 'v', 'A', false),
    ('force_next_tick', 'i_queue_name text', null, 'bigint', true, 'v', 'A', false),
    ('maint', '', null, 'integer', true, 'v', 'A', false),
    ('maint_operations', '', 'func_name text, func_arg text', 'setof record', false, 'v', 'A', false),
    ('maint_retry_events', '', null, 'integer', false, 'v', 'A', false),
    ('maint_rotate_tables_step1', 'i_queue_name text', null, 'integer', false, 'v', 'A', false),
    ('maint_rotate_tables_step2', '', null, 'integer', false, 'v', 'A', false),
    ('maint_tables_to_vacuum', '', null, 'setof text', false, 'v', 'A', false),
    ('quote_fqname', 'i_name text', null, 'text', false, 'i', 'A', true),
    ('start', '', null, 'void', true, 'v', 'A', false),
    ('stop', '', null, 'void', true, 'v', 'A', false),
    ('start_timetable', 'i_ticks_per_second integer DEFAULT 10', null, 'void', true, 'v', 'A', false),
    ('stop_timetable', '', null, 'void', true, 'v', 'A', false),
    ('set_tick_period_ms', 'p_period_ms integer', null, 'integer', true, 'v', 'A', false),
    ('status', '', 'component text, status text, detail text', 'setof record', true, 'v', 'A', false),
    ('uninstall', '', null, 'void', true, 'v', '', false),
    ('upgrade_schema', '', null, 'integer', null, 'v', 'A', false),
    ('version', '', null, 'text', true, null, 'RA', false),
    ('get_queue_info', '', 'queue_name text, queue_ntables integer, queue_cur_table integer, queue_rotation_period interval, queue_switch_time timestamp with time zone, queue_external_ticker boolean, queue_ticker_paused boolean, queue_ticker_max_count integer, queue_ticker_max_lag interval, queue_ticker_idle_period interval, ticker_lag interval, ev_per_sec double precision, ev_new bigint, last_tick_id bigint', 'setof record', null, 'v', 'RA', false),
    ('get_queue_info', 'i_queue_name text', 'queue_name text, queue_ntables integer, queue_cur_table integer, queue_rotation_period interval, queue_switch_time timestamp with time zone, queue_external_ticker boolean, queue_ticker_paused boolean, queue_ticker_max_count integer, queue_ticker_max_lag interval, queue_ticker_idle_period interval, ticker_lag interval, ev_per_sec double precision, ev_new bigint, last_tick_id bigint', 'setof record', null, 'v', 'RA', false),
    ('get_consumer_info', '', 'queue_name text, consumer_name text, lag interval, last_seen interval, last_tick bigint, current_batch bigint, next_tick bigint, pending_events bigint', 'setof record', true, 'v', 'RA', false),
    ('get_consumer_info', 'i_queue_name text', 'queue_name text, consumer_name text, lag interval, last_seen interval, last_tick bigint, current_batch bigint, next_tick bigint, pending_events bigint', 'setof record', true, 'v', 'RA', false),
    ('get_consumer_info', 'i_queue_name text, i_consumer_name text', 'queue_name text, consumer_name text, lag interval, last_seen interval, last_tick bigint, current_batch bigint, next_tick bigint, pending_events bigint', 'setof record', true, 'v', 'RA', false),
    ('get_batch_info', 'x_batch_id bigint', 'queue_name text, consumer_name text, batch_start timestamp with time zone, batch_end timestamp with time zone, prev_tick_id bigint, tick_id bigint, lag interval, seq_start bigint, seq_end bigint', 'setof record|record', true, 'v', 'RA', false),
    ('event_dead', 'i_batch_id bigint, i_event_id bigint, i_reason text, i_ev_time timestamp with time zone, i_ev_txid xid8, i_ev_retry integer, i_ev_type text, i_ev_data text, i_ev_extra1 text DEFAULT NULL::text, i_ev_extra2 text DEFAULT NULL::text, i_ev_extra3 text DEFAULT NULL::text, i_ev_extra4 text DEFAULT NULL::text', null, 'integer', true, 'v', 'A', false),
    ('dlq_inspect', 'i_queue_name text, i_limit_count integer DEFAULT 100', null, 'setof pgque.dead_letter', true, 'v', 'RA', false),
    ('dlq_replay', 'i_dead_letter_id bigint', null, 'bigint', true, 'v', 'WA', false),
    ('dlq_replay_all', 'i_queue_name text', 'replayed bigint, failed bigint, first_error text', 'record', true, 'v', 'WA', false),
    ('dlq_purge', 'i_queue_name text, i_older_than interval DEFAULT ''30 days''::interval', null, 'integer', true, 'v', 'A', false),
    ('jsontriga', '', null, 'trigger', false, 'v', 'A', false),
    ('logutriga', '', null, 'trigger', false, 'v', 'A', false),
    ('sqltriga', '', null, 'trigger', false, 'v', 'A', false),
    ('_urlencode', 'val text', null, 'text', false, 'i', 'A', true);

select plan((select 5 * count(*)::int from public.expected) + 15);

select ok(r.oid is not null, format('%s(%s) exists', e.name, e.arguments))
  from public.expected e left join suite.routine r using (name, arguments) order by name, arguments;
select is(r.returns || coalesce(' (' || r.columns || ')', ''),
          case when r.returns = any(string_to_array(e.returns, '|')) then r.returns else e.returns end
          || coalesce(' (' || e.columns || ')', ''), format('%s(%s) returns', e.name, e.arguments))
  from public.expected e left join suite.routine r using (name, arguments) order by name, arguments;
select ok((r.definer = e.definer or (e.definer is null and r.oid is not null))
          and (not r.definer or array_to_string(r.settings, '|') ~ 'search_path=pgque, pg_catalog'),
          format('%s(%s) runs as %s', e.name, e.arguments,
                 case e.definer when true then 'its owner, search path pinned' when false then 'its caller' else 'either' end))
  from public.expected e left join suite.routine r using (name, arguments) order by name, arguments;
select ok((r.volatility = e.volatility or (e.volatility is null and r.oid is not null))
          and (r.strict = e.strict or (e.strict is null and r.oid is not null)),
          format('%s(%s) volatility %s, strict %s', e.name, e.arguments, coalesce(e.volatility, 'any'), coalesce(e.strict::text, 'any')))
  from public.expected e left join suite.routine r using (name, arguments) order by name, arguments;
select is(case when has_function_privilege('pgque_reader', r.oid, 'execute') then 'R' else '' end
          || case when has_function_privilege('pgque_writer', r.oid, 'execute') then 'W' else '' end
          || case when has_function_privilege('pgque_admin', r.oid, 'execute') then 'A' else '' end
          || case when r.public then ' public' else '' end,
          e.grants, format('%s(%s) may be called by', e.name, e.arguments))
  from public.expected e left join suite.routine r using (name, arguments) order by name, arguments;

-- the whole schema, helpers of ours included
select is_empty($$select name, arguments from suite.routine where public$$, 'nothing is executable by PUBLIC');
select is_empty($$select name, arguments from suite.routine
                   where definer and not coalesce(settings::text like '%search_path=%', false)$$,
    'whatever runs as its owner pins the search path');
select is_empty($$select name, arguments, settings from suite.routine
                   where definer and array_to_string(settings, ' ') ~ 'search_path=[^ ]*(public|\$user)'$$,
    'no pinned path leads through a schema that others can write to');
select is_empty($$select name from suite.routine where arguments like '%,%' and not (name, arguments) in (select name, arguments from expected)
                   and name in (select name from expected) and name not in ('nack')$$,
    'no further overload stands beside the known ones');
select ok(pg_get_functiondef(oid) !~* 'copyright', 'no foreign notices') from suite.routine where name = 'ticker' and arguments = '';

-- names outside the table
select is(kind, 'p', 'ticker_loop is a procedure') from suite.routine where name = 'ticker_loop' and arguments = '';
select is(definer, false, 'ticker_loop runs as its caller, so that it may commit') from suite.routine where name = 'ticker_loop';
select is(has_function_privilege('pgque_admin', oid, 'execute') and not has_function_privilege('pgque_reader', oid, 'execute')
          and not has_function_privilege('pgque_writer', oid, 'execute'), true, 'ticker_loop is for the admin')
  from suite.routine where name = 'ticker_loop';
select is((select count(*)::int from suite.routine where name = 'nack_batch'), 1, 'nack_batch, ours');
select is((select string_agg(format('%s %s', n, format_type(t, null)), ', ' order by o)
             from pg_proc, unnest(proargnames, proallargtypes, proargmodes::text[]) with ordinality as a(n, t, m, o)
            where oid = 'pgque.nack_batch'::regproc and m in ('o', 't') and n in ('retried', 'dead')) ~ '^retried (int|bigint).*, dead (int|bigint)',
          true, 'nack_batch tells how many were retried and how many are dead');
select is(has_function_privilege('pgque_reader', 'pgque.nack_batch'::regproc::oid, 'execute')
          and not has_function_privilege('pgque_writer', 'pgque.nack_batch'::regproc::oid, 'execute'), true,
          'nack_batch is for whoever may nack');
select is((select definer from suite.routine where name = 'nack_batch'), true, 'nack_batch runs as its owner');
select has_function('pgque', 'origin', 'the schema tells where it comes from');
select isnt(obj_description('pgque'::regnamespace, 'pg_namespace'), null, 'the schema carries a comment as its mark');
select is((select count(*)::int from suite.routine r
            where r.name in ('register_subconsumer', 'subscribe_subconsumer', 'unregister_subconsumer', 'unsubscribe_subconsumer',
                             'touch_subconsumer', 'receive_coop')
               or (r.name in ('next_batch', 'next_batch_custom') and r.arguments like '%i_subconsumer%')), 8,
          'eight cooperative routines');

select * from finish();
