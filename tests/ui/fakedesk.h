// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "desk/stepping.h"
#include "monitor/timeline.h"
#include "operate/progress.h"
#include "operate/registry.h"

#include <QPromise>

#include <functional>

namespace desk {

/// A message with a payload and nothing else.
inline domain::Message messageOf(const std::string& payload) {
    domain::Message message;
    message.data = payload;
    message.dataBytes = std::int64_t(payload.size());
    return message;
}

/// Stands in for the real desk's inside when a test links fakedesk.cpp instead of it: what the window asks is answered
/// from these fields, and what it does is written down.
class DeskPrivate {
public:
    static DeskPrivate& of(Desk& desk) { return *desk.d; }

    Profile profile;
    LinkStatus status;
    domain::SnapshotPtr snapshot;
    domain::Diagnosis diagnosis;
    operate::Registry registry;
    bool paused = false;
    bool slowed = false;
    bool hidden = false;
    int lockQuestions = 0;
    AccessMode mode = AccessMode::Operate;
    Availability availability{true, {}, {}};
    std::vector<double> rates;
    std::chrono::milliseconds period{1000};
    std::optional<std::chrono::milliseconds> calmPeriod; ///< where it is another one
    monitor::Thresholds thresholds;

    std::function<links::Reply<domain::EventPage>(std::optional<domain::EventPosition>, int)> pages;
    std::function<links::Reply<domain::Message>(std::int64_t maxBytes)> message =
        [](std::int64_t) { return links::Reply<domain::Message>(messageOf("{}")); };
    std::function<links::Reply<std::optional<std::string>>(std::int64_t maxBytes)> payload; ///< of work queues
    links::Reply<domain::Prediction> prediction = domain::Prediction{};
    domain::ActionOutcome outcome;
    domain::Rehearsal rehearsal;
    bool hold = false; ///< perform() is not answered; see progress
    std::shared_ptr<operate::Progress> progress;
    Arming armed;
    std::optional<pg::Clock::time_point> armedUntil;

    bool silent = false; ///< what pages ask is not answered
    std::vector<QFuture<void>> held; ///< of what was asked then
    std::optional<pg::Failure> refusal; ///< what pages ask is answered with it

    links::Reply<domain::RetryPage> retries = domain::RetryPage{};
    links::Reply<domain::DeadPage> letters = domain::DeadPage{};
    links::Reply<domain::DeadGroups> groups = domain::DeadGroups{};
    links::Reply<domain::QueueDetail> detail = domain::QueueDetail{};
    std::vector<std::optional<std::int64_t>> ticksAsked; ///< from which tick on
    links::Reply<domain::QueueUpkeep> upkeep = domain::QueueUpkeep{};
    int upkeepAsked = 0;
    std::optional<monitor::RetryTrend> retryTrend;
    links::Reply<domain::EventPage> found = domain::EventPage{};
    links::Reply<std::vector<std::string>> types = std::vector<std::string>{};
    int typesAsked = 0;
    links::Reply<domain::EventStory> story = domain::EventStory{};
    std::function<domain::EventStory(const domain::EventRow&)> storyOf; ///< instead of the same for all
    int stories = 0;                                                    ///< asked for
    links::Reply<domain::LockWaits> waits = domain::LockWaits{};
    links::Reply<domain::Footprint> footprint = domain::Footprint{};
    domain::Spending spending;
    links::Reply<SchemaReport> report = SchemaReport{};
    links::Reply<schema::Plan> plan = schema::Plan{};
    std::vector<schema::Plan> carriedOut;
    RecordingOptions recordingOptions;
    RecordingState recording{RecordingState::Kind::Recording, {}, {}};
    store::Answer<store::Recorded> recorded = store::Recorded{};
    std::function<store::Answer<domain::Series>(std::int32_t, domain::Quantity, pg::Timestamp, pg::Timestamp)> series;
    std::map<pg::Timestamp, domain::Moment> moments; ///< recorded, by their instant
    std::optional<domain::Moment> past;
    store::Answer<std::int64_t> exported = std::int64_t(0);
    std::vector<CapsuleOptions> exports;
    bool capsule = false;
    store::JournalPage records;
    store::Verification verification;
    std::vector<store::JournalQuery> journalQueries;
    std::optional<domain::ActionRequest> undo; ///< of any record
    links::Reply<std::vector<domain::WorkInstall>> workInstalls = std::vector<domain::WorkInstall>{};
    links::Reply<domain::WorkSample> work = domain::WorkSample{};
    links::Reply<domain::WorkPage> workMessages = domain::WorkPage{};
    links::Reply<std::vector<domain::WorkDelayed>> workDelayed = std::vector<domain::WorkDelayed>{};
    std::shared_ptr<const domain::WorkLooks> workLooks;
    links::Reply<domain::Barriers> barriers = domain::Barriers{};
    links::Reply<domain::BarrierDetail> barrierDetail = domain::BarrierDetail{};
    std::vector<domain::EventSearch> searched;
    int sortedById = 0; ///< windows and searches
    links::Reply<domain::WindowCount> count = domain::WindowCount{500, 0, 0};
    std::optional<domain::DeadCause> cause; ///< that letters were last asked of
    std::vector<domain::EventSearch> filtered; ///< of windows

    monitor::Timeline timeline;
    Stepping stepping;
    QString whyNoStepping;
    std::pair<std::int32_t, std::int32_t> follows{0, 0};
    std::vector<domain::ActionRequest> predicted;
    std::vector<domain::ActionRequest> performed;
    std::vector<Performed> journal;
    QStringList passwords;
    int sampled = 0;
    int reconnects = 0;
    int installs = 0;
};

} // namespace desk

/// A desk on which everything is well, with the shop's sample.
std::unique_ptr<desk::Desk> shopDesk();

/// Puts another sample on the desk and says so.
void feed(desk::Desk& desk, domain::SnapshotPtr snapshot);

/// No sample has come for so much longer.
void letPass(desk::Desk& desk, std::chrono::seconds length);

/// Somewhere in these words stands "asked 7 s ago", for a deed and a length like that: what the test itself takes is in
/// it.
bool saysAgo(const QString& words, const QString& deed, std::chrono::seconds length);

/// Answers pages of so many events, the first of them with payloads of many kinds.
std::function<links::Reply<domain::EventPage>(std::optional<domain::EventPosition>, int)> eventsOf(int count);
