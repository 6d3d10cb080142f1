// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/workqueues.h"
#include "queries/workshape.h"

// What is asked of work queues beside what a page shows first: one queue's delays, and the slow beat's look at all.
namespace queries {

namespace {

using namespace detail;
using domain::HorizonHolder;
using domain::WorkInstall;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

constexpr std::size_t installsAtMost = 4;
constexpr std::size_t poisonAtMost = 5;

/// Whoever looks furthest back. Vacuum's own snapshot holds nothing back.
pg::Call<std::vector<HorizonHolder>> horizon() {
    return rowsCall(
        "oldest snapshot",
        "select h.kind, h.pid, h.name, h.back, " + micros("h.since") +
            ", h.state from (select 0 as kind, pid, application_name as name,"
            " greatest(age(backend_xmin), age(backend_xid))::bigint as back,"
            " case when state is distinct from 'idle' then xact_start end as since, state"
            " from pg_stat_activity where (backend_xmin is not null or backend_xid is not null)"
            " and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'"
            " union all select 1, active_pid, slot_name::text, greatest(age(xmin), age(catalog_xmin))::bigint,"
            " null::timestamptz, case when active then 'active' else 'inactive' end from pg_replication_slots"
            " where xmin is not null or catalog_xmin is not null"
            " union all select 2, null, gid, age(transaction)::bigint, prepared, null from pg_prepared_xacts) h"
            " order by h.back desc, h.since nulls last limit 1",
        {}, [](const pg::Row& row) {
            HorizonHolder holder;
            holder.kind = HorizonHolder::Kind(row.get<std::int32_t>(0));
            holder.pid = row.get<std::optional<std::int32_t>>(1);
            holder.name = textOrEmpty(row, 2);
            holder.transactions = row.get<std::int64_t>(3);
            holder.since = optionalMicroseconds(row, 4);
            holder.state = textOrEmpty(row, 5);
            return holder;
        });
}

domain::WorkLook lookAt(pg::Connection& connection, const WorkInstall& install, pg::Deadline deadline, Limits limits) {
    domain::WorkLook found;
    found.sample = workSample(connection, install, deadline, limits);
    found.barriers = barriers(connection, install, deadline, Orphans::Leave, limits);
    for (const domain::WorkQueue& queue : found.sample.queues) {
        if (queue.poison == 0 || found.poison.size() >= poisonAtMost)
            continue;
        const auto page = workPage(connection, install, queue.name, domain::WorkPart::Poison, {},
                                   static_cast<int>(poisonAtMost - found.poison.size()), deadline, limits);
        for (domain::WorkMessage message : page.rows) {
            message.queue = queue.name;
            found.poison.push_back(std::move(message));
        }
    }
    const auto holders = look(connection, horizon(), limits, deadline);
    if (!holders.empty())
        found.horizon = holders.front();
    return found;
}

} // namespace

std::vector<domain::WorkDelayed> workDelayed(pg::Connection& connection, const WorkInstall& install,
                                             const std::string& queue, pg::Deadline deadline) {
    const WorkShape shape(install);
    if (!shape.schedules())
        return {};
    return look(
        connection,
        rowsCall(
            "delayed messages of a queue",
            "select z.priority::int, count(*), count(*) filter (where z.available_at <="
            " clock_timestamp()), sum(count(*)) over () >= 10000, " +
                micros(clockNow) + " from (select m.priority, m.available_at from " + shape.messages +
                " m where m.state = 'scheduled' and m.queue_name = $1 order by m.available_at"
                " limit 10000) z group by 1 order by 1 desc",
            pg::Params::of(queue),
            [](const pg::Row& row) {
                domain::WorkDelayed delayed;
                delayed.priority = row.get<std::int32_t>(0);
                delayed.scheduled = {row.get<std::int64_t>(1), row.get<bool>(3), pgque::detail::microseconds(row, 4)};
                delayed.overdue = row.get<std::int64_t>(2);
                return delayed;
            }),
        patient, deadline);
}

domain::WorkLooks workLooks(pg::Connection& connection, const std::vector<WorkInstall>& installs, pg::Deadline deadline,
                            Limits limits) {
    domain::WorkLooks looks;
    for (std::size_t i = 0; i < std::min(installs.size(), installsAtMost); ++i) {
        try {
            looks.installs.push_back(lookAt(connection, installs[i], deadline, limits));
        } catch (const pg::Error& error) {
            if (!connection.isOpen())
                throw;
            looks.errors.push_back({installs[i].schema, error.failure()});
        }
    }
    looks.takenAt = look(connection, serverClock(), limits, deadline);
    return looks;
}

} // namespace queries
