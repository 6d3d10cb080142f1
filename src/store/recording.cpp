// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/recording.h"

#include "store/filethread.h"
#include "store/recordingfile.h"

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QStandardPaths>

namespace store {

using namespace Qt::StringLiterals;
using pg::Timestamp;

QString Recording::defaultPath(const QString& identity, const QString& name) {
    static const QRegularExpression unfit(u"[^A-Za-z0-9.-]+"_s);
    QString readable = name;
    readable.replace(unfit, u"_"_s);
    const QByteArray hash = QCryptographicHash::hash(identity.toUtf8(), QCryptographicHash::Sha256).toHex().left(12);
    return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + u"/recordings/"_s +
           readable.left(80) + u'-' + QString::fromLatin1(hash) + u".sqlite"_s;
}

Recording::Recording(Options options)
    : m_thread(std::make_unique<FileThread<RecordingFile>>(u"recording"_s, std::move(options))) {}

Recording::~Recording() = default;

QFuture<Answer<bool>> Recording::add(domain::Moment moment, bool joined) {
    return m_thread->ask<Answer<bool>>(
        [moment = std::move(moment), joined](RecordingFile& file) { return file.add(moment, joined); });
}

QFuture<Answer<bool>> Recording::addRebuilt(std::vector<domain::FiguresAt> figures, Timestamp until) {
    return m_thread->ask<Answer<bool>>(
        [figures = std::move(figures), until](RecordingFile& file) { return file.addRebuilt(figures, until); });
}

QFuture<Answer<bool>> Recording::note(RecordingNote note) {
    return m_thread->ask<Answer<bool>>([note = std::move(note)](RecordingFile& file) { return file.note(note); });
}

void Recording::setBudget(std::int64_t budget) {
    m_thread->ask<bool>([budget](RecordingFile& file) {
        file.setBudget(budget);
        return true;
    });
}

QFuture<Answer<bool>> Recording::flush() {
    return m_thread->ask<Answer<bool>>([](RecordingFile& file) { return file.flush(); });
}

QFuture<Answer<domain::Series>> Recording::series(std::int32_t queueId, domain::Quantity quantity, Timestamp from,
                                                  Timestamp to, int points) {
    return m_thread->ask<Answer<domain::Series>>(
        [=](RecordingFile& file) { return file.series(queueId, quantity, from, to, points); });
}

QFuture<Answer<std::optional<domain::Moment>>> Recording::momentAt(Timestamp at, Which which) {
    return m_thread->ask<Answer<std::optional<domain::Moment>>>(
        [=](RecordingFile& file) { return file.momentAt(at, which); });
}

QFuture<Answer<std::vector<domain::SnapshotPtr>>> Recording::looks(TrackQuery query, std::stop_token unwanted) {
    return m_thread->ask<Answer<std::vector<domain::SnapshotPtr>>>(
        [query, unwanted = std::move(unwanted)](RecordingFile& file) { return file.looks(query, unwanted); });
}

QFuture<Answer<Recorded>> Recording::recorded() {
    return m_thread->ask<Answer<Recorded>>([](RecordingFile& file) { return file.recorded(); });
}

QFuture<Answer<std::vector<FindingSpan>>> Recording::findings(Timestamp from, Timestamp to) {
    return m_thread->ask<Answer<std::vector<FindingSpan>>>(
        [=](RecordingFile& file) { return file.findings(from, to); });
}

QFuture<Answer<std::int64_t>> Recording::cutOut(Cut cut) {
    return m_thread->ask<Answer<std::int64_t>>(
        [cut = std::move(cut)](RecordingFile& file) { return file.cutOut(cut); });
}

QFuture<Answer<CutContents>> Recording::contents() {
    return m_thread->ask<Answer<CutContents>>([](RecordingFile& file) { return file.contents(); });
}

} // namespace store
