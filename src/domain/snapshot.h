// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/capabilities.h"
#include "pg/error.h"
#include "pg/time.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace domain {

using pg::Interval;
using pg::Timestamp;

/// A tick as the tick table holds it; xmin and xmax are the bounds of its snapshot (xmax 0: not asked for).
struct Tick {
    std::int64_t id = 0;
    Timestamp time;
    std::int64_t eventSeq = 0;
    std::int64_t xmin = 0;
    std::int64_t xmax = 0;

    bool operator==(const Tick&) const = default;
};

/// A number counted on a slower beat than the core sample: it has an age of its own and may stop at a cap.
struct Count {
    std::int64_t value = 0;
    bool capped = false; ///< the real number is at least value
    Timestamp takenAt;

    bool operator==(const Count&) const = default;
};

/// One row of pgque.queue with what the core sample knows about it.
struct Queue {
    std::int32_t id = 0;
    std::string name;
    std::int32_t tableCount = 3;
    std::int32_t currentTable = 0;
    Interval rotationPeriod{};
    Timestamp switchTime;
    std::int64_t switchStep1 = 0;
    std::optional<std::int64_t> switchStep2; ///< empty while rotation waits for its second step
    bool externalTicker = false;
    bool insertDisabled = false;
    bool tickerPaused = false;
    std::int32_t tickerMaxCount = 500;
    Interval tickerMaxLag{};
    Interval tickerIdlePeriod{};
    std::optional<std::int32_t> maxRetries; ///< empty means the default, 5
    std::string dataPrefix;                 ///< e.g. pgque.event_3
    std::string eventSequence;
    std::string tickSequence;

    std::optional<Tick> lastTick;
    std::optional<Tick> earlierTick;         ///< up to 20 ticks before the last, for the rate
    std::optional<std::int64_t> eventSeqNow; ///< last value of the event sequence; empty: not known (own beat)
    std::optional<Count> retry;              ///< rows waiting in retry_queue
    std::optional<Count> retryDue;           ///< of these, due now
    std::optional<Timestamp> oldestRetryDue;
    std::optional<Count> retryAhead;   ///< due within the next ten minutes
    std::optional<Count> retryLastTry; ///< of those that wait: given back once more, they die
    std::optional<Count> dead;         ///< rows in dead_letter
    std::optional<Timestamp> newestDead;

    // The lowest position of any subscription, which rotation must not overtake.
    std::optional<Tick> lowestTick;
    bool lowestTickMissing = false; ///< a subscription stands on a tick that is gone

    std::int32_t effectiveMaxRetries() const { return maxRetries.value_or(5); }

    bool operator==(const Queue&) const = default;
};

enum class Role { Normal, CoopMain, CoopMember, Unknown };

/// One row of pgque.subscription with its consumer's name and the ticks it stands on.
struct Subscription {
    std::int32_t queueId = 0;
    std::int32_t consumerId = 0;
    std::string consumerName; ///< for a coop_member "consumer.subconsumer"
    std::int32_t subId = 0;   ///< shared by all rows of a cooperative group
    Role role = Role::Normal;
    std::string roleText; ///< as stored
    std::optional<std::int64_t> lastTick;
    std::optional<std::int64_t> nextTick;
    std::optional<std::int64_t> batch;
    Timestamp active; ///< sub_active, the heartbeat

    std::optional<Timestamp> lastTickTime; ///< empty when there is no such tick
    std::optional<std::int64_t> lastTickSeq;
    std::optional<std::int64_t> lastTickXmin;
    std::optional<Timestamp> nextTickTime;
    std::optional<std::int64_t> nextTickSeq;

    std::optional<Timestamp> batchSince;     ///< our own schema only
    std::optional<std::int32_t> takeovers;   ///< our own schema only
    std::optional<Timestamp> batchFirstSeen; ///< when this console first saw the batch open (server clock)

    /// Events between the window's ticks by sequence arithmetic: an estimate, forced ticks and rollbacks inflate it.
    std::optional<std::int64_t> windowEstimate() const {
        if (!nextTickSeq || !lastTickSeq)
            return std::nullopt;
        return *nextTickSeq - *lastTickSeq;
    }

    bool operator==(const Subscription&) const = default;
};

/// A session of the server as far as this role may see it.
struct Backend {
    std::int32_t pid = 0;
    std::string user;
    std::string application;
    std::string database;
    std::string state;                ///< "active", "idle in transaction", ...; empty: no right to see
    std::string waitEvent;            ///< "Lock: tuple"; empty when it does not wait
    std::optional<Timestamp> started; ///< with the pid it names the session for good; empty: no right to see
    std::optional<Timestamp> transactionSince;
    std::optional<Timestamp> stateSince;
    std::optional<std::int64_t> xid;  ///< of its writing transaction; 32 bits, as pg_stat_activity shows it
    std::optional<std::int64_t> xmin; ///< oldest transaction it may still look at; 32 bits
    /// What its last statement asked receive() or receive_coop() for, as written there: "'orders', $1, 10".
    std::string receiveArguments;

    bool operator==(const Backend&) const = default;
};

/// A subscription row that a transaction has locked or changed without having committed: a batch that is being taken
/// or finished right now, or a worker that handles messages inside its fetching transaction.
struct RowLock {
    std::int32_t queueId = 0;
    std::int32_t consumerId = 0;
    std::int32_t pid = 0; ///< 0: a prepared transaction
    std::string application;
    std::string state;
    std::optional<Timestamp> since;    ///< start of its transaction
    std::vector<std::int32_t> waiting; ///< sessions that wait for this transaction
    std::string transaction{};         ///< its id
    bool sinceIsLeast = false;         ///< there is no right to see the start: when it was first seen

    bool operator==(const RowLock&) const = default;
};

/// A transaction prepared for two-phase commit.
struct PreparedTransaction {
    std::string gid;
    std::string owner;
    std::string database;
    Timestamp preparedAt;
    std::int64_t xid = 0; ///< 32 bits

    bool operator==(const PreparedTransaction&) const = default;
};

/// A transaction's hold on one of the tables that hold a queue's events.
struct EventTableLock {
    std::int32_t queueId = 0;
    std::optional<std::int32_t> table; ///< its number in the ring; empty: the parent of all
    std::int32_t pid = 0;              ///< 0: a prepared transaction
    std::string application;
    std::string state;
    std::optional<Timestamp> since; ///< start of its transaction
    bool writes = false;            ///< it has sent events
    std::string transaction{};      ///< "backend/number", which no other transaction has as long as it runs
    bool sinceIsLeast = false;      ///< there is no right to see the start: when it was first seen

    bool operator==(const EventTableLock&) const = default;
};

/// The sessions that carry the name a subscription's worker gives its own, by the rule the person has set: a name, no
/// proof.
struct OwnerSession {
    std::int32_t queueId = 0;
    std::int32_t consumerId = 0;
    std::string application;             ///< the name
    std::vector<std::int32_t> pids;      ///< as last seen
    std::string state;                   ///< of the first; empty: no right to see
    std::optional<Timestamp> stateSince; ///< of the first
    Timestamp seenAt;                    ///< for the last time
    bool gone = false;                   ///< no session has the name any more

    bool operator==(const OwnerSession&) const = default;
};

/// Who else works on this server: asked on a slower beat, with an age of its own.
struct Activity {
    Timestamp takenAt;
    std::vector<RowLock> rowLocks;
    std::vector<Backend> backends; ///< clients of this database, and elsewhere those that hold a transaction
    std::vector<PreparedTransaction> prepared;
    std::vector<EventTableLock> eventLocks; ///< at most 1,000
    std::vector<OwnerSession> owners{};     ///< of subscriptions whose session was seen, by queue and consumer id

    /// The lock on a subscription's row, or null.
    const RowLock* lockOn(std::int32_t queueId, std::int32_t consumerId) const;
    /// The session that is named like a subscription's worker, or null.
    const OwnerSession* ownerOf(std::int32_t queueId, std::int32_t consumerId) const;
};

/// A replication slot that may keep rows from being removed.
struct Slot {
    std::string name;
    bool active = false;
    std::int64_t xmin = 0; ///< 32 bits

    bool operator==(const Slot&) const = default;
};

/// A standby whose queries are protected by hot_standby_feedback.
struct Standby {
    std::int32_t pid = 0;
    std::string application;
    std::int64_t xmin = 0; ///< 32 bits

    bool operator==(const Standby&) const = default;
};

/// Rows of one of the queue's metadata tables, by the server's statistics: estimates.
struct TableHealth {
    std::string table;
    std::int64_t live = 0;
    std::int64_t dead = 0;
    std::optional<Timestamp> vacuumedAt;

    bool operator==(const TableHealth&) const = default;
};

/// What keeps the queue's own tables small, and what stands in its way: asked with the counts, with an age of its own.
struct Upkeep {
    Timestamp takenAt;
    std::int64_t nextXid = 0; ///< the next transaction's id, 64 bits
    std::vector<Slot> replicationSlots;
    std::vector<Standby> standbys; ///< only those a role with pg_monitor may see
    std::vector<TableHealth> tables;
    std::int64_t ownerlessRetries = 0;  ///< owners in retry_queue that no subscription has; at most 100
    std::int64_t memberDeadLetters = 0; ///< members that dead letters stand under instead of their group; at most 100

    bool operator==(const Upkeep&) const = default;
};

/// What one sample cost.
struct SampleCost {
    double serverMs = 0;    ///< of queues, subscriptions and ticks on the server, by its own clock
    double roundTripMs = 0; ///< as seen from here
    std::int64_t bytes = 0; ///< of all values received
    int statements = 0;
    double wholeMs = 0; ///< of all that was asked along with them, likewise; 0: not measured

    bool operator==(const SampleCost&) const = default;
};

/// A part of the sample that could not be had; the rest of the snapshot stands.
struct PartError {
    std::string part; ///< e.g. "sequences", "dead letters"
    pg::Failure failure;
};

/// Everything one look at the server found, as plain values. Immutable once published; a recorded one reads the same.
struct Snapshot {
    std::uint64_t number = 0; ///< counts up within one open server
    Timestamp takenAt;        ///< the server's clock
    pg::Clock::time_point receivedAt;
    SampleCost cost;
    Capabilities capabilities;
    std::vector<Queue> queues;                ///< ordered by name
    std::vector<Subscription> subscriptions;  ///< ordered by queue, group, role, consumer name
    std::shared_ptr<const Activity> activity; ///< null before it was asked for
    std::shared_ptr<const Upkeep> upkeep;     ///< null before it was asked for
    std::vector<PartError> errors;
    std::optional<Timestamp> replayedAt; ///< a standby's: when the last transaction it has replayed was committed

    /// What the rows are so of: on a standby they are as old as what was replayed last.
    Timestamp asOf() const { return capabilities.inRecovery && replayedAt ? std::min(*replayedAt, takenAt) : takenAt; }

    const Queue* queue(std::int32_t id) const;
    const Queue* queue(const std::string& name) const;
    /// The group's main row for a member; null for other rows or when it is missing.
    const Subscription* mainOf(const Subscription& member) const;
    const Subscription* subscription(std::int32_t queueId, std::int32_t consumerId) const;

    /// Makes the look-ups above take constant time. Call it last; rows must not change their place afterwards.
    void buildIndex();

private:
    std::unordered_map<std::int32_t, std::size_t> m_queueById;
    std::unordered_map<std::string, std::size_t> m_queueByName;
    std::unordered_map<std::uint64_t, std::size_t> m_mainByGroup;            // queue and sub_id
    std::unordered_map<std::uint64_t, std::size_t> m_subscriptionByConsumer; // queue and consumer id
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// "billing" for the main row "billing" and for its member "billing.worker-3" (main's name where it is known).
std::string groupName(const Snapshot& snapshot, const Subscription& subscription);
/// "worker-3" for the member "billing.worker-3"; empty for other roles.
std::string subconsumerName(const Snapshot& snapshot, const Subscription& subscription);

} // namespace domain
