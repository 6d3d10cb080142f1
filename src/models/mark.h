// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "models/column.h"

namespace models {

/// The state of something in one word, and the sentence behind it.
struct Mark {
    Tone tone = Tone::Good;
    QString word;
    QString sentence;

    bool operator==(const Mark&) const = default;

    Cell cell() const;
    /// Worst first when sorted ascending.
    QVariant sortKey() const;
};

Tone toneOf(domain::Severity severity);

/// "critical", "warning", "information".
QString severityWord(domain::Severity severity);

/// The one word a finding puts on the queue, consumer or batch it is about.
Mark markOf(const domain::Finding& finding);

/// The most severe finding about a queue, or about one subscription or batch in it; null when there is none.
const domain::Finding* worstOfQueue(const domain::Diagnosis& diagnosis, const std::string& queue);
const domain::Finding* worstOfMember(const domain::Diagnosis& diagnosis, const std::string& queue,
                                     const std::string& group, const std::string& subconsumer);
const domain::Finding* worstOfBatch(const domain::Diagnosis& diagnosis, const std::string& queue, std::int64_t batch);

} // namespace models
