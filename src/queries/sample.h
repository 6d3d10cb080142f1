// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "queries/look.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace queries {

/// From where a sample may leave out what did not change.
struct Since {
    std::int64_t horizon = 0; ///< oldest transaction still running when the earlier sample was taken

    bool operator==(const Since&) const = default;
};

/// Says whether a set of rows is the one the reader has: count and mix of the keys.
struct KeyCheck {
    std::int64_t count = 0;
    std::int64_t sum = 0;
    std::int64_t mix = 0;

    void add(std::int32_t high, std::int32_t low);
    bool operator==(const KeyCheck&) const = default;
};

/// What the core sample found: all rows, or those that changed since an earlier one.
struct CoreSample {
    domain::Timestamp takenAt; ///< the server's clock
    Since since;               ///< for the next sample
    bool inRecovery = false;
    std::string install; ///< as Capabilities::install has it
    std::optional<domain::Timestamp> replayedAt;
    bool full = false;  ///< all rows are here
    KeyCheck queueKeys; ///< of all rows there are, whether sent or not
    KeyCheck subscriptionKeys;
    std::vector<domain::Queue> queues;               ///< in no order, without what subscriptions tell
    std::vector<domain::Subscription> subscriptions; ///< in no order
};

/// The core sample's questions inside a look. It reads ordinary tables only, which any role may that sees the schema.
struct CoreQuestions {
    std::size_t head = 0;
    std::size_t queues = 0;
    std::size_t subscriptions = 0;
    Asked<pg::Timestamp> end;
    bool full = false;
};

/// Asks for queues with their newest tick and one up to 20 ticks earlier, and for all subscriptions with the ticks
/// they stand on. With `since`, only rows that a transaction wrote which the earlier sample could not see: at 1,000
/// queues and 11,000 subscriptions a tenth of the bytes and a sixth of the time. Columns that this install lacks are
/// read as their default.
CoreQuestions askCore(Look& look, const domain::Capabilities& capabilities, std::optional<Since> since,
                      Limits limits = {});

/// False: transaction ids went back since, as they do when another server answers than before. What changed is not
/// known then, and everything has to be read anew.
bool goesOn(const CoreSample& sample, const Since& since);

/// Throws pg::Error.
CoreSample readCore(const Answers& answers, const CoreQuestions& questions);

/// Milliseconds the server spent on the core sample, by its own clock, its transaction's beginning included: what it
/// found was so at one moment of these. Throws pg::Error.
double coreServerMs(const Answers& answers, const CoreQuestions& questions);

/// A group, or a normal consumer, alone with its queue: cheap enough to be asked several times a second.
struct TrackSample {
    domain::Timestamp takenAt; ///< the server's clock
    double serverMs = 0;       ///< what was found was so at one moment of these, up to takenAt
    std::vector<domain::Queue> queues;
    std::vector<domain::Subscription> subscriptions;
    /// The newest batch id drawn in this database before that moment, and after it; empty: no right to see.
    std::optional<std::int64_t> tokenBefore;
    std::optional<std::int64_t> tokenAfter;
};

/// Throws pg::Error.
TrackSample trackSample(pg::Connection& connection, const domain::Capabilities& capabilities, std::int32_t queueId,
                        std::int32_t subId, pg::Deadline deadline);

/// The last value of a queue's event sequence.
struct SequenceValue {
    std::int32_t queueId = 0;
    std::int64_t value = 0; ///< 0: nothing was ever drawn from it
};

/// Asks for the event sequences of some queues (at most 500 a call, so that one failure greys few cells). A sequence
/// that is missing, or that this role may not read, has no row. One that somebody holds exclusively (an uncommitted
/// drop_queue) makes the whole statement fail, unless avoidLocked: then it has no row either, for the price of
/// reading pg_locks.
pg::Call<std::vector<SequenceValue>> sequenceValues(std::span<const std::int64_t> queueIds, bool avoidLocked);

} // namespace queries
