// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"

#include <cstdint>
#include <string>

// How findings speak: the sentences' parts. Not for use outside this room.
namespace monitor::words {

/// "0.4 s", "31 s", "14 min 02 s", "19 h 47 min", "3 d 04 h".
std::string age(pg::Interval length);

/// "1 event", "12 events"; thousands are grouped: "50 000 events".
std::string count(std::int64_t number, const std::string& singular);
std::string count(std::int64_t number, const std::string& singular, const std::string& plural);

} // namespace monitor::words
