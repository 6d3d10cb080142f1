// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/eventpage.h"
#include "pg/result.h"

#include <compare>
#include <string>
#include <string_view>

// How rows of event tables are asked for and read. Not for other folders.
namespace queries::detail {

/// A place in a table.
struct Tid {
    std::int64_t block = 0;
    std::int64_t item = 0;

    auto operator<=>(const Tid&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 reads a 0 into it

    /// The first block of which nothing lies before this place.
    std::int64_t blockBehind() const { return block + (item > 0 ? 1 : 0); }

    std::string text() const { return '(' + std::to_string(block) + ',' + std::to_string(item) + ')'; }
};

/// "(12,3)"; anything else is the start of a table.
Tid tidFrom(std::string_view text);

/// What messageFrom() reads, of a table called e; a text of more than so many bytes is cut to its beginning.
std::string messageColumns(std::string_view maxBytes);

/// A message whose first column stands here.
domain::Message messageFrom(const pg::Row& row, int first);

/// What eventFrom() reads, of a table called e; long texts are cut to so many characters. Both: a parameter's name.
/// sent: an expression, whether a tick sees it.
std::string eventColumns(std::string_view previewChars, const std::string& sent);
inline constexpr int eventColumnCount = 18;

/// Each extra field, cut by a function of a column's name, and the size of the whole; and reading them.
template <class Cut>
std::string extraColumns(const Cut& cut) {
    std::string columns;
    for (const char* column : {"ev_extra1", "ev_extra2", "ev_extra3", "ev_extra4"})
        columns += ", " + cut(column) + ", octet_length(e." + column + ')';
    return columns;
}

template <class Into>
void readExtras(const pg::Row& row, int first, Into& into) {
    for (std::size_t extra = 0; extra < into.extras.size(); ++extra) {
        into.extras[extra] = row.get<std::optional<std::string>>(first++);
        into.extraBytes[extra] = row.get<std::optional<std::int64_t>>(first++).value_or(0);
    }
}

/// An event whose first column stands here.
domain::EventRow eventFrom(const pg::Row& row, int first, std::int32_t table);

} // namespace queries::detail
