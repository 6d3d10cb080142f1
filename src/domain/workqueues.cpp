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

const WorkLook* WorkLooks::look(const std::string& schema) const {
    const auto found = std::find_if(installs.begin(), installs.end(),
                                    [&](const WorkLook& one) { return one.sample.install.schema == schema; });
    return found == installs.end() ? nullptr : &*found;
}

const pg::Failure* WorkLooks::failure(const std::string& schema) const {
    const auto found =
        std::find_if(errors.begin(), errors.end(), [&](const PartError& one) { return one.part == schema; });
    return found == errors.end() ? nullptr : &found->failure;
}

} // namespace domain
