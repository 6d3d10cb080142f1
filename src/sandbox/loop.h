// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connectioninfo.h"
#include "pgque/client.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace sandbox {

/// Sleeps, at most until a stop is requested.
void pauseFor(std::chrono::milliseconds duration, const std::stop_token& stop);

/// A connection like this one under another application name, as it shows in pg_stat_activity.
pg::ConnectionInfo named(pg::ConnectionInfo info, const std::string& applicationName);

/// A thread with a connection of its own that repeats a step until it is destroyed, or until the step has no next
/// time. It connects again when the connection or the server went.
class Loop {
public:
    /// Does one piece of work and says how long to wait before the next; empty: that was all, hang up.
    using Step = std::function<std::optional<std::chrono::milliseconds>(pgque::Client& client)>;

    /// unreachable is called on the loop's thread each time a connection could not be made; may be empty.
    Loop(pg::ConnectionInfo info, Step step, std::function<void()> unreachable = {});

    /// Ends a wait for the server and joins the thread.
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// The step said that there is no next time, and the connection is closed.
    bool isDone() const { return m_done; }

private:
    void run(const std::stop_token& stop);

    pg::ConnectionInfo m_info;
    Step m_step;
    std::function<void()> m_unreachable;
    std::atomic_bool m_done = false;
    std::jthread m_thread; // last: it uses the others
};

} // namespace sandbox
