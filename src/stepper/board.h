// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"
#include "queries/stepping.h"
#include "stepper/script.h"
#include "stepper/world.h"

#include <optional>
#include <string>
#include <vector>

namespace stepper {

enum class LaneState { Idle, Holding, Failed, Waiting, Dead };

/// One worker as the board shows it.
struct LaneView {
    std::string name;
    int pid = 0;
    LaneState state = LaneState::Idle;
    std::vector<std::string> locks; ///< subscription rows its open transaction has
    std::string waitsFor;           ///< Waiting: the lane, or "pid 123" of somebody else
    std::string waitsOn;            ///< Waiting: whose row, or what kind of lock
    std::optional<pg::Timestamp> waitsSince;
    std::string doing;         ///< Waiting: the step
    std::string nextStatement; ///< in a walk: what Next will run
    std::string nextExplained;
    std::vector<std::string> log;          ///< what it did, oldest first
    std::optional<std::int64_t> token;     ///< the newest it got
    std::optional<pg::Interval> heartbeat; ///< age; empty: no member

    bool operator==(const LaneView&) const = default;
};

/// The stretch between two ticks.
struct WindowView {
    enum class State { Free, Held, Uncommitted, Done };

    Model::Window window;
    int events = 0; ///< for this group
    State state = State::Free;
    std::string holder;
    std::int64_t token = 0;

    bool operator==(const WindowView&) const = default;
};

struct TokenView {
    std::int64_t token = 0;
    std::string lane;
    Model::Window window;
    std::string state; ///< "valid", "valid, owner dead", "acked", "void: taken over by b as 13", …
    TokenRecord::State kind = TokenRecord::State::Valid;

    bool operator==(const TokenView&) const = default;
};

/// Everything the board shows; a value.
struct Board {
    std::string queue;
    std::string consumer;
    pg::Timestamp now;
    bool registered = false;
    bool cooperative = false;
    std::int64_t cursor = 0;
    std::vector<LaneView> lanes;
    LaneView driver; ///< what no worker does (ticks, maintenance, heartbeats); it may wait as well
    std::vector<WindowView> windows;
    std::vector<TokenView> tokens;
    std::vector<queries::GivenBackEvent> givenBack;
    std::vector<std::string> differences; ///< between the rules and the database: defects
    std::vector<std::string> notes;       ///< what others did meanwhile
    Script script;                        ///< the run so far
};

/// What a step led to.
struct Report {
    Step step;
    bool taken = false; ///< false: it could not be taken; outcome.said tells why
    Foresight foreseen;
    Outcome outcome;
    std::vector<std::pair<std::string, Outcome>> released; ///< who went on because of it
    std::vector<std::string> differences;                  ///< found with this step
};

} // namespace stepper
