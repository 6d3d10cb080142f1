-- SPDX-License-Identifier: GPL-3.0-or-later
-- Who is told what: one NOTIFY per tick row, on the queue's channel, and nothing else ever.
select plan(12);
select suite.open('ear');

-- A round trip first: whatever was committed before has then reached the listener.
create function pg_temp.heard() returns text language plpgsql as $$
begin
    perform suite.run('ear', 'select 1');
    return (select string_agg(notify_name || ' ' || extra, ',' order by notify_name, extra) from dblink_get_notify('ear'));
end $$;

select suite.run('ear', 'listen "pgque_Mixed Case"') \gset
select suite.run('ear', 'listen pgque_plain') \gset
select suite.run('ear', 'listen pgque_ext') \gset
select pgque.create_queue('Mixed Case') \gset
select is(pg_temp.heard(), 'pgque_Mixed Case 1', 'the tick of create_queue; the case of the name is kept');
select pgque.create_queue('plain'), pgque.create_queue('ext') \gset
select is(pg_temp.heard(), 'pgque_ext 1,pgque_plain 1', 'two more');
select pgque.create_queue('plain') \gset
select is(pg_temp.heard(), null, 'a queue that is there already says nothing');
select pgque.subscribe('plain', 'c') \gset
select pgque.send('plain', 'x'::text) as id \gset
select pgque.force_next_tick('plain') \gset
select is(pg_temp.heard(), null, 'nothing on subscribe, send and force');
select pgque.ticker('plain') \gset
select is(pg_temp.heard(), 'pgque_plain 2', 'ticker(queue)');
select pgque.ticker('plain') \gset
select is(pg_temp.heard(), null, 'no tick, no word');
select suite.age('plain', '1 hour'), suite.age('Mixed Case', '1 hour'), suite.age('ext', '1 hour');
select pgque.set_queue_config('ext', 'external_ticker', 'true') \gset
select pgque.ticker() \gset
select is(pg_temp.heard(), 'pgque_Mixed Case 2,pgque_plain 3', 'ticker()');
select pgque.ticker('ext', 42, now(), 10) \gset
select is(pg_temp.heard(), 'pgque_ext 42', 'an external tick');
select batch_id as batch, msg_id as message from pgque.receive('plain', 'c') \gset
select pgque.event_retry(:batch, :message, 0) \gset
select pgque.nack(:batch, row(:message, null, null, null, null, null, null, null, null, null)::pgque.message) \gset
select pgque.ack(:batch) \gset
select pgque.maint_retry_events() \gset
select is(pg_temp.heard(), null, 'nothing on retry, nack, ack and the retry mover');
select suite.age('plain', '1 day');
select pgque.maint() \gset
select pgque.maint_rotate_tables_step2() \gset
select is(pg_temp.heard(), null, 'nothing on rotation');
begin;
select pgque.force_next_tick('plain') \gset
select pgque.ticker('plain') as lost \gset
rollback;
select is(pg_temp.heard(), null, 'nothing from a transaction that is rolled back');
select pgque.create_queue(repeat('é', 28)) \gset
select suite.run('ear', format('listen %I', 'pgque_' || repeat('é', 28))) \gset
select suite.tick(repeat('é', 28)) as tick \gset
select is(pg_temp.heard(), format('pgque_%s %s', repeat('é', 28), :tick), 'the longest name makes a channel');

select * from finish();
