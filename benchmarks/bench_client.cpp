// SPDX-License-Identifier: GPL-3.0-or-later
// What the client costs beside libpq itself, and beside psycopg 3 calling the same functions. Each operation is done
// once by each, taking turns in going first, and the undisturbed fifth of them counts, so that the ratio does not
// depend on what else the machine does. Counters: events a second by each, and how many times as fast as its peer the
// client is.
#include "pgque/client.h"
#include "support/testserver.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "rawpeer.h"

namespace {

constexpr std::size_t payloadSize = 100;
const std::string payload(payloadSize, 'p');

double seconds(auto&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The fastest fifth's slowest: what an operation takes while nothing else disturbs it, on a machine that others use.
double typical(std::vector<double> values) {
    const auto fifth = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 5);
    std::nth_element(values.begin(), fifth, values.end());
    return *fifth;
}

/// Both sides' own queue in one database.
struct Bench {
    Bench()
        : database(support::Schema::Pgque)
        , client(database.connect())
        , conninfo(database.info().toStringWithoutSecrets())
        , raw(client.connection().native()) {
        for (const char* queue : {"ours", "peer"}) {
            client.createQueue(queue);
            client.subscribe(queue, "reader");
        }
    }

    void fill(const char* queue, const std::vector<std::string>& payloads) {
        client.sendBatch(queue, "kind", payloads);
        client.forceNextTick(queue);
        client.ticker(queue);
    }

    support::TestDatabase database;
    pgque::Client client;
    std::string conninfo;
    RawPeer raw;
};

void report(benchmark::State& state, double ours, double peer, double events) {
    state.counters["ours/s"] = events / ours;
    state.counters["peer/s"] = events / peer;
    state.counters["ratio"] = peer / ours;
}

/// Runs ours and the peer's work in turns; `prepare` is not measured.
template <class Prepare, class Ours, class Peer>
void compare(benchmark::State& state, double events, Prepare&& prepare, Ours&& work, Peer&& peer) {
    std::vector<double> ours;
    std::vector<double> peers;
    for (auto _ : state) {
        prepare();
        const bool first = ours.size() % 2 == 0;
        if (!first)
            peers.push_back(seconds(peer));
        ours.push_back(seconds(work));
        if (first)
            peers.push_back(seconds(peer));
        state.SetIterationTime(ours.back());
    }
    report(state, typical(ours), typical(peers), events);
}

void sendVersusLibpq(benchmark::State& state) {
    Bench bench;
    compare(
        state, 1, [] {}, [&] { bench.client.send("ours", "kind", payload); },
        [&] { bench.raw.send("peer", "kind", payload.c_str()); });
}

void sendBatchVersusLibpq(benchmark::State& state) {
    Bench bench;
    const std::vector<std::string> payloads(static_cast<std::size_t>(state.range(0)), payload);
    compare(
        state, static_cast<double>(state.range(0)), [] {}, [&] { bench.client.sendBatch("ours", "kind", payloads); },
        [&] { bench.raw.sendBatch("peer", "kind", payloads); });
}

template <bool Peek>
void receiveVersusLibpq(benchmark::State& state) {
    Bench bench;
    const std::vector<std::string> payloads(static_cast<std::size_t>(state.range(0)), payload);
    compare(
        state, static_cast<double>(state.range(0)),
        [&] {
            bench.fill("ours", payloads);
            bench.fill("peer", payloads);
        },
        [&] {
            const pgque::Batch batch = bench.client.receive("ours", "reader");
            if (batch.size() != payloads.size() || !bench.client.ack(batch))
                throw std::runtime_error("not what was sent");
        },
        [&] {
            if ((Peek ? bench.raw.peekAndAck("peer", "reader") : bench.raw.receiveAndAck("peer", "reader")) !=
                payloads.size())
                throw std::runtime_error("not what was sent");
        });
}

/// Seconds that an undisturbed operation took.
double psycopg(const Bench& bench, const std::string& what, int count, int events) {
    // A python3 in the path may be another one than that which has the package.
    const std::string command = "for python in python3 /usr/bin/python3; do $python -c 'import psycopg' 2> /dev/null "
                                "&& exec $python '" BENCH_DIR "/psycopgpeer.py' \"" +
                                bench.conninfo + "\" " + what + " " + std::to_string(count) + " " +
                                std::to_string(events) + " " + std::to_string(payloadSize) + "; done; exit 1";
    FILE* pipe = popen(command.c_str(), "r");
    double took = 0;
    const bool said = pipe && std::fscanf(pipe, "%lf", &took) == 1;
    if (!pipe || pclose(pipe) != 0 || !said)
        throw std::runtime_error("psycopg 3 can't be run (Debian: python3-psycopg)");
    return took;
}

/// `once` does ours once; it returns the seconds. An iteration is so many operations by each.
template <class Once>
void versusPsycopg(benchmark::State& state, const std::string& what, int count, Once&& once) {
    Bench bench;
    const int events = static_cast<int>(state.range(0));
    const std::vector<std::string> payloads(static_cast<std::size_t>(events), payload);
    std::vector<double> ours;
    std::vector<double> peers;
    try {
        for (auto _ : state) {
            std::vector<double> operations;
            for (int n = 0; n < count; ++n)
                operations.push_back(once(bench, payloads));
            ours.push_back(typical(operations));
            peers.push_back(psycopg(bench, what, count, events));
            state.SetIterationTime(ours.back());
        }
    } catch (const std::exception& error) {
        state.SkipWithError(error.what());
        return;
    }
    report(state, typical(ours), typical(peers), events);
}

void sendVersusPsycopg(benchmark::State& state) {
    versusPsycopg(state, "send", 3000, [](Bench& bench, const auto&) {
        return seconds([&] { bench.client.send("ours", "kind", payload); });
    });
}

void sendBatchVersusPsycopg(benchmark::State& state) {
    versusPsycopg(state, "send_batch", 30, [](Bench& bench, const auto& payloads) {
        return seconds([&] { bench.client.sendBatch("ours", "kind", payloads); });
    });
}

void receiveVersusPsycopg(benchmark::State& state) {
    versusPsycopg(state, "receive", 30, [](Bench& bench, const auto& payloads) {
        bench.fill("ours", payloads);
        return seconds([&] { bench.client.ack(bench.client.receive("ours", "reader")); });
    });
}

/// Memory this process has now, in bytes; Linux only.
double memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:"))
            return std::stod(line.substr(6)) * 1024;
    }
    return 0;
}

void memoryOfConnections(benchmark::State& state) {
    const support::TestDatabase database(support::Schema::Pgque);
    for (auto _ : state) {
        std::vector<pgque::Client> clients;
        clients.emplace_back(database.connect()); // the libraries' own first-time memory is not a connection's
        const double before = memory();
        for (int n = 0; n < 50; ++n) {
            clients.emplace_back(database.connect());
            clients.back().version();
        }
        state.counters["kB/connection"] = (memory() - before) / 50 / 1000;
    }
}

void memoryOfMessages(benchmark::State& state) {
    Bench bench;
    const std::vector<std::string> payloads(10'000, payload);
    for (auto _ : state) {
        bench.fill("ours", payloads);
        const double before = memory();
        const pgque::Batch batch = bench.client.receive("ours", "reader");
        const double after = memory();
        state.counters["MB/10,000 of 100 B"] = (after - before) / 1e6;
        bench.client.ack(batch);
    }
}

} // namespace

BENCHMARK(memoryOfConnections)->Iterations(1);
BENCHMARK(memoryOfMessages)->Iterations(1);
BENCHMARK(sendVersusLibpq)->UseManualTime()->Iterations(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(sendBatchVersusLibpq)->Arg(10)->Arg(1'000)->UseManualTime()->Iterations(400)->Unit(benchmark::kMillisecond);
BENCHMARK(receiveVersusLibpq<false>)
    ->Arg(1)
    ->Arg(100)
    ->Arg(10'000)
    ->UseManualTime()
    ->Iterations(200)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(receiveVersusLibpq<true>)
    ->Arg(100)
    ->Arg(10'000)
    ->UseManualTime()
    ->Iterations(200)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(sendVersusPsycopg)->Arg(1)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);
BENCHMARK(sendBatchVersusPsycopg)->Arg(1'000)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);
BENCHMARK(receiveVersusPsycopg)->Arg(1'000)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
