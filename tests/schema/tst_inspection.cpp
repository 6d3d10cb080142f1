// SPDX-License-Identifier: GPL-3.0-or-later
// Inspecting, installing, upgrading and uninstalling against a real server.
#include "pgque/calls.h"
#include "schema/inspection.h"
#include "schema/plan.h"
#include "schema/script.h"
#include "support/testserver.h"

#include <QTest>

using namespace std::chrono_literals;
using domain::OutcomeKind;
using domain::SchemaOrigin;
using support::TestDatabase;

namespace {

schema::Inspection inspect(pg::Connection& connection) {
    return schema::inspect(connection, pg::after(20s));
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
        QCOMPARE(seen.grants.size(), std::size_t(2));
        QCOMPARE(seen.grants.at(0).sql, std::string("revoke execute on function pgque.ticker() from public;"));
        QCOMPARE(seen.grants.at(1).sql,
                 std::string("grant execute on function pgque.send(text, text) to pgque_writer;"));

        connection.run(pgque::createQueue("kept"));
        const auto outcome = carryOut(connection, schema::planUpgrade(seen));
        QVERIFY2(outcome.kind == OutcomeKind::Done, outcome.summary.c_str());
        const auto after = inspect(connection);
        QVERIFY2(after.origin == SchemaOrigin::Ours && after.drift.size() == 1, listed(after).c_str());
        QCOMPARE(connection.run(pgque::getQueueInfo()).size(), std::size_t(1));
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
