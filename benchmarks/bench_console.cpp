// SPDX-License-Identifier: GPL-3.0-or-later
// The console as a person meets it: how soon it is there, how much memory it takes, whether its window ever stands
// still.
#include "desk/desk.h"
#include "desk/stepping.h"
#include "operate/progress.h"
#include "support/gaps.h"
#include "support/testserver.h"
#include "ui/mainwindow.h"
#include "ui/runview.h"

#include <QAbstractButton>
#include <QApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QLineEdit>
#include <QProcess>
#include <QTemporaryDir>
#include <QTemporaryFile>
#include <QTreeView>

#include <algorithm>
#include <atomic>
#include <benchmark/benchmark.h>
#include <functional>
#include <memory>
#include <thread>

#include "bigdatabase.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// Where the program that is measured keeps its files.
class Folder {
public:
    Folder() {
        qputenv("BATCHSCOPE_DATA_DIR", m_folder.filePath(u"data"_s).toLocal8Bit());
        qputenv("XDG_CONFIG_HOME", m_folder.filePath(u"config"_s).toLocal8Bit());
    }

private:
    QTemporaryDir m_folder;
};

double residentMegabytes(const QProcess& process) {
    QFile status(u"/proc/%1/status"_s.arg(process.processId()));
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray& line : status.readAll().split('\n')) {
        if (line.startsWith("VmRSS:"))
            return line.mid(6).trimmed().split(' ').front().toDouble() / 1024;
    }
    return 0;
}

/// What the program's window's thread has worked so far, in milliseconds of processor time.
double workedMs(const QProcess& process) {
    QFile statistics(u"/proc/%1/task/%1/schedstat"_s.arg(process.processId()));
    return statistics.open(QIODevice::ReadOnly) ? statistics.readAll().split(' ').front().toDouble() / 1e6 : 0;
}

/// The program with a sandbox of its own, which outlives the starts that are measured.
class Program {
public:
    Program() {
        m_owner.start(QStringLiteral(PROGRAM), {u"--sandbox"_s, u"--demo"_s});
        // A check on the demonstration ends once every planted state exists.
        QProcess ready;
        ready.start(QStringLiteral(PROGRAM), {u"--sandbox"_s, u"--demo"_s, u"--check"_s});
        ready.waitForFinished(120'000);
    }

    ~Program() {
        m_owner.terminate();
        m_owner.waitForFinished(30'000);
    }

    const QProcess& process() const { return m_owner; }

private:
    Folder m_folder;
    QProcess m_owner;
};

Program& program() {
    static Program one;
    return one;
}

/// Until the first frame, and from it to the first sample on screen; medians.
void starts(benchmark::State& state, const QStringList& arguments) {
    std::vector<double> frames;
    std::vector<double> worked;
    std::vector<double> samples;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"QT_LOGGING_RULES"_s, u"batchscope.frames=true"_s);
    for (auto _ : state) {
        QProcess process;
        process.setProcessEnvironment(environment);
        QElapsedTimer clock;
        clock.start();
        process.setReadChannel(QProcess::StandardError);
        process.start(QStringLiteral(PROGRAM), arguments);
        double frame = 0;
        double work = 0;
        double sample = 0;
        QByteArray said;
        while (sample == 0 && process.waitForReadyRead(20'000)) {
            said += process.readAllStandardError();
            const double now = double(clock.nsecsElapsed()) / 1e6;
            if (frame == 0 && said.contains("first frame")) {
                frame = now;
                work = workedMs(process);
            }
            if (said.contains("first sample"))
                sample = now;
        }
        process.terminate();
        process.waitForFinished(10'000);
        if (sample == 0) {
            state.SkipWithError(said.constData());
            return;
        }
        frames.push_back(frame);
        worked.push_back(work);
        samples.push_back(sample - frame);
        state.SetIterationTime(sample / 1000);
    }
    const auto median = [](std::vector<double>& values) {
        std::sort(values.begin(), values.end());
        return values[values.size() / 2];
    };
    state.counters["first_frame_ms"] = median(frames);
    state.counters["first_frame_worked_ms"] = median(worked);
    state.counters["then_first_sample_ms"] = median(samples);
}

void start(benchmark::State& state) {
    program();
    starts(state, {u"--sandbox"_s});
}

BENCHMARK(start)->Iterations(15)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Queues as argument, each with 11 subscriptions.
void startAt(benchmark::State& state) {
    const Folder folder;
    const bench::Database database(int(state.range(0)));
    starts(state, {QString::fromStdString(database.info().toStringWithoutSecrets())});
}

BENCHMARK(startAt)->Arg(10)->Arg(100)->Arg(1'000)->Iterations(15)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Minutes of BENCH_MINUTES, or ten.
std::chrono::seconds memoryTime() {
    bool given = false;
    const int minutes = qEnvironmentVariableIntValue("BENCH_MINUTES", &given);
    return std::chrono::minutes(given ? minutes : 10);
}

/// Resident memory after twenty seconds, after a third of the time, and at the end.
void remember(benchmark::State& state, const QProcess& process, const std::function<void()>& eachSecond) {
    const auto wait = [&](std::chrono::seconds time) {
        for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
            eachSecond();
            std::this_thread::sleep_for(1s);
        }
    };
    for (auto _ : state) {
        wait(20s);
        state.counters["after_20_s_mb"] = residentMegabytes(process);
        wait(memoryTime() / 3);
        state.counters["after_a_third_mb"] = residentMegabytes(process);
        wait(memoryTime() * 2 / 3);
    }
    state.counters["at_the_end_mb"] = residentMegabytes(process);
    if (process.state() != QProcess::Running)
        state.SkipWithError("the program ended by itself");
}

/// The program with its window open on the demonstration.
void memory(benchmark::State& state) {
    remember(state, program().process(), [] {});
}

BENCHMARK(memory)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

/// The same on 1,000 queues and 11,000 subscriptions, a tenth of which change each second, with all of them listed.
void memoryAtSize(benchmark::State& state) {
    const Folder folder;
    bench::Database database(1'000);
    QProcess process;
    process.start(QStringLiteral(PROGRAM),
                  {QString::fromStdString(database.info().toStringWithoutSecrets()), u"--page"_s, u"consumers"_s});
    process.waitForStarted();
    remember(state, process, [&database] { database.move(10); });
    process.terminate();
    process.waitForFinished(30'000);
}

BENCHMARK(memoryAtSize)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

void turn(std::chrono::milliseconds time) {
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
}

template <class F>
void aside(F f) {
    std::atomic<bool> done = false;
    std::thread thread([&] {
        f();
        done = true;
    });
    while (!done)
        turn(20ms);
    thread.join();
}

/// The window on a server with work going on, while it is stopped, killed and restarted with an action under way.
void eventLoop(benchmark::State& state) {
    const auto server = support::TestServer::startPrivate();
    support::TestDatabase database(*server, support::Schema::Pgque);
    pg::Connection admin = database.connect();
    admin.executeScript("select pgque.create_queue('q' || g), pgque.subscribe('q' || g, 'c')"
                        " from generate_series(1, 200) g",
                        pg::after(60s));
    desk::Profile profile;
    profile.connection = database.info();
    profile.environment = desk::Environment::Local;
    for (auto _ : state) {
        const qint64 empty = support::gapOfAnEmptyLoop(10s);
        desk::Desk desk(profile);
        ui::MainWindow window(&desk);
        window.show();
        desk.open();
        desk.setAccessMode(desk::AccessMode::Operate);
        turn(3s);
        domain::ActionRequest send;
        send.action = "send";
        send.queue = "q1";
        send.arguments["payload"] = "{}";
        const auto longestWhile = [&](auto what) {
            const support::Gaps gaps;
            const auto sent = desk.perform(send);
            what();
            turn(8s);
            return double(gaps.longest() - empty);
        };
        state.counters["empty_ms"] = double(empty);
        state.counters["excess_live_ms"] = longestWhile([] {});
        state.counters["excess_stopped_ms"] = longestWhile([&] { aside([&] { server->pause(); }); });
        state.counters["excess_resumed_ms"] = longestWhile([&] { aside([&] { server->resume(); }); });
        state.counters["excess_killed_ms"] = longestWhile([&] { aside([&] { server->kill(); }); });
        state.counters["excess_restarted_ms"] = longestWhile([&] { aside([&] { server->start(); }); });
    }
}

BENCHMARK(eventLoop)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

/// The window on 1,000 queues and 11,000 subscriptions, a tenth of which change each second: while it begins, with the
/// past being rebuilt and recorded, and from then on with all of them listed.
void eventLoopAtSize(benchmark::State& state) {
    const Folder folder;
    bench::Database database(1'000);
    desk::Profile profile;
    profile.connection = database.info();
    profile.environment = desk::Environment::Local;
    for (auto _ : state) {
        const qint64 empty = support::gapOfAnEmptyLoop(10s);
        std::atomic<bool> stop = false;
        std::thread people([&] {
            while (!stop) {
                database.move(10);
                std::this_thread::sleep_for(1s);
            }
        });
        desk::Desk desk(profile);
        desk.setRecording({});
        ui::MainWindow window(&desk);
        window.show();
        turn(1s);
        const auto measure = [&state, empty](const std::string& name, const auto& what) {
            const support::Gaps gaps;
            what();
            turn(15s);
            state.counters["excess_" + name + "_ms"] = double(gaps.longest() - empty);
            state.counters["worked_" + name + "_ms"] = gaps.busiest();
        };
        state.counters["empty_ms"] = double(empty);
        measure("beginning", [&desk] { desk.open(); });
        for (const QString& page : {u"overview"_s, u"consumers"_s, u"inflight"_s}) {
            measure(page.toStdString() + "_opened", [&] { window.showPage(page); });
            measure(page.toStdString(), [] {});
        }
        // All 12,000 lines unfolded, then looked through by a text that some of them have.
        window.showPage(u"consumers"_s);
        auto* tree = window.findChild<QTreeView*>(u"subscriptions"_s);
        measure("unfolding", [tree] { tree->expandAll(); });
        measure("unfolded", [] {});
        auto* filter = window.findChild<QWidget*>(u"consumers"_s)->findChild<QLineEdit*>(u"filter"_s);
        measure("filtering", [filter] { filter->setText(u"consumer_7"_s); });
        measure("filtered", [] {});
        stop = true;
        people.join();
    }
}

BENCHMARK(eventLoopAtSize)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

/// The window with its progress on screen while a million lines of a file are sent.
void sendingAFile(benchmark::State& state) {
    support::TestDatabase database(support::Schema::Pgque);
    pg::Connection admin = database.connect();
    admin.executeScript("select pgque.create_queue('q')", pg::after(60s));
    QTemporaryFile file;
    if (!file.open())
        qFatal("no temporary file");
    for (int line = 0; line < 1'000'000; ++line)
        file.write("{\"order_id\": " + QByteArray::number(line) + ", \"customer\": \"ann@example.org\"}\n");
    file.close();
    desk::Profile profile;
    profile.connection = database.info();
    profile.environment = desk::Environment::Local;
    for (auto _ : state) {
        const qint64 empty = support::gapOfAnEmptyLoop(10s);
        desk::Desk desk(profile);
        ui::MainWindow window(&desk);
        window.show();
        desk.open();
        desk.setAccessMode(desk::AccessMode::Operate);
        turn(3s);
        domain::ActionRequest send;
        send.action = "send_file";
        send.queue = "q";
        send.arguments["file"] = file.fileName().toStdString();
        const auto progress = std::make_shared<operate::Progress>();
        ui::RunView view(progress);
        view.show();
        const support::Gaps gaps;
        const auto sent = desk.perform(send, progress);
        while (!sent.isFinished())
            turn(20ms);
        state.counters["empty_ms"] = double(empty);
        state.counters["excess_ms"] = double(gaps.longest() - empty);
        if (sent.result().kind != domain::OutcomeKind::Done)
            state.SkipWithError(sent.result().summary.c_str());
    }
}

BENCHMARK(sendingAFile)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

/// From a click on the cooperative debugger's board until the window has drawn what came of it.
void clickToBoard(benchmark::State& state) {
    support::TestDatabase database(support::Schema::Pgque);
    desk::Profile profile;
    profile.connection = database.info();
    profile.environment = desk::Environment::Sandbox;
    desk::Desk desk(profile);
    ui::MainWindow window(&desk, {{}, QStringLiteral("step"), {}});
    window.resize(1600, 1000);
    window.show();
    desk.open();
    while (!desk.snapshot())
        turn(20ms);
    desk.setAccessMode(desk::AccessMode::Operate);
    desk.beginStepping(false, {QStringLiteral("a"), QStringLiteral("b")});
    desk::Stepping& stepping = *desk.stepping();
    const auto settle = [&stepping] {
        while (stepping.state() != desk::Stepping::State::Ready)
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    };
    settle();
    stepping.perform(stepper::parseStep("a register").step);
    settle();
    std::vector<double> took;
    for (auto _ : state) {
        auto* touch = window.findChild<QAbstractButton*>(QStringLiteral("a touch"));
        const auto began = std::chrono::steady_clock::now();
        touch->click();
        settle();
        window.repaint();
        took.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
    }
    std::sort(took.begin(), took.end());
    state.counters["median_ms"] = took[took.size() / 2];
    state.counters["p95_ms"] = took[took.size() * 95 / 100];
}

BENCHMARK(clickToBoard)->Iterations(200)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace

int main(int argc, char** argv) {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    benchmark::Initialize(&argc, argv);
    QApplication application(argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
