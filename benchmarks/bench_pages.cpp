// SPDX-License-Identifier: GPL-3.0-or-later
// What pages ask beside the sample, what a refresh costs the window's thread, and what a frame costs while scrolling.
#include "models/eventpagemodel.h"
#include "models/inflightmodel.h"
#include "models/queuesmodel.h"
#include "models/subscriptiontreemodel.h"
#include "monitor/diagnosis.h"
#include "monitor/sampler.h"
#include "queries/backlog.h"
#include "queries/events.h"
#include "queries/lockwaits.h"
#include "queries/probe.h"
#include "queries/queuedetail.h"
#include "queries/workqueues.h"
#include "support/gaps.h"
#include "ui/tablecontroller.h"
#include "ui/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QScrollBar>
#include <QTableView>
#include <QTimer>
#include <QTreeView>

#include <algorithm>
#include <benchmark/benchmark.h>

#include "bigdatabase.h"

using bench::Big;
using bench::soon;

namespace {

constexpr std::int64_t largeBatch = 1'000'000;

/// The first queue has a batch of a million events between two ticks of their own.
struct Filled {
    std::int64_t lastTick = 0;
    std::int64_t nextTick = 0;

    static Filled& instance() {
        static Filled filled;
        return filled;
    }

    queries::Window window() const { return {1, lastTick, nextTick, 1}; }

private:
    Filled() {
        pg::Connection& on = Big::instance().connection;
        const auto tick = [&on] {
            on.executeScript("insert into pgque.tick (tick_queue, tick_id, tick_event_seq) select 1, max(tick_id) + 1, "
                             "1 from pgque.tick where tick_queue = 1",
                             soon());
            return support::number(on, "select max(tick_id) from pgque.tick where tick_queue = 1");
        };
        lastTick = tick();
        on.executeScript(
            "select pgque.send_batch('queue_1', 'order.placed', array(select '{\"order\": {\"id\": ' || g ||"
            " ', \"sku\": \"a-' || g % 1000 || '\"}}' from generate_series(1, " +
                std::to_string(largeBatch) + ") g)); analyze",
            soon());
        nextTick = tick();
        on.executeScript("insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry,"
                         " ev_data) select now() + g * interval '1 s', 1 + g % 1000, g, now(), 1 + g % 11000, 1, '{}'"
                         " from generate_series(1, 100000) g; insert into pgque.dead_letter (dl_queue_id,"
                         " dl_consumer_id, dl_reason, ev_id, ev_time, ev_data) select 1 + g % 1000, 1 + g % 11,"
                         " 'gateway answered ' || g, g, now(), '{}' from generate_series(1, 100000) g; analyze",
                         soon());
    }
};

template <class Ask>
void question(benchmark::State& state, Ask ask) {
    Filled::instance();
    for (auto _ : state)
        ask(Big::instance().connection, state);
}

domain::EventSearch searchFor(const char* text, const char* path) {
    domain::EventSearch search;
    search.text = text;
    if (*path)
        search.json = std::get<domain::JsonCondition>(domain::JsonCondition::parse(path));
    return search;
}

void eventQuestion(benchmark::State& state, const char* text, const char* path, bool wholeQueue) {
    question(state, [&](pg::Connection& on, benchmark::State& of) {
        const auto search = searchFor(text, path);
        const auto page = wholeQueue ? queries::searchEvents(on, 1, search, {}, {}, soon())
                                     : queries::eventPage(on, Filled::instance().window(), search, {}, {}, soon());
        of.counters["rows"] = double(page.rows.size());
        of.counters["read_MB"] = double(page.bytesRead) / 1e6;
        of.counters["bound"] = page.boundReached;
    });
}

void registerQuestions() {
    const auto add = [](const char* name, auto run) {
        benchmark::RegisterBenchmark((std::string("question/") + name).c_str(), run)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime()
            ->Iterations(5);
    };
    add("batch_first_page", [](benchmark::State& state) { eventQuestion(state, "", "", false); });
    add("batch_text_found", [](benchmark::State& state) { eventQuestion(state, "a-7", "", false); });
    add("batch_text_nowhere", [](benchmark::State& state) { eventQuestion(state, "nowhere", "", false); });
    add("batch_json_path", [](benchmark::State& state) { eventQuestion(state, "", "order.sku = a-7", false); });
    add("messages_first_page", [](benchmark::State& state) { eventQuestion(state, "", "", true); });
    add("messages_text_nowhere", [](benchmark::State& state) { eventQuestion(state, "nowhere", "", true); });
    add("messages_json_path", [](benchmark::State& state) { eventQuestion(state, "", "order.id = 900000", true); });
    add("messages_story", [](benchmark::State& state) {
        domain::EventRow event = queries::searchEvents(Big::instance().connection, 1, {}, {}, {}, soon()).rows.front();
        question(state, [&](pg::Connection& on, benchmark::State&) { queries::eventStory(on, 1, event, soon()); });
    });
    add("queue", [](benchmark::State& state) {
        question(state, [](pg::Connection& on, benchmark::State&) { queries::queueDetail(on, 1, {}, soon()); });
    });
    add("retry", [](benchmark::State& state) {
        question(state, [](pg::Connection& on, benchmark::State&) {
            queries::retryPage(on, queries::probe(on, soon()), 0, {}, 200, soon());
        });
    });
    add("dead", [](benchmark::State& state) {
        question(state, [](pg::Connection& on, benchmark::State&) { queries::deadPage(on, 0, {}, {}, 200, soon()); });
    });
    add("dead_groups", [](benchmark::State& state) {
        question(state, [](pg::Connection& on, benchmark::State&) { queries::deadGroups(on, 0, soon()); });
    });
    add("locks", [](benchmark::State& state) {
        question(state, [](pg::Connection& on, benchmark::State&) { queries::lockWaits(on, soon()); });
    });
    add("footprint", [](benchmark::State& state) {
        question(state, [](pg::Connection& on, benchmark::State&) { queries::footprint(on, {}, soon()); });
    });
}

/// Two samples of which a tenth differs, taken in turn.
struct Samples {
    domain::SnapshotPtr first, second;
    domain::Diagnosis diagnosis;

    static Samples& instance() {
        static Samples samples;
        return samples;
    }

private:
    Samples() {
        Big& big = Big::instance();
        monitor::Sampler sampler;
        first = sampler.sample(big.connection, big.capabilities, soon());
        auto changed = std::make_shared<domain::Snapshot>(*first);
        changed->takenAt += std::chrono::seconds(1);
        for (std::size_t at = 0; at < changed->queues.size(); at += 10) {
            if (changed->queues[at].lastTick)
                ++changed->queues[at].lastTick->id;
        }
        for (std::size_t at = 0; at < changed->subscriptions.size(); at += 10)
            changed->subscriptions[at].active = changed->takenAt;
        second = changed;
        diagnosis = monitor::diagnose(*first, nullptr, {});
    }
};

template <class Take>
void refresh(benchmark::State& state, Take take) {
    Samples& samples = Samples::instance();
    take(*samples.first, samples.diagnosis);
    bool odd = false;
    for (auto _ : state) {
        odd = !odd;
        take(odd ? *samples.second : *samples.first, samples.diagnosis);
    }
}

void refreshQueues(benchmark::State& state) {
    models::QueuesModel model;
    QTableView view;
    const ui::TableController table(&view, &model, QStringLiteral("queues"), nullptr);
    refresh(state, [&](const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
        model.setSample(snapshot, diagnosis, {});
    });
}

void refreshConsumers(benchmark::State& state) {
    models::SubscriptionTreeModel model;
    QTreeView view;
    const ui::TableController table(&view, &model, QStringLiteral("consumers"), nullptr);
    refresh(state, [&](const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
        model.setSample(snapshot, diagnosis);
    });
}

void refreshBatches(benchmark::State& state) {
    models::InFlightModel model;
    QTableView view;
    const ui::TableController table(&view, &model, QStringLiteral("batches"), nullptr);
    refresh(state, [&](const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
        model.setSample(snapshot, diagnosis);
    });
}

/// All lines unfolded; a text that a twelfth of them has is typed, the events that follow are worked off, and the text is
/// taken away again. How long the event loop worked at once.
void filterConsumers(benchmark::State& state) {
    models::SubscriptionTreeModel model;
    QTreeView view;
    ui::TableController table(&view, &model, QStringLiteral("consumers"), nullptr);
    model.setSample(*Samples::instance().first, Samples::instance().diagnosis);
    view.resize(1600, 1000);
    view.show();
    view.expandAll();
    QApplication::processEvents();
    std::vector<double> typed;
    std::vector<double> cleared;
    const auto filter = [&](const QString& text) {
        const support::Gaps gaps;
        table.proxy()->setFilterText(text);
        QEventLoop loop;
        QTimer::singleShot(1'500, &loop, &QEventLoop::quit);
        loop.exec();
        return gaps.busiest();
    };
    for (auto _ : state) {
        typed.push_back(filter(QStringLiteral("consumer_7")));
        cleared.push_back(filter({}));
    }
    state.counters["typed_ms"] = *std::max_element(typed.begin(), typed.end());
    state.counters["cleared_ms"] = *std::max_element(cleared.begin(), cleared.end());
}

void scroll(benchmark::State& state, QTableView& view) {
    view.resize(1600, 1000);
    view.show();
    QApplication::processEvents();
    QScrollBar* bar = view.verticalScrollBar();
    std::vector<double> frames;
    for (auto _ : state) {
        bar->setValue((bar->value() + 37) % std::max(1, bar->maximum()));
        QElapsedTimer timer;
        timer.start();
        view.viewport()->repaint();
        frames.push_back(double(timer.nsecsElapsed()) / 1e6);
    }
    std::sort(frames.begin(), frames.end());
    state.counters["p95_ms"] = frames[frames.size() * 95 / 100];
    state.counters["rows"] = view.model()->rowCount();
}

void scrollQueues(benchmark::State& state) {
    models::QueuesModel model;
    QTableView view;
    new ui::TableController(&view, &model, QStringLiteral("queues"), nullptr);
    model.setSample(*Samples::instance().first, Samples::instance().diagnosis, {});
    scroll(state, view);
}

void scrollBatches(benchmark::State& state) {
    models::InFlightModel model;
    QTableView view;
    new ui::TableController(&view, &model, QStringLiteral("batches"), nullptr);
    model.setSample(*Samples::instance().first, Samples::instance().diagnosis);
    scroll(state, view);
}

void scrollEvents(benchmark::State& state) {
    models::EventPageModel model(models::EventPageModel::Of::Window);
    QTableView view;
    new ui::TableController(&view, &model, QStringLiteral("events"), nullptr);
    quint64 request = 0;
    QObject::connect(&model, &models::EventPageModel::pageWanted, &model, [&](quint64 number) { request = number; });
    model.open();
    model.deliver(request,
                  queries::eventPage(Big::instance().connection, Filled::instance().window(), {}, {}, {}, soon()));
    scroll(state, view);
}

} // namespace

BENCHMARK(refreshQueues)->Name("refresh/queues")->Unit(benchmark::kMillisecond);
BENCHMARK(refreshConsumers)->Name("refresh/consumers")->Unit(benchmark::kMillisecond);
BENCHMARK(refreshBatches)->Name("refresh/batches")->Unit(benchmark::kMillisecond);
BENCHMARK(filterConsumers)->Name("filter/consumers")->Unit(benchmark::kMillisecond)->Iterations(3)->UseRealTime();
BENCHMARK(scrollQueues)->Name("scroll/queues")->Unit(benchmark::kMillisecond)->Iterations(200);
BENCHMARK(scrollBatches)->Name("scroll/batches")->Unit(benchmark::kMillisecond)->Iterations(200);
BENCHMARK(scrollEvents)->Name("scroll/events")->Unit(benchmark::kMillisecond)->Iterations(200);

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    ui::Theme::instance();
    benchmark::Initialize(&argc, argv);
    registerQuestions();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
