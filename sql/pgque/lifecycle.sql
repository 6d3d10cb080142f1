-- SPDX-License-Identifier: Apache-2.0
-- Version, origin and removal.

-- The version of the interface that this schema keeps to.
create or replace function pgque.version()
returns text
language plpgsql security definer
set search_path = pgque, pg_catalog, pg_temp
as $$
begin
    return '0.2.0';
end
$$;

-- Whose implementation this is, and its own version.
create or replace function pgque.origin()
returns text
language sql immutable parallel safe
as $$ select 'batchscope 0.1.0' $$;
