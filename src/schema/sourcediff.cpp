// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/sourcediff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace schema {

namespace {

constexpr std::size_t around = 3;
constexpr std::size_t cellsAtMost = 4'000'000; // of the table below

struct Line {
    char sign;
    std::string_view text;
};

std::vector<std::string_view> linesOf(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
            line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// The longest common sequence of lines, and what is between its lines.
std::vector<Line> compared(const std::vector<std::string_view>& here, const std::vector<std::string_view>& shipped) {
    std::vector<Line> all;
    const std::size_t width = shipped.size() + 1;
    std::size_t i = 0;
    std::size_t j = 0;
    if ((here.size() + 1) * width <= cellsAtMost) {
        std::vector<std::uint16_t> common((here.size() + 1) * width, 0);
        for (std::size_t a = here.size(); a-- > 0;) {
            for (std::size_t b = shipped.size(); b-- > 0;)
                common[a * width + b] = here[a] == shipped[b]
                                            ? std::uint16_t(common[(a + 1) * width + b + 1] + 1)
                                            : std::max(common[(a + 1) * width + b], common[a * width + b + 1]);
        }
        while (i < here.size() && j < shipped.size()) {
            if (here[i] == shipped[j]) {
                all.push_back({' ', here[i]});
                ++i;
                ++j;
            } else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) {
                all.push_back({'-', here[i++]});
            } else {
                all.push_back({'+', shipped[j++]});
            }
        }
    }
    for (; i < here.size(); ++i)
        all.push_back({'-', here[i]});
    for (; j < shipped.size(); ++j)
        all.push_back({'+', shipped[j]});
    return all;
}

} // namespace

std::string sourceDifference(std::string_view here, std::string_view shipped) {
    const std::vector<std::string_view> before = linesOf(here);
    const std::vector<std::string_view> after = linesOf(shipped);
    const std::vector<Line> lines = compared(before, after);
    std::vector<bool> shown(lines.size(), false);
    for (std::size_t at = 0; at < lines.size(); ++at) {
        if (lines[at].sign == ' ')
            continue;
        const std::size_t last = std::min(lines.size(), at + around + 1);
        for (std::size_t near = at < around ? 0 : at - around; near < last; ++near)
            shown[near] = true;
    }
    std::string text;
    std::size_t line = 1;
    for (std::size_t at = 0; at < lines.size(); ++at) {
        if (shown[at]) {
            if (at == 0 || !shown[at - 1])
                text += "@@ line " + std::to_string(line) + " @@\n";
            text += lines[at].sign;
            text.append(lines[at].text).append("\n");
        }
        line += lines[at].sign != '+';
    }
    return text;
}

} // namespace schema
