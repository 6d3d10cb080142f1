// SPDX-License-Identifier: GPL-3.0-or-later
// How soon a message is handled, and what more workers bring.
#include "pgque/workerpool.h"
#include "support/testserver.h"

#include <algorithm>
#include <atomic>
#include <benchmark/benchmark.h>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double quantile(std::vector<double> values, double part) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

/// From before the send to the handler, with a tick right after the send: what wake-up and delivery take.
void latency(benchmark::State& state, bool notifications, std::chrono::milliseconds poll) {
    const support::TestDatabase database(support::Schema::Pgque);
    pgque::Client producer(database.connect());
    producer.createQueue("latency");
    producer.subscribe("latency", "reader");

    std::mutex mutex;
    std::condition_variable arrived;
    int handled = 0;
    Clock::time_point at;
    pgque::Handlers handlers;
    handlers.onOther([&](const pgque::Message&, pgque::Delivery&) {
        const std::lock_guard lock(mutex);
        at = Clock::now();
        ++handled;
        arrived.notify_one();
    });
    pgque::ConsumerOptions options;
    options.queue = "latency";
    options.consumer = "reader";
    options.notifications = notifications;
    options.pollInterval = poll;
    pgque::Consumer consumer(database.info(), options, handlers);
    const std::jthread thread([&](const std::stop_token& stop) { consumer.run(stop); });

    std::vector<double> milliseconds;
    for (auto _ : state) {
        std::this_thread::sleep_for(13ms); // so that polls and sends do not fall into step
        const auto start = Clock::now();
        producer.send("latency", "x");
        producer.forceNextTick("latency");
        producer.ticker("latency");
        std::unique_lock lock(mutex);
        arrived.wait(lock, [&] { return handled == static_cast<int>(milliseconds.size()) + 1; });
        milliseconds.push_back(std::chrono::duration<double, std::milli>(at - start).count());
        state.SetIterationTime(milliseconds.back() / 1000);
    }
    state.counters["p50 ms"] = quantile(milliseconds, 0.5);
    state.counters["p95 ms"] = quantile(milliseconds, 0.95);
    state.counters["max ms"] = quantile(milliseconds, 1);
}

/// Many windows of ten messages, handled by so many workers.
void workers(benchmark::State& state, std::chrono::milliseconds work) {
    const support::TestDatabase database(support::Schema::Pgque);
    pgque::Client admin(database.connect());
    admin.createQueue("workers");
    const auto count = static_cast<std::size_t>(state.range(0));
    for (std::size_t n = 1; n <= count; ++n)
        admin.subscribeSubconsumer("workers", "team", "worker-" + std::to_string(n));

    constexpr int windows = 320;
    constexpr int messages = 10;
    const std::vector<std::string> payloads(messages, std::string(100, 'p'));
    std::vector<double> rates;
    for (auto _ : state) {
        for (int window = 0; window < windows; ++window) {
            admin.sendBatch("workers", "kind", payloads);
            admin.forceNextTick("workers");
            admin.ticker("workers");
        }
        std::mutex mutex;
        std::condition_variable done;
        int handled = 0;
        pgque::Handlers handlers;
        handlers.onOther([&](const pgque::Message&, pgque::Delivery&) {
            if (work > 0ms)
                std::this_thread::sleep_for(work);
            const std::lock_guard lock(mutex);
            if (++handled == windows * messages)
                done.notify_one();
        });
        pgque::ConsumerOptions options;
        options.queue = "workers";
        options.consumer = "team";
        pgque::WorkerPool pool(database.info(), options, handlers, count);
        const auto start = Clock::now();
        std::jthread thread([&](const std::stop_token& stop) { pool.run(stop); });
        {
            std::unique_lock lock(mutex);
            done.wait(lock, [&] { return handled == windows * messages; });
        }
        const double took = std::chrono::duration<double>(Clock::now() - start).count();
        thread.request_stop();
        thread.join();
        rates.push_back(windows * messages / took);
        state.SetIterationTime(took);
    }
    state.counters["messages/s"] = quantile(rates, 0.5);
}

} // namespace

BENCHMARK_CAPTURE(latency, notify, true, 10'000ms)->UseManualTime()->Iterations(200)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(latency, poll_every_100ms, false, 100ms)
    ->UseManualTime()
    ->Iterations(60)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(latency, poll_every_1000ms, false, 1000ms)
    ->UseManualTime()
    ->Iterations(15)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(workers, waiting_1ms_each, 1ms)
    ->RangeMultiplier(2)
    ->Range(1, 16)
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(workers, no_work, 0ms)
    ->RangeMultiplier(2)
    ->Range(1, 16)
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
