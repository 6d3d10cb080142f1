// SPDX-License-Identifier: GPL-3.0-or-later
// What one look costs at 1,000 queues, 11,000 subscriptions and 301,000 ticks, beside the schema's own information
// functions, which is what people watch with otherwise.
#include "monitor/diagnosis.h"
#include "monitor/sampler.h"

#include <algorithm>
#include <benchmark/benchmark.h>

#include "bigdatabase.h"

namespace {

using bench::Big;
using bench::soon;

void report(benchmark::State& state, const domain::Snapshot& snapshot, double serverMs) {
    state.counters["server_ms"] = serverMs;
    state.counters["bytes"] = static_cast<double>(snapshot.cost.bytes);
}

void completeSample(benchmark::State& state) {
    Big& big = Big::instance();
    domain::SnapshotPtr snapshot;
    double serverMs = 1e9;
    monitor::Sampler sampler;
    for (auto _ : state) {
        sampler.reset();
        snapshot = sampler.sample(big.connection, big.capabilities, soon());
        serverMs = std::min(serverMs, snapshot->cost.serverMs);
    }
    report(state, *snapshot, serverMs);
}

void nextSample(benchmark::State& state) {
    Big& big = Big::instance();
    monitor::Sampler sampler;
    domain::SnapshotPtr snapshot = sampler.sample(big.connection, big.capabilities, soon());
    double serverMs = 1e9;
    for (auto _ : state) {
        state.PauseTiming();
        if (state.range(0) > 0)
            big.move(int(state.range(0)));
        state.ResumeTiming();
        snapshot = sampler.sample(big.connection, big.capabilities, soon());
        serverMs = std::min(serverMs, snapshot->cost.serverMs);
    }
    report(state, *snapshot, serverMs);
}

/// A sample in which nothing has changed, and a slower beat that is due each time; beside nextSample/0, where none is.
void beat(benchmark::State& state, monitor::Sampler::Options due) {
    Big& big = Big::instance();
    due.completeEvery = std::chrono::hours(1);
    monitor::Sampler sampler(due);
    domain::SnapshotPtr snapshot = sampler.sample(big.connection, big.capabilities, soon());
    double serverMs = 1e9;
    for (auto _ : state) {
        snapshot = sampler.sample(big.connection, big.capabilities, soon());
        serverMs = std::min(serverMs, snapshot->cost.serverMs);
    }
    report(state, *snapshot, serverMs);
}

void diagnosis(benchmark::State& state) {
    Big& big = Big::instance();
    monitor::Sampler sampler;
    const auto snapshot = sampler.sample(big.connection, big.capabilities, soon());
    monitor::Memory memory;
    for (auto _ : state) {
        memory.add(*snapshot);
        benchmark::DoNotOptimize(monitor::diagnose(*snapshot, &memory, {}));
    }
}

void queueInfo(benchmark::State& state) {
    Big& big = Big::instance();
    std::size_t bytes = 0;
    for (auto _ : state)
        bytes = big.connection.execute({"select * from pgque.get_queue_info()", {}}, soon()).byteCount();
    state.counters["bytes"] = static_cast<double>(bytes);
}

void consumerInfo(benchmark::State& state) {
    Big& big = Big::instance();
    std::size_t bytes = 0;
    for (auto _ : state)
        bytes = big.connection.execute({"select * from pgque.get_consumer_info()", {}}, soon()).byteCount();
    state.counters["bytes"] = static_cast<double>(bytes);
}

} // namespace

BENCHMARK(completeSample)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(nextSample)->Arg(0)->Arg(1)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(20);
BENCHMARK_CAPTURE(beat, activity, {.countsEvery = std::chrono::hours(1), .activityEvery = std::chrono::seconds(0)})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(20);
BENCHMARK_CAPTURE(beat, counts, {.countsEvery = std::chrono::seconds(0), .activityEvery = std::chrono::hours(1)})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(20);
BENCHMARK(diagnosis)->Unit(benchmark::kMillisecond);
BENCHMARK(queueInfo)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(consumerInfo)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_MAIN();
