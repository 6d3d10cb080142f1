// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/opening.h"

#include <QFileInfo>
#include <QTimer>

namespace app {

using namespace Qt::StringLiterals;

namespace {

bool looksLikeConnection(const QString& target) {
    return target.contains(u'=') || target.startsWith("postgresql://"_L1) || target.startsWith("postgres://"_L1);
}

} // namespace

std::variant<desk::Profile, UsageError> profileFor(const CommandLine& line, desk::Profiles& profiles) {
    if (line.sandbox)
        return desk::sandboxProfile();
    desk::Profile profile;
    if (line.target.endsWith(".capsule"_L1)) {
        profile.capsule = QFileInfo(line.target).absoluteFilePath();
        profile.name = QFileInfo(line.target).fileName();
        if (!QFileInfo(profile.capsule).isFile())
            return UsageError{u"there is no file %1"_s.arg(line.target)};
        return profile;
    }
    if (looksLikeConnection(line.target)) {
        const desk::ConnectionText read = desk::readConnection(line.target);
        if (!read.connection)
            return UsageError{read.problem};
        profile.connection = *read.connection;
        return profile;
    }
    const QString problem = profiles.load();
    const bool window = line.mode == Mode::Window;
    const QString name = line.target.isEmpty() && window ? profiles.lastUsed() : line.target;
    if (const desk::Profile* found = profiles.find(name)) {
        profile = *found;
    } else if (!line.target.isEmpty()) {
        return UsageError{problem.isEmpty() ? u"there is no profile named %1"_s.arg(line.target) : problem};
    }
    if (line.access == desk::AccessMode::Operate && profile.environment == desk::Environment::Production)
        return UsageError{u"%1 is a production profile: it opens in Observe, --operate is refused"_s.arg(profile.name)};
    return profile;
}

Opening::Opening(desk::Profile profile, bool sandbox, bool demo, QObject* parent)
    : QObject(parent)
    , m_profile(std::move(profile))
    , m_demo(demo) {
    if (!sandbox)
        return;
    m_sandbox = std::make_unique<sandbox::Sandbox>();
    connect(m_sandbox.get(), &sandbox::Sandbox::progress, this, &Opening::progress);
    connect(m_sandbox.get(), &sandbox::Sandbox::demoReady, this, &Opening::demoReady);
    connect(m_sandbox.get(), &sandbox::Sandbox::ready, this, [this](const pg::ConnectionInfo& connection) {
        m_profile.connection = connection;
        Q_EMIT connectable(connection);
    });
    connect(m_sandbox.get(), &sandbox::Sandbox::failed, this, [this](const QString& problem, const QString& advice) {
        Q_EMIT failed(advice.isEmpty() ? problem : problem + u' ' + advice);
    });
}

Opening::~Opening() = default;

void Opening::start() {
    if (m_sandbox) {
        m_sandbox->start();
        if (m_demo)
            m_sandbox->startDemo();
        return;
    }
    // Like the sandbox, only after the caller has gone on.
    QTimer::singleShot(0, this, [this] { Q_EMIT connectable(m_profile.connection); });
}

} // namespace app
