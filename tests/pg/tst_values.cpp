// SPDX-License-Identifier: GPL-3.0-or-later
#include "pg/connect.h"
#include "pg/connectioninfo.h"
#include "pg/textvalue.h"
#include "pg/transaction.h"
#include "support/expect.h"

#include <QTest>

#include <cmath>
#include <ctime>
#include <limits>

using namespace Qt::StringLiterals;
using pg::ConnectionInfo;
using pg::ErrorKind;
using pg::Params;
using pg::Statement;
using support::failureOf;
using support::qt;

class TestValues : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void connectionInfoReadsBothForms() {
        const auto words = ConnectionInfo::parse("host=db.example port=5433 dbname='my db' password='se\\'cret'");
        QCOMPARE(words.get("host").value(), "db.example");
        QCOMPARE(words.get("dbname").value(), "my db");
        QCOMPARE(words.get("password").value(), "se'cret");
        QVERIFY(!words.get("user"));
        const auto uri = ConnectionInfo::parse("postgresql://me:p%40ss@h1:1,h2:2/db?sslmode=require&sslpassword=x");
        QCOMPARE(uri.get("host").value(), "h1,h2");
        QCOMPARE(uri.get("port").value(), "1,2");
        QCOMPARE(uri.get("password").value(), "p@ss");
        QVERIFY(ConnectionInfo::parse("").values().empty());
    }

    /// An age grows, and what was allowed for a while ends, while the machine sleeps too.
    void theClockCountsSleep() {
#ifdef CLOCK_BOOTTIME
        std::timespec time{};
        QCOMPARE(clock_gettime(CLOCK_BOOTTIME, &time), 0);
        const auto sinceBoot = std::chrono::seconds(time.tv_sec);
        QVERIFY(std::chrono::abs(pg::Clock::now().time_since_epoch() - sinceBoot) < std::chrono::seconds(2));
#endif
        const auto before = pg::Clock::now();
        QVERIFY(pg::Clock::now() >= before);
        QVERIFY(pg::after(std::chrono::milliseconds::max()) == pg::Deadline::max());
    }

    void connectionInfoRefusesOther() {
        const auto failure = failureOf([] { ConnectionInfo::parse("hots=here"); });
        QCOMPARE(failure.kind, ErrorKind::Usage);
        QVERIFY(qt(failure.text()).contains(u"hots"_s));
        QCOMPARE(failureOf([] { ConnectionInfo::parse(std::string_view("host=a\0b", 8)); }).kind, ErrorKind::Usage);
        QCOMPARE(failureOf([] { ConnectionInfo::parse("postgres://host:port/"); }).kind, ErrorKind::Usage);
    }

    void connectionInfoShowsNoSecret() {
        auto info = ConnectionInfo::parse("postgresql://me:topsecret@h/d?sslpassword=keysecret");
        info.set("application_name", "it's \\ a name");
        const QString shown = qt(info.redacted());
        QVERIFY(!shown.contains(u"secret"_s));
        QVERIFY(!shown.contains(u"password"_s));
        auto expected = info;
        expected.unset("password");
        expected.unset("sslpassword");
        QVERIFY(ConnectionInfo::parse(info.redacted()) == expected); // nothing else changed
    }

    void statementIsShownAsTyped_data() {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("first");
        QTest::addColumn<QString>("shown");
        QTest::newRow("text") << u"select f($1)"_s << u"orders"_s << u"select f('orders')"_s;
        QTest::newRow("quote") << u"select $1"_s << u"o'clock'); drop table t; --"_s
                               << u"select 'o''clock''); drop table t; --'"_s;
        QTest::newRow("backslash") << u"select $1"_s << u"a\\'b"_s << u"select E'a\\\\''b'"_s;
        QTest::newRow("controls") << u"select $1"_s << u"\u001b[31m\r"_s << u"select E'\\x1b[31m\\x0d'"_s;
        QTest::newRow("newline stays") << u"select $1"_s << u"a\nb\tc"_s << u"select 'a\nb\tc'"_s;
        QTest::newRow("turned around") << u"select $1"_s << u"a\u202eb\u2066c\u061cd"_s
                                       << u"select E'a\\u202eb\\u2066c\\u061cd'"_s;
        QTest::newRow("other scripts") << u"select $1"_s << u"שלום — ü"_s << u"select 'שלום — ü'"_s;
        QTest::newRow("in quotes") << u"select '$1', $1"_s << u"x"_s << u"select '$1', 'x'"_s;
        QTest::newRow("in E quotes") << u"select E'\\'$1', $1"_s << u"x"_s << u"select E'\\'$1', 'x'"_s;
        QTest::newRow("in names") << u"select \"$1\", a$1, $1"_s << u"x"_s << u"select \"$1\", a$1, 'x'"_s;
        QTest::newRow("in comments") << u"select /* $1 /* $1 */ $1 */ $1 -- $1"_s << u"x"_s
                                     << u"select /* $1 /* $1 */ $1 */ 'x' -- $1"_s;
        QTest::newRow("in dollars") << u"select $a$ $1 $a$, $$ $1 $$, $1"_s << u"x"_s
                                    << u"select $a$ $1 $a$, $$ $1 $$, 'x'"_s;
        QTest::newRow("value like a parameter") << u"select $1, $2"_s << u"$2"_s << u"select '$2', $2"_s;
        QTest::newRow("no such value") << u"select $3, $0, $10"_s << u"x"_s << u"select $3, $0, $10"_s;
    }

    void statementIsShownAsTyped() {
        QFETCH(QString, sql);
        QFETCH(QString, first);
        QFETCH(QString, shown);
        const Statement statement{sql.toStdString(), Params::of(first.toStdString())};
        QCOMPARE(qt(statement.display()), shown);
    }

    void displayKnowsNumbers() {
        using namespace std::chrono_literals;
        const std::vector<std::int64_t> numbers{1, -2};
        const std::vector<std::optional<std::string>> texts{"a\"b", std::nullopt, "NULL", ""};
        Params params;
        params.add(std::int32_t{7}).add(std::int64_t{-8}).add(true).add(1.5).add(std::optional<std::int32_t>());
        params.add(pg::Interval(90min + 1us)).add(pg::Timestamp(0us)).add(numbers).add(texts);
        QCOMPARE(qt(Statement{"$1 $2 $3 $4 $5 $6 $7 $8 $9", params}.display()),
                 u"7 (-8) true 1.5 NULL '01:30:00.000001' '1970-01-01 00:00:00.000000+00' '{1,-2}' "
                 "E'{\"a\\\\\"b\",NULL,\"NULL\",\"\"}'"_s);
    }

    void readsTimestamps_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("good");
        QTest::addColumn<qint64>("micros");
        QTest::newRow("utc") << u"2026-11-20 22:00:01.5+00"_s << true << qint64{1'795'212'001'500'000};
        QTest::newRow("east") << u"2026-11-21 03:30:01.5+05:30"_s << true << qint64{1'795'212'001'500'000};
        QTest::newRow("west") << u"2026-11-20 18:30:01.5-03:30"_s << true << qint64{1'795'212'001'500'000};
        QTest::newRow("local mean time") << u"1900-01-01 00:19:32+00:19:32"_s << true << qint64{-2'208'988'800'000'000};
        QTest::newRow("no offset") << u"1970-01-01 00:00:00"_s << true << qint64{0};
        QTest::newRow("micros") << u"1969-12-31 23:59:59.999999+00"_s << true << qint64{-1};
        QTest::newRow("leap day") << u"2000-02-29 00:00:00+00"_s << true << qint64{951'782'400'000'000};
        QTest::newRow("before Christ") << u"0001-12-31 00:00:00+00 BC"_s << true << qint64{-62'135'683'200'000'000};
        QTest::newRow("last") << u"294276-12-31 23:59:59.999999+00"_s << false << qint64{0};
        QTest::newRow("far") << u"99999-01-01 00:00:00+00"_s << true << qint64{3'093'496'444'800'000'000};
        QTest::newRow("infinity") << u"infinity"_s << false << qint64{0};
        QTest::newRow("German style") << u"20.11.2026 22:00:00"_s << false << qint64{0};
        QTest::newRow("empty") << u""_s << false << qint64{0};
        QTest::newRow("rest") << u"2026-11-20 22:00:00+00 x"_s << false << qint64{0};
    }

    void readsTimestamps() {
        QFETCH(QString, text);
        QFETCH(bool, good);
        QFETCH(qint64, micros);
        const auto value = pg::textvalue::parseTimestamp(text.toStdString());
        QCOMPARE(value.has_value(), good);
        if (good) {
            QCOMPARE(value->time_since_epoch().count(), micros);
            QCOMPARE(pg::textvalue::parseTimestamp(pg::textvalue::format(*value)), value);
        }
    }

    void readsIntervals_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("good");
        QTest::addColumn<qint64>("micros");
        QTest::newRow("seconds") << u"12.25"_s << true << qint64{12'250'000};
        QTest::newRow("negative seconds") << u"-0.000001"_s << true << qint64{-1};
        QTest::newRow("clock") << u"00:00:05.000001"_s << true << qint64{5'000'001};
        QTest::newRow("many hours") << u"-100:00:01"_s << true << qint64{-360'001'000'000};
        QTest::newRow("days") << u"1 day 02:00:00"_s << true << qint64{93'600'000'000};
        QTest::newRow("mixed signs") << u"-1 days +02:03:00"_s << true << qint64{-79'020'000'000};
        QTest::newRow("months") << u"1 mon"_s << true << qint64{2'592'000'000'000};
        QTest::newRow("years") << u"1 year 2 mons 3 days"_s << true << qint64{31'557'600'000'000 + 63 * 86'400'000'000};
        QTest::newRow("empty") << u""_s << false << qint64{0};
        QTest::newRow("too long") << u"9223372036855"_s << false << qint64{0};
        QTest::newRow("words") << u"a while"_s << false << qint64{0};
        QTest::newRow("unit missing") << u"3 "_s << false << qint64{0};
        QTest::newRow("iso") << u"P1D"_s << false << qint64{0};
    }

    void readsIntervals() {
        QFETCH(QString, text);
        QFETCH(bool, good);
        QFETCH(qint64, micros);
        const auto value = pg::textvalue::parseInterval(text.toStdString());
        QCOMPARE(value.has_value(), good);
        if (good) {
            QCOMPARE(value->count(), micros);
            QCOMPARE(pg::textvalue::parseInterval(pg::textvalue::format(*value)), value);
        }
    }

    void readsArrays() {
        using pg::textvalue::Array;
        using pg::textvalue::parseArray;
        QCOMPARE(parseArray("{}"), Array{});
        QCOMPARE(parseArray("{1,2}").value(), (Array{"1", "2"}));
        QCOMPARE(parseArray("{NULL,\"NULL\",\"\"}").value(), (Array{std::nullopt, "NULL", ""}));
        QCOMPARE(parseArray("{\"a,b\",\"c\\\"d\\\\e\",\"{f}\"}").value(), (Array{"a,b", "c\"d\\e", "{f}"}));
        QCOMPARE(parseArray("[0:1]={x,y}").value(), (Array{"x", "y"}));
        for (const char* bad :
             {"", "{", "}", "{{1,2},{3,4}}", "{1,}", "{,1}", "{\"a}", "{\"a\"b}", "{a\\", "1,2", "[0:1"}) {
            QVERIFY2(!parseArray(bad), bad);
        }
    }

    void readsNumbersExactly() {
        using namespace pg::textvalue;
        QCOMPARE(parseInteger("9223372036854775807").value(), std::numeric_limits<std::int64_t>::max());
        QCOMPARE(parseInteger("-9223372036854775808").value(), std::numeric_limits<std::int64_t>::min());
        for (const char* bad : {"9223372036854775808", "1.0", "", " 1", "1 ", "0x1", "NaN"}) {
            QVERIFY2(!parseInteger(bad), bad);
        }
        QCOMPARE(parseDouble("1.5e-3").value(), 1.5e-3);
        QVERIFY(std::isnan(parseDouble("NaN").value()));
        QVERIFY(std::isinf(parseDouble("-Infinity").value()));
        QVERIFY(!parseDouble("1,5"));
        QCOMPARE(format(0.1), "0.1");
        QVERIFY(parseBool("t").value() && !parseBool("f").value() && !parseBool("yes"));
    }

    void lengthsBeyondTheClockMeanNever() {
        QVERIFY(pg::after(std::chrono::milliseconds::max()) == pg::Deadline::max());
        QVERIFY(pg::after(std::chrono::hours(1)) > pg::Clock::now());
    }

    void understandsTransactionWords() {
        using pg::transaction::Verb;
        using pg::transaction::verbOf;
        const std::pair<const char*, Verb> cases[] = {
            {"begin isolation level repeatable read", Verb::Begin},
            {"START TRANSACTION", Verb::Begin},
            {" -- why\n /* a /* b */ */ Commit;", Verb::Commit},
            {"end", Verb::Commit},
            {"prepare transaction 'x'", Verb::Commit},
            {"commit prepared 'x'", Verb::Other},
            {"rollback prepared 'x'", Verb::Other},
            {"rollback", Verb::Rollback},
            {"ABORT work", Verb::Rollback},
            {"rollback to savepoint a", Verb::Neutral},
            {"rollback transaction to a", Verb::Neutral},
            {"set local lock_timeout = 1", Verb::Neutral},
            {"select 1", Verb::Other},
            {"settle", Verb::Other},
            {"(select 1)", Verb::Other},
            {"", Verb::Other},
        };
        for (const auto& [sql, verb] : cases) {
            QVERIFY2(verbOf(sql) == verb, sql);
        }
    }

    void saysWhatMayHaveBeenCommitted_data() {
        // Each step: verb (b c r n o), then how it was answered (- not, + done, ! failed, s skipped); "|" ends a group.
        QTest::addColumn<QString>("start");
        QTest::addColumn<QString>("steps");
        QTest::addColumn<bool>("may");
        QTest::newRow("autocommit") << u"idle"_s << u"o-|"_s << true;
        QTest::newRow("autocommit answered, not synced") << u"idle"_s << u"o+|"_s << true;
        QTest::newRow("autocommit refused") << u"idle"_s << u"o!|"_s << false;
        QTest::newRow("in a block") << u"in"_s << u"o-|"_s << false;
        QTest::newRow("commit") << u"in"_s << u"c-|"_s << true;
        QTest::newRow("commit refused") << u"in"_s << u"c!|"_s << false;
        QTest::newRow("commit of a failed transaction") << u"failed"_s << u"c-|"_s << false;
        QTest::newRow("whole transaction") << u"idle"_s << u"b- o- c-|"_s << true;
        QTest::newRow("without commit") << u"idle"_s << u"b- n- o- o-|"_s << false;
        QTest::newRow("rolled back") << u"idle"_s << u"b- o- r-|"_s << false;
        QTest::newRow("error before commit") << u"idle"_s << u"b+ o! c-|"_s << false; // it will be skipped
        QTest::newRow("commit skipped") << u"idle"_s << u"b+ o! cs|"_s << false;
        QTest::newRow("error, commit in the next group") << u"idle"_s << u"b+ o!| c-|"_s << false;
        QTest::newRow("saved by a savepoint") << u"idle"_s << u"b+ n+ o!| n- c-|"_s << true;
        QTest::newRow("failed commit, then autocommit") << u"in"_s << u"c!| o-|"_s << true;
        QTest::newRow("settings") << u"idle"_s << u"n-|"_s << false;
        QTest::newRow("begin takes the work before it") << u"idle"_s << u"o- b- o-|"_s << false;
        QTest::newRow("later step refused") << u"idle"_s << u"o+ o!|"_s << false;
        QTest::newRow("one of two groups done") << u"idle"_s << u"o+| o!|"_s << true;
        QTest::newRow("after a rollback") << u"in"_s << u"r- o-|"_s << true;
        QTest::newRow("nothing") << u"idle"_s << u""_s << false;
    }

    void saysWhatMayHaveBeenCommitted() {
        using namespace pg::transaction;
        QFETCH(QString, start);
        QFETCH(QString, steps);
        QFETCH(bool, may);
        std::vector<Step> list;
        for (const QChar c : steps) {
            switch (c.toLatin1()) {
            case 'b':
                list.push_back({Verb::Begin});
                break;
            case 'c':
                list.push_back({Verb::Commit});
                break;
            case 'r':
                list.push_back({Verb::Rollback});
                break;
            case 'n':
                list.push_back({Verb::Neutral});
                break;
            case 'o':
                list.push_back({Verb::Other});
                break;
            case '+':
                list.back().answer = Answer::Done;
                break;
            case '!':
                list.back().answer = Answer::Failed;
                break;
            case 's':
                list.back().answer = Answer::Skipped;
                break;
            case '|':
                list.back().sync = true;
                break;
            default:
                break;
            }
        }
        const auto status = start == u"in"_s       ? pg::TransactionStatus::InTransaction
                            : start == u"failed"_s ? pg::TransactionStatus::InFailedTransaction
                                                   : pg::TransactionStatus::Idle;
        QCOMPARE(mayHaveCommitted(status, list), may);
    }

    void scriptsAreJudgedByTheirWords() {
        using pg::TransactionStatus;
        using pg::transaction::scriptMayCommit;
        QVERIFY(scriptMayCommit(TransactionStatus::Idle, "create table t ()"));
        QVERIFY(!scriptMayCommit(TransactionStatus::InTransaction, "create table t ()"));
        QVERIFY(scriptMayCommit(TransactionStatus::InTransaction, "create table t (); COMMIT"));
        QVERIFY(scriptMayCommit(TransactionStatus::InFailedTransaction, "rollback; create table t ()"));
        QVERIFY(!scriptMayCommit(TransactionStatus::InTransaction, "create table committed ()"));
    }

    void readsRefusals() {
        const auto wrong = pg::parseConnectMessage("connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  "
                                                   "28P01: password authentication failed for "
                                                   "user \"x\"\nLOCATION:  auth_failed, auth.c:338");
        QCOMPARE(wrong.sqlState, "28P01");
        QCOMPARE(wrong.message, "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  password "
                                "authentication failed for user \"x\"");
        const auto local =
            pg::parseConnectMessage("could not translate host name \"x\" to address: Name or service not known");
        QVERIFY(local.sqlState.empty());
        QVERIFY(local.severity.empty());
    }

    void failureIsOneLine() {
        auto failure = pg::Error::of(ErrorKind::Server, "first\nsecond").failure();
        failure.diagnostics.sqlState = "22012";
        QCOMPARE(failure.text(), "first second (SQLSTATE 22012)");
        QVERIFY(!pg::Failure().text().empty());
    }
};

QTEST_GUILESS_MAIN(TestValues)
#include "tst_values.moc"
