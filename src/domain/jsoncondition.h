// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace domain {

/// What must stand somewhere inside a JSON text: a path, and perhaps the value at its end. Written as
/// order.lines[*].sku = a-1, with ["a key"] where a key has dots, brackets or blanks in it.
struct JsonCondition {
    /// One step down. Exactly one of the three is meant.
    struct Step {
        std::string key;
        std::optional<std::int64_t> item; ///< of an array, from 0
        bool anyItem = false;

        bool operator==(const Step&) const = default;
    };

    std::vector<Step> steps;          ///< never empty in a parsed one
    std::optional<std::string> value; ///< text of a string, or a scalar as it is written; empty: whatever is there

    /// The condition, or what is wrong with the text in half a sentence.
    static std::variant<JsonCondition, std::string> parse(std::string_view text);

    /// Whether it holds. Reads no further than needed and accepts what breaks behind that; a text that is no JSON
    /// before that point does not match. Numbers are compared as they are written.
    bool matches(std::string_view json) const;

    bool operator==(const JsonCondition&) const = default;
};

} // namespace domain
