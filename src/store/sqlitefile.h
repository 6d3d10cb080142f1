// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/failure.h"

#include <QSqlDatabase>
#include <QSqlQuery>
#include <QStringList>

namespace store {

/// One connection to one SQLite file; lives on the thread that made it. Not for use outside this room.
class SqliteFile {
public:
    SqliteFile(QString what, QString path, int busyTimeoutMs);
    ~SqliteFile();
    SqliteFile(const SqliteFile&) = delete;
    SqliteFile& operator=(const SqliteFile&) = delete;

    /// Opens it and runs the statements; makes the file where it is missing. Waits its time where another program opens
    /// it at the same moment.
    std::optional<Failure> open(const QStringList& statements);
    /// Opens it for reading alone.
    std::optional<Failure> openReadOnly(const QStringList& statements);
    void close();

    bool isOpen() const { return m_open; }

    std::optional<Failure> run(const QString& sql);
    Failure failure(const QSqlQuery& query) const;
    Failure failure(const QSqlError& error) const;

    QSqlQuery query() const { return QSqlQuery(m_database); }

    /// A query that is read once, forwards.
    QSqlQuery prepared(const QString& sql) const;

    const QString& path() const { return m_path; }

private:
    std::optional<Failure> connect(const QString& options, const QStringList& statements);

    QString m_what;
    QString m_path;
    int m_busyTimeoutMs;
    QString m_name; ///< of the connection, in Qt's list of them
    QSqlDatabase m_database;
    bool m_open = false;
};

} // namespace store
