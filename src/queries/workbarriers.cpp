// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/workparts.h"
#include "queries/workqueues.h"

#include <algorithm>
#include <map>

// Fan-in: barriers and the batches of one execution.
namespace queries {

namespace {

using namespace detail;
using domain::WorkInstall;
using pgque::detail::microseconds;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

/// A table with no more messages is read to find those of an execution.
constexpr auto searched = "5000";

/// Where markers do not say what was finished, the number of results does when it leaves no choice: as many as there
/// are batches that nobody holds, or none.
void settleByCount(domain::BarrierDetail& detail) {
    using State = domain::BarrierBatch::State;
    const auto unknown = [](const domain::BarrierBatch& batch) { return batch.state == State::Unknown; };
    const auto many = std::count_if(detail.batches.begin(), detail.batches.end(), unknown);
    if (!detail.finished || (*detail.finished > 0 && *detail.finished < many))
        return;
    for (domain::BarrierBatch& batch : detail.batches) {
        if (unknown(batch))
            batch.state = *detail.finished > 0 ? State::Finished : State::Lost;
    }
}

} // namespace

pg::Call<std::optional<BarrierNow>> barrierNow(const std::string& execution) {
    return {
        "barrier now",
        {"select b.remaining::bigint, (select count(*) from workqueue.pg_batch_dedup d"
         " where d.execution_id = b.execution_id), b.epoch from workqueue.pg_barrier_state b where b.execution_id = $1",
         pg::Params::of(execution)},
        [](const pg::Result& result) -> std::optional<BarrierNow> {
            if (result.rowCount() == 0)
                return {};
            const pg::Row row = result.row(0);
            return BarrierNow{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2)};
        }};
}

pg::Call<std::int64_t> detail::workOrphans(const WorkShape& shape) {
    const std::string markers = shape.schema + "pg_batch_dedup";
    return pgque::detail::valueCall<std::int64_t>(
        "orphan markers",
        "with recursive e(id, n) as ((select execution_id, 1 from " + markers +
            " order by 1 limit 1) union all select (select d.execution_id from " + markers +
            " d where d.execution_id > e.id order by 1 limit 1), e.n + 1 from e where e.id is not null"
            " and e.n < 10000) select count(*) from (select from e where e.id is not null and not exists (select "
            "from " +
            shape.schema + "pg_barrier_state b where b.execution_id = e.id) limit 200) z",
        {});
}

domain::Barriers barriers(pg::Connection& connection, const WorkInstall& install, pg::Deadline deadline, Orphans counts,
                          Limits limits) {
    domain::Barriers found;
    if (!install.hasBarriers)
        return found;
    const WorkShape shape(install);
    const std::string started = install.hasMarkers ? "(select count(*) from " + shape.schema +
                                                         "pg_batch_dedup d where d.execution_id = b.execution_id)"
                                                   : std::string("0");
    // total and epoch are ours; results are never read in a list.
    const std::string total = install.ours ? "b.total::bigint" : "null::bigint";
    const std::string epoch = install.ours ? "b.epoch" : "0";
    Look look;
    look.part(limits);
    const auto rows = look.ask(
        rowsCall("barriers",
                 "select b.execution_id, b.organization_id, b.remaining::bigint, " + total + ", " + started + ", " +
                     epoch + "::bigint, " + micros("b.created_at") + ", " + micros("b.last_progress_at") + ", " +
                     micros("b.expires_at") + " from " + shape.schema +
                     "pg_barrier_state b order by b.last_progress_at limit " + std::to_string(domain::Barriers::most),
                 {}, [](const pg::Row& row) {
                     domain::Barrier barrier;
                     barrier.execution = row.get<std::string>(0);
                     barrier.organization = textOrEmpty(row, 1);
                     barrier.remaining = row.get<std::int64_t>(2);
                     barrier.total = row.get<std::optional<std::int64_t>>(3);
                     barrier.started = row.get<std::int64_t>(4);
                     barrier.epoch = row.get<std::int64_t>(5);
                     barrier.createdAt = microseconds(row, 6);
                     barrier.progressAt = microseconds(row, 7);
                     barrier.expiresAt = microseconds(row, 8);
                     return barrier;
                 }));
    std::optional<Asked<std::int64_t>> orphans;
    if (install.hasMarkers && counts == Orphans::Count)
        orphans = look.ask(workOrphans(shape));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    found.rows = answers.get(rows);
    if (orphans)
        found.orphanMarkers = answers.get(*orphans);
    found.takenAt = answers.get(clock);
    return found;
}

domain::BarrierDetail barrierDetail(pg::Connection& connection, const WorkInstall& install,
                                    const std::string& execution, pg::Deadline deadline) {
    const WorkShape shape(install);
    const std::string finished = install.ours ? micros("d.finished_at") : "null::bigint";
    // Every counted batch left one result, so that the number armed is known where nothing records it.
    const std::string results = "case when jsonb_typeof(b.results) = 'array' then jsonb_array_length(b.results) end";
    const std::string total =
        std::string("coalesce(") + (install.ours ? "b.total, " : "") + "b.remaining + " + results + ", 0)";

    struct Row {
        std::int64_t index = 0;
        std::optional<pg::Timestamp> started;
        std::optional<pg::Timestamp> finished;
    };

    Look look;
    // What is counted, begun and held must be of one moment: else a batch that just ends looks lost.
    look.part(patient, Look::View::Same);
    const auto marked = look.ask(
        rowsCall("batches",
                 "select i.n, " + micros("d.created_at") + ", " + finished +
                     " from (select n from generate_series(0, (select greatest(" + total +
                     ", coalesce((select max(batch_index) + 1"
                     " from " +
                     shape.schema + "pg_batch_dedup where execution_id = $1), 0)) from (select 1) one left join " +
                     shape.schema + "pg_barrier_state b on b.execution_id = $1) - 1) n limit 2000) i left join " +
                     shape.schema + "pg_batch_dedup d on d.execution_id = $1 and d.batch_index = i.n order by i.n",
                 pg::Params::of(execution), [](const pg::Row& row) {
                     return Row{row.get<std::int64_t>(0), optionalMicroseconds(row, 1), optionalMicroseconds(row, 2)};
                 }));

    struct Live {
        std::int64_t index = 0;
        std::int64_t message = 0;
        bool running = false;
        std::optional<pg::Timestamp> leaseEnds;
    };

    // Held messages are few. Those that wait are searched for in a small table only: no index finds an execution's.
    const std::string context =
        "m.message->'kwargs'->'_barrier_context' as context from " + shape.messages + " m where ";
    const auto small =
        look.ask(pgque::detail::valueCall<bool>("small table",
                                                "select count(*) <= " + std::string(searched) + " from (select from " +
                                                    shape.messages + " limit " + searched + " + 1) z",
                                                {}));
    const auto live = look.ask(
        rowsCall("messages of an execution",
                 "select (c.context->>'batch_index')::bigint, c.msg_id, c.held and c.vt > clock_timestamp(), case when"
                 " c.held then " +
                     micros("c.vt") +
                     " end from ((select"
                     " m.msg_id, m.vt, true as held, " +
                     context + shape.claimed() + " limit 100000) union all (select m.msg_id, m.vt, false, " + context +
                     "not (" + shape.claimed() + ") and (select count(*) from (select from " + shape.messages +
                     " limit " + searched + " + 1) z) <= " + searched +
                     ")) c where c.context->>'execution_id' = $1 and (c.context->>'batch_index') ~ '^[0-9]{1,9}$'",
                 pg::Params::of(execution), [](const pg::Row& row) {
                     return Live{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<bool>(2),
                                 optionalMicroseconds(row, 3)};
                 }));
    const auto counted = look.ask(rowsCall(
        "batches counted",
        "select (" + results + ")::bigint from " + shape.schema + "pg_barrier_state b where b.execution_id = $1",
        pg::Params::of(execution), [](const pg::Row& row) { return row.get<std::optional<std::int64_t>>(0); }));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    std::map<std::int64_t, Live> held;
    for (const Live& one : answers.get(live))
        held[one.index] = one;
    const bool all = answers.get(small);
    domain::BarrierDetail found;
    found.takenAt = answers.get(clock);
    using State = domain::BarrierBatch::State;
    for (const Row& row : answers.get(marked)) {
        domain::BarrierBatch batch{row.index, State::NotStarted, row.started, row.finished, {}, {}};
        const auto message = held.find(row.index);
        if (message != held.end()) {
            batch.message = message->second.message;
            batch.leaseEnds = message->second.leaseEnds;
        }
        if (row.finished)
            batch.state = State::Finished;
        else if (message != held.end() && message->second.running && row.started)
            batch.state = State::Running;
        else if (row.started)
            batch.state = install.ours ? State::Lost : State::Unknown;
        else if (all && message == held.end())
            batch.state = State::Missing;
        found.batches.push_back(batch);
    }
    if (const auto& rows = answers.get(counted); !rows.empty())
        found.finished = rows.front();
    if (!install.ours)
        settleByCount(found);
    return found;
}

} // namespace queries
