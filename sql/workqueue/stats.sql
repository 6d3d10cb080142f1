-- SPDX-License-Identifier: Apache-2.0
-- Looking. Each reads by an index, counts up to a cap, and costs with the number of queues or of rows in flight, not with the
-- rows that wait; none reads a payload or a barrier's results.

-- Every queue that has anything, by loose scans.
create or replace function workqueue.stats_queue_names()
returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive ready(name) as (
        (select m.queue_name from workqueue.pg_queue_message m where m.state = 'ready' order by m.queue_name limit 1)
        union all
        select (select m.queue_name from workqueue.pg_queue_message m
                 where m.state = 'ready' and m.queue_name > r.name order by m.queue_name limit 1)
          from ready r where r.name is not null
    ), claimed(name) as (
        (select m.queue_name from workqueue.pg_queue_message m where m.state = 'claimed' order by m.queue_name limit 1)
        union all
        select (select m.queue_name from workqueue.pg_queue_message m
                 where m.state = 'claimed' and m.queue_name > c.name order by m.queue_name limit 1)
          from claimed c where c.name is not null
    ), scheduled(name) as (
        (select m.queue_name from workqueue.pg_queue_message m where m.state = 'scheduled' order by m.queue_name limit 1)
        union all
        select (select m.queue_name from workqueue.pg_queue_message m
                 where m.state = 'scheduled' and m.queue_name > s.name order by m.queue_name limit 1)
          from scheduled s where s.name is not null
    )
    select name from ready where name is not null
    union select name from claimed where name is not null
    union select name from scheduled where name is not null
    union select q.queue_name from workqueue.queue_setting q
    order by 1
$$;

-- Ready messages by queue and priority, counted up to the cap, with the head of each band.
create or replace function workqueue.stats_bands(cap integer default 1000)
returns table (queue_name text, priority smallint, ready bigint, capped boolean, head_msg_id bigint,
               head_enqueued_at timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive q(name) as (
        (select m.queue_name from workqueue.pg_queue_message m where m.state = 'ready' order by m.queue_name limit 1)
        union all
        select (select m.queue_name from workqueue.pg_queue_message m
                 where m.state = 'ready' and m.queue_name > q.name order by m.queue_name limit 1)
          from q where q.name is not null
    )
    select q.name, p.priority::smallint, least(d.n, cap), d.n > cap, h.msg_id, h.enqueued_at
      from q
     cross join generate_series(10, 1, -1) p(priority)
     cross join lateral (
        select count(*) as n
          from (select 1 from workqueue.pg_queue_message m
                 where m.state = 'ready' and m.queue_name = q.name and m.priority = p.priority
                 limit cap + 1) z) d
     cross join lateral (
        select m.msg_id, m.enqueued_at from workqueue.pg_queue_message m
         where m.state = 'ready' and m.queue_name = q.name and m.priority = p.priority
         order by m.msg_id limit 1) h
     where q.name is not null
$$;

-- Leases by queue: held, lapsed (waiting for maint()), the worst lapse, the next to come.
create or replace function workqueue.stats_in_flight()
returns table (queue_name text, claimed bigint, lapsed bigint, worst_lapse interval, next_lapse timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select m.queue_name, count(*), count(*) filter (where m.vt <= clock_timestamp()),
           max(clock_timestamp() - m.vt) filter (where m.vt <= clock_timestamp()),
           min(m.vt) filter (where m.vt > clock_timestamp())
      from workqueue.pg_queue_message m
     where m.state = 'claimed'
     group by m.queue_name
     order by m.queue_name
$$;

-- Delayed messages by queue; overdue ones wait for maint().
create or replace function workqueue.stats_delayed(cap integer default 10000)
returns table (queue_name text, scheduled bigint, capped boolean, overdue bigint, next_due timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive q(name) as (
        (select m.queue_name from workqueue.pg_queue_message m where m.state = 'scheduled' order by m.queue_name limit 1)
        union all
        select (select m.queue_name from workqueue.pg_queue_message m
                 where m.state = 'scheduled' and m.queue_name > q.name order by m.queue_name limit 1)
          from q where q.name is not null
    )
    select q.name, least(d.n, cap), d.n > cap, o.n, h.available_at
      from q
     cross join lateral (
        select count(*) as n from (select 1 from workqueue.pg_queue_message m
                                    where m.state = 'scheduled' and m.queue_name = q.name limit cap + 1) z) d
     cross join lateral (
        select count(*) as n from (select 1 from workqueue.pg_queue_message m
                                    where m.state = 'scheduled' and m.queue_name = q.name
                                      and m.available_at <= clock_timestamp() limit cap) z) o
     cross join lateral (
        select m.available_at from workqueue.pg_queue_message m
         where m.state = 'scheduled' and m.queue_name = q.name order by m.available_at limit 1) h
     where q.name is not null
$$;

-- How often messages were claimed that were claimed more than once.
create or replace function workqueue.stats_reads()
returns table (queue_name text, read_ct integer, messages bigint)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select m.queue_name, m.read_ct, count(*)
      from workqueue.pg_queue_message m
     where m.read_ct >= 2
     group by m.queue_name, m.read_ct
     order by m.queue_name, m.read_ct
$$;

-- Messages claimed more often than their queue allows (5 where nothing is set).
create or replace function workqueue.stats_poison(max_rows integer default 200)
returns table (msg_id bigint, queue_name text, priority smallint, state text, read_ct integer, max_attempts integer,
               last_error text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select m.msg_id, m.queue_name, m.priority, m.state, m.read_ct, coalesce(s.max_attempts, 5), m.last_error
      from workqueue.pg_queue_message m
      left join workqueue.queue_setting s on s.queue_name = m.queue_name
     where m.read_ct >= 2 and m.read_ct > coalesce(s.max_attempts, 5)
     order by m.read_ct desc, m.msg_id
     limit max_rows
$$;

-- One row per queue with what an operator asks first.
create or replace function workqueue.stats_queues(cap integer default 1000)
returns table (queue_name text, ready bigint, ready_capped boolean, oldest_ready timestamptz, claimed bigint, lapsed bigint,
               worst_lapse interval, scheduled bigint, overdue bigint, next_due timestamptz, poison bigint, dead bigint,
               paused boolean)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select n.name, coalesce(b.ready, 0), coalesce(b.capped, false), b.oldest,
           coalesce(f.claimed, 0), coalesce(f.lapsed, 0), f.worst_lapse,
           coalesce(d.scheduled, 0), coalesce(d.overdue, 0), d.next_due,
           (select count(*) from workqueue.pg_queue_message m
             where m.queue_name = n.name and m.read_ct >= 2 and m.read_ct > coalesce(s.max_attempts, 5)),
           (select count(*) from (select 1 from workqueue.dead_letter l where l.queue_name = n.name limit cap) z),
           coalesce(s.paused and (s.paused_until is null or s.paused_until > clock_timestamp()), false)
      from workqueue.stats_queue_names() n(name)
      left join (select x.queue_name, sum(x.ready)::bigint as ready, bool_or(x.capped) as capped,
                        min(x.head_enqueued_at) as oldest
                   from workqueue.stats_bands(cap) x group by x.queue_name) b on b.queue_name = n.name
      left join workqueue.stats_in_flight() f on f.queue_name = n.name
      left join workqueue.stats_delayed() d on d.queue_name = n.name
      left join workqueue.queue_setting s on s.queue_name = n.name
     order by n.name
$$;

-- Barriers, the longest without progress first. Finished-not-finalised may be a lost callback or a delete that failed.
create or replace function workqueue.stats_barriers(stuck_s double precision default 9000, max_rows integer default 500)
returns table (execution_id text, organization_id text, epoch bigint, remaining integer, total integer, class text,
               created_at timestamptz, last_progress_at timestamptz, expires_at timestamptz, markers bigint)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select b.execution_id, b.organization_id, b.epoch, b.remaining, b.total,
           case when b.remaining < 0 then 'over-decremented'
                when b.remaining = 0 then 'finished, not finalised'
                when b.expires_at < clock_timestamp() then 'expired'
                when b.last_progress_at < clock_timestamp() - make_interval(secs => stuck_s) then 'stuck'
                when b.organization_id = '' then 'running, no organization'
                else 'running' end,
           b.created_at, b.last_progress_at, b.expires_at,
           (select count(*) from workqueue.pg_batch_dedup d where d.execution_id = b.execution_id)
      from workqueue.pg_barrier_state b
     order by b.last_progress_at
     limit max_rows
$$;

-- One execution, batch by batch: what its marker and its message say. On demand: finding the messages reads the queue.
create or replace function workqueue.stats_barrier(exec text)
returns table (batch_index integer, verdict text, marked_at timestamptz, finished_at timestamptz, msg_id bigint,
               message_state text, lease_until timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with run as (
        select b.execution_id, coalesce(b.total, b.remaining + jsonb_array_length(b.results)) as total
          from workqueue.pg_barrier_state b
         where b.execution_id = exec
    ), headers as (
        select (m.message #>> '{kwargs,_barrier_context,batch_index}')::integer as batch_index, m.msg_id, m.state, m.vt
          from workqueue.pg_queue_message m
         where m.message #>> '{kwargs,_barrier_context,execution_id}' = exec
           and m.message #>> '{kwargs,_barrier_context,batch_index}' ~ '^\d{1,9}$'
    )
    select g.i,
           case when d.finished_at is not null then 'done'
                when d.id is not null and h.state = 'claimed' and h.vt > clock_timestamp() then 'running'
                when d.id is not null then 'lost'
                when h.msg_id is not null then 'not started'
                else 'header missing' end,
           d.created_at, d.finished_at, h.msg_id, h.state, case when h.state = 'claimed' then h.vt end
      from run r
     cross join generate_series(0, r.total - 1) g(i)
      left join workqueue.pg_batch_dedup d on d.execution_id = r.execution_id and d.batch_index = g.i
      left join headers h on h.batch_index = g.i
     order by g.i
$$;

-- The leader, and when maint() last ran and swept.
create or replace function workqueue.stats_leader(window_s double precision default 10)
returns table (leader text, acquired_at timestamptz, lease text, last_maint timestamptz, last_sweep timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select l.leader, l.acquired_at,
           case when l.leader = '' then 'free'
                when l.acquired_at < clock_timestamp() - make_interval(secs => window_s) then 'stale'
                else 'held' end,
           nullif(s.last_maint, '-infinity'), nullif(s.last_sweep, '-infinity')
      from workqueue.pg_orchestrator_lock l
      left join workqueue.sweep_state s on s.id = 1
     where l.id = 1
$$;
