// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "queries/stepping.h"
#include "stepper/model.h"

#include <string>
#include <vector>

namespace stepper {

/// In what the tables, as committed, say otherwise than the model about the consumer; empty: nothing.
std::vector<std::string> differencesBetween(const Model& model, const queries::SteppedQueue& tables,
                                            const std::string& consumer);

/// Which of the rules that must always hold the tables break; empty: none.
std::string brokenIn(const queries::SteppedQueue& tables);

} // namespace stepper
