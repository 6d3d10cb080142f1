// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/columnmakers.h"
#include "models/mark.h"
#include "stepper/board.h"

#include <set>

namespace models {

/// A token, the batch id somebody was given, and what it is worth.
struct TokenLine {
    stepper::TokenView token;
    bool changed = false; ///< by the newest step

    std::string key() const { return std::to_string(token.token); }

    bool operator==(const TokenLine&) const = default;
};

std::vector<Column<TokenLine>> tokenColumns();
std::vector<TokenLine> tokenLines(const stepper::Board& board, const stepper::Board& before);

/// A message that waits to come again, or died.
struct GivenBackLine {
    queries::GivenBackEvent event;
    bool changed = false;

    std::string key() const { return (event.due ? "r" : "d") + std::to_string(event.id); }

    bool operator==(const GivenBackLine& other) const;
};

std::vector<Column<GivenBackLine>> givenBackColumns();
std::vector<GivenBackLine> givenBackLines(const stepper::Board& board, const stepper::Board& before);

/// A worker's state in a word and a sentence.
Mark markOf(const stepper::LaneView& lane);

/// Workers and windows that are not as they were before the newest step.
std::set<std::string> changedLanes(const stepper::Board& board, const stepper::Board& before);
std::set<std::int64_t> changedWindows(const stepper::Board& board, const stepper::Board& before); ///< by first tick

/// "a: 3 events", "waits a – a has the group's row; when a commits: …".
QString inWords(const stepper::Foresight& foresight);

} // namespace models
