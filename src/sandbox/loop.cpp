// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/loop.h"

#include <condition_variable>
#include <mutex>

namespace sandbox {

using namespace std::chrono_literals;

namespace {

constexpr auto reconnectPause = 500ms;
constexpr auto pauseAfterError = 2s; // an operator may have dropped what the step works on; no reason to hurry

} // namespace

void pauseFor(std::chrono::milliseconds duration, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait_for(lock, stop, duration, [] { return false; });
}

pg::ConnectionInfo named(pg::ConnectionInfo info, const std::string& applicationName) {
    info.set("application_name", applicationName);
    return info;
}

Loop::Loop(pg::ConnectionInfo info, Step step, std::function<void()> unreachable)
    : m_info(std::move(info))
    , m_step(std::move(step))
    , m_unreachable(std::move(unreachable))
    , m_thread([this](const std::stop_token& stop) { run(stop); }) {}

Loop::~Loop() = default;

void Loop::run(const std::stop_token& stop) {
    pg::Connection::Options options;
    options.connectTimeout = 5s;
    options.statementTimeout = 10s;
    options.interrupt = std::make_shared<pg::Interrupt>();
    const std::stop_callback interrupt(stop, [&] { options.interrupt->raise(); });

    std::optional<pgque::Client> client;
    while (!stop.stop_requested()) {
        try {
            if (!client || !client->isOpen())
                client.emplace(pgque::Client::connect(m_info, options));
            const auto pause = m_step(*client);
            if (!pause)
                break;
            pauseFor(*pause, stop);
        } catch (const pg::Error&) {
            const bool connected = client && client->isOpen();
            if (!client && m_unreachable && !stop.stop_requested())
                m_unreachable();
            if (!connected)
                client.reset();
            pauseFor(connected ? std::chrono::milliseconds(pauseAfterError) : reconnectPause, stop);
        }
    }
    client.reset();
    m_done = true;
}

} // namespace sandbox
