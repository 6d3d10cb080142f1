// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>

class QSqlError;

namespace store {

/// Why a file could not do what it was asked; a plain value.
struct Failure {
    enum class Kind {
        Full,        ///< the disk, or the room allowed
        NotWritable, ///< the folder or the file: missing, read-only, no right
        Busy,        ///< another program holds it for longer than the time allowed
        Damaged,     ///< the file is not what it should be, or not a whole one
        Newer,       ///< a newer version of this program wrote it
        Other,
    };
    Kind kind = Kind::Other;
    QString text; ///< one sentence
};

/// What an error of the file at this path means; what is "the journal", "the recording".
Failure failureOf(const QSqlError& error, const QString& what, const QString& path);

/// Makes the file, and the folder where it is missing, so that nobody but the user can read it.
std::optional<Failure> makePrivateFile(const QString& what, const QString& path);

} // namespace store
