// SPDX-License-Identifier: GPL-3.0-or-later
// The stepper: how fast its model of the rules is, how long a click takes until the board is drawn anew, and how many
// interleavings are tried.
#include "stepper/explore.h"
#include "support/testserver.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <random>

namespace {

using namespace std::chrono_literals;
using stepper::Model;

/// Random steps of the model alone, as its own test takes them.
void modelSteps(benchmark::State& state) {
    std::mt19937 random(20);
    const auto below = [&random](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    std::int64_t steps = 0;
    for (auto _ : state) {
        Model model(1, 2);
        std::int64_t events = 1;
        std::int64_t ticks = 2;
        std::int64_t tokens = 1;
        for (int i = 0; i < 200; ++i, ++steps) {
            const std::string member = "w" + std::to_string(below(4));
            switch (below(6)) {
            case 0:
                model.commitEvent(events++);
                break;
            case 1:
                model.tick(ticks++);
                break;
            case 2:
            case 3: {
                const auto decision = model.decideReceive("g", member, {.deadInterval = 1min});
                if (decision.kind == Model::Kind::Refused)
                    model.addMember("g", member);
                else
                    model.receive("g", member, decision, tokens++);
                break;
            }
            case 4:
                model.ack(1 + below(static_cast<int>(tokens)));
                break;
            case 5:
                model.nack(1 + below(static_cast<int>(tokens)), 1 + below(static_cast<int>(events)));
                break;
            }
            benchmark::DoNotOptimize(model.brokenInvariant());
        }
    }
    state.counters["steps/s"] = benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
}

/// From the click to the board, for each kind of step: one that is done, one that is seen waiting, one that lets
/// another go on. The queue has been worked on for a while.
void click(benchmark::State& state) {
    support::TestDatabase database(support::Schema::Pgque);
    stepper::Engine engine({.connection = database.info()});
    const auto take = [&engine](const char* text) { return engine.perform(stepper::parseStep(text).step); };
    for (const char* text : {"a register", "b register"})
        take(text);
    for (int i = 0; i < 40; ++i)
        for (const char* text : {"send 3", "tick", "a receive", "a ack"})
            take(text);
    std::map<std::string, std::vector<double>> times;
    const auto timed = [&](const char* kind, const char* text) {
        const auto began = std::chrono::steady_clock::now();
        const stepper::Report report = take(text);
        benchmark::DoNotOptimize(engine.board().windows.size());
        times[kind].push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
        if (!report.taken || !report.differences.empty())
            state.SkipWithError(text);
    };
    for (auto _ : state) {
        timed("done", "send 2");
        timed("done", "tick");
        timed("done", "send 1");
        timed("done", "tick");
        timed("done", "a receive hold");
        timed("waits", "b receive");
        timed("letsGo", "a commit");
        timed("done", "a ack");
        timed("done", "b ack");
    }
    for (auto& [kind, all] : times) {
        std::sort(all.begin(), all.end());
        state.counters[kind + "_ms"] = all[all.size() / 2];
        state.counters[kind + "_p95_ms"] = all[all.size() * 95 / 100];
    }
}

/// A slow owner, a takeover, maintenance and a tick in all orders; states that are known already are not followed.
void explored(benchmark::State& state) {
    support::TestDatabase database(support::Schema::Pgque);
    stepper::Engine engine({.connection = database.info()});
    const auto script = std::get<stepper::Script>(
        stepper::parseScript("a register\nb register\nsend 2\ntick\na receive\nage a 10m\n"
                             "b receive dead 5m hold\nb commit\nb ack\na touch\na nack 1\na ack\nmaintain\ntick\n"));
    std::size_t interleavings = 0;
    std::size_t steps = 0;
    for (auto _ : state) {
        const stepper::Explored result = stepper::explore(engine, stepper::explorationOf(script, 6));
        if (result.foundFault() || !result.complete)
            state.SkipWithError("a fault, or not all were tried");
        interleavings += result.interleavings;
        steps += result.steps;
    }
    state.counters["interleavings/min"] =
        benchmark::Counter(60.0 * static_cast<double>(interleavings), benchmark::Counter::kIsRate);
    state.counters["steps/s"] = benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
    state.counters["interleavings"] = static_cast<double>(interleavings) / static_cast<double>(state.iterations());
}

BENCHMARK(modelSteps)->Unit(benchmark::kMillisecond);
BENCHMARK(click)->Unit(benchmark::kMillisecond)->Iterations(40)->UseRealTime();
BENCHMARK(explored)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
