// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/error.h"
#include "pg/export.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace pgque {

/// What a failure means to a program that uses queues.
enum class Problem {
    QueueNotFound,
    ConsumerNotRegistered,
    BatchNotFound, ///< finished, taken over, or never there: the token is void and nothing was changed
    EventNotFound, ///< no such message in the batch, or no such dead letter
    InvalidArgument,
    Conflict, ///< the state does not allow it: a window is open, another role, consumers attached, queue paused
    PermissionDenied,
    NotInstalled,   ///< the schema or the function does not exist in this database
    PartialBatch,   ///< acknowledging would drop messages that a limit kept back
    ConnectFailed,  ///< no connection could be made
    ConnectionLost, ///< an established connection broke; effect() tells whether the outcome is known
    Timeout,
    Cancelled,
    TryAgain, ///< deadlock, serialization failure, lock not available, out of resources
    Other,
};

/// Reads a failure. The server's errors are told apart by SQLSTATE where it says enough, and else by their wording,
/// on which PgQue's clients in all languages rely.
PGQUE_EXPORT Problem classify(const pg::Failure& failure);

/// What Client, Consumer and Transaction throw. A pg::Error as well, so that one handler can take both.
class PGQUE_EXPORT Error : public pg::Error {
public:
    Error(Problem problem, pg::Failure failure)
        : pg::Error(std::move(failure))
        , m_problem(problem) {}

    Problem problem() const noexcept { return m_problem; }

    /// Unknown: a commit could have been under way when the connection went. Ask the database, do not guess.
    pg::Effect effect() const noexcept { return failure().effect; }

private:
    Problem m_problem;
};

class PGQUE_EXPORT QueueNotFound : public Error {
public:
    using Error::Error;
};

class PGQUE_EXPORT ConsumerNotRegistered : public Error {
public:
    using Error::Error;
};

class PGQUE_EXPORT BatchNotFound : public Error {
public:
    using Error::Error;
};

class PGQUE_EXPORT EventNotFound : public Error {
public:
    using Error::Error;
};

class PGQUE_EXPORT InvalidArgument : public Error {
public:
    using Error::Error;
    explicit InvalidArgument(std::string what);
};

class PGQUE_EXPORT Conflict : public Error {
public:
    using Error::Error;
};

class PGQUE_EXPORT PermissionDenied : public Error {
public:
    using Error::Error;
};

class PGQUE_EXPORT NotInstalled : public Error {
public:
    using Error::Error;
};

class PGQUE_EXPORT PartialBatch : public Error {
public:
    using Error::Error;
    explicit PartialBatch(std::int64_t batchId);
};

class PGQUE_EXPORT ConnectionLost : public Error {
public:
    using Error::Error;
};

/// The connection went while a commit was under way. With the transaction's id, Client::outcome() can tell later.
class PGQUE_EXPORT CommitUnknown : public ConnectionLost {
public:
    CommitUnknown(pg::Failure failure, std::optional<std::int64_t> transactionId)
        : ConnectionLost(Problem::ConnectionLost, std::move(failure))
        , m_transactionId(transactionId) {}

    /// Empty when the transaction did not track its outcome, or wrote nothing.
    std::optional<std::int64_t> transactionId() const noexcept { return m_transactionId; }

private:
    std::optional<std::int64_t> m_transactionId;
};

/// Throws the type above that fits, or Error.
[[noreturn]] PGQUE_EXPORT void raise(const pg::Failure& failure);

/// Runs something that throws pg::Error and throws this library's types instead.
template <class Function>
decltype(auto) typedErrors(Function&& function) {
    try {
        return std::forward<Function>(function)();
    } catch (const Error&) {
        throw;
    } catch (const pg::Error& error) {
        raise(error.failure());
    }
}

} // namespace pgque
