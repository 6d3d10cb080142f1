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
constexpr auto dialogSettles = std::chrono::milliseconds(1'500);
constexpr auto demoPictureAtMost = std::chrono::seconds(75);

void chooseTheme(const CommandLine& line) {
    if (line.theme == "light"_L1)
        ui::Theme::instance().choose(ui::ThemeChoice::Light);
    else if (line.theme == "dark"_L1)
        ui::Theme::instance().choose(ui::ThemeChoice::Dark);
    else if (line.theme == "high-contrast"_L1)
        ui::Theme::instance().choose(ui::ThemeChoice::HighContrast);
    else
        ui::Theme::instance();
}

ui::WindowOptions windowOptions(const CommandLine& line) {
    ui::WindowOptions options;
    options.page = line.page;
    options.subject = line.subject;
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

/// Opens a window nobody sees, waits until what was asked for is on it, saves the picture and ends the event loop.
class Screenshot : public QObject {
public:
    Screenshot(const CommandLine& line, Opening* opening)
        : m_line(line)
        , m_opening(opening)
        , m_desk(opening->profile())
        , m_window(&m_desk, windowOptions(line)) {
        m_window.resize(line.size);
        m_desk.setJournal(std::make_shared<store::Journal>(store::Journal::Options{store::Journal::defaultPath()}));
        // Its picture needs what was recorded, or a beginning of it.
        if (line.page == "history"_L1)
            m_desk.setRecording({});
        connect(opening, &Opening::connectable, this, &Screenshot::open);
        connect(opening, &Opening::demoReady, this, [this] {
            if (m_line.after)
                return;
            // The sample that shows the last planted state.
            connect(&m_desk, &desk::Desk::snapshotReady, this, &Screenshot::takeWhenReady, Qt::SingleShotConnection);
            m_desk.sampleNow();
        });
        connect(opening, &Opening::failed, this, [this](const QString& problem) {
            printError(problem);
            take();
        });
    }

    void start() {
        if (!m_line.after)
            QTimer::singleShot(m_line.demo ? demoPictureAtMost : pictureAtMost, this, &Screenshot::take);
        m_window.show();
        m_opening->start();
    }

private:
    void open(const pg::ConnectionInfo& connection) {
        m_desk.open(connection);
        if (m_line.access == desk::AccessMode::Operate)
            m_desk.setAccessMode(desk::AccessMode::Operate);
        if (m_line.after)
            QTimer::singleShot(*m_line.after, this, &Screenshot::take);
        else if (!m_line.demo)
            takeWhenReady();
    }

    void takeWhenReady() {
        // A moment for what the last signal made the page do.
        if (m_window.isReadyForPicture())
            QTimer::singleShot(50, this, &Screenshot::take);
        else
            connect(&m_window, &ui::MainWindow::readyForPicture, this, &Screenshot::take, Qt::QueuedConnection);
    }

    void take() {
        if (!m_line.action.isEmpty() && !std::exchange(m_asked, true) && !couldNotLook(m_desk)) {
            if (!m_window.askFor(m_line.action)) {
                printError(u"there is no action %1"_s.arg(m_line.action));
                QApplication::exit(BadArguments);
                return;
            }
            // What it would do is asked of the server now.
            QTimer::singleShot(dialogSettles, this, &Screenshot::take);
            return;
        }
        const QString problem = save(m_window.picture(m_line.size), m_line.file);
        if (!problem.isEmpty())
            printError(problem);
        else if (couldNotLook(m_desk))
            printError(failureText(m_desk.linkStatus().failure));
        QApplication::exit(problem.isEmpty() && !couldNotLook(m_desk) ? Success : CouldNotLook);
    }

    const CommandLine& m_line;
    Opening* m_opening;
    desk::Desk m_desk;
    ui::MainWindow m_window;
    bool m_asked = false;
};

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
    Screenshot screenshot(line, opening);
    screenshot.start();
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
