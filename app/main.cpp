// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commandline.h"
#include "app/oneshot.h"
#include "app/opening.h"
#include "app/signals.h"
#include "app/windowed.h"
#include "link/session.h"
#include "schema/script.h"
#include "ui/preferences.h"

#include <QApplication>
#include <QFileInfo>
#include <QIcon>

#include <cstdio>
#include <cstdlib>

using namespace Qt::StringLiterals;

namespace {

/// What is left of the network's threads when the program wants to end.
constexpr auto threadPatience = std::chrono::milliseconds(300);

bool hasDisplay() {
#if defined(Q_OS_WIN) || defined(Q_OS_MACOS)
    return true;
#else
    return !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") ||
           !qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM");
#endif
}

std::unique_ptr<QCoreApplication> makeApplication(app::Mode mode, int& argc, char** argv) {
    QCoreApplication::setApplicationName(u"batchscope"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(PROGRAM_VERSION));
    if (mode == app::Mode::Check || mode == app::Mode::Snapshot)
        return std::make_unique<QCoreApplication>(argc, argv);
    // A picture is drawn the same way with a display and without.
    if (mode == app::Mode::Screenshot || mode == app::Mode::SelfTest)
        qputenv("QT_QPA_PLATFORM", "offscreen");
    auto application = std::make_unique<QApplication>(argc, argv);
    QGuiApplication::setDesktopFileName(u"org.batchscope.Batchscope"_s);
    QGuiApplication::setApplicationDisplayName(u"Batchscope"_s);
    return application;
}

int run(const app::CommandLine& line) {
    if (line.mode == app::Mode::SelfTest)
        return app::runSelfTest();
    desk::Profiles profiles(line.profileDirectory);
    const auto found = app::profileFor(line, profiles);
    if (const auto* error = std::get_if<app::UsageError>(&found)) {
        app::printError(error->text);
        return app::BadArguments;
    }
    if (line.mode == app::Mode::Window)
        return app::runWindows(line, std::get<desk::Profile>(found), profiles);
    app::Opening opening(std::get<desk::Profile>(found), line.sandbox, line.demo);
    QObject::connect(&opening, &app::Opening::progress, &opening, [](const QString& step) { app::printError(step); });
    if (line.mode == app::Mode::Screenshot)
        return app::runScreenshot(line, &opening);
    // What this user calls a finding in the window is one here.
    const auto preferences = ui::Preferences::of(QFileInfo(profiles.fileName()).path());
    app::OneShot oneShot(line, &opening, preferences->thresholds());
    oneShot.start();
    return QCoreApplication::exec();
}

} // namespace

int main(int argc, char** argv) {
    QStringList arguments;
    for (int i = 1; i < argc; ++i)
        arguments << QString::fromLocal8Bit(argv[i]);
    const QStringList pages = app::pageNames();
    const auto parsed = app::parseCommandLine(arguments, pages);
    if (const auto* error = std::get_if<app::UsageError>(&parsed)) {
        app::printError(error->text);
        return app::BadArguments;
    }
    const auto& line = std::get<app::CommandLine>(parsed);
    switch (line.mode) {
    case app::Mode::Help:
        app::print(app::helpText(pages));
        return app::Success;
    case app::Mode::Version:
        app::print(u"batchscope "_s + QStringLiteral(PROGRAM_VERSION) + u'\n');
        return app::Success;
    case app::Mode::PrintSchema: {
        const std::string_view sql = *schema::script(line.schema.toStdString());
        return std::fwrite(sql.data(), 1, sql.size(), stdout) == sql.size() && std::fflush(stdout) == 0
                   ? app::Success
                   : app::CouldNotLook;
    }
    case app::Mode::Window:
        if (!hasDisplay()) {
            app::printError(u"there is no display; --screenshot, --check and --snapshot need none"_s);
            return app::CouldNotLook;
        }
        break;
    case app::Mode::Screenshot:
    case app::Mode::Snapshot:
    case app::Mode::Check:
    case app::Mode::SelfTest:
        break;
    }

    int code = 0;
    {
        const auto application = makeApplication(line.mode, argc, argv);
        app::quitOnSignals();
        code = run(line);
        // Threads that a dead network holds use Qt and libpq: then nothing is torn down under them.
        if (!links::Session::waitForThreads(threadPatience)) {
            std::fflush(nullptr);
            std::_Exit(code);
        }
    }
    return code;
}
