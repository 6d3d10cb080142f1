// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"
#include "models/columnmakers.h"
#include "models/mark.h"

namespace models {

struct WorkQueueLine {
    domain::WorkQueue queue;

    std::string key() const { return queue.name; }

    bool operator==(const WorkQueueLine&) const = default;
};

/// What needs attention about a queue, in a word: lapsed leases and overdue promotions say that nobody re-arms.
Mark markOf(const domain::WorkQueue& queue, pg::Timestamp now);

/// "9: 3 · 5: 1 000+": the ready messages by priority.
QString bandText(const domain::WorkQueue& queue);

std::vector<Column<WorkQueueLine>> workQueueColumns();

struct WorkMessageLine {
    domain::WorkMessage message;

    std::string key() const { return std::to_string(message.id); }

    bool operator==(const WorkMessageLine&) const = default;
};

std::vector<Column<WorkMessageLine>> workMessageColumns();

struct BarrierLine {
    domain::Barrier barrier;

    std::string key() const { return barrier.execution; }

    bool operator==(const BarrierLine&) const = default;
};

/// Without progress for so long a barrier is called stuck; the original's sweeper uses the same.
inline constexpr pg::Interval barrierStuckAfter = std::chrono::seconds(9'000);

std::vector<Column<BarrierLine>> barrierColumns();

struct BatchLine {
    domain::BarrierBatch batch;

    std::string key() const { return std::to_string(batch.index); }

    bool operator==(const BatchLine&) const = default;
};

std::vector<Column<BatchLine>> batchColumns();

/// "3 done, 1 running, 1 lost, 3 not started", and what that says.
QString verdictOf(const domain::BarrierDetail& detail);

/// "workqueue (ours)", "app: G2 …".
QString installText(const domain::WorkInstall& install);

} // namespace models
