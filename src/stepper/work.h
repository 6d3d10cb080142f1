// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/lane.h"
#include "stepper/world.h"

#include <functional>
#include <optional>
#include <string>

namespace stepper {

/// What the statements of a step are about.
struct Setting {
    std::string queue;
    std::string consumer;
    bool ownSchema = true; ///< with what this project's schema has beyond the common one
};

/// A step as something a lane can run, and how its answer reads.
struct Work {
    Lane::Job job;
    std::function<Outcome(const Answer& answer, const World& before)> read;
};

/// The work of a step that a lane does by calling the database. inTransaction: the lane has one open already.
Work workFor(const Step& step, const Setting& setting, const World& world, bool inTransaction);

} // namespace stepper
