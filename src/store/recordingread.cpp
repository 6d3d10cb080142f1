// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/recordingfile.h"
#include "store/recordingschema.h"

#include <QFileInfo>

#include <algorithm>
#include <iterator>

// What is read back from a recording.
namespace store {

using namespace Qt::StringLiterals;
using domain::SeriesPoint;
using pg::Interval;
using pg::Timestamp;

namespace {

constexpr std::size_t mostChanges = 2'000;
constexpr std::int64_t mostBlocks = 20'000;

std::int64_t micros(Timestamp at) {
    return at.time_since_epoch().count();
}

/// The points of a block that fall into a stretch of time.
void addPoints(const Block& block, int tier, std::int64_t start, domain::Quantity quantity, Timestamp from,
               Timestamp to, std::vector<SeriesPoint>& points) {
    const Interval length = tiers.at(std::size_t(tier)).step;
    bool afterGap = false;
    for (const Bucket& bucket : block) {
        const auto& value = bucket.values[static_cast<std::size_t>(quantity)];
        const Timestamp at = fromMicros(start + std::min(bucket.at, domainFarthest - std::abs(start)));
        afterGap = afterGap || bucket.afterGap || !value;
        if (!value || at + length < from || at > to)
            continue;
        SeriesPoint point;
        point.from = at;
        point.length = length;
        point.least = domain::shown(quantity, static_cast<double>(value->least));
        point.mean = domain::shown(quantity, static_cast<double>(value->mean));
        point.most = domain::shown(quantity, static_cast<double>(value->most));
        point.afterGap = std::exchange(afterGap, false);
        point.rebuilt = bucket.rebuilt;
        points.push_back(point);
    }
}

SeriesPoint joined(const SeriesPoint* first, const SeriesPoint* end) {
    const bool observed = std::any_of(first, end, [](const SeriesPoint& point) { return !point.rebuilt; });
    SeriesPoint all;
    all.from = first->from;
    all.rebuilt = !observed;
    double sum = 0;
    int count = 0;
    for (const SeriesPoint* point = first; point != end; ++point) {
        all.afterGap = all.afterGap || point->afterGap;
        all.length = std::max(all.length, point->from + point->length - all.from);
        if (point->rebuilt == observed)
            continue;
        all.least = count == 0 ? point->least : std::min(all.least, point->least);
        all.most = count == 0 ? point->most : std::max(all.most, point->most);
        sum += point->mean;
        ++count;
    }
    all.mean = sum / std::max(1, count);
    return all;
}

/// Points that share a step, taken together.
std::vector<SeriesPoint> thinned(const std::vector<SeriesPoint>& points, Timestamp from, Interval step) {
    std::vector<SeriesPoint> thin;
    for (std::size_t first = 0; first < points.size();) {
        const Timestamp place = from + (points[first].from - from) / step * step;
        std::size_t next = first + 1;
        while (next < points.size() && points[next].from < place + step)
            ++next;
        thin.push_back(joined(points.data() + first, points.data() + next));
        first = next;
    }
    return thin;
}

void readFrame(domain::MomentReader& reader, const QByteArray& packed) {
    if (!mayUnpack(packed))
        throw domain::BadBytes("its size can't be");
    const QByteArray bytes = qUncompress(packed);
    reader.read({bytes.constData(), static_cast<std::size_t>(bytes.size())});
}

/// What concerns one group, or one consumer.
domain::SnapshotPtr lookAt(const domain::Snapshot& whole, const TrackQuery& wanted) {
    auto look = std::make_shared<domain::Snapshot>();
    look->number = whole.number;
    look->takenAt = whole.takenAt;
    look->cost = whole.cost;
    std::copy_if(whole.queues.begin(), whole.queues.end(), std::back_inserter(look->queues),
                 [&wanted](const domain::Queue& queue) { return queue.id == wanted.queueId; });
    std::copy_if(whole.subscriptions.begin(), whole.subscriptions.end(), std::back_inserter(look->subscriptions),
                 [&wanted](const domain::Subscription& row) {
                     return row.queueId == wanted.queueId && row.subId == wanted.subId;
                 });
    if (whole.activity) {
        auto activity = std::make_shared<domain::Activity>();
        activity->takenAt = whole.activity->takenAt;
        const auto& locks = whole.activity->rowLocks;
        std::copy_if(locks.begin(), locks.end(), std::back_inserter(activity->rowLocks),
                     [&look](const domain::RowLock& lock) {
                         return std::any_of(look->subscriptions.begin(), look->subscriptions.end(),
                                            [&lock](const domain::Subscription& row) {
                                                return row.queueId == lock.queueId && row.consumerId == lock.consumerId;
                                            });
                     });
        look->activity = std::move(activity);
    }
    look->buildIndex();
    return look;
}

} // namespace

Answer<domain::Series> RecordingFile::series(std::int32_t queueId, domain::Quantity quantity, Timestamp from,
                                             Timestamp to, int points) {
    if (auto failure = open())
        return *failure;
    domain::Series series;
    if (to <= from || points < 1)
        return series;
    QSqlQuery query = m_file.prepared(u"select data from line where tier = ? and start = ? and queue = ?"_s);
    for (int tier = int(tiers.size()) - 1; tier >= 0; --tier) {
        const std::int64_t length = tiers.at(std::size_t(tier)).block.count();
        const auto oldest = number(u"select min(start) from line where tier = ?"_s, {tier});
        const auto newest = number(u"select max(start) from line where tier = ?"_s, {tier});
        for (const auto* bound : {&oldest, &newest}) {
            if (const auto* failure = std::get_if<Failure>(bound))
                return *failure;
        }
        if (!std::get<0>(oldest))
            continue;
        // Blocks begin at multiples of their length: each can be looked up, past the other queues' rows.
        const std::int64_t first = std::max(*std::get<0>(oldest), micros(from) / length * length - length);
        const std::int64_t last = std::min(*std::get<0>(newest), micros(to));
        std::int64_t looked = 0;
        for (std::int64_t start = first; start <= last && looked < mostBlocks; start += length, ++looked) {
            if (tier == 0 && m_openStart == start && m_writing)
                break;
            query.bindValue(0, tier);
            query.bindValue(1, qint64(start));
            query.bindValue(2, queueId);
            if (!query.exec())
                return m_file.failure(query);
            if (query.next()) {
                if (const auto block = unpack(query.value(0).toByteArray()))
                    addPoints(*block, tier, start, quantity, from, to, series.points);
            }
            query.finish();
        }
    }
    if (const auto open = m_open.find(queueId); open != m_open.end() && m_openStart)
        addPoints(open->second.block, 0, *m_openStart, quantity, from, to, series.points);
    std::stable_sort(series.points.begin(), series.points.end(),
                     [](const SeriesPoint& a, const SeriesPoint& b) { return a.from < b.from; });
    if (std::ssize(series.points) > points)
        series.points = thinned(series.points, from, Interval((to - from).count() / points + 1));
    return series;
}

Answer<std::optional<domain::Moment>> RecordingFile::momentAt(Timestamp at, Which which) {
    using Found = std::optional<domain::Moment>;
    if (auto failure = open())
        return *failure;
    QString sql = u"select n, base from frame where at <= ? order by at desc, n desc limit 1"_s;
    if (which == Which::Before)
        sql = u"select n, base from frame where at < ? order by at desc, n desc limit 1"_s;
    else if (which == Which::After)
        sql = u"select n, base from frame where at > ? order by at, n limit 1"_s;
    QSqlQuery place = m_file.prepared(sql);
    place.addBindValue(qint64(micros(at)));
    if (!place.exec())
        return m_file.failure(place);
    if (!place.next())
        return Found();
    const qint64 wanted = place.value(0).toLongLong();
    const qint64 base = place.value(1).toLongLong();
    place.finish();
    QSqlQuery frames = m_file.prepared(u"select data from frame where n = ? union all select data from (select data "
                                       "from frame where base = ? and n <= ? order by n)"_s);
    frames.addBindValue(base == 0 ? wanted : base);
    frames.addBindValue(base == 0 ? qint64(-1) : base);
    frames.addBindValue(wanted);
    if (!frames.exec())
        return m_file.failure(frames);
    try {
        domain::MomentReader reader;
        for (std::size_t read = 0; frames.next(); ++read) {
            if (read > mostChanges)
                throw domain::BadBytes("its size can't be");
            readFrame(reader, frames.value(0).toByteArray());
        }
        return Found(reader.take());
    } catch (const domain::BadBytes& bad) {
        return damaged(bad);
    }
}

Failure RecordingFile::damaged(const domain::BadBytes& bad) const {
    return {Failure::Kind::Damaged,
            u"A recorded moment in %1 can't be read: %2."_s.arg(m_options.path, QString::fromUtf8(bad.what()))};
}

Answer<std::vector<domain::SnapshotPtr>> RecordingFile::looks(const TrackQuery& wanted,
                                                              const std::stop_token& unwanted) {
    if (auto failure = open())
        return *failure;
    std::vector<domain::SnapshotPtr> looks;
    // From the whole moment on which the oldest of them rests.
    QSqlQuery bounds = m_file.prepared(u"select min(iif(base = 0, n, base)), max(n), min(n) from (select n, base from "
                                       "frame where at between ? and ? order by n desc limit ?)"_s);
    bounds.addBindValue(qint64(micros(wanted.from)));
    bounds.addBindValue(qint64(micros(wanted.to)));
    bounds.addBindValue(wanted.atMost);
    if (!bounds.exec() || !bounds.next())
        return m_file.failure(bounds);
    if (bounds.isNull(0))
        return looks;
    QSqlQuery frames = m_file.prepared(u"select n, base, at, data from frame where n between ? and ? order by n"_s);
    frames.addBindValue(bounds.value(0));
    frames.addBindValue(bounds.value(1));
    const qint64 first = bounds.value(2).toLongLong();
    bounds.finish();
    if (!frames.exec())
        return m_file.failure(frames);
    try {
        std::optional<domain::MomentReader> reader;
        qint64 base = 0;
        while (frames.next() && !unwanted.stop_requested()) {
            if (frames.value(1).toLongLong() == 0) {
                base = frames.value(0).toLongLong();
                reader.emplace();
            } else if (!reader || frames.value(1).toLongLong() != base) {
                continue; // the moment it rests on is gone
            }
            readFrame(*reader, frames.value(3).toByteArray());
            const pg::Timestamp at = fromMicros(frames.value(2).toLongLong());
            if (frames.value(0).toLongLong() >= first && at >= wanted.from && at <= wanted.to)
                looks.push_back(lookAt(*reader->soFar(), wanted));
        }
    } catch (const domain::BadBytes& bad) {
        return damaged(bad);
    }
    return looks;
}

Answer<Recorded> RecordingFile::recorded() {
    if (auto failure = open())
        return *failure;
    Recorded recorded;
    recorded.path = m_options.path;
    recorded.budget = m_options.budget;
    recorded.bytes = QFileInfo(m_options.path).size();
    QSqlQuery span = m_file.prepared(u"select (select min(at) from frame), (select max(at) from frame), "
                                     "(select count(*) from frame)"_s);
    if (!span.exec() || !span.next())
        return m_file.failure(span);
    if (!span.isNull(0)) {
        recorded.first = fromMicros(span.value(0).toLongLong());
        recorded.last = fromMicros(span.value(1).toLongLong());
        recorded.moments = span.value(2).toLongLong();
    }
    span.finish();
    for (int tier = 0; tier < int(tiers.size()); ++tier) {
        const auto oldest = number(u"select min(start) from line where tier = ?"_s, {tier});
        if (const auto* failure = std::get_if<Failure>(&oldest))
            return *failure;
        if (const auto start = std::get<0>(oldest))
            recorded.seriesFrom = std::min(recorded.seriesFrom.value_or(fromMicros(*start)), fromMicros(*start));
    }
    if (!recorded.seriesFrom && m_openStart)
        recorded.seriesFrom = fromMicros(*m_openStart);
    QSqlQuery notes = m_file.prepared(u"select at, kind, text from note order by n desc limit 100"_s);
    if (!notes.exec())
        return m_file.failure(notes);
    while (notes.next()) {
        const int kind = notes.value(1).toInt();
        if (kind < 0 || kind > int(RecordingNote::Kind::Rebuilt))
            continue;
        recorded.notes.push_back(
            {RecordingNote::Kind(kind), fromMicros(notes.value(0).toLongLong()), notes.value(2).toString()});
        if (recorded.notes.back().kind == RecordingNote::Kind::Rebuilt)
            recorded.rebuiltTo =
                std::max(recorded.rebuiltTo.value_or(recorded.notes.back().at), recorded.notes.back().at);
    }
    return recorded;
}

Answer<std::vector<FindingSpan>> RecordingFile::findings(Timestamp from, Timestamp to) {
    if (auto failure = open())
        return *failure;
    QSqlQuery query = m_file.prepared(
        u"select key, rule, severity, title, began, ended from finding where began <= ? and (ended is null or ended >= "
        "?) order by began limit 2000"_s);
    query.addBindValue(qint64(micros(to)));
    query.addBindValue(qint64(micros(from)));
    if (!query.exec())
        return m_file.failure(query);
    std::vector<FindingSpan> spans;
    while (query.next()) {
        FindingSpan span;
        span.key = query.value(0).toString().toStdString();
        span.rule = query.value(1).toString().toStdString();
        span.severity = domain::Severity(std::clamp(query.value(2).toInt(), 0, 2));
        span.title = query.value(3).toString().toStdString();
        span.from = fromMicros(query.value(4).toLongLong());
        if (!query.isNull(5))
            span.to = fromMicros(query.value(5).toLongLong());
        spans.push_back(std::move(span));
    }
    return spans;
}

} // namespace store
