// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/profile.h"
#include "domain/account.h"
#include "domain/action.h"
#include "domain/backlog.h"
#include "domain/eventpage.h"
#include "domain/finding.h"
#include "domain/lockwaits.h"
#include "domain/moment.h"
#include "domain/queuedetail.h"
#include "domain/scheduling.h"
#include "domain/series.h"
#include "domain/snapshot.h"
#include "domain/workqueues.h"
#include "link/session.h"
#include "monitor/course.h"
#include "monitor/thresholds.h"
#include "pgque/administration.h"
#include "schema/plan.h"
#include "store/journal.h"
#include "store/recording.h"

#include <QDateTime>
#include <QFuture>
#include <QObject>
#include <QStringList>

#include <chrono>
#include <memory>
#include <vector>

namespace monitor {
class Timeline;
}

namespace operate {
class Progress;
class Registry;
} // namespace operate

namespace desk {

class Stepping;

/// How the connection to the one server stands.
enum class LinkState {
    Closed,
    Connecting,
    NeedsPassword,
    Live,
    Lost /* next try is scheduled */,
    Failed /* no retry */
};

/// What the window says about the connection: one clear sentence, what it means, what to do.
struct LinkStatus {
    LinkState state = LinkState::Closed;
    pg::Failure failure; ///< in Lost, Failed and NeedsPassword: why. In Live: why the newest sample could not be had,
                         ///< empty when it could
    std::optional<pg::Clock::time_point> nextTry;
};

/// Whether a privilege allows an action, and what to do when not.
struct Availability {
    bool available = false;
    QString why;         ///< why not, one sentence
    QString grant;       ///< the GRANT that would help, to copy; empty where none would
    bool arming = false; ///< switching to Operate, or arming for more, would help
};

/// For what, and for how long, the console may change something.
struct Arming {
    bool destructive = true;        ///< also what deletes, or counts as done
    std::chrono::seconds length{0}; ///< 0: until it is disarmed; not on a careful profile

    bool operator==(const Arming&) const = default;
};

/// An action of this run and what became of it. An unknown outcome is replaced once it is settled.
struct Performed {
    QDateTime at;
    QString operation; ///< as the journal names it
    domain::ActionRequest request;
    domain::ActionOutcome outcome;
};

/// What is installed, and who keeps it going.
struct SchemaReport {
    schema::Inspection inspection;
    std::vector<pgque::StatusLine> status;  ///< what pgque.status() says of scheduler and ticker
    std::optional<pg::Failure> statusError; ///< why it could not be asked
    domain::Scheduling scheduling;          ///< jobs that are set up, and how they ran
};

/// Whether, how much and where what is seen is recorded.
struct RecordingOptions {
    bool on = true;
    std::int64_t budget = std::int64_t(200) << 20; ///< bytes on disk, for each server
    QString folder{};                              ///< empty: in the user's own data folder

    bool operator==(const RecordingOptions&) const = default;
};

/// Which part of the past goes into a file of its own, and what else.
struct CapsuleOptions {
    QString path;
    pg::Timestamp from;
    pg::Timestamp to;
    bool withJournal = true;                     ///< what was done here, without the SQL
    std::map<std::string, std::string> settings; ///< by name, as a person would read them
};

/// How recording stands.
struct RecordingState {
    enum class Kind {
        Off,
        Waiting, ///< for the first sample
        Recording,
        Elsewhere, ///< another window or program records this server; what it writes is shown here
        Stopped,   ///< it could not be written; it is tried again
        Reading,   ///< a capsule is open
    };
    Kind kind = Kind::Off;
    QString problem; ///< why it stopped, one sentence
    QString path;

    bool operator==(const RecordingState&) const = default;
};

/// One open server: sessions, capabilities, the sampling beat, findings, actions. Everything a window or the command
/// line shows comes from here; nothing here blocks. Lives in the window's thread.
class Desk : public QObject {
    Q_OBJECT

public:
    explicit Desk(Profile profile, QObject* parent = nullptr);
    ~Desk() override;

    const Profile& profile() const;

    /// Before open(): the first sample has everything in it. Else it is of the queues alone, so that it is there soon,
    /// and the rest comes with the next, at once.
    void setFirstSampleWhole(bool whole);

    void open();
    /// Opens another place under the same profile: a sandbox whose server has only now come up.
    void open(const pg::ConnectionInfo& connection);
    void close();                              ///< returns at once, whatever the server does
    void usePassword(const QString& password); ///< answers NeedsPassword
    void reconnectNow();

    LinkStatus linkStatus() const;

    /// True while the connection is Live and the newest sample failed, or does not come: what is shown is older than it
    /// should be, and linkStatus() says why.
    bool isStale() const;

    /// The newest complete sample; null before the first. Stays after the connection is lost. While a recorded instant
    /// is shown, this and what was found are that instant's.
    domain::SnapshotPtr snapshot() const;
    const domain::Diagnosis& diagnosis() const;
    /// The newest complete sample, whatever is shown.
    domain::SnapshotPtr liveSnapshot() const;

    /// The newest look at the work queues, on a slower beat than the sample; null where there are none. While a
    /// recorded instant is shown, the newest then.
    std::shared_ptr<const domain::WorkLooks> workLooks() const;

    /// What everything that was asked of this server has cost so far, whatever page is shown.
    domain::Spending spending() const;

    /// Events per second of a queue, one value a sample, oldest first, NaN where nothing was observed. Of a recorded
    /// instant one value at most.
    std::vector<double> rateHistory(std::int32_t queueId) const;

    /// How a queue's due retries develop; empty while too little was seen, and for a recorded instant.
    std::optional<monitor::RetryTrend> retryTrend(std::int32_t queueId) const;

    /// Who held which window when, as far as this console has looked. While a recorded instant is shown: who is
    /// followed, in the hour up to then, as far as it was recorded.
    const monitor::Timeline& timeline() const;
    /// Looks at this group, or consumer, five times a second beside the sample, as long as nobody follows another;
    /// slower where the server is slow. A queue of 0: nobody is followed.
    void follow(std::int32_t queueId, std::int32_t subId);

    /// The cooperative debugger on this server; nothing is made there before beginStepping().
    Stepping* stepping() const;
    /// Why it does not work here, a sentence; empty: it may. Outside the sandbox only when it was agreed to.
    QString whyNoStepping(bool agreed) const;
    /// Makes a queue for it and connects these workers; armed only. It ends when the console falls back to Observe.
    void beginStepping(bool agreed, const QStringList& workers);

    void setPaused(bool paused);
    bool isPaused() const;
    void setPeriod(std::chrono::milliseconds period); ///< default 1 s; the beat slows down by itself on a slow server
    /// How often samples come of late: the period in force, or less where notifications bring them forward.
    std::chrono::milliseconds period() const;
    std::chrono::milliseconds calmPeriod() const; ///< the one in force, which notifications leave out of account
    /// When symptoms become findings, from the next sample on. In a sandbox a tenth of it holds.
    void setThresholds(const monitor::Thresholds& thresholds);
    bool isSlowed() const;       ///< the server's slowness decides the period, not the setting
    void setHidden(bool hidden); ///< all windows hidden: sample every 5 s
    void sampleNow();

    AccessMode accessMode() const;
    /// Arms as standardArming() says, or disarms; Operate is refused (returns why) on a standby. Disarming stops series
    /// before their next transaction and closes the sessions that could write as soon as what is under way on them has
    /// ended; nothing new is begun meanwhile.
    QString setAccessMode(AccessMode mode);
    /// The same for a time and a class of action; also changes both while armed. It falls back to Observe by itself.
    QString arm(const Arming& arming);
    Arming arming() const;
    /// Half an hour where care is due, else without end.
    Arming standardArming() const;
    /// When it falls back to Observe; empty while it observes, and where nothing limits it.
    std::optional<pg::Clock::time_point> armedUntil() const;

    /// Those events of a tick window that satisfy the search, in storage order. Observes only. Samples do not wait for
    /// this, nor for anything else that is asked beside them; cancelling the future ends the question at the server.
    QFuture<links::Reply<domain::EventPage>> eventPage(std::int32_t queueId, std::int64_t lastTick,
                                                       std::int64_t nextTick, std::int32_t subId,
                                                       domain::EventSearch search,
                                                       std::optional<domain::EventPosition> from, int limit);
    /// The same sorted by id, of which at most 10,000 out of 128 MB of the tables are looked at; it says whether there
    /// are more.
    QFuture<links::Reply<domain::EventPage>> eventsById(std::int32_t queueId, std::int64_t lastTick,
                                                        std::int64_t nextTick, std::int32_t subId,
                                                        domain::EventSearch search);
    /// The exact number of events in a window, counted on demand.
    QFuture<links::Reply<domain::WindowCount>> countWindow(std::int32_t queueId, std::int64_t lastTick,
                                                           std::int64_t nextTick, std::int32_t subId);
    /// One event's message with all its fields, each text up to maxBytes.
    QFuture<links::Reply<domain::Message>> message(std::int32_t queueId, const domain::EventPosition& position,
                                                   std::int64_t eventId, std::int64_t maxBytes);

    /// What pages ask beside the sample. A queue of 0 means all of them; texts are cut to maxBytes. Observes only.
    /// While a recorded instant is shown, lock waits, work installs, their samples and barriers are told as far as it
    /// has them; the rest is not recorded.
    QFuture<links::Reply<domain::RetryPage>> retryPage(std::int32_t queueId, std::optional<domain::RetryPosition> after,
                                                       int limit);
    QFuture<links::Reply<domain::Message>> retryMessage(std::int32_t owner, std::int64_t eventId,
                                                        std::int64_t maxBytes);
    QFuture<links::Reply<domain::DeadPage>> deadPage(std::int32_t queueId, std::optional<domain::DeadCause> cause,
                                                     std::optional<domain::DeadPosition> after, int limit);
    QFuture<links::Reply<domain::DeadGroups>> deadGroups(std::int32_t queueId);
    QFuture<links::Reply<domain::Message>> deadMessage(std::int64_t id, std::int64_t maxBytes);
    QFuture<links::Reply<domain::QueueDetail>> queueDetail(std::int32_t queueId,
                                                           std::optional<std::int64_t> ticksFrom = {});
    QFuture<links::Reply<domain::QueueUpkeep>> queueUpkeep(std::int32_t queueId);
    QFuture<links::Reply<domain::EventPage>> searchEvents(std::int32_t queueId, domain::EventSearch search,
                                                          std::optional<domain::EventPosition> from);
    QFuture<links::Reply<domain::EventPage>> searchById(std::int32_t queueId, domain::EventSearch search);
    /// Types of the newest events of each of the queue's tables; rarer ones may be missing.
    QFuture<links::Reply<std::vector<std::string>>> eventTypes(std::int32_t queueId);
    QFuture<links::Reply<domain::EventStory>> eventStory(std::int32_t queueId, const domain::EventRow& event);
    QFuture<links::Reply<domain::LockWaits>> lockWaits();
    QFuture<links::Reply<domain::Footprint>> footprint();
    QFuture<links::Reply<std::vector<domain::WorkInstall>>> workInstalls();
    QFuture<links::Reply<domain::WorkSample>> workSample(const domain::WorkInstall& install);
    QFuture<links::Reply<domain::WorkPage>> workPage(const domain::WorkInstall& install, const std::string& queue,
                                                     domain::WorkPart part, std::optional<domain::WorkPosition> after,
                                                     int limit);
    QFuture<links::Reply<std::vector<domain::WorkDelayed>>> workDelayed(const domain::WorkInstall& install,
                                                                        const std::string& queue);
    QFuture<links::Reply<std::optional<std::string>>> workPayload(const domain::WorkInstall& install,
                                                                  const std::string& queue, domain::WorkPart part,
                                                                  std::int64_t id, std::int64_t maxBytes);
    QFuture<links::Reply<domain::Barriers>> barriers(const domain::WorkInstall& install);
    QFuture<links::Reply<domain::BarrierDetail>> barrierDetail(const domain::WorkInstall& install,
                                                               const std::string& execution);

    /// From the next sample on. Without it nothing is recorded.
    void setRecording(const RecordingOptions& options);
    RecordingState recordingState() const;
    /// What was recorded, and what was rebuilt of the time before. Queue 0: the server.
    QFuture<store::Answer<domain::Series>> series(std::int32_t queueId, domain::Quantity quantity, pg::Timestamp from,
                                                  pg::Timestamp to, int points);
    QFuture<store::Answer<store::Recorded>> recorded();
    QFuture<store::Answer<std::optional<domain::Moment>>> momentAt(pg::Timestamp at, store::Which which);
    QFuture<store::Answer<std::vector<store::FindingSpan>>> findingsBetween(pg::Timestamp from, pg::Timestamp to);

    /// Shows a recorded instant instead of the present: snapshot() and diagnosis() are its, actions are off, and what
    /// was not recorded is not asked for. Sampling and recording go on. False: there is none, or another was wanted
    /// meanwhile.
    QFuture<store::Answer<bool>> showInstant(pg::Timestamp at, store::Which which = store::Which::AtOrBefore);
    void showMoment(const domain::Moment& moment);
    void showLive();
    /// Empty: the present.
    std::optional<pg::Timestamp> shownInstant() const;

    /// Writes a part of the recording into a file that openCapsule() reads; how many instants are in it.
    QFuture<store::Answer<std::int64_t>> exportCapsule(const CapsuleOptions& options);
    /// Shows what a capsule holds, its newest instant first; there is no present. A file that can't be opened is told
    /// by linkStatus(). open() does it for a profile that names one.
    void openCapsule(const QString& path);
    bool isCapsule() const;
    std::map<std::string, std::string> capsuleFacts() const; ///< what it says of itself, by name

    const operate::Registry& actions() const;
    Availability availability(const domain::ActionRequest& request) const;
    QFuture<links::Reply<domain::Prediction>> predict(const domain::ActionRequest& request);
    /// A series runs on a session of its own and tells through progress how far it is; progress->stop() ends it before
    /// its next transaction.
    QFuture<domain::ActionOutcome> perform(const domain::ActionRequest& request,
                                           std::shared_ptr<operate::Progress> progress = {});
    /// Carries it out and rolls it back, within limits. Needs Operate.
    QFuture<domain::Rehearsal> rehearse(const domain::ActionRequest& request);

    /// The SQL an action would run, values written in.
    QString preview(const domain::ActionRequest& request) const;

    /// Where what is done is written down; several desks may share it. Without one nothing is.
    void setJournal(std::shared_ptr<store::Journal> journal);
    /// Where copies of what is deleted are kept; by default beside the journal's own place.
    void setCopyFolder(const QString& folder);
    QFuture<store::JournalPage> journalPage(const store::JournalQuery& query);
    QFuture<store::Verification> verifyJournal();
    /// What would take back what a record tells of, where something does and it was done on this server: in this run,
    /// or in an earlier one.
    std::optional<domain::ActionRequest> undoOf(const store::JournalRecord& record) const;

    /// What was done in this run, oldest first.
    const std::vector<Performed>& performed() const;

    QFuture<links::Reply<SchemaReport>> inspectSchema();
    /// Thinks a deed through: what it would run and change, or why it will not be done. An uninstall counts the losses.
    QFuture<links::Reply<schema::Plan>> planSchema(schema::Deed deed);
    /// Needs Operate. Does nothing when the schema has changed since it was planned.
    QFuture<domain::ActionOutcome> carryOutSchema(const schema::Plan& plan, const QString& reason = {});

    /// Installing: the SQL to show, and the deed (needs Operate).
    QString installSql() const;
    QFuture<domain::ActionOutcome> installSchema(const QString& reason = {});

Q_SIGNALS:
    void linkStatusChanged();
    /// The one that is followed was looked at.
    void followed();
    /// There is something new to show: snapshot() and diagnosis(), both of the same instant.
    void snapshotReady(const domain::SnapshotPtr& snapshot);
    void accessModeChanged();
    void armingChanged(); ///< for what, or until when
    void pausedChanged();
    void recordingChanged();
    void instantChanged(); ///< which instant is shown; snapshotReady follows
    void noticed(const pg::Notice& notice);

    /// performed() has a new or a changed entry.
    void performedChanged();

    /// An outcome that was unknown is known now (or will never be): the database was asked after reconnecting.
    void settled(const domain::ActionRequest& request, const domain::ActionOutcome& outcome);

private:
    friend class DeskPrivate;
    std::unique_ptr<class DeskPrivate> d;
};

} // namespace desk
