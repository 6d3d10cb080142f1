// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/deskprivate.h"
#include "link/whendone.h"

// What a Desk knows of the past: its recording, and a recorded instant shown instead of the present.
namespace desk {

namespace {

using namespace Qt::StringLiterals;

template <class T>
QFuture<store::Answer<T>> withoutRecording() {
    return answered(
        store::Answer<T>(store::Failure{store::Failure::Kind::Other, u"Nothing is recorded of this server."_s}));
}

} // namespace

void Desk::setRecording(const RecordingOptions& options) {
    if (!d->capsule && d->profile.capsule.isEmpty())
        d->recorder.use(options);
}

RecordingState Desk::recordingState() const {
    return d->recorder.state();
}

QFuture<store::Answer<domain::Series>> Desk::series(std::int32_t queueId, domain::Quantity quantity, pg::Timestamp from,
                                                    pg::Timestamp to, int points) {
    if (const auto& recording = d->recorder.recording())
        return recording->series(queueId, quantity, from, to, points);
    return withoutRecording<domain::Series>();
}

QFuture<store::Answer<store::Recorded>> Desk::recorded() {
    if (const auto& recording = d->recorder.recording())
        return recording->recorded();
    return withoutRecording<store::Recorded>();
}

QFuture<store::Answer<std::optional<domain::Moment>>> Desk::momentAt(pg::Timestamp at, store::Which which) {
    if (const auto& recording = d->recorder.recording())
        return recording->momentAt(at, which);
    return withoutRecording<std::optional<domain::Moment>>();
}

QFuture<store::Answer<std::vector<store::FindingSpan>>> Desk::findingsBetween(pg::Timestamp from, pg::Timestamp to) {
    if (const auto& recording = d->recorder.recording())
        return recording->findings(from, to);
    return withoutRecording<std::vector<store::FindingSpan>>();
}

void Desk::showMoment(const domain::Moment& moment) {
    if (!moment.snapshot)
        return;
    ++d->wantedInstant;
    d->past = moment;
    if (!d->past->diagnosis)
        d->past->diagnosis = std::make_shared<domain::Diagnosis>();
    d->tellInstant();
}

QFuture<store::Answer<bool>> Desk::showInstant(pg::Timestamp at, store::Which which) {
    auto promise = std::make_shared<QPromise<store::Answer<bool>>>();
    promise->start();
    links::whenDone(
        momentAt(at, which), this,
        [this, promise, wanted = ++d->wantedInstant](const store::Answer<std::optional<domain::Moment>>& answer) {
            store::Answer<bool> told = false;
            if (const auto* failure = std::get_if<store::Failure>(&answer)) {
                told = *failure;
            } else if (const auto& moment = std::get<0>(answer); moment && wanted == d->wantedInstant) {
                showMoment(*moment);
                told = true;
            }
            promise->addResult(std::move(told));
            promise->finish();
        });
    return promise->future();
}

void Desk::showLive() {
    ++d->wantedInstant;
    if (!d->past || d->capsule)
        return;
    d->past.reset();
    d->tellInstant();
}

std::optional<pg::Timestamp> Desk::shownInstant() const {
    return d->past ? std::optional(d->past->snapshot->takenAt) : std::nullopt;
}

domain::SnapshotPtr Desk::liveSnapshot() const {
    return d->snapshot;
}

void DeskPrivate::tellInstant() {
    if (!past)
        pastTimeline.clear();
    readPastTimeline();
    Q_EMIT q->instantChanged();
    if (const domain::SnapshotPtr shown = q->snapshot())
        Q_EMIT q->snapshotReady(shown);
}

} // namespace desk
