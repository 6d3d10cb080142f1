// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"
#include "schema/inspection.h"
#include "schema/sourcediff.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace schema {

/// What an uninstall would take away, counted before it is offered.
struct Losses {
    std::vector<std::string> queues; ///< by name
    std::int64_t subscriptions = 0;
    std::int64_t openBatches = 0;
    std::int64_t tables = 0;
    std::int64_t bytes = 0;       ///< of all tables with indexes and TOAST
    std::int64_t undelivered = 0; ///< estimated from sequences: events after each queue's slowest consumer
    std::int64_t uncounted = 0;   ///< queues left out of that: their event sequence is missing
    std::int64_t retries = 0;
    std::int64_t deadLetters = 0;
    /// Why the schema can't be dropped in one transaction (its objects do not fit the lock table), and what helps.
    std::optional<std::string> obstacle;
};

/// Counts in one statement; needs an administrator of our own schema.
pg::Call<Losses> countLosses();

enum class Deed { Install, Upgrade, Convert, Uninstall };

/// A deed that was thought through and can be shown before it is done.
struct Plan {
    Deed deed = Deed::Install;
    std::string title;
    std::string sql;                    ///< what will run, for showing
    std::string transaction;            ///< the part of it that runs in one transaction, up to the commit
    std::vector<std::string> changes;   ///< what it would change, one line each
    std::optional<std::string> refusal; ///< why it will not be done; then remedy says what helps
    std::string remedy;
    std::string seenFingerprint;          ///< the deed does nothing when the functions are others by then
    std::vector<std::string> queuesFirst; ///< too large for one transaction: these are dropped first, one at a time
    std::string caution;                  ///< what can't be known, and so must be looked at before; empty: nothing
    std::vector<SourceDifference> differences; ///< of functions that it replaces or creates
};

/// The sources of functions here, by identity.
using Sources = std::map<std::string, std::string>;

Plan planInstall(const Inspection& seen);
/// Our own schema only; puts drifted functions right as well.
Plan planUpgrade(const Inspection& seen, const Sources& here = {});
/// Makes somebody else's install ours, with the same script that converts it when an administrator runs it. Only a
/// version that the script is known to convert, and only without functions that this version does not have. What its
/// functions say is not judged: nobody here has the originals. So the differences are to be looked at before.
Plan planConvert(const Inspection& seen, const Sources& here = {});
Plan planUninstall(const Inspection& seen, const Losses& losses); ///< our own schema only

/// Carries a plan out in one transaction and says what happened. A large uninstall drops queue by queue before that,
/// each in its own transaction; one that was interrupted is simply planned again. Does nothing when the schema changed
/// since it was inspected. Never throws for what the server says; progress may be empty.
domain::ActionOutcome carryOut(pg::Connection& connection, const Plan& plan, pg::Deadline deadline,
                               const std::function<void(const std::string&)>& progress = {});

} // namespace schema
