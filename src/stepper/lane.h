// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connection.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace stepper {

/// What a job brought home.
struct Answer {
    pg::Timestamp began; ///< now() of its transaction
    pg::Timestamp ended; ///< the server's clock when its last call was done
    std::vector<pg::Result> results;
    std::optional<pg::Failure> failure;
    std::vector<std::string> notices;
};

/// One worker: a connection of its own on a thread of its own, so that it can wait for a lock while the others go on.
/// One job at a time; a transaction that a job leaves open stays open. Used from one thread.
class Lane {
public:
    using Job = std::function<void(pg::Connection& connection, Answer& answer)>;

    /// Connects; throws pg::Error.
    Lane(std::string name, const pg::ConnectionInfo& info);

    /// Ends the connection, whatever it does.
    ~Lane();

    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    const std::string& name() const { return m_name; }

    int backendPid() const { return m_pid; }

    void start(Job job);

    bool isBusy() const { return m_busy; }

    /// The answer, once there is one.
    std::optional<Answer> take();

    /// Waits until the job is done or the deadline passes.
    bool waitUntil(pg::Deadline deadline);

    /// Asks the server to stop what runs.
    void cancel();

    /// Whether the backend still answers as far as is known.
    bool isAlive() const { return m_alive; }

    void setAlive(bool alive) { m_alive = alive; }

private:
    void work();

    std::string m_name;
    std::vector<std::string> m_notices; ///< the thread's own
    std::shared_ptr<pg::Interrupt> m_interrupt = std::make_shared<pg::Interrupt>();
    pg::Connection m_connection;
    pg::Canceller m_canceller;
    int m_pid;
    bool m_busy = false;
    bool m_alive = true;

    std::mutex m_mutex; // guards what follows
    std::condition_variable m_changed;
    Job m_job;
    std::optional<Answer> m_answer;
    bool m_end = false;

    std::thread m_thread;
};

} // namespace stepper
