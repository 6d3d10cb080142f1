// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace operate {

/// A file of messages, read record by record: however long it is, only one record is held.
class RecordFile {
public:
    enum class Layout {
        Lines,     ///< each line is a payload; empty ones are passed over
        JsonLines, ///< the same, and each is JSON; whether it is, the server says
        Csv,       ///< RFC 4180 with a header that names the columns payload and, where there is one, type
    };

    struct Record {
        std::string payload;
        std::optional<std::string> type;
        std::int64_t line = 0; ///< where it begins, counted from 1
    };

    RecordFile(const std::string& path, Layout layout);

    /// Empty at the end of the file and when problem() says why it can't be read further.
    std::optional<Record> next();

    /// Empty: none so far.
    const std::string& problem() const { return m_problem; }

    std::uint64_t size() const { return m_size; } ///< bytes

    std::uint64_t position() const { return m_position; } ///< bytes read

    std::int64_t line() const { return m_line; } ///< lines read

private:
    bool readLine(std::string& line);
    /// The fields of the next CSV record; false at the end or with a problem.
    bool readFields(std::vector<std::string>& fields);
    void readHeader();

    Layout m_layout;
    std::ifstream m_stream;
    std::uint64_t m_size = 0;
    std::uint64_t m_position = 0;
    std::int64_t m_line = 0;
    std::size_t m_payloadColumn = 0;
    std::optional<std::size_t> m_typeColumn;
    std::size_t m_columns = 0;
    std::string m_problem;
};

} // namespace operate
