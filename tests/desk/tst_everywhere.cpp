// SPDX-License-Identifier: GPL-3.0-or-later
// Every question that a page asks, under everything a server may be: ours and others' installs, a plain reader, a
// standby, a pooler, a restarted server, a schema dropped and made again under an open connection.
#include "desk/desk.h"
#include "monitor/sampler.h"
#include "queries/backlog.h"
#include "queries/events.h"
#include "queries/lockwaits.h"
#include "queries/probe.h"
#include "queries/queuedetail.h"
#include "queries/scheduling.h"
#include "queries/workqueues.h"
#include "schema/inspection.h"
#include "schema/script.h"
#include "support/expect.h"
#include "support/foreign.h"
#include "support/pooler.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include <fstream>
#include <optional>

using namespace support;

namespace {

using Question = std::function<void(pg::Connection&)>;

/// The newest stored event, with which the others go on.
domain::EventRow anEvent(pg::Connection& on) {
    const auto found = queries::searchEvents(on, 1, {}, {}, {}, soon());
    if (found.rows.empty())
        throw pg::Error::of(pg::ErrorKind::Decode, "no event is stored");
    return found.rows.front();
}

domain::EventSearch searchFor(const char* path) {
    domain::EventSearch search;
    search.json = std::get<domain::JsonCondition>(domain::JsonCondition::parse(path));
    search.text = "o";
    search.fromTick = 1;
    search.toTick = 1'000;
    return search;
}

void askAboutWork(pg::Connection& on, const domain::WorkInstall& install) {
    for (const domain::WorkQueue& queue : queries::workSample(on, install, soon()).queues) {
        queries::workDelayed(on, install, queue.name, soon());
        const auto page = queries::workPage(on, install, queue.name, domain::WorkPart::Ready, {}, 10, soon());
        for (const domain::WorkMessage& message : page.rows)
            queries::workPayload(on, install, queue.name, domain::WorkPart::Ready, message.id, 100, soon());
    }
    if (!install.hasBarriers)
        return;
    for (const domain::Barrier& barrier : queries::barriers(on, install, soon()).rows)
        queries::barrierDetail(on, install, barrier.execution, soon());
}

/// Named by the page that asks it.
std::vector<std::pair<const char*, Question>> questions() {
    return {
        {"all: what is there", [](pg::Connection& on) { queries::probe(on, soon()); }},
        {"all: sample",
         [](pg::Connection& on) {
             monitor::Sampler sampler;
             const auto capabilities = queries::probe(on, soon());
             for (int i = 0; i < 2; ++i) {
                 const auto snapshot = sampler.sample(on, capabilities, soon());
                 if (snapshot->queues.empty() || snapshot->subscriptions.empty())
                     throw pg::Error::of(pg::ErrorKind::Decode, "the sample is empty");
                 for (const domain::PartError& error : snapshot->errors)
                     throw pg::Error(error.failure);
             }
         }},
        {"queue", [](pg::Connection& on) { queries::queueDetail(on, 1, {}, soon()); }},
        {"queue: ticks from one on", [](pg::Connection& on) { queries::queueDetail(on, 1, 2, soon()); }},
        {"queue: sizes", [](pg::Connection& on) { queries::queueUpkeep(on, 1, soon()); }},
        {"messages: all", [](pg::Connection& on) { anEvent(on); }},
        {"messages: search",
         [](pg::Connection& on) { queries::searchEvents(on, 1, searchFor("a.b = 1"), {}, {}, soon()); }},
        {"messages: newest first",
         [](pg::Connection& on) {
             domain::EventSearch newest;
             newest.newestFirst = true;
             queries::searchEvents(on, 1, newest, {}, {}, soon());
         }},
        {"messages: by id",
         [](pg::Connection& on) { queries::searchById(on, 1, {}, queries::idSearchLimits, soon()); }},
        {"messages: types", [](pg::Connection& on) { queries::eventTypes(on, 1, soon()); }},
        {"messages: story", [](pg::Connection& on) { queries::eventStory(on, 1, anEvent(on), soon()); }},
        {"messages: one whole",
         [](pg::Connection& on) {
             const domain::EventRow event = anEvent(on);
             queries::message(on, 1, event.position, event.id, 1'000'000, soon());
         }},
        {"batch: events",
         [](pg::Connection& on) {
             queries::eventPage(on, {1, 1, 2, 1}, {}, {}, {}, soon());
         }},
        {"batch: filter",
         [](pg::Connection& on) {
             queries::eventPage(on, {1, 1, 2, 1}, searchFor("a"), {}, {}, soon());
         }},
        {"batch: by id",
         [](pg::Connection& on) {
             queries::eventsById(on, {1, 1, 2, 1}, {}, queries::idLimits, soon());
         }},
        {"batch: count",
         [](pg::Connection& on) {
             queries::countWindow(on, {1, 1, 2, 1}, soon());
         }},
        {"retry", [](pg::Connection& on) { queries::retryPage(on, queries::probe(on, soon()), 0, {}, 10, soon()); }},
        {"retry: one queue's",
         [](pg::Connection& on) { queries::retryPage(on, queries::probe(on, soon()), 1, {}, 10, soon()); }},
        {"retry: one whole",
         [](pg::Connection& on) {
             const auto rows = queries::retryPage(on, queries::probe(on, soon()), 0, {}, 10, soon()).rows;
             queries::retryMessage(on, rows.at(0).owner, rows.at(0).eventId, 1'000, soon());
         }},
        {"dead", [](pg::Connection& on) { queries::deadPage(on, 0, {}, {}, 10, soon()); }},
        {"dead: one queue's, of one cause",
         [](pg::Connection& on) {
             const domain::DeadGroup group = queries::deadGroups(on, 1, soon()).groups.at(0);
             const auto page = queries::deadPage(on, 1, domain::DeadCause{group.type, group.reason}, {}, 10, soon());
             if (page.rows.empty())
                 throw pg::Error::of(pg::ErrorKind::Decode, "the group is empty");
         }},
        {"dead: groups", [](pg::Connection& on) { queries::deadGroups(on, 1, soon()); }},
        {"dead: one whole", [](pg::Connection& on) { queries::deadMessage(on, 1, 1'000, soon()); }},
        {"locks", [](pg::Connection& on) { queries::lockWaits(on, soon()); }},
        {"footprint", [](pg::Connection& on) { queries::footprint(on, {}, soon()); }},
        {"schema", [](pg::Connection& on) { schema::inspect(on, soon()); }},
        {"schema: who schedules", [](pg::Connection& on) { queries::scheduling(on, soon()); }},
        {"work queues and barriers",
         [](pg::Connection& on) {
             const auto installs = queries::workInstalls(on, soon());
             for (const domain::PartError& error : queries::workLooks(on, installs, soon(), queries::workLimits).errors)
                 throw pg::Error(error.failure);
             for (const domain::WorkInstall& install : installs)
                 askAboutWork(on, install);
         }},
    };
}

/// Every question that was not answered, and why.
QString unanswered(pg::Connection& connection) {
    QStringList missing;
    for (const auto& [name, ask] : questions()) {
        try {
            ask(connection);
        } catch (const pg::Error& error) {
            missing += QString::fromLatin1(name) + QStringLiteral(": ") + qt(error.failure().text());
        }
    }
    return missing.join(u'\n');
}

#define COMPARE_ALL_ANSWERED(connection)                                                                               \
    do {                                                                                                               \
        const QString missing_ = unanswered(connection);                                                               \
        QVERIFY2(missing_.isEmpty(), qPrintable(missing_));                                                            \
    } while (false)

void fill(pg::Connection& admin) {
    run(admin, "select pgque.create_queue('a'), pgque.subscribe('a', 'one');"
               "select pgque.send('a', 't', '{\"a\": {\"b\": 1}}'::text)");
    run(admin, "select pgque.force_next_tick('a')");
    run(admin, "select pgque.ticker('a')");
    run(admin, "select * from pgque.receive('a', 'one', 10)");
    run(admin, "insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry, ev_data)"
               " values (now(), 1, 500, now(), 1, 3, 'retried');"
               "insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, ev_id, ev_time, dl_reason, ev_data)"
               " values (1, 1, 501, now(), 'of old', 'dead')");
}

void fillWork(pg::Connection& admin) {
    run(admin, std::string(*schema::script("workqueue")));
    run(admin, "select workqueue.send('mail', '{}');"
               "select workqueue.fan_out('e1', 'org', array['q', 'q'], array['{}', '{}']::jsonb[], array[5, 5],"
               " array['o', 'o']);"
               "grant usage on schema workqueue to pgque_reader;"
               "grant select on all tables in schema workqueue to pgque_reader");
}

void readFixture(pg::Connection& admin, const std::string& name) {
    std::ifstream file(std::string(FIXTURES) + '/' + name);
    if (!file)
        qFatal("no fixture %s", name.c_str());
    std::string sql;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("\\ir"))
            sql += line + '\n';
    }
    run(admin, sql);
}

} // namespace

class TestEverywhere : public QObject {
    Q_OBJECT

private Q_SLOTS:

    /// Whoever adds a question has to ask it here too.
    void noneIsForgotten() {
        const auto read = [](const QString& path) {
            QFile file(path);
            return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
        };
        const QString here = read(QStringLiteral(SOURCES "/tests/desk/tst_everywhere.cpp"));
        const QDir folder(QStringLiteral(SOURCES "/src/queries"));
        const QRegularExpression asks(QStringLiteral("^[a-z].*?(\\w+)\\(pg::Connection& connection"),
                                      QRegularExpression::MultilineOption);
        QStringList forgotten;
        int known = 0;
        for (const QString& header : folder.entryList({QStringLiteral("*.h")})) {
            // What others here are made of.
            if (header == QStringLiteral("look.h") || header == QStringLiteral("workshape.h"))
                continue;
            for (auto found = asks.globalMatch(read(folder.filePath(header))); found.hasNext(); ++known) {
                const QString name = found.next().captured(1);
                if (!here.contains(QStringLiteral("queries::") + name + QLatin1Char('(')))
                    forgotten += name;
            }
        }
        QVERIFY(known > 20);
        QVERIFY2(forgotten.isEmpty(), qPrintable(forgotten.join(QLatin1Char(' '))));
    }

    void ours() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fill(admin);
        fillWork(admin);
        COMPARE_ALL_ANSWERED(admin);
        RoleConnection reader(database, "pgque_reader");
        COMPARE_ALL_ANSWERED(*reader);
    }

    void ofOthers_data() {
        QTest::addColumn<QStringList>("fixtures");
        QTest::addColumn<QString>("version");
        const QString tables = QStringLiteral("pgque_tables.sql");
        const QString second = QStringLiteral("pgque_02.sql");
        QTest::newRow("0.2") << QStringList{tables, second} << QStringLiteral("0.2.0");
        QTest::newRow("0.3") << QStringList{tables, second, QStringLiteral("pgque_03.sql")}
                             << QStringLiteral("0.3.0-devel");
    }

    void ofOthers() {
        QFETCH(QStringList, fixtures);
        QFETCH(QString, version);
        const TestDatabase database;
        pg::Connection admin = database.connect();
        for (const QString& name : fixtures)
            readFixture(admin, name.toStdString());
        run(admin, "grant select on all tables in schema pgque to pgque_reader;"
                   "grant select on all sequences in schema pgque to pgque_reader");
        const auto capabilities = queries::probe(admin, soon());
        QVERIFY(capabilities.looksLikeQueue());
        QCOMPARE(qt(capabilities.schemaVersion), version);
        COMPARE_ALL_ANSWERED(admin);
        RoleConnection reader(database, "pgque_reader");
        COMPARE_ALL_ANSWERED(*reader);
        // A slot is an ordinary consumer, and its open batch one as any other.
        if (version.startsWith(QStringLiteral("0.3"))) {
            monitor::Sampler sampler;
            const auto snapshot = sampler.sample(admin, capabilities, soon());
            int slots_ = 0;
            for (const domain::Subscription& row : snapshot->subscriptions)
                slots_ += row.consumerName.starts_with("parts#") && row.role == domain::Role::Normal;
            QCOMPARE(slots_, 2);
        }
    }

    /// One more argument on a function, and the schema is one we do not know: what stands in its tables is shown all
    /// the same, for looking needs no function, and nothing is done to it.
    void withOtherSignatures() {
        const TestDatabase database;
        pg::Connection admin = database.connect();
        readFixture(admin, "pgque_tables.sql");
        readFixture(admin, "pgque_02.sql");
        run(admin, "drop function pgque.receive(text, text, integer);"
                   "create function pgque.receive(i_queue text, i_consumer text, i_max_return integer default 100,"
                   " i_wait boolean default false) returns setof pgque.message language plpgsql"
                   " as 'begin raise exception ''of another''; end'");
        desk::Profile profile;
        profile.connection = database.info();
        profile.environment = desk::Environment::Local;
        desk::Desk desk(profile);
        desk.open();
        QTRY_VERIFY_WITH_TIMEOUT(desk.snapshot() != nullptr, 20'000);
        const domain::Snapshot& seen = *desk.snapshot();
        QCOMPARE(seen.capabilities.origin, domain::SchemaOrigin::Unknown);
        QVERIFY(seen.capabilities.canBeSampled());
        QVERIFY(seen.errors.empty());
        QCOMPARE(qt(value(admin, "select count(*) from pgque.queue")), QString::number(seen.queues.size()));
        QVERIFY(!seen.queues.empty());
        desk.setAccessMode(desk::AccessMode::Operate);
        domain::ActionRequest tick;
        tick.action = "force_tick";
        tick.queue = seen.queues[0].name;
        const desk::Availability availability = desk.availability(tick);
        QVERIFY(!availability.available);
        QVERIFY2(availability.why.contains(QStringLiteral("it only looks")), qPrintable(availability.why));
        const auto outcome = desk.perform(tick);
        QTRY_VERIFY(outcome.isFinished());
        QVERIFY(outcome.result().kind != domain::OutcomeKind::Done);
    }

    /// Of a role that may read nothing every question says so, by the server's own words, and nothing else happens.
    void withoutRights() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fill(admin);
        run(admin, "revoke select on all tables in schema pgque from public");
        RoleConnection nobody(database, "");
        for (const auto& [name, ask] : questions()) {
            const pg::Failure failure = failureOf([&, question = &ask] { (*question)(*nobody); });
            if (failure.kind == pg::ErrorKind::Usage)
                continue; // what needs no right
            QVERIFY2(failure.diagnostics.sqlState == "42501" || failure.kind == pg::ErrorKind::Decode,
                     qPrintable(QString::fromLatin1(name) + qt(failure.text())));
            QVERIFY(nobody->isOpen());
        }
    }

    void throughAPooler() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fill(admin);
        fillWork(admin);
        support::Pooler pooler(database.info());
        QVERIFY2(pooler.isUp(), pooler.output().constData());
        auto first = pg::Connection::open(pooler.info(database.info()));
        auto second = pg::Connection::open(pooler.info(database.info()));
        QVERIFY(queries::probe(first, soon()).throughPooler);
        COMPARE_ALL_ANSWERED(first);
        // One server session serves both: nothing of the first was left on it.
        QCOMPARE(value(second, "show default_transaction_read_only"), std::string("off"));
        QCOMPARE(value(second, "show statement_timeout"), std::string("0"));
        QCOMPARE(value(second, "show enable_seqscan"), std::string("on"));
        COMPARE_ALL_ANSWERED(second);
    }

    void restartedAndThenAStandby() {
        const auto server = TestServer::startPrivate("fsync = on");
        const TestDatabase database(*server, Schema::Pgque);
        std::optional<pg::Connection> admin(database.connect());
        fill(*admin);
        fillWork(*admin);
        COMPARE_ALL_ANSWERED(*admin);
        run(*admin, "checkpoint");
        server->kill();
        // What is asked of the dead one fails as a lost connection, question by question.
        for (const auto& [name, ask] : questions()) {
            const pg::Failure failure = failureOf([&, question = &ask] { (*question)(*admin); });
            QVERIFY2(failure.kind != pg::ErrorKind::Usage, name);
        }
        server->start();
        admin.emplace(database.connect());
        COMPARE_ALL_ANSWERED(*admin);

        run(*admin, "do $$ begin execute format('copy (select 1) to %L', current_setting('data_directory') ||"
                    " '/standby.signal'); end $$");
        run(*admin, "checkpoint");
        server->kill();
        server->start();
        admin.emplace(database.connect());
        QVERIFY(queries::probe(*admin, soon()).inRecovery);
        COMPARE_ALL_ANSWERED(*admin);
        admin.reset();
        // Promoted, so that the test's database can be dropped.
        pg::Connection last = database.connect();
        run(last, "select pg_promote()");
        COMPARE_ALL_ANSWERED(last);
    }

    void droppedAndMadeAgain() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        fill(admin);
        RoleConnection reader(database, "pgque_reader");
        COMPARE_ALL_ANSWERED(*reader);
        run(admin, "drop schema pgque cascade");
        for (const auto& [name, ask] : questions()) {
            failureOf([&, question = &ask] { (*question)(*reader); });
            QVERIFY2(reader->isOpen(), name);
        }
        run(admin, std::string(*schema::script("pgque")));
        fill(admin);
        COMPARE_ALL_ANSWERED(*reader);
    }
};

QTEST_GUILESS_MAIN(TestEverywhere)
#include "tst_everywhere.moc"
