// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/database.h"

#include "store/masking.h"

#include <QCryptographicHash>
#include <QSqlError>

#include <array>

namespace store {

namespace {

using namespace Qt::StringLiterals;

constexpr qsizetype longestText = 100'000;

const QString columns = u"number, at, operation, stage, who, place, role, action, subject, reason, sql, prediction, "
                        "outcome, summary, xid, cluster, hash, undo"_s;

const std::array<QString, 4> schema{
    u"create table if not exists record (number integer primary key, at text not null, operation text not null, "
    "stage text not null, who text not null, place text not null, role text not null, action text not null, "
    "subject text not null, reason text not null, sql text not null, prediction text not null, outcome text not null, "
    "summary text not null, xid text not null, cluster text not null, hash blob not null, "
    "undo text not null default '')"_s,
    u"create index if not exists record_operation on record (operation, number)"_s,
    u"create trigger if not exists record_stays before update on record "
    "begin select raise(abort, 'the journal is append-only'); end"_s,
    u"create trigger if not exists record_remains before delete on record "
    "begin select raise(abort, 'the journal is append-only'); end"_s};

const QString undoColumn = u"alter table record add column undo text not null default ''"_s;

const std::array<QString, 4> stageNames{u"begun"_s, u"committing"_s, u"ended"_s, u"settled"_s};

QString nameOf(Stage stage) {
    return stageNames.at(static_cast<std::size_t>(stage));
}

Stage stageOf(const QString& name) {
    for (std::size_t i = 0; i < stageNames.size(); ++i)
        if (stageNames.at(i) == name)
            return static_cast<Stage>(i);
    return Stage::Begun;
}

/// The fields in their order, each with its length before it, so that no two records read the same.
QByteArray hashOf(const QByteArray& previous, const JournalRecord& record) {
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(previous);
    for (const QString& field :
         {QString::number(record.number), record.at.toString(Qt::ISODateWithMs), record.operation, nameOf(record.stage),
          record.who, record.where, record.role, record.action, record.subject, record.reason, record.sql,
          record.prediction, record.outcome, record.summary, record.xid, record.cluster}) {
        const QByteArray bytes = field.toUtf8();
        hash.addData(QByteArray::number(bytes.size()).append(':'));
        hash.addData(bytes);
    }
    // Records of before this field was there must still hold.
    if (!record.undo.isEmpty())
        hash.addData(record.undo.toUtf8());
    return hash.result();
}

/// A null text would be stored as NULL.
QString notNull(const QString& text) {
    return text.isNull() ? u""_s : text;
}

QString storable(const QString& text, const Masking& masking) {
    // Cut first: what a secret's beginning looks like is known as well, and a long text takes no longer.
    qsizetype length = std::min(text.size(), longestText);
    if (length < text.size() && text[length - 1].isHighSurrogate())
        --length;
    QString shown = masking.apply(text.first(length));
    if (length < text.size())
        shown += u"… (%1 characters more)"_s.arg(text.size() - length);
    return notNull(shown);
}

QSqlQuery insertion(const SqliteFile& file, const JournalRecord& record) {
    QSqlQuery insert = file.prepared(
        u"insert into record (%1) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s.arg(columns));
    for (const QVariant& value :
         {QVariant(record.number), QVariant(record.at.toString(Qt::ISODateWithMs)), QVariant(record.operation),
          QVariant(nameOf(record.stage)), QVariant(record.who), QVariant(record.where), QVariant(record.role),
          QVariant(record.action), QVariant(record.subject), QVariant(record.reason), QVariant(record.sql),
          QVariant(record.prediction), QVariant(record.outcome), QVariant(record.summary), QVariant(record.xid),
          QVariant(record.cluster), QVariant(record.hash), QVariant(record.undo)})
        insert.addBindValue(value);
    return insert;
}

} // namespace

QString journalTable() {
    return schema.front();
}

std::optional<Failure> appendTo(SqliteFile& file, const QList<JournalRecord>& records) {
    if (auto failure = file.run(u"begin"_s))
        return failure;
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
        QSqlQuery insert = insertion(file, *record);
        if (!insert.exec())
            return file.failure(insert);
    }
    return file.run(u"commit"_s);
}

Database::Database(Journal::Options options)
    : m_options(std::move(options))
    , m_file(u"the journal"_s, m_options.path, m_options.busyTimeoutMs) {}

bool Database::hasUndo() const {
    QSqlQuery column = m_file.prepared(u"select 1 from pragma_table_info('record') where name = 'undo'"_s);
    return column.exec() && column.next();
}

std::optional<Failure> Database::open() {
    if (m_options.readOnly)
        return m_file.openReadOnly({u"pragma trusted_schema = off"_s});
    // A record must have reached the disk before the commit it announces is sent.
    QStringList statements{u"pragma journal_mode = wal"_s, u"pragma synchronous = full"_s};
    if (m_options.maximumPages > 0)
        statements << u"pragma max_page_count = %1"_s.arg(m_options.maximumPages);
    for (const QString& statement : schema)
        statements << statement;
    if (m_file.isOpen())
        return {};
    if (auto failure = m_file.open(statements))
        return failure;
    auto failure = hasUndo() ? std::nullopt : m_file.run(undoColumn);
    // Another program may just have done it.
    if (!failure || hasUndo())
        return {};
    m_file.close();
    return failure;
}

std::optional<Failure> Database::append(JournalRecord record) {
    if (auto failure = open())
        return failure;
    const Masking masking = Masking::current().forKeeping();
    for (QString* text :
         {&record.where, &record.subject, &record.reason, &record.sql, &record.prediction, &record.summary})
        *text = storable(*text, masking);
    for (QString* name :
         {&record.operation, &record.who, &record.role, &record.action, &record.outcome, &record.xid, &record.cluster})
        *name = notNull(*name);
    // Without its secrets, or a piece of it, it would do something else.
    record.undo = storable(record.undo, masking) == record.undo ? notNull(record.undo) : u""_s;
    // Others may append to the same file: the last record is read under the write lock.
    if (auto failure = m_file.run(u"begin immediate"_s))
        return failure;
    const auto undo = [this](const QSqlError& error) {
        Failure failure = m_file.failure(error);
        m_file.run(u"rollback"_s);
        return failure;
    };
    QSqlQuery last = m_file.query();
    if (!last.exec(u"select number, hash from record order by number desc limit 1"_s))
        return undo(last.lastError());
    const bool any = last.next();
    record.number = any ? last.value(0).toLongLong() + 1 : 1;
    record.at = QDateTime::currentDateTimeUtc();
    record.hash = hashOf(any ? last.value(1).toByteArray() : QByteArray(), record);
    last.finish();

    QSqlQuery insert = insertion(m_file, record);
    if (!insert.exec())
        return undo(insert.lastError());
    QSqlQuery commit = m_file.query();
    if (!commit.exec(u"commit"_s))
        return undo(commit.lastError());
    return {};
}

JournalPage Database::read(QSqlQuery& query) {
    if (!query.exec())
        return {{}, m_file.failure(query)};
    JournalPage page;
    while (query.next()) {
        const auto text = [&query](int column) { return query.value(column).toString(); };
        page.records.append({.number = query.value(0).toLongLong(),
                             .at = QDateTime::fromString(text(1), Qt::ISODateWithMs),
                             .operation = text(2),
                             .stage = stageOf(text(3)),
                             .who = text(4),
                             .where = text(5),
                             .role = text(6),
                             .action = text(7),
                             .subject = text(8),
                             .reason = text(9),
                             .sql = text(10),
                             .prediction = text(11),
                             .outcome = text(12),
                             .summary = text(13),
                             .xid = text(14),
                             .cluster = text(15),
                             .undo = text(17),
                             .hash = query.value(16).toByteArray()});
    }
    if (query.lastError().isValid())
        page.failure = m_file.failure(query);
    return page;
}

JournalPage Database::page(const JournalQuery& wanted) {
    if (auto failure = open())
        return {{}, std::move(failure)};
    QSqlQuery query = m_file.query();
    query.prepare(u"select %1 from record where (:before = 0 or number < :before) and (:contains = '' or "
                  u"instr(lower(action || ' ' || "
                  "subject || ' ' || reason || ' ' || sql || ' ' || summary), lower(:contains)) > 0) "
                  "order by number desc limit :limit"_s.arg(columns));
    query.bindValue(u":before"_s, wanted.before);
    query.bindValue(u":contains"_s, wanted.contains.isNull() ? u""_s : wanted.contains);
    query.bindValue(u":limit"_s, wanted.limit);
    return read(query);
}

JournalPage Database::unsettled() {
    if (auto failure = open())
        return {{}, std::move(failure)};
    QSqlQuery query = m_file.query();
    query.prepare(u"select %1 from record r where r.stage = 'committing' and r.xid <> '' and not exists (select 1 from "
                  "record e where e.operation = r.operation and e.number > r.number and e.outcome <> 'unknown') "
                  "order by r.number desc"_s.arg(columns));
    return read(query);
}

Verification Database::verify() {
    Verification verification;
    if (auto failure = open()) {
        verification.failure = std::move(failure);
        return verification;
    }
    constexpr int atOnce = 500;
    QByteArray previous;
    qint64 number = 0;
    for (;;) {
        QSqlQuery query = m_file.query();
        query.prepare(u"select %1 from record where number > ? order by number limit ?"_s.arg(columns));
        query.addBindValue(number);
        query.addBindValue(atOnce);
        const JournalPage page = read(query);
        if (page.failure) {
            verification.failure = page.failure;
            return verification;
        }
        for (const JournalRecord& record : page.records) {
            // Numbers have no gaps: one that is missing was removed.
            if (record.number != number + 1 || hashOf(previous, record) != record.hash) {
                verification.firstBroken = number + 1;
                return verification;
            }
            number = record.number;
            previous = record.hash;
            ++verification.records;
        }
        if (page.records.size() < atOnce)
            return verification;
    }
}

} // namespace store
