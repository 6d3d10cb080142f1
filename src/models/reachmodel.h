// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/queuedetail.h"
#include "models/columnmakers.h"

namespace models {

/// How far a consumer is with one event.
struct ReachLine {
    domain::EventReach reach;

    std::string key() const { return reach.consumer; }

    bool operator==(const ReachLine&) const = default;
};

std::vector<Column<ReachLine>> reachColumns();

/// Why an event is in the window it is in, or in none yet: which ticks could not see it, which one did.
QString storyText(const domain::EventStory& story, const domain::EventRow& event, const QTimeZone& zone);

/// The same, against the window between two ticks as a subscription gets it: whether the event is in it, and else why
/// not.
QString whyNotText(const domain::EventStory& story, const domain::EventRow& event, std::int64_t lastTick,
                   std::int64_t nextTick, std::int32_t subId, const QTimeZone& zone);

} // namespace models
