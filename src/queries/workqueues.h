// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"
#include "pg/connection.h"
#include "queries/look.h"

// Work queues as an operator sees them, whoever installed them: loose scans and capped counts, so that a look costs
// with the number of queues and of messages in flight and not with what waits. State literals stand in the text: a
// parameter could not prove the partial indexes.
namespace queries {

/// Bands are counted up to here.
inline constexpr std::int64_t bandCap = 1'000;

/// Work queues in this database: our schema first, then those of others, then PGMQ. Throws pg::Error.
std::vector<domain::WorkInstall> workInstalls(pg::Connection& connection, pg::Deadline deadline);

/// What a page may cost, which somebody is looking at.
inline constexpr Limits workLimits{std::chrono::seconds(5), std::chrono::milliseconds(200)};

/// Throws pg::Error.
domain::WorkSample workSample(pg::Connection& connection, const domain::WorkInstall& install, pg::Deadline deadline,
                              Limits limits = workLimits);

/// The delayed messages of one queue by priority, the next to be due first counted, up to 10,000. Throws pg::Error.
std::vector<domain::WorkDelayed> workDelayed(pg::Connection& connection, const domain::WorkInstall& install,
                                             const std::string& queue, pg::Deadline deadline);

/// Every install, one after the other, with what the rules judge by. An install that can't be looked at is an entry in
/// the errors. Throws pg::Error only when the connection fails.
domain::WorkLooks workLooks(pg::Connection& connection, const std::vector<domain::WorkInstall>& installs,
                            pg::Deadline deadline, Limits limits);

/// Messages of one queue: ready ones in the order of their delivery, those in flight by what is left of their lease,
/// delayed ones by when they are due, dead letters the newest first. Throws pg::Error.
domain::WorkPage workPage(pg::Connection& connection, const domain::WorkInstall& install, const std::string& queue,
                          domain::WorkPart part, const std::optional<domain::WorkPosition>& after, int limit,
                          pg::Deadline deadline, Limits limits = workLimits);

/// A message's payload, or a dead letter's, cut to its beginning; Decode when it is gone. Throws pg::Error.
std::optional<std::string> workPayload(pg::Connection& connection, const domain::WorkInstall& install,
                                       const std::string& queue, domain::WorkPart part, std::int64_t id,
                                       std::int64_t maxBytes, pg::Deadline deadline);

/// A message of our own schema as it is now; empty: gone.
struct WorkMessageState {
    std::string queue;
    std::string state;
    std::int32_t reads = 0; ///< the token
    std::int32_t priority = 5;
    bool lapsed = false;
};

[[nodiscard]] pg::Call<std::optional<WorkMessageState>> workMessageState(std::int64_t id);

/// A queue of our own schema as it is now, counted up to 1,000.
struct WorkQueueNow {
    std::int64_t ready = 0;
    std::int64_t claimed = 0;
    bool paused = false;
};

[[nodiscard]] pg::Call<WorkQueueNow> workQueueNow(const std::string& queue);

/// A dead letter of our own schema; empty: gone.
struct DeadLetterNow {
    std::string queue;
    std::string reason;
    std::int32_t reads = 0;
};

[[nodiscard]] pg::Call<std::optional<DeadLetterNow>> deadLetterNow(std::int64_t id);

/// How many messages of our own schema a purge would take: of a queue, of one priority unless 0; up to the maximum.
[[nodiscard]] pg::Call<std::int64_t> workPurgeable(const std::string& queue, std::int32_t priority,
                                                   std::int32_t maximum);

/// What one round of maintenance would find, each up to 1,000: lapsed leases, due messages.
struct MaintenanceDue {
    std::int64_t lapsed = 0;
    std::int64_t due = 0;
};

[[nodiscard]] pg::Call<MaintenanceDue> workMaintenanceDue();

/// A run of our own schema as it is now; empty: none.
struct BarrierNow {
    std::int64_t remaining = 0;
    std::int64_t started = 0;
    std::int64_t epoch = 0;
};

[[nodiscard]] pg::Call<std::optional<BarrierNow>> barrierNow(const std::string& execution);

/// Whether to look for markers without a barrier too, which reads up to 10,000 executions.
enum class Orphans { Count, Leave };

/// Throws pg::Error.
domain::Barriers barriers(pg::Connection& connection, const domain::WorkInstall& install, pg::Deadline deadline,
                          Orphans counts = Orphans::Count, Limits limits = workLimits);

/// Each batch of an execution, with its live message where one is in flight or among the few thousand ready ones that
/// are read for it. Throws pg::Error.
domain::BarrierDetail barrierDetail(pg::Connection& connection, const domain::WorkInstall& install,
                                    const std::string& execution, pg::Deadline deadline);

} // namespace queries
