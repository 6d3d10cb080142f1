// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"
#include "pg/connectioninfo.h"

#include <QMetaType>
#include <QString>

namespace desk {

/// What kind of place a server is; decides how careful the console is. Unlabelled is treated like production.
enum class Environment { Unlabelled, Production, Staging, Local, Sandbox };

/// A named way to a server. Holds no secret: a password lives in the keychain or is asked for.
struct Profile {
    QString name; ///< empty for a connection that was only named on the command line
    Environment environment = Environment::Unlabelled;
    pg::ConnectionInfo connection;
    QString applicationNameRule; ///< how workers name their sessions, e.g. "{group}.{member}"; empty: not known

    QString capsule; ///< the file to open instead of a server; empty: there is a server

    bool savesPassword = false;
    bool requiresReason = false; ///< nothing is done without a reason, which the journal keeps

    /// Armed for a limited time only, and the name of what is destroyed is typed.
    bool isCareful() const { return environment == Environment::Production || environment == Environment::Unlabelled; }

    bool operator==(const Profile&) const = default;
};

using AccessMode = domain::AccessMode;

} // namespace desk
