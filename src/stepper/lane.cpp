// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/lane.h"

#include "queries/stepping.h"

#include <utility>

namespace stepper {

namespace {

using namespace std::chrono_literals;

/// A wait for a lock lasts as long as the person at the board wants; the server ends it when the network swallowed us.
constexpr auto longestStatement = 30min;

pg::Connection open(const pg::ConnectionInfo& info, const std::shared_ptr<pg::Interrupt>& interrupt,
                    std::vector<std::string>& notices) {
    pg::Connection::Options options;
    options.statementTimeout = longestStatement;
    options.interrupt = interrupt;
    options.onNotice = [&notices](const pg::Notice& notice) {
        notices.push_back(notice.severity + ": " + notice.message);
    };
    pg::Connection connection = pg::Connection::open(info, options);
    connection.execute(queries::workerSettings());
    return connection;
}

} // namespace

Lane::Lane(std::string name, const pg::ConnectionInfo& info)
    : m_name(std::move(name))
    , m_connection(open(info, m_interrupt, m_notices))
    , m_canceller(m_connection.canceller())
    , m_pid(m_connection.backendPid())
    , m_thread([this] { work(); }) {}

Lane::~Lane() {
    {
        const std::lock_guard lock(m_mutex);
        m_end = true;
    }
    m_interrupt->abort();
    m_changed.notify_all();
    m_thread.join();
}

void Lane::start(Job job) {
    m_busy = true;
    {
        const std::lock_guard lock(m_mutex);
        m_job = std::move(job);
        m_answer.reset();
    }
    m_changed.notify_all();
}

std::optional<Answer> Lane::take() {
    const std::lock_guard lock(m_mutex);
    if (!m_answer)
        return std::nullopt;
    m_busy = false;
    return std::exchange(m_answer, std::nullopt);
}

bool Lane::waitUntil(pg::Deadline deadline) {
    std::unique_lock lock(m_mutex);
    return m_changed.wait_until(lock, deadline, [this] { return m_answer.has_value(); });
}

void Lane::cancel() {
    m_canceller.request();
}

void Lane::work() {
    std::unique_lock lock(m_mutex);
    while (true) {
        m_changed.wait(lock, [this] { return m_end || m_job; });
        if (m_end)
            return;
        const Job job = std::exchange(m_job, nullptr);
        lock.unlock();
        Answer answer;
        m_notices.clear();
        try {
            job(m_connection, answer);
        } catch (const pg::Error& error) {
            answer.failure = error.failure();
        }
        answer.notices = m_notices;
        lock.lock();
        m_answer = std::move(answer);
        m_changed.notify_all();
    }
}

} // namespace stepper
