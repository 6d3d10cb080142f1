// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/madesnapshots.h"
#include "store/answers.h"

template <class T>
std::optional<store::Failure::Kind> failureKind(QFuture<store::Answer<T>> future) {
    const auto answer = result(std::move(future));
    const auto* failure = std::get_if<store::Failure>(&answer);
    return failure ? std::optional(failure->kind) : std::nullopt;
}

/// The shop, so many seconds later; events come at a rate that changes with the second.
inline domain::Moment shopAt(double second, pg::Clock::time_point began = {}) {
    auto snapshot = made::shop();
    const auto at = pg::Interval(std::int64_t(second * 1e6));
    snapshot->takenAt += at;
    snapshot->receivedAt = began + at;
    snapshot->number = std::uint64_t(second) + 1;
    for (domain::Queue& queue : snapshot->queues) {
        if (queue.eventSeqNow)
            queue.eventSeqNow = *queue.eventSeqNow + std::int64_t(second * 100);
        queue.dead = domain::Count{std::int64_t(second) % 60, false, snapshot->takenAt};
    }
    snapshot->buildIndex();
    return {snapshot, std::make_shared<domain::Diagnosis>(made::shopFindings())};
}
