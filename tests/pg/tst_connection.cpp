// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/testserver.h"

#include <QTest>

using namespace std::chrono_literals;
using pg::after;
using support::TestDatabase;

class TestConnection : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void executes() {
        auto connection = TestDatabase().connect();
        (void)connection;
        TestDatabase database;
        auto c = database.connect();
        const auto result = c.execute({"select $1::int + 1 as n, null::text as nothing", pg::Params::of(41)});
        QCOMPARE(result.row(0).get<std::int32_t>("n"), 42);
        QVERIFY(result.row(0).isNull(1));
        const pg::PipelineStep steps[] = {
            {{"select 1", {}}, true}, {{"select 1/0", {}}, false}, {{"select 2", {}}, true}, {{"select 3", {}}, false}};
        const auto answers = c.pipeline(steps, after(5s));
        QVERIFY(std::holds_alternative<pg::Result>(answers[0]));
        QVERIFY(std::holds_alternative<pg::Failure>(answers[1]));
        QVERIFY(std::holds_alternative<pg::Skipped>(answers[2]));
        QVERIFY(std::holds_alternative<pg::Result>(answers[3]));
        try {
            c.execute({"select pg_sleep(5)", {}}, after(100ms));
            QFAIL("no timeout");
        } catch (const pg::Error& e) {
            QCOMPARE(e.kind(), pg::ErrorKind::Timeout);
        }
        int rows = 0;
        c.stream(
            {"select generate_series(1, 1000)", {}},
            [&](const pg::Row&) {
                ++rows;
                return true;
            },
            after(5s));
        QCOMPARE(rows, 1000);
        c.execute({"create table t (i int)", {}});
        QCOMPARE(c.copyIn(
                     "copy t from stdin",
                     [n = 0](std::string& b) mutable {
                         b = std::to_string(n) + "\n";
                         return ++n < 5;
                     },
                     after(5s)),
                 5);
    }
};

QTEST_GUILESS_MAIN(TestConnection)
#include "tst_connection.moc"
