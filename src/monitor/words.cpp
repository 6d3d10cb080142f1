// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/words.h"

#include <algorithm>
#include <cstdio>

namespace monitor::words {

namespace {

std::string twoUnits(std::int64_t large, const char* largeUnit, std::int64_t small, const char* smallUnit) {
    char text[64];
    std::snprintf(text, sizeof text, "%lld %s %02lld %s", static_cast<long long>(large), largeUnit,
                  static_cast<long long>(small), smallUnit);
    return text;
}

} // namespace

std::string age(pg::Interval length) {
    using namespace std::chrono;
    const auto whole = std::max<std::int64_t>(0, floor<seconds>(length).count());
    if (length < seconds(10)) {
        char text[32];
        std::snprintf(text, sizeof text, "%.1f s", std::max(0.0, duration<double>(length).count()));
        return text;
    }
    if (whole < 60)
        return std::to_string(whole) + " s";
    if (whole < 3'600)
        return twoUnits(whole / 60, "min", whole % 60, "s");
    if (whole < 86'400)
        return twoUnits(whole / 3'600, "h", whole / 60 % 60, "min");
    return twoUnits(whole / 86'400, "d", whole / 3'600 % 24, "h");
}

std::string count(std::int64_t number, const std::string& singular) {
    return count(number, singular, singular + 's');
}

std::string count(std::int64_t number, const std::string& singular, const std::string& plural) {
    std::string digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
        digits.insert(static_cast<std::size_t>(at), " ");
    return digits + ' ' + (number == 1 ? singular : plural);
}

} // namespace monitor::words
