-- SPDX-License-Identifier: GPL-3.0-or-later
-- Creating and dropping queues, and what stands behind each of them.
select plan(66);

-- create
select is(pgque.create_queue('orders'), 1, 'a new queue answers 1');
select is(pgque.create_queue('orders'), 0, 'an existing one 0');
select is((select count(*)::int from pgque.queue), 1, 'and stays one');
select refuses($$select pgque.create_queue(null)$$, 'Invalid NULL value');
select is(pgque.create_queue(''), 1, 'an empty name is accepted');
select is(pgque.create_queue(repeat('x', 57)), 1, '57 bytes fit');
select refuses(format($$select pgque.create_queue(%L)$$, repeat('x', 58)),
    $$queue name too long: 58 bytes (max 57). pg_notify channel 'pgque_<queue_name>' must fit in 63 bytes.$$, '58 bytes do not');
select is(pgque.create_queue(repeat('é', 28)), 1, '28 letters of two bytes fit');
select refuses(format($$select pgque.create_queue(%L)$$, repeat('é', 29)),
    $$queue name too long: 58 bytes (max 57). pg_notify channel 'pgque_<queue_name>' must fit in 63 bytes.$$, 'bytes count, not letters');
select refuses(format($$select pgque.create_queue(%L)$$, repeat('𝄞', 15)),
    $$queue name too long: 60 bytes (max 57). pg_notify channel 'pgque_<queue_name>' must fit in 63 bytes.$$, 'four bytes a letter');
select is(pgque.create_queue('Ordner "Straße" ; select'), 1, 'quotes, blanks, capitals and umlauts are part of a name');
select is((select count(*)::int from pgque.queue), 5, 'refused names leave nothing behind');

-- the row
select suite.queue_id('orders') as n \gset
select is(queue_data_pfx, 'pgque.event_' || :'n', 'data prefix') from pgque.queue where queue_id = :n;
select is(queue_event_seq, 'pgque.event_' || :'n' || '_id_seq', 'event sequence') from pgque.queue where queue_id = :n;
select is(queue_tick_seq, 'pgque.event_' || :'n' || '_tick_seq', 'tick sequence') from pgque.queue where queue_id = :n;
select ok(queue_cur_table = 0 and queue_ntables = 3 and queue_switch_step2 is not null, 'starts at table 0 of 3, both steps recorded')
  from pgque.queue where queue_id = :n;
select results_eq($$select tick_id, tick_event_seq <= 1 from pgque.tick where tick_queue = suite.queue_id('orders')$$,
    $$values (1::bigint, true)$$, 'tick 1 is there from the start');

-- tables
select has_table('pgque', ('event_' || :'n' || suffix)::name, 'table event_N' || suffix) from unnest(array['', '_0', '_1', '_2']) suffix;
select hasnt_table('pgque', ('event_' || :'n' || '_3')::name, 'and no fourth');
select is((select inhparent::regclass::text from pg_inherits where inhrelid = format('pgque.event_%s', :n)::regclass),
          'pgque.event_template', 'the parent inherits the template');
select results_eq(format($$select inhrelid::regclass::text from pg_inherits where inhparent = 'pgque.event_%s'::regclass order by 1$$, :n),
    format($$select format('pgque.event_%%s_%%s', %s, i) from generate_series(0, 2) i$$, :n), 'the children inherit the parent');
select matches((select pg_get_expr(adbin, adrelid) from pg_attrdef
                 where adrelid = format('pgque.event_%s_%s', :n, i)::regclass and adnum = 1),
               format('nextval.*event_%s_id_seq', :n), 'child ' || i || ' draws its ids from the event sequence')
  from generate_series(0, 2) i;
select has_index('pgque', ('event_' || :'n' || '_' || i)::name, ('event_' || :'n' || '_' || i || '_txid_idx')::name,
                 array['ev_txid']::name[], 'index of child ' || i) from generate_series(0, 2) i;
select ok(reloptions @> array['fillfactor=100', 'autovacuum_enabled=off'], 'storage options of child ' || i)
  from generate_series(0, 2) i, pg_class where oid = format('pgque.event_%s_%s', :n, i)::regclass;
select ok(reloptions @> array['autovacuum_enabled=off'], 'storage options of the toast table of child ' || i)
  from generate_series(0, 2) i, pg_class
 where oid = (select reltoastrelid from pg_class where oid = format('pgque.event_%s_%s', :n, i)::regclass);
select is(format('%s %s %s', seqtypid::regtype, seqstart, seqcache), 'bigint 1 1', seqrelid::regclass || ' is plain')
  from pg_sequence where seqrelid in (format('pgque.event_%s_id_seq', :n)::regclass, format('pgque.event_%s_tick_seq', :n)::regclass)
 order by seqrelid;

-- another number of tables, as the column allows
update pgque.queue set queue_disable_insert = true where queue_name = 'orders';
select refuses($$select pgque.send('orders', 'x'::text)$$, 'Insert into queue disallowed');
update pgque.queue set queue_disable_insert = false where queue_name = 'orders';

-- grants, storage: repeatable
select is(pgque.grant_perms('orders'), 1, 'grant_perms') where to_regprocedure('pgque.grant_perms(text)') is not null;
select refuses($$select pgque.grant_perms('nowhere')$$, 'Queue not found');

-- sequences, as the helpers of the ticker see them
select pgque.create_queue('seq') \gset
select queue_event_seq as seq from pgque.queue where queue_name = 'seq' \gset
select is(pgque.seq_getval(:'seq'), 0::bigint, 'a sequence nobody has called counts as 0');
select pgque.seq_setval(:'seq', 100) \gset
select is(pgque.seq_getval(:'seq'), 100::bigint, 'a sequence can be lifted');
select pgque.seq_setval(:'seq', 50) \gset
select is(pgque.seq_getval(:'seq'), 100::bigint, 'and never goes back');
select is(nextval(:'seq'), 101::bigint, 'the next value is beyond');
select pgque.drop_queue('seq') \gset

-- drop
select refuses($$select pgque.drop_queue('nowhere')$$, 'No such event queue');
select refuses($$select pgque.drop_queue('nowhere', true)$$, 'No such event queue');
select is(pgque.drop_queue(null::text), null, 'the short form is strict');
select pgque.subscribe('orders', 'alpha') as a, pgque.subscribe('orders', 'beta') as b, pgque.send('orders', 'one'::text) as e \gset
select suite.tick('orders') \gset
select batch_id as batch, msg_id as message from pgque.receive('orders', 'alpha') \gset
select pgque.event_retry(:batch, :message, 60) \gset
select refuses($$select pgque.drop_queue('orders')$$, 'cannot drop queue, consumers still attached');
select refuses($$select pgque.drop_queue('orders', false)$$, 'cannot drop queue, consumers still attached');
select has_table('pgque', ('event_' || :'n')::name, 'the refused queue is whole');
select is(pgque.drop_queue('orders', true), 1, 'forced');
select hasnt_table('pgque', ('event_' || :'n' || suffix)::name, 'no table event_N' || suffix) from unnest(array['', '_0', '_1', '_2']) suffix;
select hasnt_sequence('pgque', ('event_' || :'n' || suffix)::name, 'no sequence event_N' || suffix) from unnest(array['_id_seq', '_tick_seq']) suffix;
select is((select count(*)::int from pgque.tick where tick_queue = :n) + (select count(*)::int from pgque.subscription where sub_queue = :n)
          + (select count(*)::int from pgque.retry_queue where ev_queue = :n) + (select count(*)::int from pgque.consumer), 0,
          'ticks, subscriptions, retries and unused consumers are gone');
select is(pgque.drop_queue(''), 1, 'the queue with the empty name can go');
select is(pgque.drop_queue('Ordner "Straße" ; select', true), 1, 'quotes in the name do no harm');
select is(pgque.create_queue('orders'), 1, 'the name is free again');
select isnt(suite.queue_id('orders'), :n, 'under a new number');

-- concurrent creation: one makes it, the other finds it
select suite.open('one'), suite.open('two');
select suite.run('one', 'begin') \gset
select is(suite.run('one', $$select pgque.create_queue('race')$$), '1', 'the first session creates');
select suite.send('two', $$select pgque.create_queue('race')$$);
select ok(suite.waits('two'), 'the second waits for its outcome');
select suite.run('one', 'commit') \gset
select is(suite.answer('two'), '0', 'and then finds the queue');

select * from finish();
