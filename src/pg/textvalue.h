// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's text forms of values, both ways. Parsing gives nothing when the text has another form.
#pragma once

#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pg::textvalue {

using Array = std::vector<std::optional<std::string>>;

std::optional<std::int64_t> parseInteger(std::string_view text);
std::optional<double> parseDouble(std::string_view text);
std::optional<bool> parseBool(std::string_view text);

/// ISO style with any offset; without one it counts as UTC. "infinity" is no point in time: nothing.
std::optional<Timestamp> parseTimestamp(std::string_view text);

/// Seconds as a plain number, or the "postgres" interval style.
std::optional<Interval> parseInterval(std::string_view text);

/// One dimension, any bounds.
std::optional<Array> parseArray(std::string_view text);

std::string format(double value);
std::string format(Timestamp value);
std::string format(Interval value);

/// Appends one array element, quoted as an array literal wants it.
void appendElement(std::string& literal, std::string_view element);

} // namespace pg::textvalue
