// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace domain {

/// Which tables a work queue has. Others made them too, in schemas of their own; what they lack is probed, not assumed.
enum class WorkGeneration {
    None,
    LeaseOnly, ///< G1: a lease (vt) and nothing else says whether a message is held
    States,    ///< G2: ready and claimed
    Scheduled, ///< G3: and scheduled
    Pgmq,      ///< PGMQ: a table per queue, no priorities
};

/// A work queue's tables as they were found.
struct WorkInstall {
    std::string schema;
    WorkGeneration generation = WorkGeneration::None;
    bool ours = false; ///< with our functions and the tables beside
    bool hasBarriers = false;
    bool hasMarkers = false;
    bool hasLeader = false;
    bool hasDeadLetters = false;
    bool hasSettings = false;
    bool namesHolders = false; ///< claimed_by, claimed_at, last_error

    bool operator==(const WorkInstall&) const = default;
};

/// The ready messages of one priority; 0 where there are no priorities.
struct WorkBand {
    int priority = 0;
    Count ready;
    std::optional<Timestamp> oldest;

    bool operator==(const WorkBand&) const = default;
};

struct WorkQueue {
    std::string name;
    std::vector<WorkBand> bands; ///< the highest priority first; only those with messages
    std::int64_t claimed = 0;
    std::int64_t lapsed = 0; ///< of these, with a lease that has ended: due for another delivery
    std::optional<Interval> worstLapse;
    std::optional<Timestamp> nextLapse;
    std::int64_t scheduled = 0;
    std::int64_t overdue = 0; ///< of these, due: nobody has promoted them
    std::optional<Timestamp> nextDue;
    std::int64_t poison = 0; ///< claimed more often than allowed (5 where nothing is set)
    int highestReads = 0;
    std::int64_t dead = 0;
    bool paused = false;

    Count ready() const; ///< over all bands
    std::optional<Timestamp> oldest() const;

    bool operator==(const WorkQueue&) const = default;
};

/// Who promotes, re-arms and sweeps.
struct WorkLeader {
    std::string name; ///< empty: nobody holds the lease
    Timestamp acquiredAt;

    bool operator==(const WorkLeader&) const = default;
};

struct WorkSample {
    WorkInstall install;
    std::vector<WorkQueue> queues; ///< by name
    std::optional<WorkLeader> leader;
    Timestamp takenAt;
    double serverMs = 0;
};

/// Which of a queue's messages to list.
enum class WorkPart { Ready, InFlight, Delayed, OftenRead, Dead };

struct WorkMessage {
    std::int64_t id = 0; ///< msg_id; of a dead letter its dead_id
    int priority = 0;
    std::string state;
    Timestamp enqueuedAt;
    std::optional<Timestamp> leaseEnds; ///< in flight
    std::optional<Timestamp> dueAt;     ///< delayed; of a dead letter when it died
    int reads = 0;
    std::string task; ///< the payload's task_name
    std::string holder;
    std::string error; ///< last_error; of a dead letter its reason
    std::int64_t bytes = 0;

    bool operator==(const WorkMessage&) const = default;
};

/// Where a page of messages goes on: after this one, in its band.
struct WorkPosition {
    int priority = 0;
    std::int64_t id = 0;

    bool operator==(const WorkPosition&) const = default;
};

struct WorkPage {
    std::vector<WorkMessage> rows;
    std::optional<WorkPosition> next;
    Timestamp takenAt;
};

/// A fan-out's barrier.
struct Barrier {
    enum class State { Running, Stuck, Expired, Unfinalised, OverDecremented };
    std::string execution;
    std::string organization;
    std::int64_t remaining = 0;
    std::optional<std::int64_t> total;
    std::int64_t started = 0; ///< batches with a marker
    std::int64_t epoch = 0;
    Timestamp createdAt;
    Timestamp progressAt;
    Timestamp expiresAt;

    /// stuckAfter: without progress for so long.
    State state(Timestamp now, Interval stuckAfter) const;

    bool operator==(const Barrier&) const = default;
};

struct Barriers {
    std::vector<Barrier> rows;      ///< the longest without progress first, at most 500
    std::int64_t orphanMarkers = 0; ///< executions with markers and no barrier, at most 200
    Timestamp takenAt;
};

/// One batch of an execution, and what says how far it is.
struct BarrierBatch {
    enum class State {
        NotStarted, ///< no marker
        Running,    ///< a marker, and a live lease on its message
        Finished,   ///< its marker says that it was counted
        Lost,       ///< a marker, but no live lease: whoever ran it is gone, or its lease has lapsed
        Unknown,    ///< a marker; where markers do not say what was finished
    };
    std::int64_t index = 0;
    State state = State::NotStarted;
    std::optional<Timestamp> startedAt;
    std::optional<Timestamp> finishedAt;
    std::optional<std::int64_t> message; ///< its live message

    bool operator==(const BarrierBatch&) const = default;
};

struct BarrierDetail {
    std::vector<BarrierBatch> batches; ///< by index, at most 2,000
    Timestamp takenAt;
};

} // namespace domain
