// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/look.h"

#include "queries/columns.h"

namespace queries {

namespace {

/// So long an answer, or the end of one, may lie unread at a client that does not take it.
constexpr std::chrono::milliseconds unread = std::chrono::seconds(60);
/// So long a part may stand open when its end never arrives: this side is gone, and a pooler in between is not.
constexpr std::chrono::milliseconds unended = std::chrono::seconds(60);

/// The step that sets a part's limits, counted from the part's first, and its column that tells when.
constexpr std::size_t opening = 1;
constexpr int openingClock = 7;

} // namespace

const pg::Result& Answers::result(std::size_t step) const {
    if (const auto* rows = std::get_if<pg::Result>(&m_results.at(step)))
        return *rows;
    // What was skipped was skipped because an earlier step of the same part failed.
    for (std::size_t i = m_partOf.at(step); i <= step; ++i) {
        if (const auto* failure = std::get_if<pg::Failure>(&m_results[i]))
            throw pg::Error(*failure);
    }
    pg::Failure unanswered;
    unanswered.kind = pg::ErrorKind::Decode;
    unanswered.diagnostics.message = "the server did not answer the question";
    throw pg::Error(std::move(unanswered));
}

std::int64_t Answers::bytes() const {
    std::int64_t sum = 0;
    for (const pg::StepResult& one : m_results) {
        if (const auto* rows = std::get_if<pg::Result>(&one))
            sum += static_cast<std::int64_t>(rows->byteCount());
    }
    return sum;
}

void Look::part(Limits limits, View view) {
    closePart();
    m_partStart = m_steps.size();
    m_open = true;
    // Whatever the role's default is: a serializable one would keep its marks on event tables beyond its end, and make
    // others fail.
    ask({view == View::Same ? "begin isolation level repeatable read read only"
                            : "begin isolation level read committed read only",
         {}});
    // Nobody's function is called in place of the server's own. Compiling a plan would cost more than running it, and
    // parallel workers are not ours to take. No statement's time out ends a backend that can't get rid of its answer
    // because this side was suspended: it would keep its locks until the kernel gives the connection up. Where the
    // server's system has no such limit, the server would note that each time; on a local socket it says nothing, but
    // there both sides sleep.
    ask({"select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),"
         " pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', $2, true),"
         " pg_catalog.set_config('jit', 'off', true),"
         " pg_catalog.set_config('max_parallel_workers_per_gather', '0', true),"
         " pg_catalog.set_config('idle_in_transaction_session_timeout', $4, true),"
         " pg_catalog.set_config('tcp_user_timeout', case when pg_catalog.version() like '%linux%' then $3"
         " else pg_catalog.current_setting('tcp_user_timeout') end, true), " +
             detail::micros("pg_catalog.clock_timestamp()"),
         pg::Params::of(std::to_string(limits.statement.count()), std::to_string(limits.lock.count()),
                        std::to_string(unread.count()), std::to_string(unended.count()))});
}

std::size_t Look::ask(pg::Statement statement) {
    m_steps.push_back({std::move(statement), false});
    m_partOf.push_back(m_partStart);
    return m_steps.size() - 1;
}

void Look::closePart() {
    if (!m_open)
        return;
    m_open = false;
    m_steps.back().sync = true;
    // In a group of its own, so that it runs whatever became of the questions. Of a failed transaction it is the end
    // too.
    m_partStart = m_steps.size();
    ask({"commit", {}});
    m_steps.back().sync = true;
}

Answers Look::run(pg::Connection& connection, pg::Deadline deadline) {
    closePart();
    ask(serverClock());
    Answers answers;
    answers.m_results = connection.pipeline(m_steps, deadline);
    answers.m_partOf = std::move(m_partOf);
    tellWhatItTook(connection, answers);
    return answers;
}

void Look::tellWhatItTook(pg::Connection& connection, Answers& answers) {
    const auto* first =
        answers.m_results.size() > opening ? std::get_if<pg::Result>(&answers.m_results[opening]) : nullptr;
    const auto* last = std::get_if<pg::Result>(&answers.m_results.back());
    if (first == nullptr || last == nullptr || first->rowCount() != 1 || last->rowCount() != 1)
        return;
    answers.m_took = pgque::detail::microseconds(last->row(0), 0) -
                     pgque::detail::microseconds(first->row(0), openingClock);
    connection.countMeasured(answers.m_took);
}

pg::Call<pg::Timestamp> serverClock() {
    return pgque::detail::rowCall("clock", "select " + detail::micros("clock_timestamp()"), {},
                                  [](const pg::Row& row) { return pgque::detail::microseconds(row, 0); });
}

} // namespace queries
