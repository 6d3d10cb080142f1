// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"

#include <optional>
#include <string>

namespace operate {

/// What takes less away than what is asked for, and may do as well.
struct GentlerWay {
    domain::ActionRequest request;
    std::string keeps; ///< what it keeps, one sentence
};

/// Empty where there is none.
std::optional<GentlerWay> gentlerWay(const domain::ActionRequest& request);

} // namespace operate
