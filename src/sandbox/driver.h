// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sandbox/loop.h"

namespace sandbox {

/// Does for the sandbox what a scheduler does elsewhere: ticks, brings retries back, rotates tables and keeps the work
/// queue going, on a thread and a connection of its own. Runs until destroyed.
class Driver {
public:
    /// unreachable: see Loop.
    explicit Driver(const pg::ConnectionInfo& database, std::function<void()> unreachable = {});

private:
    std::optional<std::chrono::milliseconds> step(pgque::Client& client);

    std::chrono::steady_clock::time_point m_nextRetry;
    std::chrono::steady_clock::time_point m_nextMaintenance;
    std::chrono::steady_clock::time_point m_nextWork;
    Loop m_loop; // last: its thread uses the others
};

} // namespace sandbox
