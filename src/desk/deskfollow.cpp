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

/// Two looks further apart than this leave a gap.
pg::Interval gapAfter(std::chrono::milliseconds period) {
    return std::chrono::duration_cast<pg::Interval>(period * 5 / 2 + 1s);
}

} // namespace

void DeskPrivate::interrupted() {
    history.gap();
    timeline.interrupt();
    recorder.gap();
}

void DeskPrivate::addToTimeline() {
    timeline.add(*snapshot, gapAfter(beat.period()));
}

void DeskPrivate::noteInTimeline(const domain::ActionRequest& request, const domain::ActionOutcome& outcome) {
    if (outcome.kind != domain::OutcomeKind::Done)
        return;
    const auto token = request.batch ? request.batch : request.seen ? request.seen->batch : std::nullopt;
    if (!token)
        return;
    if (request.action == "force_unregister")
        timeline.did(*token, monitor::BarEnd::ForcedOut);
    else if (request.action == "ack" || request.action == "give_back" || request.action == "nack_batch")
        timeline.did(*token, monitor::BarEnd::Finished);
}

void DeskPrivate::followOnce() {
    const bool live =
        monitor && (monitor->state() == links::SessionState::Idle || monitor->state() == links::SessionState::Busy);
    if (following || !follows.first || !live || !snapshot || hidden || past || beat.isPaused())
        return;
    following = true;
    const auto began = Beat::Clock::now();
    const auto answer = monitor->work(
        [follows = follows, capabilities = snapshot->capabilities](pg::Connection& on, pg::Deadline deadline) {
            return queries::trackSample(on, capabilities, follows.first, follows.second, deadline);
        },
        followDeadline);
    links::whenDone(answer, q, [this, began, asked = follows](const links::Reply<queries::TrackSample>& reply) {
        following = false;
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Beat::Clock::now() - began);
        followTimer.setInterval(std::max<std::chrono::milliseconds>(followEvery, costToPause * took));
        const auto* sample = std::get_if<queries::TrackSample>(&reply);
        if (!sample || asked != follows)
            return;
        domain::Snapshot look;
        look.takenAt = sample->takenAt;
        look.cost.serverMs = sample->serverMs;
        look.queues = sample->queues;
        look.subscriptions = sample->subscriptions;
        look.buildIndex();
        timeline.addTrack(
            look, asked.first, asked.second,
            gapAfter(std::min<std::chrono::milliseconds>(beat.period(), 5 * followTimer.intervalAsDuration())),
            monitor::Timeline::Drawn{sample->tokenBefore, sample->tokenAfter});
        Q_EMIT q->followed();
    });
}

const monitor::Timeline& Desk::timeline() const {
    return d->timeline;
}

void Desk::follow(std::int32_t queueId, std::int32_t subId) {
    if (d->follows == std::pair(queueId, subId))
        return;
    d->follows = {queueId, subId};
    if (queueId == 0) {
        d->followTimer.stop();
        return;
    }
    d->timeline.focus(queueId, subId);
    d->followTimer.start(followEvery);
    d->followOnce();
}

} // namespace desk
