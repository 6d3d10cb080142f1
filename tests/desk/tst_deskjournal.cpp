// SPDX-License-Identifier: GPL-3.0-or-later
// What is done is written down: before the commit is sent, and what came of it, also of an earlier run.
#include "desk/desk.h"
#include "support/foreign.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using desk::AccessMode;
using desk::Desk;
using store::Stage;

namespace {

template <class T>
T wait(QFuture<T> future) {
    if (!QTest::qWaitFor([&future] { return future.isFinished(); }, 30'000) || future.resultCount() == 0)
        qFatal("no answer");
    return future.result();
}

domain::ActionRequest request(const std::string& action, const std::string& queue) {
    domain::ActionRequest one;
    one.action = action;
    one.queue = queue;
    one.reason = "because it's time";
    return one;
}

} // namespace

class TestDeskJournal : public QObject {
    Q_OBJECT

    std::unique_ptr<support::TestDatabase> m_database;
    QTemporaryDir m_folder;
    std::shared_ptr<store::Journal> m_journal;

    std::unique_ptr<Desk> open(const QString& path, bool requiresReason = false) {
        desk::Profile profile;
        profile.requiresReason = requiresReason;
        profile.connection = m_database->info();
        m_journal = std::make_shared<store::Journal>(store::Journal::Options{path});
        auto desk = std::make_unique<Desk>(profile);
        desk->setJournal(m_journal);
        desk->open();
        if (!QTest::qWaitFor([&] { return desk->snapshot() != nullptr; }, 20'000))
            qFatal("no sample");
        desk->setAccessMode(AccessMode::Operate);
        return desk;
    }

private Q_SLOTS:

    void init() { m_database = std::make_unique<support::TestDatabase>(support::Schema::Pgque); }

    void cleanup() {
        m_journal.reset();
        m_database.reset();
    }

    void anActionLeavesThreeRecords() {
        const auto desk = open(m_folder.filePath(u"one.sqlite"_s));
        const auto outcome = wait(desk->perform(request("create_queue", "orders")));
        QCOMPARE(outcome.kind, domain::OutcomeKind::Done);
        QVERIFY(outcome.xid.has_value());
        store::JournalPage page = wait(desk->journalPage({}));
        QVERIFY(!page.failure);
        QCOMPARE(page.records.size(), 3);
        QCOMPARE(page.records[2].stage, Stage::Begun);
        QCOMPARE(page.records[1].stage, Stage::Committing);
        QCOMPARE(page.records[0].stage, Stage::Ended);
        for (const store::JournalRecord& record : page.records) {
            QCOMPARE(record.operation, page.records[0].operation);
            QCOMPARE(record.action, u"create_queue"_s);
            QCOMPARE(record.subject, u"queue orders"_s);
            QCOMPARE(record.reason, u"because it's time"_s);
            QVERIFY(!record.who.isEmpty() && !record.role.isEmpty() && !record.where.isEmpty());
        }
        QCOMPARE(page.records[1].xid.toStdString(), *outcome.xid);
        QVERIFY(page.records[1].sql.contains(u"create_queue"_s));
        QCOMPARE(page.records[0].outcome, u"done"_s);

        // Refused: nothing came to a commit.
        QCOMPARE(wait(desk->perform(request("create_queue", "orders"))).kind, domain::OutcomeKind::Refused);
        page = wait(desk->journalPage({}));
        QCOMPARE(page.records.size(), 5);
        QCOMPARE(page.records[0].outcome, u"refused"_s);
        QCOMPARE(page.records[1].stage, Stage::Begun);

        store::JournalQuery query;
        query.contains = u"because"_s;
        QCOMPARE(wait(desk->journalPage(query)).records.size(), 5);
        query.contains = u"no such words"_s;
        QVERIFY(wait(desk->journalPage(query)).records.isEmpty());
        const auto verification = wait(desk->verifyJournal());
        QCOMPARE(verification.records, 5);
        QCOMPARE(verification.firstBroken, 0);
    }

    /// Without a record on disk nothing is committed.
    void noJournalNoCommit() {
        QFile broken(m_folder.filePath(u"broken.sqlite"_s));
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write(QByteArray(8'192, 'x'));
        broken.close();
        const auto desk = open(broken.fileName());
        const auto outcome = wait(desk->perform(request("create_queue", "orders")));
        QVERIFY(outcome.kind != domain::OutcomeKind::Done);
        QVERIFY2(outcome.summary.find("journal") != std::string::npos, outcome.summary.c_str());
        pg::Connection admin = m_database->connect();
        QCOMPARE(support::number(admin, "select count(*) from pgque.queue"), 0);
    }

    /// A program that died between commit and answer: the next one asks the server what became of it.
    void anEarlierRunIsSettled() {
        const QString path = m_folder.filePath(u"earlier.sqlite"_s);
        store::JournalRecord committed;
        committed.operation = u"earlier-1"_s;
        committed.stage = Stage::Committing;
        committed.action = u"create_queue"_s;
        {
            const auto desk = open(path);
            QCOMPARE(wait(desk->perform(request("create_queue", "orders"))).kind, domain::OutcomeKind::Done);
            const auto page = wait(desk->journalPage({}));
            committed.cluster = page.records[1].cluster;
            committed.xid = page.records[1].xid;
            QVERIFY(!committed.cluster.isEmpty());
            QVERIFY(!wait(m_journal->append(committed)).has_value());
        }
        QCOMPARE(wait(m_journal->unsettled()).records.size(), 1);
        m_journal.reset();
        const auto desk = open(path);
        store::JournalPage page;
        QTRY_VERIFY_WITH_TIMEOUT((page = wait(desk->journalPage({}))).records[0].stage == Stage::Settled, 20'000);
        QCOMPARE(page.records[0].operation, committed.operation);
        QCOMPARE(page.records[0].outcome, u"done"_s);
        QVERIFY(wait(m_journal->unsettled()).records.isEmpty());
    }

    /// What an earlier run did can still be taken back, where it was done.
    void anEarlierRunIsTakenBack() {
        const QString path = m_folder.filePath(u"undo.sqlite"_s);
        {
            const auto desk = open(path);
            QCOMPARE(wait(desk->perform(request("create_queue", "orders"))).kind, domain::OutcomeKind::Done);
            auto configure = request("set_queue_config", "orders");
            configure.arguments = {{"parameter", "ticker_max_lag"}, {"value", "9 seconds"}};
            QCOMPARE(wait(desk->perform(configure)).kind, domain::OutcomeKind::Done);
        }
        m_journal.reset();
        const auto desk = open(path);
        store::JournalRecord record = wait(desk->journalPage({})).records.first();
        const auto undo = desk->undoOf(record);
        QVERIFY(undo);
        QCOMPARE(undo->arguments.at("parameter"), std::string("ticker_max_lag"));
        QCOMPARE(wait(desk->perform(*undo)).kind, domain::OutcomeKind::Done);
        pg::Connection admin = m_database->connect();
        QCOMPARE(support::number(admin, "select count(*) from pgque.queue where queue_ticker_max_lag = '3 seconds'"),
                 1);
        record.where = u"elsewhere"_s;
        QVERIFY(!desk->undoOf(record));
        record.operation.clear();
        record.undo = u"no request"_s;
        QVERIFY(!desk->undoOf(record));
    }

    /// What was planned and shown is what is carried out, and it is written down as well.
    void schemaDeeds() {
        const auto desk = open(m_folder.filePath(u"schema.sqlite"_s));
        const auto report = wait(desk->inspectSchema());
        const auto& seen = std::get<desk::SchemaReport>(report);
        QCOMPARE(seen.inspection.origin, domain::SchemaOrigin::Ours);
        QVERIFY(seen.inspection.drift.empty());
        QVERIFY(!seen.status.empty());
        QCOMPARE(wait(desk->perform(request("create_queue", "orders"))).kind, domain::OutcomeKind::Done);
        const auto upgrade = std::get<schema::Plan>(wait(desk->planSchema(schema::Deed::Upgrade)));
        QVERIFY(!upgrade.refusal);
        QCOMPARE(wait(desk->carryOutSchema(upgrade)).kind, domain::OutcomeKind::Done);
        const auto uninstall = std::get<schema::Plan>(wait(desk->planSchema(schema::Deed::Uninstall)));
        QVERIFY(!uninstall.refusal);
        QVERIFY(!uninstall.changes.empty());
        desk->setAccessMode(AccessMode::Observe);
        QCOMPARE(wait(desk->carryOutSchema(uninstall)).kind, domain::OutcomeKind::Refused);
        desk->setAccessMode(AccessMode::Operate);
        QCOMPARE(wait(desk->carryOutSchema(uninstall)).kind, domain::OutcomeKind::Done);
        pg::Connection admin = m_database->connect();
        QCOMPARE(support::number(admin, "select count(*) from pg_namespace where nspname = 'pgque'"), 0);
        const auto page = wait(desk->journalPage({}));
        QCOMPARE(page.records[0].action, u"uninstall_schema"_s);
        QCOMPARE(page.records[0].outcome, u"done"_s);
    }

    void schemaDeedsAskForTheReasonToo() {
        const auto desk = open(m_folder.filePath(u"reason.sqlite"_s), true);
        const auto upgrade = std::get<schema::Plan>(wait(desk->planSchema(schema::Deed::Upgrade)));
        QCOMPARE(wait(desk->carryOutSchema(upgrade)).kind, domain::OutcomeKind::Refused);
        QVERIFY(wait(desk->journalPage({})).records.isEmpty());
        QCOMPARE(wait(desk->carryOutSchema(upgrade, u"release 0.2"_s)).kind, domain::OutcomeKind::Done);
        QCOMPARE(wait(desk->journalPage({})).records.first().reason, u"release 0.2"_s);
    }
};

QTEST_GUILESS_MAIN(TestDeskJournal)
#include "tst_deskjournal.moc"
