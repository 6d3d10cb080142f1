// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/backlog.h"
#include "models/columnmakers.h"
#include "monitor/course.h"

namespace models {

struct RetryLine {
    domain::Retry retry;

    std::string key() const { return std::to_string(retry.owner) + '/' + std::to_string(retry.eventId); }

    bool operator==(const RetryLine&) const = default;
};

/// Events that wait to come again, the earliest due first.
std::vector<Column<RetryLine>> retryColumns();

/// How a queue's due retries stand against what is moved back: "orders: 412 due, the oldest for 4 m, moved back at ≈ 3.2
/// a second, all in ≈ 2 m". Empty where none is due.
QString drainText(const domain::Queue& queue, const std::optional<monitor::RetryTrend>& trend);
/// How many one call moves, by what is installed; empty where that is not known.
QString retryMoveText(const domain::Capabilities& capabilities);
/// What comes due by when, what needs attention first, and how old that is.
QString outlookText(const domain::RetryOutlook& outlook, pg::Interval age);

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
