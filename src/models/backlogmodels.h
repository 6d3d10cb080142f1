// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/backlog.h"
#include "models/columnmakers.h"

namespace models {

struct RetryLine {
    domain::Retry retry;

    std::string key() const { return std::to_string(retry.owner) + '/' + std::to_string(retry.eventId); }

    bool operator==(const RetryLine&) const = default;
};

/// Events that wait to come again, the earliest due first.
std::vector<Column<RetryLine>> retryColumns();

struct DeadLine {
    domain::DeadLetter letter;

    std::string key() const { return std::to_string(letter.id); }

    bool operator==(const DeadLine&) const = default;
};

/// Events that were given up, the newest first.
std::vector<Column<DeadLine>> deadColumns();

struct DeadGroupLine {
    domain::DeadGroup group;

    std::string key() const;

    bool operator==(const DeadGroupLine&) const = default;
};

/// What they died of.
std::vector<Column<DeadGroupLine>> deadGroupColumns();

} // namespace models
