// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/script.h"

#include <string>
#include <vector>

namespace stepper {

/// One step as psql takes it.
struct SqlBlock {
    int step = 0;     ///< from 1; 0: making the queue; one more than the last: removing it
    std::string lane; ///< whose session; empty: the queue's own
    std::string line; ///< the step as the script says it
    std::string seen; ///< what the script expects, in its words; may be empty
    std::string sql;
};

/// A run as plain SQL for psql, on a queue of its own that the first block makes and the last removes. What is left to
/// the person is said in comments: a wait is seen by the prompt that does not come back, a walk is one call.
std::vector<SqlBlock> sqlBlocks(const Script& script, const std::string& queue, const std::string& consumer);

/// One file for one psql session.
struct SqlFile {
    std::string name; ///< "a.sql"; "queue.sql" for what no worker does
    std::string text;
};

/// A file a session; each stops before a step and says which step of whom has to come first.
std::vector<SqlFile> sqlFiles(const Script& script, const std::string& queue = "step_by_step",
                              const std::string& consumer = "workers");

/// Everything in one text in its order, with the session before each step: to be read, or pasted piece by piece.
std::string sqlText(const Script& script, const std::string& queue = "step_by_step",
                    const std::string& consumer = "workers");

} // namespace stepper
