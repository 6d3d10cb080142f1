// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/expect.h"
#include "support/testserver.h"

#include <QTest>

#include <limits>
#include <random>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using pg::after;
using pg::Connection;
using pg::Effect;
using pg::ErrorKind;
using pg::Params;
using pg::Row;
using pg::Timestamp;
using support::failureOf;
using support::number;
using support::qt;
using support::TestDatabase;
using support::TestServer;

namespace {

// Waits until the server shows a session in this state; false when it never does.
bool seen(const std::string& condition) {
    auto observer = Connection::open(TestServer::shared().info());
    return QTest::qWaitFor(
        [&] { return number(observer, "select count(*) from pg_stat_activity where " + condition) > 0; }, 10'000);
}

} // namespace

class TestConnection : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { m_database = std::make_unique<TestDatabase>(); }

    void cleanupTestCase() { m_database.reset(); }

    void countsWhatGoesOverIt() {
        auto connection = m_database->connect();
        connection.takeTraffic();
        connection.execute({"select 'twelve bytes'", {}});
        pg::Traffic traffic = connection.takeTraffic();
        QCOMPARE(traffic.roundTrips, 1);
        QCOMPARE(traffic.statements, 1);
        QCOMPARE(traffic.bytes, 12);
        QVERIFY(traffic.waited.count() > 0);
        QCOMPARE(traffic.longest, traffic.waited);
        QCOMPARE(traffic.measuredRoundTrips, 0);
        QCOMPARE(connection.takeTraffic(), pg::Traffic());

        // A pipeline is one round trip; what fails was asked too.
        const std::vector<pg::PipelineStep> steps = {
            {{"select 1", {}}, true}, {{"select no", {}}, true}, {{"select 3", {}}}};
        connection.pipeline(steps, after(10s));
        connection.countMeasured(3ms);
        QVERIFY_EXCEPTION_THROWN(connection.execute({"select 1/0", {}}), pg::Error);
        connection.stream(
            {"select generate_series(1, 9)", {}}, [](const Row&) { return true; }, after(10s));
        connection.executeScript("select 1; select 22", after(10s));
        traffic = connection.takeTraffic();
        QCOMPARE(traffic.roundTrips, 4);
        QCOMPARE(traffic.statements, 6);
        QCOMPARE(traffic.bytes, 2 + 9 + 3);
        QVERIFY(traffic.longest < traffic.waited);
        QCOMPARE(traffic.measuredRoundTrips, 1);
        QCOMPARE(traffic.measured.count(), 3'000);
        // Waiting for news sends nothing.
        connection.waitForNotifications(after(1ms));
        QCOMPARE(connection.takeTraffic(), pg::Traffic());
    }

    void knowsItsServer() {
        auto connection = m_database->connect();
        QVERIFY(connection.isOpen());
        QCOMPARE(number(connection, "select pg_backend_pid()"), connection.backendPid());
        QVERIFY(connection.serverVersion() >= 140000);
        QCOMPARE(connection.database(), m_database->name());
        QCOMPARE(connection.user(), "postgres");
        QCOMPARE(connection.port(), TestServer::shared().port());
        QCOMPARE(connection.parameter("client_encoding"), "UTF8");
        QCOMPARE(connection.parameter("no such thing"), "");
        QVERIFY(!connection.usesTls());
        QVERIFY(!connection.neededPassword());
        QVERIFY(connection.native() != nullptr);
        auto moved = std::move(connection);
        QCOMPARE(number(moved, "select 1"), 1);
        moved.close();
        QVERIFY(!moved.isOpen());
        const auto failure = failureOf([&] { number(moved, "select 1"); });
        QCOMPARE(failure.kind, ErrorKind::Usage);
        QCOMPARE(failure.effect, Effect::None);
        QVERIFY(moved.native() == nullptr);
    }

    // Behind a pooler anything else in the start-up packet is refused or leaks into other clients' sessions.
    void setsNothingInTheSession() {
        auto connection = m_database->connect();
        QCOMPARE(number(connection, "select count(*) from pg_settings where source = 'client' and name not in "
                                    "('application_name', 'client_encoding')"),
                 0);
    }

    void decodesEveryType() {
        auto connection = m_database->connect();
        const auto result = connection.execute(
            {"select true as b, -5::int4 as i, 9223372036854775807::int8 as l, 0.1::float8 as d, 'x'::text as s, "
             "'2026-11-20 22:00:00+00'::timestamptz as t, '1 day 00:00:01.5'::interval as v, "
             "array['a', null, 'c,\"d\"'] as a, array[1, 9223372036854775807] as n, null::int4 as nothing, "
             "'infinity'::timestamptz as never",
             {}});
        const Row row = result.row(0);
        QCOMPARE(row.get<bool>("b"), true);
        QCOMPARE(row.get<std::int32_t>("i"), -5);
        QCOMPARE(row.get<std::int64_t>("l"), std::numeric_limits<std::int64_t>::max());
        QCOMPARE(row.get<double>("d"), 0.1);
        QCOMPARE(row.get<std::string>("s"), "x");
        QCOMPARE(row.get<std::string_view>("s"), "x");
        QCOMPARE(row.get<Timestamp>("t").time_since_epoch().count(), 1'795'212'000'000'000);
        QCOMPARE(row.get<pg::Interval>("v"), pg::Interval(24h + 1500ms));
        QCOMPARE(row.get<std::vector<std::optional<std::string>>>("a"),
                 (std::vector<std::optional<std::string>>{"a", std::nullopt, "c,\"d\""}));
        QCOMPARE(row.get<std::vector<std::int64_t>>("n"),
                 (std::vector<std::int64_t>{1, std::numeric_limits<std::int64_t>::max()}));
        QCOMPARE(row.get<std::optional<std::int32_t>>("nothing"), std::nullopt);
        QCOMPARE(row.get<std::optional<std::int32_t>>("i"), std::optional(-5));
        QCOMPARE(row.text(result.columnIndex("nothing")), "");
        QVERIFY(row.isNull(result.columnIndex("nothing")));
        QCOMPARE(result.columnName(0), "b");
        QCOMPARE(result.findColumn("none"), std::nullopt);
        QCOMPARE(result.commandTag(), "SELECT 1");
        QVERIFY(result.byteCount() > 100);

        for (const auto& failure : {
                 failureOf([&] { row.get<std::int32_t>("nothing"); }),
                 failureOf([&] { row.get<std::int32_t>("l"); }),
                 failureOf([&] { row.get<bool>("i"); }),
                 failureOf([&] { row.get<Timestamp>("s"); }),
                 failureOf([&] { row.get<std::vector<std::int64_t>>("a"); }),
                 failureOf([&] { row.get<bool>("missing"); }),
                 failureOf([&] { row.get<bool>(99); }),
                 failureOf([&] { result.row(1).get<bool>(0); }),
             }) {
            QCOMPARE(failure.kind, ErrorKind::Decode);
        }
        const auto infinite = failureOf([&] { row.get<Timestamp>("never"); });
        QVERIFY2(qt(infinite.text()).contains(u"finite"_s), infinite.text().c_str());
        QCOMPARE(pg::Result().rowCount(), 0);
        QCOMPARE(pg::Result().affectedRows(), 0);
    }

    // The server is the reference for both directions.
    void timesAgreeWithTheServer() {
        auto connection = m_database->connect();
        std::mt19937_64 random(20261120);
        std::uniform_int_distribution<std::int64_t> instants(-200'000'000'000'000'000, 200'000'000'000'000'000);
        const char* const zones[] = {"UTC", "Asia/Kolkata", "America/St_Johns", "Europe/Amsterdam",
                                     "Pacific/Kiritimati"};
        for (int i = 0; i < 500; ++i) {
            const Timestamp instant{std::chrono::microseconds(instants(random))};
            const pg::Interval length{instants(random) / 100};
            const std::vector<pg::PipelineStep> steps{
                {{"begin", {}}},
                {{std::string("set local timezone = '") + zones[i % 5] + "'", {}}},
                {{"select $1::timestamptz, extract(epoch from $1::timestamptz)::numeric * 1000000, $2::interval, "
                  "extract(epoch from $2::interval)::numeric * 1000000",
                  Params::of(instant, length)}},
                {{"rollback", {}}, true}};
            const auto answers = connection.pipeline(steps, after(10s));
            const auto* result = std::get_if<pg::Result>(&answers[2]);
            QVERIFY(result != nullptr);
            const Row row = result->row(0);
            QCOMPARE(row.get<Timestamp>(0), instant);
            QCOMPARE(row.get<double>(1), static_cast<double>(instant.time_since_epoch().count()));
            QCOMPARE(row.get<pg::Interval>(2), length);
            QCOMPARE(row.get<double>(3), static_cast<double>(length.count()));
        }
    }

    void displayedStatementMeansTheSame() {
        auto connection = m_database->connect();
        const std::vector<std::optional<std::string>> texts{"a\\b", std::nullopt, "c'd\"e"};
        Params params;
        params.add("it's \\ \x1b \n ü \u202e").add(std::numeric_limits<std::int64_t>::min()).add(texts);
        params.add(pg::Interval(-90s)).add(std::nullopt);
        const pg::Statement statement{"select $1::text, $2::int8, $3::text[], $4::interval, $5::text", params};
        const auto asRun = connection.execute(statement);
        const auto asShown = connection.execute({statement.display(), {}});
        for (int column = 0; column < asRun.columnCount(); ++column) {
            QCOMPARE(asShown.text(0, column), asRun.text(0, column));
        }
        QVERIFY(asShown.isNull(0, 4));
    }

    void carriesOddAndHugeValues() {
        auto connection = m_database->connect();
        const std::string huge = std::string(5'000'000, 'x') + "\xC3\xBC" + std::string(5'000'000, '\'');
        for (const std::string& value : {std::string(), std::string("\x01\x1f\x7f\r\n\t"), std::string("\"'\\$1;--"),
                                         std::string("\u202e\u05e9\u05dc\u05d5\u05dd \U0001F600"), huge}) {
            const auto result =
                connection.execute({"select $1::text, length($1::text)", Params::of(value)}, after(20s));
            QVERIFY(result.text(0, 0) == value);
            QVERIFY(!result.isNull(0, 0));
        }
        const auto zero = failureOf([&] {
            connection.execute({"select $1::text", Params::of(std::string_view("a\0b", 3))});
        });
        QCOMPARE(zero.kind, ErrorKind::Usage);
        QVERIFY(qt(zero.text()).contains(u"$1"_s));
        QCOMPARE(failureOf([&] { connection.execute({std::string("select 1\0", 9), {}}); }).kind, ErrorKind::Usage);
        Params many;
        for (int i = 0; i < 70'000; ++i) {
            many.add(i);
        }
        QCOMPARE(failureOf([&] { connection.execute({"select 1", many}); }).kind, ErrorKind::Usage);
        QCOMPARE(number(connection, "select 1"), 1);
    }

    void tellsWhatTheServerSaid() {
        auto connection = m_database->connect();
        connection.executeScript(
            "create table keyed (k int constraint only_once primary key); insert into keyed values (1)", after(5s));
        const auto failure = failureOf([&] { connection.execute({"insert into keyed values (1)", {}}); });
        QCOMPARE(failure.kind, ErrorKind::Server);
        QCOMPARE(failure.effect, Effect::None);
        QCOMPARE(failure.diagnostics.severity, "ERROR");
        QCOMPARE(failure.diagnostics.sqlState, "23505");
        QCOMPARE(failure.diagnostics.constraint, "only_once");
        QCOMPARE(failure.diagnostics.table, "keyed");
        QCOMPARE(failure.diagnostics.schema, "public");
        QVERIFY(qt(failure.diagnostics.detail).contains(u"(k)=(1)"_s));
        QCOMPARE(failure.statement, "insert into keyed values (1)");
        const auto raised = failureOf([&] {
            connection.execute({"do $$ begin raise exception 'no' using hint = 'try', errcode = 'ZZ001'; end $$", {}});
        });
        QCOMPARE(raised.diagnostics.hint, "try");
        QCOMPARE(raised.diagnostics.sqlState, "ZZ001");
        QVERIFY(!raised.diagnostics.context.empty());
        QCOMPARE(connection.execute({"insert into keyed select generate_series(2, 4)", {}}).affectedRows(), 3);
    }

    void transactionsAreSeen() {
        auto connection = m_database->connect();
        using pg::TransactionStatus;
        QCOMPARE(connection.transactionStatus(), TransactionStatus::Idle);
        connection.execute({"begin", {}});
        QCOMPARE(connection.transactionStatus(), TransactionStatus::InTransaction);
        failureOf([&] { connection.execute({"select 1/0", {}}); });
        QCOMPARE(connection.transactionStatus(), TransactionStatus::InFailedTransaction);
        connection.rollback(after(5s));
        QCOMPARE(connection.transactionStatus(), TransactionStatus::Idle);
        connection.rollback(after(5s));
    }

    void scriptIsOneTransaction() {
        auto connection = m_database->connect();
        const auto failure =
            failureOf([&] { connection.executeScript("create table half (i int); select 1/0; select x", after(5s)); });
        QCOMPARE(failure.diagnostics.sqlState, "22012"); // the first error
        QVERIFY(connection.execute({"select to_regclass('half')", {}}).isNull(0, 0));
        QCOMPARE(connection.executeScript("select 1; select 2", after(5s)).row(0).get<std::int32_t>(0), 2);
        QCOMPARE(connection.executeScript("", after(5s)).rowCount(), 0);
    }

    void pipelineIsolatesItsGroups() {
        auto connection = m_database->connect();
        connection.execute({"create table piped (i int)", {}});
        const std::vector<pg::PipelineStep> steps{{{"insert into piped values ($1)", Params::of(1)}, true},
                                                  {{"insert into piped values (2)", {}}},
                                                  {{"select 1/0", {}}},
                                                  {{"insert into piped values (3)", {}}, true},
                                                  {{"select count(*) from piped", {}}}};
        const auto answers = connection.pipeline(steps, after(5s));
        QCOMPARE(answers.size(), steps.size());
        QCOMPARE(std::get<pg::Result>(answers[0]).affectedRows(), 1);
        QVERIFY(std::holds_alternative<pg::Result>(answers[1])); // answered, then rolled back with its group
        QCOMPARE(std::get<pg::Failure>(answers[2]).diagnostics.sqlState, "22012");
        QCOMPARE(std::get<pg::Failure>(answers[2]).statement, "select 1/0");
        QVERIFY(std::holds_alternative<pg::Skipped>(answers[3]));
        QCOMPARE(std::get<pg::Result>(answers[4]).row(0).get<std::int64_t>(0), 1);
        QVERIFY(connection.pipeline({}, after(1s)).empty());
        QCOMPARE(number(connection, "select 1"), 1); // out of pipeline mode again
    }

    // What only fails when the group's transaction ends comes after the last step was answered.
    void pipelineSeesLateErrors() {
        auto connection = m_database->connect();
        connection.executeScript("create table late (k int unique deferrable initially deferred)", after(5s));
        const std::vector<pg::PipelineStep> steps{{{"insert into late values (1), (1)", {}}, true},
                                                  {{"select count(*) from late", {}}, true}};
        const auto answers = connection.pipeline(steps, after(5s));
        QCOMPARE(std::get<pg::Failure>(answers[0]).diagnostics.sqlState, "23505");
        QCOMPARE(std::get<pg::Result>(answers[1]).row(0).get<std::int64_t>(0), 0);
        const auto alone = failureOf([&] { connection.execute({"insert into late values (2), (2)", {}}); });
        QCOMPARE(alone.diagnostics.sqlState, "23505");
        const std::vector<pg::PipelineStep> block{
            {{"begin", {}}}, {{"insert into late values (3), (3)", {}}}, {{"commit", {}}, true}};
        QCOMPARE(std::get<pg::Failure>(connection.pipeline(block, after(5s))[2]).diagnostics.sqlState, "23505");
        QCOMPARE(connection.transactionStatus(), pg::TransactionStatus::Idle);
    }

    // Far more than the socket's buffers hold in both directions: who only writes would wait for ever.
    void bigPipelineDoesNotLockUp() {
        auto connection = m_database->connect();
        const std::string bulk(2'000, 'y');
        std::vector<pg::PipelineStep> steps(5'000, {{"select $1::text", Params::of(bulk)}, false});
        for (std::size_t i = 0; i < steps.size(); i += 100) {
            steps[i].sync = true;
        }
        const auto answers = connection.pipeline(steps, after(60s));
        for (const auto& answer : answers) {
            QVERIFY(std::holds_alternative<pg::Result>(answer));
            QVERIFY(std::get<pg::Result>(answer).text(0, 0) == bulk);
        }
    }

    void pipelineDeadline() {
        auto connection = m_database->connect();
        const std::vector<pg::PipelineStep> steps{
            {{"select pg_sleep(20)", {}}}, {{"select 1", {}}, true}, {{"select 2", {}}}};
        const auto answers = connection.pipeline(steps, after(200ms));
        QCOMPARE(std::get<pg::Failure>(answers[0]).kind, ErrorKind::Timeout);
        QVERIFY(std::holds_alternative<pg::Skipped>(answers[1]));
        QCOMPARE(std::get<pg::Result>(answers[2]).row(0).get<std::int32_t>(0), 2);
    }

    void commandsOutOfPlace() {
        auto connection = m_database->connect();
        connection.execute({"create table copied (i int)", {}});
        QCOMPARE(failureOf([&] { connection.execute({"copy copied from stdin", {}}); }).kind, ErrorKind::Usage);
        QCOMPARE(number(connection, "select 1"), 1);
        QCOMPARE(failureOf([&] {
                     connection.copyIn(
                         "select 1", [](std::string&) { return false; }, after(5s));
                 }).kind,
                 ErrorKind::Usage);
        QCOMPARE(failureOf([&] {
                     connection.copyIn(
                         "copy nowhere from stdin", [](std::string&) { return false; }, after(5s));
                 }).diagnostics.sqlState,
                 "42P01");
        QCOMPARE(number(connection, "select 1"), 1);
        const auto copyOut = failureOf([&] { connection.execute({"copy copied to stdout", {}}); });
        QCOMPARE(copyOut.kind, ErrorKind::Usage);
        QVERIFY(!connection.isOpen());
        auto second = m_database->connect();
        const std::vector<pg::PipelineStep> steps{{{"copy copied from stdin", {}}}};
        QCOMPARE(failureOf([&] { second.pipeline(steps, after(5s)); }).effect, Effect::Unknown);
        QVERIFY(!second.isOpen());
    }

    void streamsManyRows() {
        auto connection = m_database->connect();
        std::int64_t rows = 0;
        std::int64_t sum = 0;
        connection.stream(
            {"select g, repeat('x', 100) from generate_series(1, $1::int) g", Params::of(100'000)},
            [&](const Row& row) {
                ++rows;
                sum += row.get<std::int64_t>(0);
                return true;
            },
            after(60s));
        QCOMPARE(rows, 100'000);
        QCOMPARE(sum, 5'000'050'000);
    }

    void streamEndsEarly() {
        auto connection = m_database->connect();
        const pg::Statement endless{"select generate_series(1, 100000000)", {}};
        int rows = 0;
        connection.stream(
            endless, [&](const Row&) { return ++rows < 10; }, after(30s));
        QCOMPARE(rows, 10);
        QVERIFY_THROWS_EXCEPTION(
            std::runtime_error, connection.stream(
                                    endless, [](const Row&) -> bool { throw std::runtime_error("mine"); }, after(30s)));
        QCOMPARE(failureOf([&] {
                     connection.stream(
                         endless, [](const Row&) { return true; }, after(200ms));
                 }).kind,
                 ErrorKind::Timeout);
        rows = 0;
        const auto late = failureOf([&] {
            connection.stream(
                {"select 1 / (1000 - generate_series(1, 2000))", {}}, [&](const Row&) { return ++rows > 0; },
                after(10s));
        });
        QCOMPARE(late.diagnostics.sqlState, "22012");
        QVERIFY(rows > 0);
        QCOMPARE(number(connection, "select 1"), 1);
    }

    void copiesManyRows() {
        auto connection = m_database->connect();
        connection.execute({"create table bulk (i int, t text)", {}});
        int next = 0;
        const auto copied = connection.copyIn(
            "copy bulk from stdin",
            [&next](std::string& buffer) {
                for (int i = 0; i < 1'000; ++i) {
                    buffer += std::to_string(next++) + "\tsome text\n";
                }
                return next < 300'000;
            },
            after(60s));
        QCOMPARE(copied, 300'000);
        QCOMPARE(number(connection, "select count(*) from bulk"), 300'000);
        QCOMPARE(connection.copyIn(
                     "copy bulk from stdin", [](std::string&) { return false; }, after(5s)),
                 0);
        QVERIFY_THROWS_EXCEPTION(
            std::runtime_error,
            connection.copyIn(
                "copy bulk from stdin", [](std::string&) -> bool { throw std::runtime_error("mine"); }, after(5s)));
        const auto bad = failureOf([&] {
            connection.copyIn(
                "copy bulk from stdin",
                [](std::string& b) {
                    b = "not a number\tx\n";
                    return false;
                },
                after(5s));
        });
        QCOMPARE(bad.diagnostics.sqlState, "22P02");
        const auto endless = failureOf([&] {
            connection.copyIn(
                "copy bulk from stdin",
                [](std::string& b) {
                    b = "1\tx\n";
                    return true;
                },
                after(300ms));
        });
        QCOMPARE(endless.kind, ErrorKind::Timeout);
        QCOMPARE(endless.effect, Effect::None);
        QCOMPARE(number(connection, "select count(*) from bulk"), 300'000);
    }

    void deadlineCancelsOnTheServer() {
        auto connection = m_database->connect();
        const auto began = pg::Clock::now();
        const auto failure = failureOf([&] { connection.execute({"select pg_sleep(30)", {}}, after(200ms)); });
        QVERIFY(pg::Clock::now() - began < 5s);
        QCOMPARE(failure.kind, ErrorKind::Timeout);
        QCOMPARE(failure.effect, Effect::None);
        QCOMPARE(failure.diagnostics.sqlState, "57014");
        for (int i = 0; i < 100; ++i) { // the cancel must not hit what comes after it
            QCOMPARE(number(connection, "select 1"), 1);
        }
        const auto past = failureOf([&] { connection.execute({"select 1", {}}, pg::Clock::now() - 1s); });
        QCOMPARE(past.kind, ErrorKind::Timeout);
        QCOMPARE(past.effect, Effect::None);
        const auto servers = failureOf([&] {
            connection.executeScript("begin; set local statement_timeout = '50ms'; select pg_sleep(10); commit",
                                     after(10s));
        });
        QCOMPARE(servers.kind, ErrorKind::Server); // the same SQLSTATE, but not our doing
        QCOMPARE(servers.diagnostics.sqlState, "57014");
    }

    void interruptEndsAnyWait() {
        Connection::Options options;
        options.interrupt = std::make_shared<pg::Interrupt>();
        auto connection = m_database->connect(options);
        const auto raiseLater = [&] {
            return std::thread([interrupt = options.interrupt, pid = connection.backendPid()] {
                seen("state = 'active' and wait_event = 'PgSleep' and pid = " + std::to_string(pid));
                interrupt->raise();
            });
        };
        auto other = raiseLater();
        const auto failure = failureOf([&] { connection.execute({"select pg_sleep(30)", {}}, after(20s)); });
        other.join();
        QCOMPARE(failure.kind, ErrorKind::Cancelled);
        QCOMPARE(failure.effect, Effect::None);
        QCOMPARE(failureOf([&] { number(connection, "select 1"); }).kind, ErrorKind::Cancelled); // sticky
        QCOMPARE(connection.waitForNotifications(after(20s)), 0);
        QCOMPARE(failureOf([&] { m_database->connect(options); }).kind, ErrorKind::Cancelled);
        options.interrupt->reset();
        QCOMPARE(number(connection, "select 1"), 1);
        QVERIFY(!options.interrupt->raised());

        std::thread aborting([interrupt = options.interrupt, pid = connection.backendPid()] {
            seen("state = 'active' and wait_event = 'PgSleep' and pid = " + std::to_string(pid));
            interrupt->abort();
        });
        const auto aborted = failureOf([&] { connection.execute({"select pg_sleep(30)", {}}, after(20s)); });
        aborting.join();
        QCOMPARE(aborted.kind, ErrorKind::Cancelled);
        QVERIFY(!connection.isOpen());
        QCOMPARE(failureOf([&] { number(connection, "select 1"); }).kind, ErrorKind::ConnectionLost);
    }

    void cancellerWorksFromAnotherThread() {
        auto connection = m_database->connect();
        const auto canceller = connection.canceller();
        std::thread other([&canceller, pid = connection.backendPid()] {
            seen("state = 'active' and wait_event = 'PgSleep' and pid = " + std::to_string(pid));
            std::string problem;
            QVERIFY2(canceller.request(&problem), problem.c_str());
        });
        const auto failure = failureOf([&] { connection.execute({"select pg_sleep(30)", {}}, after(20s)); });
        other.join();
        QCOMPARE(failure.kind, ErrorKind::Cancelled);
        QCOMPARE(failure.effect, Effect::None);
        connection.close();
        std::string problem;
        QVERIFY(!canceller.request(&problem));
        QVERIFY(!problem.empty());
        QVERIFY(!pg::Canceller().request());
    }

    void notices() {
        std::vector<pg::Notice> heard;
        Connection::Options options;
        options.onNotice = [&heard](const pg::Notice& notice) {
            heard.push_back(notice);
            throw std::runtime_error("dropped");
        };
        auto connection = m_database->connect(options);
        connection.execute({"do $$ begin raise warning 'careful' using detail = 'why', hint = 'how'; end $$", {}});
        QCOMPARE(heard.size(), 1U);
        QCOMPARE(heard[0].severity, "WARNING");
        QCOMPARE(heard[0].message, "careful");
        QCOMPARE(heard[0].detail, "why");
        QCOMPARE(heard[0].hint, "how");
    }

    void callbacksMustNotUseTheConnection() {
        Connection* self = nullptr;
        std::optional<ErrorKind> kind;
        Connection::Options options;
        options.onNotice = [&](const pg::Notice&) { kind = failureOf([&] { self->execute({"select 1", {}}); }).kind; };
        auto connection = m_database->connect(options);
        self = &connection;
        connection.execute({"do $$ begin raise notice 'x'; end $$", {}});
        QCOMPARE(kind, std::optional(ErrorKind::Usage));
        QCOMPARE(number(connection, "select 1"), 1);
    }

    void notifications() {
        std::vector<pg::Notification> heard;
        Connection::Options options;
        options.onNotification = [&heard](const pg::Notification& notification) {
            heard.push_back(notification);
            throw 1; // NOLINT(hicpp-exception-baseclass): whatever it is, it must not get out
        };
        auto listener = m_database->connect(options);
        auto sender = m_database->connect();
        const std::string channel = "odd \"channel\" ü";
        listener.listen(channel, after(5s));
        sender.execute({"select pg_notify($1, $2)", Params::of(channel, "hello")});
        QCOMPARE(listener.waitForNotifications(after(10s)), 1);
        QCOMPARE(heard.size(), 1U);
        QCOMPARE(heard[0].channel, channel);
        QCOMPARE(heard[0].payload, "hello");
        QCOMPARE(heard[0].senderPid, sender.backendPid());
        QCOMPARE(listener.waitForNotifications(after(50ms)), 0);
        // What comes along with an answer is told as well.
        sender.execute({"select pg_notify($1, '')", Params::of(channel)});
        QVERIFY(QTest::qWaitFor([&] { return number(listener, "select 1") == 1 && heard.size() == 2; }));
        listener.unlisten(channel, after(5s));
        sender.execute({"select pg_notify($1, '')", Params::of(channel)});
        QCOMPARE(listener.waitForNotifications(after(100ms)), 0);
        QCOMPARE(failureOf([&] { listener.listen(std::string(64, 'x'), after(5s)); }).kind, ErrorKind::Usage);
        QCOMPARE(failureOf([&] { listener.listen("", after(5s)); }).kind, ErrorKind::Server);
    }

    /// An interrupt that comes while a wait is being prepared ends it, as one that comes during it does.
    void interruptedBeforeTheWait() {
        Connection::Options options;
        options.interrupt = std::make_shared<pg::Interrupt>();
        options.onNotification = [&options](const pg::Notification&) { options.interrupt->raise(); };
        auto listener = m_database->connect(options);
        auto sender = m_database->connect();
        auto witness = m_database->connect();
        listener.listen("prepared", after(5s));
        witness.listen("prepared", after(5s));
        sender.execute({"select pg_notify('prepared', '')", {}});
        // What has come to one has come to the other: it lies in the socket and is found before the wait begins.
        QCOMPARE(witness.waitForNotifications(after(10s)), 1);
        QCOMPARE(listener.waitForNotifications(after(10s)), 1);
        options.interrupt->reset();
        QCOMPARE(number(listener, "select 1"), 1);
    }

    void notificationStorm() {
        int heard = 0;
        Connection::Options options;
        options.onNotification = [&heard](const pg::Notification&) { ++heard; };
        auto listener = m_database->connect(options);
        listener.listen("storm", after(5s));
        auto sender = m_database->connect();
        sender.execute({"select pg_notify('storm', g::text) from generate_series(1, 10000) g", {}});
        int counted = 0;
        while (counted < 10'000) {
            const int more = listener.waitForNotifications(after(10s));
            QVERIFY(more > 0);
            counted += more;
        }
        QCOMPARE(heard, 10'000);
        QCOMPARE(counted, 10'000);
    }

    void quotes() {
        auto connection = m_database->connect();
        QCOMPARE(connection.quoteIdentifier("a\"b"), "\"a\"\"b\"");
        QCOMPARE(connection.quoteLiteral("o'clock"), "'o''clock'");
        connection.close();
        QCOMPARE(failureOf([&] { connection.quoteLiteral("x"); }).kind, ErrorKind::Usage);
    }

    void typedCall() {
        auto connection = m_database->connect();
        const pg::Call<int> call{"answer", {"select $1::int + 1", Params::of(41)}, [](const pg::Result& result) {
                                     return result.row(0).get<std::int32_t>(0);
                                 }};
        QCOMPARE(connection.run(call), 42);
        QCOMPARE(connection.run(call, after(5s)), 42);
    }

    // Results may be read while and after the connection goes on.
    void resultsTravel() {
        auto connection = m_database->connect();
        const auto result = connection.execute({"select g from generate_series(1, 1000) g", {}});
        std::vector<std::thread> readers;
        readers.reserve(4);
        std::atomic<std::int64_t> total = 0;
        for (int i = 0; i < 4; ++i) {
            readers.emplace_back([result, &total] {
                for (const Row row : result) {
                    total += row.get<std::int64_t>(0);
                }
            });
        }
        connection.close();
        for (auto& reader : readers) {
            reader.join();
        }
        QCOMPARE(total, 4 * 500'500);
    }

private:
    std::unique_ptr<TestDatabase> m_database;
};

QTEST_GUILESS_MAIN(TestConnection)
#include "tst_connection.moc"
