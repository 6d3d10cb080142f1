-- SPDX-License-Identifier: Apache-2.0
-- Who may do what. PUBLIC nothing; functions run with their caller's rights, so these are rights on tables too.
do $grants$
declare
    v_function record;
begin
    revoke all on schema workqueue from public;
    revoke all on all tables in schema workqueue from public;
    revoke all on all sequences in schema workqueue from public;
    for v_function in
        select p.oid::pg_catalog.regprocedure as name from pg_catalog.pg_proc p
         where p.pronamespace = 'workqueue'::pg_catalog.regnamespace
    loop
        execute pg_catalog.format('revoke all on function %s from public', v_function.name);
    end loop;
end
$grants$;
alter default privileges in schema workqueue revoke execute on functions from public;

grant usage on schema workqueue to workqueue_producer;
grant insert, select (msg_id) on workqueue.pg_queue_message to workqueue_producer;
grant usage on sequence workqueue.pg_queue_message_msg_id_seq to workqueue_producer;
grant execute on function
    workqueue.version(),
    workqueue._check_send(text, integer, double precision),
    workqueue.send(text, jsonb, integer, text, double precision),
    workqueue.send_many(text, jsonb[], integer, text, double precision)
    to workqueue_producer;

grant select, update, delete on workqueue.pg_queue_message to workqueue_consumer;
grant select, insert, update, delete on
    workqueue.pg_barrier_state, workqueue.pg_batch_dedup, workqueue.pg_orchestration_claim, workqueue.pg_task_result
    to workqueue_consumer;
grant select, insert on workqueue.dead_letter to workqueue_consumer;
grant select on workqueue.queue_setting, workqueue.pg_periodic_schedule, workqueue.pg_periodic_task to workqueue_consumer;
grant select, update on workqueue.pg_orchestrator_lock, workqueue.sweep_state to workqueue_consumer;
grant usage on sequence workqueue.barrier_epoch_seq, workqueue.pg_batch_dedup_id_seq, workqueue.dead_letter_dead_id_seq
    to workqueue_consumer;
grant execute on all functions in schema workqueue to workqueue_consumer;

-- An administrator owns nothing, but may do all there is to do.
revoke execute on function
    workqueue._audit(text, text, jsonb),
    workqueue.requeue(bigint, boolean),
    workqueue.move(bigint, text),
    workqueue.set_priority(bigint, integer),
    workqueue.postpone(bigint, double precision),
    workqueue.rearm(bigint, integer, boolean),
    workqueue.purge(jsonb, integer, boolean, text),
    workqueue.purge_dead(text, interval, integer),
    workqueue.pause(text, text, timestamptz),
    workqueue.resume(text)
    from workqueue_consumer;
grant execute on all functions in schema workqueue to workqueue_admin;
grant select, insert, update, delete on all tables in schema workqueue to workqueue_admin;
revoke update, delete on workqueue.audit from workqueue_admin;
grant usage on all sequences in schema workqueue to workqueue_admin;
