// SPDX-License-Identifier: GPL-3.0-or-later
// Reading an install script without a server.
#include "schema/manifest.h"

#include <QTest>

using schema::FunctionShape;
using schema::readManifest;

class TestManifest : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void identities_data() {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("identity");
        QTest::newRow("none") << ""
                              << "f()";
        QTest::newRow("named") << "a int4, b text"
                               << "f(integer, text)";
        QTest::newRow("out") << "a int8, out b text, inout c bool"
                             << "f(bigint, boolean)";
        QTest::newRow("defaults") << "a interval default '60 seconds', b int default coalesce(1, 2)"
                                  << "f(interval, integer)";
        QTest::newRow("arrays") << "a jsonb[], b pg_catalog.int4[]"
                                << "f(jsonb[], integer[])";
        QTest::newRow("own type") << "a pgque.message, b timestamptz"
                                  << "f(pgque.message, timestamp with time zone)";
        QTest::newRow("two words") << "a double precision"
                                   << "f(double precision)";
        QTest::newRow("comment") << "a text, -- the first, of two\n b text"
                                 << "f(text, text)";
        QTest::newRow("no names") << "text, int4"
                                  << "f(text, integer)";
    }

    void identities() {
        QFETCH(QString, arguments);
        QFETCH(QString, identity);
        const auto manifest = readManifest("create or replace function pgque.f(" + arguments.toStdString() +
                                           ") returns void language sql as $$ select 1; $$;");
        QCOMPARE(manifest.functions.size(), std::size_t(1));
        QCOMPARE(QString::fromStdString(manifest.functions.begin()->first), identity);
    }

    void attributes() {
        const auto manifest = readManifest("-- create function pgque.no()\n"
                                           "select 'create function pgque.no()';\n"
                                           "create function pgque.f() returns table (a text, b text)\n"
                                           "language plpgsql stable strict security definer\n"
                                           "set search_path = pgque, pg_catalog, pg_temp\n"
                                           "as $body$ begin return; end; $$ $body$;\n"
                                           "create procedure pgque.p() language plpgsql as $$begin end$$");
        QCOMPARE(manifest.functions.size(), std::size_t(2));
        const FunctionShape f = manifest.functions.at("f()");
        QCOMPARE(f.language, std::string("plpgsql"));
        QVERIFY(f.securityDefiner && f.strict);
        QCOMPARE(f.volatility, 's');
        QCOMPARE(f.searchPath, std::string("pgque,pg_catalog,pg_temp"));
        QCOMPARE(f.sourceHash, schema::sourceHash(" begin return; end; $$ "));
        QVERIFY(manifest.procedures.contains("p()"));
        QVERIFY(!manifest.functions.at("p()").securityDefiner);
    }

    void carriageReturnsDoNotCount() {
        QCOMPARE(schema::sourceHash("a\r\nb"), schema::sourceHash("a\nb"));
        QVERIFY(schema::sourceHash("a b") != schema::sourceHash("a  b"));
    }

    void tables() {
        const auto manifest = readManifest(
            "create table if not exists pgque.queue (queue_id serial, name text not null default 'a, b',"
            " at timestamptz, many text[], xid bigint default (pg_catalog.f()::text::bigint),"
            " constraint queue_pkey primary key (queue_id), constraint n_check check (name in ('a', 'b')));"
            "create function pgque.upgrade_schema() returns int4 language plpgsql as $$ begin"
            " for x in select * from (values ('queue', 'queue_at_idx', '(at)', ''), ('queue', 'many', 'text[]')) y loop"
            " end loop; end $$;"
            "do $grants$ declare v_owner_only constant text[] := array['b()']; begin"
            " grant usage on schema pgque to public, pgque_reader;"
            " for v_name in select t.name from unnest(array['queue']) t(name) where c.relacl is null loop"
            " execute format('grant select on pgque.%I to public', v_name); end loop;"
            " grant select on pgque.queue, pgque.other to pgque_reader; grant all on pgque.queue to pgque_admin;"
            " grant all on sequence pgque.s to pgque_admin; end $grants$;");
        const schema::TableShape& queue = manifest.tables.at("queue");
        QCOMPARE(queue.columns, (std::map<std::string, std::string>{{"queue_id", "integer"},
                                                                    {"name", "text"},
                                                                    {"at", "timestamp with time zone"},
                                                                    {"many", "text[]"},
                                                                    {"xid", "bigint"}}));
        QCOMPARE(queue.constraints, (std::map<std::string, char>{{"queue_pkey", 'p'}, {"n_check", 'c'}}));
        QCOMPARE(queue.indexes, std::set<std::string>{"queue_at_idx"});
        QCOMPARE(manifest.rights.at("public"), std::set<std::string>{"USAGE on schema pgque"});
        QCOMPARE(manifest.firstGiven.at("public"), std::set<std::string>{"SELECT on table queue"});
        QCOMPARE(manifest.rights.at("pgque_reader"),
                 (std::set<std::string>{"USAGE on schema pgque", "SELECT on table queue", "SELECT on table other"}));
        QVERIFY(manifest.rights.at("pgque_admin").contains("DELETE on table queue"));
        QCOMPARE(manifest.rights.at("pgque_admin").size(), std::size_t(7));
    }

    void theShippedOne() {
        const schema::Manifest& manifest = schema::pgqueManifest();
        QCOMPARE(manifest.tables.size(), std::size_t(8));
        QCOMPARE(manifest.tables.at("subscription").columns.size(), std::size_t(10));
        QCOMPARE(manifest.tables.at("retry_queue").indexes, (std::set<std::string>{"rq_queue_idx", "rq_retry_idx"}));
        QVERIFY(manifest.sources.at("ack(bigint)").find("begin") != std::string::npos);
    }

    void grants() {
        const auto manifest =
            readManifest("create function pgque.a(x int) returns void language sql as $$ select $$;"
                         "create function pgque.b() returns void language sql as $$ select $$;"
                         "do $grants$ declare v_readers constant text[] := array['a(int4)']; v_writers constant text[] "
                         ":= array['b()'];"
                         " v_owner_only constant text[] := array['b()']; begin perform 'c()'; end $grants$;");
        QCOMPARE(manifest.execute.at("pgque_reader"), std::set<std::string>{"a(integer)"});
        QCOMPARE(manifest.execute.at("pgque_writer"), std::set<std::string>{"b()"});
        QCOMPARE(manifest.execute.at("pgque_admin"), std::set<std::string>{"a(integer)"});
    }
};

QTEST_GUILESS_MAIN(TestManifest)
#include "tst_manifest.moc"
