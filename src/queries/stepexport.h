// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

// Pieces of the psql scripts that a stepper's run is written as.
namespace queries {

/// Runs a call that answers with messages and keeps in psql variables what it gave: NAME_events (how many), NAME_ids
/// (an array literal), and NAME_token, the older ones as NAME_token1 and NAME_token2. A call that gives nothing leaves
/// the token as it is.
[[nodiscard]] std::string messagesIntoVariables(const std::string& call, const std::string& name);

/// As messagesIntoVariables(), for a call that answers with a batch id alone.
[[nodiscard]] std::string batchIntoVariables(const std::string& call, const std::string& name);

/// What the variables hold before anything was received.
[[nodiscard]] std::string emptyVariables(const std::string& name);

/// The n-th of the ids that messagesIntoVariables() kept, from 1, as an expression; older: how many tokens before the
/// newest.
[[nodiscard]] std::string idFromVariables(const std::string& name, int older, int number);

} // namespace queries
