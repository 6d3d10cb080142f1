// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/beat.h"
#include "desk/booking.h"
#include "desk/desk.h"
#include "desk/recordedlook.h"
#include "desk/recorder.h"
#include "desk/stepping.h"
#include "desk/watch.h"
#include "link/whendone.h"
#include "monitor/history.h"
#include "monitor/timeline.h"
#include "operate/registry.h"
#include "operate/runner.h"

#include <QFutureWatcher>
#include <QPromise>
#include <QTimer>

#include <atomic>
#include <map>
#include <mutex>
#include <stop_token>

// What a Desk is made of. Not for other folders.
namespace desk {

/// An action whose commit got lost: what is needed to ask what became of it.
struct Unsettled {
    std::size_t place = 0;       ///< in performed()
    store::JournalRecord record; ///< of the operation, without stage and outcome
    operate::AboutToCommit commit;
};

/// Where the session's thread notes what it is about to commit. Of a job that was given up the thread may still write
/// while the window reads.
class CommitNote {
public:
    void write(const operate::AboutToCommit& about) {
        const std::lock_guard lock(m_mutex);
        m_about = about;
    }

    operate::AboutToCommit read() const {
        const std::lock_guard lock(m_mutex);
        return m_about;
    }

private:
    mutable std::mutex m_mutex;
    operate::AboutToCommit m_about;
};

/// How long a job took on its session, however it ended; what it waited for in line is no cost of the server's.
class Measured {
public:
    explicit Measured(std::atomic<Beat::Duration>& took)
        : m_took(took) {}

    ~Measured() { m_took = std::chrono::duration_cast<Beat::Duration>(Beat::Clock::now() - m_began); }

    Measured(const Measured&) = delete;
    Measured& operator=(const Measured&) = delete;

private:
    std::atomic<Beat::Duration>& m_took;
    Beat::Clock::time_point m_began = Beat::Clock::now();
};

/// What needs no waiting for.
template <class T>
QFuture<T> answered(T value) {
    QPromise<T> promise;
    promise.start();
    promise.addResult(std::move(value));
    promise.finish();
    return promise.future();
}

class DeskPrivate {
public:
    DeskPrivate(Desk* desk, Profile profile);

    void open();
    void close();
    void usePassword(const QString& password);
    void askKeychain();

    LinkStatus status() const;
    monitor::Thresholds thresholdsInForce() const;
    void schedule();
    void sample();
    void takeSample(const links::Reply<Seen>& reply, Beat::Duration cost);
    void sampleIsOverdue();
    void connected();
    void lost(const pg::Failure& failure);
    void listenWhereItHelps();

    /// Looking was interrupted: nothing is claimed about the time until the next look.
    void interrupted();
    void addToTimeline();
    void noteInTimeline(const domain::ActionRequest& request, const domain::ActionOutcome& outcome);
    void followOnce();
    void readPastTimeline();

    void openOperateSession();
    void closeOperateSession();
    void fallBackInTime();
    /// Closes it once nothing is under way on it.
    void closeWhenIdle();
    /// Armed, but not for actions of this class.
    bool lacksClass(const operate::Action& action) const;

    template <class T>
    void countUnderWay(const QFuture<T>& running) {
        ++underWay;
        links::whenDone(running, q, [this, session = operating.get()](const auto&) {
            if (session != operating.get() || underWay == 0)
                return;
            --underWay;
            closeWhenIdle();
        });
    }

    operate::RunOptions runOptions(const std::shared_ptr<CommitNote>& commit, const store::JournalRecord& record) const;
    QFuture<links::Reply<domain::ActionOutcome>> runSeries(const domain::ActionRequest& request,
                                                           const operate::RunOptions& options);
    void settleWhatIsOpen();
    void settleOne(const Unsettled& open);
    QFuture<domain::ActionOutcome> performed(const domain::ActionRequest& request,
                                             const QFuture<links::Reply<domain::ActionOutcome>>& running,
                                             const std::shared_ptr<CommitNote>& commit, store::JournalRecord record);

    /// Writes down that it was confirmed, and gives what the later records of the operation have in common.
    store::JournalRecord begin(const domain::ActionRequest& request);
    store::JournalRecord recordOf(const domain::ActionRequest& request) const;
    void writeDown(store::JournalRecord record, store::Stage stage) const;
    void writeOutcome(store::JournalRecord record, store::Stage stage, const domain::ActionOutcome& outcome) const;
    static std::string writeCommitting(const std::shared_ptr<store::Journal>& journal, store::JournalRecord record,
                                       const operate::AboutToCommit& about);
    void settleEarlierRuns();
    void settleEarlier(const store::JournalRecord& record);

    std::unique_ptr<links::Session> makeSession(const char* role, domain::Purpose purpose, bool reconnect = true) const;
    /// Closes a session that may be the sender of the signal being handled: it goes when the event loop is next free.
    void retire(std::unique_ptr<links::Session>& session) const;

    /// What is asked beside the samples, on a session of its own, so that they never wait for it; a failure at once
    /// where there is no connection. Cancelling the future ends the question at the server.
    template <class F>
    auto look(F f, std::chrono::milliseconds deadline)
        -> QFuture<links::Reply<std::invoke_result_t<F, pg::Connection&, pg::Deadline>>> {
        if (links::Session* session = past ? nullptr : lookingSession())
            return session->work(std::move(f), deadline, links::Time::FromStart);
        return answered(
            links::Reply<std::invoke_result_t<F, pg::Connection&, pg::Deadline>>(past ? notRecorded() : whyNoLook()));
    }

    /// Opened with the first question, closed when there were none for a while. Null while nothing is connected.
    links::Session* lookingSession();
    void closeLookingWhenIdle();
    pg::Failure whyNoLook() const;

    /// Of the newest sample.
    domain::Capabilities capabilities() const { return snapshot ? snapshot->capabilities : domain::Capabilities(); }

    void tellInstant();

    Desk* q;
    Profile profile;
    pg::ConnectionInfo connection; ///< with the password, where one was given; never printed
    std::unique_ptr<links::Session> monitor;
    std::unique_ptr<links::Session> looking; ///< for what pages ask
    std::unique_ptr<links::Session> listener;
    std::unique_ptr<links::Session> operating;
    std::shared_ptr<domain::Account> account = std::make_shared<domain::Account>();
    std::shared_ptr<Watch> watch;
    monitor::Thresholds thresholds;
    Beat beat;
    QTimer timer;
    QTimer overdue; ///< runs while a sample is in flight
    QTimer lookingIdle;
    Beat::Duration lookingPause{};               ///< after it was refused a connection; longer each time
    Beat::Clock::time_point lookingRefusedUntil; ///< until then it is not asked for again
    pg::Failure lookingFailure;
    domain::SnapshotPtr snapshot; ///< the newest; so is what follows
    domain::Diagnosis diagnosis;
    std::shared_ptr<const domain::WorkLooks> work;
    monitor::History history;
    monitor::RetryTrends retries;
    std::optional<domain::Moment> past; ///< shown instead of the newest
    quint64 wantedInstant = 0;
    std::map<std::string, std::string> capsuleFacts;
    Recorder recorder{*this};
    monitor::Timeline timeline;
    monitor::Timeline pastTimeline; ///< up to the instant that is shown, from the recording
    std::stop_source unwantPast;    ///< ends the reading for it
    std::pair<std::int32_t, std::int32_t> follows{0, 0};
    QTimer followTimer;
    bool following = false; ///< a look is under way
    bool hidden = false;
    bool stale = false;
    bool firstSampleWhole = false;
    bool capsule = false; ///< there is no present
    bool lookingIsReadOnly = false;
    bool askedEarlierRuns = false;
    int connectionNumber = 0;
    int underWay = 0; ///< on the operate session
    Stepping stepping;
    pg::Failure sampleFailure;
    std::optional<pg::Failure> refusal; ///< why this server is not looked at although it answers
    AccessMode mode = AccessMode::Observe;
    Arming armed;
    std::optional<pg::Clock::time_point> armedUntil;
    QTimer fallBack;
    std::vector<std::shared_ptr<operate::Progress>> series; ///< under way, each on a session of its own
    QString copyFolder;
    enum class KeychainStage { NotAsked, Asked, Answered } keychainStage = KeychainStage::NotAsked;
    operate::Registry registry;
    std::vector<Performed> done;
    std::vector<Unsettled> unsettled;
    std::shared_ptr<store::Journal> journal;
    QStringList operations; ///< of this run, as the journal names them
    QStringList channels;
};

} // namespace desk
