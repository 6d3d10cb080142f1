// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "monitor/ownersessions.h"
#include "queries/activity.h"
#include "queries/counts.h"
#include "queries/sample.h"
#include "queries/upkeep.h"

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace monitor {

/// Turns looks at one server into snapshots. After a first complete sample it asks only for what changed and proves
/// with each sample that it has every row; once a minute, or when the proof fails, it reads everything again.
///
/// Lives where the connection lives, away from the window; what it publishes is immutable.
class Sampler {
public:
    struct Options {
        queries::Limits limits;
        std::chrono::seconds countsEvery{10}; ///< the upkeep's too; doubled while counting costs more than 50 ms
        std::chrono::seconds activityEvery{2};
        std::chrono::seconds completeEvery{60};
    };

    Sampler() = default;

    explicit Sampler(Options options)
        : m_options(options) {}

    /// How workers name their sessions, see applicationName().
    void setNameRule(std::string rule) { m_owners.setRule(std::move(rule)); }

    /// The next sample is complete: another server, another connection, another schema.
    void reset();

    /// One round trip (the first one, and one that finds new queues, two). The core part failing throws pg::Error and
    /// changes nothing; every other part's failure is an entry in the snapshot's errors.
    domain::SnapshotPtr sample(pg::Connection& connection, const domain::Capabilities& capabilities,
                               pg::Deadline deadline);

private:
    struct Asking;
    using Positions = std::unordered_map<std::uint64_t, std::size_t>;

    bool merge(queries::CoreSample&& core, domain::Snapshot& next);
    void takeQueue(domain::Queue&& queue, domain::Snapshot& next, bool& moved);
    void takeSubscription(domain::Subscription&& row, domain::Snapshot& next, bool& moved);
    void order(domain::Snapshot& next);
    static void findLowestTicks(domain::Snapshot& next);
    void askSequences(queries::Look& look, Asking& asking, const std::vector<std::int64_t>& queueIds) const;
    void readSequences(const queries::Answers& answers, const Asking& asking, domain::Snapshot& next);
    void readMissingSequences(pg::Connection& connection, domain::Snapshot& next, pg::Deadline deadline);
    void askCounts(queries::Look& look, Asking& asking, const domain::Capabilities& capabilities);
    void readCounts(const queries::Answers& answers, const Asking& asking, domain::Snapshot& next);
    void readRetries(const queries::Answers& answers, const Asking& asking, domain::Snapshot& next);
    void readUpkeep(const queries::Answers& answers, const Asking& asking, domain::Snapshot& next);
    void addCost(const queries::Answers& answers, int statements, pg::Clock::time_point started,
                 domain::Snapshot& next) const;

    Options m_options;
    OwnerSessions m_owners;
    std::shared_ptr<const domain::Snapshot> m_last;
    Positions m_queueAt;
    Positions m_subscriptionAt;
    std::optional<queries::Since> m_since;
    pg::Clock::time_point m_completeAt;
    pg::Clock::time_point m_countsAt;
    pg::Clock::time_point m_activityAt;
    std::chrono::seconds m_countsEvery{0};
    pg::Clock::time_point m_avoidLockedUntil;
    std::vector<domain::PartError> m_slowErrors; ///< of the counts, until the next counting
    std::uint64_t m_number = 0;
};

} // namespace monitor
