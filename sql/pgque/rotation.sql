-- SPDX-License-Identifier: Apache-2.0
-- Rotation: the oldest event table is emptied and becomes the current one, in two steps and two transactions.

create or replace function pgque.maint_rotate_tables_step1(i_queue_name text)
returns int4
language plpgsql
as $$
declare
    v_queue pgque.queue;
    v_xid bigint;
    v_low bigint;
    v_low_xmin bigint;
    v_next int4;
    v_table text;
begin
    -- Nothing waits here: the rows of queues rotated before in this transaction are already locked.
    select q.* into v_queue
      from pgque.queue q
     where q.queue_name = i_queue_name
       and q.queue_switch_step2 is not null
       and q.queue_switch_time + q.queue_rotation_period < now()
       for update skip locked;
    if not found then
        return 0;
    end if;

    v_xid := pgque._xid(pg_catalog.pg_current_xact_id());
    if v_xid < v_queue.queue_switch_step1 then
        raise exception 'queue % maint failure: step1=%, current=%', i_queue_name, v_queue.queue_switch_step1, v_xid;
    end if;

    -- Somebody may still need the table that would be emptied.
    select pg_catalog.min(s.sub_last_tick) into v_low from pgque.subscription s where s.sub_queue = v_queue.queue_id;
    if v_low is not null then
        select pgque._xid(pg_catalog.pg_snapshot_xmin(t.tick_snapshot)) into v_low_xmin
          from pgque.tick t
         where t.tick_queue = v_queue.queue_id and t.tick_id = v_low;
        if not found then
            raise exception 'queue % maint failure: tick % not found', i_queue_name, v_low;
        end if;
        if v_low_xmin <= v_queue.queue_switch_step2 then
            return 0;
        end if;
    end if;

    v_next := (v_queue.queue_cur_table + 1) % v_queue.queue_ntables;
    v_table := pgque.quote_fqname(v_queue.queue_data_pfx || '_' || v_next);
    begin
        execute 'lock table ' || v_table || ' in access exclusive mode nowait';
        execute 'truncate table ' || v_table;
    exception when lock_not_available then
        return 0; -- a reader, a backup; the next round tries again
    end;

    update pgque.queue
       set queue_cur_table = v_next,
           queue_switch_time = now(),
           queue_switch_step1 = v_xid,
           queue_switch_step2 = null
     where queue_id = v_queue.queue_id;
    delete from pgque.tick t
     where t.tick_queue = v_queue.queue_id
       and pgque._xid(pg_catalog.pg_snapshot_xmin(t.tick_snapshot)) < v_queue.queue_switch_step2;
    return 0;
end
$$;

-- Readers leave the previous table out once every writer that may have used it is in the past: once their tick's xmin
-- is above the id recorded here. So this id must be assigned after step one was seen committed; a transaction that
-- already has an id may be older than that, and an event committed meanwhile would never be read.
create or replace function pgque.maint_rotate_tables_step2()
returns int4
language plpgsql
as $$
declare
    v_queues int4[];
    v_steps bigint[];
begin
    if pg_catalog.pg_current_xact_id_if_assigned() is not null then
        return 0;
    end if;
    select pg_catalog.array_agg(q.queue_id), pg_catalog.array_agg(q.queue_switch_step1) into v_queues, v_steps
      from pgque.queue q
     where q.queue_switch_step2 is null;
    if v_queues is null then
        return 0;
    end if;
    perform pg_catalog.pg_current_xact_id();
    -- Only the rotations seen above: one that committed since then may be younger than the id. A row that somebody
    -- holds is left for the next round.
    update pgque.queue q
       set queue_switch_step2 = pgque._xid(pg_catalog.pg_current_xact_id())
     where q.queue_id in (
               select l.queue_id
                 from pgque.queue l
                 join rows from (pg_catalog.unnest(v_queues), pg_catalog.unnest(v_steps)) d(queue_id, step1)
                   on l.queue_id = d.queue_id and l.queue_switch_step1 = d.step1
                where l.queue_switch_step2 is null
                  for no key update of l skip locked);
    return 0;
end
$$;
