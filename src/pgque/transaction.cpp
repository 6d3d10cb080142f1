// SPDX-License-Identifier: Apache-2.0
#include "pgque/transaction.h"

#include "pgque/decode.h"
#include "pgque/error.h"

namespace pgque {

namespace {

std::string beginText(Isolation isolation) {
    switch (isolation) {
    case Isolation::RepeatableRead:
        return "begin isolation level repeatable read";
    case Isolation::Serializable:
        return "begin isolation level serializable";
    case Isolation::ReadCommitted:
        break;
    }
    return "begin isolation level read committed";
}

pg::Call<std::optional<std::int64_t>> currentTransactionId() {
    return detail::valueCall<std::optional<std::int64_t>>("pg_current_xact_id_if_assigned",
                                                          "select pg_current_xact_id_if_assigned()::text::bigint", {});
}

} // namespace

Transaction::Transaction(pg::Connection& connection, Options options)
    : m_connection(&connection)
    , m_trackOutcome(options.trackOutcome) {
    if (connection.isOpen() && connection.transactionStatus() != pg::TransactionStatus::Idle)
        throw InvalidArgument("a transaction is open on this connection already");
    typedErrors([&] { connection.execute({beginText(options.isolation), {}}); });
}

Transaction::Transaction(Transaction&& other) noexcept
    : m_connection(std::exchange(other.m_connection, nullptr))
    , m_trackOutcome(other.m_trackOutcome) {}

Transaction::~Transaction() {
    rollback();
}

void Transaction::commit() {
    if (!m_connection)
        throw InvalidArgument("the transaction is over already");
    std::optional<std::int64_t> transactionId;
    if (m_trackOutcome)
        transactionId = id();
    pg::Connection& connection = *std::exchange(m_connection, nullptr);
    try {
        const pg::Result result = connection.execute({"commit", {}});
        // The server answers a commit after an error with a rollback, and without an error.
        if (result.commandTag() != "COMMIT") {
            pg::Failure failure;
            failure.kind = pg::ErrorKind::Server;
            failure.diagnostics.sqlState = "25P02";
            failure.diagnostics.message = "the transaction had failed and was rolled back";
            throw Error(Problem::Other, std::move(failure));
        }
    } catch (const Error&) {
        throw;
    } catch (const pg::Error& error) {
        if (error.failure().effect == pg::Effect::Unknown)
            throw CommitUnknown(error.failure(), transactionId);
        raise(error.failure());
    }
}

void Transaction::rollback() noexcept {
    if (!m_connection)
        return;
    pg::Connection& connection = *std::exchange(m_connection, nullptr);
    try {
        if (connection.isOpen())
            connection.execute({"rollback", {}});
    } catch (...) {
        // A transaction that can't be ended must not take up later calls.
        connection.close();
    }
}

std::optional<std::int64_t> Transaction::id() {
    if (!m_connection)
        throw InvalidArgument("the transaction is over already");
    return typedErrors([&] { return m_connection->run(currentTransactionId()); });
}

Savepoint::Savepoint(pg::Connection& connection, std::string_view name)
    : m_connection(&connection)
    , m_name(connection.quoteIdentifier(name)) {
    typedErrors([&] { connection.execute({"savepoint " + m_name, {}}); });
}

Savepoint::~Savepoint() {
    try {
        if (m_connection && m_connection->isOpen())
            undo();
    } catch (...) {
        // The enclosing transaction has failed as a whole then, and its commit says so.
        m_connection = nullptr;
    }
}

void Savepoint::keep() {
    typedErrors([&] { m_connection->execute({"release savepoint " + m_name, {}}); });
    m_connection = nullptr;
}

void Savepoint::undo() {
    typedErrors([&] {
        m_connection->execute({"rollback to savepoint " + m_name, {}});
        m_connection->execute({"release savepoint " + m_name, {}});
    });
    m_connection = nullptr;
}

pg::Call<TransactionOutcome> transactionOutcome(std::int64_t transactionId) {
    return detail::rowCall("pg_xact_status", "select pg_xact_status($1::text::xid8)",
                           pg::Params::of(std::to_string(transactionId)), [](const pg::Row& row) {
                               const std::string_view said = row.text(0);
                               if (said == "committed")
                                   return TransactionOutcome::Committed;
                               if (said == "aborted")
                                   return TransactionOutcome::Aborted;
                               if (said == "in progress")
                                   return TransactionOutcome::InProgress;
                               return TransactionOutcome::Unknown;
                           });
}

pg::Call<int> currentBackendPid() {
    return detail::valueCall<int>("pg_backend_pid", "select pg_backend_pid()", {});
}

} // namespace pgque
