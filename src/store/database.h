// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/journal.h"
#include "store/sqlitefile.h"

namespace store {

/// The journal's table, for a part of a journal that goes somewhere else.
QString journalTable();
/// Puts records, newest first, into such a part as they are; they stay what they were, without the chain.
std::optional<Failure> appendTo(SqliteFile& file, const QList<JournalRecord>& records);

/// The journal's file; lives on the thread that made it. Not for use outside this room.
class Database {
public:
    explicit Database(Journal::Options options);

    std::optional<Failure> append(JournalRecord record);
    JournalPage page(const JournalQuery& query);
    JournalPage unsettled();
    Verification verify();

private:
    /// Opens the file on first use, and again after a failure: a disk may have room again later.
    std::optional<Failure> open();
    JournalPage read(QSqlQuery& query);
    bool hasUndo() const;

    Journal::Options m_options;
    SqliteFile m_file;
};

} // namespace store
