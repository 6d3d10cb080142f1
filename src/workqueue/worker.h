// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/connection.h"
#include "pg/export.h"
#include "pgque/backoff.h"
#include "pgque/client.h"
#include "pgque/consumer.h"
#include "workqueue/calls.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace workqueue {

/// What a handler may use besides its message. Valid during the call only.
class PGQUE_EXPORT Delivery {
public:
    Delivery(pgque::Client& client, const std::atomic<bool>& lost, std::stop_token stop)
        : m_client(client)
        , m_lost(lost)
        , m_stop(std::move(stop)) {}

    /// The worker's own client: run() takes every call of this library. What is done with it commits by itself.
    pgque::Client& client() noexcept { return m_client; }

    /// The lease could not be renewed: somebody else may be running the message by now. Nothing that is done from here
    /// on will be acknowledged.
    bool leaseLost() const noexcept { return m_lost; }

    const std::stop_token& stop() const noexcept { return m_stop; }

private:
    pgque::Client& m_client;
    const std::atomic<bool>& m_lost;
    std::stop_token m_stop;
};

/// Handles one message. Returning means done; throwing pgque::Retry gives it back with that delay and reason, throwing
/// Bury sends it to the dead letters, anything else gives it back after the worker's usual delay.
using Handler = std::function<void(const Message&, Delivery&)>;

/// Thrown by a handler that knows a message will never succeed.
class PGQUE_EXPORT Bury : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Something that went wrong and was dealt with; for logs and counters.
struct Incident {
    enum class Kind {
        Disconnected,  ///< `wait` until the next attempt
        HandlerFailed, ///< the message was given back
        Buried,        ///< the handler said so, or it had been claimed too often
        LeaseLost,     ///< the token was void at the end: possibly run twice
        RenewalFailed, ///< tried again while the lease lasts
        ServerError,   ///< one queue could not be asked; the others were
    };

    Kind kind = Kind::ServerError;
    std::string text;
    std::optional<std::int64_t> messageId = {};
    std::chrono::milliseconds wait{0};
};

struct WorkerOptions {
    std::vector<std::string> queues; ///< each is asked once a round, in this order; duplicates are left out
    std::string name;                ///< stands in claimed_by; empty: host and process
    std::chrono::milliseconds lease{120'000};
    std::chrono::milliseconds renewEvery{0}; ///< on a connection of its own; 0: a third of the lease
    std::int32_t batch = 1;                  ///< messages a claim takes; they wait for each other under their leases
    std::int32_t maxAttempts = 5;            ///< claimed more often than that, a message is poison
    std::chrono::milliseconds retryDelay{0}; ///< of what failed without saying when

    /// Asked about poison instead of a handler; the answer is the reason it is buried with. Default: how often it was
    /// claimed. It may surface the failure first.
    std::function<std::string(const Message&, Delivery&)> onPoison;

    /// Pauses of rounds that found nothing: the first, doubled up to the longest.
    std::chrono::milliseconds pollInterval{100};
    std::chrono::milliseconds longestPause{2'000};

    pgque::BackOff::Options backOff; ///< between attempts to connect
    pg::Connection::Options connection;

    /// Called on the worker's threads; must not throw.
    std::function<void(const Incident&)> onIncident;
};

struct WorkerStats {
    std::int64_t done = 0;   ///< acknowledged
    std::int64_t failed = 0; ///< given back because a handler failed
    std::int64_t buried = 0;
    std::int64_t lost = 0;     ///< leases lost before the end
    std::int64_t returned = 0; ///< given back because of a stop
    std::int64_t rounds = 0;
    std::int64_t connects = 0;
};

/// Claims, handles, acknowledges. One thread runs it; stats() may be asked from any.
class PGQUE_EXPORT Worker {
public:
    /// Throws pgque::InvalidArgument for options that contradict each other, before anything is connected to.
    Worker(pg::ConnectionInfo info, WorkerOptions options, Handler handler);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Until stopped: the message in hand is finished, the rest of the claim goes back. Throws pgque::Error when trying
    /// again would not help: no permission, schema not installed.
    void run(const std::stop_token& stop);

    WorkerStats stats() const;

private:
    class Loop;
    std::unique_ptr<Loop> m_loop;
};

/// How a delivery of a batch ended.
enum class BatchEnd {
    Skipped,  ///< a redelivery, or of a run that is over: nothing was run, nothing counted
    Counted,  ///< run and counted; others remain
    Fired,    ///< run and counted as the last: the callback is on its queue
    Finished, ///< run and counted as the last of a run without a callback
    Abandoned ///< run, but the run ended meanwhile
};

/// What becomes of a run whose batch fails.
enum class OnBatchFailure {
    Abort,        ///< the run ends now; its markers stay, so that redelivered batches are skipped, not run again
    LeaveToReaper ///< the barrier stays as the handle for whoever recovers executions
};

/// Runs one batch of a fan-out at most once and counts it exactly once, however often its message is delivered. `work`
/// answers the batch's result as JSON; when it throws, or answers what JSON in a database can't hold, the run is
/// treated as `failure` says and the exception goes on. A count whose answer was lost is settled over a new connection,
/// tried for about ten seconds.
PGQUE_EXPORT BatchEnd runBatch(Delivery& delivery, const pg::ConnectionInfo& info, const Message& message,
                               const std::function<std::string()>& work,
                               OnBatchFailure failure = OnBatchFailure::Abort);

} // namespace workqueue
