// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "domain/snapshot.h"

#include <random>

/// Snapshots made by hand, so that models and pages can be tested without a server.
namespace made {

/// 2026-11-20 14:07:31 UTC.
inline const pg::Timestamp now{std::chrono::seconds(1795183651)};

inline pg::Timestamp ago(double seconds) {
    return now - std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
}

domain::Queue queue(std::int32_t id, const std::string& name);
domain::Subscription subscription(const domain::Queue& queue, std::int32_t consumerId, const std::string& name,
                                  domain::Role role, std::int32_t subId);
/// Gives it an open batch over the window before the queue's last tick.
void openBatch(domain::Subscription& subscription, const domain::Queue& queue, std::int64_t batch, double heartbeatAge,
               std::int64_t events = 500);

/// Eight queues as a shop has them: fan-out, a cooperative group with a stuck member, a stopped archiver, a paused
/// queue.
std::shared_ptr<domain::Snapshot> shop();
/// What is wrong in the shop.
domain::Diagnosis shopFindings();

/// Queues with a few consumers each.
std::shared_ptr<domain::Snapshot> many(int queues, int consumersEach);

/// Random queues, groups, members and batches over a small range of ids, so that two of them have much in common.
std::shared_ptr<domain::Snapshot> random(std::mt19937& generator);

/// The same things a second later with other values: nothing comes, goes or is called otherwise. Without
/// moments no batch changes its age, so that lists by age keep their order.
std::shared_ptr<domain::Snapshot> changed(const domain::Snapshot& before, std::mt19937& generator, bool moments = true);

/// The same queues with other consumers: some are gone, some have come, some stand in another group or order.
std::shared_ptr<domain::Snapshot> regrouped(const domain::Snapshot& before, std::mt19937& generator);

/// Random findings about some of what is in the snapshot.
domain::Diagnosis findings(const domain::Snapshot& snapshot, std::mt19937& generator);

} // namespace made
