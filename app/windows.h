// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/opening.h"
#include "ui/mainwindow.h"

#include <QObject>

namespace app {

/// What a window is to be opened on.
struct Target {
    desk::Profile profile;
    bool sandbox = false;
    bool demo = false;
    std::optional<desk::AccessMode> access; ///< as asked for; without it, as careful as the place wants
    QString password;                       ///< given in the dialog; kept in memory only
};

/// The open windows, each on a server of its own with its own sessions.
class Windows : public QObject {
    Q_OBJECT

public:
    explicit Windows(desk::Profiles& profiles, QObject* parent = nullptr);
    ~Windows() override;

    void open(const Target& target, const ui::WindowOptions& options);

    /// The connection dialog, and a window on what was chosen there. False when it was cancelled.
    bool ask(QWidget* parent, const ui::WindowOptions& options);

    /// Every server that was to be opened could not even be started.
    bool nothingWasSeen() const { return m_failed > 0 && m_failed == m_opened; }

private:
    class ServerWindow;

    desk::Profiles& m_profiles;
    std::shared_ptr<store::Journal> m_journal; ///< one for all servers
    std::vector<std::unique_ptr<ServerWindow>> m_windows;
    int m_opened = 0;
    int m_failed = 0;
};

} // namespace app
