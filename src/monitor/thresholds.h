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

    /// For the sandbox, where everything happens ten times as fast. What is relative to a queue's own settings stays:
    /// a queue that may wait three seconds for a tick may do so there too.
    static Thresholds sandbox() {
        Thresholds tenth;
        for (pg::Interval* one : {&tenth.heartbeatWarning, &tenth.heartbeatCritical, &tenth.leastLag,
                                  &tenth.tickCritical, &tenth.lockWaitWarning, &tenth.lockWaitCritical,
                                  &tenth.retryOverdue, &tenth.deadYounger, &tenth.stepTwoMissing})
            *one /= 10;
        tenth.rotationWarning /= 10;
        tenth.rotationCritical /= 10;
        tenth.largeWindow /= 10;
        return tenth;
    }
};

} // namespace monitor
