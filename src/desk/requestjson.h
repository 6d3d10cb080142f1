// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"

#include <QByteArray>

#include <optional>

namespace desk {

/// What an action was asked to do, as the journal keeps it for a later run of the program. What was seen, predicted and
/// given as reason belongs to the moment and is left out: it is looked at anew.
QByteArray requestToJson(const domain::ActionRequest& request);

/// Empty when the text is no request.
std::optional<domain::ActionRequest> requestFromJson(const QByteArray& json);

} // namespace desk
