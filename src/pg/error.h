// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"

#include <stdexcept>
#include <string>
#include <string_view>

namespace pg {

/// What kind of thing went wrong; decides what a program can sensibly do next.
enum class ErrorKind {
    Connect,        ///< no connection could be made (name, route, TLS, server not accepting)
    Authentication, ///< the server refused who we are (SQLSTATE class 28)
    ConnectionLost, ///< an established connection broke
    Timeout,        ///< the deadline passed before the server answered
    Cancelled,      ///< cancelled by us (57014 after our request, or an interrupted wait)
    Server,         ///< the server reported an error; see the SQLSTATE
    Decode,         ///< an answer did not have the expected shape
    Usage,          ///< the call itself makes no sense here, e.g. a second command while one is running
};

/// Whether the effect of the failed call is known.
enum class Effect {
    None,    ///< nothing was changed: the server said so or never got the command
    Unknown, ///< the connection went while a commit could have been under way; ask the database, do not guess
};

/// What the server (or libpq) said about an error or in a notice, field by field. Empty: not given.
struct Diagnostics {
    std::string severity; ///< not localised: ERROR, FATAL, PANIC, WARNING, NOTICE, DEBUG, INFO, LOG
    std::string sqlState; ///< five characters; empty when the error is not the server's
    std::string message;
    std::string detail;
    std::string hint;
    std::string context;
    std::string schema;
    std::string table;
    std::string column;
    std::string constraint;
};

/// A failed call as a plain value that may travel between threads.
struct PGQUE_EXPORT Failure {
    ErrorKind kind = ErrorKind::Usage;
    Effect effect = Effect::None;
    Diagnostics diagnostics;
    std::string statement; ///< the SQL text that failed, without parameter values; may be empty

    /// One line: message, and the SQLSTATE where there is one.
    std::string text() const;
};

/// Thrown by everything in this library that waits for the server. Never crosses a thread.
class PGQUE_EXPORT Error : public std::runtime_error {
public:
    explicit Error(Failure failure);

    /// An error of our own making, with nothing changed on the server.
    static Error of(ErrorKind kind, std::string message, std::string statement = {});

    const Failure& failure() const noexcept { return m_failure; }

    ErrorKind kind() const noexcept { return m_failure.kind; }

    const std::string& sqlState() const noexcept { return m_failure.diagnostics.sqlState; }

private:
    Failure m_failure;
};

} // namespace pg
