// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/queuedetail.h"
#include "domain/snapshot.h"

#include <cstdint>
#include <optional>

// What a queue will do next by itself: pure functions of what was seen.
namespace monitor {

/// Which rule makes the next tick, and when.
struct TickForecast {
    enum class Rule {
        Paused,   ///< queue_ticker_paused
        External, ///< queue_external_ticker
        Count,    ///< queue_ticker_max_count events wait: at the next call
        Lag,      ///< events wait: queue_ticker_max_lag after the last tick
        Idle,     ///< nothing waits: twice as long as last time, at least half of max_lag, else at most the idle period
        Fresh,    ///< nothing waits and there is one tick alone: no gap to go by
        First,    ///< there is no tick yet
        Unknown,  ///< whether events wait is not known: at the latest as for Idle
    };
    Rule rule = Rule::First;
    std::optional<pg::Timestamp> at;     ///< when the ticker's call would make it; empty: at its next call, or never
    bool atLatest = false;               ///< Idle: the last gap is not known, only what bounds it
    std::optional<std::int64_t> waiting; ///< events since the last tick, by sequence: an upper bound; empty: not known
};

/// The rules of pgque.ticker() (PgQ contract). The last gap is in the detail; without one it is told as far as the
/// sample knows it.
TickForecast nextTick(const domain::Queue& queue, pg::Timestamp now, const domain::QueueDetail* detail);

} // namespace monitor
