// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/signals.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#ifdef Q_OS_UNIX
#include <array>
#include <csignal>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace app {

#ifdef Q_OS_UNIX

namespace {

std::array<int, 2> ends{-1, -1};

// Only what is allowed in a signal handler.
extern "C" void noteSignal(int number) {
    const char byte = static_cast<char>(number);
    [[maybe_unused]] const auto written = ::write(ends[0], &byte, 1);
    std::signal(number, SIG_DFL);
}

} // namespace

void quitOnSignals() {
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0)
        return;
    auto* notifier = new QSocketNotifier(ends[1], QSocketNotifier::Read, QCoreApplication::instance());
    QObject::connect(notifier, &QSocketNotifier::activated, notifier, [notifier] {
        notifier->setEnabled(false);
        char number = 0;
        if (::read(ends[1], &number, 1) == 1)
            QCoreApplication::exit(128 + number);
    });
    std::signal(SIGINT, noteSignal);
    std::signal(SIGTERM, noteSignal);
    // A reader that went away (batchscope --check | head) is no reason to die without cleaning up.
    std::signal(SIGPIPE, SIG_IGN);
}

#else

void quitOnSignals() {}

#endif

} // namespace app
