// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace domain {

/// A session that waits for a lock, or that others wait for.
struct LockSession {
    std::int32_t pid = 0; ///< 0: a prepared transaction
    std::string gid;      ///< of a prepared transaction; empty where it is not known which one
    std::string database; ///< empty: this one
    std::string user;
    std::string application;
    std::string state;                    ///< empty: no right to see
    std::string query;                    ///< its beginning; empty: no right to see
    std::optional<pg::Timestamp> started; ///< with the pid it names the session for good; empty: no right to see
    std::optional<pg::Timestamp> transactionSince;
    std::optional<pg::Timestamp> waitingSince; ///< empty: it does not wait
    std::string mode;                          ///< of the lock it waits for
    std::string waitsFor;                      ///< "row of billing.worker-3 on orders", "table pgque.event_1_0"
    std::string schema;                        ///< of the table concerned, where one is
    std::vector<std::int32_t> blockers;        ///< who holds it, or stands before it in the queue
    std::vector<std::string> preparedBlockers; ///< prepared transactions that hold it, by gid

    /// The same for the same session, or prepared transaction, in every answer.
    std::string key() const { return pid != 0 ? std::to_string(pid) : "prepared " + gid; }

    bool operator==(const LockSession&) const = default;
};

/// Every wait for a lock in this database, with those who are waited for.
struct LockWaits {
    std::vector<LockSession> sessions; ///< by pid
    bool more = false;                 ///< there are more than were read
    pg::Timestamp takenAt;
    double serverMs = 0;
};

/// The waits that a sample tells of: who waits for a transaction that holds a row of the queues, and who else waits for
/// a lock, whose holder is not known then. What they run, the lock's mode and since when they wait is in no sample.
/// Empty: the sample was taken before sessions were asked for.
std::optional<LockWaits> lockWaitsOf(const Snapshot& snapshot);

/// One of this program's sessions, as the server sees it.
struct OwnSession {
    std::int32_t pid = 0;
    std::string application;
    std::string state;
    bool asks = false; ///< it is the one that this was asked on: what it holds, it holds for that
    std::optional<pg::Timestamp> transactionSince;
    std::int64_t locks = 0; ///< held right now
    std::string query;

    bool operator==(const OwnSession&) const = default;
};

/// What consoles like this one cost the server right now.
struct Footprint {
    std::vector<OwnSession> sessions;
    pg::Timestamp takenAt;
};

} // namespace domain
