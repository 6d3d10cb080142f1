// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connection.h"
#include "queries/guard.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What the stepper needs beside the queue's API: a queue's whole state in one look, who waits for whose row, and a
// place of its own that can be told from everybody else's and found again after a crash.
namespace queries {

/// A tick of the queue.
struct SteppedTick {
    std::int64_t id = 0;
    pg::Timestamp at;
    std::int64_t sequence = 0;
};

/// An event that was given back, waiting or dead.
struct GivenBackEvent {
    std::string consumer; ///< the group's name, not the member's
    std::int64_t id = 0;
    int retry = 0;
    std::optional<pg::Timestamp> due; ///< of a retry; empty: a dead letter
    std::string reason;               ///< of a dead letter
};

/// One queue as committed at one moment.
struct SteppedQueue {
    pg::Timestamp now;
    std::vector<SubscriptionState> subscriptions;
    std::vector<SteppedTick> ticks; ///< oldest first, the newest `ticks` of them
    std::vector<GivenBackEvent> givenBack;
};

/// Reads it in one round trip. Throws pg::Error.
[[nodiscard]] SteppedQueue steppedQueue(pg::Connection& connection, std::string_view queue, int ticks,
                                        pg::Deadline deadline);

/// The subscriptions alone, as the connection's own transaction sees them.
[[nodiscard]] pg::Call<std::vector<SubscriptionState>> steppedSubscriptions(std::string_view queue);

/// A backend that waits for a lock.
struct LockWait {
    int pid = 0;
    std::vector<int> blockedBy;
    std::string lock;        ///< "transactionid", "tuple", …: what pg_locks calls it
    std::string row;         ///< the consumer whose subscription row it is about, where that is known
    pg::Timestamp waitStart; ///< since when
};

/// Of these backends the ones that wait.
[[nodiscard]] pg::Call<std::vector<LockWait>> lockWaits(std::span<const std::int64_t> pids);

/// The transaction's time: what now() says in it.
[[nodiscard]] pg::Call<pg::Timestamp> transactionTime();

/// Puts everything that waits on the queue into the past. Needs the rights of the schema's owner, as the next two.
[[nodiscard]] pg::Call<std::int64_t> makeRetriesDue(std::string_view queue);

/// Makes a heartbeat older by so much; "group.member". False when there is no such row.
[[nodiscard]] pg::Call<bool> makeHeartbeatOlder(std::string_view queue, std::string_view consumer, pg::Interval by);

/// Makes the queue due for rotation.
[[nodiscard]] pg::Call<bool> makeRotationDue(std::string_view queue);

/// Ends a backend as a crash would: nothing of its transaction remains. False when it is gone already.
[[nodiscard]] pg::Call<bool> endBackend(int pid);

[[nodiscard]] pg::Call<bool> backendIsThere(int pid);

/// Says, until the connection ends, that somebody works on this scratch queue. False when somebody else does.
[[nodiscard]] pg::Call<bool> claimScratchQueue(std::string_view queue);

[[nodiscard]] pg::Call<void> releaseScratchQueue(std::string_view queue);
[[nodiscard]] pg::Call<bool> scratchQueueExists(std::string_view queue);

/// For a worker's own connection: it may wait as long as a person looks, in an open transaction too, and its backend
/// ends within a second when the program behind it has gone, also in the middle of a wait.
[[nodiscard]] pg::Statement workerSettings();

/// Queues whose names begin so, of which nobody says that he works on them.
[[nodiscard]] pg::Call<std::vector<std::string>> abandonedQueues(std::string_view prefix);

} // namespace queries
