// SPDX-License-Identifier: GPL-3.0-or-later
// What acting costs: sending a large file beside COPY of the same lines, and predicting what giving back a large batch
// would do.
#include "operate/runner.h"
#include "queries/probe.h"
#include "support/testserver.h"

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

pg::Deadline soon() {
    return pg::after(std::chrono::seconds(600));
}

/// Resident memory of this process in bytes, 0 where the system does not tell.
std::size_t resident() {
    std::ifstream statm("/proc/self/statm");
    std::size_t whole = 0;
    std::size_t pages = 0;
    return statm >> whole >> pages ? pages * 4096 : 0;
}

class Place {
public:
    Place() {
        connection.execute({"select pgque.create_queue('q')", {}});
        capabilities = queries::probe(connection, soon());
        capabilities.origin = domain::SchemaOrigin::Ours;
    }

    domain::ActionOutcome perform(const domain::ActionRequest& request) {
        operate::RunOptions options;
        options.mode = domain::AccessMode::Operate;
        return runner.perform(request, capabilities, connection, options);
    }

private:
    support::TestDatabase m_database{support::Schema::Pgque};

public:
    pg::Connection connection = m_database.connect();
    domain::Capabilities capabilities;
    operate::Registry registry;
    operate::Runner runner{registry};
};

std::string fileOf(int lines) {
    const auto path = std::filesystem::temp_directory_path() / ("batchscope_bench_" + std::to_string(lines) + ".txt");
    std::ofstream file(path);
    for (int line = 0; line < lines; ++line)
        file << "{\"order_id\": " << line << ", \"total\": 102.95, \"customer\": \"ann@example.org\"}\n";
    return path.string();
}

void sendFile(benchmark::State& state) {
    Place place;
    const int lines = static_cast<int>(state.range(0));
    const std::string path = fileOf(lines);
    domain::ActionRequest request;
    request.action = "send_file";
    request.queue = "q";
    request.arguments["file"] = path;
    std::size_t before = 0;
    std::size_t after = 0;
    for (auto _ : state) {
        before = resident();
        const auto outcome = place.perform(request);
        after = resident();
        if (outcome.kind != domain::OutcomeKind::Done)
            state.SkipWithError(outcome.summary.c_str());
    }
    state.SetItemsProcessed(state.iterations() * lines);
    state.counters["grown_MB"] = static_cast<double>(after > before ? after - before : 0) / 1e6;
    std::filesystem::remove(path);
}

/// The server reads the file itself, into a table of two columns with one index, as an event table has.
void copyFile(benchmark::State& state) {
    Place place;
    const int lines = static_cast<int>(state.range(0));
    const std::string path = fileOf(lines);
    std::filesystem::permissions(path, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
    place.connection.execute(
        {"create table plain (ev_txid xid8 not null default pg_current_xact_id(), ev_data text)", {}});
    place.connection.execute({"create index on plain (ev_txid)", {}});
    for (auto _ : state)
        // Control characters that the lines do not hold stand for delimiter and quote, so that each line is one value.
        place.connection.execute(
            {"copy plain (ev_data) from '" + path + "' with (format csv, delimiter E'\\x02', quote E'\\x01')", {}},
            soon());
    state.SetItemsProcessed(state.iterations() * lines);
    std::filesystem::remove(path);
}

void predictGivingBack(benchmark::State& state) {
    Place place;
    const auto events = state.range(0);
    place.connection.execute({"select pgque.subscribe('q', 'c')", {}});
    place.connection.execute({"select cardinality(pgque.send_batch('q', 't', array(select g::text from"
                              " generate_series(1, " +
                                  std::to_string(events) + ") g)))",
                              {}},
                             soon());
    place.connection.execute({"select pgque.force_next_tick('q')", {}});
    place.connection.execute({"select pgque.ticker('q')", {}});
    place.connection.execute({"analyze", {}});
    domain::ActionRequest request;
    request.action = "give_back";
    request.batch = std::stoll(std::string(
        place.connection.execute({"select batch_id from pgque.receive('q', 'c', 1)", {}}, soon()).text(0, 0)));
    for (auto _ : state) {
        const auto prediction = place.runner.predict(request, place.capabilities, place.connection);
        if (prediction.refusal || prediction.counts.at("retry") != events)
            state.SkipWithError("it predicts something else");
    }
}

BENCHMARK(sendFile)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(copyFile)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(predictGivingBack)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
