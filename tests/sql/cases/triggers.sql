-- SPDX-License-Identifier: GPL-3.0-or-later
-- jsontriga, logutriga and sqltriga: rows of a table as events.
select plan(93);
select pgque.create_queue('q') \gset
create table public.item (id int, part text, name text, price numeric(8, 2), ok boolean, made date, at timestamp, note text, primary key (id, part));
create table public.keyless (a int, b text);

-- Attaches the trigger with the given arguments, runs a statement, answers the events it made: type | data | extra1.. joined by newline.
create function public.events(fn text, arguments text, sql text, target text default 'public.item', moment text default 'after',
                               row_level boolean default true) returns text language plpgsql as $$
declare
    mark bigint := coalesce((select max(ev_id) from pgque.event_template), 0);
begin
    execute format('create trigger fire %s %s on %s for each %s execute function pgque.%s(%s)', moment,
        case when row_level then 'insert or update or delete' else 'truncate' end, target,
        case when row_level then 'row' else 'statement' end, fn, arguments);
    execute sql;
    execute format('drop trigger fire on %s', target);
    return (select string_agg(concat_ws('|', ev_type, coalesce(ev_data, 'NULL'), coalesce(ev_extra1, '-'), coalesce(ev_extra2, '-'),
                                        coalesce(ev_extra3, '-'), coalesce(ev_extra4, '-')), chr(10) order by ev_id)
              from pgque.event_template where ev_id > mark);
end $$;
create function pg_temp.fresh() returns void language sql as $$
    truncate public.item, public.keyless;
    insert into public.item values (1, 'a', 'Näme & "quote"', 1.50, true, '2024-02-29', '2024-02-29 12:34:56', null);
    insert into public.keyless values (1, 'x') $$;
\set ins 'insert into public.item values (2, ''b'', ''it''''s'', null, false, null, null, ''n'')'
\set upd 'update public.item set name = ''new'', price = null where id = 1'
\set del 'delete from public.item where id = 1'

-- jsontriga
select pg_temp.fresh();
create function pg_temp.json_type(e text) returns text language sql as $$
    select format('%s %s %s', lower(j ->> 'op'), j ->> 'table', j ->> 'pkey') from (select split_part(e, '|', 1)::jsonb as j) x $$;
create function pg_temp.json_data(e text) returns json language sql as $$ select split_part(e, '|', 2)::json $$;
select public.events('jsontriga', $$'q'$$, :'ins') as e \gset
select is(pg_temp.json_type(:'e'), 'insert ["public", "item"] ["id", "part"]', 'json insert: operation, table, key');
select is(pg_temp.json_data(:'e')::jsonb, '{"id": 2, "part": "b", "name": "it''s", "price": null, "ok": false, "made": null, "at": null, "note": "n"}'::jsonb, 'the row');
select is(array(select json_object_keys(pg_temp.json_data(:'e'))), array['id', 'part', 'name', 'price', 'ok', 'made', 'at', 'note'], 'in the order of columns');
select is(split_part(:'e', '|', 3) || split_part(:'e', '|', 4), 'public.item-', 'the table as ev_extra1');
select pg_temp.fresh();
select public.events('jsontriga', $$'q'$$, 'update public.item set note = ''x'' where id = 1') as e \gset
select is(pg_temp.json_type(:'e'), 'update ["public", "item"] ["id", "part"]', 'json update');
select is(pg_temp.json_data(:'e')::jsonb, '{"id": 1, "part": "a", "name": "Näme & \"quote\"", "price": "1.50", "ok": true, "made": "2024-02-29", "at": "2024-02-29T12:34:56", "note": "x"}'::jsonb,
          'the new row: integers, booleans, dates and timestamps native, the rest as strings');
select public.events('jsontriga', $$'q'$$, :'del') as e \gset
select is(pg_temp.json_type(:'e'), 'delete ["public", "item"] ["id", "part"]', 'json delete');
select ok(pg_temp.json_data(:'e')::jsonb @> '{"id": 1, "part": "a"}', 'with the key of the old row');
select public.events('jsontriga', $$'q'$$, 'truncate public.item', 'public.item', 'after', false) as e \gset
select is(pg_temp.json_type(:'e'), 'truncate ["public", "item"] ["id", "part"]', 'json truncate');
select is(pg_temp.json_data(:'e')::jsonb, '{}'::jsonb, 'without data');

-- logutriga
select pg_temp.fresh();
select is(public.events('logutriga', $$'q'$$, :'ins'), 'I:id,part|id=2&part=b&name=it%27s&price&ok=f&made&at&note=n|public.item|-|-|-', 'logu insert');
select is(public.events('logutriga', $$'q'$$, :'upd'),
    'U:id,part|id=1&part=a&name=new&price&ok=t&made=2024-02-29&at=2024-02-29+12%3a34%3a56&note|public.item|-|-|-', 'logu update');
select matches(public.events('logutriga', $$'q'$$, :'del'), '^D:id,part\|id=1&part=a', 'logu delete');
select matches(public.events('logutriga', $$'q'$$, 'truncate public.item', 'public.item', 'after', false), '^R\|', 'logu truncate');
select pg_temp.fresh();
select matches(public.events('logutriga', $$'q'$$, 'update public.item set note = ''~*é%+=&/ -_.'' where id = 1'), '&note=%7e%2a%c3%a9%25%2b%3d%26%2f\+-_\.\|', 'what is encoded and what not');
select is(pgque._urlencode('Az09-_. ü~'), 'Az09-_.+%c3%bc%7e', '_urlencode');
select is(pgque._urlencode(null), null, '_urlencode is strict');
select is(pgque._urlencode(''), '', 'of nothing');

-- sqltriga
create table public.pair (k text primary key, v text, w int);
create function pg_temp.fresh_pair() returns void language sql as $$ truncate public.pair; insert into public.pair values ('1', 'x', 5) $$;
select pg_temp.fresh_pair();
select is(public.events('sqltriga', $$'q'$$, $$insert into public.pair values ('2', 'it''s', null)$$, 'public.pair'),
    $$I|(k,v,w) values ('2','it''s',null)|public.pair|-|-|-$$, 'sql insert');
select is(public.events('sqltriga', $$'q'$$, $$update public.pair set v = 'new' where k = '1'$$, 'public.pair'), $$U|v='new' where k='1'|public.pair|-|-|-$$, 'sql update: what changed');
select is(public.events('sqltriga', $$'q'$$, $$update public.pair set v = null, w = 6 where k = '1'$$, 'public.pair'), $$U|v=null,w='6' where k='1'|public.pair|-|-|-$$, 'sql update of two columns');
select is(public.events('sqltriga', $$'q'$$, $$update public.pair set w = w where k = '1'$$, 'public.pair'), $$U|k='1' where k='1'|public.pair|-|-|-$$, 'sql update that changes nothing');
select is(public.events('sqltriga', $$'q'$$, $$delete from public.pair where k = '1'$$, 'public.pair'), $$D|k='1'|public.pair|-|-|-$$, 'sql delete');
select pg_temp.fresh();
select is(public.events('sqltriga', $$'q'$$, :'del'), $$D|id='1' and part='a'|public.item|-|-|-$$, 'sql delete by two columns');
select matches(public.events('sqltriga', $$'q'$$, 'truncate public.pair', 'public.pair', 'after', false), '^R\|', 'sql truncate');

-- arguments that all three share
create view public.three as select unnest(array['jsontriga', 'logutriga', 'sqltriga']) as fn;
select pg_temp.fresh(), pg_temp.fresh_pair();
select throws_like(format('select public.events(%L, %L, %L)', fn, '', :'ins'), 'Trigger needs queue name', fn || ' without queue') from public.three;
select throws_like(format('select public.events(%L, %L, %L)', fn, $$'q', 'what'$$, :'ins'), 'bad argument: what', fn || ' with a wrong argument') from public.three;
select throws_like(format('select public.events(%L, %L, %L)', fn, $$'nowhere'$$, :'ins'), 'queue not found: nowhere', fn || ' to an unknown queue') from public.three;
select throws_like(format('select public.events(%L, %L, %L)', fn, $$'q', 'deny'$$, :'ins'), $$Table 'public.item' to queue 'q': change not allowed (%)$$, fn || ' deny') from public.three;
select throws_like(format('select public.events(%L, %L, %L)', fn, $$'q'$$, 'update public.item set id = 9'), 'primary key update not allowed', fn || ' change of the key') from public.three;
select throws_like(format('select public.events(%L, %L, %L, %L)', fn, $$'q'$$, $$update public.keyless set b = 'y'$$, 'public.keyless'), 'Update/Delete on table without pkey', fn || ' update without key') from public.three;
select throws_like(format('select public.events(%L, %L, %L, %L)', fn, $$'q'$$, 'delete from public.keyless', 'public.keyless'), 'Update/Delete on table without pkey', fn || ' delete without key') from public.three;
select isnt(public.events(fn, $$'q'$$, $$insert into public.keyless values (2, 'z')$$, 'public.keyless'), null, fn || ' insert without key is fine') from public.three;
select isnt(public.events(fn, $$'q', 'pkey=a'$$, $$update public.keyless set b = 'by ' || clock_timestamp() where a = 1$$, 'public.keyless'), null, fn || ' a key can be named') from public.three;
select is(public.events(fn, $$'q', 'ignore=note,name'$$, $$update public.item set note = 'i' || clock_timestamp(), name = 'i1' where id = 1$$), null, fn || ' changes in ignored columns only make no event') from public.three;
select is(public.events('logutriga', $$'q', 'ignore=note,name,at,made,ok'$$, $$update public.item set note = 'i2', price = 3 where id = 1$$),
          'U:id,part|id=1&part=a&price=3.00|public.item|-|-|-', 'ignored columns are left out');
select matches(public.events('logutriga', $$'q', 'pkey=part'$$, 'update public.item set price = 4 where id = 1'), '^U:part\|', 'another key than the primary key');
select is(public.events('sqltriga', $$'q', 'pkey=w'$$, $$update public.pair set v = 'byw' where k = '1'$$, 'public.pair'), $$U|v='byw' where w='5'|public.pair|-|-|-$$, 'sql with another key');
select is(regexp_replace(public.events('logutriga', $$'q', 'ev_type=''T'' || part', 'ev_extra1=id + 1', 'ev_extra2=''two''', 'ev_extra3=name', 'ev_extra4=''4'''$$,
                         'update public.item set price = 5 where id = 1'), '^([^|]*)\|[^|]*\|', '\1|'), 'Ta|2|two|i1|4', 'type and extras by expression');
select is(public.events(fn, $$'q', 'when=id > 1'$$, 'update public.item set price = price + 1 where id = 1'), null, fn || ' when: false, no event') from public.three;
select is(public.events(fn, $$'q', 'when=null'$$, 'update public.item set price = price + 1 where id = 1'), null, fn || ' when: unknown, no event') from public.three;
select isnt(public.events(fn, $$'q', 'when=id = 1 and name is not null'$$, 'update public.item set price = price + 1 where id = 1'), null, fn || ' when: true') from public.three;
-- SKIP
select isnt(public.events(fn, format($$'q', '%s'$$, word), $$insert into public.item (id, part) values (100, 's')$$, 'public.item', 'before'), null, fn || ' ' || word || ' makes the event')
  from public.three, unnest(array['SKIP', 'skip']) word;
select is((select count(*)::int from public.item where id = 100), 0, 'and suppresses the operation');
select isnt(public.events('logutriga', $$'q'$$, $$insert into public.item (id, part) values (101, 's')$$, 'public.item', 'before'), null, 'a BEFORE trigger without it');
select is((select count(*)::int from public.item where id = 101), 1, 'lets it pass');
-- backup
select pg_temp.fresh();
select is((split_part(public.events('jsontriga', $$'q', 'backup'$$, 'update public.item set price = 7 where id = 1'), '|', 4)::jsonb) ->> 'price', '1.50', 'backup: the old row in ev_extra2, json');
select matches(split_part(public.events('logutriga', $$'q', 'backup'$$, 'update public.item set price = 8 where id = 1'), '|', 4), 'id=1&part=a&.*price=7.00', 'backup: the old row, urlencoded');
select is(split_part(public.events('logutriga', $$'q', 'backup'$$, :'ins'), '|', 4), '-', 'backup: none for an insert');
select is(regexp_replace(public.events('logutriga', $$'q', 'backup', 'ignore=note', 'ev_extra4=''x''', 'when=id=1'$$, 'update public.item set price = 9 where id = 1'), '.*\|', ''), 'x', 'in any order, together');

-- columns that speak to us
create table public.magic (id int primary key, v text, _pgq_ev_type text, _pgq_ev_extra1 text, _pgq_ev_extra2 text, _pgq_ev_extra3 text, _pgq_ev_extra4 text);
select is(public.events('logutriga', $$'q'$$, $$insert into public.magic values (1, 'x', 'T', 'e1', 'e2', 'e3', 'e4')$$, 'public.magic'), 'T|id=1&v=x|e1|e2|e3|e4', 'such columns set the fields and are no data');
select is(split_part(public.events('jsontriga', $$'q'$$, $$insert into public.magic values (2, 'x', 'T', 'e1', 'e2', 'e3', 'e4')$$, 'public.magic'), '|', 2)::jsonb, '{"id": 2, "v": "x"}'::jsonb, 'json, too');
select is(public.events('sqltriga', $$'q'$$, $$insert into public.magic values (3, 'x', 'T', 'e1', 'e2', 'e3', 'e4')$$, 'public.magic'), $$T|(id,v) values ('3','x')|e1|e2|e3|e4$$, 'sql, too');

-- a session that applies changes from elsewhere
set session_replication_role = local;
select is(public.events(fn, $$'q', 'deny'$$, 'update public.item set price = price + 1'), null, fn || ' does nothing under session_replication_role local') from public.three;
reset session_replication_role;

-- names that need quotes, odd types
create schema "Odd Schema";
create table "Odd Schema"."Odd ""Table" ("Key Col" int primary key, "v'al" text[], j jsonb, b bytea);
select is(split_part(public.events('logutriga', $$'q'$$, $$insert into "Odd Schema"."Odd ""Table" values (1, '{a,b}', '{"x":1}', '\x00ff')$$, '"Odd Schema"."Odd ""Table"'), '|', 1), 'I:Key Col', 'odd names: logu');
select is((split_part(public.events('jsontriga', $$'q'$$, $$insert into "Odd Schema"."Odd ""Table" values (2, '{a,b}', '{"x":1}', '\x00ff')$$, '"Odd Schema"."Odd ""Table"'), '|', 2)::jsonb) ->> 'j', '{"x": 1}', 'odd types: json as string');
select isnt(public.events('sqltriga', $$'q'$$, $$update "Odd Schema"."Odd ""Table" set j = null where "Key Col" = 1$$, '"Odd Schema"."Odd ""Table"'), null, 'odd names: sql');

-- who may fire: a writer jsontriga and sqltriga
grant insert on public.pair to pgque_writer, pgque_reader;
create trigger fire after insert on public.pair for each row execute function pgque.jsontriga('q');
set role pgque_writer;
select lives_ok($$insert into public.pair values ('w', 'w', 1)$$, 'a writer fires jsontriga');
set role pgque_reader;
select denied($$insert into public.pair values ('r', 'r', 1)$$, 'a reader does not');
reset role;
drop trigger fire on public.pair;
create trigger fire after insert on public.pair for each row execute function pgque.sqltriga('q');
set role pgque_writer;
select lives_ok($$insert into public.pair values ('w2', 'w', 1)$$, 'a writer fires sqltriga');
reset role;

select * from finish();
