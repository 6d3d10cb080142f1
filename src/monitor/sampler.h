// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "monitor/firstseen.h"
#include "monitor/ownersessions.h"
#include "monitor/pace.h"
#include "queries/activity.h"
#include "queries/counts.h"
#include "queries/sample.h"
#include "queries/upkeep.h"

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
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
        std::chrono::seconds countsEvery{10}; ///< retries, dead letters and the upkeep, each at a pace of its own
        std::chrono::seconds activityEvery{2};
        std::chrono::seconds completeEvery{60};
    };

    /// The core is queues, subscriptions and ticks; the rest is optional.
    enum class Extent { Whole, Core };

    Sampler()
        : Sampler(Options()) {}

    explicit Sampler(Options options);

    /// How workers name their sessions, see applicationName().
    void setNameRule(std::string rule) { m_owners.setRule(std::move(rule)); }

    /// The next sample is complete: another server, another connection, other rights.
    void reset();

    /// One round trip (the first one, and one that finds new queues, two). The core part failing throws pg::Error and
    /// changes nothing; every other part's failure, or that it was not asked for, is an entry in the snapshot's errors.
    /// Of another install than before nothing is carried on. 3F000: the capabilities are of an install that is no more.
    domain::SnapshotPtr sample(pg::Connection& connection, const domain::Capabilities& capabilities,
                               pg::Deadline deadline, Extent extent = Extent::Whole);

private:
    struct Asking;

    /// A part of the sample with a beat of its own.
    struct Beat {
        Pace pace;
        std::optional<domain::PartError> error; ///< stands until it is asked again
    };

    /// The server's clock before and after a part.
    using Timed = std::pair<queries::Asked<pg::Timestamp>, queries::Asked<pg::Timestamp>>;
    using Positions = std::unordered_map<std::uint64_t, std::size_t>;

    void forget();
    bool merge(queries::CoreSample&& core, domain::Snapshot& next);
    void takeQueue(domain::Queue&& queue, domain::Snapshot& next, bool& moved);
    void takeSubscription(domain::Subscription&& row, domain::Snapshot& next, bool& moved);
    void order(domain::Snapshot& next);
    static void findLowestTicks(domain::Snapshot& next);
    domain::Queue* place(std::int32_t queueId, domain::Snapshot& next) const;
    void askSequences(queries::Look& look, Asking& asking, const std::vector<std::int64_t>& queueIds) const;
    void readSequences(const queries::Answers& answers, const Asking& asking, domain::Snapshot& next);
    void readMissingSequences(pg::Connection& connection, domain::Snapshot& next, pg::Deadline deadline);
    void askOthers(queries::Look& look, Asking& asking, const domain::Capabilities& capabilities,
                   pg::Clock::time_point now);
    void readOthers(const queries::Answers& answers, const Asking& asking, domain::Snapshot& next);
    void readRetries(const queries::Answers& answers, const Asking& asking, domain::Snapshot& next) const;
    void readDead(const queries::Answers& answers, const Asking& asking, domain::Snapshot& next) const;
    template <class Read>
    static void read(Beat& beat, const char* part, const queries::Answers& answers, const Timed& timed, Read take);
    void addCost(const queries::Answers& answers, int statements, pg::Clock::time_point started,
                 domain::Snapshot& next) const;

    Options m_options;
    OwnerSessions m_owners;
    FirstSeen m_firstSeen;
    std::shared_ptr<const domain::Snapshot> m_last;
    Positions m_queueAt;
    Positions m_subscriptionAt;
    std::optional<queries::Since> m_since;
    pg::Clock::time_point m_completeAt;
    Beat m_retries;
    Beat m_dead;
    Beat m_upkeep;
    Beat m_activity;
    pg::Clock::time_point m_avoidLockedUntil;
    std::uint64_t m_number = 0;
};

} // namespace monitor
