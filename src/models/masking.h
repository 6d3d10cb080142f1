// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/masking.h"

#include <string>

namespace models {

using store::Masking;

/// A text from the server as it may be shown. For the window's thread: what is asked for again and again is remembered.
QString masked(const std::string& utf8);

} // namespace models
