// SPDX-License-Identifier: GPL-3.0-or-later
// What a server, a database and a role let us do.
#include "queries/probe.h"
#include "support/foreign.h"

#include <QTest>

using namespace support;
using domain::SchemaOrigin;

class TestProbe : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void emptyDatabase() {
        const TestDatabase database;
        pg::Connection connection = database.connect();
        const auto found = queries::probe(connection, soon());
        QCOMPARE(found.origin, SchemaOrigin::None);
        QVERIFY(!found.looksLikeQueue());
        QVERIFY(found.superuser);
        QVERIFY(!found.inRecovery);
        QVERIFY(!found.throughPooler);
        QCOMPARE(found.serverVersion, connection.serverVersion());
        QCOMPARE(found.database, database.name());
    }

    void administrator() {
        const ForeignDatabase database;
        pg::Connection connection = database.connect();
        const auto found = queries::probe(connection, soon());
        QCOMPARE(found.origin, SchemaOrigin::Unknown);
        QVERIFY(found.looksLikeQueue());
        QVERIFY(found.hasColumn("queue.queue_max_retries"));
        QVERIFY(!found.hasColumn("subscription.sub_batch_since"));
        QVERIFY(found.mayExecute("make_tick(text)"));
        QVERIFY(found.mayExecute("make_events(text, integer, text)"));
        QVERIFY(found.readableTables.contains("dead_letter"));
        QVERIFY(found.schemaVersion.empty());
    }

    void plainReader() {
        const ForeignDatabase database;
        RoleConnection reader(database, "pgque_reader");
        const auto found = queries::probe(*reader, soon());
        QVERIFY(found.looksLikeQueue());
        QVERIFY(found.memberOf == std::set<std::string>{"pgque_reader"});
        QVERIFY(found.readableTables.contains("dead_letter"));
        QVERIFY(found.existingFunctions.contains("make_tick(text)"));
        QVERIFY(!found.mayExecute("make_tick(text)"));
        QVERIFY(!found.superuser);
        QVERIFY(!found.readsAllStats);
    }

    void withoutPrivileges() {
        const ForeignDatabase database;
        RoleConnection nobody(database, "");
        const auto found = queries::probe(*nobody, soon());
        QVERIFY(found.readableTables.contains("queue"));
        QVERIFY(!found.readableTables.contains("dead_letter"));
        QCOMPARE(queries::grantForReading(found), "grant pgque_reader to \"" + nobody.name() + "\";");
    }

    void withoutUsage() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "revoke usage on schema pgque from public");
        RoleConnection nobody(database, "");
        const auto found = queries::probe(*nobody, soon());
        QCOMPARE(found.origin, SchemaOrigin::Unknown);
        QVERIFY(!found.schemaUsable);
        QVERIFY(found.executableFunctions.empty());
    }

    void functionsThatFail() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "create function pgque.version() returns text language sql as 'select ''0.2.0'''");
        run(admin, "create function pgque.origin() returns text language plpgsql as $$ begin raise 'no'; end $$");
        const auto found = queries::probe(admin, soon());
        QCOMPARE(found.schemaVersion, std::string("0.2.0"));
        QVERIFY(found.originText.empty());
    }

    void somethingElseOfThatName() {
        const TestDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "create schema pgque; create table pgque.queue (id int)");
        const auto found = queries::probe(admin, soon());
        QCOMPARE(found.origin, SchemaOrigin::Unknown);
        QVERIFY(!found.looksLikeQueue());
    }

    void stampTellsChanges() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        const auto stamp = [&] { return admin.run(queries::schemaStamp(), soon()); };
        const auto before = stamp();
        QCOMPARE(stamp(), before);
        run(admin, "select pgque.make_queue('a')"); // data is no change of the schema
        QCOMPARE(stamp(), before);
        run(admin, "grant execute on function pgque.make_tick(text) to public");
        const auto granted = stamp();
        QVERIFY(granted != before);
        run(admin, "alter table pgque.subscription add sub_batch_since timestamptz");
        QVERIFY(stamp() != granted);
    }
};

QTEST_GUILESS_MAIN(TestProbe)
#include "tst_probe.moc"
