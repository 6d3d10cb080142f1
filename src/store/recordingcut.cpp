// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/database.h"
#include "store/recordingfile.h"
#include "store/recordingschema.h"

#include <QFile>

// A part of a recording as a file of its own.
namespace store {

using namespace Qt::StringLiterals;

namespace {

constexpr int busyTimeoutMs = 3'000;
constexpr qsizetype mostFact = 4 << 20;

qint64 micros(pg::Timestamp at) {
    return at.time_since_epoch().count();
}

} // namespace

Answer<std::int64_t> RecordingFile::cutOut(const Cut& cut) {
    flush();
    if (auto failure = open())
        return *failure;
    // Beside its place first: what stands there stays until the new one is whole.
    const QString beside = cut.path + u".part"_s;
    QFile::remove(beside);
    Answer<std::int64_t> answer = std::int64_t(0);
    {
        SqliteFile into(u"the capsule"_s, beside, busyTimeoutMs);
        QStringList statements{u"pragma journal_mode = delete"_s};
        statements += recordingSchema();
        statements << u"create table fact (name text primary key, value text not null)"_s;
        statements << journalTable();
        statements << u"pragma user_version = %1"_s.arg(recordingFormat);
        auto failure = into.open(statements);
        if (!failure)
            failure = copyPart(into, cut);
        if (failure) {
            answer = *failure;
        } else {
            QSqlQuery count = into.prepared(u"select count(*) from frame"_s);
            if (count.exec() && count.next())
                answer = std::int64_t(count.value(0).toLongLong());
        }
    }
    if (std::holds_alternative<Failure>(answer)) {
        QFile::remove(beside);
        return answer;
    }
    QFile::remove(cut.path);
    if (!QFile::rename(beside, cut.path))
        return Failure{Failure::Kind::NotWritable, u"%1 can't be written."_s.arg(cut.path)};
    return answer;
}

RecordingFile::Problem RecordingFile::copyPart(SqliteFile& into, const Cut& cut) {
    QSqlQuery attach = into.prepared(u"attach database ? as past"_s);
    attach.addBindValue(m_options.path);
    if (!attach.exec())
        return into.failure(attach);
    attach.finish();
    if (auto failure = into.run(u"begin"_s))
        return failure;
    const auto copy = [&](const QString& sql, const QVariantList& values) -> Problem {
        QSqlQuery query = into.prepared(sql);
        for (const QVariant& value : values)
            query.addBindValue(value);
        if (!query.exec())
            return into.failure(query);
        return {};
    };
    const qint64 from = micros(cut.from);
    const qint64 to = micros(cut.to);
    for (int tier = 0; tier < int(tiers.size()); ++tier) {
        const qint64 length = tiers.at(std::size_t(tier)).block.count();
        if (auto failure = copy(u"insert into line select * from past.line where tier = ? and start > ? and start <= ?"_s,
                                {tier, from - length, to}))
            return failure;
    }
    // A change needs the whole moment it belongs to.
    if (auto failure = copy(u"insert into frame select * from past.frame where at <= ? and (at >= ? or n >= (select "
                            "max(n) from past.frame where base = 0 and at <= ?))"_s,
                            {to, from, from}))
        return failure;
    if (auto failure = copy(u"delete from frame where base <> 0 and base not in (select n from frame where base = 0)"_s,
                            {}))
        return failure;
    if (auto failure = copy(u"insert into finding select * from past.finding where began <= ? and (ended is null or "
                            "ended >= ?)"_s,
                            {to, from}))
        return failure;
    if (auto failure = copy(u"insert into note select * from past.note where at between ? and ?"_s, {from, to}))
        return failure;
    for (const auto& [name, value] : cut.facts) {
        if (auto failure = copy(u"insert into fact (name, value) values (?, ?)"_s,
                                {QString::fromStdString(name), QString::fromStdString(value)}))
            return failure;
    }
    if (auto failure = into.run(u"commit"_s))
        return failure;
    if (auto failure = into.run(u"detach database past"_s))
        return failure;
    return appendTo(into, cut.journal);
}

Answer<CutContents> RecordingFile::contents() {
    if (auto failure = open())
        return *failure;
    CutContents contents;
    const auto capsule = number(u"select count(*) from sqlite_master where name = 'fact'"_s);
    if (const auto* failure = std::get_if<Failure>(&capsule))
        return *failure;
    if (std::get<0>(capsule).value_or(0) == 0)
        return Failure{Failure::Kind::Damaged, u"%1 is not a capsule."_s.arg(m_options.path)};
    // A file may have been damaged on its way.
    QSqlQuery check = m_file.prepared(u"pragma quick_check(1)"_s);
    if (!check.exec() || !check.next() || check.value(0).toString() != "ok"_L1)
        return Failure{Failure::Kind::Damaged, u"%1 is damaged: its pages contradict each other."_s.arg(m_options.path)};
    check.finish();
    QSqlQuery query = m_file.prepared(u"select name, substr(value, 1, %1) from fact order by name limit 1000"_s.arg(mostFact));
    if (!query.exec())
        return m_file.failure(query);
    while (query.next())
        contents.facts.emplace(query.value(0).toString().toStdString(), query.value(1).toString().toStdString());
    return contents;
}

} // namespace store
