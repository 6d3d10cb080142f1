// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"
#include "schema/inspection.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace schema {

/// What an uninstall would take away, counted before it is offered.
struct Losses {
    std::int64_t queues = 0;
    std::int64_t subscriptions = 0;
    std::int64_t openBatches = 0;
    std::int64_t eventTables = 0;
    std::int64_t bytes = 0;       ///< of all tables of the schema with indexes and TOAST
    std::int64_t undelivered = 0; ///< estimated from sequences: events after the slowest consumer's position
    std::int64_t retries = 0;
    std::int64_t deadLetters = 0;
    std::int64_t locksNeeded = 0; ///< dropping everything in one transaction takes about this many locks
    std::int64_t lockTable = 0;   ///< the server has room for at least this many

    bool fitsLockTable() const { return locksNeeded < lockTable; }
};

/// Counts in one statement; needs SELECT on the schema's tables, hence an administrator of it.
pg::Call<Losses> countLosses();

enum class Deed { Install, Upgrade, Uninstall };

/// A deed that was thought through and can be shown before it is done.
struct Plan {
    Deed deed = Deed::Install;
    std::string title;
    std::string sql;                    ///< exactly what will run, transaction included
    std::vector<std::string> changes;   ///< what it would change, one line each
    std::optional<std::string> refusal; ///< why it will not be done; then remedy says what helps
    std::string remedy;
    std::string seenFingerprint; ///< of the inspection it was made from; the deed does nothing when it no longer holds
    bool queueByQueue = false;   ///< an uninstall too large for one transaction: resumable, one transaction a queue
};

Plan planInstall(const Inspection& seen);
Plan planUpgrade(const Inspection& seen);                         ///< our own schema only
Plan planUninstall(const Inspection& seen, const Losses& losses); ///< our own schema only

/// Carries a plan out in one transaction (an uninstall queue by queue in several) and says what happened. Does nothing
/// when the schema changed since it was inspected. Never throws for what the server says; progress may be empty.
domain::ActionOutcome carryOut(pg::Connection& connection, const Plan& plan, pg::Deadline deadline,
                               const std::function<void(const std::string&)>& progress = {});

} // namespace schema
