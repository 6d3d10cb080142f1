// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "queries/look.h"

namespace queries {

/// What holds the server's horizon back, how full of dead rows the queue's metadata tables are, and rows that belong
/// to nobody.
struct UpkeepQuestions {
    Asked<domain::Timestamp> began;
    Asked<std::int64_t> nextXid;
    Asked<std::vector<domain::Slot>> replicationSlots;
    Asked<std::vector<domain::Standby>> standbys;
    Asked<std::vector<domain::TableHealth>> tables;
    std::optional<Asked<std::int64_t>> ownerlessRetries;  ///< where retry_queue may be read
    std::optional<Asked<std::int64_t>> memberDeadLetters; ///< where dead_letter may be read
    Asked<domain::Timestamp> clock;
};

/// Asks in one part. A role without pg_monitor sees no standbys.
UpkeepQuestions askUpkeep(Look& look, const domain::Capabilities& capabilities, Limits limits = {});

/// Throws pg::Error.
domain::Upkeep readUpkeep(const Answers& answers, const UpkeepQuestions& questions);

} // namespace queries
