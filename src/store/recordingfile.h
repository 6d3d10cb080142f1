// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/recording.h"
#include "store/seriesblock.h"
#include "store/sqlitefile.h"

#include <QLockFile>

#include <functional>
#include <map>
#include <unordered_map>

namespace store {

/// The recording's file. Not for use outside this room.
class RecordingFile {
public:
    explicit RecordingFile(Recording::Options options);
    ~RecordingFile();
    RecordingFile(const RecordingFile&) = delete;
    RecordingFile& operator=(const RecordingFile&) = delete;

    Answer<bool> add(const domain::Moment& moment, bool joined);
    Answer<bool> addRebuilt(const std::vector<domain::FiguresAt>& figures, pg::Timestamp until);
    Answer<bool> note(const RecordingNote& note);
    Answer<bool> flush();
    void setBudget(std::int64_t budget);

    Answer<domain::Series> series(std::int32_t queueId, domain::Quantity quantity, pg::Timestamp from, pg::Timestamp to,
                                  int points);
    Answer<std::optional<domain::Moment>> momentAt(pg::Timestamp at, Which which);
    Answer<std::vector<domain::SnapshotPtr>> looks(const TrackQuery& query, const std::stop_token& unwanted);
    Answer<Recorded> recorded();
    Answer<std::vector<FindingSpan>> findings(pg::Timestamp from, pg::Timestamp to);
    Answer<std::int64_t> cutOut(const Cut& cut);
    Answer<CutContents> contents();

private:
    using Problem = std::optional<Failure>;

    /// A queue's minute that is not over yet.
    struct Open {
        Block block;
        bool changed = false;
        bool stored = false; ///< the file has its beginning
    };

    Problem open();
    Problem prepare();
    Problem openForWriting();
    Problem moveAside();
    bool mayWrite();
    void forget();

    Failure damaged(const domain::BadBytes& bad) const;
    Problem inTransaction(const std::function<Problem()>& work);
    Problem write(const domain::Moment& moment, bool joined);
    Problem writeMoment(const domain::Moment& moment);
    Problem writeFindings(const domain::Moment& moment);
    Problem takeFigures(const domain::Moment& moment, bool joined);
    Problem writeOpenBlocks();
    Problem writeNote(const RecordingNote& note);
    Problem watchClock(const domain::Snapshot& snapshot);

    Answer<Block> readBlock(int tier, std::int64_t start, std::int32_t queueId);
    Problem writeBlock(int tier, std::int64_t start, std::int32_t queueId, const Block& block);
    Problem mergeBlock(int tier, std::int64_t start, std::int32_t queueId, const Block& block);

    // recordingage.cpp: getting coarser, and staying within the budget
    Problem age(const domain::Snapshot& newest);
    Problem coarsen(int tier, std::int64_t before, std::int64_t atMost);
    Problem coarsenOnce(int tier, std::int64_t start, std::int64_t end);
    Problem thinMoments(std::int64_t before, std::int64_t spacing);
    Problem keepWithinBudget();
    Problem giveUp();
    Answer<std::int64_t> pages();
    Answer<std::optional<std::int64_t>> number(const QString& sql, const QVariantList& values = {});

    // recordingcut.cpp
    Problem copyPart(SqliteFile& into, const Cut& cut);

    Recording::Options m_options;
    SqliteFile m_file;
    QLockFile m_lock;
    bool m_writing = false;
    std::optional<RecordingNote> m_untold; ///< what is to be noted once the file can be written

    domain::Moment m_last;      ///< the newest that was added
    domain::Moment m_lastFrame; ///< the newest that was written whole or as a change
    std::int64_t m_keyFrame = 0;
    pg::Timestamp m_keyFrameAt;
    double m_earned = 0; ///< bytes that may be spent on moments
    pg::Timestamp m_lastEarned;
    std::map<std::string, std::int64_t> m_openFindings;
    bool m_findingsStand = true; ///< in the file, of an earlier run
    std::unordered_map<std::int32_t, Open> m_open;
    std::optional<std::int64_t> m_openStart;
    std::optional<pg::Timestamp> m_writtenAt;
    std::optional<pg::Timestamp> m_agedAt;
    pg::Clock::time_point m_clockMovedAt; ///< or when this run began: what was before is not known
};

} // namespace store
