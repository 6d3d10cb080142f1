// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connection.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Where the stepper may work, and what it leaves behind when it could not clean up. Its queues are told by their names,
// and by a lock that the connection which made one holds for as long as it lives.
namespace stepper {

/// What a scratch queue's name begins with; a backend's number and the time follow.
inline constexpr std::string_view scratchPrefix = "batchscope_step_";

/// What is known of a server before anything is made there.
struct Surroundings {
    bool sandbox = false;       ///< this program's own server
    bool productionLike = true; ///< a production profile, or one that nobody has labelled
    bool throughPooler = false; ///< a backend is not the worker's own
    bool inRecovery = false;
    bool schemaInstalled = false;
    bool mayMakeQueues = false;    ///< the role may create and drop queues
    bool maySetHeartbeats = false; ///< it may write the schema's tables: the heartbeat, due times
    bool agreed = false;           ///< outside the sandbox: the person asked for a queue made for this
};

/// Why the stepper does not work there; empty: it may. A sentence for a person.
std::string refusalFor(const Surroundings& where);

/// How such a queue is configured: no ticker but the stepper's ticks it, which ticks whenever it is told to.
std::vector<std::pair<std::string, std::string>> scratchSettings(int retries);

/// Makes a queue of its own that no ticker but the stepper's ticks, and marks it as in use until the connection ends.
/// Throws pg::Error. Returns its name.
std::string makeScratchQueue(pg::Connection& connection, int retries);

/// Removes it with everything in it; nothing when it is gone already. Throws pg::Error.
void removeScratchQueue(pg::Connection& connection, std::string_view queue);

/// Scratch queues that nobody works on any more: their console has gone without cleaning up.
std::vector<std::string> leftOverQueues(pg::Connection& connection);

/// Removes these; one that somebody works on stays. Returns those removed. Throws pg::Error.
std::vector<std::string> removeLeftOvers(pg::Connection& connection, const std::vector<std::string>& queues);

} // namespace stepper
