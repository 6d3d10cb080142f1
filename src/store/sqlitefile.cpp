// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sqlitefile.h"

#include <QDeadlineTimer>
#include <QSqlError>
#include <QThread>
#include <QUuid>

namespace store {

using namespace Qt::StringLiterals;

SqliteFile::SqliteFile(QString what, QString path, int busyTimeoutMs)
    : m_what(std::move(what))
    , m_path(std::move(path))
    , m_busyTimeoutMs(busyTimeoutMs)
    , m_name(QUuid::createUuid().toString()) {}

SqliteFile::~SqliteFile() {
    close();
}

void SqliteFile::close() {
    m_open = false;
    m_database = {};
    QSqlDatabase::removeDatabase(m_name);
}

std::optional<Failure> SqliteFile::run(const QString& sql) {
    QSqlQuery query(m_database);
    if (!query.exec(sql))
        return failure(query);
    return {};
}

Failure SqliteFile::failure(const QSqlQuery& query) const {
    return failure(query.lastError());
}

Failure SqliteFile::failure(const QSqlError& error) const {
    return failureOf(error, m_what, m_path);
}

QSqlQuery SqliteFile::prepared(const QString& sql) const {
    QSqlQuery query(m_database);
    query.setForwardOnly(true);
    query.prepare(sql);
    return query;
}

std::optional<Failure> SqliteFile::open(const QStringList& statements) {
    if (m_open)
        return {};
    if (auto failure = makePrivateFile(m_what, m_path))
        return failure;
    return connect({}, statements);
}

std::optional<Failure> SqliteFile::openReadOnly(const QStringList& statements) {
    return m_open ? std::nullopt : connect(u"QSQLITE_OPEN_READONLY;"_s, statements);
}

std::optional<Failure> SqliteFile::connect(const QString& options, const QStringList& statements) {
    if (!m_database.isValid()) {
        m_database = QSqlDatabase::addDatabase(u"QSQLITE"_s, m_name);
        m_database.setDatabaseName(m_path);
        m_database.setConnectOptions(options + u"QSQLITE_BUSY_TIMEOUT=%1"_s.arg(m_busyTimeoutMs));
    }
    if (!m_database.isOpen() && !m_database.open())
        return failure(m_database.lastError());
    // Where two open a new file at the same moment SQLite says "busy" at once, without waiting its time.
    const QDeadlineTimer patience(m_busyTimeoutMs);
    for (const QString& statement : statements) {
        auto failure = run(statement);
        while (failure && failure->kind == Failure::Kind::Busy && !patience.hasExpired()) {
            QThread::msleep(20);
            failure = run(statement);
        }
        if (failure) {
            m_database.close();
            return failure;
        }
    }
    m_open = true;
    return {};
}

} // namespace store
