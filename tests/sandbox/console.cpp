// SPDX-License-Identifier: GPL-3.0-or-later
// A console without a window for the sandbox's tests: a process of its own, so that it can be killed or run as
// somebody else.
//
//   sandboxconsole [--demo] [DATA_DIR]
//
// Tells what happens, one line each: "step ...", "ready HOST PORT owner|guest", "planted N/M missing...", "demo",
// "failed PROBLEM | ADVICE", "stopped". Stops when its standard input ends.
#include "sandbox/sandbox.h"

#include <QCoreApplication>
#include <QStringList>
#include <QThread>

#include <cstdio>
#include <memory>

namespace {

void tell(const QString& line) {
    std::puts(line.toUtf8().constData());
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    using namespace Qt::StringLiterals;
    const QCoreApplication application(argc, argv);
    QStringList arguments = QCoreApplication::arguments().mid(1);
    const bool demo = arguments.removeAll(u"--demo"_s) > 0;

    sandbox::Sandbox box(arguments.value(0));
    QObject::connect(&box, &sandbox::Sandbox::progress, [](const QString& step) { tell("step "_L1 + step); });
    QObject::connect(&box, &sandbox::Sandbox::ready, [&](const pg::ConnectionInfo& info) {
        tell("ready "_L1 + QString::fromStdString(*info.get("host") + ' ' + *info.get("port")) +
             (box.isOwner() ? " owner"_L1 : " guest"_L1));
    });
    QObject::connect(&box, &sandbox::Sandbox::failed, [](const QString& problem, const QString& advice) {
        tell("failed "_L1 + problem + " | "_L1 + advice);
        QCoreApplication::exit(1);
    });
    QObject::connect(&box, &sandbox::Sandbox::plantedChanged, [&] {
        QStringList missing;
        const auto states = box.planted();
        for (const sandbox::PlantedState& state : states)
            if (!state.present)
                missing << state.name;
        tell(u"planted %1/%2 %3"_s.arg(qsizetype(states.size()) - missing.size())
                 .arg(states.size())
                 .arg(missing.join(u' ')));
    });
    QObject::connect(&box, &sandbox::Sandbox::demoReady, [] { tell(u"demo"_s); });
    QObject::connect(&box, &sandbox::Sandbox::stopped, [] {
        tell(u"stopped"_s);
        QCoreApplication::quit();
    });

    box.start();
    if (demo)
        box.startDemo();
    const std::unique_ptr<QThread> input(QThread::create([&] {
        while (std::getchar() != EOF) {
        }
        QMetaObject::invokeMethod(&box, [&] { box.stop(); });
    }));
    input->start();
    const int result = QCoreApplication::exec();
    if (!input->isFinished() && result != 0)
        std::_Exit(result); // the reader waits for an input that nobody ends
    input->wait();
    return result;
}
