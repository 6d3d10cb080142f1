-- SPDX-License-Identifier: Apache-2.0
-- Triggers that turn changes of a table into events: as JSON, URL-encoded, or as fragments of SQL.
-- They run with the rights of whoever changes the table; so do the expressions in their arguments, which is why
-- nothing here pins search_path.

create or replace function pgque._urlencode(val text)
returns text
language sql immutable strict
as $$
    select coalesce(pg_catalog.string_agg(
               case when b.code between 48 and 57 or b.code between 65 and 90 or b.code between 97 and 122
                      or b.code in (45, 46, 95) then pg_catalog.chr(b.code)
                    when b.code = 32 then '+'
                    else '%' || pg_catalog.lpad(pg_catalog.to_hex(b.code), 2, '0')
               end, '' order by b.place), '')
      from (select p.place, pg_catalog.get_byte(v.bytes, p.place) as code
              from (select pg_catalog.convert_to(val, 'UTF8') as bytes offset 0) v
             cross join lateral pg_catalog.generate_series(0, pg_catalog.octet_length(v.bytes) - 1) p(place)) b
$$;

-- The value of an SQL expression over a row's columns, as text.
create or replace function pgque._row_expression(p_row anyelement, p_expression text)
returns text
language plpgsql
as $$
declare
    v_value text;
begin
    execute 'select (' || p_expression || ')::pg_catalog.text'
         || case when p_row is distinct from null then ' from (select ($1).*) new_row' else '' end
       into v_value using p_row;
    return v_value;
end
$$;

-- The row's columns as text; with p_json as JSON values: whole numbers, truth values and times as such, everything else
-- as a string.
create or replace function pgque._row_values(p_row anyelement, p_columns text[], p_types oid[], p_json boolean)
returns text[]
language plpgsql
as $$
declare
    v_values text[];
begin
    execute 'select array[' || (
                select pg_catalog.string_agg(
                           pg_catalog.format(
                               case when p_json and c.type in ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype,
                                                               'int8'::pg_catalog.regtype, 'bool'::pg_catalog.regtype,
                                                               'date'::pg_catalog.regtype,
                                                               'timestamp'::pg_catalog.regtype,
                                                               'timestamptz'::pg_catalog.regtype)
                                    then 'coalesce(pg_catalog.to_json(r.%1$I)::pg_catalog.text, ''null'')'
                                    when p_json
                                    then 'coalesce(pg_catalog.to_json(r.%1$I::pg_catalog.text)::pg_catalog.text, ''null'')'
                                    when c.type = 'bool'::pg_catalog.regtype
                                    then 'case r.%1$I when true then ''t'' when false then ''f'' end'
                                    else 'r.%1$I::pg_catalog.text'
                               end, c.name),
                           ', ' order by c.place)
                  from rows from (pg_catalog.unnest(p_columns), pg_catalog.unnest(p_types)) with ordinality
                       c(name, type, place))
         || ']::pg_catalog.text[] from (select ($1).*) r'
       into v_values using p_row;
    return v_values;
end
$$;

-- One change as the event's data. p_old is null except for an update in SQL.
create or replace function pgque._row_data(
    p_format text, p_op text, p_columns text[], p_values text[], p_old text[], p_keys text[])
returns text
language plpgsql
as $$
declare
    v_where text;
    v_set text;
begin
    if p_format = 'json' then
        return '{' || coalesce(
            (select pg_catalog.string_agg(pg_catalog.to_json(c.name)::text || ':' || c.value, ',' order by c.place)
               from rows from (pg_catalog.unnest(p_columns), pg_catalog.unnest(p_values)) with ordinality
                    c(name, value, place)), '') || '}';
    elsif p_format = 'url' then
        return coalesce(
            (select pg_catalog.string_agg(
                        pgque._urlencode(c.name) || coalesce('=' || pgque._urlencode(c.value), ''), '&' order by c.place)
               from rows from (pg_catalog.unnest(p_columns), pg_catalog.unnest(p_values)) with ordinality
                    c(name, value, place)), '');
    end if;

    if p_op = 'INSERT' then
        return (select '(' || pg_catalog.string_agg(pg_catalog.quote_ident(c.name), ',' order by c.place) || ') values ('
                    || pg_catalog.string_agg(coalesce(pg_catalog.quote_literal(c.value), 'null'), ',' order by c.place)
                    || ')'
                  from rows from (pg_catalog.unnest(p_columns), pg_catalog.unnest(p_values)) with ordinality
                       c(name, value, place));
    end if;
    select pg_catalog.string_agg(
               pg_catalog.quote_ident(c.name) || coalesce('=' || pg_catalog.quote_literal(c.value), ' is null'),
               ' and ' order by k.place)
      into v_where
      from pg_catalog.unnest(p_keys) with ordinality k(name, place)
      join rows from (pg_catalog.unnest(p_columns), pg_catalog.unnest(p_values)) c(name, value) on c.name = k.name;
    if p_op = 'DELETE' then
        return v_where;
    end if;
    select pg_catalog.string_agg(
               pg_catalog.quote_ident(c.name) || '=' || coalesce(pg_catalog.quote_literal(c.value), 'null'),
               ',' order by c.place)
      into v_set
      from rows from (pg_catalog.unnest(p_columns), pg_catalog.unnest(p_values), pg_catalog.unnest(p_old))
           with ordinality c(name, value, old, place)
     where c.name <> all (p_keys) and c.value is distinct from c.old;
    if v_set is null then
        -- Nothing changed: still a statement, and one without effect.
        select pg_catalog.quote_ident(c.name) || '=' || coalesce(pg_catalog.quote_literal(c.value), 'null')
          into v_set
          from rows from (pg_catalog.unnest(p_columns), pg_catalog.unnest(p_values)) c(name, value)
         where c.name = p_keys[1];
    end if;
    return v_set || ' where ' || v_where;
end
$$;

-- What the three triggers have in common. p_new is the row that the event tells of (the old one for a delete), p_old
-- the row before an update; both null for a truncate. Returns whether the change itself is to be suppressed.
create or replace function pgque._row_event(
    p_format text, p_args text[], p_rel oid, p_schema text, p_table text, p_op text,
    p_new anyelement, p_old anyelement)
returns boolean
language plpgsql
as $$
declare
    v_queue text := (select a.value from pg_catalog.unnest(p_args) with ordinality a(value, place) where a.place = 1);
    v_arg text;
    v_skip boolean := false;
    v_backup boolean := false;
    v_deny boolean := false;
    v_ignore text[] := '{}';
    v_keys text[];
    v_when text;
    v_fields jsonb := '{}'; -- event field -> expression
    v_event jsonb := pg_catalog.jsonb_build_object('ev_extra1', p_schema || '.' || p_table);
    v_columns text[];
    v_types oid[];
    v_new text[];
    v_old text[];
    v_field record;
begin
    if v_queue is null then
        raise exception 'Trigger needs queue name';
    end if;
    for v_arg in
        select a.value from pg_catalog.unnest(p_args) with ordinality a(value, place) where a.place > 1 order by a.place
    loop
        if v_arg in ('SKIP', 'skip') then
            v_skip := true;
        elsif v_arg = 'backup' then
            v_backup := true;
        elsif v_arg = 'deny' then
            v_deny := true;
        elsif v_arg like 'ignore=%' then
            v_ignore := pg_catalog.string_to_array(pg_catalog.substr(v_arg, 8), ',');
        elsif v_arg like 'pkey=%' then
            v_keys := pg_catalog.string_to_array(pg_catalog.substr(v_arg, 6), ',');
        elsif v_arg like 'when=%' then
            v_when := pg_catalog.substr(v_arg, 6);
        elsif v_arg ~ '^ev_(type|extra[1-4])=' then
            v_fields := v_fields || pg_catalog.jsonb_build_object(
                pg_catalog.split_part(v_arg, '=', 1), pg_catalog.substr(v_arg, pg_catalog.strpos(v_arg, '=') + 1));
        else
            raise exception 'bad argument: %', v_arg;
        end if;
    end loop;

    if pg_catalog.current_setting('session_replication_role') = 'local' then
        return false;
    end if;
    if v_deny then
        raise exception 'Table ''%.%'' to queue ''%'': change not allowed (%)', p_schema, p_table, v_queue, p_op;
    end if;
    if p_op not in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') then
        raise exception 'TG_OP not supported: %', p_op;
    end if;

    if v_keys is null then
        select coalesce(pg_catalog.array_agg(a.attname::text order by a.attnum), '{}') into v_keys
          from pg_catalog.pg_index i
          join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
         where i.indrelid = p_rel and i.indisprimary;
    end if;
    if p_op in ('UPDATE', 'DELETE') and pg_catalog.cardinality(v_keys) = 0 then
        raise exception 'Update/Delete on table without pkey';
    end if;
    if v_when is not null and not coalesce(pgque._row_expression(p_new, v_when)::boolean, false) then
        return v_skip;
    end if;

    if p_op = 'TRUNCATE' then
        v_event := v_event || pg_catalog.jsonb_build_object('ev_data', case p_format when 'json' then '{}' else '' end);
    else
        -- Every column takes part in the comparison, ignored ones apart; those of the event are not data.
        select pg_catalog.array_agg(a.attname::text order by a.attnum), pg_catalog.array_agg(a.atttypid order by a.attnum)
          into v_columns, v_types
          from pg_catalog.pg_attribute a
         where a.attrelid = p_rel and a.attnum > 0 and not a.attisdropped
           and a.attname::text <> all (v_ignore) and a.attname !~ '^_pgq_ev_(type|extra[1-4])$';
        v_new := pgque._row_values(p_new, v_columns, v_types, p_format = 'json');
        if p_op = 'UPDATE' then
            v_old := pgque._row_values(p_old, v_columns, v_types, p_format = 'json');
            if exists (select 1
                         from rows from (pg_catalog.unnest(v_columns), pg_catalog.unnest(v_new), pg_catalog.unnest(v_old))
                              c(name, value, old)
                        where c.name = any (v_keys) and c.value is distinct from c.old) then
                raise exception 'primary key update not allowed';
            end if;
            if v_new is not distinct from v_old and p_new is distinct from p_old then
                return v_skip; -- only what is to be ignored has changed
            end if;
            if v_backup then
                v_event := v_event || pg_catalog.jsonb_build_object(
                    'ev_extra2', pgque._row_data(case p_format when 'json' then 'json' else 'url' end,
                                                 p_op, v_columns, v_old, null, v_keys));
            end if;
        end if;
        v_event := v_event || pg_catalog.jsonb_build_object(
            'ev_data', pgque._row_data(p_format, p_op, v_columns, v_new, v_old, v_keys));
    end if;

    v_event := v_event || pg_catalog.jsonb_build_object('ev_type', case p_format
        when 'json'
        then '{"op":' || pg_catalog.to_json(p_op) || ',"table":[' || pg_catalog.to_json(p_schema) || ','
             || pg_catalog.to_json(p_table) || '],"pkey":' || pg_catalog.to_json(v_keys) || '}'
        when 'url'
        then case p_op when 'TRUNCATE' then 'R'
                       else pg_catalog.left(p_op, 1) || ':' || pg_catalog.array_to_string(v_keys, ',') end
        else case p_op when 'TRUNCATE' then 'R' else pg_catalog.left(p_op, 1) end
    end);

    -- Columns of the row that stand for fields of the event, then the expressions of the arguments.
    for v_field in
        select pg_catalog.substr(a.attname, 6) as name, pg_catalog.quote_ident(a.attname) as expression, 1 as step
          from pg_catalog.pg_attribute a
         where a.attrelid = p_rel and a.attnum > 0 and not a.attisdropped and p_op <> 'TRUNCATE'
           and a.attname ~ '^_pgq_ev_(type|extra[1-4])$'
         union all
        select f.key, f.value, 2 from pg_catalog.jsonb_each_text(v_fields) f
         order by step
    loop
        v_event := v_event || pg_catalog.jsonb_build_object(
            v_field.name, pgque._row_expression(p_new, v_field.expression));
    end loop;

    perform pgque.insert_event(
        v_queue, v_event ->> 'ev_type', v_event ->> 'ev_data', v_event ->> 'ev_extra1', v_event ->> 'ev_extra2',
        v_event ->> 'ev_extra3', v_event ->> 'ev_extra4');
    return v_skip;
end
$$;

-- Rows as JSON objects.
create or replace function pgque.jsontriga()
returns trigger
language plpgsql
as $$
declare
    v_skip boolean;
begin
    if tg_op = 'INSERT' then
        v_skip := pgque._row_event('json', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op, new, new);
    elsif tg_op = 'UPDATE' then
        v_skip := pgque._row_event('json', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op, new, old);
    elsif tg_op = 'DELETE' then
        v_skip := pgque._row_event('json', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op, old, old);
    else
        v_skip := pgque._row_event('json', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op,
                                   null::pgque.consumer, null::pgque.consumer);
    end if;
    if tg_when = 'AFTER' or tg_op = 'TRUNCATE' or v_skip then
        return null;
    elsif tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end
$$;

-- Rows URL-encoded; whoever changes the table needs the right to call _urlencode.
create or replace function pgque.logutriga()
returns trigger
language plpgsql
as $$
declare
    v_skip boolean;
begin
    if tg_op = 'INSERT' then
        v_skip := pgque._row_event('url', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op, new, new);
    elsif tg_op = 'UPDATE' then
        v_skip := pgque._row_event('url', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op, new, old);
    elsif tg_op = 'DELETE' then
        v_skip := pgque._row_event('url', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op, old, old);
    else
        v_skip := pgque._row_event('url', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op,
                                   null::pgque.consumer, null::pgque.consumer);
    end if;
    if tg_when = 'AFTER' or tg_op = 'TRUNCATE' or v_skip then
        return null;
    elsif tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end
$$;

-- Rows as the part of an SQL statement that repeats the change elsewhere.
create or replace function pgque.sqltriga()
returns trigger
language plpgsql
as $$
declare
    v_skip boolean;
begin
    if tg_op = 'INSERT' then
        v_skip := pgque._row_event('sql', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op, new, new);
    elsif tg_op = 'UPDATE' then
        v_skip := pgque._row_event('sql', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op, new, old);
    elsif tg_op = 'DELETE' then
        v_skip := pgque._row_event('sql', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op, old, old);
    else
        v_skip := pgque._row_event('sql', tg_argv, tg_relid, tg_table_schema, tg_table_name, tg_op,
                                   null::pgque.consumer, null::pgque.consumer);
    end if;
    if tg_when = 'AFTER' or tg_op = 'TRUNCATE' or v_skip then
        return null;
    elsif tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end
$$;
