// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringView>

#include <array>
#include <optional>

namespace store {

/// A quotation mark with the backslashes before it. In JSON that stands in a string of JSON each mark of its own has
/// one backslash, a level further down three, then seven; \u0022 stands for \".
struct JsonMark {
    qsizetype at = 0;     ///< of the sign itself
    qsizetype end = 0;    ///< behind it
    qsizetype run = 0;    ///< backslashes before it
    bool spelled = false; ///< \u0022
};

/// A piece of the text.
struct JsonPiece {
    qsizetype begin = 0;
    qsizetype end = 0;
    bool quoted = false; ///< the inside of a string; else a value as a whole
};

/// A key and where its value begins.
struct JsonMember {
    QStringView key; ///< as it is written
    QString mark;    ///< what its strings begin and end with
    qsizetype value = 0;
    int level = 0;
    bool doubled = false;
};

/// Finds the members of all objects of a text that is JSON, holds JSON, or is the beginning of some, at any level of
/// JSON inside strings of JSON, and in SQL that doubled its backslashes. Reads the text once from front to back.
class JsonMembers {
public:
    explicit JsonMembers(QStringView text)
        : m_text(text) {
        m_open.fill(-1);
    }

    std::optional<JsonMember> next();
    /// The value of the member found last; empty for null and where there is none.
    JsonPiece value(const JsonMember& member) const;
    /// Goes on there instead of behind the key.
    void goOn(qsizetype at);

private:
    static constexpr int levels = 16;

    std::optional<JsonMark> markFrom(qsizetype at) const;
    qsizetype skipBlank(qsizetype at) const;
    JsonPiece stringFrom(const JsonMark& opening) const;
    qsizetype endOfContainer(const JsonMember& member) const;

    QStringView m_text;
    qsizetype m_at = 0;
    std::array<qsizetype, levels> m_open{}; ///< where the inside of a string of each level began, if it did
};

/// A key with its escapes read.
QString unescapedKey(QStringView key);

} // namespace store
