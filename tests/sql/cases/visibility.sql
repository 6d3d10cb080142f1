-- SPDX-License-Identifier: GPL-3.0-or-later
-- An event belongs to the window between two ticks iff the later tick's snapshot sees its transaction and the earlier one's
-- does not. Sessions that overlap with ticks in every way must neither lose nor repeat anything.
select plan(27);
select pgque.create_queue('q'), pgque.subscribe('q', 'c') \gset
select suite.open('a'), suite.open('b'), suite.open('c');

-- Takes the next batch, acknowledges it and answers its payloads; '-' when there is none.
create function pg_temp.take() returns text language plpgsql as $$
declare
    batch bigint := pgque.next_batch('q', 'c');
    got text;
begin
    if batch is null then return '-'; end if;
    got := coalesce(suite.payloads(batch), '');
    perform pgque.finish_batch(batch);
    return got;
end $$;

select is(pg_temp.take(), '-', 'no tick, no batch');
select pgque.send('q', 'one') \gset
select is(pg_temp.take(), '-', 'sent, but not ticked');
select suite.tick('q') \gset
select is(pg_temp.take(), 'one', 'ticked');
select is(pg_temp.take(), '-', 'once');

-- a younger transaction ends between the two, as always happens on a busy server
begin;
select pgque.send('q', 'same') \gset
select suite.run('b', 'select pg_current_xact_id()') \gset
select pgque.force_next_tick('q'), pgque.ticker('q') as tick \gset
commit;
select is(pg_temp.take(), '', 'sent and ticked in one transaction: not in this window');
select suite.tick('q') \gset
select is(pg_temp.take(), 'same', 'but in the next');
begin;
select pgque.send('q', 'same, by ticker()') \gset
select suite.run('b', 'select pg_current_xact_id()') \gset
select pgque.force_next_tick('q'), pgque.ticker() as ticked \gset
commit;
select is(pg_temp.take(), '', 'nor with ticker()');
select suite.tick('q') \gset
select is(pg_temp.take(), 'same, by ticker()', 'which delivers it next');
select pgque.set_queue_config('q', 'external_ticker', 'true'), max(tick_id) as newest, max(tick_event_seq) as seq from pgque.tick \gset
begin;
select pgque.send('q', 'same, from outside') \gset
select suite.run('b', 'select pg_current_xact_id()') \gset
select pgque.ticker('q', :newest + 1, now(), :seq + 10000) \gset
commit;
select is(pg_temp.take(), '', 'nor with a tick from outside');
select pgque.ticker('q', :newest + 2, now(), :seq + 10001) \gset
select is(pg_temp.take(), 'same, from outside', 'which delivers it next');
select pgque.set_queue_config('q', 'external_ticker', 'false') \gset

begin;
select pgque.send('q', 'never') \gset
rollback;
select suite.tick('q') \gset
select is(pg_temp.take(), '', 'rolled back: never');

begin;
select pgque.send('q', 'kept') \gset
savepoint s;
select pgque.send('q', 'dropped') \gset
rollback to s;
savepoint s;
select pgque.send('q', 'kept too') \gset
release s;
commit;
select suite.tick('q') \gset
select is(pg_temp.take(), 'kept,kept too', 'savepoints');

-- a sender that is open across a tick
select suite.run('a', 'begin') \gset
select suite.run('a', $$select pgque.send('q', 'long')$$) \gset
select pgque.send('q', 'short') \gset
select suite.tick('q') \gset
select is(pg_temp.take(), 'short', 'the later sender that committed comes first');
select suite.tick('q') \gset
select is(pg_temp.take(), '', 'the open one not yet');
select suite.run('a', 'commit') \gset
select is(pg_temp.take(), '-', 'nor without a tick');
select suite.tick('q') \gset
select is(pg_temp.take(), 'long', 'after its commit and a tick');

-- three senders, committing out of order, far apart in ids
select suite.run('a', 'begin'), suite.run('a', $$select pgque.send('q', 'a1')$$) \gset
select suite.run('b', 'begin'), suite.run('b', $$select pgque.send('q', 'b1')$$) \gset
do $$ begin for i in 1..300 loop perform pg_current_xact_id(); commit; end loop; end $$;
select suite.run('c', 'begin'), suite.run('c', $$select pgque.send('q', 'c1')$$) \gset
select suite.tick('q') \gset
do $$ begin for i in 1..300 loop perform pg_current_xact_id(); commit; end loop; end $$;
select suite.run('b', 'commit') \gset
select suite.tick('q') \gset
select suite.run('a', $$select pgque.send('q', 'a2')$$), suite.run('a', 'commit') \gset
select suite.tick('q') \gset
select suite.run('c', 'commit') \gset
select suite.tick('q') \gset
select results_eq($$select pg_temp.take() from generate_series(1, 5)$$, array['', 'b1', 'a1,a2', 'c1', '-'],
    'each arrives in the window its commit falls into');

-- a window as long as several ticks at once
select suite.run('a', 'begin'), suite.run('a', $$select pgque.send('q', 'x1')$$) \gset
select pgque.send('q', 'x2') \gset
select suite.tick('q') \gset
select suite.run('a', 'commit') \gset
select pgque.send('q', 'x3') \gset
select suite.tick('q') \gset
select pgque.subscribe('q', 'late') \gset
select pgque.send('q', 'x4') \gset
select suite.tick('q') \gset
select is(suite.payloads((select batch_id from pgque.next_batch_custom('q', 'c', null, 5000, null))), 'x1,x2,x3,x4',
          'one batch over three ticks holds everything once, by event id');
select pgque.finish_batch((select sub_batch from pgque.subscription where sub_batch is not null)) \gset
select is((select suite.payloads(pgque.next_batch('q', 'late'))), 'x4', 'a late subscriber sees what came after');
select pgque.finish_batch((select sub_batch from pgque.subscription where sub_batch is not null)) \gset

-- order by id, retried copies only for their owner
select pgque.insert_event_raw('q', 900000, now(), (select sub_id from pgque.subscription join pgque.consumer on co_id = sub_consumer
                                                  where co_name = 'late'), 1, 't', 'for late', null, null, null, null) as raw,
       pgque.insert_event_raw('q', 800000, now(), null, null, 't', 'for all', null, null, null, null) as raw2 \gset
select suite.tick('q') \gset
select is(pg_temp.take(), 'for all', 'an owned event is not for others');
select is(suite.payloads(pgque.next_batch('q', 'late')), 'for all,for late', 'its owner gets it, in the order of ids');
select is(format('%s %s', pg_typeof(ev_txid), pg_typeof(ev_id)), 'bigint bigint', 'types of get_batch_events')
  from pgque.get_batch_events((select sub_batch from pgque.subscription where sub_batch is not null)) limit 1;
select is(ev_txid, (select ev_txid::text::bigint from pgque.event_template where ev_id = 900000), 'ev_txid is the sender''s transaction')
  from pgque.get_batch_events((select sub_batch from pgque.subscription where sub_batch is not null)) where ev_id = 900000;

-- the same, by a cursor and as SQL
select sub_batch as batch from pgque.subscription where sub_batch is not null \gset
begin;
select is((select string_agg(ev_data, ',') from pgque.get_batch_cursor(:batch, 'cur', 1)), 'for all', 'get_batch_cursor answers the first rows');
fetch all from cur \g /dev/null
rollback;
begin;
select is((select string_agg(ev_data, ',') from pgque.get_batch_cursor(:batch, 'cur', 10, $$ev_data like '%late'$$)), 'for late',
          'with a condition');
select is((select count(*)::int from pg_cursors where name = 'cur'), 1, 'and leaves the cursor open');
rollback;
select is((select count(*)::int from pgque.get_batch_cursor(null, 'cur', 10)), 0, 'the short form is strict');

select * from finish();
