// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"
#include "desk/profiles.h"
#include "sandbox/sandbox.h"

#include <QObject>

#include <memory>

namespace app {

/// Finds out what the command line names: a profile, a connection string, or nothing: then the profile that a window
/// used last, or libpq's environment.
std::variant<desk::Profile, UsageError> profileFor(const CommandLine& line, desk::Profiles& profiles);

/// The server to look at, sandbox or not, until it can be connected to.
class Opening : public QObject {
    Q_OBJECT

public:
    /// Uses this profile; with `sandbox` the server is attached to or started first, with `demo` the demonstration too.
    Opening(desk::Profile profile, bool sandbox, bool demo, QObject* parent = nullptr);

    /// Stops the sandbox when this process started it. Waits for it, bounded.
    ~Opening() override;

    const desk::Profile& profile() const { return m_profile; }

    /// Ends with connectable(), and demoReady() where there is a demonstration, or with failed().
    void start();

    bool isSandbox() const { return m_sandbox != nullptr; }

Q_SIGNALS:
    void progress(const QString& step);
    void connectable(const pg::ConnectionInfo& connection);
    void demoReady();
    void failed(const QString& problem);

private:
    desk::Profile m_profile;
    bool m_demo;
    std::unique_ptr<sandbox::Sandbox> m_sandbox;
};

} // namespace app
