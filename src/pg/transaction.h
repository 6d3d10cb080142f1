// SPDX-License-Identifier: Apache-2.0
// What may have been committed when a connection is lost. Knows only what was asked and what was answered, and never
// says "nothing" where a commit could have been under way.
#pragma once

#include "pg/connection.h"

#include <span>
#include <string_view>
#include <vector>

namespace pg::transaction {

/// What a statement does to the transaction around it.
enum class Verb {
    Begin,
    Commit,   ///< also END and PREPARE TRANSACTION
    Rollback, ///< the whole transaction
    Neutral,  ///< changes nothing that outlives the session: SET, SHOW, LISTEN, savepoints
    Other,
};

Verb verbOf(std::string_view sql);

/// Where a step stood when the connection went.
enum class Answer { None, Done, Failed, Skipped };

struct Step {
    Verb verb = Verb::Other;
    bool sync = false; ///< the group ends after this step
    Answer answer = Answer::None;
};

/// Whether any of these steps, started in this state, may have made something permanent.
bool mayHaveCommitted(TransactionStatus start, std::span<const Step> steps);

/// The same for a text of several statements; looks for the words only, so it rather says yes.
bool scriptMayCommit(TransactionStatus start, std::string_view sql);

} // namespace pg::transaction
