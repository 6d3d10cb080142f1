// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/keyedtablemodel.h"
#include "models/mark.h"
#include "monitor/rotation.h"

namespace models {

/// A queue with what its subscriptions say about it.
struct QueueRow {
    domain::Queue queue;
    bool cooperative = false;
    int consumers = 0;                   ///< normal ones and groups
    int inFlight = 0;                    ///< open batches
    std::optional<std::int64_t> backlog; ///< of the consumer furthest behind, by sequence arithmetic
    std::optional<pg::Timestamp> oldest; ///< tick before the oldest event somebody has not acknowledged
    std::string furthestBehind;          ///< that consumer
    std::optional<pg::Timestamp> position; ///< time of the oldest tick that somebody stands on
    std::string positionOf;                ///< whoever that is
    monitor::Rotation rotation = monitor::Rotation::NotDue;
    std::string pinner; ///< whoever stands on the lowest tick, a member rather than its group
    double rate = 0;    ///< events per second over the last seconds; NaN where not observed
    QList<double> history;
    Mark mark;

    std::string key() const { return std::to_string(queue.id); }

    bool operator==(const QueueRow& other) const;
};

/// The queues of a sample, by name.
class QueuesModel : public KeyedTableModel<QueueRow> {
    Q_OBJECT

public:
    using History = std::function<std::vector<double>(std::int32_t queueId)>;

    /// Ticks and batches come in bursts: between two samples close together there often is nothing.
    static constexpr pg::Interval rateSpan = std::chrono::seconds(10);

    explicit QueuesModel(QObject* parent = nullptr);

    /// period: how often samples come. The rate is the mean over the last rateSpan of them.
    void setSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis, const History& history,
                   pg::Interval period = rateSpan);
    void setZone(const QTimeZone& zone);
};

/// The one word for a queue: what the worst finding about it says, or that it is well.
Mark markOfQueue(const domain::Queue& queue, const WorstFindings& worst);

/// How a series of rates reads in words: "steady, now 12.1 a second, between 8.0 and 14.2 in 5 minutes".
QString seriesInWords(const QList<double>& values, const QString& unit);

} // namespace models
