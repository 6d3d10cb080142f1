// SPDX-License-Identifier: Apache-2.0
#include "pg/exchange.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace pg {

namespace {

using namespace std::chrono_literals;

// libpq before 15.19 (and its siblings) may hold bytes that are already decrypted while the socket stays silent.
constexpr auto tlsWatchdog = 50ms;

// How often an abort is looked for once an interrupt has been raised.
constexpr auto abortWatch = 20ms;

// How many results of a dead connection are looked through for the server's own words.
constexpr int resultsOfDeadConnection = 8;

// The reason of a kill and the end of the connection come in two reads; more are only a flood of notifications.
constexpr int mostReadsBefore = 8;

constexpr std::size_t mostParameters = 65'535;

std::int64_t bytesOf(const PGresult* result) {
    std::int64_t bytes = 0;
    const int columns = PQnfields(result);
    for (int row = 0; row < PQntuples(result); ++row) {
        for (int column = 0; column < columns; ++column) {
            bytes += PQgetlength(result, row, column);
        }
    }
    return bytes;
}

} // namespace

// The request runs on a thread of its own, never joined: on a bad network it may take minutes (libpq before 17).
struct Exchange::CancelTask {
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false;
};

Exchange::Exchange(Connection::State& state, std::string sql, Deadline deadline, Purpose purpose)
    : m_state(state)
    , m_sql(std::move(sql))
    , m_deadline(deadline) {
    if (m_state.lost) {
        throw Error(failure(ErrorKind::ConnectionLost, *m_state.lost));
    }
    if (m_state.conn == nullptr) {
        fail(ErrorKind::Usage, "the connection is closed");
    }
    if (m_state.busy || m_state.transactionStatus() == TransactionStatus::Active) {
        fail(ErrorKind::Usage, "another command is running on this connection");
    }
    if (m_sql.find('\0') != std::string::npos) {
        fail(ErrorKind::Usage, "the SQL text contains a zero byte");
    }
    // What is told here may come from a session killed long ago; then nothing must be sent, and the effect is known.
    m_state.busy = true;
    m_notificationsBefore = m_state.tell();
    for (int reads = 0;; ++reads) {
        if (m_state.isBad() || m_state.lastFatal) {
            lost();
        }
        // Under TLS libpq may hold bytes that the socket knows nothing of.
        const bool perhapsHeld = m_state.facts.tls && reads == 0;
        if (reads == mostReadsBefore ||
            (!perhapsHeld && !wait(PQsocket(m_state.conn), WaitFor::Read, nullptr, Clock::now()).ready)) {
            break;
        }
        m_notificationsBefore += m_state.consume();
    }
    m_state.busy = false;
    if (purpose == Purpose::Command && m_state.interrupt() != nullptr && m_state.interrupt()->raised) {
        fail(ErrorKind::Cancelled, "interrupted before anything was sent");
    }
    if (Clock::now() >= m_deadline) {
        fail(ErrorKind::Timeout, "the deadline had passed before anything was sent");
    }
    m_state.busy = true;
    if (m_state.cancel) {
        m_state.cancel->requested = false;
    }
}

Exchange::~Exchange() {
    joinCancel();
    m_state.busy = false;
    if (m_sent) {
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - m_sentAt);
        ++m_state.traffic.roundTrips;
        m_state.traffic.waited += took;
        m_state.traffic.longest = std::max(m_state.traffic.longest, took);
    }
}

void Exchange::setStatement(std::string_view sql) {
    const TransactionStatus start = m_state.transactionStatus();
    const transaction::Step step{transaction::verbOf(sql), true};
    const bool may = transaction::mayHaveCommitted(start, {&step, 1});
    m_mayHaveCommitted = [may] { return may; };
}

void Exchange::check(const Statement& statement) const {
    const auto& params = statement.params.values();
    if (params.size() > mostParameters) {
        fail(ErrorKind::Usage, "more than 65535 parameters");
    }
    for (std::size_t i = 0; i < params.size(); ++i) {
        // libpq takes a text up to its first zero byte, which would silently lose the rest.
        if (params[i] && params[i]->find('\0') != std::string::npos) {
            fail(ErrorKind::Usage, "parameter $" + std::to_string(i + 1) +
                                       " contains a zero byte, which PostgreSQL cannot store in a text");
        }
    }
}

void Exchange::send(const Statement& statement) {
    const auto& params = statement.params.values();
    std::vector<const char*> values;
    values.reserve(params.size());
    for (const auto& param : params) {
        values.push_back(param ? param->c_str() : nullptr);
    }
    accept(PQsendQueryParams(m_state.conn, statement.sql.c_str(), static_cast<int>(values.size()), nullptr,
                             values.data(), nullptr, nullptr, 0));
    ++m_state.traffic.statements;
}

void Exchange::sendScript(const std::string& sql) {
    accept(PQsendQuery(m_state.conn, sql.c_str()));
    ++m_state.traffic.statements;
}

void Exchange::accept(int returned) {
    if (returned == 1) {
        markSent();
        return;
    }
    if (m_state.isBad()) {
        markSent(); // perhaps a part was
        lost();
    }
    if (m_sent) {
        giveUp(ErrorKind::Usage, trimmed(PQerrorMessage(m_state.conn))); // the rest of a pipeline was refused
    }
    fail(ErrorKind::Usage, trimmed(PQerrorMessage(m_state.conn)));
}

void Exchange::markSent() {
    if (!std::exchange(m_sent, true)) {
        m_sentAt = Clock::now();
    }
}

ResultHandle Exchange::next() {
    // What arrived with the results at hand was told when it was read; of a hundred thousand rows most are at hand.
    while (PQisBusy(m_state.conn) != 0) {
        // A failed flush is no end: the reason is among what can still be read.
        const int unsent = PQflush(m_state.conn);
        m_state.tell();
        if (PQisBusy(m_state.conn) == 0) {
            break;
        }
        waitOnce(unsent == 1);
    }
    ResultHandle result{PQgetResult(m_state.conn), &PQclear};
    m_state.traffic.bytes += bytesOf(result.get());
    return result;
}

void Exchange::waitOnce(bool alsoWrite) {
    if (m_state.isBad()) {
        lost();
    }
    const Deadline limit = m_stop == Stop::No ? m_deadline : m_graceEnd;
    Deadline until = limit;
    const bool watched = m_state.facts.tls;
    if (watched) {
        until = std::min(until, Clock::now() + tlsWatchdog);
    }
    // After a request to stop the interrupt has done its work, and only its abort() is still looked for.
    Interrupt::State* interrupt = m_state.interrupt();
    if (interrupt != nullptr && m_stop != Stop::No) {
        interrupt = nullptr;
        until = std::min(until, Clock::now() + abortWatch);
    }
    const Waited waited =
        wait(PQsocket(m_state.conn), alsoWrite ? WaitFor::ReadOrWrite : WaitFor::Read, interrupt, until);
    if (waited.ready || watched) {
        m_state.consume();
    }
    if (PQisBusy(m_state.conn) != 0) {
        checkTime();
    }
}

void Exchange::checkTime() {
    const Interrupt::State* interrupt = m_state.interrupt();
    if (interrupt != nullptr && interrupt->aborted) {
        stop();
        giveUp(ErrorKind::Cancelled, "interrupted; the connection was given up");
    }
    if (m_stop != Stop::No) {
        if (Clock::now() >= m_graceEnd) {
            giveUp(m_stop == Stop::Late ? ErrorKind::Timeout : ErrorKind::Cancelled,
                   "no answer in time, nor to the request to cancel; the connection was given up");
        }
    } else if (interrupt != nullptr && interrupt->raised) {
        requestStop(Stop::Interrupted);
    } else if (Clock::now() >= m_deadline) {
        requestStop(Stop::Late);
    }
}

void Exchange::flush() {
    for (;;) {
        const int unsent = PQflush(m_state.conn);
        if (m_state.isBad()) {
            lost();
        }
        if (unsent != 1) {
            return;
        }
        waitOnce(true);
        // In a COPY libpq is not busy, so that waitOnce() has not looked at the clock.
        checkTime();
    }
}

void Exchange::stop() {
    if (m_stop == Stop::No) {
        requestStop(Stop::Unwanted);
    }
}

void Exchange::requestStop(Stop reason) {
    m_stop = reason;
    m_graceEnd = after(m_state.options.cancelGrace);
    m_cancelTask = std::make_shared<CancelTask>();
    try {
        std::thread([task = m_cancelTask, cancel = m_state.cancel] {
            cancel->request(nullptr);
            const std::lock_guard lock(task->mutex);
            task->done = true;
            task->finished.notify_all();
        }).detach();
    } catch (const std::system_error&) {
        m_graceEnd = Clock::now(); // no thread to be had: nothing will confirm a cancel
        m_cancelTask.reset();
    }
}

// A request still under way could hit the next command on this connection.
void Exchange::joinCancel() noexcept {
    if (!m_cancelTask || m_state.conn == nullptr) {
        return;
    }
    std::unique_lock lock(m_cancelTask->mutex);
    const Interrupt::State* interrupt = m_state.interrupt();
    bool done = false;
    while (!done && Clock::now() < m_graceEnd && (interrupt == nullptr || !interrupt->aborted)) {
        done = m_cancelTask->finished.wait_until(lock, std::min(m_graceEnd, Clock::now() + abortWatch),
                                                 [this] { return m_cancelTask->done; });
    }
    if (!done) {
        m_state.lost = Diagnostics{};
        m_state.lost->message = "the connection was given up: a request to cancel got no answer";
        m_state.finish();
    }
}

std::optional<Failure> Exchange::drain(ResultHandle* last) {
    std::optional<Failure> first;
    const auto following = [&]() -> ResultHandle {
        try {
            return next();
        } catch (const Error&) {
            // An error that the server had already reported stays the one that counts.
            if (first && first->kind != ErrorKind::ConnectionLost) {
                return {nullptr, &PQclear};
            }
            throw;
        }
    };
    while (ResultHandle result = following()) {
        std::optional<Failure> problem;
        switch (PQresultStatus(result.get())) {
        case PGRES_EMPTY_QUERY:
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
            if (last != nullptr) {
                *last = std::move(result);
            }
            break;
        case PGRES_SINGLE_TUPLE: // rows nobody wants any more
#ifdef LIBPQ_HAS_CHUNK_MODE
        case PGRES_TUPLES_CHUNK:
#endif
            break;
        case PGRES_BAD_RESPONSE:
        case PGRES_NONFATAL_ERROR:
        case PGRES_FATAL_ERROR:
            problem = failureOf(result.get());
            break;
        case PGRES_COPY_IN:
            problem = failure(ErrorKind::Usage, {});
            problem->diagnostics.message = "COPY FROM STDIN needs copyIn()";
            accept(PQputCopyEnd(m_state.conn, "not expected here"));
            break;
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH:
        case PGRES_PIPELINE_SYNC:
        case PGRES_PIPELINE_ABORTED:
            giveUp(ErrorKind::Usage, "this kind of command is not supported here; the connection was given up");
        }
        if (problem && !first) {
            first = std::move(problem);
        }
    }
    if (first && first->kind == ErrorKind::ConnectionLost) {
        lost();
    }
    return first;
}

void Exchange::abandon() noexcept {
    try {
        drain();
    } catch (...) { // NOLINT(bugprone-empty-catch): the caller's own exception is the one to show
    }
}

Failure Exchange::failureOf(const PGresult* result) const {
    Failure found = failure(ErrorKind::Server, diagnosticsOf(result));
    Diagnostics& said = found.diagnostics;
    if (isFatal(said)) {
        m_state.lastFatal = said;
    }
    if (isFatal(said) || m_state.isBad()) {
        found.kind = ErrorKind::ConnectionLost;
        found.diagnostics = m_state.lossReason();
        found.effect = effectOfLoss();
    } else if (said.sqlState == "57014" && m_stop == Stop::Late) {
        found.kind = ErrorKind::Timeout;
        said.detail = said.message;
        said.message = "no answer before the deadline; the server cancelled the statement";
    } else if (said.sqlState == "57014" && (m_stop != Stop::No || m_state.cancel->requested)) {
        found.kind = ErrorKind::Cancelled;
    }
    return found;
}

void Exchange::lost() {
    // The results of a dead connection come at once; the server's last words are among the first.
    for (int i = 0; i < resultsOfDeadConnection && m_state.conn != nullptr; ++i) {
        const ResultHandle result(PQgetResult(m_state.conn), &PQclear);
        if (!result) {
            break;
        }
        if (const Diagnostics said = diagnosticsOf(result.get()); isFatal(said)) {
            m_state.lastFatal = said;
        }
    }
    m_state.tell();
    m_state.lost = m_state.lossReason();
    m_state.finish();
    m_state.busy = false;
    Failure found = failure(ErrorKind::ConnectionLost, *m_state.lost);
    found.effect = effectOfLoss();
    throw Error(std::move(found));
}

void Exchange::giveUp(ErrorKind kind, std::string message) {
    m_state.lost = Diagnostics{};
    m_state.lost->message = std::move(message);
    m_state.finish();
    Failure found = failure(kind, *m_state.lost);
    found.effect = effectOfLoss();
    throw Error(std::move(found));
}

void Exchange::fail(ErrorKind kind, std::string message) const {
    throw Error::of(kind, std::move(message), m_sql);
}

Failure Exchange::failure(ErrorKind kind, Diagnostics diagnostics) const {
    Failure found;
    found.kind = kind;
    found.diagnostics = std::move(diagnostics);
    found.statement = m_sql;
    return found;
}

Effect Exchange::effectOfLoss() const {
    // Once anything has left us nobody knows how much of it arrived.
    return m_sent && (!m_mayHaveCommitted || m_mayHaveCommitted()) ? Effect::Unknown : Effect::None;
}

} // namespace pg
