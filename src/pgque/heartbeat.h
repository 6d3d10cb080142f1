// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pgque/consumer.h"
#include "pgque/stopsignal.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

// Not installed.
namespace pgque::detail {

/// Renews a subconsumer's heartbeat while its batch is being handled, on a thread and a connection of its own.
class Heartbeat {
public:
    Heartbeat(pg::ConnectionInfo info, const ConsumerOptions& options);
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

    /// The heart beats as long as one of these lives.
    class Beating {
    public:
        explicit Beating(Heartbeat* heartbeat)
            : m_heartbeat(heartbeat) {
            if (m_heartbeat)
                m_heartbeat->setActive(true);
        }

        Beating(const Beating&) = delete;
        Beating& operator=(const Beating&) = delete;

        ~Beating() {
            if (m_heartbeat)
                m_heartbeat->setActive(false);
        }

    private:
        Heartbeat* m_heartbeat;
    };

private:
    void setActive(bool active);
    void run(const std::stop_token& stop);
    void beat(StopSignal& signal);

    pg::ConnectionInfo m_info;
    ConsumerOptions m_options;
    std::optional<Client> m_client; // the thread's own
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    bool m_active = false;
    std::jthread m_thread; // last: it uses the others
};

} // namespace pgque::detail
