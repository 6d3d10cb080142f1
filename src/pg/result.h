// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"
#include "pg/time.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace pg {

class Result;

/// One row of a result; valid as long as its Result. Typed getters throw Error (Decode) when the value is NULL where
/// none is allowed, or has another form.
class PGQUE_EXPORT Row {
public:
    bool isNull(int column) const;

    /// The value as sent; empty for NULL. Valid as long as the Result.
    std::string_view text(int column) const;

    /// get<T>: bool, std::int32_t, std::int64_t, double, std::string, std::string_view, Timestamp, Interval,
    /// std::optional<any of these>, std::vector<std::optional<std::string>>, std::vector<std::int64_t>
    template <class T>
    T get(int column) const;

    template <class T>
    T get(std::string_view column) const {
        return get<T>(indexOf(column));
    }

private:
    friend class Result;

    Row(const Result* result, int row)
        : m_result(result)
        , m_row(row) {}

    int indexOf(std::string_view column) const;

    const Result* m_result;
    int m_row;
};

/// The rows a statement returned. Immutable and cheap to copy; may be read from several threads.
/// Intervals are expected in seconds (select extract(epoch from ...)) or in PostgreSQL's "postgres" interval style;
/// timestamps in ISO style, any time zone offset.
class PGQUE_EXPORT Result {
public:
    Result() = default;
    explicit Result(pg_result* owned);

    int rowCount() const;
    int columnCount() const;
    std::string_view columnName(int column) const;

    /// Column number by name; throws Error (Decode) when there is none.
    int columnIndex(std::string_view name) const;

    /// As columnIndex, but empty where the column does not exist: for installs that may lack it.
    std::optional<int> findColumn(std::string_view name) const;

    /// Rows that a command without result rows touched ("INSERT 0 3" is 3).
    std::int64_t affectedRows() const;

    /// The command tag, e.g. "SELECT 3".
    std::string_view commandTag() const;

    /// Bytes of all values, for measuring what a question costs.
    std::size_t byteCount() const;

    Row row(int index) const { return Row(this, index); }

    class Iterator {
    public:
        Iterator(const Result* result, int row)
            : m_result(result)
            , m_row(row) {}

        Row operator*() const { return m_result->row(m_row); }

        Iterator& operator++() {
            ++m_row;
            return *this;
        }

        bool operator!=(const Iterator& other) const { return m_row != other.m_row; }

    private:
        const Result* m_result;
        int m_row;
    };

    Iterator begin() const { return {this, 0}; }

    Iterator end() const { return {this, rowCount()}; }

    bool isNull(int row, int column) const;
    std::string_view text(int row, int column) const;

private:
    std::shared_ptr<pg_result> m_result;
};

} // namespace pg
