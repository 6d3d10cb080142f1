// SPDX-License-Identifier: Apache-2.0
#include "pg/connectioninfo.h"

#include "pg/error.h"

#include <algorithm>
#include <array>
#include <libpq-fe.h>
#include <memory>

namespace pg {

namespace {

constexpr std::array<std::string_view, 5> secretKeys{"password", "sslpassword", "oauth_client_secret",
                                                     "scram_client_key", "scram_server_key"};

bool isSecret(std::string_view key) {
    return std::find(secretKeys.begin(), secretKeys.end(), key) != secretKeys.end();
}

std::string quoted(const std::string& value) {
    const bool plain = !value.empty() && value.find_first_of(" \t\r\n\f\v'\\=") == std::string::npos;
    if (plain) {
        return value;
    }
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') {
            text += '\\';
        }
        text += c;
    }
    return text + '\'';
}

} // namespace

ConnectionInfo ConnectionInfo::parse(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) {
        throw Error::of(ErrorKind::Usage, "connection text contains a zero byte");
    }
    char* problem = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(std::string(text).c_str(), &problem), &PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> problemOwner(problem, &PQfreemem);
    if (!options) {
        std::string message = problem != nullptr ? problem : "out of memory";
        while (!message.empty() && message.back() == '\n') {
            message.pop_back();
        }
        throw Error::of(ErrorKind::Usage, std::move(message));
    }
    ConnectionInfo info;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) {
            info.set(option->keyword, option->val);
        }
    }
    return info;
}

void ConnectionInfo::set(std::string key, std::string value) {
    m_values.insert_or_assign(std::move(key), std::move(value));
}

void ConnectionInfo::unset(std::string_view key) {
    if (const auto found = m_values.find(key); found != m_values.end()) {
        m_values.erase(found);
    }
}

std::optional<std::string> ConnectionInfo::get(std::string_view key) const {
    const auto found = m_values.find(key);
    return found == m_values.end() ? std::nullopt : std::optional(found->second);
}

std::string ConnectionInfo::redacted() const {
    std::string text;
    for (const auto& [key, value] : m_values) {
        if (isSecret(key)) {
            continue;
        }
        if (!text.empty()) {
            text += ' ';
        }
        text += key + '=' + quoted(value);
    }
    return text;
}

} // namespace pg
