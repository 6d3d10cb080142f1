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

} // namespace models
