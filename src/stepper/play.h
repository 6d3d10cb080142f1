// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/engine.h"
#include "stepper/script.h"

#include <functional>
#include <string>
#include <vector>

namespace stepper {

/// Which of a line's expectations what happened does not meet, each as a sentence; empty: all are met.
std::vector<std::string> unmet(const ScriptLine& line, const Report& report);

struct PlayProblem {
    int line = 0; ///< the script's line number
    std::string text;
};

/// Plays a script on a board that has just begun, with the script's retry limit. Stops at the first line that is not
/// met or shows a difference, or when onLine returns false. Empty: all lines were as expected.
std::vector<PlayProblem> play(Engine& engine, const Script& script,
                              const std::function<bool(const ScriptLine&, const Report&)>& onLine = {});

} // namespace stepper
