// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/connection.h"
#include "pg/export.h"
#include "pgque/backoff.h"
#include "pgque/batch.h"
#include "pgque/client.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace pgque {

/// What a handler may use besides its message. Valid during the call only.
class Delivery {
public:
    Delivery(Client& client, std::stop_token stop)
        : m_client(client)
        , m_stop(std::move(stop)) {}

    /// The consumer's own client. With ConsumerOptions::transactional, what is done with it commits together with the
    /// acknowledgement and is undone when the handler throws; otherwise it commits by itself. Leave transactions alone.
    Client& client() noexcept { return m_client; }

    /// Tells a long handler that the consumer was asked to stop.
    const std::stop_token& stop() const noexcept { return m_stop; }

private:
    Client& m_client;
    std::stop_token m_stop;
};

/// Handles one message. Returning means done; throwing gives the message back for a retry.
using Handler = std::function<void(const Message&, Delivery&)>;

/// Thrown by a handler to choose the delay and the reason of the retry. Any other exception means the consumer's usual
/// delay, with what() as the reason.
class PGQUE_EXPORT Retry : public std::runtime_error {
public:
    explicit Retry(pg::Interval after, const std::string& reason = "retry asked for by the handler")
        : std::runtime_error(reason)
        , m_after(after) {}

    pg::Interval after() const noexcept { return m_after; }

private:
    pg::Interval m_after;
};

/// Handlers by event type, and one for all other types. A message that nobody handles is given back for a retry with
/// that reason, and so ends among the dead letters instead of vanishing.
struct Handlers {
    std::map<std::string, Handler, std::less<>> byType;
    Handler other;

    Handlers& on(std::string type, Handler handler) {
        byType.insert_or_assign(std::move(type), std::move(handler));
        return *this;
    }

    Handlers& onOther(Handler handler) {
        other = std::move(handler);
        return *this;
    }

    /// Empty when there is none.
    PGQUE_EXPORT const Handler& find(const Message& message) const;
};

/// What to do with a batch that has more messages than ConsumerOptions::maxMessages.
enum class LargeBatch {
    TakeWhole, ///< receive it whole after all
    Stop,      ///< leave it open and throw PartialBatch from run()
    DropRest,  ///< handle the first ones; the rest is lost to this consumer, and that is meant
};

/// What to do with the rest of a batch when asked to stop in its middle.
enum class OnStop {
    FinishBatch, ///< handle the rest, then stop
    GiveBack,    ///< let the message in hand finish, return the rest to the queue for an immediate retry, then stop
};

/// Something that went wrong and was dealt with; for logs and counters.
struct Incident {
    enum class Kind {
        Disconnected,  ///< `wait` until the next attempt to connect
        HandlerFailed, ///< the message was given back
        SettleFailed,  ///< nack or ack failed; repeated after `wait`, without handling anything again
        RolledBack,    ///< transactional: the batch was undone and comes again after `wait`
        BatchLost,     ///< the token was void at the end: taken over, or acknowledged by an attempt that got no answer
        ServerError,   ///< receive failed; repeated after `wait`
        HeartbeatFailed, ///< tried again after `wait`
    };

    Kind kind = Kind::ServerError;
    std::string text;
    std::optional<std::int64_t> batchId = {};
    std::optional<std::int64_t> messageId = {};
    std::chrono::milliseconds wait{0};
};

/// A step in a batch's way through a consumer; for logs, counters and traces.
struct BatchStep {
    enum class Kind {
        Received,     ///< its messages are here; handlers run next
        Acknowledged, ///< closed by this consumer
        Lost,         ///< see Incident::Kind::BatchLost
    };

    Kind kind = Kind::Received;
    std::int64_t batchId = 0;
    std::size_t messages = 0; ///< in it
    /// When the call to the server began, by this machine's clock; of a call that was repeated because it got no
    /// answer, when the first one began. It took effect between then and `answered`.
    std::chrono::system_clock::time_point asked;
    std::chrono::system_clock::time_point answered;
};

struct ConsumerOptions {
    std::string queue;
    std::string consumer;
    std::optional<std::string> subconsumer;   ///< makes the consumer a member of a cooperative group
    std::optional<pg::Interval> deadInterval; ///< take over windows of members silent for longer; needs subconsumer
    bool subscribe = false;                   ///< register first; a subconsumer always does

    /// The heartbeat of a subconsumer while it handles a batch, on a connection of its own; shorter than every
    /// member's dead interval. Without one, a batch that takes longer than that is taken over.
    std::optional<std::chrono::milliseconds> heartbeat;

    std::chrono::milliseconds pollInterval{5'000}; ///< the longest time between looks
    bool notifications = true;                     ///< look at once when a tick is announced
    std::optional<std::int32_t> maxMessages;       ///< empty: whole batches
    LargeBatch largeBatch = LargeBatch::TakeWhole;
    OnStop onStop = OnStop::FinishBatch;
    pg::Interval retryAfter = std::chrono::seconds(60);

    /// Handle and acknowledge each batch in one transaction: what handlers write through Delivery::client() happens
    /// exactly once. Keep batches short then, because the transaction stays open while handlers run.
    bool transactional = false;

    BackOff::Options backOff;
    pg::Connection::Options connection;

    /// Called on the consumer's threads; must not throw.
    std::function<void(const Incident&)> onIncident;

    /// Called on the running thread, which waits for it; must not throw.
    std::function<void(const BatchStep&)> onBatch;
};

struct ConsumerStats {
    std::int64_t batches = 0;  ///< acknowledged
    std::int64_t messages = 0; ///< handled, in acknowledged batches
    std::int64_t failed = 0;   ///< given back because a handler failed
    std::int64_t returned = 0; ///< given back because of a stop
    std::int64_t lost = 0;     ///< batches whose token was void at the end
    std::int64_t looks = 0;    ///< receives, empty ones included
    std::int64_t connects = 0;
};

/// A loop that receives batches, handles their messages in order and acknowledges. Delivery is at least once: a batch
/// that was handled, but not acknowledged when the process or the connection went, comes again.
///
/// It outlives lost connections (reconnecting with growing pauses) and failing nacks and acks (repeating just those).
/// It ends when asked to stop, or with an exception when going on makes no sense: the queue or the consumer does not
/// exist, the schema is missing, a right is missing to receive, another role has the name, wrong credentials.
///
/// Thread-safety: run() on one thread at a time; stats() from any.
class PGQUE_EXPORT Consumer {
public:
    /// Throws InvalidArgument when the options contradict each other.
    Consumer(pg::ConnectionInfo info, ConsumerOptions options, Handlers handlers);
    Consumer(Consumer&&) noexcept;
    ~Consumer();

    /// Runs until stopped. A wait in progress ends at once; a statement in progress is waited for, up to its timeout.
    void run(const std::stop_token& stop);

    ConsumerStats stats() const;

private:
    class PGQUE_LOCAL Loop;
    std::unique_ptr<Loop> m_loop;
};

} // namespace pgque
