// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/journal.h"

#include <QFileInfo>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#ifdef Q_OS_UNIX
#include <sys/resource.h>
#include <unistd.h>
#endif

using namespace Qt::StringLiterals;
using store::Failure;
using store::Journal;
using store::JournalRecord;
using store::Stage;

namespace {

JournalRecord record(const QString& operation, Stage stage, const QString& outcome = {}, const QString& xid = {}) {
    JournalRecord made;
    made.operation = operation;
    made.stage = stage;
    made.who = u"ada"_s;
    made.where = u"db1:5432/shop"_s;
    made.role = u"operator"_s;
    made.action = u"force_unregister"_s;
    made.subject = u"orders / billing.worker-3"_s;
    made.sql = u"select pgque.ack(7)"_s;
    made.outcome = outcome;
    made.xid = xid;
    return made;
}

/// Runs SQL on the file beside the journal, as somebody with access to it could.
QString tamper(const QString& path, const QStringList& statements) {
    QString error;
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"tamper"_s);
        database.setDatabaseName(path);
        if (!database.open())
            return database.lastError().text();
        for (const QString& statement : statements) {
            QSqlQuery query(database);
            if (!query.exec(statement))
                error = query.lastError().text();
        }
    }
    QSqlDatabase::removeDatabase(u"tamper"_s);
    return error;
}

} // namespace

class TestJournal : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void keepsWhatWasAppended() {
        {
            Journal journal({.path = m_path});
            JournalRecord full = record(u"a"_s, Stage::Committing, {}, u"771"_s);
            full.reason = u"night shift: \"stuck\" – \u202ertl\u202c"_s;
            full.prediction = u"retry 3"_s;
            full.summary = u"sum"_s;
            full.cluster = u"1/00000001"_s;
            full.undo = u"{\"action\":\"x\"}"_s;
            QVERIFY(!journal.append(full).result());
            QVERIFY(!journal.append(record(u"b"_s, Stage::Begun)).result());
        }
        Journal journal({.path = m_path});
        const auto page = journal.page({}).result();
        QVERIFY(!page.failure);
        QCOMPARE(page.records.size(), 2);
        QCOMPARE(page.records.at(0).operation, u"b"_s);
        const JournalRecord& read = page.records.at(1);
        QCOMPARE(read.number, 1);
        QVERIFY(qAbs(read.at.secsTo(QDateTime::currentDateTimeUtc())) < 60);
        QCOMPARE(read.stage, Stage::Committing);
        QCOMPARE(read.who, u"ada"_s);
        QCOMPARE(read.where, u"db1:5432/shop"_s);
        QCOMPARE(read.role, u"operator"_s);
        QCOMPARE(read.action, u"force_unregister"_s);
        QCOMPARE(read.subject, u"orders / billing.worker-3"_s);
        QCOMPARE(read.reason, u"night shift: \"stuck\" – \u202ertl\u202c"_s);
        QCOMPARE(read.sql, u"select pgque.ack(7)"_s);
        QCOMPARE(read.prediction, u"retry 3"_s);
        QCOMPARE(read.summary, u"sum"_s);
        QCOMPARE(read.xid, u"771"_s);
        QCOMPARE(read.cluster, u"1/00000001"_s);
        QCOMPARE(read.undo, u"{\"action\":\"x\"}"_s);
        QCOMPARE(read.hash.size(), 32);
    }

    void isOnlyForItsOwner() {
        Journal journal({.path = m_path});
        QVERIFY(!journal.append(record(u"a"_s, Stage::Begun)).result());
        for (const QString& suffix : {u""_s, u"-wal"_s}) {
            const auto rights = QFileInfo(m_path + suffix).permissions();
            QVERIFY(rights.testFlag(QFile::ReadOwner));
            QVERIFY(!(rights & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther)));
        }
    }

    void pagesAndSearches() {
        Journal journal({.path = m_path});
        for (int i = 0; i < 25; ++i) {
            JournalRecord each = record(QString::number(i), Stage::Begun);
            each.reason = i == 7 ? u"Because of 50% '_' things"_s : QString();
            QVERIFY(!journal.append(each).result());
        }
        const auto first = journal.page({.limit = 10}).result().records;
        QCOMPARE(first.size(), 10);
        QCOMPARE(first.first().number, 25);
        const auto second = journal.page({.before = first.last().number, .limit = 10}).result().records;
        QCOMPARE(second.first().number, 15);
        // What would be wildcards elsewhere are plain characters.
        const auto found = journal.page({.contains = u"50% '_' THINGS"_s}).result().records;
        QCOMPARE(found.size(), 1);
        QCOMPARE(found.first().operation, u"7"_s);
        QCOMPARE(journal.page({.contains = u"%"_s}).result().records.size(), 1);
    }

    void findsWhatIsUnsettled() {
        Journal journal({.path = m_path});
        const auto append = [&](auto&&... arguments) {
            return !journal.append(record(std::forward<decltype(arguments)>(arguments)...)).result();
        };
        QVERIFY(append(u"finished"_s, Stage::Committing, QString(), u"1"_s));
        QVERIFY(append(u"finished"_s, Stage::Ended, u"done"_s, u"1"_s));
        QVERIFY(append(u"crashed"_s, Stage::Committing, QString(), u"2"_s));
        QVERIFY(append(u"unknown"_s, Stage::Committing, QString(), u"3"_s));
        QVERIFY(append(u"unknown"_s, Stage::Ended, u"unknown"_s, u"3"_s));
        QVERIFY(append(u"settled"_s, Stage::Committing, QString(), u"4"_s));
        QVERIFY(append(u"settled"_s, Stage::Ended, u"unknown"_s, u"4"_s));
        QVERIFY(append(u"settled"_s, Stage::Settled, u"done"_s, u"4"_s));
        QVERIFY(append(u"never sent"_s, Stage::Begun));
        QStringList open;
        for (const auto& each : journal.unsettled().result().records)
            open << each.operation;
        QCOMPARE(open, (QStringList{u"unknown"_s, u"crashed"_s}));
    }

    void refusesChanges() {
        Journal journal({.path = m_path});
        QVERIFY(!journal.append(record(u"a"_s, Stage::Begun)).result());
        QVERIFY(tamper(m_path, {u"update record set reason = 'x'"_s}).contains("append-only"_L1));
        QVERIFY(tamper(m_path, {u"delete from record"_s}).contains("append-only"_L1));
        QCOMPARE(journal.verify().result().records, 1);
    }

    void showsTampering_data() {
        QTest::addColumn<QString>("statement");
        QTest::addColumn<qint64>("broken");
        QTest::newRow("changed") << u"update record set reason = 'x' where number = 3"_s << qint64(3);
        QTest::newRow("removed") << u"delete from record where number = 2"_s << qint64(2);
        QTest::newRow("swapped texts") << u"update record set who = role, role = who where number = 4"_s << qint64(4);
        QTest::newRow("none") << u"select 1"_s << qint64(0);
    }

    void showsTampering() {
        QFETCH(QString, statement);
        QFETCH(qint64, broken);
        Journal journal({.path = m_path});
        for (int i = 0; i < 5; ++i)
            QVERIFY(!journal.append(record(QString::number(i), Stage::Begun)).result());
        QCOMPARE(tamper(m_path, {u"drop trigger record_stays"_s, u"drop trigger record_remains"_s, statement}),
                 QString());
        const auto verification = journal.verify().result();
        QVERIFY(!verification.failure);
        QCOMPARE(verification.firstBroken, broken);
    }

    /// One that an earlier version of the program made: it goes on in the same chain.
    void earlierFile() {
        {
            Journal journal({.path = m_path});
            QVERIFY(!journal.append(record(u"a"_s, Stage::Begun)).result());
        }
        QCOMPARE(tamper(m_path, {u"alter table record drop column undo"_s}), QString());
        Journal journal({.path = m_path});
        JournalRecord next = record(u"b"_s, Stage::Ended);
        next.undo = u"{}"_s;
        QVERIFY(!journal.append(next).result());
        const auto verification = journal.verify().result();
        QCOMPARE(verification.records, 2);
        QCOMPARE(verification.firstBroken, 0);
        QCOMPARE(tamper(m_path, {u"drop trigger record_stays"_s, u"update record set undo = '' where number = 2"_s}),
                 QString());
        QCOMPARE(journal.verify().result().firstBroken, 2);
    }

    void sharedByTwo() {
        Journal one({.path = m_path});
        Journal other({.path = m_path});
        QList<QFuture<std::optional<Failure>>> answers;
        for (int i = 0; i < 40; ++i) {
            answers << one.append(record(QString::number(i), Stage::Begun));
            answers << other.append(record(QString::number(i), Stage::Begun));
        }
        for (auto& answer : answers) {
            const std::optional<Failure> failure = answer.result();
            QVERIFY2(!failure, failure ? qPrintable(failure->text) : "");
        }
        const auto verification = one.verify().result();
        QCOMPARE(verification.records, 80);
        QCOMPARE(verification.firstBroken, 0);
    }

    void fullSaysSo() {
        Journal journal({.path = m_path, .maximumPages = 24});
        JournalRecord large = record(u"a"_s, Stage::Begun);
        large.sql = QString(20'000, u'x');
        qint64 written = 0;
        std::optional<Failure> failure;
        for (int i = 0; i < 50 && !failure; ++i) {
            failure = journal.append(large).result();
            written += failure ? 0 : 1;
        }
        QVERIFY(failure);
        QCOMPARE(failure->kind, Failure::Kind::Full);
        QVERIFY(failure->text.contains(m_path));
        // Nothing half-written, and reading goes on.
        QVERIFY(written > 0);
        QCOMPARE(journal.verify().result().records, written);
        QCOMPARE(journal.verify().result().firstBroken, 0);
        // What is small enough still fits, or says again that it does not.
        const auto again = journal.append(record(u"b"_s, Stage::Begun)).result();
        QVERIFY(!again || again->kind == Failure::Kind::Full);
    }

#ifdef Q_OS_UNIX
    void fileSizeLimitSaysSo() {
        struct rlimit before {};

        QCOMPARE(getrlimit(RLIMIT_FSIZE, &before), 0);
        const auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
        {
            Journal journal({.path = m_path});
            QVERIFY(!journal.append(record(u"a"_s, Stage::Begun)).result());
            struct rlimit limited = before;
            limited.rlim_cur = 60'000;
            QCOMPARE(setrlimit(RLIMIT_FSIZE, &limited), 0);
            JournalRecord large = record(u"b"_s, Stage::Begun);
            large.sql = QString(90'000, u'x');
            const auto failure = journal.append(large).result();
            setrlimit(RLIMIT_FSIZE, &before);
            QVERIFY(failure);
            QCOMPARE(failure->kind, Failure::Kind::Full);
            // With room again it goes on, and the chain holds.
            QVERIFY(!journal.append(large).result());
            const auto verification = journal.verify().result();
            QCOMPARE(verification.records, 2);
            QCOMPARE(verification.firstBroken, 0);
        }
        std::signal(SIGXFSZ, oldHandler);
    }
#endif

    void survivesBeingKilled() {
        {
            Journal journal({.path = m_path});
            QVERIFY(!journal.append(record(u"a"_s, Stage::Committing, QString(), u"5"_s)).result());
            // As a crash leaves it: the file with its write-ahead log, never closed.
            for (const QString& suffix : {u""_s, u"-wal"_s})
                QVERIFY(QFile::copy(m_path + suffix, m_path + u".copy"_s + suffix));
        }
        Journal after({.path = m_path + u".copy"_s});
        QCOMPARE(after.unsettled().result().records.size(), 1);
        QCOMPARE(after.verify().result().records, 1);
    }

    void notAJournal() {
        QVERIFY(QDir().mkpath(QFileInfo(m_path).path()));
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(8192, 'x'));
        file.close();
        Journal journal({.path = m_path});
        const auto failure = journal.append(record(u"a"_s, Stage::Begun)).result();
        QVERIFY(failure);
        QCOMPARE(failure->kind, Failure::Kind::Damaged);
    }

    void folderThatCannotBe() {
        Journal journal({.path = u"/proc/no/such/journal.sqlite"_s});
        const auto failure = journal.append(record(u"a"_s, Stage::Begun)).result();
        QVERIFY(failure);
        QCOMPARE(failure->kind, Failure::Kind::NotWritable);
    }

    void heldByAnother() {
        Journal journal({.path = m_path, .busyTimeoutMs = 100});
        QVERIFY(!journal.append(record(u"a"_s, Stage::Begun)).result());
        QSqlDatabase database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"holder"_s);
        database.setDatabaseName(m_path);
        QVERIFY(database.open());
        QVERIFY(QSqlQuery(database).exec(u"begin immediate"_s));
        const auto failure = journal.append(record(u"b"_s, Stage::Begun)).result();
        QVERIFY(failure);
        QCOMPARE(failure->kind, Failure::Kind::Busy);
        QVERIFY(QSqlQuery(database).exec(u"rollback"_s));
        QVERIFY(!journal.append(record(u"b"_s, Stage::Begun)).result());
        database = {};
        QSqlDatabase::removeDatabase(u"holder"_s);
    }

    void writesNoSecret() {
        Journal journal({.path = m_path});
        JournalRecord secret = record(u"a"_s, Stage::Begun);
        secret.reason = u"password=s3cret"_s;
        secret.sql = u"select pgque.send('q', 't', '{\"password\": \"s3cret\"}')"_s;
        QVERIFY(!journal.append(secret).result());
        for (const QString& suffix : {u""_s, u"-wal"_s}) {
            QFile file(m_path + suffix);
            QVERIFY(file.open(QIODevice::ReadOnly));
            QVERIFY(!file.readAll().contains("s3cret"));
        }
        QCOMPARE(journal.verify().result().firstBroken, 0);
    }

    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->filePath(u"deep/er/journal.sqlite"_s);
    }

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
};

QTEST_GUILESS_MAIN(TestJournal)
#include "tst_journal.moc"
