// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/windows.h"

#include "app/oneshot.h"
#include "ui/ask.h"
#include "ui/connectiondialog.h"

#include <QFileInfo>
#include <QTimer>

namespace app {

using namespace Qt::StringLiterals;

/// One server: finding it, its desk, its window. Destroyed in the opposite order, the sandbox last.
class Windows::ServerWindow {
public:
    ServerWindow(const Target& target, const ui::WindowOptions& options, const std::shared_ptr<store::Journal>& journal)
        : m_opening(target.profile, target.sandbox, target.demo)
        , m_desk(target.profile)
        , m_window(&m_desk, options) {
        QObject::connect(&m_opening, &Opening::progress, &m_window, &ui::MainWindow::showOpening);
        QObject::connect(&m_opening, &Opening::connectable, &m_desk, [this, target](pg::ConnectionInfo connection) {
            if (!target.password.isEmpty())
                connection.set("password", target.password.toStdString());
            m_desk.open(connection);
            // Nothing of value is in a sandbox: there is no reason to make its owner arm first.
            const auto otherwise = target.sandbox ? desk::AccessMode::Operate : desk::AccessMode::Observe;
            m_desk.setAccessMode(target.access.value_or(otherwise));
        });
        m_desk.setJournal(journal);
        // The frame is on screen before the server is even asked.
        m_window.show();
    }

    Opening& opening() { return m_opening; }

    ui::MainWindow& window() { return m_window; }

private:
    Opening m_opening;
    desk::Desk m_desk;
    ui::MainWindow m_window;
};

Windows::Windows(desk::Profiles& profiles, QObject* parent)
    : QObject(parent)
    , m_profiles(profiles)
    , m_journal(std::make_shared<store::Journal>(store::Journal::Options{store::Journal::defaultPath()})) {}

Windows::~Windows() = default;

void Windows::open(const Target& target, const ui::WindowOptions& options) {
    ui::WindowOptions used = options;
    used.records = true;
    used.settingsFolder = QFileInfo(m_profiles.fileName()).path();
    auto& opened = *m_windows.emplace_back(std::make_unique<ServerWindow>(target, used, m_journal));
    ++m_opened;
    ui::MainWindow* window = &opened.window();
    connect(window, &ui::MainWindow::connectionWanted, this, [this, window] { ask(window, {}); });
    connect(window, &ui::MainWindow::closed, this, [this, window] {
        // Not from inside its own event.
        QTimer::singleShot(0, this, [this, window] {
            std::erase_if(m_windows, [window](const auto& one) { return &one->window() == window; });
        });
    });
    connect(&opened.opening(), &Opening::failed, this, [this, window](const QString& problem) {
        ++m_failed;
        printError(problem);
        ui::ask::tell(window, tr("This server can't be opened"), problem);
        window->close();
    });
    if (!target.profile.name.isEmpty() && !target.sandbox && target.profile.capsule.isEmpty()) {
        m_profiles.setLastUsed(target.profile.name);
        if (const QString problem = m_profiles.save(); !problem.isEmpty())
            printError(problem);
    }
    opened.opening().start();
}

bool Windows::ask(QWidget* parent, const ui::WindowOptions& options) {
    if (const QString problem = m_profiles.load(); !problem.isEmpty())
        printError(problem);
    const auto choice = ui::ConnectionDialog::ask(m_profiles, parent);
    if (!choice)
        return false;
    Target target;
    target.profile = choice->profile;
    target.password = choice->password;
    target.sandbox = target.demo = choice->sandbox;
    open(target, options);
    return true;
}

} // namespace app
