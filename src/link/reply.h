// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connection.h"

#include <type_traits>
#include <variant>

// Not "link": unistd.h has a function of that name.
namespace links {

/// What comes back from a session's thread: the value, or why there is none.
template <class T>
using Reply = std::variant<T, pg::Failure>;

/// What a piece of work f(pg::Connection&, pg::Deadline) brings; monostate where it returns nothing.
template <class F>
using ValueOf = std::conditional_t<std::is_void_v<std::invoke_result_t<F, pg::Connection&, pg::Deadline>>,
                                   std::monostate, std::invoke_result_t<F, pg::Connection&, pg::Deadline>>;

} // namespace links
