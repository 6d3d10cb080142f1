// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace domain {

/// What is followed over time.
enum class Quantity {
    Rate,         ///< events sent per second, in thousandths
    Backlog,      ///< events that the furthest consumer has before it
    Lag,          ///< how old the oldest event is that somebody has before it, in milliseconds
    InFlight,     ///< open batches
    Retry,        ///< rows that wait for another try
    Dead,         ///< dead letters
    TickAge,      ///< time since the newest tick, in milliseconds
    WindowSize,   ///< events per tick, lately
    SamplingCost, ///< what a sample costs the server, in microseconds
};

inline constexpr int quantities = 9;

/// The quantities of one queue at one instant, or, for queue 0, of the server: sums, of ages the greatest.
struct Figures {
    std::int32_t queueId = 0;
    std::array<std::optional<std::int64_t>, quantities> values;

    std::optional<std::int64_t>& operator[](Quantity quantity) { return values[static_cast<std::size_t>(quantity)]; }

    const std::optional<std::int64_t>& operator[](Quantity quantity) const {
        return values[static_cast<std::size_t>(quantity)];
    }
};

/// What was rebuilt of a queue from its ticks.
struct FiguresAt {
    Timestamp at;
    Figures figures;
    bool afterGap = false; ///< the time before it is not known
};

/// The server's first, then a queue each. Rates need the snapshot before; null where too much lies between.
std::vector<Figures> figures(const Snapshot& now, const Snapshot* before);

/// What one quantity was within a stretch of time.
struct SeriesPoint {
    Timestamp from;
    Interval length{}; ///< 0: at one instant
    double least = 0;
    double mean = 0;
    double most = 0;
    bool afterGap = false; ///< between it and the one before something was not observed
    bool rebuilt = false;  ///< from the ticks the server still had, not observed

    bool operator==(const SeriesPoint&) const = default;
};

/// A quantity over time: events per second, events, seconds, batches, rows; the sampling cost in milliseconds. Where
/// nothing was observed there is no point.
struct Series {
    std::vector<SeriesPoint> points; ///< oldest first
};

/// A raw value in the unit that is shown.
double shown(Quantity quantity, double raw);

} // namespace domain
