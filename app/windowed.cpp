// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/windowed.h"

#include "app/oneshot.h"
#include "app/windows.h"
#include "schema/script.h"
#include "ui/mainwindow.h"
#include "ui/theme.h"

#include <QApplication>
#include <QIcon>
#include <QSaveFile>
#include <QSqlDatabase>
#include <QTimer>

namespace app {

using namespace Qt::StringLiterals;

namespace {

/// Nothing at all came: then the picture is one of that.
constexpr auto pictureAtMost = std::chrono::seconds(30);
constexpr auto demoPictureAtMost = std::chrono::seconds(75);

void chooseTheme(const CommandLine& line) {
    if (line.theme == "light"_L1)
        ui::Theme::instance().choose(ui::ThemeChoice::Light);
    else if (line.theme == "dark"_L1)
        ui::Theme::instance().choose(ui::ThemeChoice::Dark);
    else
        ui::Theme::instance();
}

ui::WindowOptions windowOptions(const CommandLine& line) {
    ui::WindowOptions options;
    options.page = line.page;
    // "queue:orders" and "batch:8123" say what kind of thing they name; the page knows it already.
    options.subject = line.subject.contains(u':') ? line.subject.section(u':', 1) : line.subject;
    return options;
}

QString save(const QImage& picture, const QString& name) {
    QSaveFile file(name);
    if (!file.open(QIODevice::WriteOnly) || !picture.save(&file, "PNG") || !file.commit())
        return u"%1 can't be written: %2"_s.arg(name, file.errorString());
    return {};
}

bool couldNotLook(const desk::Desk& desk) {
    const desk::LinkState state = desk.linkStatus().state;
    return !desk.snapshot() && state != desk::LinkState::Live && state != desk::LinkState::Connecting;
}

} // namespace

QStringList pageNames() {
    return ui::MainWindow::pageNames();
}

int runWindows(const CommandLine& line, const desk::Profile& profile, desk::Profiles& profiles) {
    chooseTheme(line);
    Windows windows(profiles);
    if (line.target.isEmpty() && !line.sandbox && profile.name.isEmpty()) {
        if (!windows.ask(nullptr, windowOptions(line)))
            return Success;
    } else {
        windows.open({profile, line.sandbox, line.demo, line.access, {}}, windowOptions(line));
    }
    const int code = QApplication::exec();
    return code == Success && windows.nothingWasSeen() ? CouldNotLook : code;
}

int runScreenshot(const CommandLine& line, Opening* opening) {
    chooseTheme(line);
    desk::Desk desk(opening->profile());
    ui::MainWindow window(&desk, windowOptions(line));
    window.resize(line.size);
    QString problem;
    const auto take = [&] {
        problem = save(window.picture(line.size), line.file);
        if (!problem.isEmpty())
            printError(problem);
        else if (couldNotLook(desk))
            printError(failureText(desk.linkStatus().failure));
        QApplication::exit(problem.isEmpty() && !couldNotLook(desk) ? Success : CouldNotLook);
    };
    const auto takeWhenReady = [&] {
        // A moment for what the last signal made the page do.
        if (window.isReadyForPicture())
            QTimer::singleShot(50, &window, take);
        else
            QObject::connect(&window, &ui::MainWindow::readyForPicture, &window, take, Qt::QueuedConnection);
    };
    QObject::connect(opening, &Opening::connectable, &desk, [&](const pg::ConnectionInfo& connection) {
        desk.open(connection);
        if (line.access == desk::AccessMode::Operate)
            desk.setAccessMode(desk::AccessMode::Operate);
        if (line.after)
            QTimer::singleShot(*line.after, &window, take);
        else if (!line.demo)
            takeWhenReady();
    });
    QObject::connect(opening, &Opening::demoReady, &window, [&] {
        if (line.after)
            return;
        // The sample that shows the last planted state.
        QObject::connect(&desk, &desk::Desk::snapshotReady, &window, takeWhenReady, Qt::SingleShotConnection);
        desk.sampleNow();
    });
    QObject::connect(opening, &Opening::failed, &window, [&](const QString& text) {
        printError(text);
        take();
    });
    if (!line.after)
        QTimer::singleShot(line.demo ? demoPictureAtMost : pictureAtMost, &window, take);
    window.show();
    opening->start();
    return QApplication::exec();
}

int runSelfTest() {
    bool good = true;
    const auto say = [&good](bool ok, const QString& what) {
        good = good && ok;
        print((ok ? u"ok      "_s : u"MISSING "_s) + what + u'\n');
    };
    say(schema::script("pgque").value_or(std::string_view()).size() > 1'000, u"the SQL of the schema pgque"_s);
    say(QSqlDatabase::isDriverAvailable(u"QSQLITE"_s), u"the SQLite driver, for the journal"_s);
    const QIcon icon(u":/icons/org.batchscope.Batchscope.svg"_s);
    say(!icon.pixmap(64, 64).isNull(), u"the icon, drawn from SVG"_s);
    for (const auto choice : {ui::ThemeChoice::Light, ui::ThemeChoice::Dark}) {
        ui::Theme::instance().choose(choice);
        desk::Desk desk{desk::Profile()};
        ui::MainWindow window(&desk);
        for (const QString& page : ui::MainWindow::pageNames()) {
            const bool shown = window.showPage(page);
            const QImage picture = window.picture({1280, 800});
            say(shown && !picture.isNull(),
                u"page %1 in %2"_s.arg(page, choice == ui::ThemeChoice::Light ? u"light"_s : u"dark"_s));
        }
    }
    return good ? Success : FoundWarning;
}

} // namespace app
