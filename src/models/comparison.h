// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/eventpage.h"
#include "models/columnmakers.h"
#include "models/masking.h"

namespace models {

/// An event, and as much of its message as is at hand.
struct ComparedEvent {
    domain::EventRow event;
    domain::Message message;
};

/// A field, a place in the payload or a line of it, in two events.
struct ComparisonLine {
    QString place;                      ///< "ev_type", "order.lines[0].sku", "line 3"
    std::optional<QString> left, right; ///< empty where there is none; secrets hidden
    bool differs = false;               ///< judged before anything was hidden
    bool isColumn = false;              ///< what is empty is NULL; else a place that is not there
    int number = 0;

    std::string key() const { return std::to_string(number); }

    bool operator==(const ComparisonLine&) const = default;
};

struct Comparison {
    std::vector<ComparisonLine> lines;
    bool stopped = false; ///< not all was compared
};

/// Compares fields, and payloads value by value where both are JSON, line by line otherwise. Stops after so many lines.
/// A payload is masked as a whole, then taken apart. For any thread; takes its time.
Comparison compareEvents(const ComparedEvent& left, const ComparedEvent& right, const Masking& masking,
                         int limit = 20'000);

std::vector<Column<ComparisonLine>> comparisonColumns(const QString& left, const QString& right);

} // namespace models
