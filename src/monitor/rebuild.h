// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/series.h"
#include "domain/snapshot.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace monitor {

/// A step of a queue's event sequence that were no events.
struct SequenceJump {
    enum class Kind {
        Forced,  ///< force_tick() or force_next_tick() moved it on, by twice ticker_max_count and a thousand
        Crash,   ///< the server was started in between: up to 32 numbers were skipped
        SetBack, ///< it was set back
        Set,     ///< it was set forward: no server sends that many
    };
    Kind kind = Kind::Set;
    pg::Timestamp at; ///< of the tick after it
    std::int64_t numbers = 0;

    bool operator==(const SequenceJump&) const = default;
};

/// What a queue's ticks tell of the time they cover.
struct Rebuilt {
    std::vector<domain::FiguresAt> figures; ///< rate, window size and time between ticks, every ten seconds or rarer
    std::vector<SequenceJump> jumps;
};

/// Pure: ticks of one queue, oldest first, as the tick table has them. What a jump hides is left out or corrected where
/// its size is known, never counted as events.
Rebuilt rebuild(const domain::Queue& queue, const std::vector<domain::Tick>& ticks,
                std::optional<pg::Timestamp> serverStarted);

/// The server's own line out of its queues', one after the other: sums of rates, and of the rest the greatest.
class RebuiltServer {
public:
    void add(const std::vector<domain::FiguresAt>& queue);
    std::vector<domain::FiguresAt> line() const;

private:
    std::map<pg::Timestamp, domain::Figures> m_at;
    std::map<pg::Timestamp, double> m_rates;
};

} // namespace monitor
