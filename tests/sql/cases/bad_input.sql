-- SPDX-License-Identifier: GPL-3.0-or-later
-- Every function with NULL, with names that don't exist, with empty and over-long names, with impossible numbers, and called by
-- somebody who may not: refused in plain words or answered with nothing, and never anything changed.
select pgque.create_queue('q'), pgque.create_queue('ext'), pgque.subscribe('q', 'c'), pgque.subscribe_subconsumer('q', 'g', 'm') \gset
select pgque.set_queue_config('ext', 'external_ticker', 'true') \gset
select pgque.send('q', 'x') as id \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch \gset

-- Calls a routine with one value per type; answers what came of it.
create function public.attempt(routine oid, filler jsonb, role text default null) returns text language plpgsql as $$
declare
    r suite.routine := (select x from suite.routine x where x.oid = routine);
    arguments text;
    before text := suite.state();
    outcome text;
begin
    select string_agg(format('(select %L::%s)', filler ->> format_type(t, null), format_type(t, null)), ', ' order by n) into arguments
      from pg_proc, unnest(proargtypes) with ordinality as a(t, n) where oid = routine;
    -- Whatever it does is undone again: the block ends in an exception in any case.
    begin
        if role is not null then execute format('set local role %I', role); end if;
        if r.kind = 'p' then
            execute format('call pgque.%I(%s)', r.name, arguments);
        else
            execute format('select count(x) from (select pgque.%I(%s) as x) y', r.name, arguments);
        end if;
        reset role;
        raise exception 'answered%', case when suite.state() <> before then ', CHANGED SOMETHING' end;
    exception when others then
        outcome := sqlstate || ' ' || sqlerrm;
    end;
    reset role;
    return outcome;
end $$;

create view public.subject as
select oid, name, format('%s(%s)', name, arguments) as signature from suite.routine
 where returns <> 'trigger' and arguments <> '' and name !~ '^_' and name not in ('seq_getval', 'seq_setval', 'set_tick_period_ms');
create table public.filling (what text, filler jsonb);
insert into public.filling values
    ('NULL', '{}'),
    ('names that do not exist', '{"text": "nowhere", "integer": 1, "bigint": 424242, "interval": "1 s", "timestamp with time zone": "2020-01-01", "jsonb": "{}", "text[]": "{x}", "jsonb[]": "{1}",
        "boolean": "true", "xid8": "1", "pgque.message": "(424242,,,,,,,,,)"}'),
    ('empty names', '{"text": "", "integer": 1, "bigint": 424242, "interval": "1 s", "timestamp with time zone": "2020-01-01", "jsonb": "{}", "text[]": "{x}", "jsonb[]": "{1}",
        "boolean": "true", "xid8": "1", "pgque.message": "(424242,,,,,,,,,)"}'),
    ('impossible numbers', '{"text": "nowhere", "integer": -1, "bigint": -1, "interval": "-1 s", "timestamp with time zone": "infinity", "jsonb": "null", "text[]": "{}", "jsonb[]": "{}",
        "boolean": "false", "xid8": "0", "pgque.message": "(-1,,,,,,,,,)"}');
insert into public.filling
select 'names of 10,000 letters', jsonb_set(filler, '{text}', to_jsonb(repeat('ö', 10000))) from public.filling where what = 'names that do not exist';

create table public.outcome as
select s.signature, f.what, public.attempt(s.oid, f.filler) as outcome
  from public.subject s, public.filling f
 where not (s.name = 'create_queue' and f.what in ('names that do not exist', 'empty names', 'impossible numbers'))
   and not (s.name = 'get_batch_cursor' and f.what = 'empty names');

select plan((select count(*)::int from public.filling) + (select count(*)::int from suite.routine where returns <> 'trigger') * 3 + 37);

select is_empty(format($$select signature, outcome from public.outcome where what = %L
                           and (outcome like '%%CHANGED%%' or outcome ~ '^(XX|22004|42|0A|25|34|24|2F|39)') and outcome !~ '^42501'$$, what),
    what || ': every function refuses in plain words or answers nothing, and nothing changes')
  from public.filling order by what;

-- callers without the right
drop role if exists sqlcase_nobody2;
create role sqlcase_nobody2;
select case when has_function_privilege(role, r.oid, 'execute') then pass(format('%s may call %s(%s)', role, r.name, r.arguments))
            else matches(public.attempt(r.oid, '{"text": "q", "integer": 1, "bigint": 1, "pgque.message": "(1,,,,,,,,,)", "jsonb": "{}", "text[]": "{x}", "jsonb[]": "{1}", "interval": "1 s",
                                        "timestamp with time zone": "2020-01-01", "boolean": "true", "xid8": "1"}', role), '^42501', format('%s may not call %s(%s)', role, r.name, r.arguments)) end
  from suite.routine r, unnest(array['pgque_reader', 'pgque_writer', 'sqlcase_nobody2']) role
 where r.returns <> 'trigger' order by role, r.name, r.arguments;
drop role sqlcase_nobody2;

-- the contract's words, where NULL or a wrong value has words of its own
create table public.said (call text, message text);
insert into public.said values
    ($$pgque.create_queue(null)$$, 'Invalid NULL value'),
    ($$pgque.set_queue_config(null, 'x', 'y')$$, 'Invalid NULL value'),
    ($$pgque.drop_queue('nowhere', true)$$, 'No such event queue'),
    ($$pgque.drop_queue('q', false)$$, 'cannot drop queue, consumers still attached'),
    ($$pgque.ticker('nowhere')$$, 'no such queue'),
    ($$pgque.ticker('ext')$$, 'This queue has external tick source.'),
    ($$pgque.force_tick('nowhere')$$, 'queue not found: nowhere'),
    ($$pgque.send('nowhere', 'x')$$, 'queue not found: nowhere'),
    ($$pgque.send_batch('q', null::text[])$$, 'payloads must not be null'),
    ($$pgque.subscribe('nowhere', 'c')$$, 'Event queue not created yet'),
    ($$pgque.register_consumer_at('q', 'c', 4711)$$, 'cannot reposition, tick not found: 4711'),
    ($$pgque.next_batch('q', 'nobody')$$, 'Not subscriber to queue: q/nobody'),
    ($$pgque.receive('q', 'c', 0)$$, 'pgque.receive: max_return must be >= 1, got 0'),
    ($$pgque.receive_coop('q', 'g', 'm', 0)$$, 'pgque.receive_coop: max_return must be >= 1, got 0'),
    ($$pgque.receive_coop('q', 'g', 'a.b')$$, 'cooperative subconsumer name must not contain dot: a.b'),
    ($$pgque.receive_coop('q', 'g.h', 'a')$$, 'cooperative consumer name must not contain dot: g.h'),
    ($$pgque.receive_coop('q', 'c', 'a')$$, 'consumer c on queue q is already a normal consumer; explicit conversion is required'),
    ($$pgque.receive('q', 'g')$$, 'consumer g on queue q is a cooperative main consumer; use cooperative receive/next_batch with a subconsumer'),
    ($$pgque.receive('q', 'g.m')$$, 'consumer g.m on queue q is a cooperative subconsumer; use receive_coop / next_batch (cooperative form) instead of the legacy 5-arg next_batch_custom'),
    ($$pgque.unsubscribe('q', 'g')$$, 'cannot unregister cooperative main consumer with registered subconsumers'),
    ($$pgque.unregister_subconsumer('q', 'g', 'm', 7)$$, 'unsupported batch_handling value: 7'),
    ($$pgque.nack(424242, row(1,null,null,null,null,null,null,null,null,null)::pgque.message)$$, 'batch not found: 424242'),
    ($$pgque.event_retry(424242, 1, 1)$$, null),
    ($$pgque.batch_retry(424242, 1)$$, 'batch_retry: batch 424242 not found'),
    ($$pgque.get_batch_events(424242)$$, 'batch not found'),
    ($$pgque.event_dead(424242, 1, 'r', now(), null, 0, 't', 'd')$$, 'batch not found: 424242'),
    ($$pgque.dlq_replay(424242)$$, 'dead letter entry not found: 424242'),
    ($$pgque.set_tick_period_ms(3)$$, 'tick_period_ms must be an exact divisor of 1000 between 1 and 1000 (got 3)'),
    ($$pgque.start_timetable(3)$$, null),
    ($$pgque.event_retry_raw('q', 'nobody', now(), 1, now(), 1, 't', 'd', null, null, null, null)$$, 'consumer not registered'),
    ($$pgque.current_event_table('nowhere')$$, 'Event queue not found'),
    ($$pgque.grant_perms('nowhere')$$, 'Queue not found');
select suite.state() as before \gset
select throws_like('select ' || call, coalesce(message, '%') || '%', call) from public.said;
select throws_ok(format('select pgque.nack(%s, row(null,null,null,null,null,null,null,null,null,null)::pgque.message)', :batch), null, format('msg_id <NULL> not found in batch %s', :batch), 'nack of nothing');
select throws_ok(format('select pgque.nack(%s, row(777777,null,null,null,null,null,null,null,null,null)::pgque.message)', :batch), null, format('msg_id 777777 not found in batch %s', :batch), 'nack of another batch''s message');
select throws_ok(format('select pgque.event_retry(%s, 777777, 1)', :batch), null, 'event not found', 'retry of another batch''s event');
select is(suite.state(), :'before', 'and nothing has changed');
select is(suite.position('q', 'c') || ' ' || suite.position('q', 'g.m'), 'normal 1 batch 2 coop_member - idle -', 'everybody stands where he stood');
select * from finish();
