// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/failure.h"

#include <QByteArray>
#include <QDateTime>
#include <QFuture>
#include <QList>
#include <QString>

#include <memory>
#include <optional>

namespace store {

class Database;
template <class File>
class FileThread;

/// How far an operation had come when the record was written.
enum class Stage {
    Begun,      ///< confirmed by the operator, nothing sent
    Committing, ///< everything ran; the commit is the next thing sent. Carries the xid
    Ended,      ///< the outcome as far as it was known
    Settled,    ///< an unknown outcome was settled by its xid
};

/// One line of the journal. An operation leaves several, with the same `operation`; none is ever changed.
struct JournalRecord {
    qint64 number = 0; ///< given on appending; so are `at` and `hash`
    QDateTime at;      ///< UTC, this machine's clock
    QString operation;
    Stage stage = Stage::Begun;
    QString who;     ///< the operating system's user
    QString where;   ///< server and database
    QString role;    ///< the database's user
    QString action;  ///< identifier in the registry
    QString subject; ///< queue, consumer, batch
    QString reason;
    QString sql;
    QString prediction;
    QString outcome; ///< "done", "refused", "changed_underneath", "failed", "unknown"; empty before the end
    QString summary;
    QString xid;
    QString cluster; ///< which server's history the xid belongs to
    QString undo;    ///< the request that takes it back, as JSON; empty where nothing does
    QByteArray hash; ///< SHA-256 over the record before and all fields of this one
};

/// What a page of the journal is to hold.
struct JournalQuery {
    QString contains{}; ///< in action, subject, reason, SQL or summary; empty: all
    qint64 before = 0;  ///< only records with a lower number; 0: from the newest
    int limit = 200;
};

struct JournalPage {
    QList<JournalRecord> records; ///< newest first
    std::optional<Failure> failure;
};

/// Whether the chain of hashes holds. It shows changed, inserted and removed records, but not that the newest were cut
/// off: compare the last hash with one kept elsewhere for that.
struct Verification {
    qint64 records = 0;
    qint64 firstBroken = 0; ///< 0: the chain holds
    std::optional<Failure> failure;
};

/// The operator's record of what was done: append-only, in one SQLite file, durable when an append has answered.
/// Several programs may share the file. Everything happens on a thread of its own; the methods return at once and may
/// be called from any thread. Secrets in texts
/// are masked before they are written, also while the screen shows them; an undo that holds one is left out.
class Journal {
public:
    struct Options {
        QString path;              ///< the folder is made when it is missing
        int maximumPages = 0;      ///< of 4 KiB; 0: no limit but the disk's
        int busyTimeoutMs = 3'000; ///< how long another program is waited for
        bool readOnly = false;     ///< nothing can be appended: the part that goes with a capsule
    };

    /// In the user's own data folder.
    static QString defaultPath();

    explicit Journal(Options options);
    /// Writes what was asked, for a second at most: a disk that hangs is left behind.
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Empty when the record is on disk.
    QFuture<std::optional<Failure>> append(JournalRecord record);
    QFuture<JournalPage> page(JournalQuery query);
    /// The Committing record of every operation whose outcome is not known: the program ended too early, or the
    /// connection did.
    QFuture<JournalPage> unsettled();
    QFuture<Verification> verify();

private:
    std::unique_ptr<FileThread<Database>> m_thread;
};

} // namespace store
