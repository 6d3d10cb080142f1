// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <optional>
#include <vector>

namespace models {

/// Why a text is no JSON, and where.
struct JsonError {
    qsizetype offset = 0; ///< in bytes
    int line = 1;
    int column = 1; ///< in characters, from 1
    QString what{}; ///< "a colon is missing after the key"
};

/// A JSON text read in place: nothing is built in advance, every number keeps the digits it was written with, equal
/// keys stay apart. Any depth.
class JsonText {
public:
    enum class Kind { Object, Array, String, Number, True, False, Null };

    /// A value as a piece of the text.
    struct Value {
        Kind kind = Kind::Null;
        qsizetype begin = 0;
        qsizetype end = 0;   ///< behind its last byte
        qint64 children = 0; ///< members or items

        bool isContainer() const { return kind == Kind::Object || kind == Kind::Array; }
    };

    struct Child {
        QString key; ///< of a member; empty for an item
        Value value;
    };

    JsonText() = default;

    explicit JsonText(QByteArray utf8)
        : m_text(std::move(utf8)) {}

    /// Reads the whole text once; empty when it is one JSON value. Nothing below may be asked of a text with an error.
    std::optional<JsonError> check() const;

    Value root() const;

    /// Up to limit children of a container. Resume is where the last call stopped: 0 to begin, and 0 again at the end.
    std::vector<Child> children(const Value& container, qsizetype& resume, int limit) const;

    /// A scalar as it is to be read: strings unescaped and in quotation marks, the others exactly as written.
    QString scalar(const Value& value) const;

    /// A value to be taken elsewhere: what a string says, the others exactly as written.
    QString content(const Value& value) const;

private:
    qsizetype skipBlank(qsizetype at) const;
    qsizetype endOfString(qsizetype at) const;
    Value valueAt(qsizetype at) const;
    QString unescaped(qsizetype begin, qsizetype end) const;

    QByteArray m_text;
};

/// The place of a member below a place: customer.address, customer["a key"]. Searches understand it.
QString jsonPlace(const QString& parent, const QString& key);

} // namespace models
