// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/connection.h"

#include <atomic>
#include <libpq-fe.h>
#include <mutex>

namespace pg {

/// libpq's handle for cancel requests, made while the connection is idle and usable from any thread afterwards.
struct Canceller::State {
    explicit State(PGconn* connection);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// Also after the connection is given up: what it was running should still end.
    bool request(std::string* problem);

    std::atomic<bool> requested = false; ///< since the running statement began
    std::atomic<bool> closed = false;    ///< the connection is gone, there is nothing to cancel

private:
#ifdef LIBPQ_HAS_ASYNC_CANCEL
    std::mutex m_mutex; // the handle serves one request at a time
    PGcancelConn* m_handle;
#else
    PGcancel* m_handle;
#endif
};

} // namespace pg
