-- SPDX-License-Identifier: GPL-3.0-or-later
-- uninstall() of more queues than one transaction may lock: counted first, refused with the remedy, done queue by queue.
select plan(7);
create procedure public.create_many(n int) language plpgsql as $$
begin
    for i in 1..n loop
        perform pgque.create_queue('many ' || i);
        if i % 20 = 0 then commit; end if;
    end loop;
end $$;
create procedure public.drop_all() language plpgsql as $$
declare
    name text;
begin
    for name in select queue_name from pgque.queue loop
        perform pgque.drop_queue(name, true);
        commit;
    end loop;
end $$;
-- 34 locks a queue; the lock table holds max_locks_per_transaction for every backend and prepared transaction, with some slack
call public.create_many((current_setting('max_locks_per_transaction')::int
    * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) * 1.4 / 34)::int);
select suite.told('select pgque.uninstall()') as said \gset
select matches(:'said'::text, 'max_locks_per_transaction', 'uninstall() of very many queues is refused, the remedy named');
select unalike(:'said'::text, '%out of shared memory%', 'before anything was tried');
select unalike(:'said'::text, '53200 %', 'not by running out of locks');
select cmp_ok((select count(*) from pgque.queue), '>', 100::bigint, 'all queues are still there');
call public.drop_all();
select is((select count(*)::int from pg_class where relnamespace = 'pgque'::regnamespace and relname ~ '^event_\d'), 0, 'dropped one by one');
select lives_ok('select pgque.uninstall()', 'it goes');
select hasnt_schema('pgque');
select * from finish();
