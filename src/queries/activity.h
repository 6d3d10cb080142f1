// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "queries/look.h"

namespace queries {

/// Who holds or waits for the queue's own rows, who has a transaction open, what is prepared.
/// So many sessions are listed at most.
inline constexpr int backendsAtMost = 2'000;

struct ActivityQuestions {
    Asked<domain::Timestamp> began;
    Asked<std::vector<domain::RowLock>> rowLocks;
    Asked<std::vector<domain::Backend>> backends;
    Asked<std::vector<domain::PreparedTransaction>> prepared;
    Asked<std::vector<domain::EventTableLock>> eventLocks;
    Asked<domain::Timestamp> clock;
};

/// Asks in one part. Needs no privilege; without pg_read_all_stats state and times of other users' sessions are empty.
///
/// Snapshots are cluster-wide, so sessions of other databases are listed when they hold a transaction open.
ActivityQuestions askActivity(Look& look, Limits limits = {});

/// Throws pg::Error.
domain::Activity readActivity(const Answers& answers, const ActivityQuestions& questions);

} // namespace queries
