-- SPDX-License-Identifier: Apache-2.0
-- A new batch id, the token of whoever gets the window. It is drawn for good: a rollback does not give it back.
select pg_catalog.nextval('pgque.batch_id_seq') as token
