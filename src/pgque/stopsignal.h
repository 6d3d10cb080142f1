// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/connection.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>

// Not installed.
namespace pgque::detail {

/// Lets a stop request end the waits that may be ended (for a tick, for a connection, between attempts) and no others:
/// a statement that acknowledges a batch must not be torn down because somebody pressed Ctrl-C.
class StopSignal {
public:
    explicit StopSignal(std::stop_token stop)
        : m_stop(std::move(stop))
        , m_callback(m_stop, [this] { wake(); }) {}

    const std::stop_token& token() const noexcept { return m_stop; }

    bool stopped() const noexcept { return m_stop.stop_requested(); }

    const std::shared_ptr<pg::Interrupt>& interrupt() const noexcept { return m_interrupt; }

    /// Runs a wait on connections made with interrupt(); a stop ends it with pg::Error (Cancelled).
    /// When stopped already it is not begun.
    template <class Wait>
    void during(Wait&& wait) {
        if (!open())
            return;

        struct Closer {
            StopSignal& signal;

            ~Closer() { signal.close(); }
        } closer{*this};

        wait();
    }

    /// Sleeps, at most until stopped.
    void pause(std::chrono::milliseconds duration) {
        std::unique_lock lock(m_mutex);
        m_condition.wait_for(lock, m_stop, duration, [] { return false; });
    }

private:
    bool open() {
        const std::lock_guard lock(m_mutex);
        if (stopped())
            return false;
        m_waiting = true;
        return true;
    }

    void close() {
        const std::lock_guard lock(m_mutex);
        m_waiting = false;
        m_interrupt->reset();
    }

    void wake() {
        const std::lock_guard lock(m_mutex);
        if (m_waiting)
            m_interrupt->raise();
    }

    std::shared_ptr<pg::Interrupt> m_interrupt = std::make_shared<pg::Interrupt>();
    std::mutex m_mutex;
    std::condition_variable_any m_condition;
    bool m_waiting = false;
    std::stop_token m_stop;
    std::stop_callback<std::function<void()>> m_callback; // last: it may run while the object is being built
};

} // namespace pgque::detail
