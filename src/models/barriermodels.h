// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"
#include "models/columnmakers.h"
#include "models/mark.h"

namespace models {

struct BarrierLine {
    domain::Barrier barrier;
    std::int64_t lost = 0; ///< batches known to be, where its batches were looked at

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

/// Batches that are not counted by themselves any more: without a header, left by whoever ran them, or begun and not
/// counted though nobody holds them.
std::int64_t lostOf(const domain::BarrierDetail& detail);

/// What says how far a batch is: its marker, its message.
QString evidenceOf(const domain::BarrierBatch& batch, pg::Timestamp now);

/// How far a batch is, in a word and a sentence.
Mark markOf(const domain::BarrierBatch& batch);

} // namespace models
