// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "queries/workshape.h"

#include <vector>

// The questions a sample of a work queue consists of, one by one, so that each can be measured. Not for other folders.
namespace queries::detail {

struct WorkBandRow {
    std::string queue;
    domain::WorkBand band;
    std::optional<pg::Timestamp> nextLapse; ///< without states
};

struct WorkHeldRow {
    std::string queue;
    int priority = 0;
    std::int64_t claimed = 0;
    std::int64_t lapsed = 0;
    std::optional<pg::Interval> worstLapse;
    std::optional<pg::Timestamp> nextLapse;
};

struct WorkReadsRow {
    std::string queue;
    domain::WorkReads reads;
};

/// Every band by what an index of this generation can tell.
pg::Call<std::vector<WorkBandRow>> workBands(const WorkShape& shape);

/// In flight by queue and priority, where a state says so: so many at most, which is more than workers ever hold.
pg::Call<std::vector<WorkHeldRow>> workHeld(const WorkShape& shape);

/// Delayed messages of each queue: name, scheduled, overdue and nextDue are filled in.
pg::Call<std::vector<domain::WorkQueue>> workScheduled(const WorkShape& shape);

/// What was claimed more than once. Without an index for it only where such messages gather: in flight, and at the
/// front of a band, where a failed one returns to.
pg::Call<std::vector<WorkReadsRow>> workReads(const WorkShape& shape);

/// Executions with markers and no barrier: at most 200, among the first 10,000.
pg::Call<std::int64_t> workOrphans(const WorkShape& shape);

} // namespace queries::detail
