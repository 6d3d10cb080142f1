// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/jsoncondition.h"

#include <charconv>

namespace domain {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void appendUtf8(std::string& to, std::uint32_t code) {
    const auto byte = [&to](std::uint32_t value) { to += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0 | (code >> 6));
        byte(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        byte(0xe0 | (code >> 12));
        byte(0x80 | ((code >> 6) & 0x3f));
        byte(0x80 | (code & 0x3f));
    } else {
        byte(0xf0 | (code >> 18));
        byte(0x80 | ((code >> 12) & 0x3f));
        byte(0x80 | ((code >> 6) & 0x3f));
        byte(0x80 | (code & 0x3f));
    }
}

/// Reads a JSON text from its start; every call leaves the place behind what it read.
class Reader {
public:
    explicit Reader(std::string_view text)
        : m_text(text) {}

    char peek() {
        m_at = std::min(m_text.find_first_not_of(blanks, m_at), m_text.size());
        return m_at < m_text.size() ? m_text[m_at] : '\0';
    }

    bool take(char wanted) {
        if (peek() != wanted)
            return false;
        ++m_at;
        return true;
    }

    /// The text of a string; empty where none stands or it does not end.
    std::optional<std::string> string() {
        if (!take('"'))
            return std::nullopt;
        std::string text;
        while (m_at < m_text.size()) {
            const char c = m_text[m_at++];
            if (c == '"')
                return text;
            if (c != '\\') {
                text += c;
                continue;
            }
            if (m_at == m_text.size())
                return std::nullopt;
            escape(text);
        }
        return std::nullopt;
    }

    /// Behind the value that begins here, however deep it is. False where it does not end.
    bool skipValue() {
        int depth = 0;
        do {
            const char c = peek();
            if (c == '\0')
                return false;
            if (c == '"') {
                if (!skipString())
                    return false;
            } else if (c == '{' || c == '[') {
                ++depth;
                ++m_at;
            } else if (c == '}' || c == ']') {
                --depth;
                ++m_at;
            } else if (c == ',' || c == ':') {
                ++m_at;
            } else {
                skipWord();
            }
        } while (depth > 0);
        return depth == 0;
    }

    bool isScalar(std::string_view wanted) {
        const char c = peek();
        if (c == '"')
            return string() == wanted;
        if (c == '{' || c == '[')
            return false;
        const std::size_t first = m_at;
        skipWord();
        return m_text.substr(first, m_at - first) == wanted;
    }

private:
    bool skipString() {
        for (++m_at; m_at < m_text.size(); ++m_at) {
            m_at = m_text.find_first_of("\"\\", m_at);
            if (m_at == std::string_view::npos)
                break;
            if (m_text[m_at] == '"') {
                ++m_at;
                return true;
            }
            ++m_at; // what is escaped
        }
        m_at = m_text.size();
        return false;
    }

    void skipWord() {
        const std::size_t end = m_text.find_first_of(" \t\r\n,:{}[]\"", m_at);
        m_at = end == std::string_view::npos ? m_text.size() : std::max(end, m_at + 1);
    }

    void escape(std::string& text) {
        const char c = m_text[m_at++];
        switch (c) {
        case 'b':
            text += '\b';
            break;
        case 'f':
            text += '\f';
            break;
        case 'n':
            text += '\n';
            break;
        case 'r':
            text += '\r';
            break;
        case 't':
            text += '\t';
            break;
        case 'u':
            unicode(text);
            break;
        default:
            text += c;
        }
    }

    std::optional<std::uint32_t> fourDigits(std::size_t at) const {
        std::uint32_t code = 0;
        const std::string_view digits = m_text.substr(std::min(at, m_text.size()), 4);
        const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        return digits.size() == 4 && end.ptr == digits.data() + 4 ? std::optional(code) : std::nullopt;
    }

    void unicode(std::string& text) {
        auto code = fourDigits(m_at);
        if (!code)
            return;
        m_at += 4;
        if (*code >= 0xd800 && *code < 0xdc00 && m_text.substr(std::min(m_at, m_text.size()), 2) == "\\u") {
            if (const auto low = fourDigits(m_at + 2); low && *low >= 0xdc00 && *low < 0xe000) {
                code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
                m_at += 6;
            }
        }
        appendUtf8(text, *code);
    }

    std::string_view m_text;
    std::size_t m_at = 0;
};

// As deep as the path is long.
// NOLINTNEXTLINE(misc-no-recursion)
bool holds(const JsonCondition& condition, std::size_t step, Reader reader) {
    if (step == condition.steps.size())
        return reader.peek() != '\0' && (!condition.value || reader.isScalar(*condition.value));
    const JsonCondition::Step& wanted = condition.steps[step];
    const bool inArray = wanted.anyItem || wanted.item;
    if (!reader.take(inArray ? '[' : '{'))
        return false;
    for (std::int64_t item = 0; reader.peek() != (inArray ? ']' : '}'); ++item) {
        bool here = wanted.anyItem || wanted.item == item;
        if (!inArray) {
            const auto key = reader.string();
            if (!key || !reader.take(':'))
                return false;
            here = *key == wanted.key;
        }
        if (here && holds(condition, step + 1, reader))
            return true;
        if (!reader.skipValue() || !(reader.take(',') || reader.peek() == (inArray ? ']' : '}')))
            return false;
    }
    return false;
}

/// Reads one step written in brackets, from behind the opening one to behind the closing one.
std::optional<JsonCondition::Step> bracketed(std::string_view& text) {
    JsonCondition::Step step;
    if (!text.empty() && text.front() == '"') {
        const std::size_t end = text.find("\"]", 1);
        if (end == std::string_view::npos)
            return std::nullopt;
        step.key = text.substr(1, end - 1);
        text.remove_prefix(end + 2);
        return step.key.empty() ? std::nullopt : std::optional(step);
    }
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos)
        return std::nullopt;
    const std::string_view inside = trimmed(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (inside == "*") {
        step.anyItem = true;
        return step;
    }
    std::int64_t item = 0;
    const auto read = std::from_chars(inside.data(), inside.data() + inside.size(), item);
    if (inside.empty() || read.ec != std::errc() || read.ptr != inside.data() + inside.size() || item < 0)
        return std::nullopt;
    step.item = item;
    return step;
}

} // namespace

std::variant<JsonCondition, std::string> JsonCondition::parse(std::string_view text) {
    JsonCondition condition;
    text = trimmed(text);
    if (!text.empty() && text.front() == '$')
        text.remove_prefix(1);
    bool first = true;
    while (!text.empty() && text.front() != '=' && blanks.find(text.front()) == std::string_view::npos) {
        if (text.front() == '[') {
            text.remove_prefix(1);
            auto step = bracketed(text);
            if (!step)
                return "between [ and ] stands a number, * or \"a key\"";
            condition.steps.push_back(std::move(*step));
        } else {
            if (text.front() == '.')
                text.remove_prefix(1);
            else if (!first)
                return "a dot stands between two keys";
            const std::string_view key = text.substr(0, text.find_first_of(".[= \t"));
            if (key.empty())
                return "a key is missing";
            condition.steps.push_back({std::string(key), {}, false});
            text.remove_prefix(key.size());
        }
        first = false;
    }
    text = trimmed(text);
    if (condition.steps.empty())
        return "a key is missing";
    if (text.empty())
        return condition;
    if (text.front() != '=')
        return "behind the path stands nothing, or = and a value";
    text = trimmed(text.substr(text.starts_with("==") ? 2 : 1));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    condition.value = std::string(text);
    return condition;
}

bool JsonCondition::matches(std::string_view json) const {
    return holds(*this, 0, Reader(json));
}

} // namespace domain
