// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"

#include <cstdint>

namespace monitor {

/// When a symptom becomes a finding.
struct Thresholds {
    pg::Interval heartbeatWarning = std::chrono::minutes(5);
    pg::Interval heartbeatCritical = std::chrono::minutes(10);

    /// A tick is late after this many times the longer of the queue's ticker_max_lag and leastLag.
    int tickLate = 3;
    pg::Interval leastLag = std::chrono::seconds(10);
    pg::Interval tickCritical = std::chrono::minutes(5);
    int idleLate = 3; ///< times the queue's idle period

    pg::Interval lockWaitWarning = std::chrono::seconds(5);
    pg::Interval lockWaitCritical = std::chrono::minutes(1);

    pg::Interval retryOverdue = std::chrono::minutes(2);
    pg::Interval deadYounger = std::chrono::hours(1);

    double rotationWarning = 0.5; ///< of the rotation period
    double rotationCritical = 1.0;
    pg::Interval stepTwoMissing = std::chrono::minutes(1);

    std::int64_t largeWindow = 50'000;

    pg::Interval progress = std::chrono::minutes(30); ///< one token for so long, heartbeats or not
    int handovers = 3;                                ///< of one window
    pg::Interval hastyTakeover = std::chrono::seconds(10);
    pg::Interval heldInside = std::chrono::seconds(30); ///< a row of a subscription by one transaction
    pg::Interval behindWarning = std::chrono::minutes(10);
    pg::Interval behindCritical = std::chrono::hours(1);

    pg::Interval writerWarning = std::chrono::minutes(1); ///< a transaction that has sent events
    pg::Interval writerCritical = std::chrono::minutes(10);

    // Work queues.
    pg::Interval workTick = std::chrono::seconds(5); ///< how often maintenance is meant to run
    int workTicksLate = 3;
    pg::Interval workLateCritical = std::chrono::minutes(2);
    pg::Interval leaderWindow = std::chrono::seconds(10);
    pg::Interval barrierStuck = std::chrono::seconds(9'000);
    pg::Interval headWarning = std::chrono::minutes(5);
    pg::Interval headCritical = std::chrono::hours(1);
    pg::Interval workQuiet = std::chrono::minutes(1); ///< nothing claimed, nothing acknowledged, dead rows growing
    std::int64_t deadRows = 10'000;                   ///< in a table of the queue's own
    pg::Interval horizonHeld = std::chrono::minutes(5);
    std::int64_t horizonTransactions = 1'000'000; ///< where nothing says since when

    /// For the sandbox, where everything happens ten times as fast. What is relative to a queue's own settings stays:
    /// a queue that may wait three seconds for a tick may do so there too.
    static Thresholds sandbox() { return Thresholds().tenth(); }

    Thresholds tenth() const {
        Thresholds tenth = *this;
        for (pg::Interval* one :
             {&tenth.heartbeatWarning, &tenth.heartbeatCritical, &tenth.leastLag, &tenth.tickCritical,
              &tenth.lockWaitWarning, &tenth.lockWaitCritical, &tenth.retryOverdue, &tenth.deadYounger,
              &tenth.stepTwoMissing, &tenth.progress, &tenth.hastyTakeover, &tenth.heldInside, &tenth.behindWarning,
              &tenth.behindCritical, &tenth.writerWarning, &tenth.writerCritical})
            *one /= 10;
        tenth.rotationWarning /= 10;
        tenth.rotationCritical /= 10;
        tenth.largeWindow /= 10;
        tenth.workTick = std::chrono::seconds(1);
        for (pg::Interval* one : {&tenth.workLateCritical, &tenth.barrierStuck, &tenth.headWarning, &tenth.headCritical,
                                  &tenth.workQuiet, &tenth.horizonHeld})
            *one /= 10;
        tenth.deadRows /= 10;
        tenth.horizonTransactions /= 10;
        return tenth;
    }

    bool operator==(const Thresholds&) const = default;
};

} // namespace monitor
