// SPDX-License-Identifier: Apache-2.0
#include "pg/result.h"

#include "pg/error.h"
#include "pg/textvalue.h"

#include <libpq-fe.h>
#include <limits>
#include <type_traits>

namespace pg {

namespace {

constexpr std::size_t shownOfBadValue = 60;

[[noreturn]] void refuse(const Row& row, int column, std::string_view columnName, const char* wanted) {
    std::string message = "column \"" + std::string(columnName) + "\": ";
    if (row.isNull(column)) {
        message += std::string("NULL where ") + wanted + " is expected";
    } else {
        const std::string_view value = row.text(column);
        message += '"' + std::string(value.substr(0, shownOfBadValue)) +
                   (value.size() > shownOfBadValue ? "...\" is not " : "\" is not ") + wanted;
    }
    throw Error::of(ErrorKind::Decode, std::move(message));
}

template <class T>
struct IsOptional : std::false_type {};

template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

std::optional<std::vector<std::int64_t>> parseIntegers(std::string_view text) {
    const auto array = textvalue::parseArray(text);
    if (!array) {
        return std::nullopt;
    }
    std::vector<std::int64_t> integers;
    integers.reserve(array->size());
    for (const auto& element : *array) {
        const auto value = element ? textvalue::parseInteger(*element) : std::nullopt;
        if (!value) {
            return std::nullopt;
        }
        integers.push_back(*value);
    }
    return integers;
}

template <class T>
std::optional<T> parse(std::string_view text, const char*& wanted) {
    if constexpr (std::is_same_v<T, bool>) {
        wanted = "a boolean";
        return textvalue::parseBool(text);
    } else if constexpr (std::is_same_v<T, std::int32_t>) {
        wanted = "a 32-bit integer";
        const auto value = textvalue::parseInteger(text);
        const bool fits = value && *value >= std::numeric_limits<std::int32_t>::min() &&
                          *value <= std::numeric_limits<std::int32_t>::max();
        return fits ? std::optional(static_cast<std::int32_t>(*value)) : std::nullopt;
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        wanted = "a 64-bit integer";
        return textvalue::parseInteger(text);
    } else if constexpr (std::is_same_v<T, double>) {
        wanted = "a number";
        return textvalue::parseDouble(text);
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
        wanted = "a text";
        return T(text);
    } else if constexpr (std::is_same_v<T, Timestamp>) {
        wanted = text == "infinity" || text == "-infinity"
                     ? "a point in time (only finite timestamps can be read)"
                     : "a timestamp in ISO style (DateStyle of the server: ISO is needed)";
        return textvalue::parseTimestamp(text);
    } else if constexpr (std::is_same_v<T, Interval>) {
        wanted = "an interval in seconds or in IntervalStyle postgres";
        return textvalue::parseInterval(text);
    } else if constexpr (std::is_same_v<T, textvalue::Array>) {
        wanted = "a one-dimensional array";
        return textvalue::parseArray(text);
    } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
        wanted = "a one-dimensional array of integers";
        return parseIntegers(text);
    } else {
        static_assert(sizeof(T) == 0, "no decoder for this type");
    }
}

} // namespace

bool Row::isNull(int column) const {
    return m_result->isNull(m_row, column);
}

std::string_view Row::text(int column) const {
    return m_result->text(m_row, column);
}

int Row::indexOf(std::string_view column) const {
    return m_result->columnIndex(column);
}

template <class T>
T Row::get(int column) const {
    if constexpr (IsOptional<T>::value) {
        return isNull(column) ? T() : T(get<typename T::value_type>(column));
    } else {
        const char* wanted = nullptr;
        auto value = parse<T>(text(column), wanted);
        if (!value || isNull(column)) {
            refuse(*this, column, m_result->columnName(column), wanted);
        }
        return *std::move(value);
    }
}

// The types that Row::get knows, each also optional.
#define PG_ROW_GET(...)                                                                                                \
    template __VA_ARGS__ Row::get<__VA_ARGS__>(int) const;                                                             \
    template std::optional<__VA_ARGS__> Row::get<std::optional<__VA_ARGS__>>(int) const;

PG_ROW_GET(bool)
PG_ROW_GET(std::int32_t)
PG_ROW_GET(std::int64_t)
PG_ROW_GET(double)
PG_ROW_GET(std::string)
PG_ROW_GET(std::string_view)
PG_ROW_GET(Timestamp)
PG_ROW_GET(Interval)
PG_ROW_GET(std::vector<std::optional<std::string>>)
PG_ROW_GET(std::vector<std::int64_t>)
#undef PG_ROW_GET

Result::Result(pg_result* owned)
    : m_result(owned, &PQclear) {}

int Result::rowCount() const {
    return PQntuples(m_result.get());
}

int Result::columnCount() const {
    return PQnfields(m_result.get());
}

std::string_view Result::columnName(int column) const {
    const char* name = PQfname(m_result.get(), column);
    return name != nullptr ? name : std::string_view();
}

int Result::columnIndex(std::string_view name) const {
    if (const auto found = findColumn(name)) {
        return *found;
    }
    throw Error::of(ErrorKind::Decode, "the answer has no column \"" + std::string(name) + '"');
}

std::optional<int> Result::findColumn(std::string_view name) const {
    // Not PQfnumber: it folds case and strips quotes.
    for (int column = 0; column < columnCount(); ++column) {
        if (columnName(column) == name) {
            return column;
        }
    }
    return std::nullopt;
}

std::int64_t Result::affectedRows() const {
    return m_result ? textvalue::parseInteger(PQcmdTuples(m_result.get())).value_or(0) : 0;
}

std::string_view Result::commandTag() const {
    return m_result ? PQcmdStatus(m_result.get()) : std::string_view();
}

std::size_t Result::byteCount() const {
    std::size_t total = 0;
    for (int row = 0; row < rowCount(); ++row) {
        for (int column = 0; column < columnCount(); ++column) {
            total += static_cast<std::size_t>(PQgetlength(m_result.get(), row, column));
        }
    }
    return total;
}

bool Result::isNull(int row, int column) const {
    if (row < 0 || row >= rowCount() || column < 0 || column >= columnCount()) {
        throw Error::of(ErrorKind::Decode,
                        "the answer has no row " + std::to_string(row) + ", column " + std::to_string(column));
    }
    return PQgetisnull(m_result.get(), row, column) != 0;
}

std::string_view Result::text(int row, int column) const {
    if (isNull(row, column)) {
        return {};
    }
    return {PQgetvalue(m_result.get(), row, column),
            static_cast<std::size_t>(PQgetlength(m_result.get(), row, column))};
}

} // namespace pg
