// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/workwatch.h"
#include "domain/account.h"
#include "domain/finding.h"
#include "domain/snapshot.h"
#include "monitor/memory.h"
#include "monitor/sampler.h"
#include "monitor/thresholds.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace desk {

/// What one look brought home.
struct Seen {
    domain::SnapshotPtr snapshot;
    domain::Diagnosis diagnosis;                   ///< of event queues and of work queues
    std::shared_ptr<const domain::WorkLooks> work; ///< the newest look at the work queues; null where there are none
    bool workIsKnown = false;                      ///< whether there are none
    bool moreAtOnce = false;                       ///< work queues come with the next look
    std::chrono::milliseconds besides{};           ///< spent on other things than the sample, which was there by then
};

/// One server watched over its monitor connection: probes what can be done there, samples, diagnoses. Belongs to one
/// session and lives on its thread.
class Watch {
public:
    /// nameRule: how workers name their sessions; empty: not known. firstWhole: whether the first look is at work
    /// queues too; else it is there sooner, and another one is to follow at once.
    Watch(std::shared_ptr<domain::Account> account, std::string nameRule, bool firstWhole)
        : m_account(std::move(account))
        , m_wholeAtOnce(firstWhole) {
        m_sampler.setNameRule(std::move(nameRule));
    }

    /// `connection number` changes with each reconnect: then everything is asked anew. Throws pg::Error when even the
    /// core of a sample can't be had; what is known stays. A server that did not answer in time is asked only for the
    /// core for a while, over another connection too, and longer each time.
    Seen look(pg::Connection& connection, int connectionNumber, const monitor::Thresholds& thresholds,
              pg::Deadline deadline);

private:
    static void lockForReading(pg::Connection& connection, const domain::Capabilities& found, pg::Deadline deadline);
    void probe(pg::Connection& connection, pg::Deadline deadline);
    bool schemaChanged(pg::Connection& connection, pg::Deadline deadline);
    domain::SnapshotPtr sample(pg::Connection& connection, pg::Deadline deadline, bool spare);
    domain::SnapshotPtr withoutQueues(pg::Connection& connection, pg::Deadline deadline);
    void lookAtWork(pg::Connection& connection, const monitor::Thresholds& thresholds, pg::Deadline deadline);

    std::shared_ptr<domain::Account> m_account;
    monitor::Sampler m_sampler;
    monitor::Memory m_memory;
    WorkWatch m_work{std::chrono::seconds(10)};
    bool m_wholeAtOnce;
    std::optional<domain::Capabilities> m_capabilities;
    std::string m_stamp;
    int m_connectionNumber = 0;
    std::uint64_t m_emptyNumber = 0;
    pg::Clock::time_point m_probedAt;
    pg::Clock::time_point m_stampAt;
    pg::Clock::time_point m_spareUntil; ///< only the core is asked for until then
    std::chrono::seconds m_spareFor{0};
};

} // namespace desk
