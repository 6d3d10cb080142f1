-- SPDX-License-Identifier: Apache-2.0
-- Dead letters: events that a consumer gave up on.

create or replace function pgque.event_dead(
    i_batch_id bigint, i_event_id bigint, i_reason text, i_ev_time timestamptz, i_ev_txid xid8, i_ev_retry int4,
    i_ev_type text, i_ev_data text, i_ev_extra1 text default null, i_ev_extra2 text default null,
    i_ev_extra3 text default null, i_ev_extra4 text default null)
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_sub pgque.subscription := pgque._lock_batch(i_batch_id);
begin
    if v_sub.sub_id is null then
        raise exception 'batch not found: %', i_batch_id;
    end if;
    insert into pgque.dead_letter (
           dl_queue_id, dl_consumer_id, dl_reason, ev_id, ev_time, ev_txid, ev_retry,
           ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
    values (v_sub.sub_queue, pgque._dead_letter_consumer(v_sub), i_reason, i_event_id, i_ev_time, i_ev_txid, i_ev_retry,
            i_ev_type, i_ev_data, i_ev_extra1, i_ev_extra2, i_ev_extra3, i_ev_extra4)
        on conflict (dl_queue_id, dl_consumer_id, ev_id) do nothing;
    return 1;
end
$$;

create or replace function pgque.dlq_inspect(i_queue_name text, i_limit_count int4 default 100)
returns setof pgque.dead_letter
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return query
    select d.*
      from pgque.dead_letter d
      join pgque.queue q on q.queue_id = d.dl_queue_id
     where q.queue_name = i_queue_name
     order by d.dl_time desc, d.dl_id desc
     limit i_limit_count;
end
$$;

-- A new event for everybody, with a new id and no retries behind it. The lock keeps a second session from sending the
-- same letter again.
create or replace function pgque.dlq_replay(i_dead_letter_id bigint)
returns bigint
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_letter pgque.dead_letter;
    v_queue text;
    v_id bigint;
begin
    select d.* into v_letter from pgque.dead_letter d where d.dl_id = i_dead_letter_id for update;
    if not found then
        raise exception 'dead letter entry not found: %', i_dead_letter_id;
    end if;
    select q.queue_name into v_queue from pgque.queue q where q.queue_id = v_letter.dl_queue_id;
    v_id := pgque.insert_event(v_queue, v_letter.ev_type, v_letter.ev_data, v_letter.ev_extra1, v_letter.ev_extra2,
                               v_letter.ev_extra3, v_letter.ev_extra4);
    delete from pgque.dead_letter d where d.dl_id = i_dead_letter_id;
    return v_id;
end
$$;

-- Each letter in a subtransaction of its own: one that can't be sent does not hold back the others. Letters that
-- another session is just replaying are left to it.
create or replace function pgque.dlq_replay_all(
    i_queue_name text, out replayed bigint, out failed bigint, out first_error text)
returns record
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_id bigint;
begin
    replayed := 0;
    failed := 0;
    for v_id in
        select d.dl_id
          from pgque.dead_letter d
          join pgque.queue q on q.queue_id = d.dl_queue_id
         where q.queue_name = i_queue_name
         order by d.dl_id
    loop
        begin
            perform 1 from pgque.dead_letter d where d.dl_id = v_id for update skip locked;
            if found then
                perform pgque.dlq_replay(v_id);
                replayed := replayed + 1;
            end if;
        exception when others then
            failed := failed + 1;
            first_error := coalesce(first_error, 'dl_id=' || v_id || ': ' || sqlerrm);
            raise warning 'dlq_replay_all: dl_id=%: %', v_id, sqlerrm;
        end;
    end loop;
end
$$;

create or replace function pgque.dlq_purge(i_queue_name text, i_older_than interval default '30 days')
returns int4
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
declare
    v_rows int4;
begin
    delete from pgque.dead_letter d
     using pgque.queue q
     where q.queue_id = d.dl_queue_id and q.queue_name = i_queue_name and d.dl_time < now() - i_older_than;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;
