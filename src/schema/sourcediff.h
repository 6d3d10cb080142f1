// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace schema {

/// How a function here differs from the one that would replace it.
struct SourceDifference {
    std::string function;
    std::string text; ///< lines: "-" what is here, "+" what comes, " " what stays; "@@" before each stretch
};

/// The difference of two sources by lines, each stretch with three lines around it. Blanks at the ends of lines and
/// carriage returns do not count. Very long sources are compared as a whole: all lines go, all come.
std::string sourceDifference(std::string_view here, std::string_view shipped);

} // namespace schema
