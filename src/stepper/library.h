// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace stepper {

/// A teaching scenario as it ships: a script that says after each step what is seen.
struct Scenario {
    std::string name; ///< stable, e.g. "late-ack"
    std::string text;
};

/// All of them, in the order to learn from them.
std::vector<Scenario> scenarioTexts();

} // namespace stepper
