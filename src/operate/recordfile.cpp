// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/recordfile.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace operate {

namespace {

/// PostgreSQL takes a text of up to a gigabyte; what is larger than this is no message but the wrong file.
constexpr std::size_t longestRecord = 64U << 20U;

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

} // namespace

RecordFile::RecordFile(const std::string& path, Layout layout)
    : m_layout(layout) {
    std::error_code error;
    const std::filesystem::path place(path);
    if (!std::filesystem::is_regular_file(place, error)) {
        m_problem = path + (error || !std::filesystem::exists(place, error) ? " is not there." : " is no plain file.");
        return;
    }
    m_size = std::filesystem::file_size(place, error);
    m_stream.open(place, std::ios::binary);
    if (!m_stream) {
        m_problem = path + " can't be read.";
        return;
    }
    if (m_layout == Layout::Csv)
        readHeader();
}

std::optional<RecordFile::Record> RecordFile::next() {
    Record record;
    while (m_problem.empty() && m_layout != Layout::Csv) {
        if (!readLine(record.payload))
            return {};
        record.line = m_line;
        if (!record.payload.empty())
            return record;
    }
    std::vector<std::string> fields;
    record.line = m_line + 1;
    if (!m_problem.empty() || !readFields(fields))
        return {};
    if (fields.size() != m_columns) {
        m_problem = "Line " + std::to_string(record.line) + " has " + std::to_string(fields.size()) +
                    " fields, the header " + std::to_string(m_columns) + ".";
        return {};
    }
    record.payload = std::move(fields[m_payloadColumn]);
    if (m_typeColumn)
        record.type = std::move(fields[*m_typeColumn]);
    return record;
}

bool RecordFile::readLine(std::string& line) {
    line.clear();
    if (!std::getline(m_stream, line)) {
        if (m_stream.bad())
            m_problem = "The file can't be read behind line " + std::to_string(m_line) + ".";
        return false;
    }
    ++m_line;
    m_position += line.size() + (m_stream.eof() ? 0 : 1);
    if (!line.empty() && line.back() == '\r')
        line.pop_back();
    if (line.find('\0') != std::string::npos)
        m_problem = "Line " + std::to_string(m_line) + " contains the character NUL, which no text can hold.";
    if (line.size() > longestRecord)
        m_problem = "Line " + std::to_string(m_line) + " is longer than 64 MiB.";
    return m_problem.empty();
}

bool RecordFile::readFields(std::vector<std::string>& fields) {
    std::string line;
    do {
        if (!readLine(line))
            return false;
    } while (line.empty());
    const std::int64_t first = m_line;
    std::string field;
    bool quoted = false;
    std::size_t length = line.size();
    for (;;) {
        for (std::size_t at = 0; at < line.size(); ++at) {
            const char c = line[at];
            if (quoted && c == '"' && at + 1 < line.size() && line[at + 1] == '"')
                field += line[++at];
            else if (c == '"' && (quoted || field.empty()))
                quoted = !quoted;
            else if (c == ',' && !quoted)
                fields.push_back(std::exchange(field, {}));
            else
                field += c;
        }
        if (!quoted)
            break;
        field += '\n';
        if (!readLine(line)) {
            if (m_problem.empty())
                m_problem = "The quotes opened in line " + std::to_string(first) + " are not closed.";
            return false;
        }
        length += line.size();
        if (length > longestRecord) {
            m_problem = "The record in line " + std::to_string(first) + " is longer than 64 MiB.";
            return false;
        }
    }
    fields.push_back(std::move(field));
    return true;
}

void RecordFile::readHeader() {
    std::vector<std::string> names;
    if (!readFields(names)) {
        if (m_problem.empty())
            m_problem = "The file is empty: a CSV file begins with a header.";
        return;
    }
    m_columns = names.size();
    if (!names.empty() && names.front().starts_with("\xEF\xBB\xBF"))
        names.front().erase(0, 3);
    std::optional<std::size_t> payload;
    for (std::size_t at = 0; at < names.size(); ++at) {
        const std::string name = lower(names[at]);
        if (name == "payload")
            payload = at;
        else if (name == "type")
            m_typeColumn = at;
    }
    if (!payload && m_columns == 1)
        payload = 0;
    if (payload)
        m_payloadColumn = *payload;
    else
        m_problem = "The header names no column payload.";
}

} // namespace operate
