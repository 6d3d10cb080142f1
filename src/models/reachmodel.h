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

/// Why an event is in the window it is in, or in none yet: which ticks could not see it, which ones do.
QString storyText(const domain::EventStory& story, const domain::EventRow& event, const QTimeZone& zone);

/// The window between two ticks as a subscription gets it.
struct AskedWindow {
    std::int64_t lastTick = 0;
    std::int64_t nextTick = 0;
    std::int32_t subId = 0;
    std::int32_t consumerId = 0; ///< whose dead letters are the subscription's: a group's own

    /// The event is in it.
    bool holds(const domain::EventCopy& copy) const;
};

/// Whether one of an event's copies is in the window, and else why not: copies as far as the subscription can get
/// them; others: there are copies for other consumers only.
QString whyNotText(const std::vector<domain::EventCopy>& copies, bool others, const AskedWindow& window,
                   const QTimeZone& zone);

} // namespace models
