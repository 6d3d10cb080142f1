// SPDX-License-Identifier: Apache-2.0
#include "pg/statement.h"

#include "pg/textvalue.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace pg {

namespace {

bool isWordCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// Length of a UTF-8 sequence at the front that turns the reading direction around, or 0. Shown as it is, such a
// character makes a statement look like another one (U+061C, U+200E/F, U+202A..E, U+2066..9).
std::size_t directionMark(std::string_view text, unsigned& codePoint) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    if (byte(0) == 0xD8 && byte(1) == 0x9C) {
        codePoint = 0x061C;
        return 2;
    }
    if (byte(0) == 0xE2 && (byte(1) == 0x80 || byte(1) == 0x81)) {
        codePoint = 0x2000 | (byte(1) & 1U) << 6U | (byte(2) & 0x3FU);
        const bool mark = codePoint == 0x200E || codePoint == 0x200F || (codePoint >= 0x202A && codePoint <= 0x202E) ||
                          (codePoint >= 0x2066 && codePoint <= 0x2069);
        return mark ? 3 : 0;
    }
    return 0;
}

std::string literal(std::string_view text) {
    std::string body;
    bool escaped = false;
    std::array<char, 8> code{};
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        unsigned codePoint = 0;
        if (const auto length = directionMark(text.substr(at), codePoint); length != 0) {
            std::snprintf(code.data(), code.size(), "\\u%04x", codePoint);
            body += code.data();
            at += length - 1;
            escaped = true;
        } else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
            std::snprintf(code.data(), code.size(), "\\x%02x", static_cast<unsigned>(c));
            body += code.data();
            escaped = true;
        } else if (c == '\\') {
            body += "\\\\";
            escaped = true;
        } else {
            body += text[at];
            if (c == '\'') {
                body += '\'';
            }
        }
    }
    return (escaped ? "E'" : "'") + body + '\'';
}

std::string shown(const Params& params, std::size_t index) {
    const auto& value = params.values()[index];
    if (!value) {
        return "NULL";
    }
    if (!params.isBare(index)) {
        return literal(*value);
    }
    // A cast binds closer than the sign.
    return value->starts_with('-') ? '(' + *value + ')' : *value;
}

// Length of the quoted text, comment or word that starts here and in which $1 means nothing; 0 when none does.
std::size_t opaqueLength(std::string_view sql) {
    const auto through = [&](std::string_view end, std::size_t from) {
        const auto at = sql.find(end, from);
        return at == std::string_view::npos ? sql.size() : at + end.size();
    };
    if (sql.starts_with("--")) {
        return through("\n", 2);
    }
    if (sql.starts_with("/*")) {
        int depth = 0;
        for (std::size_t at = 0; at < sql.size(); ++at) {
            if (sql.substr(at, 2) == "/*") {
                ++depth;
                ++at;
            } else if (sql.substr(at, 2) == "*/") {
                ++at;
                if (--depth == 0) {
                    return at + 1;
                }
            }
        }
        return sql.size();
    }
    if (sql.starts_with('"')) {
        return through("\"", 1);
    }
    const bool escapes = sql.starts_with("E'") || sql.starts_with("e'");
    if (escapes || sql.starts_with('\'')) {
        for (std::size_t at = escapes ? 2 : 1; at < sql.size(); ++at) {
            if (escapes && sql[at] == '\\') {
                ++at;
            } else if (sql[at] == '\'') {
                return at + 1; // a doubled quote is simply two texts side by side
            }
        }
        return sql.size();
    }
    if (sql.starts_with('$')) {
        std::size_t tag = 1;
        while (tag < sql.size() && isWordCharacter(sql[tag])) {
            ++tag;
        }
        const bool opens = tag < sql.size() && sql[tag] == '$' && (tag == 1 || sql[1] < '0' || sql[1] > '9');
        return opens ? through(sql.substr(0, tag + 1), tag + 1) : 0;
    }
    std::size_t word = 0;
    while (word < sql.size() && (isWordCharacter(sql[word]) || (word > 0 && sql[word] == '$'))) {
        ++word;
    }
    return word;
}

} // namespace

Params& Params::append(std::optional<std::string> value, bool bare) {
    m_values.push_back(std::move(value));
    m_bare.push_back(bare);
    return *this;
}

Params& Params::add(std::nullopt_t) {
    return append(std::nullopt);
}

Params& Params::add(std::string_view text) {
    return append(std::string(text));
}

Params& Params::add(bool value) {
    return append(value ? "true" : "false", true);
}

Params& Params::add(std::int32_t value) {
    return append(std::to_string(value), true);
}

Params& Params::add(std::int64_t value) {
    return append(std::to_string(value), true);
}

Params& Params::add(double value) {
    return append(textvalue::format(value), std::isfinite(value));
}

Params& Params::add(Timestamp value) {
    return append(textvalue::format(value));
}

Params& Params::add(Interval value) {
    return append(textvalue::format(value));
}

Params& Params::add(std::span<const std::optional<std::string>> array) {
    std::string text = "{";
    for (const auto& element : array) {
        if (text.size() > 1) {
            text += ',';
        }
        if (element) {
            textvalue::appendElement(text, *element);
        } else {
            text += "NULL";
        }
    }
    return append(text + '}');
}

Params& Params::add(std::span<const std::string> array) {
    std::string text = "{";
    for (const auto& element : array) {
        if (text.size() > 1) {
            text += ',';
        }
        textvalue::appendElement(text, element);
    }
    return append(text + '}');
}

Params& Params::add(std::span<const std::int64_t> array) {
    std::string text = "{";
    for (const auto element : array) {
        if (text.size() > 1) {
            text += ',';
        }
        text += std::to_string(element);
    }
    return append(text + '}');
}

std::string Statement::display() const {
    std::string text;
    std::string_view rest = sql;
    while (!rest.empty()) {
        std::size_t length = opaqueLength(rest);
        if (length == 0 && rest.front() == '$') {
            std::size_t digits = 1;
            std::size_t number = 0;
            while (digits < rest.size() && digits < 7 && rest[digits] >= '0' && rest[digits] <= '9') {
                number = number * 10 + static_cast<std::size_t>(rest[digits++] - '0');
            }
            if (number >= 1 && number <= params.values().size()) {
                text += shown(params, number - 1);
                rest.remove_prefix(digits);
                continue;
            }
        }
        length = std::max<std::size_t>(length, 1);
        text += rest.substr(0, length);
        rest.remove_prefix(length);
    }
    return text;
}

} // namespace pg
