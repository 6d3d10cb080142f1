// SPDX-License-Identifier: GPL-3.0-or-later
// What recording costs, how a recording grows, and how long it takes to show an instant of last week again: at 1,000
// queues and 11,000 subscriptions of which a tenth changes with every sample.
#include "models/madesnapshots.h"
#include "store/recording.h"

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

template <class T>
T get(QFuture<store::Answer<T>> future) {
    future.waitForFinished();
    const auto answer = future.result();
    if (const auto* failure = std::get_if<store::Failure>(&answer))
        qFatal("%s", qPrintable(failure->text));
    return std::get<T>(answer);
}

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

/// Ten minutes, a sample a second, each waited for: what the recording's own thread spends on one.
void addSample(benchmark::State& state) {
    const QTemporaryDir folder;
    Recording recording(into(folder));
    Server server;
    std::vector<double> costs;
    for (auto _ : state) {
        const domain::Moment moment = server.after(std::chrono::seconds(1));
        const auto began = std::chrono::steady_clock::now();
        get(recording.add(moment, !costs.empty()));
        const double cost = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
        costs.push_back(cost);
        state.SetIterationTime(cost / 1'000);
    }
    std::sort(costs.begin(), costs.end());
    state.counters["p50_ms"] = costs[costs.size() / 2];
    state.counters["p95_ms"] = costs[costs.size() * 95 / 100];
    state.counters["max_ms"] = costs.back();
    const store::Recorded recorded = get(recording.recorded());
    state.counters["moments"] = double(recorded.moments);
    state.counters["MB"] = double(QFileInfo(recorded.path).size()) / 1e6;
}

/// A week, a sample every `range` seconds, within its room; then instants and charts all over it.
void week(benchmark::State& state) {
    const QTemporaryDir folder;
    Recording recording(into(folder));
    Server server;
    const auto step = std::chrono::seconds(state.range(0));
    const pg::Timestamp first = made::now + step;
    pg::Timestamp last = first;
    QList<std::pair<double, double>> daily;
    for (pg::Interval elapsed = step; elapsed <= std::chrono::hours(24 * 7); elapsed += step) {
        const domain::Moment moment = server.after(step);
        last = moment.snapshot->takenAt;
        // A few at a time: the recording has a queue of its own.
        auto added = recording.add(moment, elapsed > step);
        if (elapsed.count() / step.count() % 8 == 0)
            added.waitForFinished();
        if (elapsed % std::chrono::hours(24) < step)
            daily.append({elapsed.count() / 8.64e10, double(get(recording.recorded()).bytes) / 1e6});
    }
    const store::Recorded recorded = get(recording.recorded());
    std::mt19937 generator(2);
    std::vector<double> seeks;
    std::vector<double> charts;
    for (auto _ : state) {
        const pg::Interval whole = last - *recorded.first;
        const pg::Timestamp at =
            *recorded.first + pg::Interval(std::int64_t(generator() % 1'000) * whole.count() / 1'000);
        auto began = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(get(recording.momentAt(at, store::Which::AtOrBefore)));
        const auto between = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(
            get(recording.series(int(generator() % queues) + 1, domain::Quantity::Backlog, first, last, 300)));
        const auto end = std::chrono::steady_clock::now();
        seeks.push_back(std::chrono::duration<double, std::milli>(between - began).count());
        charts.push_back(std::chrono::duration<double, std::milli>(end - between).count());
        state.SetIterationTime(seeks.back() / 1'000);
    }
    std::sort(seeks.begin(), seeks.end());
    std::sort(charts.begin(), charts.end());
    state.counters["seek_p50_ms"] = seeks[seeks.size() / 2];
    state.counters["seek_p95_ms"] = seeks[seeks.size() * 95 / 100];
    state.counters["chart_p95_ms"] = charts[charts.size() * 95 / 100];
    state.counters["moments"] = double(recorded.moments);
    state.counters["hours_of_moments"] = std::chrono::duration<double>(last - *recorded.first).count() / 3'600;
    state.counters["hours_of_charts"] = std::chrono::duration<double>(last - *recorded.seriesFrom).count() / 3'600;
    state.counters["MB"] = double(recorded.bytes) / 1e6;
    if (!daily.isEmpty())
        state.counters["MB_first_day"] = daily.front().second;
}

} // namespace

BENCHMARK(addSample)->Iterations(600)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(week)->Arg(30)->Iterations(200)->UseManualTime()->Unit(benchmark::kMillisecond);

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
