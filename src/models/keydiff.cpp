// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/keydiff.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace models {

namespace {

constexpr std::size_t maximalSpans = 64;

void append(std::vector<RowRange>& ranges, int row) {
    if (!ranges.empty() && ranges.back().last + 1 == row)
        ranges.back().last = row;
    else
        ranges.push_back({row, row});
}

} // namespace

KeyDiff diffKeys(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    KeyDiff diff;
    if (before == after)
        return diff;
    std::unordered_map<std::string_view, int> newPosition;
    newPosition.reserve(after.size());
    for (std::size_t row = 0; row < after.size(); ++row)
        newPosition.emplace(after[row], int(row));

    std::vector<bool> stays(after.size(), false);
    int previous = -1;
    for (std::size_t row = 0; row < before.size(); ++row) {
        const auto found = newPosition.find(before[row]);
        if (found == newPosition.end()) {
            append(diff.removed, int(row));
            continue;
        }
        stays[std::size_t(found->second)] = true;
        diff.reordered = diff.reordered || found->second < previous;
        previous = found->second;
    }
    std::reverse(diff.removed.begin(), diff.removed.end());
    for (std::size_t row = 0; row < after.size(); ++row) {
        if (!stays[row])
            append(diff.inserted, int(row));
    }
    return diff;
}

std::vector<RowRange> spans(const std::vector<int>& rows, int rowCount) {
    std::vector<RowRange> ranges;
    for (const int row : rows)
        append(ranges, row);
    if (!rows.empty() && (int(rows.size()) * 2 > rowCount || ranges.size() > maximalSpans))
        ranges = {{rows.front(), rows.back()}};
    return ranges;
}

} // namespace models
