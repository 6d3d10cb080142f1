// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"
#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace domain {

enum class Severity { Information, Warning, Critical };

/// What a finding is about; empty parts do not apply.
struct Subject {
    std::string queue;
    std::string consumer;
    std::string member;
    std::optional<std::int64_t> batch;

    bool operator==(const Subject&) const = default;
};

/// The session that is to blame, where one is known.
struct Culprit {
    std::optional<std::int32_t> pid;
    std::string application;
    std::string gid; ///< of a prepared transaction

    bool operator==(const Culprit&) const = default;
};

/// One fact that supports a finding, with the statement that proves it.
struct Evidence {
    std::string fact;
    std::string query; ///< for display and copying; may be empty
};

/// What is wrong, as data. Texts are whole sentences; moments in cause, consequence and facts stand as timeMark().
struct Finding {
    std::string rule; ///< stable identifier, e.g. "ticker_stopped"
    Severity severity = Severity::Warning;
    Subject subject;
    std::optional<pg::Timestamp> since;
    std::string title; ///< what is stuck and since when
    std::string cause;
    std::string consequence; ///< what it endangers
    std::optional<Culprit> culprit;
    std::vector<Evidence> evidence;
    std::vector<ActionRequest> remedies;

    /// The same finding in the next sample has the same key.
    std::string key() const;
};

/// A rule that could not be judged from what was seen.
struct NotEvaluated {
    std::string rule;
    std::string why;
};

struct Diagnosis {
    std::vector<Finding> findings; ///< most severe first, then oldest
    std::vector<NotEvaluated> notEvaluated;
    int rulesEvaluated = 0;
};

} // namespace domain
