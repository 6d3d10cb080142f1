// SPDX-License-Identifier: GPL-3.0-or-later
// Inspecting, installing, upgrading and uninstalling against a real server.
#include "pgque/calls.h"
#include "queries/probe.h"
#include "schema/inspection.h"
#include "schema/plan.h"
#include "schema/script.h"
#include "support/testserver.h"

#include <QTest>

#include <fstream>
#include <sstream>

using namespace std::chrono_literals;
using domain::OutcomeKind;
using domain::SchemaOrigin;
using support::TestDatabase;

namespace {

schema::Inspection inspect(pg::Connection& connection) {
    schema::Inspection seen = schema::inspect(connection, pg::after(20s));
    // What is asked each minute says the same.
    const auto origin =
        schema::inspectOrigin(connection, queries::probe(connection, pg::after(20s)), pg::after(20s));
    if (origin != seen.origin)
        qFatal("origins differ: %d and %d", int(origin), int(seen.origin));
    return seen;
}

domain::ActionOutcome carryOut(pg::Connection& connection, const schema::Plan& plan) {
    return schema::carryOut(connection, plan, pg::after(60s));
}

domain::ActionOutcome install(pg::Connection& connection) {
    return carryOut(connection, schema::planInstall(inspect(connection)));
}

void run(pg::Connection& connection, const std::string& sql) {
    connection.executeScript(sql, pg::after(20s));
}

std::string listed(const schema::Inspection& seen) {
    std::string text = seen.summary() + '\n';
    for (const auto& drift : seen.drift)
        text += std::to_string(int(drift.kind)) + ' ' + drift.object + ' ' + drift.detail + '\n';
    for (const auto& grant : seen.grants)
        text += grant.sql + '\n';
    return text;
}

bool has(const schema::Inspection& seen, schema::DriftKind kind, const std::string& object) {
    return std::any_of(seen.drift.begin(), seen.drift.end(),
                       [&](const schema::Drift& one) { return one.kind == kind && one.object == object; });
}

/// Makes it somebody else's: the same interface, other sources, without what only ours has.
void makeForeign(pg::Connection& connection) {
    run(connection, "do $$ declare f record; begin for f in select p.oid::regprocedure as name from pg_proc p"
                    " where p.pronamespace = 'pgque'::regnamespace and p.prokind = 'f' loop"
                    " execute (select replace(pg_get_functiondef(f.name), '$function$', '$function$ ')); end loop;"
                    " end $$;"
                    "drop function pgque.origin();"
                    "alter table pgque.subscription drop column sub_takeovers");
}

/// Somebody's install of an older PgQue: its tables and signatures.
void installOld(pg::Connection& connection, std::initializer_list<const char*> files) {
    for (const char* name : files) {
        std::ifstream file(std::string(FIXTURES) + name);
        std::string sql;
        for (std::string line; std::getline(file, line);) {
            if (!line.starts_with('\\'))
                sql += line + '\n';
        }
        run(connection, sql);
    }
}

bool hasRight(const schema::Inspection& seen, const std::string& sql) {
    return std::any_of(seen.grants.begin(), seen.grants.end(), [&](const auto& one) { return one.sql == sql; });
}

/// A role without any right beyond connecting; gone with the object, as is its connection.
class Stranger {
public:
    explicit Stranger(const TestDatabase& database)
        : m_owner(database.connect())
        , m_role("stranger_" + database.name()) {
        run(m_owner, "create role " + m_role + " login");
        auto info = database.info();
        info.set("user", m_role);
        m_connection = pg::Connection::open(info);
    }

    ~Stranger() {
        m_connection.reset();
        run(m_owner, "drop role " + m_role);
    }

    pg::Connection& connection() { return *m_connection; }

    const std::string& role() const { return m_role; }

private:
    pg::Connection m_owner;
    std::string m_role;
    std::optional<pg::Connection> m_connection;
};

bool hasSchema(pg::Connection& connection) {
    return connection.execute({"select to_regnamespace('pgque') is not null", {}}).row(0).get<bool>(0);
}

} // namespace

class TestInspection : public QObject {
    Q_OBJECT

    /// Alone: whether an uninstall fits the lock table depends on what others hold in it.
    std::unique_ptr<support::TestServer> m_server;

private Q_SLOTS:

    void initTestCase() { m_server = support::TestServer::startPrivate(); }

    void cleanupTestCase() { m_server.reset(); }

    void emptyDatabase() {
        TestDatabase database(*m_server);
        auto connection = database.connect();
        const auto seen = inspect(connection);
        QCOMPARE(seen.origin, SchemaOrigin::None);
        QVERIFY(seen.drift.empty());
        QCOMPARE(seen.summary(), std::string("The schema pgque is not installed."));
    }

    void freshInstallIsAsShipped() {
        TestDatabase database(*m_server);
        auto connection = database.connect();
        const auto plan = schema::planInstall(inspect(connection));
        QVERIFY(!plan.refusal);
        QVERIFY(plan.sql.starts_with("begin;"));
        QVERIFY(plan.sql.find(schema::pgqueSql()) != std::string::npos);
        QVERIFY(plan.sql.ends_with("commit;\n"));
        const auto outcome = carryOut(connection, plan);
        QVERIFY2(outcome.kind == OutcomeKind::Done, outcome.summary.c_str());
        QVERIFY(outcome.xid.has_value());
        QCOMPARE(connection.transactionStatus(), pg::TransactionStatus::Idle);

        const auto seen = inspect(connection);
        QVERIFY2(seen.origin == SchemaOrigin::Ours && seen.drift.empty() && seen.grants.empty(), listed(seen).c_str());
        QCOMPARE(seen.version, std::string("0.2.0"));
        QVERIFY(seen.originText.starts_with("batchscope"));
        QVERIFY(seen.catalog.functions.size() == schema::pgqueManifest().functions.size());
        QVERIFY(!schema::pgqueManifest().execute.at("pgque_reader").empty());
    }

    void whatPsqlInstalledIsOursToo() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        const auto seen = inspect(connection);
        QVERIFY2(seen.origin == SchemaOrigin::Ours && seen.drift.empty() && seen.grants.empty(), listed(seen).c_str());
    }

    void inspectionLooksAlikeWhateverTheSearchPath() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        run(connection, "set search_path = pgque, public");
        QCOMPARE(inspect(connection).origin, SchemaOrigin::Ours);
    }

    void strangerMayInspect() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        Stranger stranger(database);
        const auto seen = inspect(stranger.connection());
        QCOMPARE(seen.origin, SchemaOrigin::Ours);
        QVERIFY(seen.version.empty()); // may not call it
        QVERIFY(!seen.catalog.ownsSchema);
        const auto plan = schema::planUpgrade(seen);
        QVERIFY(plan.refusal);
        QVERIFY(plan.remedy.find(seen.catalog.owner) != std::string::npos);
    }

    void driftIsListedAndUpgradedAway() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        run(connection, "create or replace function pgque.ack(i_batch_id bigint) returns int language plpgsql"
                        " security definer set search_path = pgque, pg_catalog, pg_temp as $$ begin return 7; end $$;"
                        "alter function pgque.receive(text, text, integer) reset search_path;"
                        "drop function pgque.touch_subconsumer(text, text, text);"
                        "create function pgque.mine() returns int language sql as 'select 1';"
                        "revoke execute on function pgque.send(text, text) from pgque_writer;"
                        "grant execute on function pgque.ticker() to public");
        const auto seen = inspect(connection);
        QCOMPARE(seen.origin, SchemaOrigin::OursDrifted);
        QVERIFY2(has(seen, schema::DriftKind::Body, "ack(bigint)"), listed(seen).c_str());
        QVERIFY(has(seen, schema::DriftKind::Attributes, "receive(text, text, integer)"));
        QVERIFY(has(seen, schema::DriftKind::MissingFunction, "touch_subconsumer(text, text, text)"));
        QVERIFY(has(seen, schema::DriftKind::ExtraFunction, "mine()"));
        QCOMPARE(seen.drift.size(), std::size_t(4));
        QVERIFY2(seen.grants.size() == 3, listed(seen).c_str());
        // PostgreSQL opens a new function to everybody.
        QCOMPARE(seen.grants.at(0).sql, std::string("revoke execute on routine pgque.mine() from public;"));
        QCOMPARE(seen.grants.at(1).sql, std::string("revoke execute on function pgque.ticker() from public;"));
        QCOMPARE(seen.grants.at(2).sql,
                 std::string("grant execute on function pgque.send(text, text) to pgque_writer;"));

        connection.run(pgque::createQueue("kept"));
        const auto outcome = carryOut(connection, schema::planUpgrade(seen));
        QVERIFY2(outcome.kind == OutcomeKind::Done, outcome.summary.c_str());
        const auto after = inspect(connection);
        QVERIFY2(after.origin == SchemaOrigin::Ours && after.drift.size() == 1, listed(after).c_str());
        QCOMPARE(connection.run(pgque::getQueueInfo()).size(), std::size_t(1));
    }

    void driftOfTables() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        run(connection, "alter table pgque.queue alter column queue_ntables type bigint;"
                        "alter table pgque.tick drop constraint tick_queue_fkey;"
                        "alter table pgque.subscription drop constraint subscription_sub_role_check;"
                        "drop index pgque.rq_retry_idx; delete from pgque.config;"
                        "alter table pgque.consumer add column mine int, add constraint mine_check check (mine > 0);"
                        "create index mine_idx on pgque.tick (tick_time); create table pgque.mine (a int);"
                        "create function public.f() returns trigger language plpgsql as 'begin return new; end';"
                        "create trigger mine_trigger before insert on pgque.queue for each row execute function f()");
        const auto seen = inspect(connection);
        using Kind = schema::DriftKind;
        QCOMPARE(seen.origin, SchemaOrigin::OursDrifted);
        QVERIFY2(has(seen, Kind::ColumnType, "queue.queue_ntables"), listed(seen).c_str());
        QVERIFY(has(seen, Kind::MissingConstraint, "tick.tick_queue_fkey"));
        QVERIFY(has(seen, Kind::MissingConstraint, "subscription.subscription_sub_role_check"));
        QVERIFY(has(seen, Kind::MissingIndex, "retry_queue.rq_retry_idx"));
        QVERIFY(has(seen, Kind::MissingConfig, "config"));
        QVERIFY(has(seen, Kind::ExtraColumn, "consumer.mine"));
        QVERIFY(has(seen, Kind::ExtraConstraint, "consumer.mine_check"));
        QVERIFY(has(seen, Kind::ExtraIndex, "tick.mine_idx"));
        QVERIFY(has(seen, Kind::ExtraTable, "mine"));
        QVERIFY(has(seen, Kind::ExtraTrigger, "queue.mine_trigger"));
        QVERIFY2(seen.drift.size() == 10, listed(seen).c_str());

        // What the plan says it would put right it does, and the rest it leaves.
        const auto plan = schema::planUpgrade(seen);
        const auto lists = [&plan](const std::string& line) {
            return std::any_of(plan.changes.begin(), plan.changes.end(),
                               [&](const std::string& one) { return one.starts_with(line); });
        };
        QVERIFY(lists("adds the constraint subscription.subscription_sub_role_check"));
        QVERIFY(lists("does not add the missing constraint tick.tick_queue_fkey"));
        QVERIFY(lists("leaves the type of queue.queue_ntables as it is (bigint instead of integer)"));
        QVERIFY(lists("creates the index retry_queue.rq_retry_idx"));
        QVERIFY(lists("adds the row of config"));
        const auto outcome = carryOut(connection, plan);
        QVERIFY2(outcome.kind == OutcomeKind::Done, outcome.summary.c_str());
        const auto after = inspect(connection);
        QVERIFY2(after.drift.size() == 7, listed(after).c_str());
        QVERIFY(has(after, Kind::ColumnType, "queue.queue_ntables"));
        QVERIFY(has(after, Kind::MissingConstraint, "tick.tick_queue_fkey"));
    }

    /// Additions of others leave it ours.
    void additionsAreNoDrift() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        run(connection, "create table pgque.mine (a int); create index mine_idx on pgque.tick (tick_time)");
        const auto seen = inspect(connection);
        QCOMPARE(seen.origin, SchemaOrigin::Ours);
        QCOMPARE(seen.drift.size(), std::size_t(2));
        QVERIFY(seen.takenAt > pg::Timestamp());
    }

    void rightsOfAllKinds() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        connection.run(pgque::createQueue("orders"));
        QVERIFY2(inspect(connection).grants.empty(), listed(inspect(connection)).c_str());
        run(connection, "create function pgque.mine() returns int language sql as 'select 1';"
                        "grant insert, delete on pgque.queue to public; grant create on schema pgque to public;"
                        "grant select on pgque.config to public; grant update on pgque.event_1_0 to public;"
                        "grant usage on sequence pgque.batch_id_seq to public;"
                        "grant update (queue_name) on pgque.queue to public;"
                        "revoke select on pgque.tick from pgque_reader;"
                        "revoke usage on schema pgque from public");
        const auto seen = inspect(connection);
        for (const char* sql :
             {"revoke execute on routine pgque.mine() from public;", "revoke insert on table pgque.queue from public;",
              "revoke delete on table pgque.queue from public;", "revoke create on schema pgque from public;",
              "revoke select on table pgque.config from public;", "revoke update on table pgque.event_1_0 from public;",
              "revoke usage on sequence pgque.batch_id_seq from public;",
              "revoke update (queue_name) on pgque.queue from public;",
              "grant select on table pgque.tick to pgque_reader;", "grant usage on schema pgque to public;"}) {
            QVERIFY2(hasRight(seen, sql), (sql + ('\n' + listed(seen))).c_str());
            run(connection, sql);
        }
        QVERIFY2(seen.grants.size() == 10, listed(seen).c_str());
        // What is told to put it right does.
        QVERIFY2(inspect(connection).grants.empty(), listed(inspect(connection)).c_str());
        // That PUBLIC may read positions is given once; who took it away meant it.
        run(connection, "revoke select on pgque.queue from public");
        QVERIFY(inspect(connection).grants.empty());
    }

    void aProducerMustNotConsume() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        run(connection, "grant pgque_reader to pgque_writer");
        const auto seen = inspect(connection);
        run(connection, "revoke pgque_reader from pgque_writer");
        QVERIFY2(hasRight(seen, "revoke pgque_reader from pgque_writer;"), listed(seen).c_str());
        run(connection, "revoke pgque_writer from pgque_admin");
        const auto without = inspect(connection);
        run(connection, "grant pgque_writer to pgque_admin");
        QVERIFY2(hasRight(without, "grant pgque_writer to pgque_admin;"), listed(without).c_str());
    }

    void markAloneProvesNothing() {
        TestDatabase database(*m_server);
        auto connection = database.connect();
        run(connection, "create schema pgque; comment on schema pgque is 'batchscope 0.1.0';"
                        "create function pgque.origin() returns text language sql as $$ select 'batchscope 0.1.0' $$;"
                        "create function pgque.version() returns text language sql as $$ select '0.2.0' $$");
        const auto seen = inspect(connection);
        QCOMPARE(seen.origin, SchemaOrigin::Unknown);
        QCOMPARE(seen.version, std::string("0.2.0"));
        QVERIFY(schema::planInstall(seen).refusal);
        QVERIFY(schema::planUpgrade(seen).refusal);
        QCOMPARE(carryOut(connection, schema::planInstall(seen)).kind, OutcomeKind::Refused);
    }

    void compatibleForeignInstall() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        makeForeign(connection);
        const auto seen = inspect(connection);
        QCOMPARE(seen.origin, SchemaOrigin::Foreign);
        QCOMPARE(seen.version, std::string("0.2.0"));
        QVERIFY(has(seen, schema::DriftKind::MissingFunction, "origin()"));
        QVERIFY(has(seen, schema::DriftKind::MissingColumn, "subscription.sub_takeovers"));
        QVERIFY(schema::planUpgrade(seen).refusal);
        QVERIFY(schema::planUninstall(seen, {}).refusal);
    }

    void foreignInstallIsConverted() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        makeForeign(connection);
        connection.run(pgque::createQueue("kept"));
        const auto seen = inspect(connection);
        QCOMPARE(seen.origin, SchemaOrigin::Foreign);
        const auto plan = schema::planConvert(seen);
        QVERIFY2(!plan.refusal, plan.refusal ? plan.refusal->c_str() : "");
        const auto lists = [&plan](const std::string& line) {
            return std::find(plan.changes.begin(), plan.changes.end(), line) != plan.changes.end();
        };
        QVERIFY(lists("creates origin()"));
        QVERIFY(lists("replaces ack(bigint), whose source differs"));
        QVERIFY(lists("adds the column subscription.sub_takeovers"));
        const auto outcome = carryOut(connection, plan);
        QVERIFY2(outcome.kind == OutcomeKind::Done, outcome.summary.c_str());
        const auto after = inspect(connection);
        QVERIFY2(after.origin == SchemaOrigin::Ours && after.drift.empty() && after.grants.empty(),
                 listed(after).c_str());
        QCOMPARE(connection.run(pgque::getQueueInfo()).size(), std::size_t(1));
        QVERIFY(schema::planConvert(after).refusal);
        // A second time, from what was seen before: the world has moved.
        QCOMPARE(carryOut(connection, plan).kind, OutcomeKind::ChangedUnderneath);
    }

    void oldPgQueIsConverted_data() {
        QTest::addColumn<bool>("first");
        QTest::addColumn<QString>("says");
        QTest::newRow("0.1.0") << true << QStringLiteral("1.0.0-dev");
        QTest::newRow("0.2.0") << false << QStringLiteral("0.2.0");
    }

    void oldPgQueIsConverted() {
        QFETCH(const bool, first);
        QFETCH(const QString, says);
        TestDatabase database(*m_server);
        auto connection = database.connect();
        installOld(connection, {"pgque_tables.sql", "pgque_02.sql"});
        if (first)
            installOld(connection, {"pgque_01.sql"});
        const auto seen = inspect(connection);
        QVERIFY2(seen.origin == SchemaOrigin::Foreign, listed(seen).c_str());
        QCOMPARE(QString::fromStdString(seen.version), says);
        const auto plan = schema::planConvert(seen, connection.run(schema::readSources()));
        QVERIFY2(!plan.refusal, plan.refusal ? plan.refusal->c_str() : "");
        QVERIFY(!plan.differences.empty());
        QVERIFY(plan.caution.find(first ? "PgQue 0.1.0" : "PgQue 0.2.0") != std::string::npos);
        const auto outcome = carryOut(connection, plan);
        QVERIFY2(outcome.kind == OutcomeKind::Done, outcome.summary.c_str());
        const auto after = inspect(connection);
        QVERIFY2(after.origin == SchemaOrigin::Ours && after.drift.empty(), listed(after).c_str());
    }

    /// 0.1 had no groups: what has them and says that number is something else.
    void aVersionIsNotWhatItSays() {
        TestDatabase database(*m_server);
        auto connection = database.connect();
        installOld(connection, {"pgque_tables.sql", "pgque_02.sql"});
        run(connection, "create or replace function pgque.version() returns text language sql as"
                        " $$ select '1.0.0-dev'::text $$");
        const auto plan = schema::planConvert(inspect(connection));
        QVERIFY(plan.refusal && plan.refusal->find("none that this program knows") != std::string::npos);
    }

    /// Nobody can tell a patch from the original here, so both are shown.
    void aPatchedBodyIsShown() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        makeForeign(connection);
        run(connection,
            "create or replace function pgque.ack(i_batch_id bigint) returns int language plpgsql"
            " security definer set search_path = pgque, pg_catalog, pg_temp as $$ begin\n"
            " perform public.notify_somebody(i_batch_id);\n return pgque.finish_batch(i_batch_id);\nend $$");
        const auto plan = schema::planConvert(inspect(connection), connection.run(schema::readSources()));
        QVERIFY(!plan.refusal);
        QVERIFY(plan.caution.find("no fingerprints") != std::string::npos);
        const auto ack = std::find_if(plan.differences.begin(), plan.differences.end(),
                                      [](const auto& one) { return one.function == "ack(bigint)"; });
        QVERIFY(ack != plan.differences.end());
        QVERIFY2(ack->text.find("- perform public.notify_somebody(i_batch_id);\n") != std::string::npos,
                 ack->text.c_str());
    }

    void conversionIsRefused_data() {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("why");
        QTest::newRow("version") << QStringLiteral(
                                        "create or replace function pgque.version() returns text language sql"
                                        " as $$ select '0.3.0-devel' $$")
                                 << QStringLiteral("none that this program knows");
        QTest::newRow("additions") << QStringLiteral("create function pgque.mine() returns int language sql"
                                                     " as $$ select 1 $$")
                                   << QStringLiteral("it has mine()");
        QTest::newRow("gaps") << QStringLiteral("drop function pgque.touch_subconsumer(text, text, text)")
                              << QStringLiteral("it lacks touch_subconsumer(text, text, text)");
        QTest::newRow("no queue") << QStringLiteral("drop function pgque.receive(text, text, int)")
                                  << QStringLiteral("that is no queue we know");
    }

    void conversionIsRefused() {
        QFETCH(QString, sql);
        QFETCH(QString, why);
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        makeForeign(connection);
        run(connection, sql.toStdString());
        const auto plan = schema::planConvert(inspect(connection));
        QVERIFY(plan.refusal);
        QVERIFY2(plan.refusal->find(why.toStdString()) != std::string::npos, plan.refusal->c_str());
        QCOMPARE(carryOut(connection, plan).kind, OutcomeKind::Refused);
    }

    void installRefusesWhatAppearedMeanwhile() {
        TestDatabase database(*m_server);
        auto connection = database.connect();
        const auto plan = schema::planInstall(inspect(connection));
        run(connection, "create schema pgque"); // no function: the fingerprint is still that of nothing
        const auto outcome = carryOut(connection, plan);
        QCOMPARE(outcome.kind, OutcomeKind::Refused);
        QCOMPARE(outcome.failure.value().diagnostics.sqlState, std::string("42P06"));
        QCOMPARE(connection.transactionStatus(), pg::TransactionStatus::Idle);
        QVERIFY(inspect(connection).catalog.functions.empty());
    }

    void changedUnderneath() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        const auto plan = schema::planUpgrade(inspect(connection));
        run(connection, "drop function pgque.touch_subconsumer(text, text, text)");
        QCOMPARE(carryOut(connection, plan).kind, OutcomeKind::ChangedUnderneath);
    }

    void installWithoutRights() {
        TestDatabase database(*m_server);
        Stranger stranger(database);
        const auto plan = schema::planInstall(inspect(stranger.connection()));
        QVERIFY(plan.refusal);
        QCOMPARE(plan.remedy, "grant create on database \"" + database.name() + "\" to \"" + stranger.role() + "\";");
    }

    void lossesAreCounted() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        connection.run(pgque::createQueue("it's one"));
        connection.run(pgque::createQueue("two"));
        connection.run(pgque::subscribe("two", "reader"));
        for (int i = 0; i < 5; ++i)
            connection.run(pgque::send("two", "x"));
        connection.run(pgque::forceNextTick("two"));
        connection.run(pgque::ticker());
        const auto batch = connection.run(pgque::receive("two", "reader", std::nullopt));
        QCOMPARE(batch.size(), std::size_t(5));
        connection.run(pgque::nack(batch.at(0).batchId, batch.at(0).id));

        const auto losses = connection.run(schema::countLosses());
        QCOMPARE(losses.queues, (std::vector<std::string>{"it's one", "two"}));
        QCOMPARE(losses.subscriptions, 1);
        QCOMPARE(losses.openBatches, 1);
        QCOMPARE(losses.retries, 1);
        QCOMPARE(losses.deadLetters, 0);
        QVERIFY(losses.undelivered >= 5);
        QVERIFY(losses.bytes > 0);
        QVERIFY(!losses.obstacle);

        const auto plan = schema::planUninstall(inspect(connection), losses);
        QVERIFY(plan.queuesFirst.empty());
        const auto outcome = carryOut(connection, plan);
        QVERIFY2(outcome.kind == OutcomeKind::Done, outcome.summary.c_str());
        QVERIFY(!hasSchema(connection));
    }

    void lossesWithoutASequence() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        connection.run(pgque::createQueue("one"));
        connection.run(pgque::createQueue("two"));
        connection.run(pgque::subscribe("one", "reader"));
        connection.run(pgque::subscribe("two", "reader"));
        connection.run(pgque::send("two", "x"));
        run(connection, "drop sequence pgque.event_1_id_seq cascade");
        auto losses = connection.run(schema::countLosses());
        QCOMPARE(losses.uncounted, 1);
        QCOMPARE(losses.undelivered, 1);
        losses.bytes = 12'345'678;
        const auto plan = schema::planUninstall(inspect(connection), losses);
        QVERIFY2(plan.changes.at(0).ends_with(", 12 MB"), plan.changes.at(0).c_str());
        QVERIFY2(plan.changes.at(1).find("1 queues, whose event sequence is missing") != std::string::npos,
                 plan.changes.at(1).c_str());
    }

    void largeUninstallGoesQueueByQueue() {
        TestDatabase database(*m_server, support::Schema::Pgque);
        auto connection = database.connect();
        connection.run(pgque::createQueue("it's one"));
        connection.run(pgque::subscribe("it's one", "reader"));
        connection.run(pgque::createQueue("two"));
        auto losses = connection.run(schema::countLosses());
        losses.obstacle = "too many"; // as on a server with many more queues
        const auto plan = schema::planUninstall(inspect(connection), losses);
        QVERIFY(plan.sql.find("select pgque.drop_queue('it''s one', true);") != std::string::npos);
        std::vector<std::string> steps;
        const auto outcome =
            schema::carryOut(connection, plan, pg::after(60s), [&](const std::string& step) { steps.push_back(step); });
        QVERIFY2(outcome.kind == OutcomeKind::Done, outcome.summary.c_str());
        QCOMPARE(steps.size(), std::size_t(2));
        QVERIFY(!hasSchema(connection));
    }

    void installCanBeTakenBack() {
        TestDatabase database(*m_server);
        auto connection = database.connect();
        QCOMPARE(install(connection).kind, OutcomeKind::Done);
        const auto losses = connection.run(schema::countLosses());
        QCOMPARE(carryOut(connection, schema::planUninstall(inspect(connection), losses)).kind, OutcomeKind::Done);
        QCOMPARE(install(connection).kind, OutcomeKind::Done);
    }
};

QTEST_GUILESS_MAIN(TestInspection)
#include "tst_inspection.moc"
