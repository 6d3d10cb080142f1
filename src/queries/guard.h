// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/statement.h"
#include "pg/time.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What surrounds an action's call: the transaction with its bounds, the comparison with what was seen, and the
// transaction id by which a lost commit is settled.
namespace queries {

/// A row of pgque.subscription as one statement found it.
struct SubscriptionState {
    std::int32_t queueId = 0;
    std::string queue;
    std::int32_t consumerId = 0;
    std::string consumer; ///< "group.member" for a member
    std::int32_t subId = 0;
    std::string role;
    std::optional<std::int64_t> batch;
    std::optional<std::int64_t> lastTick;
    std::optional<std::int64_t> nextTick;
    pg::Timestamp active;

    bool operator==(const SubscriptionState&) const = default;
};

/// Which subscriptions: those of these consumers on the queue, and the one that holds the batch.
struct Watch {
    std::string queue;
    std::vector<std::string> consumers; ///< full names
    std::optional<std::int64_t> batch;
};

[[nodiscard]] pg::Call<std::vector<SubscriptionState>> subscriptionStates(const Watch& watch);

/// How much a consumer (for a member: its group) has given back.
struct GivenBack {
    std::int64_t retries = 0;     ///< rows in the retry queue
    std::int64_t deadLetters = 0; ///< of this queue
};

/// The difference of two of these in one repeatable read transaction is what the calls between them did: nobody
/// else's rows come into view.
[[nodiscard]] pg::Call<GivenBack> givenBack(const Watch& watch);

[[nodiscard]] pg::Statement beginRepeatableRead();
[[nodiscard]] pg::Statement beginReadCommitted();
[[nodiscard]] pg::Statement commit();
[[nodiscard]] pg::Statement rollback();

/// Bounds for the transaction that has begun: each lock wait, each statement, and how long it may stay open idle,
/// so that nothing stays locked when this program vanishes.
[[nodiscard]] std::vector<pg::Statement> bounds(std::chrono::milliseconds lockTimeout,
                                                std::chrono::milliseconds statementTimeout,
                                                std::chrono::milliseconds idleTimeout);

/// The transaction's id, empty while it has written nothing.
[[nodiscard]] pg::Call<std::optional<std::string>> assignedXid();

/// Which history of which server this is: system identifier and timeline. Fails where the role may not ask, and on a
/// standby.
[[nodiscard]] pg::Call<std::string> clusterIdentity();

} // namespace queries
