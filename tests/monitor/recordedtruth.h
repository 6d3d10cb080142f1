// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connection.h"
#include "pg/time.h"
#include "sandbox/deeds.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

/// Something took effect at one moment of these; the test and the server read the same machine's clock.
struct Span {
    pg::Timestamp from;
    pg::Timestamp to;
};

/// What really became of a batch.
struct RealBatch {
    enum class End { Open, Acknowledged, TakenOver, ForcedOut, Unexplained };

    std::int32_t queueId = 0;
    std::int32_t subId = 0;
    std::string owner;
    std::int64_t lastTick = 0;
    std::int64_t nextTick = 0;
    Span began;
    End end = End::Open;
    Span ended;
    std::int64_t next = 0; ///< TakenOver: the token right after it on the window
    int takeovers = 0;     ///< of the window before it
};

/// Writes down what workers say of themselves, and has the database write down which window each token is for.
class RecordedTruth {
public:
    /// Prepares the database, before anybody works in it.
    explicit RecordedTruth(pg::Connection& owner);

    void add(const sandbox::Deed& deed);
    /// A member was unregistered by force while it held this token.
    void forcedOut(std::int64_t token, Span when);

    /// How many batches somebody got that is registered so.
    int received(const std::string& consumer) const;

    /// All of it, once nobody works any more. Batches that began later than `until` may be missing. Contradictions
    /// between the two records are told in `wrong`.
    std::map<std::int64_t, RealBatch> batches(pg::Connection& connection, pg::Timestamp until,
                                              std::vector<std::string>& wrong) const;

    static Span spanOf(const pgque::BatchStep& step);

private:
    mutable std::mutex m_mutex;
    std::vector<sandbox::Deed> m_deeds;
    std::map<std::int64_t, Span> m_forcedOut;
};
