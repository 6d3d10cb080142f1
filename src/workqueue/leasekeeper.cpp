// SPDX-License-Identifier: Apache-2.0
#include "workqueue/leasekeeper.h"

#include <algorithm>
#include <vector>

namespace workqueue::detail {

using Clock = std::chrono::steady_clock;

LeaseKeeper::LeaseKeeper(pg::ConnectionInfo info, const WorkerOptions& options)
    : m_info(std::move(info))
    , m_options(options)
    , m_thread([this](const std::stop_token& stop) { run(stop); }) {}

void LeaseKeeper::hold(const Message& message, std::atomic<bool>& lost) {
    {
        const std::lock_guard lock(m_mutex);
        const auto now = Clock::now();
        m_held[message.id] = {message.token, now + m_options.renewEvery, now + m_options.lease, &lost};
    }
    m_changed.notify_all();
}

void LeaseKeeper::release(std::int64_t id) {
    const std::lock_guard lock(m_mutex);
    m_held.erase(id);
}

void LeaseKeeper::run(const std::stop_token& stop) {
    pgque::detail::StopSignal signal(stop);
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, stop, [this] { return !m_held.empty(); });
            auto next = Clock::time_point::max();
            for (const auto& [id, held] : m_held)
                next = std::min(next, held.renewAt);
            // Somebody new may be due earlier; nobody is harmed by a look too many.
            if (!m_held.empty())
                m_changed.wait_until(lock, stop, next, [] { return false; });
        }
        if (!stop.stop_requested())
            renewWhatIsDue(signal);
    }
}

void LeaseKeeper::renewWhatIsDue(pgque::detail::StopSignal& signal) {
    std::vector<std::pair<std::int64_t, std::int32_t>> due;
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& [id, held] : m_held) {
            if (held.renewAt <= Clock::now())
                due.emplace_back(id, held.token);
        }
    }
    for (const auto& [id, token] : due) {
        const auto asked = Clock::now();
        bool answered = true;
        bool ours = false;
        try {
            ours = renew(id, token, signal);
        } catch (const std::exception& error) {
            answered = false;
            m_client.reset();
            if (!signal.stopped() && m_options.onIncident)
                m_options.onIncident({Incident::Kind::RenewalFailed, error.what(), id, m_options.renewEvery / 4});
        }
        const std::lock_guard lock(m_mutex);
        const auto held = m_held.find(id);
        if (held == m_held.end() || held->second.token != token)
            continue; // finished meanwhile
        if (ours) {
            held->second.renewAt = asked + m_options.renewEvery;
            held->second.endsAt = asked + m_options.lease;
        } else if (answered || Clock::now() >= held->second.endsAt) {
            *held->second.lost = true;
            m_held.erase(held);
        } else {
            held->second.renewAt = Clock::now() + m_options.renewEvery / 4;
        }
    }
}

bool LeaseKeeper::renew(std::int64_t id, std::int32_t token, pgque::detail::StopSignal& signal) {
    bool ours = false;
    signal.during([&] {
        if (!m_client || !m_client->isOpen()) {
            auto options = m_options.connection;
            options.interrupt = signal.interrupt();
            m_client.emplace(pgque::Client::connect(m_info, std::move(options)));
        }
        ours = m_client->run(extend(id, token, m_options.lease));
    });
    return ours;
}

} // namespace workqueue::detail
