-- SPDX-License-Identifier: Apache-2.0
-- Removes the schema with every message in it; the three roles stay. Harmless when there is nothing to remove.
do $uninstall$
begin
    if pg_catalog.to_regnamespace('workqueue') is not null then
        drop schema workqueue cascade;
    end if;
end
$uninstall$;
