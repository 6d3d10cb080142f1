// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/step.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stepper {

/// What a line of a script says is seen after its step: of the step itself, or of somebody it released.
struct Expectation {
    std::string lane; ///< empty: the step itself
    std::string words;

    bool operator==(const Expectation&) const = default;
};

struct ScriptLine {
    Step step;
    std::vector<Expectation> expected;
    std::string remark; ///< comment lines above it, without '#', joined by line ends
    int number = 0;     ///< where it stands in the text, from 1
};

/// A run as readable text:
///
///     title Take over
///     about A worker that dies keeps its window until somebody takes it over.
///     retries 5
///
///     # b waits behind a's open transaction
///     a receive hold => 3 events
///     b receive      => waits a
///     a commit       => done; b: nothing
struct Script {
    std::string title;
    std::string about; ///< may have several lines
    int retries = 5;   ///< the queue's retry limit
    std::vector<ScriptLine> lines;

    std::string text() const;

    /// The workers in the order they come.
    std::vector<std::string> lanes() const;
};

struct ScriptProblem {
    int line = 0;
    std::string text;
};

std::variant<Script, std::vector<ScriptProblem>> parseScript(std::string_view text);

} // namespace stepper
