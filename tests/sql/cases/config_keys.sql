-- SPDX-License-Identifier: GPL-3.0-or-later
-- set_queue_config: every key, its range, its reset, its messages.
select plan(67);
select pgque.create_queue('q') \gset

create table public.key (name text, good text, bad text[], stored text, standard text);
insert into public.key values
    ('ticker_max_count', '7', '{0,-1}', '7', '500'),
    ('ticker_max_lag', '5 seconds', '{00:00:00,-00:00:01}', '00:00:05', '00:00:03'),
    ('ticker_idle_period', '2 minutes', '{00:00:00,-00:00:01}', '00:02:00', '00:01:00'),
    ('rotation_period', '1 day', '{00:00:00,-00:00:01}', '1 day', '02:00:00'),
    ('max_retries', '0', '{-1}', '0', null),
    ('ticker_paused', 'true', '{}', 'true', 'false'),
    ('external_ticker', 'true', '{}', 'true', 'false');

create function pg_temp.stored(key text) returns text language sql as
    $$ select to_jsonb(q) ->> ('queue_' || key) from pgque.queue q where queue_name = 'q' $$;

select is(pg_temp.stored(name), standard, name || ' as created') from public.key order by name;
select is(pgque.set_queue_config('q', name, good), 1, name || ' takes ' || good) from public.key order by name;
select is(pg_temp.stored(name), stored, name || ' is stored') from public.key order by name;
select refuses(format('select pgque.set_queue_config(%L, %L, %L)', 'q', name, v),
               case when name = 'max_retries' then 'set_queue_config: max_retries must be >= 0, got ' || v
                    else format('set_queue_config: %s must be > 0, got %s', name, v) end)
  from public.key, unnest(bad) v order by name, v;
select throws_ok(format('select pgque.set_queue_config(%L, %L, %L)', 'q', name, 'nonsense'), case
                 when name in ('ticker_max_lag', 'ticker_idle_period', 'rotation_period') then '22007' else '22P02' end, null,
                 name || ' has to be readable') from public.key order by name;
select is(pg_temp.stored(name), stored, name || ' survives what was refused') from public.key order by name;
select is(pgque.set_queue_config('q', name, null), 1, name || ' can be reset') from public.key order by name;
select is(pg_temp.stored(name), standard, name || ' is as created again') from public.key order by name;

select refuses($$select pgque.set_queue_config(null, 'ticker_max_count', '1')$$, 'Invalid NULL value');
select refuses($$select pgque.set_queue_config('q', null, '1')$$, 'Invalid NULL value');
select refuses($$select pgque.set_queue_config('nowhere', 'ticker_max_count', '1')$$, 'No such event queue');
select refuses($$select pgque.set_queue_config('q', 'disable_insert', 'true')$$, 'cannot change parameter "disable_inserts"');
select refuses($$select pgque.set_queue_config('q', 'ntables', '4')$$, 'cannot change parameter "ntabless"');
select refuses($$select pgque.set_queue_config('q', 'extra_maint', '{}')$$, 'cannot change parameter "extra_maints"');
select refuses($$select pgque.set_queue_config('q', 'queue_ticker_max_count', '4')$$, 'cannot change parameter "queue_ticker_max_counts"');
select refuses($$select pgque.set_queue_config('q', '', '4')$$, 'cannot change parameter "s"');
select throws_ok($$select pgque.set_queue_config('q', 'ticker_max_count', '99999999999')$$, '22003', null, 'too large a count');

select * from finish();
