// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/lockwaits.h"
#include "models/columnmakers.h"

namespace models {

/// A session in the tree of who waits for whom. The same session stands under everyone it waits for.
struct LockLine {
    domain::LockSession session;
    std::string path; ///< pids from the root, "812/815"
    int depth = 0;
    int waiting = 0; ///< sessions that wait for this one, directly or not

    std::string key() const { return path; }

    bool operator==(const LockLine&) const = default;
};

/// The waits as a tree, written from the roots down: those who wait for nobody first, by how many they hold up. A ring
/// of sessions that wait for each other (a deadlock the server has not yet found) is entered at its lowest pid.
std::vector<LockLine> lockTree(const domain::LockWaits& waits);

std::vector<Column<LockLine>> lockColumns();

struct OwnLine {
    domain::OwnSession session;

    std::string key() const { return std::to_string(session.pid); }

    bool operator==(const OwnLine&) const = default;
};

std::vector<Column<OwnLine>> ownColumns();

} // namespace models
