// SPDX-License-Identifier: Apache-2.0
#include "pg/connection.h"

#include "pg/connect.h"
#include "pg/connectionstate.h"
#include "pg/exchange.h"
#include "pg/textvalue.h"

#include <algorithm>
#include <utility>

namespace pg {

namespace {

// NAMEDATALEN - 1: a longer name is cut by the server, and its notifications come under the shorter one.
constexpr std::size_t longestName = 63;

// While nobody asks for anything the TLS layer may still hold a notification (libpq before 15.19).
constexpr std::chrono::milliseconds idleTlsWatchdog{1'000};

constexpr std::size_t copyChunk = 65'536;
constexpr const char* givenUp = "given up by the client";

void finish(Exchange& exchange, ResultHandle* last = nullptr) {
    if (auto failure = exchange.drain(last)) {
        throw Error(*std::move(failure));
    }
}

} // namespace

Connection::Connection(std::unique_ptr<State> state)
    : m_state(std::move(state)) {}

Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection Connection::open(const ConnectionInfo& info, Options options) {
    auto state = std::make_unique<State>(std::move(options));
    connect(*state, info);
    state->tell();
    return Connection(std::move(state));
}

Result Connection::execute(const Statement& statement, Deadline deadline) {
    Exchange exchange(*m_state, statement.sql, deadline);
    exchange.setStatement(statement.sql);
    exchange.check(statement);
    exchange.send(statement);
    ResultHandle last(nullptr, &PQclear);
    finish(exchange, &last);
    return Result(last.release());
}

Result Connection::execute(const Statement& statement) {
    return execute(statement, after(m_state->options.statementTimeout));
}

Result Connection::executeScript(const std::string& sql, Deadline deadline) {
    Exchange exchange(*m_state, sql, deadline);
    const bool may = transaction::scriptMayCommit(m_state->transactionStatus(), sql);
    exchange.setMayHaveCommitted([may] { return may; });
    exchange.sendScript(sql);
    ResultHandle last(nullptr, &PQclear);
    finish(exchange, &last);
    return Result(last.release());
}

void Connection::stream(const Statement& statement, const std::function<bool(const Row&)>& onRow, Deadline deadline) {
    Exchange exchange(*m_state, statement.sql, deadline);
    exchange.setStatement(statement.sql);
    exchange.check(statement);
    exchange.send(statement);
#ifdef LIBPQ_HAS_CHUNK_MODE
    constexpr int rowsAtOnce = 100;
    PQsetChunkedRowsMode(m_state->conn, rowsAtOnce);
    constexpr auto rowsStatus = PGRES_TUPLES_CHUNK;
#else
    PQsetSingleRowMode(m_state->conn);
    constexpr auto rowsStatus = PGRES_SINGLE_TUPLE;
#endif
    std::optional<Failure> failure;
    bool wanted = true;
    while (ResultHandle handle = exchange.next()) {
        const auto status = PQresultStatus(handle.get());
        if (status == PGRES_FATAL_ERROR) {
            failure = exchange.failureOf(handle.get());
            if (failure->kind == ErrorKind::ConnectionLost) {
                exchange.lost();
            }
            break;
        }
        if (status != rowsStatus) {
            if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
                exchange.giveUp(ErrorKind::Usage,
                                "only statements with rows can be streamed; the connection was given up");
            }
            continue;
        }
        const Result result(handle.release());
        for (int row = 0; wanted && row < result.rowCount(); ++row) {
            try {
                wanted = onRow(result.row(row));
            } catch (...) {
                exchange.stop();
                exchange.abandon();
                throw;
            }
        }
        if (!wanted) {
            exchange.stop();
        }
        exchange.checkTime();
    }
    if (auto later = exchange.drain(); !failure) {
        failure = std::move(later);
    }
    // The server's word for the stop we asked for.
    if (failure && (wanted || failure->kind != ErrorKind::Cancelled)) {
        throw Error(*std::move(failure));
    }
}

std::int64_t Connection::copyIn(const std::string& sql, const std::function<bool(std::string& buffer)>& produce,
                                Deadline deadline) {
    Exchange exchange(*m_state, sql, deadline);
    const bool mayCommit = m_state->transactionStatus() == TransactionStatus::Idle;
    bool ended = false;
    exchange.setMayHaveCommitted([&ended, mayCommit] { return ended && mayCommit; });
    exchange.send(Statement{sql, {}});
    const ResultHandle opening = exchange.next();
    if (PQresultStatus(opening.get()) != PGRES_COPY_IN) {
        ended = true; // some other statement, which has run
        auto failure = opening && PQresultStatus(opening.get()) == PGRES_FATAL_ERROR
                           ? std::optional(exchange.failureOf(opening.get()))
                           : std::nullopt;
        if (auto later = exchange.drain(); !failure) {
            failure = std::move(later);
        }
        if (failure) {
            throw Error(*std::move(failure));
        }
        exchange.fail(ErrorKind::Usage, "copyIn() needs a COPY ... FROM STDIN");
    }
    std::string buffer;
    try {
        for (bool more = true; more && !exchange.stopping();) {
            buffer.clear();
            more = produce(buffer);
            // In pieces, so that libpq's buffer stays small whatever the producer hands over.
            for (std::size_t at = 0; at < buffer.size() && !exchange.stopping(); at += copyChunk) {
                const auto size = std::min(copyChunk, buffer.size() - at);
                exchange.accept(PQputCopyData(m_state->conn, buffer.data() + at, static_cast<int>(size)));
                exchange.flush();
            }
            exchange.checkTime();
        }
    } catch (...) {
        PQputCopyEnd(m_state->conn, givenUp);
        exchange.abandon();
        throw;
    }
    ended = !exchange.stopping();
    exchange.accept(PQputCopyEnd(m_state->conn, ended ? nullptr : givenUp));
    ResultHandle last(nullptr, &PQclear);
    finish(exchange, &last);
    return Result(last.release()).affectedRows();
}

void Connection::listen(const std::string& channel, Deadline deadline) {
    if (channel.size() > longestName) {
        throw Error::of(ErrorKind::Usage, "a channel name has at most 63 bytes: " + channel);
    }
    execute(Statement{"listen " + quoteIdentifier(channel), {}}, deadline);
}

void Connection::unlisten(const std::string& channel, Deadline deadline) {
    execute(Statement{"unlisten " + quoteIdentifier(channel), {}}, deadline);
}

void Connection::rollback(Deadline deadline) {
    const TransactionStatus status = transactionStatus();
    if (status == TransactionStatus::InTransaction || status == TransactionStatus::InFailedTransaction) {
        execute(Statement{"rollback", {}}, deadline);
    }
}

int Connection::waitForNotifications(Deadline deadline) {
    if (m_state->options.interrupt && m_state->options.interrupt->raised()) {
        return 0;
    }
    Exchange exchange(*m_state, {}, Deadline::max(), Exchange::Purpose::Wait);
    if (exchange.notificationsBefore() > 0) {
        return exchange.notificationsBefore();
    }
    for (;;) {
        Deadline until = deadline;
        if (m_state->facts.tls) {
            until = std::min(until, after(idleTlsWatchdog));
        }
        const Waited waited = wait(PQsocket(m_state->conn), WaitFor::Read, m_state->interrupt(), until);
        const int count = m_state->consume();
        if (m_state->isBad() || m_state->lastFatal) {
            exchange.lost();
        }
        if (count > 0 || waited.interrupted || Clock::now() >= deadline) {
            return count;
        }
    }
}

Traffic Connection::takeTraffic() noexcept {
    return m_state ? std::exchange(m_state->traffic, {}) : Traffic();
}

void Connection::countMeasured(std::chrono::microseconds tookThere) noexcept {
    ++m_state->traffic.measuredRoundTrips;
    m_state->traffic.measured += tookThere;
}

bool Connection::isOpen() const noexcept {
    return m_state && m_state->conn != nullptr && !m_state->isBad();
}

TransactionStatus Connection::transactionStatus() const {
    return m_state->transactionStatus();
}

int Connection::backendPid() const {
    return m_state->facts.backendPid;
}

int Connection::serverVersion() const {
    return m_state->facts.serverVersion;
}

std::string Connection::parameter(const std::string& name) const {
    const char* value = PQparameterStatus(m_state->conn, name.c_str());
    return value != nullptr ? value : "";
}

bool Connection::usesTls() const {
    return m_state->facts.tls;
}

std::string Connection::host() const {
    return m_state->facts.host;
}

std::string Connection::port() const {
    return m_state->facts.port;
}

std::string Connection::database() const {
    return m_state->facts.database;
}

std::string Connection::user() const {
    return m_state->facts.user;
}

bool Connection::neededPassword() const {
    return m_state->facts.usedPassword;
}

Canceller Connection::canceller() const {
    Canceller canceller;
    canceller.m_state = m_state->cancel;
    return canceller;
}

std::string Connection::quoteIdentifier(std::string_view identifier) const {
    std::string quoted = "\"";
    for (const char c : identifier) {
        if (c == '"') {
            quoted += c;
        }
        quoted += c;
    }
    return quoted + '"';
}

std::string Connection::quoteLiteral(std::string_view text) const {
    const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeLiteral(m_state->conn, text.data(), text.size()),
                                                             &PQfreemem);
    if (!quoted) {
        throw Error::of(ErrorKind::Usage,
                        m_state->conn != nullptr ? trimmed(PQerrorMessage(m_state->conn)) : "the connection is closed");
    }
    return quoted.get();
}

pg_conn* Connection::native() const noexcept {
    return m_state->conn;
}

void Connection::close() noexcept {
    if (m_state) {
        m_state->finish();
    }
}

} // namespace pg
