// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"

#include <functional>
#include <string>

// Moments in sentences. Whoever makes the sentence does not know in which zone it will be read: it holds marks, and
// who shows or writes it down puts the times in their places.
namespace domain {

/// The place of a moment in a sentence: "{time:1767323045000007}".
std::string timeMark(pg::Timestamp moment);

/// The sentence with every mark in it replaced by what is written for its moment.
std::string withTimes(const std::string& sentence, const std::function<std::string(pg::Timestamp)>& write);

/// The same for what leaves the console or is kept: "13:53:41 UTC".
std::string withUtcTimes(const std::string& sentence);

/// A sentence that was kept, with every such time in it as a mark again: of the moments of that time of day the one
/// nearest to when it was kept.
std::string marksOfUtcTimes(const std::string& sentence, pg::Timestamp kept);

} // namespace domain
