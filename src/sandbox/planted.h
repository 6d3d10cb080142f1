// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pgque/client.h"
#include "sandbox/sandbox.h"

#include <cstdint>
#include <map>
#include <vector>

namespace sandbox {

/// Heartbeats of members that are shown as dead are older than this: the sandbox's own critical threshold, a tenth of
/// the usual ten minutes.
constexpr std::chrono::seconds deadHeartbeat{60};

/// Looks whether what the demonstration plants is there. Asks the queue's own functions, nothing else.
class PlantedLook {
public:
    std::vector<PlantedState> look(pgque::Client& client);

private:
    bool holdsOddPayload(pgque::Client& client, std::int64_t batch);

    std::map<std::int64_t, bool> m_odd; ///< by batch: its content never changes
};

bool allPresent(const std::vector<PlantedState>& states);

} // namespace sandbox
