// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "link/job.h"
#include "link/reply.h"
#include "pg/connection.h"

#include <QFutureWatcher>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace links {

class Worker;

enum class SessionState {
    Closed, ///< not opened, closed, or failed in a way that trying again would not mend
    Connecting,
    Idle,
    Busy,
    Waiting, ///< broken, the next try is scheduled
};

/// What is known of the server once connected.
struct ServerFacts {
    int backendPid = 0;    ///< as told at connect; behind a pooler not the pid that runs statements
    int serverVersion = 0; ///< e.g. 150020
    bool tls = false;
    QString host; ///< name, address or socket folder
    QString port;
    QString user;
    QString database;

    bool operator==(const ServerFacts&) const = default;
};

/// One connection on one thread of its own. Lives in the thread of its creator (which has an event loop), never blocks
/// it, and hands out futures of values: no exception crosses the threads.
///
/// Jobs run one after the other. While the first connection is being made they wait for it; while the connection is
/// broken (Waiting, Closed) they fail at once with the reason. A transaction that a job leaves open is rolled back.
/// Cancelling a job's future takes it out of the line or, when it runs, asks the server to stop it; it then has no
/// result, and no other job is touched.
/// When the session is destroyed, the futures still open are cancelled without a result. Take results with whenDone():
/// they are brought by the session's thread.
class Session : public QObject {
    Q_OBJECT

public:
    struct Options {
        QString role;                                      ///< application_name, where the connection info has none
        pg::Connection::Options connection;                ///< its interrupt and callbacks are the session's own
        std::function<void(const pg::Traffic&)> onTraffic; ///< on the session's thread, after each job
        bool reconnect = true;
        std::chrono::milliseconds firstDelay{500}; ///< before the first new try; doubled, with jitter, up to maxDelay
        std::chrono::milliseconds maxDelay{30'000};
    };

    Session(pg::ConnectionInfo info, Options options, QObject* parent = nullptr);
    ~Session() override;

    /// Connects, or tries at once when it is waiting for the next try. Authentication failures, and other verdicts of
    /// the server that will not change by themselves, are not tried again: the state is then Closed. Where a connection
    /// has worked before, such other verdicts are tried again, slowly.
    void open();

    /// The same with other info, e.g. with the password that was asked for.
    void open(pg::ConnectionInfo info);

    /// Returns at once; a thread that the network holds is left to itself. Open jobs are answered with Cancelled;
    /// the effect of one that was running is unknown.
    void close();

    /// One typed call.
    template <class T>
    QFuture<Reply<T>> run(pg::Call<T> call, std::chrono::milliseconds deadline) {
        return work([call = std::move(call)](pg::Connection& connection,
                                             pg::Deadline until) { return connection.run(call, until); },
                    deadline);
    }

    /// Several statements as one job on the session's thread: f(pg::Connection&, pg::Deadline).
    /// f must not touch anything of the window's thread. Until there is a connection a job waits no longer than the
    /// deadline, from whenever it counts.
    template <class F>
    QFuture<Reply<ValueOf<F>>> work(F f, std::chrono::milliseconds deadline, Time from = Time::FromSubmission) {
        auto job = std::make_shared<TypedJob<F>>(std::move(f), deadline, from);
        auto future = job->future();
        auto* watcher = new QFutureWatcher<Reply<ValueOf<F>>>(this);
        connect(watcher, &QFutureWatcherBase::canceled, this,
                [this, wanted = std::weak_ptr<Job>(job)] { cancel(wanted.lock()); });
        connect(watcher, &QFutureWatcherBase::finished, watcher, &QObject::deleteLater);
        watcher->setFuture(future);
        submit(std::move(job));
        return future;
    }

    /// The channels to listen on, replacing those before. Listened to again after each reconnect; see listening().
    void listen(const QStringList& channels);

    SessionState state() const { return m_state; }

    /// Why the last connection broke or could not be made; meaningful in Waiting and in Closed after failed().
    const pg::Failure& lastFailure() const { return m_lastFailure; }

    std::optional<pg::Clock::time_point> nextTry() const { return m_nextTry; }

    /// Of the current or the last connection.
    const ServerFacts& facts() const { return m_facts; }

    const pg::ConnectionInfo& info() const { return m_info; }

    /// For the end of the program: waits for the threads of closed sessions. False when some are still held by the
    /// network; the program must then leave without tearing down what they use (std::_Exit).
    static bool waitForThreads(std::chrono::milliseconds atMost);

Q_SIGNALS:
    void stateChanged(links::SessionState state);
    void connected(const links::ServerFacts& facts);
    void failed(const pg::Failure& failure); ///< the connection broke or could not be made
    void noticed(const pg::Notice& notice);

    /// The LISTENs are committed: only a state read from now on misses nothing.
    void listening(const QStringList& channels);

    /// At most once per channel in 100 ms, with the newest payload: a hint to look, not a message.
    void notified(const QString& channel, const QString& payload);

private:
    friend class Worker;

    void submit(std::shared_ptr<Job> job);
    void cancel(const std::shared_ptr<Job>& job);
    void setState(SessionState state);
    void startWorker();
    void dropWorker();
    void onConnected(const ServerFacts& facts);
    void onFailed(const pg::Failure& failure, std::optional<pg::Clock::time_point> nextTry);
    void deliverNews();

    pg::ConnectionInfo m_info;
    Options m_options;
    QStringList m_channels;
    SessionState m_state = SessionState::Closed;
    pg::Failure m_lastFailure;
    std::optional<pg::Clock::time_point> m_nextTry;
    ServerFacts m_facts;
    std::shared_ptr<Worker> m_worker;
    QTimer m_newsPause;
};

} // namespace links
