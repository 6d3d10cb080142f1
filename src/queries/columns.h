// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/result.h"
#include "pgque/decode.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How the answers of our questions are written and read. Not for other folders.
namespace queries::detail {

/// The end of the year 9999 as microseconds since the epoch: what lies beyond stands there, so that one row with an
/// infinite value does not fail a whole question, and nothing that is computed from it overflows.
inline constexpr auto farthest = "253402300799000000";

/// Times travel as microseconds since the epoch, independent of the role's DateStyle. date_part, because extract
/// computes in numeric, which costs a tenth of a sample of 11,000 rows; a double holds microseconds exactly enough to
/// round back for the next 200 years. '-infinity' is the epoch itself.
inline std::string micros(std::string_view expression) {
    const std::string time(expression);
    return "(case when " + time + " > '-infinity' and " + time + " < '9999-12-31 23:59:59Z' then (date_part('epoch', " +
           time + ") * 1000000)::bigint when " + time + " > 'epoch' then " + farthest + " when " + time +
           " is not null then 0 end)";
}

/// An interval's. Infinite ones, which there are since version 17, and those of thousands of years end there too.
inline std::string microsOf(std::string_view interval) {
    const std::string seconds = "date_part('epoch', " + std::string(interval) + ')';
    return "(case when abs(" + seconds + ") < 253402300799 then (" + seconds + " * 1000000)::bigint when " + seconds +
           " is not null then sign(" + seconds + ")::bigint * " + farthest + " end)";
}

/// Since when the transaction of a session, "a" of pg_stat_activity, has been open. An idle one has none: for the moment
/// in which it takes notifications it bears the time of its last statement, which may be hours ago.
inline std::string transactionSince() {
    return micros("(case when a.state is distinct from 'idle' then a.xact_start end)");
}

/// Names the install in this database as Capabilities::install does; NULL: there is none.
inline constexpr auto installName =
    "(select d.oid || '.' || c.relnamespace || '.' || c.oid from pg_database d, pg_class c"
    " where d.datname = current_database() and c.relname = 'queue'"
    " and c.relnamespace = (select oid from pg_namespace where nspname = 'pgque'))";

inline pg::Interval interval(const pg::Row& row, int column) {
    return pg::Interval(row.get<std::int64_t>(column));
}

/// A text, empty for NULL.
inline std::string textOrEmpty(const pg::Row& row, int column) {
    return row.get<std::optional<std::string>>(column).value_or(std::string());
}

/// "12,15" as array_to_string() writes it.
inline std::vector<std::int32_t> pids(std::string_view list) {
    std::vector<std::int32_t> found;
    for (std::size_t at = 0; at < list.size();) {
        const std::size_t end = std::min(list.find(',', at), list.size());
        found.push_back(std::stoi(std::string(list.substr(at, end - at))));
        at = end + 1;
    }
    return found;
}

/// A name as an identifier that is safe in SQL text.
inline std::string quoted(std::string_view name) {
    std::string text = "\"";
    for (const char c : name)
        text.append(c == '"' ? 2 : 1, c);
    return text + '"';
}

/// "pgque.event_3" and "_0" as "pgque"."event_3_0". The prefix is split at the first dot, as PgQue's own
/// quote_fqname() does it.
inline std::string qualified(std::string_view prefix, std::string_view suffix = {}) {
    const std::size_t dot = prefix.find('.');
    const std::string_view schema = dot == prefix.npos ? std::string_view("public") : prefix.substr(0, dot);
    const std::string_view name = dot == prefix.npos ? prefix : prefix.substr(dot + 1);
    return quoted(schema) + '.' + quoted(std::string(name).append(suffix));
}

} // namespace queries::detail
