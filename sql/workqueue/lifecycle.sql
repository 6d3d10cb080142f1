-- SPDX-License-Identifier: Apache-2.0
create or replace function workqueue.version()
returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select '0.1.0'
$$;

comment on schema workqueue is 'batchscope workqueue 0.1.0: priority work queue with a fan-out barrier';
