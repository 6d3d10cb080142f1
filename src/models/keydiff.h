// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace models {

/// Rows first to last, both included.
struct RowRange {
    int first = 0;
    int last = 0;

    int count() const { return last - first + 1; }

    bool operator==(const RowRange&) const = default;
};

/// How one list of keys becomes another: take the removed ranges out, bring the rows that stay into the new order where
/// that changed, put the inserted ranges in.
struct KeyDiff {
    std::vector<RowRange> removed;  ///< in old positions, last range first
    std::vector<RowRange> inserted; ///< in new positions, first range first
    bool reordered = false;         ///< the rows that stay stand in another order now
};

/// Keys are unique within each list.
KeyDiff diffKeys(const std::vector<std::string>& before, const std::vector<std::string>& after);

/// Runs of rows from ascending row numbers. When more than half of all rows are in it, or there would be more than 64
/// runs, it is one range from the first to the last: one signal is cheaper than many.
std::vector<RowRange> spans(const std::vector<int>& rows, int rowCount);

} // namespace models
