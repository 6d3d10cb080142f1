// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/workshape.h"

// PGMQ: a table a queue, no priorities and no index that would tell the held from the visible. The front of each is
// read.
namespace queries::detail {

namespace {

using pgque::detail::microseconds;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

constexpr std::int64_t front = 10'000;

struct Counts {
    std::int64_t visible = 0;
    std::int64_t held = 0;
    std::int64_t lookedAt = 0;
    std::optional<pg::Timestamp> oldest;
    std::optional<pg::Timestamp> nextLapse;
    std::optional<std::int64_t> head;
    pg::Timestamp now;
};

/// By column name: upgraded installs have their columns in another order.
std::string frontOf(const std::string& queue) {
    return " from (select msg_id, vt, read_ct, enqueued_at from " + pgmqTable(queue) + " order by msg_id limit " +
           std::to_string(front) + ") z";
}

pg::Call<Counts> counts(const std::string& queue) {
    return pgque::detail::rowCall(
        "PGMQ counts",
        "select count(*) filter (where z.vt <= clock_timestamp()), count(*) filter (where z.vt > clock_timestamp()),"
        " count(*), " +
            micros("min(z.enqueued_at) filter (where z.vt <= clock_timestamp())") + ", " +
            micros("min(z.vt) filter (where z.vt > clock_timestamp())") +
            ", min(z.msg_id) filter (where z.vt <= clock_timestamp()), " + micros(clockNow) + frontOf(queue),
        {}, [](const pg::Row& row) {
            return Counts{row.get<std::int64_t>(0),     row.get<std::int64_t>(1),
                          row.get<std::int64_t>(2),     optionalMicroseconds(row, 3),
                          optionalMicroseconds(row, 4), row.get<std::optional<std::int64_t>>(5),
                          microseconds(row, 6)};
        });
}

pg::Call<std::vector<domain::WorkReads>> reads(const std::string& queue) {
    return rowsCall("PGMQ reads",
                    "select z.read_ct, count(*)" + frontOf(queue) + " where z.read_ct >= 2 group by 1 order by 1", {},
                    [](const pg::Row& row) {
                        return domain::WorkReads{row.get<std::int32_t>(0), row.get<std::int64_t>(1)};
                    });
}

} // namespace

pg::Call<std::vector<domain::WorkCounters>> workCounters(const domain::WorkInstall& install) {
    return rowsCall("work queue counters",
                    "select coalesce(sum(n_tup_ins), 0)::bigint, coalesce(sum(n_tup_upd), 0)::bigint,"
                    " coalesce(sum(n_tup_hot_upd), 0)::bigint, coalesce(sum(n_tup_del), 0)::bigint,"
                    " coalesce(sum(n_live_tup), 0)::bigint, coalesce(sum(n_dead_tup), 0)::bigint, " +
                        micros("max(greatest(last_vacuum, last_autovacuum))") +
                        " from pg_stat_all_tables where schemaname = $1 and relname " +
                        (install.generation == domain::WorkGeneration::Pgmq ? "like 'q\\_%'" : "= 'pg_queue_message'"),
                    pg::Params::of(install.schema), [](const pg::Row& row) {
                        return domain::WorkCounters{row.get<std::int64_t>(0),    row.get<std::int64_t>(1),
                                                    row.get<std::int64_t>(2),    row.get<std::int64_t>(3),
                                                    row.get<std::int64_t>(4),    row.get<std::int64_t>(5),
                                                    optionalMicroseconds(row, 6)};
                    });
}

domain::WorkSample pgmqSample(pg::Connection& connection, const domain::WorkInstall& install, pg::Deadline deadline,
                              Limits limits) {
    const auto names = look(connection,
                            rowsCall("PGMQ queues", "select queue_name from pgmq.meta order by 1 limit 500", {},
                                     [](const pg::Row& row) { return row.get<std::string>(0); }),
                            limits, deadline);
    Look look;
    look.part(limits);
    const auto began = look.ask(serverClock());
    std::vector<std::pair<Asked<Counts>, Asked<std::vector<domain::WorkReads>>>> asked;
    for (const std::string& name : names) {
        look.part(limits);
        asked.push_back({look.ask(counts(name)), look.ask(reads(name))});
    }
    look.part(limits);
    const auto counted = look.ask(workCounters(install));
    const auto ended = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    domain::WorkSample sample;
    sample.install = install;
    sample.readsSampled = true;
    sample.counters = answers.get(counted).front();
    sample.takenAt = answers.get(ended);
    sample.serverMs = std::chrono::duration<double, std::milli>(sample.takenAt - answers.get(began)).count();
    for (std::size_t i = 0; i < names.size(); ++i) {
        domain::WorkQueue queue;
        queue.name = names[i];
        const Counts found = answers.get(asked[i].first);
        queue.claimed = found.held;
        queue.nextLapse = found.nextLapse;
        queue.reads = answers.get(asked[i].second);
        for (const domain::WorkReads& one : queue.reads) {
            queue.highestReads = one.reads;
            if (one.reads > queue.maxAttempts)
                queue.poison += one.messages;
        }
        if (found.visible + found.held > 0) {
            domain::WorkBand band;
            band.ready = {found.visible, found.lookedAt >= front, found.now};
            band.oldest = found.oldest;
            band.headId = found.head;
            band.claimed = found.held;
            queue.bands.push_back(band);
        }
        sample.queues.push_back(std::move(queue));
    }
    return sample;
}

} // namespace queries::detail
