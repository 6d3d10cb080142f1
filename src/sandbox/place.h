// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sandbox/account.h"

#include <QString>

#include <optional>

namespace sandbox {

/// Where a user's sandbox lives.
struct Place {
    QString base; ///< lock and state; belongs to the console's user
    std::optional<Account> account;

    QString lockFile() const { return base + QLatin1String("/owner.lock"); }

    QString demoLockFile() const { return base + QLatin1String("/demo.lock"); }

    QString stateFile() const { return base + QLatin1String("/state.json"); }
};

/// The place for this user: below `wanted`, else below BATCHSCOPE_DATA_DIR, else the user's data folder, or
/// /var/lib/batchscope for root. Makes the base folder. Throws Trouble when it can't.
Place choosePlace(const QString& wanted);

/// The cluster's folder for a server version; may not exist yet. Normally below the base; a private folder of the
/// server's account where that account can't reach the base.
QString clusterFolder(const Place& place, int majorVersion);

/// A new private folder for the server's socket, short enough for the 107 bytes a socket's path may have.
QString makeSocketFolder(const Place& place);

/// Removes a folder made by makeSocketFolder(); refuses anything else.
void removeSocketFolder(const QString& folder);

/// What the owner tells other consoles of the same user and its own successor after a crash.
struct State {
    QString cluster;
    QString socketFolder;
    int port = 5432;
    bool ready = false; ///< database and schema are there

    bool operator==(const State&) const = default;
};

std::optional<State> readState(const Place& place);
void writeState(const Place& place, const State& state); ///< atomically; throws Trouble
void removeState(const Place& place);

} // namespace sandbox
