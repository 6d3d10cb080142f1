// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/error.h"
#include "pg/result.h"
#include "pg/statement.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// How answers of the queue functions become values. Not installed.
namespace pgque::detail {

/// The one row of an answer that must have exactly one.
inline pg::Row single(const pg::Result& result) {
    if (result.rowCount() != 1) {
        pg::Failure failure;
        failure.kind = pg::ErrorKind::Decode;
        failure.diagnostics.message = "expected one row, got " + std::to_string(result.rowCount());
        throw pg::Error(std::move(failure));
    }
    return result.row(0);
}

/// Times travel as microseconds since the epoch: their text form would depend on the session's DateStyle, which a
/// role's or a program's settings may have changed.
inline pg::Timestamp microseconds(const pg::Row& row, int column) {
    return pg::Timestamp(std::chrono::microseconds(row.get<std::int64_t>(column)));
}

inline std::optional<pg::Timestamp> optionalMicroseconds(const pg::Row& row, int column) {
    if (row.isNull(column))
        return {};
    return microseconds(row, column);
}

/// What messageFrom() reads, in its order.
inline constexpr auto messageColumns = "select msg_id, batch_id, type, payload, retry_count,"
                                       " (extract(epoch from created_at) * 1000000)::bigint,"
                                       " extra1, extra2, extra3, extra4 from ";

/// A call whose answer is one value.
template <class T>
pg::Call<T> valueCall(std::string name, std::string sql, pg::Params params) {
    return {std::move(name), {std::move(sql), std::move(params)}, [](const pg::Result& result) {
                return single(result).template get<T>(0);
            }};
}

/// A call whose answer is a count that says whether anything was done: 1 or 0.
inline pg::Call<bool> flagCall(std::string name, std::string sql, pg::Params params) {
    return {std::move(name), {std::move(sql), std::move(params)}, [](const pg::Result& result) {
                return single(result).get<std::int32_t>(0) != 0;
            }};
}

/// A call whose answer says nothing beyond "no error".
inline pg::Call<void> voidCall(std::string name, std::string sql, pg::Params params) {
    return {std::move(name), {std::move(sql), std::move(params)}, [](const pg::Result&) {}};
}

/// A call that answers with exactly one row of several columns.
template <class Decoder>
auto rowCall(std::string name, std::string sql, pg::Params params, Decoder decode) {
    using T = decltype(decode(std::declval<const pg::Row&>()));
    return pg::Call<T>{std::move(name), {std::move(sql), std::move(params)}, [decode](const pg::Result& result) {
                           return decode(single(result));
                       }};
}

/// A call that answers with any number of rows.
template <class Decoder>
auto rowsCall(std::string name, std::string sql, pg::Params params, Decoder decode) {
    using T = decltype(decode(std::declval<const pg::Row&>()));
    return pg::Call<std::vector<T>>{
        std::move(name), {std::move(sql), std::move(params)}, [decode](const pg::Result& result) {
            std::vector<T> rows;
            rows.reserve(static_cast<std::size_t>(result.rowCount()));
            for (const pg::Row row : result)
                rows.push_back(decode(row));
            return rows;
        }};
}

} // namespace pgque::detail
