-- SPDX-License-Identifier: GPL-3.0-or-later
-- receive and ack: the modern entry.
select plan(46);
select pgque.create_queue('q'), pgque.subscribe('q', 'c') \gset

select is((select count(*)::int from pgque.receive('q', 'c')), 0, 'nothing there');
select is(suite.position('q', 'c'), 'normal 1 idle -', 'and no batch opened');
select refuses($$select * from pgque.receive('q', 'x')$$, 'Not subscriber to queue: q/x');
select refuses($$select * from pgque.receive('nowhere', 'c')$$, 'Not subscriber to queue: nowhere/c');
select refuses($$select * from pgque.receive(null, 'c')$$, 'Not subscriber to queue: NULL/c');
select refuses($$select * from pgque.receive('q', null)$$, 'Not subscriber to queue: q/NULL');
select refuses($$select * from pgque.receive('q', 'c', 0)$$, 'pgque.receive: max_return must be >= 1, got 0');
select refuses($$select * from pgque.receive('q', 'c', -5)$$, 'pgque.receive: max_return must be >= 1, got -5');
select refuses($$select * from pgque.receive('q', 'x', 0)$$, 'pgque.receive: max_return must be >= 1, got 0', 'the limit is looked at first');

-- a message
select pgque.insert_event('q', 'type', 'data', 'e1', 'e2', 'e3', 'e4') as id \gset
select pgque.send('q', 'plain') as id2 \gset
select suite.tick('q') \gset
select is(format('%s|%s|%s|%s|%s|%s|%s|%s', m.msg_id, m.type, m.payload, m.retry_count, m.extra1, m.extra2, m.extra3, m.extra4),
          format('%s|type|data||e1|e2|e3|e4', :id), 'the event in the fields of a message') from pgque.receive('q', 'c', 1) m;
select ok(m.created_at = e.ev_time and m.retry_count is null, 'with its time; no retry yet')
  from pgque.receive('q', 'c', 1) m, pgque.event_template e where e.ev_id = :id;
select is(m.batch_id, (select sub_batch from pgque.subscription), 'and its batch') from pgque.receive('q', 'c', 1) m;
select is(suite.position('q', 'c'), 'normal 1 batch 2', 'the batch stays open');

-- again and again
select sub_batch as batch from pgque.subscription \gset
select is((select string_agg(payload, ',') from pgque.receive('q', 'c', 1)), 'data', 'always from the beginning');
select is((select string_agg(payload, ',') from pgque.receive('q', 'c', 2)), 'data,plain', 'as many as asked for');
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'data,plain', 'a hundred by default');
select is((select string_agg(payload, ',') from pgque.receive('q', 'c', null)), 'data,plain', 'NULL is no limit');
select is((select string_agg(payload, ',') from pgque.receive(i_queue => 'q', i_consumer => 'c', i_max_return => 1)), 'data', 'by name');
select is((select count(distinct batch_id)::int from pgque.receive('q', 'c')), 1, 'one batch');
select is(pgque.ack(:batch), 1, 'ack');
select is((select count(*)::int from pgque.receive('q', 'c')), 0, 'everything was acknowledged');

-- limits
select cardinality(pgque.send_batch('q', (select array_agg(i::text order by i) from generate_series(1, 250) i))) as n \gset
select suite.tick('q') \gset
select is((select count(*)::int from pgque.receive('q', 'c')), 100, 'the default limit');
select is((select count(*)::int from pgque.receive('q', 'c', 249)), 249, 'another limit');
select is((select count(*)::int from pgque.receive('q', 'c', null)), 250, 'no limit');
select is((select array_agg(payload::int) from pgque.receive('q', 'c', 10)), array(select generate_series(1, 10)), 'in the order of ids');
select is((select count(*)::int from pgque.receive('q', 'c', 2147483647)), 250, 'the largest limit');
select sub_batch as batch from pgque.subscription \gset
select pgque.send('q', 'next') \gset
select suite.tick('q') \gset
select is((select count(*)::int from pgque.receive('q', 'c', 1)), 1, 'a part of the batch');
select is(pgque.ack(:batch), 1, 'ack after a part');
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'next', 'closes all of it, the unreturned rows included');
select pgque.ack((select sub_batch from pgque.subscription)) \gset

-- empty windows
select suite.tick('q') as t1, suite.tick('q') as t2 \gset
select suite.tick('q') as t3 \gset
select pgque.send('q', 'after'), suite.position('q', 'c') as before \gset
select suite.tick('q') as t4 \gset
select is((select count(*)::int from pgque.receive('q', 'c')), 0, 'an empty window gives nothing');
select matches(suite.position('q', 'c'), '^normal \d+ idle -$', 'and is closed at once');
select isnt(suite.position('q', 'c'), :'before', 'the position moved');
select is((select sub_last_tick from pgque.subscription), :t1::bigint, 'by one tick');
do $$ begin for i in 1..20 loop exit when exists (select from pgque.receive('q', 'c')); end loop; end $$;
select is((select sub_next_tick from pgque.subscription), :t4::bigint, 'until the window with the event');
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'after', 'which is delivered');

-- fan-out: consumers are independent
select pgque.subscribe('q', 'd') \gset
select pgque.send('q', 'both') \gset
select suite.tick('q') \gset
select is((select string_agg(payload, ',') from pgque.receive('q', 'd')), 'both', 'another consumer');
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'after', 'does not move this one');

-- receive and ack in one transaction, undone together
select pgque.ack((select sub_batch from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'c')) \gset
begin;
select batch_id as batch from pgque.receive('q', 'c') \gset
select pgque.ack(:batch) \gset
rollback;
select is((select string_agg(payload, ',') from pgque.receive('q', 'c')), 'both', 'an ack that is rolled back never happened');

-- two sessions at the same moment
select pgque.ack((select sub_batch from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'c')) \gset
select pgque.send('q', 'm1'), pgque.send('q', 'm2') \gset
select suite.tick('q') \gset
select suite.open('a'), suite.open('b');
select suite.run('a', 'begin') \gset
select suite.run('a', $$select batch_id || ':' || payload from pgque.receive('q', 'c')$$) as first \gset
select suite.send('b', $$select batch_id || ':' || payload from pgque.receive('q', 'c')$$);
select ok(suite.waits('b'), 'two sessions receiving at once: one waits');
select suite.run('a', 'commit') \gset
select is(suite.answer('b'), :'first', 'both have the same batch');
select suite.run('a', 'begin') \gset
select suite.run('a', $$select pgque.ack((select sub_batch from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'c'))$$) \gset
select suite.send('b', $$select payload from pgque.receive('q', 'd')$$);
select ok(suite.passes('b'), 'different consumers do not wait for each other');
select is(suite.answer('b'), 'both', 'and get theirs');
select suite.run('a', 'commit') \gset

-- a message as argument
select is((row(1, 2, 't', 'p', 3, now(), null, null, null, null)::pgque.message).retry_count, 3, 'a message can be built by position');
select pgque.ack((select sub_batch from pgque.subscription join pgque.consumer on co_id = sub_consumer where co_name = 'd')) \gset
select is((select string_agg(payload, ',' order by msg_id) from pgque.receive('q', 'd')), 'm1,m2', 'd comes last');
select is(pgque.ack((select sub_batch from pgque.subscription where sub_batch is not null)), 1, 'and acknowledges');
select is((select count(*)::int from pgque.subscription where sub_batch is not null), 0, 'nothing is open in the end');

select * from finish();
