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
