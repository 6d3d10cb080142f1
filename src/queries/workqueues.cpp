// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/workqueues.h"

#include "queries/workparts.h"

#include <algorithm>
#include <map>

// What stands in the queues: the sample, and which installs there are to sample.
namespace queries {

namespace {

using namespace detail;
using domain::WorkGeneration;
using domain::WorkInstall;
using pgque::detail::microseconds;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

constexpr std::int64_t lettersLookedAt = 10'000;

struct Named {
    std::string queue;
    std::int64_t value = 0;
};

struct Setting {
    std::string queue;
    bool paused = false;
    int maxAttempts = 5;
    int leaseSeconds = 120;
};

pg::Call<std::vector<Setting>> settings(const WorkShape& shape) {
    return rowsCall("work queue settings",
                    "select queue_name, paused and coalesce(paused_until > clock_timestamp(), true), max_attempts,"
                    " lease_seconds from " +
                        shape.schema + "queue_setting limit 10000",
                    {}, [](const pg::Row& row) {
                        return Setting{row.get<std::string>(0), row.get<bool>(1), row.get<std::int32_t>(2),
                                       row.get<std::int32_t>(3)};
                    });
}

pg::Call<std::vector<domain::WorkLeader>> leaders(const WorkShape& shape) {
    // When maint() ran is written down by our own schema only.
    const std::string last =
        shape.of.ours ? micros("nullif(s.last_maint, '-infinity')") + ", " + micros("nullif(s.last_sweep, '-infinity')")
                      : std::string("null::bigint, null::bigint");
    return rowsCall("work queue leader",
                    "select l.leader, " + micros("l.acquired_at") + ", " + last + " from " + shape.schema +
                        "pg_orchestrator_lock l" +
                        (shape.of.ours ? " left join " + shape.schema + "sweep_state s on s.id = 1" : std::string()) +
                        " where l.id = 1",
                    {}, [](const pg::Row& row) {
                        return domain::WorkLeader{textOrEmpty(row, 0), microseconds(row, 1),
                                                  optionalMicroseconds(row, 2), optionalMicroseconds(row, 3)};
                    });
}

} // namespace

std::vector<WorkInstall> workInstalls(pg::Connection& connection, pg::Deadline deadline) {
    // Columns say which generation it is; privileges are found out by asking.
    return look(
        connection,
        rowsCall(
            "work queues",
            "with t as (select c.oid, n.nspname as schema, c.relname as name,"
            " array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0"
            " and not a.attisdropped) as columns from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p') and (c.relname in ('pg_queue_message', 'pg_barrier_state', "
            "'pg_batch_dedup',"
            " 'pg_orchestrator_lock', 'dead_letter', 'queue_setting') or (n.nspname = 'pgmq' and c.relname = 'meta')))"
            " select m.schema, m.name = 'meta', m.columns @> array['state'], m.columns @> array['available_at'],"
            " m.columns @> array['claimed_by', 'last_error'],"
            " exists (select from t b where b.schema = m.schema and b.name = 'pg_barrier_state'),"
            " exists (select from t b where b.schema = m.schema and b.name = 'pg_batch_dedup'),"
            " exists (select from t b where b.schema = m.schema and b.name = 'pg_orchestrator_lock'),"
            " exists (select from t b where b.schema = m.schema and b.name = 'dead_letter'"
            " and b.columns @> array['dead_id', 'died_at']),"
            " exists (select from t b where b.schema = m.schema and b.name = 'queue_setting'),"
            " m.columns @> array['priority'], exists (select from pg_index i where i.indrelid = m.oid"
            " and pg_get_expr(i.indpred, i.indrelid) = '(read_ct >= 2)')"
            " from t m where m.name = 'meta' or (m.name = 'pg_queue_message'"
            " and m.columns @> array['msg_id', 'queue_name', 'message', 'enqueued_at', 'vt', 'read_ct'])"
            " order by m.schema <> 'workqueue', m.name = 'meta', 1",
            {},
            [](const pg::Row& row) {
                WorkInstall install;
                install.schema = row.get<std::string>(0);
                install.generation = row.get<bool>(1)     ? WorkGeneration::Pgmq
                                     : !row.get<bool>(10) ? WorkGeneration::Plain
                                     : !row.get<bool>(2)  ? WorkGeneration::LeaseOnly
                                     : row.get<bool>(3)   ? WorkGeneration::Scheduled
                                                          : WorkGeneration::States;
                install.namesHolders = row.get<bool>(4);
                install.hasBarriers = row.get<bool>(5);
                install.hasMarkers = row.get<bool>(6);
                install.hasLeader = row.get<bool>(7);
                install.hasDeadLetters = row.get<bool>(8);
                install.hasSettings = row.get<bool>(9);
                install.indexesReads = row.get<bool>(11);
                // Our functions live in one schema only; a copy of the tables elsewhere is nothing they act on.
                install.ours = install.schema == "workqueue" && install.hasDeadLetters && install.hasSettings &&
                               install.namesHolders;
                return install;
            }),
        patient, deadline);
}

domain::WorkSample workSample(pg::Connection& connection, const WorkInstall& install, pg::Deadline deadline,
                              Limits limits) {
    if (install.generation == WorkGeneration::Pgmq)
        return detail::pgmqSample(connection, install, deadline, limits);
    const WorkShape shape(install);
    Look look;
    look.part(limits);
    const auto began = look.ask(serverClock());
    const auto waiting = look.ask(workBands(shape));
    const auto often = look.ask(workReads(shape));
    const auto counted = look.ask(workCounters(install));
    std::optional<Asked<std::vector<WorkHeldRow>>> held;
    if (shape.states)
        held = look.ask(workHeld(shape));
    std::optional<Asked<std::vector<domain::WorkQueue>>> later;
    if (shape.schedules())
        later = look.ask(workScheduled(shape));
    std::optional<Asked<std::vector<Named>>> dead;
    if (install.hasDeadLetters)
        dead = look.ask(rowsCall("work queue dead letters",
                                 "select l.queue_name, count(*) from (select queue_name from " + shape.schema +
                                     "dead_letter limit " + std::to_string(lettersLookedAt + 1) + ") l group by 1",
                                 {}, [](const pg::Row& row) {
                                     return Named{row.get<std::string>(0), row.get<std::int64_t>(1)};
                                 }));
    std::optional<Asked<std::vector<Setting>>> set;
    if (install.hasSettings)
        set = look.ask(settings(shape));
    std::optional<Asked<std::vector<domain::WorkLeader>>> leader;
    if (install.hasLeader)
        leader = look.ask(leaders(shape));
    const auto ended = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);

    domain::WorkSample sample;
    sample.install = install;
    sample.readsSampled = !install.indexesReads;
    bool deadIsLeast = false;
    std::map<std::string, domain::WorkQueue> queues;
    const auto at = [&queues](const std::string& name) -> domain::WorkQueue& {
        domain::WorkQueue& queue = queues[name];
        queue.name = name;
        return queue;
    };
    const auto sooner = [](std::optional<pg::Timestamp>& kept, const std::optional<pg::Timestamp>& other) {
        if (other)
            kept = std::min(kept.value_or(*other), *other);
    };
    for (const WorkBandRow& band : answers.get(waiting)) {
        domain::WorkQueue& queue = at(band.queue);
        queue.claimed += band.band.claimed;
        sooner(queue.nextLapse, band.nextLapse);
        queue.bands.push_back(band.band);
    }
    if (held) {
        for (const WorkHeldRow& part : answers.get(*held)) {
            domain::WorkQueue& queue = at(part.queue);
            queue.claimed += part.claimed;
            queue.lapsed += part.lapsed;
            if (part.worstLapse)
                queue.worstLapse = std::max(queue.worstLapse.value_or(*part.worstLapse), *part.worstLapse);
            sooner(queue.nextLapse, part.nextLapse);
            auto band = std::find_if(queue.bands.begin(), queue.bands.end(),
                                     [&part](const auto& one) { return one.priority <= part.priority; });
            if (band == queue.bands.end() || band->priority != part.priority) {
                band = queue.bands.insert(band, domain::WorkBand{});
                band->priority = part.priority;
            }
            band->claimed = part.claimed;
            band->lapsed = part.lapsed;
        }
    }
    if (later) {
        for (const domain::WorkQueue& part : answers.get(*later)) {
            domain::WorkQueue& queue = at(part.name);
            queue.scheduled = part.scheduled;
            queue.overdue = part.overdue;
            queue.nextDue = part.nextDue;
        }
    }
    if (dead) {
        std::int64_t all = 0;
        for (const Named& one : answers.get(*dead)) {
            at(one.queue).dead = one.value;
            all += one.value;
        }
        deadIsLeast = all > lettersLookedAt;
    }
    if (set) {
        for (const Setting& one : answers.get(*set)) {
            domain::WorkQueue& queue = at(one.queue);
            queue.paused = one.paused;
            queue.maxAttempts = one.maxAttempts;
            queue.leaseSeconds = one.leaseSeconds;
        }
    }
    for (const WorkReadsRow& one : answers.get(often)) {
        domain::WorkQueue& queue = at(one.queue);
        queue.reads.push_back(one.reads);
        queue.highestReads = one.reads.reads;
        if (one.reads.reads > queue.maxAttempts)
            queue.poison += one.reads.messages;
    }
    if (leader) {
        if (const auto found = answers.get(*leader); !found.empty())
            sample.leader = found.front();
    }
    sample.counters = answers.get(counted).front();
    sample.takenAt = answers.get(ended);
    sample.serverMs = std::chrono::duration<double, std::milli>(sample.takenAt - answers.get(began)).count();
    for (auto& [name, queue] : queues) {
        queue.deadIsLeast = deadIsLeast;
        sample.queues.push_back(std::move(queue));
    }
    return sample;
}

} // namespace queries
