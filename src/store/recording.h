// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/moment.h"
#include "domain/series.h"
#include "store/failure.h"
#include "store/journal.h"

#include <QFuture>
#include <QString>

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

namespace store {

class RecordingFile;

template <class T>
using Answer = std::variant<T, Failure>;

/// Something that happened to a recording.
struct RecordingNote {
    enum class Kind {
        Started,      ///< recording began, or began again after a pause
        ClockForward, ///< the server's clock was set forward; what follows is later by as much
        ClockBack,    ///< the server's clock was set back: instants come twice
        Damaged,      ///< an earlier recording could not be read and was moved aside
        Rebuilt,      ///< what the server still had of the time before was put in
    };
    Kind kind = Kind::Started;
    pg::Timestamp at; ///< the server's clock
    QString text;     ///< by how much, or where to
};

/// What there is of a server's past.
struct Recorded {
    std::optional<pg::Timestamp> first; ///< of the instants that can be shown; empty: there are none
    std::optional<pg::Timestamp> last;
    std::int64_t moments = 0;
    std::optional<pg::Timestamp> seriesFrom; ///< of the charts: reaches further back
    std::optional<pg::Timestamp> rebuiltTo;  ///< before this it was rebuilt from ticks, where it was at all
    std::vector<RecordingNote> notes;        ///< newest first, at most 100
    std::int64_t bytes = 0;                  ///< on disk
    std::int64_t budget = 0;
    QString path;
};

/// How long a finding stood, as far as recorded.
struct FindingSpan {
    std::string key;
    std::string rule;
    domain::Severity severity = domain::Severity::Warning;
    std::string title;
    pg::Timestamp from;
    std::optional<pg::Timestamp> to; ///< empty: it stood when last looked
};

/// Which recorded instant is meant.
enum class Which { AtOrBefore, Before, After };

/// A part of the past as a file of its own. See Recording::cutOut().
struct Cut {
    QString path;
    pg::Timestamp from;
    pg::Timestamp to;
    std::map<std::string, std::string> facts; ///< what else goes with it, by name
    QList<JournalRecord> journal;             ///< newest first; read again by a read-only Journal on the new file
};

/// Which recorded instants to look through, and for whom: one group, or one consumer.
struct TrackQuery {
    std::int32_t queueId = 0;
    std::int32_t subId = 0;
    pg::Timestamp from;
    pg::Timestamp to;
    int atMost = 2'000; ///< instants; the newest are taken
};

/// What came with a cut-out part.
struct CutContents {
    std::map<std::string, std::string> facts;
};

/// What was seen of one server, in one SQLite file: quantities of every queue, coarser as they age, and whole moments
/// that can be shown again, more seldom as they age. It stays within its budget: the oldest goes. One program writes,
/// any may read. Everything happens on a thread of its own; the methods return at once and may be called from any
/// thread.
class Recording {
public:
    struct Options {
        QString path;
        std::int64_t budget = std::int64_t(200) << 20; ///< bytes on disk
        bool readOnly = false;                         ///< nothing is written, nothing made
        int maximumPages = 0;                          ///< of 4 KiB; 0: what the budget allows, and a reserve
        pg::Interval everySampleFor = std::chrono::hours(1);
        pg::Interval tenSecondsFor = std::chrono::hours(24);
        pg::Interval minutesFor = std::chrono::hours(24 * 7);
    };

    /// In the user's own data folder; identity tells servers apart, the name is for who reads the folder.
    static QString defaultPath(const QString& identity, const QString& name);

    explicit Recording(Options options);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    /// Takes the next moment. joined: nothing was missed since the one before. False: another program records this
    /// server; what it writes is read here.
    QFuture<Answer<bool>> add(domain::Moment moment, bool joined);
    /// What was rebuilt of some queues, each whole, of the time until then. Never replaces what was observed. False:
    /// another program records this server.
    QFuture<Answer<bool>> addRebuilt(std::vector<domain::FiguresAt> figures, pg::Timestamp until);
    QFuture<Answer<bool>> note(RecordingNote note);
    void setBudget(std::int64_t budget);
    /// Writes what waits.
    QFuture<Answer<bool>> flush();

    /// Queue 0: the server. At most so many points, each with the least and the greatest of what it stands for.
    QFuture<Answer<domain::Series>> series(std::int32_t queueId, domain::Quantity quantity, pg::Timestamp from,
                                           pg::Timestamp to, int points);
    QFuture<Answer<std::optional<domain::Moment>>> momentAt(pg::Timestamp at, Which which);
    /// The queue, the rows of the group and the waits for them, in each of these instants, oldest first. Whoever does
    /// not want it any more says so by the token: what was read so far is the answer then.
    QFuture<Answer<std::vector<domain::SnapshotPtr>>> looks(TrackQuery query, std::stop_token unwanted);
    QFuture<Answer<Recorded>> recorded();
    QFuture<Answer<std::vector<FindingSpan>>> findings(pg::Timestamp from, pg::Timestamp to);

    /// Writes a part into a new file, which opens as a read-only recording. The number of moments in it.
    QFuture<Answer<std::int64_t>> cutOut(Cut cut);
    QFuture<Answer<CutContents>> contents();

private:
    std::unique_ptr<FileThread<RecordingFile>> m_thread;
};

} // namespace store
