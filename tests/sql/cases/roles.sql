-- SPDX-License-Identifier: GPL-3.0-or-later
-- The three roles, and who may do what with schema, tables and sequences.
select plan(46);

select pgque.create_queue('q') \gset
select suite.queue_id('q') as n \gset

create function pg_temp.rights(grantee text, relation text) returns text language sql as $$
    select coalesce(string_agg(p, ' ' order by o), '-')
      from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) with ordinality as u(p, o)
     where exists (select from pg_class c, aclexplode(c.relacl) a
                    where c.oid = to_regclass(relation) and a.privilege_type = p
                      and a.grantee = coalesce((select r.oid from pg_roles r where r.rolname = rights.grantee), 0)) $$;
create function pg_temp.sequence_rights(grantee text, relation text) returns text language sql as $$
    select coalesce(string_agg(p, ' ' order by o), '-')
      from unnest(array['USAGE', 'SELECT', 'UPDATE']) with ordinality as u(p, o)
     where exists (select from pg_class c, aclexplode(c.relacl) a
                    where c.oid = to_regclass(relation) and a.privilege_type = p
                      and a.grantee = coalesce((select r.oid from pg_roles r where r.rolname = sequence_rights.grantee), 0)) $$;
\set everything 'SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER'

-- roles
select is((select string_agg(format('%s %s', rolname, rolcanlogin), ' ' order by rolname) from pg_roles
            where rolname in ('pgque_reader', 'pgque_writer', 'pgque_admin')),
          'pgque_admin f pgque_reader f pgque_writer f', 'three roles that can not log in');
select ok(pg_has_role('pgque_admin', 'pgque_reader', 'member') and pg_has_role('pgque_admin', 'pgque_writer', 'member'),
          'the admin is reader and writer');
select ok(not pg_has_role('pgque_writer', 'pgque_reader', 'member') and not pg_has_role('pgque_reader', 'pgque_writer', 'member'),
          'reader and writer are siblings');
select ok(not pg_has_role('pgque_reader', 'pgque_admin', 'member') and not pg_has_role('pgque_writer', 'pgque_admin', 'member'),
          'neither is admin');

-- schema
select is((select string_agg(privilege_type, ' ' order by privilege_type desc)
             from pg_namespace, aclexplode(nspacl) where nspname = 'pgque' and grantee = 0), 'USAGE', 'schema: PUBLIC');
select ok(has_schema_privilege('pgque_reader', 'pgque', 'usage') and not has_schema_privilege('pgque_reader', 'pgque', 'create'),
          'schema: reader');
select ok(not has_schema_privilege('pgque_writer', 'pgque', 'create'), 'schema: writer');
select ok(has_schema_privilege('pgque_admin', 'pgque', 'usage') and has_schema_privilege('pgque_admin', 'pgque', 'create'),
          'schema: admin');

-- tables that everybody may read
select is(concat_ws(' / ', pg_temp.rights('public', t), pg_temp.rights('pgque_reader', t), pg_temp.rights('pgque_writer', t),
                    pg_temp.rights('pgque_admin', t)), 'SELECT / SELECT / - / ' || :'everything', t)
  from unnest(array['pgque.consumer', 'pgque.queue', 'pgque.tick', 'pgque.subscription', 'pgque.event_template', 'pgque.retry_queue']) t;
-- tables for readers only
select is(concat_ws(' / ', pg_temp.rights('public', t), pg_temp.rights('pgque_reader', t), pg_temp.rights('pgque_writer', t),
                    pg_temp.rights('pgque_admin', t)), '- / SELECT / - / ' || :'everything', t)
  from unnest(array['pgque.config', 'pgque.dead_letter']) t;
-- event tables take over the template's rights
select is(concat_ws(' / ', pg_temp.rights('public', t), pg_temp.rights('pgque_reader', t), pg_temp.rights('pgque_writer', t),
                    pg_temp.rights('pgque_admin', t)), 'SELECT / SELECT / - / ' || :'everything', 'event table ' || i)
  from (values (0, format('pgque.event_%s', :n)), (1, format('pgque.event_%s_0', :n)), (2, format('pgque.event_%s_1', :n)),
               (3, format('pgque.event_%s_2', :n))) v(i, t);
-- sequences
select is(concat_ws(' / ', pg_temp.sequence_rights('public', t), pg_temp.sequence_rights('pgque_reader', t),
                    pg_temp.sequence_rights('pgque_writer', t), pg_temp.sequence_rights('pgque_admin', t)),
          '- / - / - / USAGE SELECT UPDATE', t)
  from unnest(array['pgque.consumer_co_id_seq', 'pgque.queue_queue_id_seq', 'pgque.subscription_sub_id_seq', 'pgque.batch_id_seq',
                    'pgque.dead_letter_dl_id_seq']) t;
select ok(pg_temp.sequence_rights('public', format('pgque.event_%s_id_seq', :n)) = 'SELECT', 'anybody may look at the event sequence');
select ok(pg_temp.sequence_rights('public', format('pgque.event_%s_tick_seq', :n)) = 'SELECT', 'anybody may look at the tick sequence');
select ok(has_sequence_privilege('pgque_admin', format('pgque.event_%s_id_seq', :n), 'usage'), 'the admin may draw event ids');
select is_empty($$select c.relname from pg_class c, aclexplode(c.relacl) a
                   where c.relnamespace = 'pgque'::regnamespace and a.grantee = 0 and a.privilege_type <> 'SELECT'$$,
    'PUBLIC may write nothing');

-- as those roles see it
drop role if exists sqlcase_nobody;
create role sqlcase_nobody;
set role sqlcase_nobody;
select lives_ok($$select * from pgque.queue$$, 'anybody sees the queues');
select lives_ok(format($$select * from pgque.event_%s$$, :n), 'anybody sees the events');
select denied($$select * from pgque.dead_letter$$);
select denied($$select pgque.version()$$);
set role pgque_writer;
select lives_ok($$select pgque.send('q', 'x'::text)$$, 'a writer sends');
select denied($$select * from pgque.receive('q', 'c')$$);
select denied($$select pgque.subscribe('q', 'c')$$);
select denied($$insert into pgque.event_template (ev_id, ev_time) values (1, now())$$);
set role pgque_reader;
select lives_ok($$select pgque.subscribe('q', 'c')$$, 'a reader subscribes');
select lives_ok($$select * from pgque.receive('q', 'c')$$, 'a reader receives');
select denied($$select pgque.send('q', 'x'::text)$$);
select denied($$update pgque.subscription set sub_active = now()$$);
select denied($$select pgque.create_queue('r')$$);
set role pgque_admin;
select is(pgque.create_queue('r'), 1, 'an admin creates queues');
select lives_ok($$update pgque.queue set queue_max_retries = 3 where queue_name = 'q'$$, 'an admin may update rows directly');
select denied($$select pgque.uninstall()$$);
select denied($$select pgque.insert_event_bulk('q', 't', array['x'])$$);
reset role;
drop role sqlcase_nobody;

select * from finish();
