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
    Plain,     ///< G0: a lease (vt) says whether a message is held; no priorities
    LeaseOnly, ///< G1: priorities; a lease and nothing else says whether a message is held
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
    bool indexesReads = false; ///< an index finds what was claimed twice or more

    bool operator==(const WorkInstall&) const = default;
};

/// The messages of one priority; 0 where there are no priorities.
struct WorkBand {
    int priority = 0;
    Count ready;
    std::optional<Timestamp> oldest;    ///< of the ready ones
    std::optional<std::int64_t> headId; ///< the message that is claimed next
    int headReads = 0;
    std::int64_t claimed = 0;
    std::int64_t lapsed = 0; ///< of these, with a lease that has ended

    bool operator==(const WorkBand&) const = default;
};

/// How many messages were claimed so often.
struct WorkReads {
    int reads = 0; ///< 2 and more
    std::int64_t messages = 0;

    bool operator==(const WorkReads&) const = default;
};

struct WorkQueue {
    std::string name;
    std::vector<WorkBand> bands; ///< the highest priority first; only those with ready or claimed messages
    std::int64_t claimed = 0;
    std::int64_t lapsed = 0; ///< of these, with a lease that has ended: due for another delivery
    std::optional<Interval> worstLapse;
    std::optional<Timestamp> nextLapse;
    std::int64_t scheduled = 0; ///< counted up to 1,000
    std::int64_t overdue = 0;   ///< of these, due: nobody has promoted them
    std::optional<Timestamp> nextDue;
    std::int64_t poison = 0; ///< claimed more often than allowed (5 where nothing is set)
    int maxAttempts = 5;
    int highestReads = 0;
    std::vector<WorkReads> reads; ///< fewest reads first
    std::int64_t dead = 0;
    bool deadIsLeast = false; ///< 10,000 dead letters of the schema were looked at, and there are more
    bool paused = false;
    std::optional<int> leaseSeconds; ///< the lease that is set for the queue, where one is

    Count ready() const; ///< over all bands
    std::optional<Timestamp> oldest() const;
    /// Deliveries beyond each message's first.
    std::int64_t redeliveries() const;

    bool operator==(const WorkQueue&) const = default;
};

/// Who promotes, re-arms and sweeps.
struct WorkLeader {
    std::string name; ///< empty: nobody holds the lease
    Timestamp acquiredAt;
    std::optional<Timestamp> lastMaint; ///< our own schema: when maint() last ran, whoever called it
    std::optional<Timestamp> lastSweep;

    bool operator==(const WorkLeader&) const = default;
};

/// What the server's statistics have counted for the table of messages; they start anew when somebody resets them.
struct WorkCounters {
    std::int64_t inserted = 0;
    std::int64_t updated = 0; ///< claims, renewals, releases
    std::int64_t hotUpdated = 0;
    std::int64_t deleted = 0; ///< acknowledged, buried, purged
    std::int64_t live = 0;    ///< rows; an estimate
    std::int64_t dead = 0;    ///< row versions that vacuum has not removed; an estimate
    std::optional<Timestamp> vacuumedAt;

    bool operator==(const WorkCounters&) const = default;
};

struct WorkSample {
    WorkInstall install;
    std::vector<WorkQueue> queues; ///< by name
    std::optional<WorkLeader> leader;
    std::optional<WorkCounters> counters;
    bool readsSampled = false; ///< read counts are of what is in flight and of each band's front
    Timestamp takenAt;
    double serverMs = 0;
};

/// The delayed messages of one priority.
struct WorkDelayed {
    int priority = 0;
    Count scheduled;
    std::int64_t overdue = 0;

    bool operator==(const WorkDelayed&) const = default;
};

/// Which of a queue's messages to list.
enum class WorkPart { Ready, InFlight, Delayed, OftenRead, Poison, Dead };

struct WorkMessage {
    std::int64_t id = 0; ///< msg_id; of a dead letter its dead_id
    std::string queue;   ///< where it is not said by the question
    int priority = 0;
    std::string state;
    Timestamp enqueuedAt;
    std::optional<Timestamp> leaseEnds; ///< in flight
    std::optional<Timestamp> claimedAt; ///< in flight, where it is recorded
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
    static constexpr std::size_t most = 500;

    std::vector<Barrier> rows;      ///< the longest without progress first, not more than that
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
        Missing,    ///< no marker and no message: never sent, or gone without being run. Told only of small tables
    };
    std::int64_t index = 0;
    State state = State::NotStarted;
    std::optional<Timestamp> startedAt;
    std::optional<Timestamp> finishedAt;
    std::optional<std::int64_t> message; ///< its message, where one was found
    std::optional<Timestamp> leaseEnds;  ///< of that message, where it is held

    bool operator==(const BarrierBatch&) const = default;
};

struct BarrierDetail {
    std::vector<BarrierBatch> batches;    ///< by index, at most 2,000
    std::optional<std::int64_t> finished; ///< batches counted, which is one result each; empty: the barrier is gone
    Timestamp takenAt;
};

/// Whoever keeps the server from removing dead rows: the oldest transaction that somebody may still look at.
struct HorizonHolder {
    enum class Kind { Session, Slot, Prepared };
    Kind kind = Kind::Session;
    std::optional<std::int32_t> pid;
    std::string name;               ///< of the application, the slot, the prepared transaction
    std::int64_t transactions = 0;  ///< how many transactions it looks back over
    std::optional<Timestamp> since; ///< empty: no right to see, or a slot
    std::string state;

    bool operator==(const HorizonHolder&) const = default;
};

/// One install as the slow beat sees it.
struct WorkLook {
    WorkSample sample;
    Barriers barriers;
    std::optional<HorizonHolder> horizon;
    std::vector<WorkMessage> poison; ///< a few of the messages that were claimed too often
};

/// Every work queue of the database at one time.
struct WorkLooks {
    std::vector<WorkLook> installs;
    std::vector<PartError> errors; ///< installs that could not be looked at; the part is the schema
    Timestamp takenAt;

    /// Null: there was none, or it could not be looked at.
    const WorkLook* look(const std::string& schema) const;
    /// Why an install could not be looked at; null: it could, or there was none.
    const pg::Failure* failure(const std::string& schema) const;
};

} // namespace domain
