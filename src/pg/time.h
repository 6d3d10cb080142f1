// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <ctime>

namespace pg {

/// A point in server time, in microseconds since the Unix epoch, UTC (PostgreSQL's own resolution).
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// A PostgreSQL interval as a length of time; months count 30 days, as extract(epoch) counts them.
using Interval = std::chrono::microseconds;

/// Never goes back, and goes on while the machine sleeps, where the system can tell: after a night with the lid closed
/// what was seen is a night old, and what was allowed for half an hour is over.
struct Clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true; // NOLINT(readability-identifier-naming): what std::chrono asks of a clock

    static time_point now() noexcept {
#ifdef CLOCK_BOOTTIME
        std::timespec time{};
        if (clock_gettime(CLOCK_BOOTTIME, &time) == 0) {
            return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
        }
#endif
        return time_point(std::chrono::steady_clock::now().time_since_epoch());
    }
};

/// The moment after which a wait on the server is given up.
using Deadline = Clock::time_point;

/// A deadline this far from now; a length that reaches beyond the clock's range means never.
inline Deadline after(std::chrono::milliseconds duration) {
    const Deadline now = Clock::now();
    const auto room = std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::max() - now);
    return duration < room ? now + duration : Deadline::max();
}

} // namespace pg
