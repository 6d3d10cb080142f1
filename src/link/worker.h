// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "link/session.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

namespace links {

/// What arrived beside the answers since it was last asked for.
struct News {
    std::map<std::string, std::string> notifications; ///< newest payload by channel
    std::vector<pg::Notice> notices;
};

/// The thread of a session and what both sides share. The thread keeps it alive; the session may let go of it at any
/// moment without waiting. Public functions are the session's, from its own thread.
class Worker : public std::enable_shared_from_this<Worker> {
public:
    struct Setup {
        pg::ConnectionInfo info;
        pg::Connection::Options connection;
        std::function<void(const pg::Traffic&)> onTraffic;
        bool reconnect = true;
        std::chrono::milliseconds firstDelay{};
        std::chrono::milliseconds maxDelay{};
    };

    enum class OpenJobs { Answer, Drop };

    Worker(Session* owner, Setup setup, std::vector<std::string> channels);

    /// Throws std::system_error when the system gives no thread.
    void start();

    void submit(std::shared_ptr<Job> job);
    void cancel(const std::shared_ptr<Job>& job);
    void listen(std::vector<std::string> channels);
    void tryNow();

    /// Ends everything, waits for nothing.
    void detach(OpenJobs jobs);

    /// Takes the news; when there is none, the next will be announced.
    News takeNews();

    static bool waitForThreads(std::chrono::milliseconds atMost);

private:
    enum class Phase { Connecting, Serving, Down };

    void run();
    void serve(pg::Connection& connection);
    void runJob(pg::Connection& connection, const std::shared_ptr<Job>& job);
    void tellTraffic(pg::Connection& connection) const;
    void applyChannels(pg::Connection& connection, const std::vector<std::string>& wanted);
    bool down(const pg::Failure& failure, std::chrono::milliseconds& delay);
    void post(std::function<void(Session&)> tell);
    void postLocked(std::function<void(Session&)> tell);
    void announceLocked();

    const Setup m_setup;
    const std::shared_ptr<pg::Interrupt> m_interrupt = std::make_shared<pg::Interrupt>();

    std::mutex m_mutex; // guards what follows
    std::condition_variable m_changed;
    Session* m_owner;
    Phase m_phase = Phase::Connecting;
    pg::Failure m_lastFailure;
    std::deque<std::shared_ptr<Job>> m_queue;
    std::shared_ptr<Job> m_running;
    std::vector<std::string> m_channels;
    bool m_channelsChanged = false;
    bool m_closed = false;
    bool m_tryNow = false;
    bool m_idle = false; ///< waits for the server's news: raising the interrupt brings it to the queue
    News m_news;
    bool m_announced = false;

    std::vector<std::string> m_listening; ///< the thread's own, as is
    bool m_worked = false;                ///< a connection could be made
};

} // namespace links
