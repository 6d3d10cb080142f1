// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/workevidence.h"

#include "queries/workshape.h"

namespace queries::evidence {

namespace {

using detail::WorkShape;
using domain::WorkGeneration;
using domain::WorkInstall;

template <class... Values>
std::string shown(std::string sql, const Values&... values) {
    return pg::Statement{std::move(sql), pg::Params::of(values...)}.display();
}

bool isPgmq(const WorkInstall& install) {
    return install.generation == WorkGeneration::Pgmq;
}

/// "select COLUMNS from the queue's messages where": PGMQ has a table for each.
std::string messages(const WorkInstall& install, std::string_view queue, const std::string& columns) {
    if (isPgmq(install))
        return "select " + columns + "\n  from " + detail::pgmqTable(std::string(queue)) + " m\n where true";
    return shown("select " + columns + "\n  from " + WorkShape(install).messages + " m\n where m.queue_name = $1",
                 queue);
}

std::string stated(const WorkInstall& install, const char* columns) {
    return WorkShape(install).states && !isPgmq(install) ? std::string(columns) + ", m.state" : std::string(columns);
}

} // namespace

std::string workLeader(const WorkInstall& install) {
    return "select leader, acquired_at, clock_timestamp() - acquired_at as lease_age\n  from " +
           WorkShape(install).schema + "pg_orchestrator_lock where id = 1;";
}

std::string workLapsed(const WorkInstall& install, std::string_view queue) {
    return messages(install, queue, "m.msg_id, m.priority, m.read_ct, m.vt, clock_timestamp() - m.vt as lapsed_for") +
           " and m.state = 'claimed' and m.vt <= clock_timestamp()\n order by m.vt limit 20;";
}

std::string workOverdue(const WorkInstall& install, std::string_view queue) {
    return messages(install, queue,
                    "m.msg_id, m.priority, m.available_at, clock_timestamp() - m.available_at as overdue_for") +
           " and m.state = 'scheduled' and m.available_at <= clock_timestamp()\n order by m.available_at limit 20;";
}

std::string workOftenRead(const WorkInstall& install, std::string_view queue, int moreThan) {
    return messages(install, queue, stated(install, "m.msg_id, m.read_ct, m.vt")) +
           " and m.read_ct >= 2 and m.read_ct > " + std::to_string(moreThan) +
           "\n order by m.read_ct desc, m.msg_id limit 20;";
}

std::string workHead(const WorkInstall& install, std::string_view queue, int priority) {
    const WorkShape shape(install);
    return messages(
               install, queue,
               stated(install, "m.msg_id, m.read_ct, m.enqueued_at, clock_timestamp() - m.enqueued_at as waited")) +
           (priority > 0 ? " and m.priority = " + std::to_string(priority) : std::string()) + " and " +
           (isPgmq(install) ? "m.vt <= clock_timestamp()" : shape.ready()) + "\n order by m.msg_id limit 5;";
}

std::string workInFlight(const WorkInstall& install, std::string_view queue) {
    return messages(install, queue, "count(*) as in_flight, min(m.vt) as next_lapse") + " and " +
           (isPgmq(install) ? "m.vt > clock_timestamp()" : WorkShape(install).claimed()) + ";";
}

std::string workBarrier(const WorkInstall& install, std::string_view execution) {
    const WorkShape shape(install);
    return shown("select b.execution_id, b.remaining, b.created_at, b.last_progress_at, b.expires_at" +
                     (install.hasMarkers ? ",\n       (select count(*) from " + shape.schema +
                                               "pg_batch_dedup d where d.execution_id = b.execution_id) as started"
                                         : std::string()) +
                     "\n  from " + shape.schema + "pg_barrier_state b where b.execution_id = $1;",
                 execution);
}

std::string workCounters(const WorkInstall& install) {
    return shown("select relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del, n_live_tup, n_dead_tup,\n"
                 "       last_vacuum, last_autovacuum\n  from pg_stat_all_tables where schemaname = $1 and relname " +
                     std::string(isPgmq(install) ? "like 'q\\_%';" : "= 'pg_queue_message';"),
                 install.schema);
}

std::string oldestSnapshot() {
    return "select 'session' as kind, pid::text as who, application_name, age(backend_xmin) as looks_back,\n"
           "       clock_timestamp() - xact_start as open_for, state\n"
           "  from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid()\n"
           "union all\n"
           "select 'slot', slot_name, plugin, greatest(age(xmin), age(catalog_xmin)), null, null\n"
           "  from pg_replication_slots where xmin is not null or catalog_xmin is not null\n"
           "union all\n"
           "select 'prepared', gid, owner, age(transaction), clock_timestamp() - prepared, null from "
           "pg_prepared_xacts\n"
           " order by looks_back desc nulls last limit 10;";
}

} // namespace queries::evidence
