// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"
#include "models/columnmakers.h"
#include "models/mark.h"

namespace models {

struct WorkQueueLine {
    domain::WorkQueue queue;
    std::optional<double> change{}; ///< messages a second; empty: not known

    std::string key() const { return queue.name; }

    bool operator==(const WorkQueueLine&) const = default;
};

/// What needs attention about a queue, in a word: lapsed leases and overdue promotions say that nobody re-arms.
Mark markOf(const domain::WorkQueue& queue, pg::Timestamp now);

/// "9: 3 · 5: 1 000+": the ready messages by priority.
QString bandText(const domain::WorkQueue& queue);

std::vector<Column<WorkQueueLine>> workQueueColumns();

/// One priority of a queue.
struct WorkBandLine {
    domain::WorkBand band;
    std::optional<domain::WorkDelayed> delayed{};
    bool delayedIsKnown = true; ///< without delayed: that there are none

    std::string key() const { return std::to_string(band.priority); }

    bool operator==(const WorkBandLine&) const = default;
};

/// The queue's priorities, the highest first, with the delayed messages of each. Empty: they are not known.
std::vector<WorkBandLine> bandLines(const domain::WorkQueue& queue,
                                    const std::optional<std::vector<domain::WorkDelayed>>& delayed);

std::vector<Column<WorkBandLine>> workBandColumns();

/// One bar of the histogram of read counts.
struct WorkReadsLine {
    domain::WorkReads reads;
    double share = 0; ///< of the longest bar
    bool poison = false;

    std::string key() const { return std::to_string(reads.reads); }

    bool operator==(const WorkReadsLine&) const = default;
};

/// From two reads to the highest there is, those between that nobody has left out.
std::vector<WorkReadsLine> readsLines(const domain::WorkQueue& queue);

std::vector<Column<WorkReadsLine>> workReadsColumns();

struct WorkMessageLine {
    domain::WorkMessage message;
    std::optional<int> leaseSeconds{}; ///< what is set for the queue

    std::string key() const { return std::to_string(message.id); }

    bool operator==(const WorkMessageLine&) const = default;
};

/// How long the lease of a message in flight is, as far as it can be told: from its claim to its end, and not more than
/// is set for the queue, since a renewed lease has a later end.
std::optional<pg::Interval> leaseSpan(const WorkMessageLine& line);

/// What comes of a message in flight: held, its lease ending without a renewal, or ended: a second delivery comes.
Mark deliveryMark(const WorkMessageLine& line, pg::Timestamp now);

std::vector<Column<WorkMessageLine>> workMessageColumns();

/// For messages in flight: a clock by the time that is left of each lease.
std::vector<Column<WorkMessageLine>> workLeaseColumns();

/// "leader host:1, renewed 3 s ago · maint() 2 s ago": who re-arms and promotes.
QString reaperText(const domain::WorkLeader& leader, pg::Timestamp now);

/// "workqueue (ours)", "app: G2 …".
QString installText(const domain::WorkInstall& install);

} // namespace models
