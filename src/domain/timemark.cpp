// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/timemark.h"

#include <charconv>
#include <cstdio>
#include <regex>
#include <string_view>

namespace domain {

namespace {

constexpr std::string_view opening = "{time:";

std::string utcTime(pg::Timestamp moment) {
    using namespace std::chrono;
    const auto second = floor<seconds>(moment);
    const hh_mm_ss time(second - floor<days>(second));
    char text[32];
    std::snprintf(text, sizeof text, "%02d:%02d:%02d UTC", static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return text;
}

} // namespace

std::string timeMark(pg::Timestamp moment) {
    return std::string(opening) + std::to_string(moment.time_since_epoch().count()) + '}';
}

std::string withTimes(const std::string& sentence, const std::function<std::string(pg::Timestamp)>& write) {
    std::string written;
    std::size_t at = 0;
    for (std::size_t mark = sentence.find(opening); mark != std::string::npos; mark = sentence.find(opening, mark)) {
        const char* const last = sentence.data() + sentence.size();
        pg::Interval::rep micros = 0;
        const auto [end, problem] = std::from_chars(sentence.data() + mark + opening.size(), last, micros);
        if (problem != std::errc() || end == last || *end != '}') {
            mark += opening.size(); // a name that looks like one
            continue;
        }
        written.append(sentence, at, mark - at);
        written += write(pg::Timestamp(pg::Interval(micros)));
        at = mark = static_cast<std::size_t>(end - sentence.data()) + 1;
    }
    return written.append(sentence, at);
}

std::string withUtcTimes(const std::string& sentence) {
    return withTimes(sentence, utcTime);
}

std::string marksOfUtcTimes(const std::string& sentence, pg::Timestamp kept) {
    using namespace std::chrono;
    static const std::regex time(R"(\b([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]) UTC\b)");
    std::string marked;
    auto rest = sentence.begin();
    for (std::sregex_iterator at(sentence.begin(), sentence.end(), time), end; at != end; ++at) {
        const std::smatch& found = *at;
        const auto ofDay = hours(std::stoi(found[1])) + minutes(std::stoi(found[2])) + seconds(std::stoi(found[3]));
        pg::Timestamp moment = floor<days>(kept) + ofDay;
        if (moment > kept + hours(12))
            moment -= days(1);
        else if (moment < kept - hours(12))
            moment += days(1);
        marked.append(rest, found[0].first).append(timeMark(moment));
        rest = found[0].second;
    }
    return marked.append(rest, sentence.end());
}

} // namespace domain
