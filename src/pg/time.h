// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace pg {

/// A point in server time, in microseconds since the Unix epoch, UTC (PostgreSQL's own resolution).
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// A PostgreSQL interval as a length of time; months count 30 days, as extract(epoch) counts them.
using Interval = std::chrono::microseconds;

using Clock = std::chrono::steady_clock;

/// The moment after which a wait on the server is given up.
using Deadline = Clock::time_point;

/// A deadline this far from now; a length that reaches beyond the clock's range means never.
inline Deadline after(std::chrono::milliseconds duration) {
    const Deadline now = Clock::now();
    const auto room = std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::max() - now);
    return duration < room ? now + duration : Deadline::max();
}

} // namespace pg
