// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace pg {

/// What went over a connection.
struct Traffic {
    std::int64_t roundTrips = 0; ///< each from sending to its last answer, whatever the answer was
    std::int64_t statements = 0; ///< a script counts as one
    std::int64_t bytes = 0;      ///< of all values received
    std::chrono::microseconds waited{0};
    std::chrono::microseconds longest{0};  ///< of the round trips
    std::int64_t measuredRoundTrips = 0;   ///< those that somebody measured on the server
    std::chrono::microseconds measured{0}; ///< what these took there, by its clock

    Traffic& operator+=(const Traffic& other) {
        roundTrips += other.roundTrips;
        statements += other.statements;
        bytes += other.bytes;
        waited += other.waited;
        longest = std::max(longest, other.longest);
        measuredRoundTrips += other.measuredRoundTrips;
        measured += other.measured;
        return *this;
    }

    bool operator==(const Traffic&) const = default;
};

} // namespace pg
