// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/connectioninfo.h"
#include "pg/error.h"
#include "pg/export.h"
#include "pg/result.h"
#include "pg/statement.h"
#include "pg/time.h"
#include "pg/traffic.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

struct pg_conn;

namespace pg {

/// Something the server said beside its answers (RAISE NOTICE/WARNING, a FATAL before it hangs up).
using Notice = Diagnostics;

/// A NOTIFY that arrived.
struct Notification {
    std::string channel;
    std::string payload;
    int senderPid = 0;
};

enum class TransactionStatus { Idle, Active, InTransaction, InFailedTransaction, Unknown };

/// Ends waits from another thread. One object may serve many connections, one after the other or at once.
/// Thread-safe; raise() is sticky until reset().
class PGQUE_EXPORT Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    void raise() noexcept;

    /// As raise(), without waiting for a cancel to be confirmed: a connection that runs a command is given up at once.
    void abort() noexcept;

    void reset() noexcept;
    bool raised() const noexcept;

    struct PGQUE_LOCAL State;

    State& state() const noexcept { return *m_state; }

private:
    std::unique_ptr<State> m_state;
};

/// Asks the server to stop the statement that a connection is running. May be used from any thread while the
/// connection waits; outlives the connection harmlessly. request() may block on a bad network (libpq before 17).
class PGQUE_EXPORT Canceller {
public:
    Canceller() = default;

    /// True when the request was delivered; whether it came in time shows in the statement's own outcome.
    bool request(std::string* problem = nullptr) const;

    struct PGQUE_LOCAL State;

private:
    friend class Connection;
    std::shared_ptr<State> m_state;
};

/// One step of a pipeline. A sync after a step ends its group: an error skips the rest of its own group only.
struct PipelineStep {
    Statement statement;
    bool sync = false;
};

/// A step's outcome: its rows, why it failed, or skipped because an earlier step of its group failed.
struct Skipped {};

using StepResult = std::variant<Result, Failure, Skipped>;

/// A connection whose every wait is bounded and can be interrupted. One thread at a time; the objects it hands out
/// (Result, Failure) are values that may travel. What onNotice and onNotification throw is dropped, and they must not
/// use the connection; what stream()'s and copyIn()'s handlers throw comes out of these, with the command ended.
///
/// A statement whose deadline passes is cancelled on the server; when the server does not confirm that within
/// cancelGrace the connection is given up (status Broken), because what it would answer next is not known.
class PGQUE_EXPORT Connection {
public:
    struct Options {
        std::chrono::milliseconds connectTimeout{10'000};   ///< whole attempt, all hosts, TLS and
                                                            ///< authentication; connect_timeout of the
                                                            ///< ConnectionInfo goes first
        std::chrono::milliseconds statementTimeout{30'000}; ///< deadline of a call that names none
        std::chrono::milliseconds cancelGrace{2'000};
        std::shared_ptr<Interrupt> interrupt;                    ///< ends any wait with Cancelled; may be empty
        std::function<void(const Notice&)> onNotice;             ///< called on the connection's thread, during waits
        std::function<void(const Notification&)> onNotification; ///< as onNotice
    };

    /// Connects, or throws Error (Connect, Authentication, Timeout, Cancelled). Name resolution is libpq's and can
    /// outlast the timeout; run open() on a thread that may be abandoned when that matters.
    static Connection open(const ConnectionInfo& info, Options options);

    static Connection open(const ConnectionInfo& info) { return open(info, Options{}); }

    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    ~Connection();

    /// One statement through the extended protocol. Throws Error.
    Result execute(const Statement& statement, Deadline deadline);
    Result execute(const Statement& statement);

    /// One typed call.
    template <class T>
    T run(const Call<T>& call, Deadline deadline) {
        return call.decode(execute(call.statement, deadline));
    }

    template <class T>
    T run(const Call<T>& call) {
        return call.decode(execute(call.statement));
    }

    /// All steps in one round trip; the answer has one entry a step. Throws only when the connection itself fails.
    /// A final sync is implied.
    std::vector<StepResult> pipeline(std::span<const PipelineStep> steps, Deadline deadline);

    /// Several statements as one simple query, hence one implicit transaction unless the text has its own.
    /// For installing; no parameters. Returns the last result.
    Result executeScript(const std::string& sql, Deadline deadline);

    /// Rows one by one without holding them all; returning false from the handler cancels the rest.
    /// Rows may come before an error: count them only when this returns.
    void stream(const Statement& statement, const std::function<bool(const Row&)>& onRow, Deadline deadline);

    /// COPY ... FROM STDIN: produce() appends bytes and returns false when there are no more. Returns rows copied.
    std::int64_t copyIn(const std::string& sql, const std::function<bool(std::string& buffer)>& produce,
                        Deadline deadline);

    /// LISTEN with the channel quoted. Commit it before reading the state it announces.
    void listen(const std::string& channel, Deadline deadline);

    /// Ends listening on a channel.
    void unlisten(const std::string& channel, Deadline deadline);

    /// Rolls back the transaction that is open, if one is.
    void rollback(Deadline deadline);

    /// Waits until a notification or an interrupt arrives or the deadline passes; calls onNotification for each that
    /// arrived and returns how many. Throws Error (ConnectionLost) when the server goes away, with the reason it gave.
    int waitForNotifications(Deadline deadline);

    /// What went over it since this was last asked.
    Traffic takeTraffic() noexcept;

    /// For whoever measures by the server's clock what the last round trip took there: it counts with the traffic.
    void countMeasured(std::chrono::microseconds tookThere) noexcept;

    bool isOpen() const noexcept;
    TransactionStatus transactionStatus() const;
    int backendPid() const;    ///< as told at connect; behind a pooler not the pid that runs statements
    int serverVersion() const; ///< e.g. 150020
    std::string parameter(const std::string& name) const; ///< a reported server parameter, "" when unknown
    bool usesTls() const;
    std::string host() const;
    std::string port() const;
    std::string database() const;
    std::string user() const;
    bool neededPassword() const; ///< the server asked for a password at connect

    Canceller canceller() const;
    std::string quoteIdentifier(std::string_view identifier) const;
    std::string quoteLiteral(std::string_view text) const;

    /// libpq's own handle, for what this class does not offer. Waits made with it are not bounded.
    pg_conn* native() const noexcept;

    /// Closes without waiting for the server.
    void close() noexcept;

    struct PGQUE_LOCAL State;

private:
    explicit Connection(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace pg
