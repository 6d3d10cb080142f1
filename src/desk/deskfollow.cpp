// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/deskprivate.h"
#include "queries/sample.h"

// How a Desk keeps the timeline: from every sample, and from a closer look at the one group that is followed.
namespace desk {

namespace {

using namespace std::chrono_literals;

constexpr auto followEvery = 200ms;
constexpr auto followDeadline = 5s;
/// The look takes at most this part of the time.
constexpr int costToPause = 10;

/// So far back from a recorded instant the timeline is put together.
constexpr auto pastShown = 1h;

/// How an action of this console ended a batch; empty: it did not, or not for certain.
std::optional<std::pair<std::int64_t, monitor::BarEnd>> endedBy(const domain::ActionRequest& request,
                                                                const domain::ActionOutcome& outcome) {
    const auto token = request.batch ? request.batch : request.seen ? request.seen->batch : std::nullopt;
    if (outcome.kind != domain::OutcomeKind::Done || !token)
        return {};
    if (request.action == "force_unregister")
        return std::pair(*token, monitor::BarEnd::ForcedOut);
    if (request.action == "ack" || request.action == "give_back" || request.action == "nack_batch")
        return std::pair(*token, monitor::BarEnd::Finished);
    return {};
}

} // namespace

void DeskPrivate::interrupted() {
    history.gap();
    timeline.interrupt();
    recorder.gap();
}

void DeskPrivate::addToTimeline() {
    timeline.add(*snapshot, monitor::gapAfter(beat.period()));
}

void DeskPrivate::noteInTimeline(const domain::ActionRequest& request, const domain::ActionOutcome& outcome) {
    if (const auto end = endedBy(request, outcome))
        timeline.did(end->first, end->second);
}

/// What was followed up to the instant that is shown. One reading at a time; who wants another one ends it.
void DeskPrivate::readPastTimeline() {
    unwantPast.request_stop();
    if (!past || !follows.first || !recorder.recording())
        return;
    unwantPast = std::stop_source();
    const pg::Timestamp until = past->snapshot->takenAt;
    const auto looks =
        recorder.recording()->looks({follows.first, follows.second, until - pastShown, until}, unwantPast.get_token());
    links::whenDone(
        looks, q,
        [this, wanted = unwantPast.get_token()](const store::Answer<std::vector<domain::SnapshotPtr>>& answer) {
            if (wanted.stop_requested() || !past)
                return;
            std::map<std::int64_t, monitor::BarEnd> ends;
            for (const Performed& deed : done) {
                if (const auto end = endedBy(deed.request, deed.outcome))
                    ends.insert(*end);
            }
            // What can't be read is as good as not looked at: the page says so.
            const auto* read = std::get_if<std::vector<domain::SnapshotPtr>>(&answer);
            pastTimeline = read ? monitor::timelineOf(*read, ends) : monitor::Timeline();
            Q_EMIT q->followed();
        });
}

void DeskPrivate::followOnce() {
    const bool live =
        monitor && (monitor->state() == links::SessionState::Idle || monitor->state() == links::SessionState::Busy);
    if (following || !follows.first || !live || !snapshot || hidden || past || beat.isPaused())
        return;
    following = true;
    auto cost = std::make_shared<std::atomic<Beat::Duration>>();
    const auto wanted = [this] { return std::pair(follows, snapshot->capabilities.identity()); };
    const auto answer = monitor->work(
        booked(account, domain::Purpose::Follow,
               [follows = follows, capabilities = snapshot->capabilities, cost](pg::Connection& on,
                                                                                pg::Deadline deadline) {
                   const Measured measured(*cost);
                   return queries::trackSample(on, capabilities, follows.first, follows.second, deadline);
               }),
        followDeadline, links::Time::FromStart);
    links::whenDone(answer, q, [=, this, asked = wanted()](const links::Reply<queries::TrackSample>& reply) {
        following = false;
        followTimer.setInterval(std::max<std::chrono::milliseconds>(followEvery, costToPause * cost->load()));
        const auto* sample = std::get_if<queries::TrackSample>(&reply);
        if (!sample || asked != wanted())
            return;
        domain::Snapshot look;
        look.capabilities = snapshot->capabilities;
        look.takenAt = sample->takenAt;
        look.cost.serverMs = sample->serverMs;
        look.queues = sample->queues;
        look.subscriptions = sample->subscriptions;
        look.buildIndex();
        timeline.addTrack(
            look, follows.first, follows.second,
            monitor::gapAfter(std::min<std::chrono::milliseconds>(beat.period(), 5 * followTimer.intervalAsDuration())),
            // On a standby a sequence shows what was written ahead for it: it bounds nothing.
            snapshot->capabilities.inRecovery ? monitor::Timeline::Drawn{}
                                              : monitor::Timeline::Drawn{sample->tokenBefore, sample->tokenAfter});
        Q_EMIT q->followed();
    });
}

const monitor::Timeline& Desk::timeline() const {
    return d->past ? d->pastTimeline : d->timeline;
}

void Desk::follow(std::int32_t queueId, std::int32_t subId) {
    if (d->follows == std::pair(queueId, subId))
        return;
    d->follows = {queueId, subId};
    d->pastTimeline.clear();
    d->readPastTimeline();
    if (queueId == 0) {
        d->followTimer.stop();
        return;
    }
    d->timeline.focus(queueId, subId);
    d->followTimer.start(followEvery);
    d->followOnce();
}

} // namespace desk
