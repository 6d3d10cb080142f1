-- SPDX-License-Identifier: Apache-2.0
-- Producing. Higher priorities are claimed first, inside a priority first in first out.

-- Errors before anything is written; answers what every sender checks.
create or replace function workqueue._check_send(p_queue text, p_priority integer, p_delay double precision)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(p_queue, '') = '' then
        raise exception 'a message needs the name of a queue' using errcode = 'invalid_parameter_value';
    end if;
    if p_priority is null or p_priority not between 1 and 10 then
        raise exception 'priority must be between 1 and 10 (got %)', coalesce(p_priority::text, '<NULL>')
            using errcode = 'invalid_parameter_value';
    end if;
    if p_delay is null or p_delay = 'NaN' or p_delay > 1e9 then
        raise exception 'delay must be a number of seconds (got %)', coalesce(p_delay::text, '<NULL>')
            using errcode = 'invalid_parameter_value';
    end if;
end
$$;

-- One message; answers its id. A delay above zero makes it scheduled: not before that, and then with the next promotion.
create or replace function workqueue.send(
    queue text, payload jsonb, priority integer default 5, org text default '', delay double precision default 0)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_id bigint;
begin
    perform workqueue._check_send(queue, priority, delay);
    if payload is null then
        raise exception 'a message needs a payload' using errcode = 'null_value_not_allowed';
    end if;
    insert into workqueue.pg_queue_message (queue_name, message, org_id, enqueued_at, vt, priority, state, available_at)
    values (send.queue, send.payload, coalesce(send.org, ''), v_now, v_now, send.priority,
            case when send.delay > 0 then 'scheduled' else 'ready' end,
            v_now + make_interval(secs => greatest(send.delay, 0)))
    returning msg_id into v_id;
    return v_id;
end
$$;

-- Many messages in one statement; the ids come in the order of the payloads, and so does first in first out.
create or replace function workqueue.send_many(
    queue text, payloads jsonb[], priority integer default 5, org text default '', delay double precision default 0)
returns setof bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_ids bigint[];
begin
    perform workqueue._check_send(queue, priority, delay);
    if payloads is null or array_position(payloads, null) is not null then
        raise exception 'a message needs a payload' using errcode = 'null_value_not_allowed';
    end if;
    v_ids := array(select nextval('workqueue.pg_queue_message_msg_id_seq'::regclass)
                     from generate_series(1, cardinality(payloads)));
    insert into workqueue.pg_queue_message
           (msg_id, queue_name, message, org_id, enqueued_at, vt, priority, state, available_at)
    select m.id, send_many.queue, m.payload, coalesce(send_many.org, ''), v_now, v_now, send_many.priority,
           case when send_many.delay > 0 then 'scheduled' else 'ready' end,
           v_now + make_interval(secs => greatest(send_many.delay, 0))
      from rows from (unnest(v_ids), unnest(payloads)) m(id, payload);
    return query select unnest(v_ids);
end
$$;
