// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "domain/workqueues.h"
#include "monitor/thresholds.h"

#include <map>
#include <optional>
#include <string>

namespace monitor {

/// What the rules about work queues need to know of earlier looks: since when something has stood still or grown. Two
/// looks make a memory.
class WorkMemory {
public:
    void add(const domain::WorkLooks& looks);
    void clear();

    bool knows() const { return m_count >= 2; }

    /// Since when the message that would be claimed next is the same, unclaimed.
    std::optional<pg::Timestamp> unclaimedSince(const std::string& schema, const std::string& queue) const;

    /// How many more deliveries than first ones were made since the table last lost a message, and since when that is.
    struct Futile {
        std::int64_t redeliveries = 0;
        pg::Timestamp since;
    };

    std::optional<Futile> futile(const std::string& schema, const std::string& queue) const;

    /// By how much dead rows, or the transactions the oldest snapshot looks back over, have grown without a pause.
    struct Growth {
        std::int64_t by = 0;
        pg::Timestamp since;
    };

    std::optional<Growth> deadGrowth(const std::string& schema) const;
    std::optional<Growth> horizonGrowth() const;

private:
    using Key = std::pair<std::string, std::string>;

    struct Head {
        std::int64_t id = 0;
        int reads = 0;
        pg::Timestamp since;
    };

    struct Deleted {
        std::int64_t count = 0;
        pg::Timestamp since;
        std::map<std::string, std::int64_t> redeliveries; ///< at that time, by queue
    };

    struct Grown {
        std::int64_t from = 0;
        std::int64_t to = 0;
        pg::Timestamp since;

        void add(std::int64_t value, pg::Timestamp now);
    };

    int m_count = 0;
    std::map<Key, Head> m_heads;
    std::map<std::string, Deleted> m_deleted; ///< by schema
    std::map<Key, std::int64_t> m_redeliveries;
    std::map<std::string, Grown> m_dead;
    std::optional<Grown> m_horizon;
    std::string m_holder;
};

/// Turns a look at the work queues into findings: a pure function. Memory may be null or know nothing yet; the rules
/// that need it are then listed as not evaluated. Subjects name a queue as SCHEMA.QUEUE.
domain::Diagnosis diagnoseWork(const domain::WorkLooks& looks, const WorkMemory* memory, const Thresholds& thresholds);

/// Adds what was found elsewhere, and puts everything in order again.
void addFindings(domain::Diagnosis& diagnosis, const domain::Diagnosis& more);

} // namespace monitor
