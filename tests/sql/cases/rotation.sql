-- SPDX-License-Identifier: GPL-3.0-or-later
-- Rotation: two steps in two transactions, and everything that has to hold it back.
select plan(56);
select pgque.create_queue('q') \gset
select suite.queue_id('q') as n \gset
create function pg_temp.cur() returns text language sql as
    $$ select queue_cur_table || case when queue_switch_step2 is null then ' half' else ' whole' end from pgque.queue where queue_name = 'q' $$;

-- step one: not before the period is over
select is(pgque.maint_rotate_tables_step1('q'), 0, 'step one answers 0');
select is(pg_temp.cur(), '0 whole', 'nothing yet: the period is not over');
select suite.age('q', '1 hour 59 min');
select pgque.maint_rotate_tables_step1('q') \gset
select is(pg_temp.cur(), '0 whole', 'still not');
select pgque.send('q', 'in table 0') \gset
select suite.age('q', '2 min');
select queue_switch_step2 as old_step2 from pgque.queue \gset
select is(pgque.maint_rotate_tables_step1('q'), 0, 'step one after the period');
select is(pg_temp.cur(), '1 half', 'the next table is in use, step two is missing');
select ok(queue_switch_step1 > :old_step2 and clock_timestamp() - queue_switch_time < '1 min', 'transaction and time of the switch are recorded') from pgque.queue;
select pgque.send('q', 'in table 1') \gset
select is((select string_agg(tableoid::regclass || ' ' || ev_data, ',' order by ev_data) from pgque.event_template),
          format('pgque.event_%s_0 in table 0,pgque.event_%s_1 in table 1', :n, :n), 'new events go to the next table, old ones stay');
select suite.age('q', '1 day');
select pgque.maint_rotate_tables_step1('q') \gset
select is(pg_temp.cur(), '1 half', 'no step one without step two before');

-- step two
select queue_switch_step1 as step1 from pgque.queue \gset
select is(pgque.maint_rotate_tables_step2(), 0, 'step two answers 0');
select is(pg_temp.cur(), '1 whole', 'done');
select ok(queue_switch_step2 > :step1, 'with a transaction later than step one') from pgque.queue;
select queue_switch_step2 as step2 from pgque.queue \gset
select pgque.maint_rotate_tables_step2() \gset
select is(queue_switch_step2, :step2::bigint, 'again: nothing to do') from pgque.queue;

-- never in one transaction, never with an old one
select suite.age('q', '1 day');
select suite.settle() \gset
select suite.tick('q') \gset
begin;
select pgque.maint_rotate_tables_step1('q') \gset
select pgque.maint_rotate_tables_step2() \gset
commit;
select is(pg_temp.cur(), '2 half', 'step two in the transaction of step one does nothing');
begin;
select pg_current_xact_id() is not null as assigned \gset
select pgque.maint_rotate_tables_step2() \gset
commit;
select is(pg_temp.cur(), '2 half', 'nor in one whose number may be older than step one''s commit');
begin;
select pgque.maint() \gset
commit;
select is(pg_temp.cur(), '2 whole', 'maint() does step two');

-- around: the tables are used in a ring and emptied before use
select pgque.send('q', 'in table 2') \gset
select suite.age('q', '1 day'), suite.settle();
select suite.tick('q') \gset
select pgque.maint_rotate_tables_step1('q') \gset
select pgque.maint_rotate_tables_step2() \gset
select is(pg_temp.cur(), '0 whole', 'back to table 0');
select is((select string_agg(ev_data, ',' order by ev_id) from pgque.event_template), 'in table 1,in table 2', 'which was emptied: two to three periods are kept');

-- old ticks go
select ok(not exists (select from pgque.tick where tick_id = 1), 'ticks older than the last rotation are gone');
select ok(exists (select from pgque.tick), 'younger ones stay');

-- held back by a consumer
select pgque.subscribe('q', 'slow') \gset
create function pg_temp.rotate() returns text language plpgsql as $$
begin
    perform suite.age('q', '1 day');
    perform pgque.maint_rotate_tables_step1('q');
    return pg_temp.cur();
end $$;
select pgque.send('q', 'e1') \gset
select suite.settle() \gset
select suite.tick('q') \gset
select pgque.send('q', 'kept for the slow one') \gset
select is(pg_temp.rotate(), '0 whole', 'a consumer that stands before the last switch holds rotation');
select isnt(pgque.next_batch('q', 'slow'), null, 'taking the next batch');
select is(pg_temp.rotate(), '0 whole', 'does not let go');
select pgque.ack((select sub_batch from pgque.subscription)) \gset
select is(pg_temp.rotate(), '1 half', 'acknowledging it does');
select pgque.maint_rotate_tables_step2() \gset
select suite.settle() \gset
select suite.tick('q') \gset
select is((select string_agg(payload, ',') from pgque.receive('q', 'slow')), 'kept for the slow one', 'what it waited for is still delivered');
select is(pg_temp.rotate(), '1 whole', 'an open batch from before the switch holds rotation');
select pgque.ack((select sub_batch from pgque.subscription)) \gset
select is(pg_temp.rotate(), '2 half', 'and lets go');
select pgque.maint_rotate_tables_step2() \gset

-- a subscription without position is ignored
select pgque.subscribe('q', 'stray') \gset
select pgque.unsubscribe('q', 'slow') \gset
update pgque.subscription set sub_last_tick = null;
select suite.settle() \gset
select suite.tick('q') \gset
select is(pg_temp.rotate(), '0 half', 'a subscription without position holds nothing');
select pgque.maint_rotate_tables_step2() \gset
select pgque.unsubscribe('q', 'stray') \gset

-- held back by a transaction that began before
select suite.open('writer'), suite.open('reader'), suite.open('mover');
select pgque.subscribe('q', 'c') \gset
select suite.settle() \gset
select suite.run('writer', 'begin'), suite.run('writer', 'select pg_current_xact_id()') \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch \gset
select pgque.ack(:batch) \gset
select is(pg_temp.rotate(), '1 half', 'step two before the writer began: rotation passes');
select suite.run('writer', 'commit') \gset
select suite.run('writer', 'begin'), suite.run('writer', $$select pgque.send('q', 'open across a switch')$$) \gset
select pgque.maint_rotate_tables_step2() \gset
select suite.tick('q') \gset
select pgque.next_batch('q', 'c') as batch \gset
select pgque.ack(:batch) \gset
select is(pg_temp.rotate(), '1 whole', 'a write transaction older than step two holds rotation though the consumer is up to date');
select suite.run('writer', 'commit') \gset
select suite.settle() \gset
select suite.tick('q') \gset
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'open across a switch', 'its event is delivered');
select pgque.ack((select sub_batch from pgque.subscription)) \gset

-- held back by a reader's lock on the table that is next
select suite.run('reader', 'begin') \gset
select suite.run('reader', format('select count(*) from only pgque.event_%s_2', :n)) \gset
select is(pg_temp.rotate(), '1 whole', 'somebody reads the table that is next: skipped, without waiting');
select suite.run('reader', 'commit') \gset
select is(pg_temp.rotate(), '2 half', 'and done when the reader has left');
select pgque.maint_rotate_tables_step2() \gset

-- senders go on during a switch
select suite.settle() \gset
select suite.tick('q') \gset
select pgque.ack(pgque.next_batch('q', 'c')) \gset
select suite.age('q', '1 day');
select suite.run('mover', 'begin') \gset
select suite.run('mover', $$select pgque.maint_rotate_tables_step1('q')$$) \gset
select suite.send('writer', $$select pgque.send('q', 'during the switch')$$);
select ok(suite.passes('writer'), 'a sender does not wait for a switch under way');
select suite.answer('writer') \gset
select suite.run('mover', 'commit') \gset
select pgque.send('q', 'after the switch') \gset
select suite.tick('q') \gset
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'during the switch,after the switch', 'both events arrive');
select pgque.ack((select sub_batch from pgque.subscription)) \gset
select pgque.maint_rotate_tables_step2() \gset

-- a switch that is rolled back
select suite.settle() \gset
select suite.tick('q') \gset
select pgque.ack(pgque.next_batch('q', 'c')) \gset
select pg_temp.cur() as before \gset
begin;
select pg_temp.rotate() \gset
rollback;
select is(pg_temp.cur(), :'before', 'a switch that is rolled back never was');

-- failures
begin;
update pgque.queue set queue_switch_step1 = 99999999, queue_switch_time = now() - interval '1 day';
select throws_like($$select pgque.maint_rotate_tables_step1('q')$$, 'queue q maint failure: step1=99999999, current=%', 'a switch from the future');
rollback;
begin;
update pgque.queue set queue_switch_time = now() - interval '1 day';
update pgque.subscription set sub_last_tick = 4242;
select refuses($$select pgque.maint_rotate_tables_step1('q')$$, 'queue q maint failure: tick 4242 not found');
rollback;

-- a group's cursor and its members' windows hold rotation, too
select pgque.unsubscribe('q', 'c') \gset
select pgque.subscribe_subconsumer('q', 'g', 'm1'), pgque.subscribe_subconsumer('q', 'g', 'm2') \gset
select pgque.send('q', 'coop') \gset
select pg_temp.rotate() as before \gset
select matches(:'before'::text, 'half', 'a group at the last tick does not hold rotation');
select pgque.maint_rotate_tables_step2() \gset
select pg_temp.cur() as before \gset
select suite.settle() \gset
select suite.tick('q') \gset
select is(pg_temp.rotate(), :'before'::text, 'one that has not taken the window before the switch does');
select pgque.next_batch('q', 'g', 'm1') as batch \gset
select suite.tick('q') \gset
select pgque.ack(pgque.next_batch('q', 'g', 'm2')) \gset
select is(pg_temp.rotate(), :'before', 'a member''s open window holds rotation though the group is ahead');
select is(suite.payloads(:batch), 'coop', 'and can be read');
select pgque.ack(:batch) \gset
select isnt(pg_temp.rotate(), :'before', 'acknowledged: rotation passes');
select pgque.maint_rotate_tables_step2() \gset

-- without subscribers, ticks may run out
select pgque.unsubscribe_subconsumer('q', 'g', 'm1'), pgque.unsubscribe_subconsumer('q', 'g', 'm2'), pgque.unsubscribe('q', 'g') \gset
select pg_temp.rotate() \gset
select pgque.maint_rotate_tables_step2() \gset
select pg_temp.rotate() \gset
select pgque.maint_rotate_tables_step2() \gset
select pg_temp.rotate() \gset
select pgque.maint_rotate_tables_step2() \gset
select is((select count(*)::int from pgque.tick), 0, 'rotations without ticks use them up');
select refuses($$select pgque.subscribe('q', 'c')$$, 'No ticks for this queue.  Please run ticker on database.');
select isnt(pgque.ticker('q'), null, 'the ticker makes a new one');
select is(pgque.subscribe('q', 'c'), 1, 'and registration works');

-- with another number of tables
select is(pg_temp.cur() ~ '^[012] whole$', true, 'whole in the end');

-- a snapshot older than the switch: delivered or refused, never lost
select suite.settle() \gset
select suite.run('writer', 'begin isolation level repeatable read') \gset
select suite.run('writer', 'select 1') \gset
select pg_temp.rotate() \gset
select pgque.maint_rotate_tables_step2() \gset
select throws_ok($$select suite.run('writer', $_$select pgque.send('q', 'from an old snapshot')$_$)$$, '40001', null,
    'a repeatable-read sender whose snapshot predates a switch gets 40001');
select suite.run('writer', 'rollback') \gset
select suite.run('writer', 'begin isolation level repeatable read') \gset
select suite.run('writer', $$select pgque.send('q', 'fresh snapshot')$$) \gset
select suite.send('mover', $$select pgque.maint_rotate_tables_step1('q')$$);
select suite.passes('mover', 0.3) \gset
select suite.run('writer', 'commit') \gset
select suite.answer('mover') \gset
select suite.tick('q') \gset
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'fresh snapshot', 'one with a fresh snapshot delivers');
select ok((select count(*) from pgque.subscription where sub_batch is not null) = 1, 'in an open batch');

-- a sender that has read where to write and is overtaken there by a whole rotation: its event must not be lost. A lock on
-- the table, by a session without a transaction number, holds the sender between the two. The event before it leaves the
-- sequence with values in store, so that drawing the next one takes no number by itself.
select pgque.ack((select sub_batch from pgque.subscription where sub_batch is not null)) \gset
select pgque.maint_rotate_tables_step2() \gset
select suite.settle() \gset
select pgque.send('q', 'before') \gset
select suite.age('q', '1 day');
select pgque.ticker('q') \gset
select pgque.ack(max(batch_id)) from pgque.receive('q', 'c') \g /dev/null
select suite.run('reader', 'begin') \gset
select suite.run('reader', (select format('lock table %s_%s in share mode', queue_data_pfx, queue_cur_table) from pgque.queue)) \gset
select suite.send('writer', $$select pgque.send('q', 'overtaken')$$);
select ok(suite.waits('writer'), 'a sender under way');
select pg_temp.cur() as before \gset
select suite.age('q', '1 day');
select pgque.maint_rotate_tables_step1('q') \gset
select pgque.maint_rotate_tables_step2() \gset
select isnt(pg_temp.cur(), :'before'::text, 'the tables turn meanwhile');
select suite.settle(but_for => 'writer') \gset
select suite.age('q', '1 day');
select isnt(pgque.ticker('q'), null, 'and the queue ticks');
select is((select count(*)::int from pgque.receive('q', 'c')), 0, 'a window without it');
select suite.run('reader', 'commit') \gset
select isnt(suite.answer('writer'), null, 'then it writes');
select suite.tick('q') \gset
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'overtaken', 'and its event is delivered');

select * from finish();
