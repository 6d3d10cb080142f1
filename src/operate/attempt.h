// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/runner.h"

#include <optional>
#include <string>
#include <vector>

// One try at an action: its statements, and what came of them. Not for use outside this room.
namespace operate {

/// What a plan sends, in the order it is sent.
struct Steps {
    std::vector<pg::Statement> opening; ///< begin, bounds and, where something is watched, how it is before
    std::vector<pg::Statement> body;    ///< the calls, how it is afterwards, the transaction's id
    bool looks = false;                 ///< the opening is answered and compared before the body is sent

    Steps(const Plan& plan, const RunOptions& options);
};

/// One transaction from begin to commit or rollback.
class Attempt {
public:
    enum class End { Commit, RollBack };

    Attempt(const domain::ActionRequest& request, const Action& action, const Plan& plan, pg::Connection& connection,
            const RunOptions& options, const std::string& cluster, End end = End::Commit);

    /// Empty when the server undid everything because a row changed since the snapshot: it may be tried again.
    std::optional<domain::ActionOutcome> run();

private:
    /// Sends statements; empty, with the outcome set, when one failed.
    std::vector<pg::Result> send(const std::vector<pg::Statement>& statements);
    void readBefore(const std::vector<pg::Result>& results);
    void readAfter(const std::vector<pg::Result>& results);
    bool compare();
    void judge(const std::vector<pg::Result>& results);
    /// False, with the outcome set, when the rows that a copy is kept of could not be kept.
    bool keepCopy(const std::vector<pg::Result>& results, Verdict& verdict);
    void commit(Verdict verdict);
    void note(const pg::Statement& statement);
    void rollBack();
    void fail(pg::Failure failure);
    std::optional<domain::ActionOutcome> finish();
    void end(domain::OutcomeKind kind, std::string summary);

    const domain::ActionRequest& m_request;
    const Action& m_action;
    const Plan& m_plan;
    pg::Connection& m_connection;
    const RunOptions& m_options;
    const std::string& m_cluster;
    End m_end;
    pg::Deadline m_deadline;
    Sight m_sight;
    std::string m_sql;
    std::optional<domain::ActionOutcome> m_outcome;
    bool m_changedSinceSnapshot = false;
};

} // namespace operate
