// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/journal.h"

#include <QSqlDatabase>
#include <QSqlQuery>

namespace store {

/// The journal's file; lives on the thread that made it. Not for use outside this room.
class Database {
public:
    explicit Database(Journal::Options options);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    std::optional<Failure> append(JournalRecord record);
    JournalPage page(const JournalQuery& query);
    JournalPage unsettled();
    Verification verify();

private:
    /// Opens the file on first use, and again after a failure: a disk may have room again later.
    std::optional<Failure> open();
    std::optional<Failure> prepareFile() const;
    std::optional<Failure> run(const QString& sql);
    JournalPage read(QSqlQuery& query);

    Journal::Options m_options;
    QString m_name; ///< of the connection, in Qt's list of them
    QSqlDatabase m_database;
    bool m_ready = false;
};

} // namespace store
