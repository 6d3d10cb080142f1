// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/queuedetail.h"
#include "domain/snapshot.h"

#include <optional>
#include <string>
#include <vector>

// What a queue will do next by itself: pure functions of what was seen.
namespace monitor {

/// Which rule makes the next tick, and when.
struct TickForecast {
    enum class Rule {
        Paused,   ///< queue_ticker_paused
        External, ///< queue_external_ticker
        Count,    ///< queue_ticker_max_count events wait: at the next call
        Lag,      ///< events wait: queue_ticker_max_lag after the last tick
        Idle,     ///< nothing waits: twice as long as last time, between half of max_lag and queue_ticker_idle_period
        First,    ///< there is no tick yet
        Unknown,  ///< whether events wait is not known: at the latest as for Idle
    };
    Rule rule = Rule::First;
    std::optional<pg::Timestamp> at;     ///< when the ticker's call would make it; empty: at its next call, or never
    std::optional<std::int64_t> waiting; ///< events since the last tick, by sequence: an upper bound; empty: not known
};

/// The rules of pgque.ticker() (PgQ contract).
TickForecast nextTick(const domain::Queue& queue, pg::Timestamp now);

/// One condition of the next rotation.
struct Gate {
    enum class Kind {
        Period,       ///< the rotation period is over
        StepTwo,      ///< the last rotation has had its second step
        Transactions, ///< the newest tick does not reach back to the last switch
        Consumers,    ///< no position reaches back to the last switch
        Table,        ///< nobody has a lock on the table that comes next
    };
    Kind kind = Kind::Period;
    bool open = false;
    std::optional<pg::Timestamp> opensAt; ///< Period
    std::vector<std::string> culprits;    ///< Consumers: names
    std::vector<std::int32_t> pids;       ///< Table, Transactions: sessions, where they are seen

    bool operator==(const Gate&) const = default;
};

/// The gates in the order in which pgque.maint_rotate_tables_step1() meets them. Detail may be null: then the table's
/// gate is left out.
std::vector<Gate> rotationGates(const domain::Snapshot& snapshot, const domain::Queue& queue,
                                const domain::QueueDetail* detail);

/// The number of the child table a subscription that stands on a tick with this xmin still needs: the previous one
/// while it reaches back to the last switch, else the current one.
std::int32_t tableOfPosition(const domain::Queue& queue, std::int64_t tickXmin);

} // namespace monitor
