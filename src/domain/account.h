// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"
#include "pg/traffic.h"

#include <array>
#include <deque>
#include <mutex>

namespace domain {

/// What a console asks its server for.
enum class Purpose {
    Sample,     ///< the beat: positions, sequences, counts, sessions, upkeep
    WorkQueues, ///< their looks beside it
    Probe,      ///< what is installed, and what may be asked
    Follow,     ///< the closer look at one group
    Pages,      ///< what the page at hand asks, predictions too
    Rebuild,    ///< the time before the recording
    Listen,     ///< for news of ticks
    Act,        ///< what is done, and what became of it
};

inline constexpr std::size_t purposes = 8;

/// What was asked for one purpose, or for all.
struct Spent {
    pg::Traffic total;
    pg::Traffic lastMinute;

    bool operator==(const Spent&) const = default;
};

struct Spending {
    std::array<Spent, purposes> of;     ///< by purpose
    std::chrono::microseconds since{0}; ///< how long it has been counted

    const Spent& operator[](Purpose purpose) const { return of[std::size_t(purpose)]; }

    Spent all() const;
    /// Of what only looks, in one round trip each: no transaction of it was open for longer.
    std::chrono::microseconds longestLook() const;
    /// How much of the last minute, or of the time counted where that is shorter: as long as lastMinute is of.
    std::chrono::microseconds minute() const;
};

/// Where everything that a console asks is written down. Thread-safe.
class Account {
public:
    explicit Account(pg::Clock::time_point now = pg::Clock::now())
        : m_since(now) {}

    void add(Purpose purpose, const pg::Traffic& traffic, pg::Clock::time_point now = pg::Clock::now());
    Spending spending(pg::Clock::time_point now = pg::Clock::now()) const;

private:
    struct Second {
        std::chrono::seconds at{0}; ///< since the beginning
        std::array<pg::Traffic, purposes> of;
    };

    mutable std::mutex m_mutex;
    const pg::Clock::time_point m_since;
    std::array<pg::Traffic, purposes> m_total;
    std::deque<Second> m_recent; ///< the seconds of the last minute in which something was asked
};

} // namespace domain
