// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/connectionstate.h"
#include "pg/transaction.h"
#include "pg/wait.h"

#include <functional>
#include <memory>
#include <string>

namespace pg {

using ResultHandle = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// One command between us and the server, from the checks before it is sent to the NULL after its last result:
/// the one waiting loop. A passed deadline or an interrupt asks the server to cancel; the answers are read on, since
/// a cancel is a request and not an event; a server that does not end the command within the grace is given up.
class Exchange {
public:
    enum class Purpose {
        Command,
        Wait, ///< nothing is sent: an interrupt ends the waiting, it does not refuse it
    };

    /// Throws, with nothing sent, when the connection is not fit for a command or already gone.
    Exchange(Connection::State& state, std::string sql, Deadline deadline, Purpose purpose = Purpose::Command);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// Asked when the connection is lost after something was sent.
    void setMayHaveCommitted(std::function<bool()> question) { m_mayHaveCommitted = std::move(question); }

    /// The same for the one statement of a plain call.
    void setStatement(std::string_view sql);

    /// Refuses what libpq would cut short or could not send at all.
    void check(const Statement& statement) const;

    void send(const Statement& statement);
    void sendScript(const std::string& sql);

    /// Checks the result of another PQsend... or PQput... call; throws when it was refused.
    void accept(int returned);

    /// The next result of the command, null at its end. Throws when the connection is lost or given up.
    ResultHandle next();

    /// Waits once, until something could be read (and takes it in) or written, or until time is up.
    void waitOnce(bool alsoWrite);

    /// Waits until libpq's output buffer is empty.
    void flush();

    /// Asks the server to stop, because nobody wants the rest.
    void stop();

    bool stopping() const { return m_stop != Stop::No; }

    /// Looks at the clock and the interrupt without waiting, for callers that are busy with rows.
    void checkTime();

    /// Reads to the end of the command; keeps its first error and its last other result.
    /// Returns the failure, if there was one, and puts the result into *last.
    std::optional<Failure> drain(ResultHandle* last = nullptr);

    /// Reads to the end without a word, because something of the caller's threw.
    void abandon() noexcept;

    /// Notifications that had arrived before this began.
    int notificationsBefore() const { return m_notificationsBefore; }

    /// What an error result means.
    Failure failureOf(const PGresult* result) const;

    [[noreturn]] void fail(ErrorKind kind, std::string message) const;

    /// Throws ConnectionLost with the reason given by the server, where there is one.
    [[noreturn]] void lost();

    /// Gives the connection up: what it would answer next is not known.
    [[noreturn]] void giveUp(ErrorKind kind, std::string message);

private:
    struct CancelTask;
    enum class Stop { No, Late, Interrupted, Unwanted };

    void markSent();
    void requestStop(Stop reason);
    void joinCancel() noexcept;
    Failure failure(ErrorKind kind, Diagnostics diagnostics) const;
    Effect effectOfLoss() const;

    Connection::State& m_state;
    std::string m_sql;
    Deadline m_deadline;
    Deadline m_graceEnd = Deadline::max();
    Stop m_stop = Stop::No;
    bool m_sent = false;
    Clock::time_point m_sentAt;
    int m_notificationsBefore = 0;
    std::shared_ptr<CancelTask> m_cancelTask;
    std::function<bool()> m_mayHaveCommitted;
};

} // namespace pg
