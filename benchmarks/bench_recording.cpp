// SPDX-License-Identifier: GPL-3.0-or-later
// What recording costs, how a recording grows, and how long it takes to show an instant of last week again: at 1,000
// queues and 11,000 subscriptions of which a tenth changes with every sample.
#include "models/madesnapshots.h"
#include "store/answers.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QTemporaryDir>

#include <algorithm>
#include <benchmark/benchmark.h>
#include <random>

namespace {

using store::Recording;

constexpr int queues = 1'000;
constexpr int consumersEach = 11;

/// A server of which always the same tenth works: its queues tick, its consumers go on.
class Server {
public:
    Server()
        : m_snapshot(made::many(queues, consumersEach)) {}

    domain::Moment after(pg::Interval elapsed) {
        auto next = std::make_shared<domain::Snapshot>(*m_snapshot);
        next->takenAt += elapsed;
        next->receivedAt += elapsed;
        ++next->number;
        for (std::size_t i = 0; i < next->queues.size(); i += 10) {
            domain::Queue& queue = next->queues[i];
            const auto events = std::int64_t(m_generator() % 500);
            queue.eventSeqNow = queue.eventSeqNow.value_or(1'000) + events;
            if (!queue.lastTick)
                queue.lastTick = domain::Tick{};
            queue.lastTick->id += 1;
            queue.lastTick->time = next->takenAt;
            queue.lastTick->eventSeq += events;
            queue.lastTick->xmin += 3;
        }
        for (std::size_t i = 0; i < next->subscriptions.size(); i += 10) {
            domain::Subscription& row = next->subscriptions[i];
            row.active = next->takenAt - pg::Interval(m_generator() % 1'000'000);
            row.lastTick = row.lastTick.value_or(1) + 1;
            row.lastTickTime = next->takenAt;
            row.lastTickSeq = row.lastTickSeq.value_or(1) + 300;
            if (row.batch)
                row.batch = *row.batch + 5;
        }
        next->buildIndex();
        m_snapshot = next;
        return {next, std::make_shared<domain::Diagnosis>()};
    }

private:
    std::shared_ptr<domain::Snapshot> m_snapshot;
    std::mt19937 m_generator{1};
};

Recording::Options into(const QTemporaryDir& folder) {
    Recording::Options options;
    options.path = folder.filePath(QStringLiteral("recording.sqlite"));
    return options;
}

struct Spread {
    std::vector<double> ms;

    void add(std::chrono::steady_clock::time_point began) {
        ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
    }

    void tell(benchmark::State& state, const std::string& name) {
        std::sort(ms.begin(), ms.end());
        state.counters[name + "_p50_ms"] = ms[ms.size() / 2];
        state.counters[name + "_p95_ms"] = ms[ms.size() * 95 / 100];
    }
};

/// Ten minutes, a sample a second, each waited for: what the recording's own thread spends on one.
void addSample(benchmark::State& state) {
    const QTemporaryDir folder;
    Recording recording(into(folder));
    Server server;
    Spread costs;
    for (auto _ : state) {
        const domain::Moment moment = server.after(std::chrono::seconds(1));
        const auto began = std::chrono::steady_clock::now();
        get(recording.add(moment, !costs.ms.empty()));
        costs.add(began);
        state.SetIterationTime(costs.ms.back() / 1'000);
    }
    costs.tell(state, "add");
    state.counters["max_ms"] = costs.ms.back();
    const store::Recorded recorded = get(recording.recorded());
    state.counters["moments"] = double(recorded.moments);
    state.counters["MB"] = double(QFileInfo(recorded.path).size()) / 1e6;
}

/// A recording that is filled without waiting for each moment: it has a queue of its own.
class Filled {
public:
    void add(pg::Interval step) {
        const domain::Moment moment = m_server.after(step);
        last = moment.snapshot->takenAt;
        if (m_number == 0)
            first = last;
        auto added = recording.add(moment, m_number > 0);
        if (++m_number % 8 == 0)
            added.waitForFinished();
    }

    double megabytes() { return double(get(recording.recorded()).bytes) / 1e6; }

    /// An instant somewhere after `from`; and how long a chart of it all takes.
    void seek(pg::Timestamp from, Spread& instants, Spread& charts) {
        const auto at = from + (last - from) / 1'000 * std::int64_t(m_generator() % 1'000);
        auto began = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(get(recording.momentAt(at, store::Which::AtOrBefore)));
        instants.add(began);
        began = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(
            get(recording.series(int(m_generator() % queues) + 1, domain::Quantity::Backlog, first, last, 300)));
        charts.add(began);
    }

private:
    const QTemporaryDir m_folder;
    Server m_server;
    std::mt19937 m_generator{2};
    int m_number = 0;

public:
    Recording recording{into(m_folder)};
    pg::Timestamp first;
    pg::Timestamp last;
};

/// A week, a sample every `range` seconds, within its room; then instants and charts all over it. Of what is older than
/// an hour only whole moments are left, however often there was a sample.
void week(benchmark::State& state) {
    Filled filled;
    const auto step = std::chrono::seconds(state.range(0));
    for (int day = 1; day <= 7; ++day) {
        for (pg::Interval elapsed{0}; elapsed < std::chrono::hours(24); elapsed += step)
            filled.add(step);
        state.counters["MB_day_" + std::to_string(day)] = filled.megabytes();
    }
    const store::Recorded recorded = get(filled.recording.recorded());
    Spread instants;
    Spread charts;
    for (auto _ : state) {
        filled.seek(*recorded.first, instants, charts);
        state.SetIterationTime(instants.ms.back() / 1'000);
    }
    instants.tell(state, "seek");
    charts.tell(state, "chart");
    state.counters["moments"] = double(recorded.moments);
    state.counters["hours_of_moments"] = std::chrono::duration<double>(filled.last - *recorded.first).count() / 3'600;
    state.counters["hours_of_charts"] =
        std::chrono::duration<double>(filled.last - *recorded.seriesFrom).count() / 3'600;
}

/// Two hours, a sample a second; then instants of the last one, with up to two minutes of changes between whole
/// moments.
void lastHour(benchmark::State& state) {
    Filled filled;
    for (int second = 0; second < 2 * 3'600; ++second)
        filled.add(std::chrono::seconds(1));
    Spread instants;
    Spread charts;
    for (auto _ : state) {
        filled.seek(filled.last - std::chrono::hours(1), instants, charts);
        state.SetIterationTime(instants.ms.back() / 1'000);
    }
    instants.tell(state, "seek");
    charts.tell(state, "chart");
    state.counters["MB"] = filled.megabytes();
    state.counters["moments"] = double(get(filled.recording.recorded()).moments);
}

} // namespace

BENCHMARK(addSample)->Iterations(600)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(lastHour)->Iterations(200)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(week)->Arg(60)->Iterations(200)->UseManualTime()->Unit(benchmark::kMillisecond);

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
