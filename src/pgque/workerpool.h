// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"
#include "pgque/consumer.h"

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace pgque {

/// How one worker of a pool ended.
struct WorkerReport {
    std::string subconsumer;
    ConsumerStats stats;
    std::optional<std::string> failure; ///< why it ended before it was asked to
};

/// Several subconsumers of one cooperative group in this process, each with its thread and connection. Keep the names
/// the same from start to start: a member that never comes back holds its last window until its dead interval is over.
///
/// Thread-safety: run() on one thread at a time; stats() from any. Handlers are called from all workers at once.
class PGQUE_EXPORT WorkerPool {
public:
    /// The options are those of every worker; their subconsumer is the names' beginning ("worker" when empty), to which
    /// "-1", "-2", ... is added. Throws InvalidArgument.
    WorkerPool(const pg::ConnectionInfo& info, ConsumerOptions options, const Handlers& handlers, std::size_t workers);

    /// Runs until stopped, or until every worker has failed. What a worker threw comes back as text; the others go on.
    std::vector<WorkerReport> run(const std::stop_token& stop);

    /// The sum over all workers.
    ConsumerStats stats() const;

private:
    std::vector<std::string> m_names;
    std::vector<Consumer> m_consumers;
};

} // namespace pgque
