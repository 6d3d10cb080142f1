// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs that call the schema, and how they ran, from the tables of pg_cron and pg_timetable.
#include "queries/scheduling.h"
#include "support/foreign.h"

#include <QTest>

using namespace support;

namespace {

/// As pg_cron 1.4 has them, less its functions.
constexpr auto cronTables =
    "create schema cron;"
    "create table cron.job (jobid bigserial primary key, schedule text not null, command text not null,"
    " nodename text not null default 'localhost', nodeport int not null default 5432,"
    " database text not null default current_database(), username text not null default current_user,"
    " active boolean not null default true, jobname name);"
    "create table cron.job_run_details (jobid bigint, runid bigserial primary key, job_pid integer, database text,"
    " username text, command text, status text, return_message text, start_time timestamptz, end_time timestamptz);"
    "grant usage on schema cron to public;";

constexpr auto jobs =
    "insert into cron.job (schedule, command, jobname) values ('1 second', 'CALL pgque.ticker_loop()', 'pgque_ticker'),"
    " ('30 seconds', 'SELECT pgque.maint()', 'pgque_maint'), ('* * * * *', 'select 1', 'other');"
    "insert into cron.job (schedule, command, jobname, database) values ('1 second', 'CALL pgque.ticker_loop()', 'far',"
    " 'elsewhere');"
    "update cron.job set active = false where jobname = 'pgque_maint';"
    "insert into cron.job_run_details (jobid, status, return_message, start_time) values"
    " (1, 'failed', 'ERROR: no', now() - interval '1 minute'), (1, 'succeeded', '1 row', now() - interval '1 second'),"
    " (2, 'succeeded', '1 row', now() - interval '1 hour');";

} // namespace

class TestScheduling : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void withoutAScheduler() {
        const TestDatabase database;
        pg::Connection admin = database.connect();
        const auto found = queries::scheduling(admin, soon());
        QVERIFY(found.jobs.empty() && found.unread.empty() && found.cronDatabase.empty());
    }

    void jobsOfCron() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, cronTables);
        run(admin, jobs);
        const auto found = queries::scheduling(admin, soon());
        QVERIFY(found.unread.empty());
        QCOMPARE(found.jobs.size(), std::size_t(2));
        const domain::ScheduledJob& ticker = found.jobs[0];
        QCOMPARE(ticker.name, std::string("pgque_ticker"));
        QCOMPARE(ticker.schedule, std::string("1 second"));
        QVERIFY(ticker.active && ticker.runsKnown);
        QCOMPARE(ticker.lastStatus, std::string("succeeded"));
        QVERIFY(ticker.lastRun && found.takenAt - *ticker.lastRun < std::chrono::seconds(30));
        QCOMPARE(ticker.failure, std::string("ERROR: no"));
        QVERIFY(!ticker.failed());
        QVERIFY(!found.jobs[1].active);
        run(admin, "insert into cron.job_run_details (jobid, status, return_message, start_time)"
                   " values (1, 'failed', 'ERROR: again', now())");
        QVERIFY(queries::scheduling(admin, soon()).jobs[0].failed());
    }

    /// Before jobs had names, and before their runs were kept.
    void anOlderCron() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, cronTables);
        run(admin, jobs);
        run(admin, "alter table cron.job drop column jobname; drop table cron.job_run_details");
        const auto found = queries::scheduling(admin, soon());
        QCOMPARE(found.jobs.size(), std::size_t(2));
        QVERIFY(found.jobs[0].name.empty() && !found.jobs[0].runsKnown && !found.jobs[0].lastRun);
    }

    void whatMayNotBeReadIsTold() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, cronTables);
        run(admin, jobs);
        RoleConnection reader(database, "pgque_reader");
        auto found = queries::scheduling(*reader, soon());
        QVERIFY(found.jobs.empty());
        QCOMPARE(found.unread.size(), std::size_t(1));
        QVERIFY(found.unread[0].find("cron.job") != std::string::npos);
        run(admin, "grant select on cron.job to public");
        found = queries::scheduling(*reader, soon());
        QCOMPARE(found.jobs.size(), std::size_t(2));
        QVERIFY(!found.jobs[0].runsKnown);
        QVERIFY(found.unread[0].find("cron.job_run_details") != std::string::npos);
    }

    /// As pg_cron ships it: everybody may read the tables, and sees what is his own.
    void rowsThatAreHidden() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin, cronTables);
        run(admin, jobs);
        run(admin, "grant select on cron.job, cron.job_run_details to public;"
                   "alter table cron.job enable row level security;"
                   "alter table cron.job_run_details enable row level security;"
                   "create policy mine on cron.job using (username = current_user);"
                   "create policy mine on cron.job_run_details using (username = current_user)");
        RoleConnection reader(database, "pgque_reader");
        const auto hidden = queries::scheduling(*reader, soon());
        QVERIFY(hidden.jobs.empty());
        QCOMPARE(hidden.unread.size(), std::size_t(1));
        QVERIFY(hidden.unread[0].find("only its own jobs") != std::string::npos);
        // Whom no policy binds sees them all, and is told nothing.
        const auto all = queries::scheduling(admin, soon());
        QCOMPARE(all.jobs.size(), std::size_t(2));
        QVERIFY(all.unread.empty());
    }

    void chainsOfTimetable() {
        const TestDatabase database(Schema::Pgque);
        pg::Connection admin = database.connect();
        run(admin,
            "create schema timetable; create domain timetable.cron as text;"
            "create table timetable.chain (chain_id bigserial primary key, chain_name text not null unique,"
            " run_at timetable.cron, live boolean default false);"
            "create table timetable.task (task_id bigserial primary key, chain_id bigint, command text not null);"
            "create table timetable.execution_log (chain_id bigint, task_id bigint, last_run timestamptz,"
            " finished timestamptz, returncode integer, command text, output text);"
            "insert into timetable.chain (chain_name, run_at, live) values"
            " ('pgque_ticker', '@every 1 second', true), ('other', '* * * * *', true);"
            "insert into timetable.task (chain_id, command) values (1, 'CALL pgque.ticker_loop()'), (2, 'select 1');"
            "insert into timetable.execution_log (chain_id, task_id, last_run, returncode, output)"
            " values (1, 1, now() - interval '1 hour', 1, 'it broke'), (1, 1, now(), 0, 'CALL')");
        const auto found = queries::scheduling(admin, soon());
        QCOMPARE(found.jobs.size(), std::size_t(1));
        QCOMPARE(found.jobs[0].scheduler, std::string("pg_timetable"));
        QCOMPARE(found.jobs[0].schedule, std::string("@every 1 second"));
        QCOMPARE(found.jobs[0].lastStatus, std::string("succeeded"));
        QCOMPARE(found.jobs[0].failure, std::string("it broke"));
    }
};

QTEST_GUILESS_MAIN(TestScheduling)
#include "tst_scheduling.moc"
