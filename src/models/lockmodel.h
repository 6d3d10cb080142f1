// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/lockwaits.h"
#include "models/columnmakers.h"

namespace models {

/// A session in the tree of who waits for whom. Each session stands there once.
struct LockLine {
    domain::LockSession session;
    int depth = 0;
    int waiting = 0;                     ///< sessions that wait for this one, directly or not
    int alsoBehind = 0;                  ///< others that it waits for beside the one it stands under
    domain::LockSession alsoBehindFirst; ///< one of them; only what names it
    bool ring = false;                   ///< the entrance of a ring of sessions that wait for each other

    std::string key() const { return session.key(); }

    bool operator==(const LockLine&) const = default;
};

/// The waits as a tree, written from the roots down: those who wait for nobody first, by how many they hold up. Who
/// waits for several stands under the one nearest to a root: the server counts everybody ahead in the queue for a lock
/// as waited for, and the holder is nearer than they are. A ring of sessions that wait for each other (a deadlock the
/// server has not yet found) is entered at its lowest pid. Takes time in proportion to the waits.
std::vector<LockLine> lockTree(const domain::LockWaits& waits);

std::vector<Column<LockLine>> lockColumns();

struct OwnLine {
    domain::OwnSession session;

    std::string key() const { return std::to_string(session.pid); }

    bool operator==(const OwnLine&) const = default;
};

std::vector<Column<OwnLine>> ownColumns();

} // namespace models
