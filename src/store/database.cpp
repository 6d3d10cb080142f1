// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/database.h"

#include <QCryptographicHash>
#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSqlError>
#include <QSqlRecord>
#include <QThread>
#include <QUuid>

#include <array>

namespace store {

namespace {

using namespace Qt::StringLiterals;

constexpr int longestText = 100'000;

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

Failure failureOf(const QSqlError& error, const QString& path) {
    // SQLite's primary result codes; the rest of the number refines them.
    switch (error.nativeErrorCode().toInt() & 0xff) {
    case 13: // SQLITE_FULL
        return {Failure::Kind::Full, u"There is no room for the journal in %1."_s.arg(path)};
    case 3:  // SQLITE_PERM
    case 8:  // SQLITE_READONLY
    case 14: // SQLITE_CANTOPEN
        return {Failure::Kind::NotWritable, u"The journal %1 can't be written."_s.arg(path)};
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
        return {Failure::Kind::Busy, u"Another program holds the journal %1."_s.arg(path)};
    case 10: // SQLITE_IOERR: a write that stopped short, or a device that fails
        return {Failure::Kind::Full, u"The journal %1 could not be written to disk."_s.arg(path)};
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
        return {Failure::Kind::Damaged, u"%1 is not a journal, or damaged."_s.arg(path)};
    default:
        return {Failure::Kind::Other, error.text()};
    }
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

QString storable(const QString& text) {
    QString masked = maskSecrets(text);
    if (masked.size() > longestText)
        masked = masked.left(longestText) + u"… (%1 characters more)"_s.arg(masked.size() - longestText);
    // A null text would be stored as NULL.
    return masked.isNull() ? u""_s : masked;
}

} // namespace

Database::Database(Journal::Options options)
    : m_options(std::move(options))
    , m_name(QUuid::createUuid().toString()) {}

Database::~Database() {
    m_database = {};
    QSqlDatabase::removeDatabase(m_name);
}

std::optional<Failure> Database::prepareFile() const {
    const QFileInfo file(m_options.path);
    if (!QDir().mkpath(file.path()))
        return Failure{Failure::Kind::NotWritable, u"The folder %1 can't be made."_s.arg(file.path())};
    if (!file.exists()) {
        // Before SQLite makes it, so that nobody else can read it in between; its companions take over the rights.
        QFile made(m_options.path);
        if (!made.open(QIODevice::WriteOnly | QIODevice::NewOnly, QFile::ReadOwner | QFile::WriteOwner) &&
            !file.exists())
            return Failure{Failure::Kind::NotWritable, u"The journal %1 can't be made."_s.arg(m_options.path)};
    }
    return {};
}

std::optional<Failure> Database::run(const QString& sql) {
    QSqlQuery query(m_database);
    if (!query.exec(sql))
        return failureOf(query.lastError(), m_options.path);
    return {};
}

std::optional<Failure> Database::open() {
    if (m_ready)
        return {};
    if (auto failure = prepareFile())
        return failure;
    if (!m_database.isValid()) {
        m_database = QSqlDatabase::addDatabase(u"QSQLITE"_s, m_name);
        m_database.setDatabaseName(m_options.path);
        m_database.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=%1"_s.arg(m_options.busyTimeoutMs));
    }
    if (!m_database.isOpen() && !m_database.open())
        return failureOf(m_database.lastError(), m_options.path);
    // A record must have reached the disk before the commit it announces is sent.
    QStringList statements{u"pragma journal_mode = wal"_s, u"pragma synchronous = full"_s};
    if (m_options.maximumPages > 0)
        statements << u"pragma max_page_count = %1"_s.arg(m_options.maximumPages);
    for (const QString& statement : schema)
        statements << statement;
    // Where two open a new file at the same moment SQLite says "busy" at once, without waiting its time.
    const QDeadlineTimer patience(m_options.busyTimeoutMs);
    for (const QString& statement : std::as_const(statements)) {
        auto failure = run(statement);
        while (failure && failure->kind == Failure::Kind::Busy && !patience.hasExpired()) {
            QThread::msleep(20);
            failure = run(statement);
        }
        if (failure) {
            m_database.close();
            return failure;
        }
    }
    if (!m_database.record(u"record"_s).contains(u"undo"_s)) {
        const auto failure = run(u"alter table record add column undo text not null default ''"_s);
        // Another program may just have done it.
        if (failure && !m_database.record(u"record"_s).contains(u"undo"_s)) {
            m_database.close();
            return failure;
        }
    }
    m_ready = true;
    return {};
}

std::optional<Failure> Database::append(JournalRecord record) {
    if (auto failure = open())
        return failure;
    for (QString* text : {&record.operation, &record.who, &record.where, &record.role, &record.action, &record.subject,
                          &record.reason, &record.sql, &record.prediction, &record.outcome, &record.summary,
                          &record.xid, &record.cluster, &record.undo})
        *text = storable(*text);
    // Others may append to the same file: the last record is read under the write lock.
    if (auto failure = run(u"begin immediate"_s))
        return failure;
    const auto undo = [this](const QSqlError& error) {
        Failure failure = failureOf(error, m_options.path);
        run(u"rollback"_s);
        return failure;
    };
    QSqlQuery last(m_database);
    if (!last.exec(u"select number, hash from record order by number desc limit 1"_s))
        return undo(last.lastError());
    const bool any = last.next();
    record.number = any ? last.value(0).toLongLong() + 1 : 1;
    record.at = QDateTime::currentDateTimeUtc();
    record.hash = hashOf(any ? last.value(1).toByteArray() : QByteArray(), record);
    last.finish();

    QSqlQuery insert(m_database);
    insert.prepare(
        u"insert into record (%1) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s.arg(columns));
    for (const QVariant& value :
         {QVariant(record.number), QVariant(record.at.toString(Qt::ISODateWithMs)), QVariant(record.operation),
          QVariant(nameOf(record.stage)), QVariant(record.who), QVariant(record.where), QVariant(record.role),
          QVariant(record.action), QVariant(record.subject), QVariant(record.reason), QVariant(record.sql),
          QVariant(record.prediction), QVariant(record.outcome), QVariant(record.summary), QVariant(record.xid),
          QVariant(record.cluster), QVariant(record.hash), QVariant(record.undo)})
        insert.addBindValue(value);
    if (!insert.exec())
        return undo(insert.lastError());
    QSqlQuery commit(m_database);
    if (!commit.exec(u"commit"_s))
        return undo(commit.lastError());
    return {};
}

JournalPage Database::read(QSqlQuery& query) {
    if (!query.exec())
        return {{}, failureOf(query.lastError(), m_options.path)};
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
        page.failure = failureOf(query.lastError(), m_options.path);
    return page;
}

JournalPage Database::page(const JournalQuery& wanted) {
    if (auto failure = open())
        return {{}, std::move(failure)};
    QSqlQuery query(m_database);
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
    QSqlQuery query(m_database);
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
        QSqlQuery query(m_database);
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
