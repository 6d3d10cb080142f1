// SPDX-License-Identifier: GPL-3.0-or-later
// One round trip that only looks: its parts stand apart, and it leaves nothing behind.
#include "queries/columns.h"
#include "queries/look.h"
#include "support/foreign.h"

#include <QTest>

using namespace support;
using queries::Look;

class TestLook : public QObject {
    Q_OBJECT

    TestDatabase m_database;
    pg::Connection m_connection = m_database.connect();

private Q_SLOTS:

    void partsStandApart() {
        Look look;
        look.part();
        const auto good = look.ask({"select 1", {}});
        look.part();
        const auto before = look.ask({"select 2", {}});
        const auto bad = look.ask({"select 1 / 0", {}});
        const auto after = look.ask({"select 3", {}});
        look.part();
        const auto last = look.ask({"select 4", {}});
        const auto answers = look.run(m_connection, soon());

        QCOMPARE(answers.result(good).text(0, 0), std::string_view("1"));
        QCOMPARE(answers.result(before).text(0, 0), std::string_view("2"));
        QCOMPARE(answers.result(last).text(0, 0), std::string_view("4"));
        for (const auto step : {bad, after}) {
            try {
                answers.result(step);
                QFAIL("the failed part answers");
            } catch (const pg::Error& error) {
                QCOMPARE(error.sqlState(), std::string("22012"));
            }
        }
        QCOMPARE(m_connection.transactionStatus(), pg::TransactionStatus::Idle);
    }

    void writesNothing() {
        run(m_connection, "create table t (x int)");
        Look look;
        look.part();
        const auto asked = look.ask({"insert into public.t values (1) returning x", {}});
        const auto answers = look.run(m_connection, soon());
        QVERIFY_THROWS_EXCEPTION(pg::Error, answers.result(asked));
        QCOMPARE(value(m_connection, "select count(*) from t"), std::string("0"));
    }

    void leavesNoState() {
        Look look;
        look.part({std::chrono::milliseconds(1234), std::chrono::milliseconds(56)});
        const auto inside =
            look.ask({"select current_setting('statement_timeout') || '/' ||"
                      " current_setting('lock_timeout') || '/' || current_setting('transaction_read_only')",
                      {}});
        const auto answers = look.run(m_connection, soon());
        QCOMPARE(answers.result(inside).text(0, 0), std::string_view("1234ms/56ms/on"));
        QCOMPARE(value(m_connection, "select current_setting('statement_timeout') || '/' ||"
                                     " current_setting('lock_timeout') || '/' ||"
                                     " current_setting('transaction_read_only') || '/' || current_setting('jit')"),
                 std::string("0/0/off/on"));
    }

    /// A role that may create in a schema of the path could have its own function called in place of the server's.
    void nobodysFunctionIsCalled() {
        run(m_connection, "create function public.array_to_string(integer[], text) returns text language plpgsql as"
                          " $$ begin raise exception 'called'; end $$");
        Look look;
        look.part();
        const auto asked = look.ask({"select array_to_string(array[1, 2], ',')", {}});
        QCOMPARE(look.run(m_connection, soon()).result(asked).text(0, 0), std::string_view("1,2"));
        run(m_connection, "drop function public.array_to_string(integer[], text)");
    }

    /// A serializable transaction would leave marks on what it read beyond its end.
    void isNeverSerializable() {
        run(m_connection, "set default_transaction_isolation = serializable;"
                          " set default_transaction_deferrable = on");
        for (const auto& [view, level] : {std::pair(Look::View::EachStatement, "read committed"),
                                          std::pair(Look::View::Same, "repeatable read")}) {
            Look look;
            look.part({}, view);
            const auto asked = look.ask({"show transaction_isolation", {}});
            QCOMPARE(look.run(m_connection, soon()).result(asked).text(0, 0), std::string_view(level));
        }
        run(m_connection, "reset default_transaction_isolation; reset default_transaction_deferrable");
    }

    /// Where a pooler in between lives on, a part whose end was lost would stand open.
    void anUnendedPartIsEnded() {
        Look look;
        look.part();
        const auto asked = look.ask({"show idle_in_transaction_session_timeout", {}});
        QCOMPARE(look.run(m_connection, soon()).result(asked).text(0, 0), std::string_view("1min"));
        QCOMPARE(value(m_connection, "show idle_in_transaction_session_timeout"), std::string("0"));
    }

    /// A client that takes no answer any more does not keep a backend, and its locks, for hours.
    void unreadAnswersEnd() {
        pg::Connection byTcp = pg::Connection::open(m_database.tcpInfo());
        Look look;
        look.part();
        const auto inside = look.ask({"show tcp_user_timeout", {}});
        const auto answers = look.run(byTcp, soon());
        QCOMPARE(answers.result(inside).text(0, 0), std::string_view("60000"));
        QCOMPARE(value(byTcp, "show tcp_user_timeout"), std::string("0"));
    }

    void waitsForNobodysLock() {
        run(m_connection, "create table held (x int)");
        pg::Connection other = m_database.connect();
        run(other, "begin; lock table held in access exclusive mode");
        try {
            queries::look(m_connection, pgque::detail::valueCall<std::int64_t>("x", "select count(*) from public.held", {}),
                          {}, soon());
            QFAIL("read a locked table");
        } catch (const pg::Error& error) {
            QCOMPARE(error.sqlState(), std::string("55P03"));
        }
        run(other, "rollback");
    }

    void identifiers() {
        QCOMPARE(queries::detail::qualified("pgque.event_3", "_0"), std::string("\"pgque\".\"event_3_0\""));
        QCOMPARE(queries::detail::qualified("a\"b.c.d"), std::string("\"a\"\"b\".\"c.d\""));
        QCOMPARE(queries::detail::qualified("plain"), std::string("\"public\".\"plain\""));
    }
};

QTEST_GUILESS_MAIN(TestLook)
#include "tst_look.moc"
