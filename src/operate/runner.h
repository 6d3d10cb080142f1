// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/progress.h"
#include "operate/registry.h"
#include "pg/connection.h"

#include <chrono>
#include <functional>
#include <string>

namespace operate {

/// What is known at the last moment at which nothing has happened yet.
struct AboutToCommit {
    domain::ActionRequest request;
    std::string sql;     ///< what ran so far
    std::string xid;     ///< decides later whether it happened
    std::string cluster; ///< which server's history the xid belongs to; empty when it could not be told
};

/// Where rows were put before they were deleted.
struct KeptCopy {
    std::string place;
    std::string problem; ///< why they could not be kept; the action is then rolled back
};

struct RunOptions {
    domain::AccessMode mode = domain::AccessMode::Observe;
    std::chrono::milliseconds lockTimeout{2'000};
    std::chrono::milliseconds statementTimeout{30'000};
    /// Must have put the xid on disk when it returns. A text says why it could not: the action is rolled back.
    /// Called on the thread that runs the action.
    std::function<std::string(const AboutToCommit&)> beforeCommit{};
    /// Must have put the rows on disk when it returns; without one, actions that keep a copy are refused. Called on
    /// the thread that runs the action.
    std::function<KeptCopy(const std::vector<std::string>& rows)> keepCopy{};
    std::shared_ptr<Progress> progress{}; ///< of a series; may be null
};

/// What a rehearsal may cost others.
struct RehearsalLimits {
    std::chrono::milliseconds lockTimeout{100};
    std::chrono::milliseconds statementTimeout{1'000};
    std::int64_t events = 2'000;
};

/// How a transaction of unknown outcome ended.
enum class Settlement {
    Committed,
    RolledBack,
    InProgress, ///< still under way when the deadline passed: ask again
    Unknown,    ///< too old, or this is not the server (or the history) it ran on: it can't be told any more
};

/// Runs actions, each as one short transaction that compares what was seen before it calls and looks at what the call
/// did before it commits. Uses no session state, so that it works behind a transaction pooler, and no privilege beyond
/// SELECT on the queue's tables and EXECUTE on the function. Holds no connection; may be used from any thread.
class Runner {
public:
    explicit Runner(const Registry& registry)
        : m_registry(registry) {}

    /// A series is carried out transaction by transaction until it is done, stopped or anything fails; the outcome then
    /// says exactly what was done.
    /// Never throws and never tries again by itself, except after a serialization failure (the server undid
    /// everything) while what was seen still stands.
    domain::ActionOutcome perform(const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                                  pg::Connection& connection, const RunOptions& options) const;

    /// Carries it out and rolls it back, under the limits: refused where it is too large, and where others could have
    /// to wait for it. Never throws.
    domain::Rehearsal rehearse(const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                               pg::Connection& connection, const RunOptions& options,
                               const RehearsalLimits& limits = {}) const;

    /// What it would do, asked in a read-only transaction that locks no row. Throws pg::Error.
    domain::Prediction predict(const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                               pg::Connection& connection,
                               std::chrono::milliseconds timeout = std::chrono::seconds(15)) const;

    /// The statements perform() would send, values written in, one a line.
    std::string preview(const domain::ActionRequest& request, const RunOptions& options) const;

    /// Asks the database what became of an action whose outcome is Unknown; waits while it is in progress.
    /// Throws pg::Error when the connection fails.
    static Settlement settle(const std::string& xid, const std::string& cluster, pg::Connection& connection,
                             pg::Deadline deadline);

    /// The outcome to show once it is settled.
    static domain::ActionOutcome settled(domain::ActionOutcome unknown, Settlement settlement);

private:
    const Registry& m_registry;
};

} // namespace operate
