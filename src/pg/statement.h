// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"
#include "pg/time.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pg {

class Result;

/// Statement parameters in text form, typed by the casts in the SQL text. Values never become part of the SQL.
class PGQUE_EXPORT Params {
public:
    Params() = default;

    Params& add(std::nullopt_t);
    Params& add(std::string_view text);

    Params& add(const char* text) { return add(std::string_view(text)); }

    Params& add(const std::string& text) { return add(std::string_view(text)); }

    Params& add(bool value);
    Params& add(std::int32_t value);
    Params& add(std::int64_t value);
    Params& add(double value);
    Params& add(Timestamp value);
    Params& add(Interval value);

    /// A one-dimensional array literal; an empty optional becomes a NULL element.
    Params& add(std::span<const std::optional<std::string>> array);
    Params& add(std::span<const std::string> array);
    Params& add(std::span<const std::int64_t> array);

    template <class T>
    Params& add(const std::optional<T>& value) {
        return value ? add(*value) : add(std::nullopt);
    }

    template <class... Values>
    static Params of(const Values&... values) {
        Params params;
        params.m_values.reserve(sizeof...(values));
        (params.add(values), ...);
        return params;
    }

    const std::vector<std::optional<std::string>>& values() const noexcept { return m_values; }

    /// Whether a person would type this value without quotes (a number, true, false).
    bool isBare(std::size_t index) const { return m_bare[index]; }

private:
    Params& append(std::optional<std::string> value, bool bare = false);

    std::vector<std::optional<std::string>> m_values;
    std::vector<bool> m_bare;
};

/// SQL text with $1, $2, ... and the values for them.
struct PGQUE_EXPORT Statement {
    std::string sql;
    Params params;

    /// The statement with its values written in as literals, as a person would type it: for display, never for running.
    std::string display() const;
};

/// A typed call: one statement of an API as a value. The synchronous client, the asynchronous session, the preview
/// and the journal all use the same value, so that each SQL text exists once.
template <class T>
struct Call {
    std::string name; ///< the function or question it stands for, e.g. "receive_coop"
    Statement statement;
    std::function<T(const Result&)> decode;

    using Value = T;
};

} // namespace pg
