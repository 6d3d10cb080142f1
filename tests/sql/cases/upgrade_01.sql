-- SPDX-License-Identifier: GPL-3.0-or-later
-- database: bare
-- Installing over a PgQue 0.1.0: columns are added, renamed arguments get their names, owners keep what is theirs.
select plan(29);
\i :fixtures/pgque_tables.sql
\i :fixtures/pgque_01.sql
drop role if exists sqlcase_owner01;
create role sqlcase_owner01;
grant create, usage on schema pgque to sqlcase_owner01;
grant pgque_admin to sqlcase_owner01;
alter function pgque.send(text, text) owner to sqlcase_owner01;
alter function pgque.send(text, jsonb) owner to sqlcase_owner01;
alter function pgque.send(text, text, text) owner to sqlcase_owner01;
alter function pgque.send(text, text, jsonb) owner to sqlcase_owner01;
alter function pgque.send_batch(text, text, text[]) owner to sqlcase_owner01;
alter function pgque.send_batch(text, text, jsonb[]) owner to sqlcase_owner01;
alter function pgque.subscribe(text, text) owner to sqlcase_owner01;
alter function pgque.unsubscribe(text, text) owner to sqlcase_owner01;
select lives_ok($$select from pg_proc where proname = 'send' and 'i_queue' = any(proargnames)$$, 'the fixture has the old argument names');

\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f "$SUITE_SQL" -c "select 'installed'" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, 'installed', 'installs over 0.1.0');
select has_column('pgque', t, c, t || '.' || c) from (values ('queue', 'queue_max_retries'), ('queue', 'queue_extra_maint'), ('subscription', 'sub_role'), ('config', 'scheduler'), ('config', 'tick_period_ms'),
    ('subscription', 'sub_batch_since'), ('subscription', 'sub_takeovers')) v(t, c);
select is((select string_agg(distinct sub_role, ',') from pgque.subscription), 'normal', 'all subscriptions are normal ones');
select throws_ok($$update pgque.subscription set sub_role = 'x'$$, '23514', null, 'with the check');
select is(format('%s %s', tick_period_ms, installed_at at time zone 'UTC'), '100 2020-02-20 20:20:20', 'the configuration row stays') from pgque.config;
select is_empty($$select name from suite.routine where source like '%of old%' and name not in ('seq_getval', 'seq_setval', 'tune_storage', '_grant_perms_from', 'batch_event_sql', 'batch_event_tables')$$, 'no routine of old is left');
select is((select string_agg(arguments, ' / ' order by arguments) from suite.routine where name = 'send'),
    'queue_name text, payload jsonb / queue_name text, payload text / queue_name text, type_name text, payload jsonb / queue_name text, type_name text, payload text', 'send has its argument names');
select is((select arguments from suite.routine where name = 'subscribe'), 'queue text, consumer text', 'so has subscribe');
select is((select string_agg(distinct owner::regrole::text, ',') from suite.routine where name in ('send', 'subscribe', 'unsubscribe') or (name = 'send_batch' and arguments like '%type_name%')), 'sqlcase_owner01', 'their owner is who it was');
select isnt((select owner::regrole::text from suite.routine where name = 'receive'), 'sqlcase_owner01', 'others are not given away');
select ok(has_function_privilege('sqlcase_owner01', 'pgque.insert_event_bulk(text,text,text[])', 'execute'), 'that owner may call insert_event_bulk');
select ok(not has_function_privilege('pgque_admin', 'pgque.insert_event_bulk(text,text,text[])', 'execute'), 'nobody else');
select is_empty('select name from suite.routine where public', 'nothing for PUBLIC');
select is((select count(*)::int from suite.routine where name in ('register_subconsumer', 'subscribe_subconsumer')), 2, 'the three-argument forms are gone');
select is(pgque.version(), '0.2.0', 'the version');
select is((select string_agg(payload, ',') from pgque.receive('old', 'busy')), 'first', 'an open batch goes on');
select isnt(pgque.send(queue_name => 'old', payload => 'new'::text), null, 'sending by name');
select is(pgque.maint_retry_events(), 1, 'a retry moves');
select suite.tick('old') \gset
select pgque.ack(1) \gset
select is((select string_agg(payload, ',') from pgque.receive('old', 'busy')), 'second,new', 'the rest arrives');
select is((select string_agg(ev_data, ',') from pgque.dlq_inspect('old')), 'dead', 'the dead letter is there');

-- and once more
\set said `cd / && psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f "$SUITE_SQL" -c "select 'installed'" -At 2>&1 | grep -v NOTICE`
select is(:'said'::text, 'installed', 'again on top');
select is((select string_agg(distinct owner::regrole::text, ',') from suite.routine where name = 'send'), 'sqlcase_owner01', 'owners stay');
drop schema pgque cascade;
drop role sqlcase_owner01;

select * from finish();
