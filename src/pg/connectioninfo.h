// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pg {

/// Where and how to connect: libpq's keywords and values. What is not set comes from libpq's own sources
/// (service file, environment, .pgpass, defaults). Printable only through redacted().
class PGQUE_EXPORT ConnectionInfo {
public:
    ConnectionInfo() = default;

    /// Parses "key=value ..." or a postgresql:// URI; throws Error (Usage) with libpq's own words when it is neither.
    static ConnectionInfo parse(std::string_view text);

    void set(std::string key, std::string value);
    void unset(std::string_view key);
    std::optional<std::string> get(std::string_view key) const;

    const std::map<std::string, std::string, std::less<>>& values() const noexcept { return m_values; }

    /// As it may be shown and logged: every secret (password, sslpassword) left out, and nothing else changed.
    std::string redacted() const;

    /// key=value text that libpq accepts, without secrets: for a profile file or a command line.
    std::string toStringWithoutSecrets() const { return redacted(); }

    bool operator==(const ConnectionInfo&) const = default;

private:
    std::map<std::string, std::string, std::less<>> m_values;
};

} // namespace pg
