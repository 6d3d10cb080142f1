// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/workqueues.h"

#include <algorithm>

namespace domain {

Count WorkQueue::ready() const {
    Count sum;
    for (const WorkBand& band : bands) {
        sum.value += band.ready.value;
        sum.capped = sum.capped || band.ready.capped;
        sum.takenAt = band.ready.takenAt;
    }
    return sum;
}

std::optional<Timestamp> WorkQueue::oldest() const {
    std::optional<Timestamp> oldest;
    for (const WorkBand& band : bands) {
        if (band.oldest)
            oldest = std::min(oldest.value_or(*band.oldest), *band.oldest);
    }
    return oldest;
}

std::int64_t WorkQueue::redeliveries() const {
    std::int64_t sum = 0;
    for (const WorkReads& one : reads)
        sum += (one.reads - 1) * one.messages;
    return sum;
}

Barrier::State Barrier::state(Timestamp now, Interval stuckAfter) const {
    if (remaining < 0)
        return State::OverDecremented;
    if (expiresAt < now)
        return State::Expired;
    if (remaining == 0)
        return State::Unfinalised;
    return progressAt + stuckAfter < now ? State::Stuck : State::Running;
}

} // namespace domain
