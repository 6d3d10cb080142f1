// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/worker.h"

#include <algorithm>
#include <array>
#include <random>
#include <thread>

namespace links {

namespace {

using namespace std::chrono_literals;

constexpr auto rollbackPatience = 5s;
constexpr auto listenPatience = 10s;
constexpr std::size_t mostNotices = 1'000; // of one flood; more than a person reads

// Never destroyed: a thread that the network holds may end after everything else.
struct Threads {
    std::mutex mutex;
    std::condition_variable left;
    int count = 0;

    static Threads& instance() {
        static auto* const threads = new Threads;
        return *threads;
    }
};

// The server's own verdict stays the same until somebody changes something, unless it is about resources (53), an
// operator's doing (57), its insides (58) or the connection itself (08).
bool isPermanent(const pg::Failure& failure) {
    if (failure.kind == pg::ErrorKind::Authentication) {
        return true;
    }
    const std::string& code = failure.diagnostics.sqlState;
    if (failure.kind != pg::ErrorKind::Connect || code.empty()) {
        return false;
    }
    constexpr std::array passing = {"08", "53", "57", "58"};
    return std::none_of(passing.begin(), passing.end(),
                        [&code](const char* classCode) { return code.starts_with(classCode); });
}

// Apart, so that many consoles do not come back to a restarted server in the same moment.
std::chrono::milliseconds withJitter(std::chrono::milliseconds delay) {
    thread_local std::minstd_rand generator{std::random_device{}()};
    std::uniform_real_distribution<double> factor(1.0, 1.3);
    return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * factor(generator)));
}

ServerFacts factsOf(const pg::Connection& connection) {
    return {connection.backendPid(),
            connection.serverVersion(),
            connection.usesTls(),
            QString::fromStdString(connection.host()),
            QString::fromStdString(connection.port()),
            QString::fromStdString(connection.user()),
            QString::fromStdString(connection.database())};
}

pg::Failure closedFailure() {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Cancelled;
    failure.diagnostics.message = "the session was closed";
    return failure;
}

} // namespace

Worker::Worker(Session* owner, Setup setup, std::vector<std::string> channels)
    : m_setup(std::move(setup))
    , m_owner(owner)
    , m_channels(std::move(channels)) {}

void Worker::start() {
    Threads& threads = Threads::instance();
    {
        const std::lock_guard lock(threads.mutex);
        ++threads.count;
    }
    const auto leave = [&threads] {
        const std::lock_guard lock(threads.mutex);
        --threads.count;
        threads.left.notify_all();
    };
    try {
        std::thread([self = shared_from_this(), leave]() mutable {
            self->run();
            self.reset();
            leave();
        }).detach();
    } catch (const std::system_error&) {
        leave();
        throw;
    }
}

bool Worker::waitForThreads(std::chrono::milliseconds atMost) {
    Threads& threads = Threads::instance();
    std::unique_lock lock(threads.mutex);
    return threads.left.wait_for(lock, atMost, [&threads] { return threads.count == 0; });
}

void Worker::submit(std::shared_ptr<Job> job) {
    pg::Failure refusal;
    {
        const std::lock_guard lock(m_mutex);
        if (m_phase != Phase::Down) {
            m_queue.push_back(std::move(job));
            if (m_idle) {
                m_interrupt->raise();
            }
            return;
        }
        refusal = m_lastFailure;
    }
    job->refuse(refusal);
}

void Worker::cancel(const std::shared_ptr<Job>& job) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_running == job) {
            m_interrupt->raise();
            return;
        }
        if (std::erase(m_queue, job) == 0) {
            return;
        }
    }
    job->drop();
}

void Worker::listen(std::vector<std::string> channels) {
    const std::lock_guard lock(m_mutex);
    m_channels = std::move(channels);
    m_channelsChanged = true;
    if (m_idle) {
        m_interrupt->raise();
    }
}

void Worker::tryNow() {
    const std::lock_guard lock(m_mutex);
    m_tryNow = true;
    m_changed.notify_all();
}

void Worker::detach(OpenJobs jobs) {
    std::deque<std::shared_ptr<Job>> open;
    {
        const std::lock_guard lock(m_mutex);
        m_owner = nullptr;
        m_closed = true;
        m_phase = Phase::Down;
        m_lastFailure = closedFailure();
        open.swap(m_queue);
        if (m_running) {
            open.push_front(m_running);
        }
    }
    // Answered before the running one is interrupted: what the interruption makes of it is nobody's answer any more.
    for (const auto& job : open) {
        if (jobs == OpenJobs::Answer) {
            job->giveUp(closedFailure());
        } else {
            job->drop();
        }
    }
    const std::lock_guard lock(m_mutex);
    m_interrupt->abort();
    m_changed.notify_all();
}

News Worker::takeNews() {
    const std::lock_guard lock(m_mutex);
    News news = std::exchange(m_news, {});
    m_announced = !news.notifications.empty() || !news.notices.empty();
    return news;
}

void Worker::post(std::function<void(Session&)> tell) {
    const std::lock_guard lock(m_mutex);
    postLocked(std::move(tell));
}

// Under the lock the session is either still whole or already gone for us.
void Worker::postLocked(std::function<void(Session&)> tell) {
    if (m_owner == nullptr) {
        return;
    }
    QMetaObject::invokeMethod(
        m_owner,
        [self = shared_from_this(), owner = m_owner, tell = std::move(tell)] {
            if (owner->m_worker == self) {
                tell(*owner);
            }
        },
        Qt::QueuedConnection);
}

void Worker::announceLocked() {
    if (!std::exchange(m_announced, true)) {
        postLocked([](Session& session) { session.deliverNews(); });
    }
}

void Worker::run() {
    auto delay = m_setup.firstDelay;
    for (bool again = true; again;) {
        const auto began = pg::Clock::now();
        pg::Failure failure;
        try {
            pg::Connection::Options options = m_setup.connection;
            options.interrupt = m_interrupt;
            options.onNotice = [this](const pg::Notice& notice) {
                const std::lock_guard lock(m_mutex);
                if (m_news.notices.size() < mostNotices) {
                    m_news.notices.push_back(notice);
                }
                announceLocked();
            };
            options.onNotification = [this](const pg::Notification& notification) {
                const std::lock_guard lock(m_mutex);
                m_news.notifications.insert_or_assign(notification.channel, notification.payload);
                announceLocked();
            };
            auto connection = pg::Connection::open(m_setup.info, std::move(options));
            m_worked = true;
            post([facts = factsOf(connection)](Session& session) { session.onConnected(facts); });
            serve(connection);
            return;
        } catch (const pg::Error& error) {
            failure = error.failure();
        } catch (const std::exception& error) {
            failure.kind = pg::ErrorKind::Connect;
            failure.diagnostics.message = error.what();
        }
        // A connection that held for a while was a good one: begin small again.
        if (pg::Clock::now() - began > m_setup.maxDelay) {
            delay = m_setup.firstDelay;
        }
        again = down(failure, delay);
    }
}

// Refuses what waits, and waits itself for the next try. False when there is none.
bool Worker::down(const pg::Failure& failure, std::chrono::milliseconds& delay) {
    const bool refused = isPermanent(failure);
    // What let us in once may do so again: a database that is being restored, or renamed. A password does not mend.
    const bool again =
        m_setup.reconnect && (!refused || (m_worked && failure.kind != pg::ErrorKind::Authentication));
    if (refused) {
        delay = m_setup.maxDelay;
    }
    const pg::Deadline nextTry = pg::after(std::min(withJitter(delay), m_setup.maxDelay));
    delay = std::min(delay * 2, m_setup.maxDelay);
    std::deque<std::shared_ptr<Job>> waiting;
    pg::Failure refusal = failure;
    refusal.effect = pg::Effect::None;
    refusal.statement.clear();
    {
        const std::lock_guard lock(m_mutex);
        if (m_closed) {
            return false;
        }
        m_phase = Phase::Down;
        m_lastFailure = refusal;
        m_tryNow = false;
        waiting.swap(m_queue);
        postLocked([failure, at = again ? std::optional(nextTry) : std::nullopt](Session& session) {
            session.onFailed(failure, at);
        });
    }
    for (const auto& job : waiting) {
        job->refuse(refusal);
    }
    if (!again) {
        return false;
    }
    std::unique_lock lock(m_mutex);
    m_changed.wait_until(lock, nextTry, [this] { return m_closed || m_tryNow; });
    if (m_closed) {
        return false;
    }
    m_phase = Phase::Connecting;
    postLocked([](Session& session) { session.setState(SessionState::Connecting); });
    return true;
}

void Worker::serve(pg::Connection& connection) {
    m_listening.clear();
    {
        const std::lock_guard lock(m_mutex);
        m_channelsChanged = !m_channels.empty();
        m_phase = m_closed ? Phase::Down : Phase::Serving;
    }
    for (;;) {
        std::shared_ptr<Job> job;
        std::optional<std::vector<std::string>> channels;
        {
            const std::lock_guard lock(m_mutex);
            if (m_closed) {
                return;
            }
            if (std::exchange(m_channelsChanged, false)) {
                channels = m_channels;
            } else if (!m_queue.empty()) {
                job = m_queue.front();
                m_queue.pop_front();
                m_running = job;
            } else {
                m_idle = true;
            }
        }
        if (channels) {
            applyChannels(connection, *channels);
        } else if (job) {
            runJob(connection, job);
        } else {
            const auto awake = [this](void*) {
                const std::lock_guard lock(m_mutex);
                m_idle = false;
                if (!m_closed) {
                    m_interrupt->reset();
                }
            };
            const std::unique_ptr<void, decltype(awake)> guard(this, awake);
            connection.waitForNotifications(pg::Deadline::max());
        }
    }
}

void Worker::runJob(pg::Connection& connection, const std::shared_ptr<Job>& job) {
    std::optional<pg::Failure> failure;
    if (job->start()) {
        post([](Session& session) { session.setState(SessionState::Busy); });
        failure = job->run(connection);
        tellTraffic(connection);
    }
    {
        const std::lock_guard lock(m_mutex);
        m_running.reset();
        if (m_closed) {
            return;
        }
        m_interrupt->reset();
    }
    if (!connection.isOpen()) {
        pg::Failure reason = failure.value_or(pg::Failure());
        if (!failure) {
            reason.kind = pg::ErrorKind::ConnectionLost;
            reason.diagnostics.message = "the connection to the server was lost";
        }
        throw pg::Error(std::move(reason));
    }
    // No transaction outlives a job: an open snapshot of ours would hold back the queues we look at.
    connection.rollback(pg::after(rollbackPatience));
    const std::lock_guard lock(m_mutex);
    if (m_queue.empty()) {
        postLocked([](Session& session) { session.setState(SessionState::Idle); });
    }
}

void Worker::tellTraffic(pg::Connection& connection) const {
    if (const pg::Traffic traffic = connection.takeTraffic(); m_setup.onTraffic) {
        m_setup.onTraffic(traffic);
    }
}

void Worker::applyChannels(pg::Connection& connection, const std::vector<std::string>& wanted) {
    const auto has = [](const std::vector<std::string>& list, const std::string& name) {
        return std::find(list.begin(), list.end(), name) != list.end();
    };
    // There may be hundreds: one round trip for all of them.
    std::string script;
    for (const std::string& channel : m_listening) {
        if (!has(wanted, channel)) {
            script += "unlisten " + connection.quoteIdentifier(channel) + ';';
        }
    }
    for (const std::string& channel : wanted) {
        if (!has(m_listening, channel)) {
            script += "listen " + connection.quoteIdentifier(channel) + ';';
        }
    }
    if (!script.empty()) {
        connection.executeScript(script, pg::after(listenPatience));
    }
    m_listening = wanted;
    tellTraffic(connection);
    QStringList names;
    for (const std::string& channel : wanted) {
        names.append(QString::fromStdString(channel));
    }
    post([names](Session& session) { Q_EMIT session.listening(names); });
}

} // namespace links
