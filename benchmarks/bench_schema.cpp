// SPDX-License-Identifier: GPL-3.0-or-later
// What the schema's functions cost and how the cost grows. Each curve has its peer in the same run, because the
// machine's own speed is not what is measured.

#include "pg/connection.h"
#include "support/testserver.h"

#include <atomic>
#include <benchmark/benchmark.h>
#include <string>
#include <thread>
#include <vector>

namespace {

const std::string payload =
    R"({"order_id": 90214, "total": 102.95, "customer": {"id": 9007199254740993, "tier": "gold"}})";

pg::Result run(pg::Connection& connection, const std::string& sql, pg::Params params = {}) {
    return connection.execute({sql, std::move(params)}, pg::after(std::chrono::minutes(10)));
}

std::int64_t number(pg::Connection& connection, const std::string& sql, pg::Params params = {}) {
    return run(connection, sql, std::move(params)).row(0).get<std::int64_t>(0);
}

/// A database with the schema and one queue "q", and a table without a queue around it to compare with.
struct Bench {
    Bench()
        : database(support::Schema::Pgque)
        , connection(database.connect()) {
        run(connection, "select pgque.create_queue('q')");
        run(connection, "create table peer (ev_id bigserial, ev_time timestamptz not null default now(), "
                        "ev_txid xid8 not null default pg_current_xact_id(), ev_owner int4, ev_retry int4, "
                        "ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)");
        run(connection, "create index on peer (ev_txid)");
    }

    void fill(int events) {
        run(connection, "select pgque.send_batch('q', 'kind', array_fill($1::text, array[$2::int]))",
            pg::Params::of(payload, events));
    }

    std::int64_t tick() {
        run(connection, "select pgque.force_next_tick('q')");
        return number(connection, "select pgque.ticker('q')");
    }

    support::TestDatabase database;
    pg::Connection connection;
};

void countEvents(benchmark::State& state, std::int64_t eventsPerIteration) {
    state.SetItemsProcessed(state.iterations() * eventsPerIteration);
}

// --- producing ---

void send(benchmark::State& state) {
    Bench bench;
    for (auto _ : state)
        run(bench.connection, "select pgque.send('q', 'kind', $1::text)", pg::Params::of(payload));
    countEvents(state, 1);
}

void plainInsert(benchmark::State& state) {
    Bench bench;
    for (auto _ : state)
        run(bench.connection, "insert into peer (ev_type, ev_data) values ('kind', $1::text) returning ev_id",
            pg::Params::of(payload));
    countEvents(state, 1);
}

void sendBatch(benchmark::State& state) {
    Bench bench;
    const std::vector<std::string> payloads(static_cast<std::size_t>(state.range(0)), payload);
    for (auto _ : state)
        run(bench.connection, "select pgque.send_batch('q', 'kind', $1::text[])",
            pg::Params().add(std::span<const std::string>(payloads)));
    countEvents(state, state.range(0));
}

void plainInsertBatch(benchmark::State& state) {
    Bench bench;
    const std::vector<std::string> payloads(static_cast<std::size_t>(state.range(0)), payload);
    for (auto _ : state)
        run(bench.connection, "insert into peer (ev_type, ev_data) select 'kind', unnest($1::text[]) returning ev_id",
            pg::Params().add(std::span<const std::string>(payloads)));
    countEvents(state, state.range(0));
}

void plainCopy(benchmark::State& state) {
    Bench bench;
    const std::string line = "kind\t" + payload + "\n";
    for (auto _ : state) {
        auto left = state.range(0);
        bench.connection.copyIn(
            "copy peer (ev_type, ev_data) from stdin",
            [&](std::string& buffer) {
                for (int i = 0; i < 100 && left > 0; ++i, --left)
                    buffer += line;
                return left > 0;
            },
            pg::after(std::chrono::minutes(1)));
    }
    countEvents(state, state.range(0));
}

// --- consuming ---

void receiveAndAck(benchmark::State& state) {
    Bench bench;
    run(bench.connection, "select pgque.subscribe('q', 'c')");
    for (auto _ : state) {
        state.PauseTiming();
        bench.fill(500);
        bench.tick();
        state.ResumeTiming();
        const pg::Result rows = run(bench.connection, "select * from pgque.receive('q', 'c', 500)");
        if (rows.rowCount() != 500)
            state.SkipWithError("not 500 events");
        run(bench.connection, "select pgque.ack($1::bigint)",
            pg::Params::of(rows.row(0).get<std::int64_t>("batch_id")));
    }
    countEvents(state, 500);
}

/// The same rows in order without a queue around them, and an empty round trip in place of the ack.
void plainOrderedRead(benchmark::State& state) {
    Bench bench;
    run(bench.connection, "create index on peer (ev_id)");
    std::int64_t from = 0;
    for (auto _ : state) {
        state.PauseTiming();
        run(bench.connection,
            "insert into peer (ev_type, ev_data) select 'kind', $1::text from generate_series(1, 500)",
            pg::Params::of(payload));
        state.ResumeTiming();
        const pg::Result rows =
            run(bench.connection, "select * from peer where ev_id > $1::bigint order by ev_id limit 500",
                pg::Params::of(from));
        from = rows.row(rows.rowCount() - 1).get<std::int64_t>(0);
        run(bench.connection, "select 1");
    }
    countEvents(state, 500);
}

/// Allocation by one caller while the group has more and more members: flat.
void allocateAmongMembers(benchmark::State& state) {
    Bench bench;
    run(bench.connection,
        "select pgque.subscribe_subconsumer('q', 'g', 'w' || n) from generate_series(0, $1::int - 1) n",
        pg::Params::of(static_cast<int>(state.range(0))));
    for (auto _ : state) {
        state.PauseTiming();
        bench.fill(1);
        bench.tick();
        state.ResumeTiming();
        const std::int64_t token =
            number(bench.connection, "select batch_id from pgque.receive_coop('q', 'g', 'w0', 10, interval '1 hour')");
        state.PauseTiming();
        run(bench.connection, "select pgque.ack($1::bigint)", pg::Params::of(token));
        state.ResumeTiming();
    }
}

/// Allocation and ack by several callers at once, as the lock on the group's row allows.
void allocateConcurrently(benchmark::State& state) {
    constexpr int windows = 400;
    const auto callers = static_cast<int>(state.range(0));
    Bench bench;
    std::vector<pg::Connection> connections;
    for (int i = 0; i < callers; ++i) {
        connections.push_back(bench.database.connect());
        run(bench.connection, "select pgque.subscribe_subconsumer('q', 'g', 'w' || $1::int)", pg::Params::of(i));
    }
    for (auto _ : state) {
        state.PauseTiming();
        for (int i = 0; i < windows; ++i) {
            bench.fill(1);
            bench.tick();
        }
        state.ResumeTiming();
        std::atomic<int> done = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < callers; ++i) {
            threads.emplace_back([&done, &connection = connections[static_cast<std::size_t>(i)], i] {
                while (done < windows) {
                    const pg::Result rows =
                        run(connection, "select batch_id from pgque.receive_coop('q', 'g', 'w' || $1::int, 10)",
                            pg::Params::of(i));
                    if (rows.rowCount() == 0)
                        break;
                    run(connection, "select pgque.ack($1::bigint)", pg::Params::of(rows.row(0).get<std::int64_t>(0)));
                    ++done;
                }
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        if (done != windows)
            state.SkipWithError("not every window was handed out");
    }
    countEvents(state, windows);
}

/// next_batch with a long history of ticks behind the position: flat.
void nextBatchAfterHistory(benchmark::State& state) {
    Bench bench;
    run(bench.connection,
        "insert into pgque.tick (tick_queue, tick_id, tick_event_seq) "
        "select 1, nextval('pgque.event_1_tick_seq'), 1 from generate_series(1, $1::int)",
        pg::Params::of(static_cast<int>(state.range(0))));
    run(bench.connection, "analyze pgque.tick");
    run(bench.connection, "select pgque.subscribe('q', 'c')");
    for (auto _ : state) {
        state.PauseTiming();
        bench.fill(1);
        bench.tick();
        state.ResumeTiming();
        const std::int64_t batch = number(bench.connection, "select pgque.next_batch('q', 'c')");
        state.PauseTiming();
        run(bench.connection, "select pgque.finish_batch($1::bigint)", pg::Params::of(batch));
        state.ResumeTiming();
    }
}

// --- upkeep ---

void tickIdleQueues(benchmark::State& state) {
    Bench bench;
    for (int i = 1; i < state.range(0); ++i)
        run(bench.connection, "select pgque.create_queue('idle ' || $1::int)", pg::Params::of(i));
    // Idle for good: two ticks, and the next one a day away.
    run(bench.connection, "update pgque.queue set queue_ticker_idle_period = '1 day', queue_ticker_max_lag = '1 day'");
    run(bench.connection, "select pgque.ticker()");
    run(bench.connection, "select pgque.ticker()");
    for (auto _ : state)
        run(bench.connection, "select pgque.ticker()");
}

/// Leaves the member w0 of group g with an open batch of so many events; returns its token.
std::int64_t openBatch(Bench& bench, std::int64_t events) {
    run(bench.connection, "truncate pgque.retry_queue");
    run(bench.connection, "select pgque.subscribe_subconsumer('q', 'g', w) from unnest(array['stays', 'w0']) w");
    bench.fill(static_cast<int>(events));
    bench.tick();
    run(bench.connection, "select count(*) from pgque.receive_coop('q', 'g', 'w0', 1)");
    return number(bench.connection, "select sub_batch from pgque.subscription where sub_batch is not null");
}

void forcedUnregister(benchmark::State& state) {
    Bench bench;
    for (auto _ : state) {
        state.PauseTiming();
        openBatch(bench, state.range(0));
        state.ResumeTiming();
        run(bench.connection, "select pgque.unregister_subconsumer('q', 'g', 'w0', 1)");
    }
    countEvents(state, state.range(0));
}

void nackBatch(benchmark::State& state) {
    Bench bench;
    for (auto _ : state) {
        state.PauseTiming();
        const std::int64_t token = openBatch(bench, state.range(0));
        state.ResumeTiming();
        run(bench.connection, "select pgque.nack_batch($1::bigint, interval '1 minute', null)", pg::Params::of(token));
        state.PauseTiming();
        run(bench.connection, "select pgque.ack($1::bigint)", pg::Params::of(token));
        state.ResumeTiming();
    }
    countEvents(state, state.range(0));
}

void singleNack(benchmark::State& state) {
    Bench bench;
    const std::int64_t token = openBatch(bench, state.range(0));
    const pg::Result ids =
        run(bench.connection, "select ev_id from pgque.get_batch_events($1::bigint)", pg::Params::of(token));
    int at = 0;
    for (auto _ : state) {
        run(bench.connection,
            "select pgque.nack($1::bigint, row($2::bigint, null, null, null, null, null, null, null, null, null)"
            "::pgque.message, interval '1 minute')",
            pg::Params::of(token, ids.row(at).get<std::int64_t>(0)));
        at = (at + 1) % ids.rowCount();
    }
}

/// 1,000 queues with ten consumers each.
void information(benchmark::State& state, const std::string& sql) {
    Bench bench;
    for (int i = 1; i < 1'000; ++i)
        run(bench.connection, "select pgque.create_queue('queue ' || $1::int)", pg::Params::of(i));
    run(bench.connection,
        "select pgque.register_consumer(queue_name, 'consumer ' || n) from pgque.queue, generate_series(1, 10) n");
    run(bench.connection, "analyze");
    for (auto _ : state)
        run(bench.connection, sql);
}

void queueInfo(benchmark::State& state) {
    information(state, "select * from pgque.get_queue_info()");
}

void consumerInfo(benchmark::State& state) {
    information(state, "select * from pgque.get_consumer_info()");
}

/// 100,000 events sent, received and acked in batches of 1,000: WAL written, and rows left dead.
void fullCycle(benchmark::State& state) {
    constexpr int batches = 100;
    const std::string walSql = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
    Bench bench;
    run(bench.connection, "select pgque.subscribe('q', 'c')");
    std::int64_t wal = 0;
    for (auto _ : state) {
        const std::int64_t before = number(bench.connection, walSql);
        for (int i = 0; i < batches; ++i) {
            bench.fill(1'000);
            bench.tick();
            const std::int64_t token =
                run(bench.connection, "select batch_id from pgque.receive('q', 'c', 1000)").row(0).get<std::int64_t>(0);
            run(bench.connection, "select pgque.ack($1::bigint)", pg::Params::of(token));
        }
        wal += number(bench.connection, walSql) - before;
    }
    run(bench.connection, "select pg_stat_force_next_flush()");
    const auto dead = [&bench](const std::string& where) {
        return static_cast<double>(
            number(bench.connection, "select coalesce(sum(n_tup_upd + n_tup_del), 0)::bigint from pg_stat_user_tables "
                                     "where schemaname = 'pgque' and " +
                                         where));
    };
    const auto cycles = static_cast<double>(state.iterations());
    state.counters["wal_bytes_per_event"] = static_cast<double>(wal) / (cycles * batches * 1'000);
    state.counters["dead_rows_event_tables"] = dead("relname ~ '^event_[0-9]'");
    state.counters["dead_rows_elsewhere"] = dead("relname !~ '^event_[0-9]'") / cycles;
    countEvents(state, batches * 1'000);
}

} // namespace

BENCHMARK(send)->UseRealTime();
BENCHMARK(plainInsert)->UseRealTime();
BENCHMARK(sendBatch)->Arg(100)->Arg(1'000)->Arg(10'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(plainInsertBatch)->Arg(100)->Arg(1'000)->Arg(10'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(plainCopy)->Arg(100)->Arg(1'000)->Arg(10'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(receiveAndAck)->Iterations(100)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(plainOrderedRead)->Iterations(100)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(allocateAmongMembers)
    ->RangeMultiplier(4)
    ->Range(1, 64)
    ->Iterations(200)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(allocateConcurrently)
    ->RangeMultiplier(2)
    ->Range(1, 16)
    ->Iterations(3)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(nextBatchAfterHistory)
    ->Arg(1'000)
    ->Arg(1'000'000)
    ->Iterations(200)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(tickIdleQueues)->Arg(10)->Arg(100)->Arg(1'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(forcedUnregister)
    ->Arg(100)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(50'000)
    ->Iterations(3)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(nackBatch)->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(50'000)->Iterations(3)->UseRealTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(singleNack)->Arg(100)->Arg(1'000)->Arg(10'000)->Iterations(50)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(queueInfo)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(consumerInfo)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(fullCycle)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
