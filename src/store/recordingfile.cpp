// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/recordingfile.h"

#include "store/recordingschema.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>

#include <algorithm>

namespace store {

using namespace Qt::StringLiterals;
using pg::Interval;
using pg::Timestamp;

namespace {

/// Of the budget, what whole moments may take, and in how long they may take it at their finest.
constexpr double momentShare = 0.45;
constexpr double momentSeconds = 7'200;
constexpr auto keyFrameEvery = std::chrono::minutes(2);
constexpr auto writeEvery = std::chrono::seconds(10);
constexpr auto busyTimeoutMs = 3'000;
constexpr int pageSize = 4'096;
/// Clocks of server and console drift; a jump is more than that.
constexpr double driftSeconds = 2;
constexpr double driftShare = 0.05;

const QString theRecording = u"the recording"_s;

std::int64_t micros(Timestamp at) {
    return at.time_since_epoch().count();
}

std::int64_t floorTo(std::int64_t at, Interval step) {
    const std::int64_t rest = at % step.count();
    return at - (rest < 0 ? rest + step.count() : rest);
}

} // namespace

RecordingFile::RecordingFile(Recording::Options options)
    : m_options(std::move(options))
    , m_file(theRecording, m_options.path, busyTimeoutMs)
    , m_lock(m_options.path + u".lock"_s) {
    m_lock.setStaleLockTime(0);
}

RecordingFile::~RecordingFile() {
    flush();
}

bool RecordingFile::mayWrite() {
    if (m_options.readOnly)
        return false;
    if (m_writing)
        return true;
    if (!QFileInfo::exists(m_options.path))
        makePrivateFile(theRecording, m_options.path);
    if (!m_lock.tryLock(0) && m_lock.error() == QLockFile::LockFailedError)
        return false;
    m_file.close();
    m_writing = true;
    return true;
}

RecordingFile::Problem RecordingFile::open() {
    const bool write = mayWrite();
    if (m_file.isOpen())
        return {};
    if (write) {
        auto failure = openForWriting();
        if (failure && failure->kind == Failure::Kind::Damaged)
            failure = moveAside();
        return failure;
    }
    if (!QFileInfo::exists(m_options.path))
        return Failure{Failure::Kind::Other, u"There is no recording in %1."_s.arg(m_options.path)};
    if (auto failure = m_file.openReadOnly({u"pragma trusted_schema = off"_s, u"pragma cell_size_check = on"_s}))
        return failure;
    auto failure = prepare();
    if (failure)
        m_file.close();
    return failure;
}

RecordingFile::Problem RecordingFile::openForWriting() {
    QStringList statements{u"pragma auto_vacuum = incremental"_s, u"pragma journal_mode = wal"_s,
                           u"pragma synchronous = normal"_s, u"pragma trusted_schema = off"_s,
                           u"pragma journal_size_limit = 16777216"_s};
    const std::int64_t allowed =
        m_options.maximumPages > 0 ? m_options.maximumPages : m_options.budget / pageSize * 11 / 10 + 512;
    statements << u"pragma max_page_count = %1"_s.arg(allowed);
    if (auto failure = m_file.open(statements))
        return failure;
    auto failure = prepare();
    if (failure)
        m_file.close();
    else
        forget();
    return failure;
}

/// Whether it is a recording, and one of this version.
RecordingFile::Problem RecordingFile::prepare() {
    const auto version = number(u"pragma user_version"_s);
    if (const auto* failure = std::get_if<Failure>(&version))
        return *failure;
    const auto tables = number(u"select count(*) from sqlite_master"_s);
    if (const auto* failure = std::get_if<Failure>(&tables))
        return *failure;
    const std::int64_t found = std::get<0>(version).value_or(0);
    if (std::get<0>(tables).value_or(0) == 0 && m_writing) {
        // At once: half of it would be somebody else's file.
        return inTransaction([this]() -> Problem {
            QStringList statements = recordingSchema();
            statements << u"pragma user_version = %1"_s.arg(recordingFormat);
            for (const QString& statement : std::as_const(statements)) {
                if (auto failure = m_file.run(statement))
                    return failure;
            }
            return {};
        });
    }
    if (found > recordingFormat)
        return Failure{Failure::Kind::Newer, u"%1 was written by a newer version of Batchscope (format %2; this one "
                                             "reads up to %3)."_s.arg(m_options.path)
                                                 .arg(found)
                                                 .arg(recordingFormat)};
    const auto known = number(u"select count(*) from sqlite_master where type = 'table' and name in ('line', 'frame', "
                              "'finding', 'note')"_s);
    const auto foreign = number(u"select count(*) from sqlite_master where type in ('view', 'trigger')"_s);
    if (const auto* failure = std::get_if<Failure>(&known))
        return *failure;
    if (const auto* failure = std::get_if<Failure>(&foreign))
        return *failure;
    if (found < 1 || std::get<0>(known).value_or(0) != 4 || std::get<0>(foreign).value_or(1) != 0)
        return Failure{Failure::Kind::Damaged, u"%1 is not a recording of Batchscope."_s.arg(m_options.path)};
    return {};
}

/// A file that can't be read must not keep the console from recording.
RecordingFile::Problem RecordingFile::moveAside() {
    m_file.close();
    const QString aside =
        m_options.path + u".damaged-"_s + QDateTime::currentDateTimeUtc().toString(u"yyyyMMdd-HHmmss-zzz"_s);
    if (!QFile::rename(m_options.path, aside))
        return Failure{Failure::Kind::Damaged, u"%1 is damaged and can't be moved aside."_s.arg(m_options.path)};
    QFile::remove(m_options.path + u"-wal"_s);
    QFile::remove(m_options.path + u"-shm"_s);
    forget();
    m_untold = RecordingNote{RecordingNote::Kind::Damaged, {}, aside};
    return openForWriting();
}

void RecordingFile::forget() {
    m_lastFrame = {};
    m_openFindings.clear();
    m_findingsStand = true;
    for (auto& [queue, open] : m_open) {
        open.changed = true;
        open.stored = false;
    }
}

Answer<std::optional<std::int64_t>> RecordingFile::number(const QString& sql, const QVariantList& values) {
    QSqlQuery query = m_file.prepared(sql);
    for (const QVariant& value : values)
        query.addBindValue(value);
    if (!query.exec())
        return m_file.failure(query);
    if (!query.next() || query.isNull(0))
        return std::optional<std::int64_t>();
    return std::optional<std::int64_t>(query.value(0).toLongLong());
}

RecordingFile::Problem RecordingFile::inTransaction(const std::function<Problem()>& work) {
    if (auto failure = m_file.run(u"begin immediate"_s))
        return failure;
    auto failure = work();
    if (!failure)
        failure = m_file.run(u"commit"_s);
    if (failure) {
        // What stands in the file counts. Without room it stays open: to open it again takes some, and it can be read.
        m_file.run(u"rollback"_s);
        if (failure->kind != Failure::Kind::Full)
            m_file.close();
        forget();
    }
    return failure;
}

Answer<bool> RecordingFile::add(const domain::Moment& moment, bool joined) {
    if (!moment.snapshot)
        return false;
    if (!mayWrite())
        return false;
    auto failure = open();
    if (!failure)
        failure = inTransaction([&] { return write(moment, joined); });
    if (failure && failure->kind == Failure::Kind::Damaged) {
        failure = moveAside();
        if (!failure)
            failure = inTransaction([&] { return write(moment, joined); });
    }
    if (!failure)
        failure = age(*moment.snapshot);
    m_last = moment;
    if (failure)
        return *failure;
    return true;
}

RecordingFile::Problem RecordingFile::write(const domain::Moment& moment, bool joined) {
    const Timestamp at = moment.snapshot->takenAt;
    if (m_untold) {
        m_untold->at = at;
        if (auto failure = writeNote(*m_untold))
            return failure;
        m_untold.reset();
    }
    if (auto failure = watchClock(*moment.snapshot))
        return failure;
    // What stood when the last run ended: seen last then, whatever came after. Here, for on opening it must be readable
    // without being written.
    if (std::exchange(m_findingsStand, false)) {
        if (auto failure = m_file.run(u"update finding set ended = seen where ended is null"_s))
            return failure;
    }
    if (auto failure = takeFigures(moment, joined))
        return failure;
    if (auto failure = writeMoment(moment))
        return failure;
    if (auto failure = writeFindings(moment))
        return failure;
    if (m_writtenAt && at >= *m_writtenAt && at - *m_writtenAt < writeEvery)
        return {};
    m_writtenAt = at;
    return writeOpenBlocks();
}

RecordingFile::Problem RecordingFile::watchClock(const domain::Snapshot& snapshot) {
    if (!m_last.snapshot) {
        m_clockMovedAt = snapshot.receivedAt;
        return writeNote({RecordingNote::Kind::Started, snapshot.takenAt, {}});
    }
    const double there = std::chrono::duration<double>(snapshot.takenAt - m_last.snapshot->takenAt).count();
    const double here = std::chrono::duration<double>(snapshot.receivedAt - m_last.snapshot->receivedAt).count();
    const double jump = there - here;
    if (std::abs(jump) <= driftSeconds + std::max(0.0, here) * driftShare)
        return {};
    m_clockMovedAt = snapshot.receivedAt;
    return writeNote({jump > 0 ? RecordingNote::Kind::ClockForward : RecordingNote::Kind::ClockBack, snapshot.takenAt,
                      u"%1 s"_s.arg(std::abs(jump), 0, 'f', 1)});
}

RecordingFile::Problem RecordingFile::takeFigures(const domain::Moment& moment, bool joined) {
    const domain::Snapshot* before = joined && m_last.snapshot ? m_last.snapshot.get() : nullptr;
    const std::int64_t at = micros(moment.snapshot->takenAt);
    const std::int64_t start = floorTo(at, tiers[0].block);
    if (m_openStart && *m_openStart != start) {
        if (auto failure = writeOpenBlocks())
            return failure;
        m_open.clear();
    }
    m_openStart = start;
    for (const domain::Figures& figures : domain::figures(*moment.snapshot, before)) {
        Open& open = m_open[figures.queueId];
        // A clock that went back within the minute: what comes again is not told twice.
        if (!open.block.empty() && open.block.back().at >= at - start)
            continue;
        open.block.push_back(bucketOf(figures, at - start, !before));
        open.changed = true;
    }
    return {};
}

RecordingFile::Problem RecordingFile::writeOpenBlocks() {
    for (auto& [queue, open] : m_open) {
        if (!std::exchange(open.changed, false))
            continue;
        // A minute that an earlier run began goes on.
        auto failure = open.stored ? writeBlock(0, *m_openStart, queue, open.block)
                                   : mergeBlock(0, *m_openStart, queue, open.block);
        if (failure)
            return failure;
        open.stored = true;
    }
    return {};
}

RecordingFile::Problem RecordingFile::writeMoment(const domain::Moment& moment) {
    const Timestamp at = moment.snapshot->takenAt;
    const double perSecond = static_cast<double>(m_options.budget) * momentShare / momentSeconds;
    const bool first = !m_lastFrame.snapshot;
    if (!first) {
        const double elapsed = std::chrono::duration<double>(at - m_lastEarned).count();
        m_earned = std::min(m_earned + std::max(0.0, elapsed) * perSecond, perSecond * 120);
    }
    m_lastEarned = at;
    if (!first && m_earned < 0)
        return {};
    const bool whole = first || at < m_keyFrameAt || at - m_keyFrameAt >= keyFrameEvery;
    const std::string encoded = domain::encode(moment, whole ? nullptr : &m_lastFrame);
    const QByteArray bytes =
        qCompress(reinterpret_cast<const uchar*>(encoded.data()), static_cast<qsizetype>(encoded.size()));
    QSqlQuery insert = m_file.prepared(u"insert into frame (at, base, data) values (?, ?, ?)"_s);
    insert.addBindValue(QVariant::fromValue(qint64(micros(at))));
    insert.addBindValue(QVariant::fromValue(qint64(whole ? 0 : m_keyFrame)));
    insert.addBindValue(bytes);
    if (!insert.exec())
        return m_file.failure(insert);
    m_earned -= static_cast<double>(bytes.size() + 32);
    if (whole) {
        m_keyFrame = insert.lastInsertId().toLongLong();
        m_keyFrameAt = at;
    }
    m_lastFrame = moment;
    return {};
}

RecordingFile::Problem RecordingFile::writeFindings(const domain::Moment& moment) {
    static const domain::Diagnosis none;
    const domain::Diagnosis& diagnosis = moment.diagnosis ? *moment.diagnosis : none;
    const qint64 at = micros(moment.snapshot->takenAt);
    std::map<std::string, std::int64_t> standing;
    for (const domain::Finding& finding : diagnosis.findings) {
        const std::string key = finding.key();
        if (standing.contains(key))
            continue;
        if (const auto known = m_openFindings.find(key); known != m_openFindings.end()) {
            standing.emplace(key, known->second);
            m_openFindings.erase(known);
            continue;
        }
        QSqlQuery insert = m_file.prepared(
            u"insert into finding (key, rule, severity, title, began, seen) values (?, ?, ?, ?, ?, ?)"_s);
        insert.addBindValue(QString::fromStdString(key));
        insert.addBindValue(QString::fromStdString(finding.rule));
        insert.addBindValue(int(finding.severity));
        insert.addBindValue(QString::fromStdString(finding.title));
        insert.addBindValue(at);
        insert.addBindValue(at);
        if (!insert.exec())
            return m_file.failure(insert);
        standing.emplace(key, insert.lastInsertId().toLongLong());
    }
    for (const auto& [key, number] : m_openFindings) {
        QSqlQuery end = m_file.prepared(u"update finding set ended = ?, seen = ? where n = ?"_s);
        end.addBindValue(at);
        end.addBindValue(at);
        end.addBindValue(qint64(number));
        if (!end.exec())
            return m_file.failure(end);
    }
    m_openFindings = std::move(standing);
    if (m_writtenAt && moment.snapshot->takenAt - *m_writtenAt < writeEvery)
        return {};
    QSqlQuery seen = m_file.prepared(u"update finding set seen = ? where ended is null"_s);
    seen.addBindValue(at);
    if (!seen.exec())
        return m_file.failure(seen);
    return {};
}

RecordingFile::Problem RecordingFile::writeNote(const RecordingNote& note) {
    QSqlQuery insert = m_file.prepared(u"insert into note (at, kind, text) values (?, ?, ?)"_s);
    insert.addBindValue(qint64(micros(note.at)));
    insert.addBindValue(int(note.kind));
    insert.addBindValue(note.text.isNull() ? u""_s : note.text);
    if (!insert.exec())
        return m_file.failure(insert);
    return {};
}

Answer<bool> RecordingFile::note(const RecordingNote& note) {
    if (!mayWrite())
        return false;
    if (auto failure = open())
        return *failure;
    if (auto failure = inTransaction([&] { return writeNote(note); }))
        return *failure;
    return true;
}

Answer<bool> RecordingFile::flush() {
    if (!m_writing || !m_file.isOpen())
        return false;
    if (auto failure = inTransaction([this] { return writeOpenBlocks(); }))
        return *failure;
    return true;
}

void RecordingFile::setBudget(std::int64_t budget) {
    m_options.budget = budget;
    if (m_writing && m_file.isOpen() && m_options.maximumPages == 0)
        m_file.run(u"pragma max_page_count = %1"_s.arg(budget / pageSize * 11 / 10 + 512));
}

Answer<Block> RecordingFile::readBlock(int tier, std::int64_t start, std::int32_t queueId) {
    QSqlQuery query = m_file.prepared(u"select data from line where tier = ? and start = ? and queue = ?"_s);
    query.addBindValue(tier);
    query.addBindValue(qint64(start));
    query.addBindValue(queueId);
    if (!query.exec())
        return m_file.failure(query);
    // A block that can't be read is one that is not there: the others stand.
    return query.next() ? unpack(query.value(0).toByteArray()).value_or(Block()) : Block();
}

RecordingFile::Problem RecordingFile::writeBlock(int tier, std::int64_t start, std::int32_t queueId,
                                                 const Block& block) {
    QSqlQuery insert = m_file.prepared(u"insert or replace into line (tier, start, queue, data) values (?, ?, ?, ?)"_s);
    insert.addBindValue(tier);
    insert.addBindValue(qint64(start));
    insert.addBindValue(queueId);
    insert.addBindValue(pack(block));
    if (!insert.exec())
        return m_file.failure(insert);
    return {};
}

RecordingFile::Problem RecordingFile::mergeBlock(int tier, std::int64_t start, std::int32_t queueId,
                                                 const Block& block) {
    const auto known = readBlock(tier, start, queueId);
    if (const auto* failure = std::get_if<Failure>(&known))
        return *failure;
    return writeBlock(tier, start, queueId, merged(std::get<Block>(known), block));
}

Answer<bool> RecordingFile::addRebuilt(const std::vector<domain::FiguresAt>& figures, Timestamp until) {
    if (!mayWrite())
        return false;
    if (auto failure = open())
        return *failure;
    using Place = std::tuple<int, std::int64_t, std::int32_t>;
    std::map<Place, Block> blocks;
    for (const domain::FiguresAt& one : figures) {
        const int tier = until - one.at < m_options.tenSecondsFor ? 1 : until - one.at < m_options.minutesFor ? 2 : 3;
        const std::int64_t start = floorTo(micros(one.at), tiers.at(std::size_t(tier)).block);
        Bucket bucket = bucketOf(one.figures, micros(one.at) - start, one.afterGap);
        bucket.rebuilt = true;
        blocks[{tier, start, one.figures.queueId}].push_back(bucket);
    }
    const auto failure = inTransaction([&]() -> Problem {
        for (auto& [place, block] : blocks) {
            const auto& [tier, start, queue] = place;
            std::sort(block.begin(), block.end(), [](const Bucket& a, const Bucket& b) { return a.at < b.at; });
            if (auto problem = mergeBlock(tier, start, queue, coarser(block, tiers.at(std::size_t(tier)).step, 0)))
                return problem;
        }
        return {};
    });
    if (failure)
        return *failure;
    return true;
}

} // namespace store
