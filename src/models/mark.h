// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "models/column.h"

#include <string>
#include <unordered_map>

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

/// The most severe findings by what they are about; of two equally severe ones the cause. Points into the diagnosis.
class WorstFindings {
public:
    explicit WorstFindings(const domain::Diagnosis& diagnosis);

    /// Null when there is none. Of a queue: about it or anything in it.
    const domain::Finding* ofQueue(const std::string& queue) const;
    const domain::Finding* ofMember(const std::string& queue, const std::string& group,
                                    const std::string& subconsumer) const;
    const domain::Finding* ofBatch(const std::string& queue, std::int64_t batch) const;

private:
    using Places = std::unordered_map<std::string, const domain::Finding*>;

    static const domain::Finding* in(const Places& places, const std::string& key);

    Places m_queues;
    Places m_members;
    Places m_batches;
};

} // namespace models
