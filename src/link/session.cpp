// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/session.h"

#include "link/worker.h"

#include <QPointer>

#include <system_error>

namespace links {

namespace {

using namespace std::chrono_literals;

constexpr auto newsPause = 100ms;
constexpr auto longestTimer = std::chrono::milliseconds(24h);

std::vector<std::string> namesOf(const QStringList& channels) {
    std::vector<std::string> names;
    for (const QString& channel : channels) {
        names.push_back(channel.toStdString());
    }
    return names;
}

} // namespace

Session::Session(pg::ConnectionInfo info, Options options, QObject* parent)
    : QObject(parent)
    , m_info(std::move(info))
    , m_options(std::move(options)) {
    m_newsPause.setSingleShot(true);
    m_newsPause.setInterval(newsPause);
    connect(&m_newsPause, &QTimer::timeout, this, &Session::deliverNews);
}

Session::~Session() {
    if (m_worker) {
        std::exchange(m_worker, nullptr)->detach(Worker::OpenJobs::Drop);
    }
}

void Session::open() {
    if (!m_worker) {
        startWorker();
    } else if (m_state == SessionState::Waiting) {
        m_worker->tryNow();
    }
}

void Session::open(pg::ConnectionInfo info) {
    dropWorker();
    m_info = std::move(info);
    startWorker();
}

void Session::close() {
    dropWorker();
    m_nextTry.reset();
    setState(SessionState::Closed);
}

void Session::startWorker() {
    Worker::Setup setup{m_info,
                        m_options.connection,
                        m_options.onTraffic,
                        m_options.reconnect,
                        m_options.firstDelay,
                        m_options.maxDelay};
    if (!setup.info.get("application_name") && !m_options.role.isEmpty()) {
        setup.info.set("application_name", m_options.role.toStdString());
    }
    m_worker = std::make_shared<Worker>(this, std::move(setup), namesOf(m_channels));
    try {
        m_worker->start();
    } catch (const std::system_error& error) {
        m_worker.reset();
        pg::Failure failure;
        failure.kind = pg::ErrorKind::Connect;
        failure.diagnostics.message = error.what();
        onFailed(failure, std::nullopt);
        return;
    }
    m_nextTry.reset();
    setState(SessionState::Connecting);
}

void Session::dropWorker() {
    m_newsPause.stop();
    if (m_worker) {
        std::exchange(m_worker, nullptr)->detach(Worker::OpenJobs::Answer);
    }
}

void Session::submit(std::shared_ptr<Job> job) {
    if (!m_worker) {
        pg::Failure failure = m_lastFailure;
        if (failure.diagnostics.message.empty()) {
            failure.kind = pg::ErrorKind::Usage;
            failure.diagnostics.message = "the session is not open";
        }
        failure.effect = pg::Effect::None;
        job->refuse(failure);
        return;
    }
    // The thread may be held by name resolution, which knows no deadline; so what still waits is answered from here.
    const bool patient = job->from() == Time::FromStart && m_state != SessionState::Connecting;
    if (const auto deadline = job->time(); deadline < longestTimer && !patient) {
        QTimer::singleShot(std::max(deadline, 0ms), this, [this, waiting = std::weak_ptr(job)] {
            const auto late = waiting.lock();
            // Once it is served, one that counts from its start is ended by those before it, which end in time.
            if (late && (late->from() == Time::FromSubmission || m_state == SessionState::Connecting)) {
                pg::Failure failure;
                failure.kind = pg::ErrorKind::Timeout;
                failure.diagnostics.message = "the deadline passed before the statement could be sent";
                late->refuse(failure);
            }
        });
    }
    m_worker->submit(std::move(job));
}

void Session::cancel(const std::shared_ptr<Job>& job) {
    if (job && m_worker) {
        m_worker->cancel(job);
    }
}

void Session::listen(const QStringList& channels) {
    m_channels = channels;
    if (m_worker) {
        m_worker->listen(namesOf(channels));
    }
}

bool Session::waitForThreads(std::chrono::milliseconds atMost) {
    return Worker::waitForThreads(atMost);
}

void Session::setState(SessionState state) {
    if (state != SessionState::Waiting) {
        m_nextTry.reset();
    }
    if (m_state != state) {
        m_state = state;
        Q_EMIT stateChanged(state);
    }
}

void Session::onConnected(const ServerFacts& facts) {
    const QPointer<Session> alive(this);
    m_facts = facts;
    setState(SessionState::Idle);
    if (alive) {
        Q_EMIT connected(facts);
    }
}

void Session::onFailed(const pg::Failure& failure, std::optional<pg::Clock::time_point> nextTry) {
    const QPointer<Session> alive(this);
    m_lastFailure = failure;
    if (!nextTry) {
        dropWorker();
    }
    setState(nextTry ? SessionState::Waiting : SessionState::Closed);
    m_nextTry = nextTry;
    if (alive) {
        Q_EMIT failed(failure);
    }
}

void Session::deliverNews() {
    if (!m_worker) {
        return;
    }
    const News news = m_worker->takeNews();
    if (news.notifications.empty() && news.notices.empty()) {
        return;
    }
    m_newsPause.start();
    const QPointer<Session> alive(this);
    for (const pg::Notice& notice : news.notices) {
        if (alive) {
            Q_EMIT noticed(notice);
        }
    }
    for (const auto& [channel, payload] : news.notifications) {
        if (alive) {
            Q_EMIT notified(QString::fromStdString(channel), QString::fromStdString(payload));
        }
    }
}

} // namespace links
