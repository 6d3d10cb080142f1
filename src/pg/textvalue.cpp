// SPDX-License-Identifier: Apache-2.0
#include "pg/textvalue.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <locale>
#include <sstream>

namespace pg::textvalue {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A reader over the text: every step says whether what it wanted stood there.
class Scanner {
public:
    explicit Scanner(std::string_view text)
        : m_rest(text) {}

    bool atEnd() const { return m_rest.empty(); }

    bool next(char c) const { return !m_rest.empty() && m_rest.front() == c; }

    bool nextIsDigit() const { return !m_rest.empty() && m_rest.front() >= '0' && m_rest.front() <= '9'; }

    bool take(char c) {
        if (!next(c)) {
            return false;
        }
        m_rest.remove_prefix(1);
        return true;
    }

    bool take(std::string_view word) {
        if (!m_rest.starts_with(word)) {
            return false;
        }
        m_rest.remove_prefix(word.size());
        return true;
    }

    // Unsigned digits; refuses none at all and what does not fit.
    bool number(std::int64_t& value) {
        if (!nextIsDigit()) {
            return false;
        }
        const auto [end, error] = std::from_chars(m_rest.data(), m_rest.data() + m_rest.size(), value);
        m_rest.remove_prefix(static_cast<std::size_t>(end - m_rest.data()));
        return error == std::errc{};
    }

    // ".123456" as microseconds; digits beyond the sixth are dropped.
    bool fraction(std::int64_t& micros) {
        micros = 0;
        if (!take('.')) {
            return true;
        }
        if (!nextIsDigit()) {
            return false;
        }
        for (std::int64_t unit = 100'000; nextIsDigit(); unit /= 10) {
            micros += unit * (m_rest.front() - '0');
            m_rest.remove_prefix(1);
        }
        return true;
    }

    std::string_view word() {
        std::size_t length = 0;
        while (length < m_rest.size() && m_rest[length] >= 'a' && m_rest[length] <= 'z') {
            ++length;
        }
        const std::string_view found = m_rest.substr(0, length);
        m_rest.remove_prefix(length);
        return found;
    }

private:
    std::string_view m_rest;
};

// hh:mm[:ss[.ffffff]] of any number of hours.
bool clockTime(Scanner& scanner, std::int64_t hour, std::int64_t& micros) {
    std::int64_t minute = 0;
    std::int64_t second = 0;
    std::int64_t fraction = 0;
    if (!scanner.take(':') || !scanner.number(minute) || minute > 59) {
        return false;
    }
    if (scanner.take(':') && (!scanner.number(second) || second > 60 || !scanner.fraction(fraction))) {
        return false;
    }
    constexpr std::int64_t mostHours = std::numeric_limits<std::int64_t>::max() / 3'600'000'000 - 1;
    if (hour > mostHours) {
        return false;
    }
    micros = ((hour * 60 + minute) * 60 + second) * 1'000'000 + fraction;
    return true;
}

std::optional<std::int64_t> microsecondsPer(std::string_view unit) {
    constexpr std::int64_t day = 86'400'000'000;
    if (unit == "year" || unit == "years") {
        // extract(epoch) counts a whole year as 365.25 days and the months beside it as 30 days each.
        return day / 4 * 1461;
    }
    if (unit == "mon" || unit == "mons") {
        return 30 * day;
    }
    if (unit == "day" || unit == "days") {
        return day;
    }
    return std::nullopt;
}

std::optional<Interval> parseSeconds(std::string_view text) {
    Scanner scanner(text);
    const bool negative = scanner.take('-');
    std::int64_t whole = 0;
    std::int64_t fraction = 0;
    if (!scanner.number(whole) || whole > std::numeric_limits<std::int64_t>::max() / 1'000'000 - 1 ||
        !scanner.fraction(fraction) || !scanner.atEnd()) {
        return std::nullopt;
    }
    const std::int64_t micros = whole * 1'000'000 + fraction;
    return Interval(negative ? -micros : micros);
}

} // namespace

std::optional<std::int64_t> parseInteger(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<double> parseDouble(std::string_view text) {
    // The C library would follow the program's locale, and a German one expects a comma.
#ifdef __cpp_lib_to_chars
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
#else
    if (text == "NaN") {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (text == "Infinity" || text == "-Infinity") {
        return text.front() == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    }
    std::istringstream stream{std::string(text)};
    stream.imbue(std::locale::classic());
    double value = 0;
    if (!(stream >> std::noskipws >> value) || stream.peek() != std::istringstream::traits_type::eof()) {
        return std::nullopt;
    }
    return value;
#endif
}

std::optional<bool> parseBool(std::string_view text) {
    if (text == "t" || text == "true") {
        return true;
    }
    if (text == "f" || text == "false") {
        return false;
    }
    return std::nullopt;
}

std::optional<Timestamp> parseTimestamp(std::string_view text) {
    Scanner scanner(text);
    std::int64_t year = 0;
    std::int64_t month = 0;
    std::int64_t day = 0;
    std::int64_t hour = 0;
    std::int64_t time = 0;
    if (!scanner.number(year) || !scanner.take('-') || !scanner.number(month) || !scanner.take('-') ||
        !scanner.number(day)) {
        return std::nullopt;
    }
    if (scanner.take(' ') || scanner.take('T')) {
        if (!scanner.number(hour) || hour > 24 || !clockTime(scanner, hour, time)) {
            return std::nullopt;
        }
    }
    std::int64_t offset = 0;
    if (!scanner.take('Z') && (scanner.next('+') || scanner.next('-'))) {
        const bool west = scanner.take('-');
        std::int64_t offsetHours = 0;
        if ((!west && !scanner.take('+')) || !scanner.number(offsetHours) || offsetHours > 24) {
            return std::nullopt;
        }
        offset = offsetHours * 3'600'000'000;
        if (scanner.next(':') && !clockTime(scanner, offsetHours, offset)) {
            return std::nullopt;
        }
        offset = west ? -offset : offset;
    }
    if (scanner.take(" BC")) {
        year = 1 - year;
    }
    constexpr std::int64_t mostYears = 290'000; // what the chrono type can hold
    if (!scanner.atEnd() || year > mostYears || year < -mostYears || month < 1 || month > 12 || day < 1 || day > 31) {
        return std::nullopt;
    }
    // std::chrono::year ends at 32767, PostgreSQL's at 294276: days from the civil date, counted from March.
    const std::int64_t shifted = month <= 2 ? year - 1 : year;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    const std::int64_t yearOfEra = shifted - era * 400;
    const std::int64_t dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
    const std::int64_t sinceEpoch = era * 146'097 + dayOfEra - 719'468;
    return Timestamp(microseconds(sinceEpoch * 86'400'000'000 + time - offset));
}

std::optional<Interval> parseInterval(std::string_view text) {
    if (const auto plain = parseSeconds(text)) {
        return plain;
    }
    Scanner scanner(text);
    std::int64_t total = 0;
    if (scanner.atEnd()) {
        return std::nullopt;
    }
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;
    while (!scanner.atEnd()) {
        const bool negative = scanner.take('-');
        if (!negative) {
            scanner.take('+');
        }
        std::int64_t value = 0;
        if (!scanner.number(value)) {
            return std::nullopt;
        }
        std::int64_t part = 0;
        if (scanner.next(':')) {
            if (!clockTime(scanner, value, part)) {
                return std::nullopt;
            }
        } else {
            const auto unit = scanner.take(' ') ? microsecondsPer(scanner.word()) : std::nullopt;
            if (!unit || value > most / *unit) {
                return std::nullopt;
            }
            part = value * *unit;
        }
        if (part > most - std::abs(total)) {
            return std::nullopt;
        }
        total += negative ? -part : part;
        if (!scanner.atEnd() && !scanner.take(' ')) {
            return std::nullopt;
        }
    }
    return Interval(total);
}

std::optional<Array> parseArray(std::string_view text) {
    // "[0:2]={...}": bounds other than one are written in front.
    if (text.starts_with('[')) {
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) {
            return std::nullopt;
        }
        text.remove_prefix(equals + 1);
    }
    if (text.size() < 2 || text.front() != '{' || text.back() != '}') {
        return std::nullopt;
    }
    text = text.substr(1, text.size() - 2);
    Array elements;
    if (text.empty()) {
        return elements;
    }
    for (std::size_t at = 0;;) {
        std::string element;
        bool isQuoted = false;
        if (at < text.size() && text[at] == '"') {
            isQuoted = true;
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                if (text[at] == '\\' && ++at == text.size()) {
                    return std::nullopt;
                }
                element += text[at];
            }
            if (at++ >= text.size()) {
                return std::nullopt;
            }
        } else {
            for (; at < text.size() && text[at] != ','; ++at) {
                if (text[at] == '{' || text[at] == '}' || text[at] == '"') {
                    return std::nullopt;
                }
                if (text[at] == '\\' && ++at == text.size()) {
                    return std::nullopt;
                }
                element += text[at];
            }
            if (element.empty()) {
                return std::nullopt;
            }
        }
        if (!isQuoted && element == "NULL") {
            elements.emplace_back(std::nullopt);
        } else {
            elements.emplace_back(std::move(element));
        }
        if (at == text.size()) {
            return elements;
        }
        if (text[at++] != ',') {
            return std::nullopt;
        }
    }
}

std::string format(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value < 0 ? "-Infinity" : "Infinity";
    }
#ifdef __cpp_lib_to_chars
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), end};
#else
    std::ostringstream stream;
    stream.imbue(std::locale::classic());
    stream.precision(std::numeric_limits<double>::max_digits10);
    stream << value;
    return stream.str();
#endif
}

std::string format(Timestamp value) {
    const auto day = std::chrono::floor<days>(value);
    const std::chrono::hh_mm_ss time(value - day);
    // The reverse of the count in parseTimestamp.
    const std::int64_t shifted = day.time_since_epoch().count() + 719'468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
    const std::int64_t dayOfEra = shifted - era * 146'097;
    const std::int64_t yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36'524 - dayOfEra / 146'096) / 365;
    const std::int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    const std::int64_t shiftedMonth = (5 * dayOfYear + 2) / 153;
    const std::int64_t dayOfMonth = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1;
    const std::int64_t month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
    const std::int64_t year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%04lld-%02lld-%02lld %02lld:%02lld:%02lld.%06lld+00%s",
                  static_cast<long long>(year > 0 ? year : 1 - year), static_cast<long long>(month),
                  static_cast<long long>(dayOfMonth), static_cast<long long>(time.hours().count()),
                  static_cast<long long>(time.minutes().count()), static_cast<long long>(time.seconds().count()),
                  static_cast<long long>(time.subseconds().count()), year > 0 ? "" : " BC");
    return buffer.data();
}

std::string format(Interval value) {
    // Hours of any number: the only field whose range is the same in every server version.
    const bool negative = value < Interval::zero();
    const auto micros = value.count();
    const auto magnitude = negative ? ~static_cast<std::uint64_t>(micros) + 1 : static_cast<std::uint64_t>(micros);
    const std::uint64_t whole = magnitude / 1'000'000;
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%s%02llu:%02llu:%02llu", negative ? "-" : "",
                  static_cast<unsigned long long>(whole / 3600), static_cast<unsigned long long>(whole / 60 % 60),
                  static_cast<unsigned long long>(whole % 60));
    std::string text = buffer.data();
    if (const std::uint64_t fraction = magnitude % 1'000'000; fraction != 0) {
        std::snprintf(buffer.data(), buffer.size(), ".%06llu", static_cast<unsigned long long>(fraction));
        text += buffer.data();
    }
    return text;
}

void appendElement(std::string& literal, std::string_view element) {
    literal += '"';
    for (const char c : element) {
        if (c == '"' || c == '\\') {
            literal += '\\';
        }
        literal += c;
    }
    literal += '"';
}

} // namespace pg::textvalue
