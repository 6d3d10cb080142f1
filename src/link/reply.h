// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/error.h"

#include <type_traits>
#include <variant>

// Not "link": unistd.h has a function of that name.
namespace links {

/// What comes back from a session's thread: the value, or why there is none. A job without a value gives monostate.
template <class T>
using Reply = std::variant<std::conditional_t<std::is_void_v<T>, std::monostate, T>, pg::Failure>;

} // namespace links
