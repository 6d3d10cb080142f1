// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/backlog.h"

#include <algorithm>
#include <cctype>

namespace domain {

namespace {

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isWordPart(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool isHexadecimal(const std::string& word) {
    return word.size() >= 8 &&
           std::all_of(word.begin(), word.end(),
                       [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == '-'; }) &&
           std::any_of(word.begin(), word.end(), isDigit);
}

/// The end of a status code that begins here: three digits as HTTP and SMTP use them, or "5.1.1" as mail does; 0 when
/// it is none. Such a code is a cause, and stays.
std::size_t endOfCode(const std::string& text, std::size_t at) {
    const auto ends = [&text](std::size_t end) {
        return end >= text.size() ||
               (!isWordPart(text[end]) && (text[end] != '.' || end + 1 >= text.size() || !isWordPart(text[end + 1])));
    };
    const auto digit = [&text](std::size_t place) { return place < text.size() && isDigit(text[place]); };
    if (text[at] >= '1' && text[at] <= '5' && digit(at + 1) && digit(at + 2) && ends(at + 3))
        return at + 3;
    if ((text[at] != '2' && text[at] != '4' && text[at] != '5') || at + 1 >= text.size() || text[at + 1] != '.')
        return 0;
    std::size_t end = at + 2;
    while (digit(end))
        ++end;
    if (end == at + 2 || end >= text.size() || text[end] != '.')
        return 0;
    const std::size_t last = ++end;
    while (digit(end))
        ++end;
    return end > last && ends(end) ? end : 0;
}

/// The end of a quoted text that begins here; 0 when it does not end on this line.
std::size_t endOfQuote(const std::string& text, std::size_t at) {
    const std::size_t end = text.find(text[at], at + 1);
    return end == std::string::npos || text.find('\n', at) < end ? 0 : end + 1;
}

} // namespace

std::string normalisedReason(const std::string& reason) {
    std::string plain;
    plain.reserve(reason.size());
    for (std::size_t at = 0; at < reason.size();) {
        const char c = reason[at];
        // An apostrophe inside a word ("can't") opens no quotation.
        const bool quote = c == '"' || (c == '\'' && (at == 0 || !isWordPart(reason[at - 1])));
        if (const std::size_t end = quote ? endOfQuote(reason, at) : 0; end > 0) {
            plain.append({c, '.', '.', '.', c});
            at = end;
            continue;
        }
        if (!isWordPart(c)) {
            plain.push_back(c);
            ++at;
            continue;
        }
        if (const std::size_t code = isDigit(c) ? endOfCode(reason, at) : 0; code > 0) {
            plain.append(reason, at, code - at);
            at = code;
            continue;
        }
        std::size_t end = at;
        while (end < reason.size() && (isWordPart(reason[end]) || (reason[end] == '-' && end + 1 < reason.size() &&
                                                                   isWordPart(reason[end + 1]) && end - at >= 8)))
            ++end;
        const std::string word = reason.substr(at, end - at);
        if (isHexadecimal(word)) {
            plain.push_back('#');
        } else {
            for (std::size_t i = 0; i < word.size(); ++i) {
                if (!isDigit(word[i]))
                    plain.push_back(word[i]);
                else if (i == 0 || !isDigit(word[i - 1]))
                    plain.push_back('#');
            }
        }
        at = end;
    }
    return plain;
}

} // namespace domain
