// SPDX-License-Identifier: Apache-2.0
// Waiting for a socket or for a wake-up from another thread. The only place with differences between systems.
#pragma once

#include "pg/connection.h"

#include <atomic>
#include <cstdint>
#include <mutex>

namespace pg {

/// A sticky flag that ends a wait(): a pipe on POSIX systems, a pair of connected loopback sockets on Windows, where
/// only sockets can be waited for. Where neither can be had, waits look at the flag several times a second instead.
struct Interrupt::State {
    State() noexcept;
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void raise() noexcept;
    void abort() noexcept;
    void reset() noexcept;

    std::atomic<bool> raised = false;
    std::atomic<bool> aborted = false;
    std::mutex mutex;
    std::intptr_t readEnd = -1;
    std::intptr_t writeEnd = -1;
};

enum class WaitFor { Read, Write, ReadOrWrite };

struct Waited {
    bool ready = false; ///< the socket can be read or written, or is in error (which the next call on it will tell)
    bool interrupted = false;
};

/// Returns when the socket is ready, the interrupt is raised, or the deadline has passed; perhaps earlier.
Waited wait(int socket, WaitFor what, Interrupt::State* interrupt, Deadline deadline) noexcept;

} // namespace pg
