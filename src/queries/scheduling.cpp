// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/scheduling.h"

#include "queries/columns.h"
#include "queries/look.h"

#include <map>
#include <optional>

namespace queries {

namespace {

using detail::micros;
using detail::textOrEmpty;
using domain::ScheduledJob;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

/// Which tables of schedulers there are, whether they may be read, and whether row security leaves rows out.
const std::string tablesSql =
    "select n.nspname || '.' || c.relname, has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, "
    "'select'), row_security_active(c.oid)"
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v')"
    " and (n.nspname, c.relname) in (('cron', 'job'), ('cron', 'job_run_details'), ('timetable', 'chain'),"
    " ('timetable', 'task'), ('timetable', 'execution_log'))";

/// Columns that came with later versions are read by name from the whole row.
const std::string cronJobsSql = "select j.jobid, to_jsonb(j) ->> 'jobname', j.schedule, j.command,"
                                " coalesce((to_jsonb(j) ->> 'active')::boolean, true) from cron.job j"
                                " where j.database = current_database() and j.command ~* '\\mpgque\\.'"
                                " order by j.jobid limit 100";

/// The newest runs only: the table grows by a row a second and is indexed by runid alone.
const std::string cronRunsSql =
    "with recent as materialized (select r.jobid, r.runid, r.status, r.return_message, r.start_time"
    " from cron.job_run_details r order by r.runid desc limit 3000),"
    " last as (select distinct on (jobid) * from recent order by jobid, runid desc),"
    " failed as (select distinct on (jobid) * from recent where status = 'failed' order by jobid, runid desc)"
    " select l.jobid, " +
    micros("l.start_time") + ", l.status, left(l.return_message, 300), " + micros("f.start_time") +
    ", left(f.return_message, 300) from last l left join failed f on f.jobid = l.jobid";

const std::string chainsSql =
    "select c.chain_id, c.chain_name, c.run_at::text, string_agg(t.command, '; ' order by t.task_id),"
    " coalesce(c.live, false) from timetable.chain c join timetable.task t on t.chain_id = c.chain_id"
    " group by c.chain_id, c.chain_name, c.run_at, c.live having string_agg(t.command, '; ') ~* '\\mpgque\\.'"
    " order by c.chain_id limit 100";

const std::string chainRunsSql =
    "with runs as (select e.chain_id, e.last_run, e.returncode, e.output from timetable.execution_log e"
    " join timetable.task t on t.task_id = e.task_id and t.command ~* '\\mpgque\\.'),"
    " last as (select distinct on (chain_id) * from runs order by chain_id, last_run desc),"
    " failed as (select distinct on (chain_id) * from runs where returncode <> 0 order by chain_id, last_run desc)"
    " select l.chain_id, " +
    micros("l.last_run") +
    ", case when l.returncode is null then 'running' when l.returncode = 0 then 'succeeded' else 'failed' end,"
    " left(l.output, 300), " +
    micros("f.last_run") + ", left(f.output, 300) from last l left join failed f on f.chain_id = l.chain_id";

struct Run {
    std::int64_t job = 0;
    ScheduledJob seen;
};

Run jobFrom(const pg::Row& row) {
    Run job;
    job.job = row.get<std::int64_t>(0);
    job.seen.name = textOrEmpty(row, 1);
    job.seen.schedule = textOrEmpty(row, 2);
    job.seen.command = textOrEmpty(row, 3);
    job.seen.active = row.get<bool>(4);
    return job;
}

Run runFrom(const pg::Row& row) {
    Run run;
    run.job = row.get<std::int64_t>(0);
    run.seen.lastRun = optionalMicroseconds(row, 1);
    run.seen.lastStatus = textOrEmpty(row, 2);
    run.seen.lastMessage = textOrEmpty(row, 3);
    run.seen.lastFailure = optionalMicroseconds(row, 4);
    run.seen.failure = textOrEmpty(row, 5);
    return run;
}

/// One scheduler: its jobs, and how they ran.
struct Questions {
    std::string scheduler;
    std::optional<Asked<std::vector<Run>>> jobs;
    std::optional<Asked<std::vector<Run>>> runs;
};

struct Table {
    bool readable = false;
    bool filtered = false; ///< by row security
};

using Tables = std::map<std::string, Table>;

Questions ask(Look& look, const std::string& scheduler, const Tables& tables, const std::vector<std::string>& jobTables,
              const std::string& runTable, const std::string& jobs, const std::string& runs,
              domain::Scheduling& found) {
    Questions asked{scheduler, {}, {}};
    for (const std::string& table : jobTables) {
        const auto place = tables.find(table);
        if (place == tables.end())
            return asked;
        if (!place->second.readable) {
            found.unread.push_back(scheduler + " is here, but this role may not read " + table);
            return asked;
        }
        // pg_cron's policy: username = current_user.
        if (place->second.filtered)
            found.unread.push_back(scheduler + " shows a role only its own jobs: those of others are not seen");
    }
    look.part({.statement = std::chrono::seconds(1)});
    asked.jobs = look.ask(rowsCall("scheduled jobs", jobs, {}, jobFrom));
    const auto place = tables.find(runTable);
    if (place != tables.end() && place->second.readable) {
        look.part({.statement = std::chrono::seconds(1)});
        asked.runs = look.ask(rowsCall("runs of jobs", runs, {}, runFrom));
    } else if (place != tables.end()) {
        found.unread.push_back("how jobs ran is not known: this role may not read " + runTable);
    }
    return asked;
}

void read(const Answers& answers, const Questions& asked, domain::Scheduling& found) {
    if (!asked.jobs)
        return;
    try {
        std::map<std::int64_t, ScheduledJob> runs;
        bool runsKnown = false;
        if (asked.runs) {
            try {
                for (Run& run : answers.get(*asked.runs))
                    runs[run.job] = std::move(run.seen);
                runsKnown = true;
            } catch (const pg::Error& error) {
                found.unread.push_back("how jobs of " + asked.scheduler +
                                       " ran is not known: " + error.failure().diagnostics.message);
            }
        }
        for (Run& job : answers.get(*asked.jobs)) {
            ScheduledJob one = std::move(job.seen);
            one.scheduler = asked.scheduler;
            one.runsKnown = runsKnown;
            if (const auto run = runs.find(job.job); run != runs.end()) {
                one.lastRun = run->second.lastRun;
                one.lastStatus = run->second.lastStatus;
                one.lastMessage = run->second.lastMessage;
                one.lastFailure = run->second.lastFailure;
                one.failure = run->second.failure;
            }
            found.jobs.push_back(std::move(one));
        }
    } catch (const pg::Error& error) {
        found.unread.push_back("the jobs of " + asked.scheduler +
                               " could not be read: " + error.failure().diagnostics.message);
    }
}

} // namespace

domain::Scheduling scheduling(pg::Connection& connection, pg::Deadline deadline) {
    domain::Scheduling found;
    Look first;
    first.part();
    const auto there = first.ask(rowsCall("schedulers", tablesSql, {}, [](const pg::Row& row) {
        return std::pair(textOrEmpty(row, 0), Table{row.get<bool>(1), row.get<bool>(2)});
    }));
    const auto elsewhere = first.ask(
        pgque::detail::rowCall("database of pg_cron",
                               "select (select s.setting from pg_settings s where s.name = 'cron.database_name'"
                               " and s.setting <> current_database())",
                               {}, [](const pg::Row& row) { return textOrEmpty(row, 0); }));
    const auto clock = first.ask(serverClock());
    const Answers tablesThere = first.run(connection, deadline);
    Tables tables;
    for (const auto& [name, table] : tablesThere.get(there))
        tables.emplace(name, table);
    found.takenAt = tablesThere.get(clock);
    if (!tables.contains("cron.job"))
        found.cronDatabase = tablesThere.get(elsewhere);

    Look look;
    const Questions cron =
        ask(look, "pg_cron", tables, {"cron.job"}, "cron.job_run_details", cronJobsSql, cronRunsSql, found);
    const Questions timetable = ask(look, "pg_timetable", tables, {"timetable.chain", "timetable.task"},
                                    "timetable.execution_log", chainsSql, chainRunsSql, found);
    if (look.statementCount() == 0)
        return found;
    const Answers answers = look.run(connection, deadline);
    read(answers, cron, found);
    read(answers, timetable, found);
    return found;
}

} // namespace queries
