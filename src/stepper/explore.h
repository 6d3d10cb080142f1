// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/engine.h"

#include <functional>
#include <string>
#include <vector>

namespace stepper {

/// What each worker is about to do, after something that is done first.
struct Exploration {
    int retries = 5;
    std::vector<Step> before;                 ///< in this order
    std::vector<std::vector<Step>> sequences; ///< one of each worker, and of the queue's driver
    std::size_t most = 100'000;               ///< interleavings; then it ends unfinished
};

/// The lines before `from` (an index) come first; the rest is split up by who does it.
Exploration explorationOf(const Script& script, std::size_t from);

struct Explored {
    std::size_t interleavings = 0; ///< run to their end, or to where they were known already
    std::size_t known = 0;         ///< of these: led to a state that another one had led to
    std::size_t steps = 0;         ///< taken on the database, repetitions included
    bool complete = false;         ///< all of them were tried, or all that could be shorter than what was found
    Script shortest;               ///< that breaks something; no lines: none does
    std::string broken;            ///< what it breaks

    bool foundFault() const { return !broken.empty(); }
};

/// Tries the interleavings of the sequences on the engine's queue, each from the beginning, and checks after every step
/// that what must always hold does and that the rules and the database agree. A worker that waits is passed over until
/// it goes on; a step that can't be taken (an ack without a token) is left out. Two courses that told every worker the
/// same and left the same in the tables are followed once.
///
/// The board is begun anew many times. Ends early when goOn answers false. Throws as the engine does.
Explored explore(Engine& engine, const Exploration& what, const std::function<bool(const Explored& soFar)>& goOn = {});

} // namespace stepper
