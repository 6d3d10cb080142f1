// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pgque/client.h"
#include "pgque/stopsignal.h"
#include "workqueue/worker.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

// Not installed.
namespace workqueue::detail {

/// Renews the leases of what a worker holds, on a thread and a connection of its own. The connection is made with the
/// first renewal: short work needs none.
class LeaseKeeper {
public:
    LeaseKeeper(pg::ConnectionInfo info, const WorkerOptions& options);

    /// Holds a message's lease until release(); `lost` is set when it can't be held any more.
    void hold(const Message& message, std::atomic<bool>& lost);
    void release(std::int64_t id);

private:
    struct Held {
        std::int32_t token = 0;
        std::chrono::steady_clock::time_point renewAt;
        std::chrono::steady_clock::time_point endsAt; ///< by our clock, a little early
        std::atomic<bool>* lost = nullptr;
    };

    void run(const std::stop_token& stop);
    void renewWhatIsDue(pgque::detail::StopSignal& signal);
    bool renew(std::int64_t id, std::int32_t token, pgque::detail::StopSignal& signal);

    pg::ConnectionInfo m_info;
    const WorkerOptions& m_options;
    std::optional<pgque::Client> m_client; // the thread's own
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::map<std::int64_t, Held> m_held;
    std::jthread m_thread; // last: it uses the others
};

} // namespace workqueue::detail
