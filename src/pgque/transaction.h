// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/connection.h"
#include "pg/export.h"
#include "pg/statement.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgque {

/// Levels a transaction may ask for. Producers that write rows and events together are well served by the first.
enum class Isolation { ReadCommitted, RepeatableRead, Serializable };

/// A transaction on a connection, rolled back at the end of its scope unless committed. Every call made on the
/// connection meanwhile, through a Client or otherwise, is part of it: events are sent with the rows they speak of,
/// and a batch is acknowledged with the rows that its handling wrote.
///
/// Belongs to the connection's thread; must not outlive the connection, nor be nested.
class PGQUE_EXPORT Transaction {
public:
    struct Options {
        Isolation isolation = Isolation::ReadCommitted;

        /// Fetch the transaction's id before the commit (one more round trip), so that a commit whose answer is lost
        /// can be looked up: see CommitUnknown and Client::outcome().
        bool trackOutcome = false;
    };

    explicit Transaction(pg::Connection& connection)
        : Transaction(connection, Options{}) {}

    /// Begins at once. Throws Error; InvalidArgument when a transaction is open already.
    Transaction(pg::Connection& connection, Options options);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    /// Throws CommitUnknown when the connection went before the answer came, and Error when the server rolled back
    /// instead. Whatever it throws, the transaction is over.
    void commit();

    /// Ends the transaction without effect. Throws nothing: a connection that is gone has rolled back, too.
    void rollback() noexcept;

    bool isOpen() const noexcept { return m_connection != nullptr; }

    /// The transaction's id, empty while it has written nothing.
    std::optional<std::int64_t> id();

private:
    pg::Connection* m_connection;
    bool m_trackOutcome;
};

/// A part of a transaction that can be undone alone; undone at the end of its scope unless kept.
class PGQUE_EXPORT Savepoint {
public:
    /// Throws Error. The name must differ from those of enclosing savepoints.
    explicit Savepoint(pg::Connection& connection, std::string_view name = "pgque_savepoint");
    Savepoint(const Savepoint&) = delete;
    Savepoint& operator=(const Savepoint&) = delete;
    ~Savepoint();

    /// Keeps what was done since. Throws Error.
    void keep();

    /// Undoes what was done since. Throws Error.
    void undo();

private:
    pg::Connection* m_connection;
    std::string m_name;
};

/// How a transaction ended, as far as the server remembers.
enum class TransactionOutcome { Committed, Aborted, InProgress, Unknown };

/// Looks a transaction up by its id. Wait and repeat while it is in progress.
[[nodiscard]] PGQUE_EXPORT pg::Call<TransactionOutcome> transactionOutcome(std::int64_t transactionId);

/// The pid of the server process that runs this statement; differs from Connection::backendPid() behind a pooler.
[[nodiscard]] PGQUE_EXPORT pg::Call<int> currentBackendPid();

} // namespace pgque
