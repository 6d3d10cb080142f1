// SPDX-License-Identifier: GPL-3.0-or-later
// What looking at a work queue of ten million messages costs, each view as the console asks it and the obvious
// aggregate beside it, and what a claim costs with messages in flight, beside the shape that PGMQ has published.
#include "queries/workparts.h"
#include "support/testserver.h"

#include <algorithm>
#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

namespace {

using domain::WorkPart;
using Clock = std::chrono::steady_clock;

pg::Deadline soon() {
    return pg::after(std::chrono::minutes(60));
}

void run(pg::Connection& connection, const std::string& sql) {
    connection.executeScript(sql, soon());
}

/// As autovacuum would leave them.
void settle(pg::Connection& connection, std::initializer_list<std::string> tables) {
    for (const std::string& table : tables)
        run(connection, "vacuum analyze " + table);
    run(connection, "checkpoint");
}

double milliseconds(Clock::duration took) {
    return std::chrono::duration<double, std::milli>(took).count();
}

/// How many messages: BENCH_WORK_ROWS, ten million where nothing is said.
std::int64_t rowsWanted() {
    const char* wanted = std::getenv("BENCH_WORK_ROWS");
    return wanted ? std::atoll(wanted) : 10'000'000;
}

/// 40 queues; of all messages 94.5 % ready, 0.5 % in flight, 5 % delayed; one in fifty claimed twice or more, a few
/// hundred too often; 20,000 runs with 20 markers each, and half as many that have markers only and come first.
class Big {
public:
    static Big& instance() {
        static Big big;
        return big;
    }

private:
    support::TestDatabase m_database{support::Schema::Workqueue};

public:
    pg::Connection connection = m_database.connect();
    domain::WorkInstall install;
    std::int64_t rows = rowsWanted();

private:
    Big() {
        const auto began = Clock::now();
        const std::string count = std::to_string(rows);
        const std::string share = std::to_string(std::max<std::int64_t>(1, rows / 200)); // 0.5 %
        // Indexes are made after the rows: that takes a third of the time.
        run(connection, "create temp table later as select pg_get_indexdef(i.indexrelid) as sql from pg_index i"
                        " where i.indrelid = 'workqueue.pg_queue_message'::regclass and not i.indisprimary;"
                        " do $$ declare x record; begin for x in select i.indexrelid::regclass as name from pg_index i"
                        " where i.indrelid = 'workqueue.pg_queue_message'::regclass and not i.indisprimary loop"
                        " execute 'drop index ' || x.name; end loop; end $$");
        run(connection,
            "insert into workqueue.pg_queue_message (queue_name, message, org_id, enqueued_at, vt, read_ct, priority,"
            " state, available_at, claimed_by, claimed_at) select 'queue_' || g % 40,"
            " jsonb_build_object('task_name', 'task_' || g % 17, 'args', jsonb_build_array(g), 'queue', 'queue_' || g "
            "% 40,"
            " 'kwargs', jsonb_build_object('execution_id', '1' || md5((g / 20)::text), 'requested_by', 'user' || g % "
            "9973 ||"
            " '@shop.example', 'note', repeat('x', 120))), 'org' || g % 300,"
            " now() - (" +
                count +
                " - g) * interval '1 ms',"
                " now() + (g % 600 - 3) * interval '1 s',"
                " case when g % 30011 = 0 then 6 + g % 3 when g % 53 = 7 then 2 + g % 3 when g <= " +
                share +
                " then 1 else 0 end, (1 + (g / 40) % 10)::smallint,"
                " case when g <= " +
                share +
                " then 'claimed' when g % 19 = 5 then 'scheduled' else 'ready' end,"
                " now() + (g % 86400 - 10) * interval '1 s', case when g <= " +
                share +
                " then 'worker-' || g % 32 end,"
                " case when g <= " +
                share + " then now() - interval '20 s' end from generate_series(1, " + count + ") g");
        run(connection, "do $$ declare x record; begin for x in select sql from later loop execute x.sql; end loop;"
                        " end $$");
        run(connection,
            "insert into workqueue.pg_barrier_state (execution_id, organization_id, remaining, results, total, epoch,"
            " created_at, expires_at, last_progress_at) select '1' || md5(g::text), 'org' || g % 300, 5,"
            " (select jsonb_agg(jsonb_build_object('batch', b)) from generate_series(1, 15) b), 20, g,"
            " now() - interval '1 h', now() + interval '5 h', now() - (g % 9000) * interval '1 s'"
            " from generate_series(1, 20000) g;"
            " insert into workqueue.pg_batch_dedup (execution_id, batch_index, created_at, finished_at)"
            " select case when g / 20 > 20000 then '0' else '1' end || md5((g / 20)::text), g % 20, now() - (1000000 - "
            "g) * interval '0.3 s',"
            " case when g % 20 < 15 then now() end from generate_series(20, 20 * 30000) g");
        settle(connection, {"workqueue.pg_queue_message", "workqueue.pg_barrier_state", "workqueue.pg_batch_dedup"});
        install = queries::workInstalls(connection, soon()).front();
        std::fprintf(stderr, "built %lld messages, %lld MB, in %.0f s\n", static_cast<long long>(rows),
                     static_cast<long long>(support::number(
                         connection, "select pg_total_relation_size('workqueue.pg_queue_message') / 1048576")),
                     milliseconds(Clock::now() - began) / 1'000);
    }
};

struct View {
    const char* name;
    double named; ///< milliseconds at ten million rows, as they were given for this kind of query; 0: none
    std::function<void(Big&)> ours;
    std::string naive; ///< empty: there is no other way
};

template <class T>
std::function<void(Big&)> part(pg::Call<T> (*call)(const queries::detail::WorkShape&)) {
    return [call](Big& big) {
        const queries::detail::WorkShape shape(big.install);
        benchmark::DoNotOptimize(queries::look(big.connection, call(shape), queries::workLimits, soon()));
    };
}

std::function<void(Big&)> page(WorkPart which, std::optional<domain::WorkPosition> after = {}) {
    return [which, after](Big& big) {
        benchmark::DoNotOptimize(queries::workPage(big.connection, big.install, "queue_7", which, after, 100, soon()));
    };
}

std::function<void(Big&)> statement(const std::string& sql) {
    return [sql](Big& big) { big.connection.execute({sql, {}}, soon()); };
}

const std::string all = "workqueue.pg_queue_message";

const std::vector<View>& views() {
    static const std::vector<View> made = {
        {"queueNames", 1.4, statement("select * from workqueue.stats_queue_names()"),
         "select queue_name, count(*) from " + all + " group by 1"},
        {"bandsWithHeads", 59, part(queries::detail::workBands),
         "select queue_name, priority, count(*), min(msg_id), min(enqueued_at) from " + all +
             " where state = 'ready' group by 1, 2"},
        {"oldestOfEachBand", 4.4,
         statement(
             "select n, p, h.enqueued_at from workqueue.stats_queue_names() n cross join generate_series(10, 1, -1) p"
             " cross join lateral (select m.enqueued_at from " +
             all + " m where m.state = 'ready' and m.queue_name = n and m.priority = p order by m.msg_id limit 1) h"),
         "select queue_name, priority, min(enqueued_at) from " + all + " where state = 'ready' group by 1, 2"},
        {"exactDepth", 1'370, statement("select * from workqueue.stats_bands(2000000000)"),
         "select queue_name, priority, count(*), min(enqueued_at) from " + all +
             " where state = 'ready' group by 1, 2"},
        {"inFlight", 172, part(queries::detail::workHeld),
         "select queue_name, count(*) filter (where state = 'claimed'), count(*) filter (where state = 'claimed' and vt"
         " <= now()), max(now() - vt) filter (where state = 'claimed') from " +
             all + " group by 1"},
        {"inFlightByQueue", 5,
         statement("select queue_name, count(*) from " + all + " where state = 'claimed' group by 1"),
         "select queue_name, count(*) filter (where state = 'claimed') from " + all + " group by 1"},
        {"delayedInAll", 47,
         statement(
             "select (select count(*) from " + all +
             " where state = 'scheduled'), (select count(*) from (select 1 from " + all +
             " where state = 'scheduled' and available_at <= now() limit 1001) z), (select min(available_at) from " +
             all + " where state = 'scheduled')"),
         "select count(*) filter (where state = 'scheduled'), count(*) filter (where state = 'scheduled' and "
         "available_at"
         " <= now()), min(available_at) filter (where state = 'scheduled') from " +
             all},
        {"delayedByQueue", 72, part(queries::detail::workScheduled),
         "select queue_name, count(*) filter (where state = 'scheduled'), count(*) filter (where state = 'scheduled' "
         "and"
         " available_at <= now()), min(available_at) filter (where state = 'scheduled') from " +
             all + " group by 1"},
        {"delayedOfOneQueue", 0,
         [](Big& big) {
             benchmark::DoNotOptimize(queries::workDelayed(big.connection, big.install, "queue_20", soon()));
         },
         "select priority, count(*) from " + all +
             " where state || '' = 'scheduled' and queue_name = 'queue_20' group by 1"},
        {"readCounts", 36, part(queries::detail::workReads),
         "select queue_name, read_ct, count(*) from " + all + " where read_ct + 0 >= 2 group by 1, 2"},
        {"poison", 5, page(WorkPart::Poison),
         "select msg_id, read_ct, message->>'task_name' from " + all +
             " where queue_name = 'queue_7' and read_ct + 0 > 5 order by read_ct desc limit 100"},
        {"messagePage", 0.3, page(WorkPart::Ready, domain::WorkPosition{5, 4'000'000}),
         "select msg_id, priority, enqueued_at, read_ct, message->>'task_name' from " + all +
             " where state = 'ready' and queue_name = 'queue_7' order by priority desc, msg_id offset 200000 limit "
             "100"},
        {"inFlightPage", 0, page(WorkPart::InFlight),
         "select msg_id, vt from " + all +
             " where state || '' = 'claimed' and queue_name = 'queue_7' order by vt limit 100"},
        // The list, and the markers of the 500 barriers that it shows.
        {"barriers", 6.9,
         [](Big& big) {
             benchmark::DoNotOptimize(queries::barriers(big.connection, big.install, soon(), queries::Orphans::Leave));
         },
         "select b.execution_id, b.remaining, jsonb_array_length(b.results), (select count(*) from"
         " workqueue.pg_batch_dedup d where d.execution_id = b.execution_id) from workqueue.pg_barrier_state b"
         " order by b.last_progress_at"},
        {"barriersAndMarkersAll", 154, statement("select * from workqueue.stats_barriers(9000, 20000)"), ""},
        {"orphanMarkers", 1.6, part(queries::detail::workOrphans),
         "select d.execution_id, count(*) from workqueue.pg_batch_dedup d left join workqueue.pg_barrier_state b using"
         " (execution_id) where b.execution_id is null group by 1"},
        {"markerAgePreview", 15,
         statement("select count(*) from workqueue.pg_batch_dedup where created_at < now() - interval '2.99 days'"),
         "select count(*) from workqueue.pg_batch_dedup where created_at + interval '2.99 days' < now()"},
        {"barrierBatches", 0,
         [](Big& big) {
             benchmark::DoNotOptimize(
                 queries::barrierDetail(big.connection, big.install, "1f899139df5e1059396431415e770c6dd", soon()));
         },
         "select msg_id from " + all + " where message #>> '{kwargs,execution_id}' = '1' || md5('100')"},
        {"leaderAndHealth", 0,
         [](Big& big) {
             benchmark::DoNotOptimize(queries::look(big.connection, queries::detail::workCounters(big.install),
                                                    queries::workLimits, soon()));
         },
         ""},
        {"wholeSample", 0,
         [](Big& big) { benchmark::DoNotOptimize(queries::workSample(big.connection, big.install, soon())); },
         "select queue_name, priority, state, count(*), min(enqueued_at), count(*) filter (where read_ct > 5) from " +
             all + " group by 1, 2, 3"},
        {"slowBeat", 0,
         [](Big& big) {
             benchmark::DoNotOptimize(queries::workLooks(big.connection, {big.install}, soon(), queries::workLimits));
         },
         ""}};
    return made;
}

/// Ours and the naive one in turn; the fastest of each counts, because others use this machine too.
void view(benchmark::State& state, const View& one) {
    Big& big = Big::instance();
    one.ours(big); // reads what it needs into memory
    double ours = 1e12;
    double naive = 1e12;
    int round = 0;
    for (auto _ : state) {
        const auto began = Clock::now();
        one.ours(big);
        const auto took = Clock::now() - began;
        ours = std::min(ours, milliseconds(took));
        state.SetIterationTime(std::chrono::duration<double>(took).count());
        if (!one.naive.empty() && round++ < 3) {
            const auto other = Clock::now();
            big.connection.execute({one.naive, {}}, soon());
            naive = std::min(naive, milliseconds(Clock::now() - other));
        }
    }
    state.counters["ours_ms"] = ours;
    if (!one.naive.empty()) {
        state.counters["naive_ms"] = naive;
        state.counters["naive/ours"] = naive / ours;
    }
    if (one.named > 0)
        state.counters["of_named"] = ours / one.named;
}

// --- claiming ---

constexpr std::int64_t waiting = 500'000;

/// Half a million messages that wait in one band, behind so many in flight; and the same in a table as PGMQ has it.
class Claims {
public:
    static Claims& instance(std::int64_t inFlight) {
        static std::unique_ptr<Claims> kept;
        static std::int64_t of = -1;
        if (of != inFlight) {
            kept.reset();
            kept.reset(new Claims(inFlight));
            of = inFlight;
        }
        return *kept;
    }

    support::TestDatabase database{support::Schema::Workqueue};
    pg::Connection connection = database.connect();

private:
    explicit Claims(std::int64_t inFlight) {
        const std::string count = std::to_string(waiting + inFlight);
        const std::string held = std::to_string(inFlight);
        run(connection,
            "insert into workqueue.pg_queue_message (queue_name, message, vt, read_ct, state) select 'q',"
            " jsonb_build_object('task_name', 'task', 'args', jsonb_build_array(g)), case when g <= " +
                held + " then now() + interval '1 day' else now() end, case when g <= " + held +
                " then 1 else 0 end,"
                " case when g <= " +
                held + " then 'claimed' else 'ready' end from generate_series(1, " + count +
                ") g;"
                " create schema pgmq; create table pgmq.q_q (msg_id bigint primary key generated always as identity,"
                " read_ct int default 0 not null, enqueued_at timestamptz default now() not null, vt timestamptz not "
                "null,"
                " message jsonb, headers jsonb); create index on pgmq.q_q (vt);"
                " insert into pgmq.q_q (vt, read_ct, message) select case when g <= " +
                held + " then now() + interval '1 day' else now() end, case when g <= " + held +
                " then 1 else 0 end,"
                " jsonb_build_object('task_name', 'task', 'args', jsonb_build_array(g)) from generate_series(1, " +
                count + ") g");
        settle(connection, {"workqueue.pg_queue_message", "pgmq.q_q"});
    }
};

struct Taken {
    std::int64_t id = 0;
    std::int32_t token = 0;
};

/// One of the two ways to claim and to finish.
struct Way {
    const char* claim;
    const char* finish;

    std::vector<Taken> take(pg::Connection& connection, std::int32_t quantity) const {
        const pg::Result result = connection.execute({claim, pg::Params::of(quantity)}, soon());
        std::vector<Taken> taken;
        for (int row = 0; row < result.rowCount(); ++row)
            taken.push_back({result.row(row).get<std::int64_t>(0), result.row(row).get<std::int32_t>(1)});
        return taken;
    }

    void done(pg::Connection& connection, const Taken& one) const {
        connection.execute({finish, pg::Params::of(one.id, one.token)}, soon());
    }
};

constexpr Way ours{"select msg_id, token from workqueue.claim('q', 3600, $1::int)",
                   "select workqueue.ack($1::bigint, $2::int)"};
// The published shape: candidates under a lock in a WITH step, by msg_id, visible when vt has passed.
constexpr Way theirs{"with picked as (select msg_id from pgmq.q_q where vt <= clock_timestamp() order by msg_id"
                     " limit $1::int for update skip locked) update pgmq.q_q m set vt = clock_timestamp() + interval"
                     " '3600 s', read_ct = m.read_ct + 1 from picked where m.msg_id = picked.msg_id"
                     " returning m.msg_id, m.read_ct, m.message",
                     "delete from pgmq.q_q where msg_id = $1::bigint and $2::int is not null"};

/// One claimer: how long a claim takes. What it took is finished outside the time, so that as many stay in flight.
void claim(benchmark::State& state, const Way& way) {
    Claims& claims = Claims::instance(state.range(0));
    pg::Connection connection = claims.database.connect();
    std::vector<double> times;
    for (auto _ : state) {
        const auto began = Clock::now();
        const auto taken = way.take(connection, 1);
        const auto took = Clock::now() - began;
        if (taken.size() != 1)
            state.SkipWithError("a claim took another number than asked for");
        for (const Taken& one : taken)
            way.done(connection, one);
        state.SetIterationTime(std::chrono::duration<double>(took).count());
        times.push_back(milliseconds(took));
    }
    std::sort(times.begin(), times.end());
    state.counters["median_ms"] = times[times.size() / 2];
    state.counters["p95_ms"] = times[times.size() * 95 / 100];
    state.counters["p99_ms"] = times[times.size() * 99 / 100];
}

/// Ten workers claim and finish for three seconds; nothing may be taken twice.
void tenWorkers(benchmark::State& state, const Way& way) {
    constexpr int workers = 10;
    for (auto _ : state) {
        Claims& claims = Claims::instance(state.range(0));
        std::mutex mutex;
        std::set<std::int64_t> seen;
        std::atomic<bool> wrong{false};
        std::atomic<std::int64_t> finished{0};
        std::atomic<std::int64_t> empty{0};
        std::vector<std::thread> threads;
        const auto end = Clock::now() + std::chrono::seconds(3);
        for (int i = 0; i < workers; ++i) {
            threads.emplace_back([&] {
                pg::Connection connection = claims.database.connect();
                std::vector<std::int64_t> mine;
                while (Clock::now() < end) {
                    const auto taken = way.take(connection, 1);
                    empty += taken.empty();
                    if (taken.size() > 1)
                        wrong = true;
                    for (const Taken& one : taken) {
                        mine.push_back(one.id);
                        way.done(connection, one);
                    }
                }
                const std::lock_guard lock(mutex);
                for (const std::int64_t id : mine) {
                    if (!seen.insert(id).second)
                        wrong = true;
                }
                finished += static_cast<std::int64_t>(mine.size());
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        if (wrong)
            state.SkipWithError("a message was taken twice, or a claim took more than asked for");
        state.SetIterationTime(3);
        state.SetItemsProcessed(finished);
        state.counters["empty"] = static_cast<double>(empty);
    }
}

} // namespace

int main(int argc, char** argv) {
    // What stands in flight is the outer loop: each database is built once.
    for (const std::int64_t inFlight : {0, 1'000, 100'000}) {
        for (const auto& [name, way] : {std::pair("ours", &ours), std::pair("pgmqShape", &theirs)}) {
            benchmark::RegisterBenchmark((std::string("claim/") + name).c_str(),
                                         [way](benchmark::State& state) { claim(state, *way); })
                ->Arg(inFlight)
                ->UseManualTime()
                ->Unit(benchmark::kMillisecond)
                ->Iterations(1'000);
        }
        for (const auto& [name, way] : {std::pair("ours", &ours), std::pair("pgmqShape", &theirs)}) {
            benchmark::RegisterBenchmark((std::string("tenWorkers/") + name).c_str(),
                                         [way](benchmark::State& state) { tenWorkers(state, *way); })
                ->Arg(inFlight)
                ->UseManualTime()
                ->Unit(benchmark::kMillisecond)
                ->Iterations(1);
        }
    }
    for (const View& one : views()) {
        benchmark::RegisterBenchmark((std::string("view/") + one.name).c_str(),
                                     [&one](benchmark::State& state) { view(state, one); })
            ->UseManualTime()
            ->Unit(benchmark::kMillisecond)
            ->Iterations(10);
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
