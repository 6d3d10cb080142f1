// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/failure.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSqlError>

namespace store {

using namespace Qt::StringLiterals;

Failure failureOf(const QSqlError& error, const QString& what, const QString& path) {
    // SQLite's primary result codes; the rest of the number refines them.
    switch (error.nativeErrorCode().toInt() & 0xff) {
    case 13: // SQLITE_FULL
        return {Failure::Kind::Full, u"There is no room for %1 in %2."_s.arg(what, path)};
    case 3:  // SQLITE_PERM
    case 8:  // SQLITE_READONLY
    case 14: // SQLITE_CANTOPEN
        return {Failure::Kind::NotWritable,
                u"%1 %2 can't be written."_s.arg(what, path).replace(0, 1, what[0].toUpper())};
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
        return {Failure::Kind::Busy, u"Another program holds %1 %2."_s.arg(what, path)};
    case 10: // SQLITE_IOERR: a write that stopped short, or a device that fails
        return {Failure::Kind::Full,
                u"%1 %2 could not be written to disk."_s.arg(what, path).replace(0, 1, what[0].toUpper())};
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
        return {Failure::Kind::Damaged, u"%1 is damaged, or not a file of this kind."_s.arg(path)};
    default:
        return {Failure::Kind::Other, error.text()};
    }
}

std::optional<Failure> makePrivateFile(const QString& what, const QString& path) {
    const QFileInfo file(path);
    if (!QDir().mkpath(file.path()))
        return Failure{Failure::Kind::NotWritable, u"The folder %1 can't be made."_s.arg(file.path())};
    if (file.exists())
        return {};
    // Before SQLite makes it, so that nobody else can read it in between; its companions take over the rights.
    QFile made(path);
    if (!made.open(QIODevice::WriteOnly | QIODevice::NewOnly, QFile::ReadOwner | QFile::WriteOwner) && !file.exists())
        return Failure{Failure::Kind::NotWritable,
                       u"%1 %2 can't be made."_s.arg(what, path).replace(0, 1, what[0].toUpper())};
    return {};
}

} // namespace store
