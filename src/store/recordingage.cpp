// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/recordingfile.h"
#include "store/recordingschema.h"

#include <algorithm>

// How a recording gets coarser with age, and stays within its budget.
namespace store {

using namespace Qt::StringLiterals;
using pg::Interval;
using pg::Timestamp;

namespace {

constexpr std::int64_t pageSize = 4'096;
constexpr auto ageEvery = std::chrono::minutes(1);
/// A clock that was just set may be set right again: until then nothing gets old by it.
constexpr auto believedAfter = std::chrono::minutes(10);
/// How many blocks' lengths of one tier become coarser at a time.
constexpr std::int64_t atOnce = 24;
constexpr int mostGivenUp = 400;
constexpr Interval tenMinutes = std::chrono::minutes(10);
constexpr Interval hour = std::chrono::hours(1);
/// Charts of findings reach no further back than the longest of anything else is likely to.
constexpr Interval findingsFor = std::chrono::hours(24 * 400);

/// Of the budget: the tiers, the finest first; the rest is the moments'.
constexpr std::array<double, 4> shares{0.15, 0.15, 0.15, 0.10};
constexpr double momentShare = 0.45;

std::int64_t micros(Timestamp at) {
    return at.time_since_epoch().count();
}

} // namespace

RecordingFile::Problem RecordingFile::age(const domain::Snapshot& newest) {
    const Timestamp now = newest.takenAt;
    if (m_agedAt && now >= *m_agedAt && now - *m_agedAt < ageEvery)
        return {};
    m_agedAt = now;
    if (newest.receivedAt - m_clockMovedAt < believedAfter)
        return keepWithinBudget();
    const std::array<Interval, 3> keptFor{m_options.everySampleFor, m_options.tenSecondsFor, m_options.minutesFor};
    for (int tier = 0; tier < 3; ++tier) {
        if (auto failure = coarsen(tier, micros(now - keptFor.at(std::size_t(tier))), atOnce))
            return failure;
    }
    const auto failure = inTransaction([&]() -> Problem {
        if (auto problem = thinMoments(micros(now - m_options.everySampleFor), 0))
            return problem;
        if (auto problem = thinMoments(micros(now - m_options.tenSecondsFor), tenMinutes.count()))
            return problem;
        if (auto problem = thinMoments(micros(now - m_options.minutesFor), hour.count()))
            return problem;
        QSqlQuery old = m_file.prepared(u"delete from finding where ended < ?"_s);
        old.addBindValue(qint64(micros(now - findingsFor)));
        if (!old.exec())
            return m_file.failure(old);
        return m_file.run(u"delete from note where n < (select max(n) - 1000 from note)"_s);
    });
    return failure ? failure : keepWithinBudget();
}

/// Up to so many of the next tier's blocks that lie before a moment.
RecordingFile::Problem RecordingFile::coarsen(int tier, std::int64_t before, std::int64_t atMost) {
    const std::int64_t length = tiers.at(std::size_t(tier) + 1).block.count();
    for (std::int64_t done = 0; done < atMost; ++done) {
        const auto oldest = number(u"select min(start) from line where tier = ?"_s, {tier});
        if (const auto* failure = std::get_if<Failure>(&oldest))
            return *failure;
        if (!std::get<0>(oldest))
            return {};
        const std::int64_t start = *std::get<0>(oldest) / length * length;
        if (start + length > before)
            return {};
        if (auto failure = inTransaction([&] { return coarsenOnce(tier, start, start + length); }))
            return failure;
    }
    return {};
}

RecordingFile::Problem RecordingFile::coarsenOnce(int tier, std::int64_t start, std::int64_t end) {
    const Interval step = tiers.at(std::size_t(tier) + 1).step;
    std::map<std::int32_t, Block> queues;
    {
        QSqlQuery query = m_file.prepared(
            u"select start, queue, data from line where tier = ? and start >= ? and start < ? order by start"_s);
        query.addBindValue(tier);
        query.addBindValue(qint64(start));
        query.addBindValue(qint64(end));
        if (!query.exec())
            return m_file.failure(query);
        while (query.next()) {
            const auto block = unpack(query.value(2).toByteArray());
            if (!block)
                continue;
            Block& all = queues[query.value(1).toInt()];
            const Block coarse = coarser(*block, step, query.value(0).toLongLong() - start);
            all.insert(all.end(), coarse.begin(), coarse.end());
        }
    }
    for (const auto& [queue, block] : queues) {
        if (auto failure = mergeBlock(tier + 1, start, queue, block))
            return failure;
    }
    QSqlQuery gone = m_file.prepared(u"delete from line where tier = ? and start >= ? and start < ?"_s);
    gone.addBindValue(tier);
    gone.addBindValue(qint64(start));
    gone.addBindValue(qint64(end));
    if (!gone.exec())
        return m_file.failure(gone);
    return {};
}

/// Leaves of what is older only whole moments, and of those one in each stretch of `spacing`; 0: all of them.
RecordingFile::Problem RecordingFile::thinMoments(std::int64_t before, std::int64_t spacing) {
    QSqlQuery changes = m_file.prepared(
        u"delete from frame where base in (select n from frame where base = 0 and at < ? and n <> ?)"_s);
    changes.addBindValue(qint64(before));
    changes.addBindValue(qint64(m_keyFrame));
    if (!changes.exec())
        return m_file.failure(changes);
    if (spacing == 0)
        return {};
    QSqlQuery moments = m_file.prepared(
        u"delete from frame where base = 0 and at < ? and n <> ? and n not in (select min(n) from frame where base = 0 "
        "and at < ? group by at / ?)"_s);
    moments.addBindValue(qint64(before));
    moments.addBindValue(qint64(m_keyFrame));
    moments.addBindValue(qint64(before));
    moments.addBindValue(qint64(spacing));
    if (!moments.exec())
        return m_file.failure(moments);
    return {};
}

/// Of the file, those in use.
Answer<std::int64_t> RecordingFile::pages() {
    const auto all = number(u"pragma page_count"_s);
    if (const auto* failure = std::get_if<Failure>(&all))
        return *failure;
    const auto unused = number(u"pragma freelist_count"_s);
    if (const auto* failure = std::get_if<Failure>(&unused))
        return *failure;
    return std::get<0>(all).value_or(0) - std::get<0>(unused).value_or(0);
}

RecordingFile::Problem RecordingFile::keepWithinBudget() {
    for (int given = 0; given < mostGivenUp; ++given) {
        const auto used = pages();
        if (const auto* failure = std::get_if<Failure>(&used))
            return *failure;
        if (std::get<0>(used) * pageSize <= m_options.budget)
            break;
        if (auto failure = inTransaction([this] { return giveUp(); }))
            return failure;
    }
    // Read to its end: each step gives one page back.
    QSqlQuery vacuum = m_file.prepared(u"pragma incremental_vacuum"_s);
    if (!vacuum.exec())
        return m_file.failure(vacuum);
    while (vacuum.next()) {
    }
    return {};
}

/// Makes what exceeds its share the most coarser where it is oldest, or lets it go.
RecordingFile::Problem RecordingFile::giveUp() {
    std::array<double, 5> excess{};
    {
        QSqlQuery sizes = m_file.prepared(u"select tier, sum(length(data) + 24) from line group by tier union all "
                                          "select 4, sum(length(data) + 48) from frame"_s);
        if (!sizes.exec())
            return m_file.failure(sizes);
        while (sizes.next()) {
            const auto at = static_cast<std::size_t>(std::clamp(sizes.value(0).toInt(), 0, 4));
            excess.at(at) = sizes.value(1).toDouble() / (at < shares.size() ? shares.at(at) : momentShare);
        }
    }
    const auto worst = static_cast<int>(std::max_element(excess.begin(), excess.end()) - excess.begin());
    if (worst < 4) {
        const auto oldest = number(u"select min(start) from line where tier = ?"_s, {worst});
        if (const auto* failure = std::get_if<Failure>(&oldest))
            return *failure;
        const std::int64_t start = std::get<0>(oldest).value_or(0);
        const auto newest = number(u"select max(start) from line"_s);
        if (const auto* failure = std::get_if<Failure>(&newest))
            return *failure;
        if (worst < 3) {
            const std::int64_t length = tiers.at(std::size_t(worst) + 1).block.count();
            if (start / length * length + length <= std::get<0>(newest).value_or(0))
                return coarsenOnce(worst, start / length * length, start / length * length + length);
        }
        QSqlQuery gone = m_file.prepared(u"delete from line where tier = ? and start = ?"_s);
        gone.addBindValue(worst);
        gone.addBindValue(qint64(start));
        if (!gone.exec())
            return m_file.failure(gone);
        return {};
    }
    // An eighth of the time that is told in changes, then of the whole moments.
    for (const QString& which : {u"base <> 0"_s, u"base = 0"_s}) {
        QSqlQuery span = m_file.prepared(
            u"select min(at), max(at), count(*) from frame where %1 and n <> %2 and base <> %2"_s.arg(which).arg(
                m_keyFrame));
        if (!span.exec() || !span.next())
            return m_file.failure(span);
        if (span.value(2).toLongLong() == 0)
            continue;
        const qint64 first = span.value(0).toLongLong();
        const qint64 end = first + (span.value(1).toLongLong() - first) / 8 + 1;
        span.finish();
        if (which == "base <> 0"_L1)
            return thinMoments(end, 0);
        QSqlQuery gone = m_file.prepared(u"delete from frame where base = 0 and at < ? and n <> ?"_s);
        gone.addBindValue(end);
        gone.addBindValue(qint64(m_keyFrame));
        if (!gone.exec())
            return m_file.failure(gone);
        return {};
    }
    return {};
}

} // namespace store
