// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/canceller.h"
#include "pg/connection.h"

#include <libpq-fe.h>
#include <optional>
#include <vector>

namespace pg {

struct Connection::State {
    explicit State(Options given);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// Takes what has arrived out of the socket, and tells notices and notifications. Never waits.
    /// Returns how many notifications there were.
    int consume();

    /// Calls back with what libpq has already taken in. What a callback throws is dropped.
    int tell();

    /// Gives the connection up. lossReason stays.
    void finish() noexcept;

    bool isBad() const { return PQstatus(conn) == CONNECTION_BAD; }

    TransactionStatus transactionStatus() const;

    Interrupt::State* interrupt() const { return options.interrupt ? &options.interrupt->state() : nullptr; }

    /// Why the connection was lost: the server's last FATAL where it said something, else libpq's words.
    Diagnostics lossReason() const;

    PGconn* conn = nullptr;
    Options options;
    std::shared_ptr<Canceller::State> cancel;
    std::vector<Notice> notices; ///< received within libpq, to be told outside of it
    std::optional<Diagnostics> lastFatal;
    std::optional<Diagnostics> lost; ///< set when the connection was given up, with the reason
    bool busy = false;
    Traffic traffic;

    struct Facts {
        int backendPid = 0;
        int serverVersion = 0;
        bool tls = false;
        bool usedPassword = false;
        std::string host;
        std::string port;
        std::string database;
        std::string user;
    } facts;
};

/// The fields of an error or notice result.
Diagnostics diagnosticsOf(const PGresult* result);

/// A message of libpq without the newline at its end.
std::string trimmed(const char* message);

bool isFatal(const Diagnostics& diagnostics);

} // namespace pg
