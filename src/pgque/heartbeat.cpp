// SPDX-License-Identifier: Apache-2.0
#include "pgque/heartbeat.h"

namespace pgque::detail {

Heartbeat::Heartbeat(pg::ConnectionInfo info, const ConsumerOptions& options)
    : m_info(std::move(info))
    , m_options(options)
    , m_thread([this](const std::stop_token& stop) { run(stop); }) {}

void Heartbeat::setActive(bool active) {
    {
        const std::lock_guard lock(m_mutex);
        m_active = active;
    }
    m_changed.notify_all();
}

void Heartbeat::run(const std::stop_token& stop) {
    StopSignal signal(stop);
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, stop, [this] { return m_active; });
            // A batch that is done before the first beat is due needs none: receiving it counted as one.
            if (m_changed.wait_for(lock, stop, *m_options.heartbeat, [this] { return !m_active; }))
                continue;
        }
        if (!stop.stop_requested())
            beat(signal);
    }
}

void Heartbeat::beat(StopSignal& signal) {
    try {
        signal.during([&] {
            if (!m_client || !m_client->isOpen()) {
                auto options = m_options.connection;
                options.interrupt = signal.interrupt();
                m_client.emplace(Client::connect(m_info, std::move(options)));
            }
            m_client->touchSubconsumer(m_options.queue, m_options.consumer, *m_options.subconsumer);
        });
    } catch (const std::exception& error) {
        // The next beat tries again. Whether the window is still ours shows when it is acknowledged.
        m_client.reset();
        if (!signal.stopped() && m_options.onIncident)
            m_options.onIncident(
                {.kind = Incident::Kind::HeartbeatFailed, .text = error.what(), .wait = *m_options.heartbeat});
    }
}

} // namespace pgque::detail
