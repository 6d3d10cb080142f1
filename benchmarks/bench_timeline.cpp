// SPDX-License-Identifier: GPL-3.0-or-later
// The timeline of one group with 100,000 bars: first paint, frames while panning and zooming, and what a look adds.
#include "models/timelinemodels.h"
#include "monitor/timeline.h"
#include "support/gaps.h"
#include "ui/theme.h"
#include "ui/timelineview.h"

#include <QApplication>
#include <QFile>
#include <QKeyEvent>

#include <algorithm>
#include <benchmark/benchmark.h>

using namespace std::chrono_literals;

namespace {

constexpr int members = 20;
constexpr std::int32_t queueId = 1;
constexpr std::int32_t subId = 1;

double residentMb() {
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    return file.readAll().split(' ').at(1).toDouble() * 4096 / 1e6;
}

/// Members that take a window each at every other look, five looks a second; every fiftieth window is taken over, and
/// every two minutes somebody waits for the group's row.
class Course {
public:
    monitor::Timeline timeline{{.bars = 400'000, .barsOfTrack = 200'000, .focused = 200'000}};
    double megabytes = 0;

    static Course& instance() {
        static Course course;
        return course;
    }

    const monitor::Track& track() const { return *timeline.track(queueId, subId); }

    pg::Timestamp now() const { return m_now; }

    void look() {
        domain::Snapshot look;
        look.takenAt = m_now += 200ms;
        domain::Queue queue;
        queue.id = queueId;
        queue.name = "orders";
        queue.lastTick = domain::Tick{.id = m_tick, .time = m_now, .eventSeq = m_tick * 10};
        look.queues.push_back(queue);
        if (++m_looks % 2)
            allocate();
        look.subscriptions = m_rows;
        look.buildIndex();
        timeline.addTrack(look, queueId, subId, 2s, monitor::Timeline::Drawn{m_token, m_token});
    }

private:
    Course() {
        domain::Subscription main;
        main.queueId = queueId;
        main.subId = subId;
        main.consumerId = 1;
        main.consumerName = "billing";
        main.role = domain::Role::CoopMain;
        main.lastTick = m_tick;
        m_rows.push_back(main);
        for (int i = 0; i < members; ++i) {
            domain::Subscription row = main;
            row.consumerId = 2 + i;
            row.consumerName = "billing.worker-" + std::to_string(i + 1);
            row.role = domain::Role::CoopMember;
            row.lastTick.reset();
            m_rows.push_back(row);
        }
        timeline.focus(queueId, subId);
        const double before = residentMb();
        look();
        while (track().bars < 100'000)
            look();
        megabytes = residentMb() - before;
    }

    void allocate() {
        for (std::size_t i = 1; i < m_rows.size(); ++i) {
            domain::Subscription& row = m_rows[i];
            row.active = m_now;
            row.batch = ++m_token;
            const domain::Subscription& neighbour = m_rows[i == 1 ? m_rows.size() - 1 : i - 1];
            if (m_token % 50 == 0 && neighbour.lastTick) {
                row.lastTick = neighbour.lastTick;
                row.nextTick = neighbour.nextTick;
            } else {
                row.lastTick = m_tick;
                row.nextTick = ++m_tick;
            }
            row.lastTickSeq = *row.lastTick * 10;
            row.nextTickSeq = *row.nextTick * 10;
        }
        m_rows.front().lastTick = m_tick;
    }

    pg::Timestamp m_now = pg::Timestamp(pg::Interval(1'800'000'000s));
    std::int64_t m_tick = 1'000;
    std::int64_t m_token = 0;
    int m_looks = 0;
    std::vector<domain::Subscription> m_rows;
};

std::unique_ptr<ui::TimelineView> makeView() {
    auto view = std::make_unique<ui::TimelineView>();
    view->resize(1600, 1000);
    view->setSource([]() -> const monitor::Timeline& { return Course::instance().timeline; }, queueId, subId);
    view->setNow(Course::instance().now(), 5min);
    return view;
}

void press(ui::TimelineView& view, int key, Qt::KeyboardModifiers modifiers = {}) {
    QKeyEvent event(QEvent::KeyPress, key, modifiers);
    QCoreApplication::sendEvent(&view, &event);
}

double paint(ui::TimelineView& view) {
    const double before = support::processorMs();
    view.viewport()->repaint();
    return support::processorMs() - before;
}

void tell(benchmark::State& state, std::vector<double> frames) {
    std::sort(frames.begin(), frames.end());
    state.counters["p50_ms"] = frames[frames.size() / 2];
    state.counters["p95_ms"] = frames[frames.size() * 95 / 100];
    state.counters["most_ms"] = frames.back();
    state.counters["bars"] = double(Course::instance().track().bars);
}

/// From the first sight of the widget, all bars in it, to its picture.
void firstPaint(benchmark::State& state) {
    Course::instance();
    std::vector<double> frames;
    for (auto _ : state) {
        const auto view = makeView();
        view->fit();
        const double before = support::processorMs();
        view->show();
        QApplication::processEvents();
        frames.push_back(support::processorMs() - before);
    }
    tell(state, frames);
    state.counters["MB"] = Course::instance().megabytes;
}

/// Frames while a stretch of so many seconds is moved over all there is; 0: everything is on screen. chosen: a bar is
/// marked, with the others of its window.
void pan(benchmark::State& state, bool chosen) {
    const auto view = makeView();
    view->show();
    QApplication::processEvents();
    if (state.range(0) == 0)
        view->fit();
    else
        view->setSpan(std::chrono::seconds(state.range(0)));
    if (chosen)
        view->setCurrent(50'000);
    view->setFocus();
    press(*view, Qt::Key_Home);
    std::vector<double> frames;
    for (auto _ : state) {
        press(*view, Qt::Key_Right, Qt::ControlModifier);
        frames.push_back(paint(*view));
        if (view->from() > Course::instance().now())
            press(*view, Qt::Key_Home);
    }
    tell(state, frames);
}

/// Frames while zooming from everything to seconds, and back, around a moment in the middle.
void zoom(benchmark::State& state) {
    const auto view = makeView();
    view->show();
    QApplication::processEvents();
    view->fit();
    view->setFollowing(false);
    std::vector<double> frames;
    bool in = true;
    for (auto _ : state) {
        view->zoom(in ? 1.25 : 0.8);
        frames.push_back(paint(*view));
        if (view->span() <= 5s)
            in = false;
        else if (view->span() >= 2h)
            in = true;
    }
    tell(state, frames);
}

/// What comes with each new look while the page is open: the look itself, the table below, the words for screen
/// readers; not the frame.
void look(benchmark::State& state) {
    Course& course = Course::instance();
    const auto view = makeView();
    view->setSpan(2min);
    for (auto _ : state) {
        course.look();
        view->setNow(course.now(), 5min);
        benchmark::DoNotOptimize(models::barsBetween(course.track(), view->from(), view->to(), 500));
    }
}

} // namespace

BENCHMARK(firstPaint)->Unit(benchmark::kMillisecond)->Iterations(20);
BENCHMARK_CAPTURE(pan, plain, false)
    ->Name("pan/seconds")
    ->Unit(benchmark::kMillisecond)
    ->Arg(10)
    ->Arg(120)
    ->Arg(720)
    ->Arg(0)
    ->Iterations(300);
BENCHMARK_CAPTURE(pan, chosen, true)
    ->Name("panWithChosen/seconds")
    ->Unit(benchmark::kMillisecond)
    ->Arg(120)
    ->Iterations(300);
BENCHMARK(zoom)->Unit(benchmark::kMillisecond)->Iterations(300);
BENCHMARK(look)->Unit(benchmark::kMillisecond)->Iterations(500);

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    ui::Theme::instance();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
