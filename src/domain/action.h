// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/error.h"
#include "pg/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace domain {

/// Whether the console may change anything. Enforced twice: no session that could write exists in Observe, and every
/// action that is not marked read-only is refused.
enum class AccessMode { Observe, Operate };

/// What the operator saw of a subscription when she chose an action; the action does nothing when it no longer holds.
struct SeenSubscription {
    std::optional<std::int64_t> batch;
    std::optional<std::int64_t> lastTick;
    std::optional<std::int64_t> nextTick;
    pg::Timestamp seenAt; ///< server clock of the snapshot

    bool operator==(const SeenSubscription&) const = default;
};

/// Which action, on what, as seen, with which arguments. A plain value: findings carry it, the journal keeps it.
struct ActionRequest {
    std::string action; ///< identifier in the registry, e.g. "force_unregister"
    std::string queue;
    std::string consumer;    ///< group or consumer name
    std::string subconsumer; ///< member name without the group's, empty when it does not apply
    std::optional<std::int64_t> batch;
    std::optional<SeenSubscription> seen;
    std::map<std::string, std::string> arguments; ///< by name, as typed: "payload", "type", "delay", "max"
    std::string reason;                           ///< why, in the operator's words
    /// Counts of the prediction she confirmed (Prediction::counts). A call that does otherwise is rolled back.
    std::map<std::string, std::int64_t> shown;
};

/// One number of a prediction, large on the dialog.
struct PredictedNumber {
    std::string label; ///< "go to retry"
    std::string value; ///< "463", "≈ 20 ms"
    std::string note;  ///< "due 14:08:33 (in 60 s), to any member"
    bool alarming = false;
};

/// What an action would do, found by a lock-free query.
struct Prediction {
    std::vector<PredictedNumber> numbers;
    std::vector<std::string> alsoChanges;
    std::string undo;                           ///< whether and how long it can be undone
    std::vector<std::string> details;           ///< lists behind the numbers, bounded
    std::map<std::string, std::int64_t> counts; ///< machine-readable: retry, dead, already_retry, already_dead, events
    std::string sql;                            ///< what will run, literals written in
    std::optional<std::string> refusal;         ///< why it would be refused now
    double tookMs = 0;
};

enum class OutcomeKind {
    Done,
    Refused,           ///< a rule or the server said no; nothing was changed
    ChangedUnderneath, ///< what was seen no longer holds; nothing was changed
    Failed,            ///< an error; nothing was changed
    Unknown,           ///< the connection went during the commit
    Partly,            ///< a series of transactions that ended early: some were committed, and no other was
};

/// What really happened.
struct ActionOutcome {
    OutcomeKind kind = OutcomeKind::Failed;
    std::string summary;                        ///< one sentence
    std::string now;                            ///< the state as it is now, where it helps
    std::map<std::string, std::string> results; ///< "returned", "retried", "dead", "event_id"
    std::vector<std::string> rows;              ///< returned messages and the like, bounded, for display
    std::optional<pg::Failure> failure;
    std::string sql;                ///< what ran
    std::optional<std::string> xid; ///< of the transaction, when one was assigned
    std::string cluster; ///< which history of which server the xid belongs to; empty when it could not be told
    /// Of a series whose last transaction is unknown: what it amounts to when that one was committed, and when not.
    std::optional<std::pair<std::string, std::string>> eitherWay;
    std::optional<ActionRequest> undo; ///< what would take it back, where something does
    double tookMs = 0;
};

/// How an action would have ended, found by carrying it out and rolling it back.
struct Rehearsal {
    ActionOutcome outcome;
    std::vector<std::string> remains; ///< what the rollback did not undo
};

} // namespace domain
