// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/connection.h"
#include "pg/export.h"
#include "pgque/batch.h"
#include "pgque/calls.h"
#include "pgque/error.h"
#include "pgque/transaction.h"

#include <functional>
#include <string>
#include <string_view>

namespace pgque {

/// The queue API on one connection. Each method is one statement, committed by itself unless a Transaction is open on
/// the connection: then it is part of that one. Throws Error and its derived types; meaning and answers of the methods
/// are those of the calls of the same name.
///
/// Thread-safety: one thread at a time; different Clients are independent.
class PGQUE_EXPORT Client {
public:
    /// Connects. Throws Error (ConnectFailed, PermissionDenied, Timeout, Cancelled).
    static Client connect(const pg::ConnectionInfo& info, pg::Connection::Options options);

    static Client connect(const pg::ConnectionInfo& info) { return connect(info, {}); }

    /// As above; `text` is "key=value ..." or a postgresql:// URI, and what it leaves open comes from libpq's
    /// environment variables and files.
    static Client connect(std::string_view text);

    /// Uses a connection made elsewhere. `timeout` bounds receiving; other calls have the connection's own.
    explicit Client(pg::Connection connection, std::chrono::milliseconds timeout = std::chrono::seconds(30));

    /// Closes without waiting for the server. An open transaction is rolled back there.
    void close() noexcept { m_connection.close(); }

    bool isOpen() const noexcept { return m_connection.isOpen(); }

    /// The connection itself, for statements of your own in the same session and transaction;
    /// connection().native() is libpq's handle.
    pg::Connection& connection() noexcept { return m_connection; }

    /// Any typed call, with this library's errors.
    template <class T>
    T run(const pg::Call<T>& call) {
        return typedErrors([&] { return m_connection.run(call); });
    }

    /// Begins a transaction that the following calls join.
    Transaction begin(Transaction::Options options) { return Transaction(m_connection, options); }

    Transaction begin() { return Transaction(m_connection); }

    /// How a transaction ended whose commit was not answered; ask on a new connection to the same server.
    TransactionOutcome outcome(std::int64_t transactionId) { return run(transactionOutcome(transactionId)); }

    // Producing

    std::int64_t send(std::string_view queue, std::optional<std::string_view> payload) {
        return run(pgque::send(queue, payload));
    }

    std::int64_t send(std::string_view queue, std::string_view type, std::optional<std::string_view> payload) {
        return run(pgque::send(queue, type, payload));
    }

    std::int64_t sendJson(std::string_view queue, std::optional<std::string_view> json) {
        return run(pgque::sendJson(queue, json));
    }

    std::int64_t sendJson(std::string_view queue, std::string_view type, std::optional<std::string_view> json) {
        return run(pgque::sendJson(queue, type, json));
    }

    std::vector<std::int64_t> sendBatch(std::string_view queue, std::span<const std::string> payloads) {
        return run(pgque::sendBatch(queue, payloads));
    }

    std::vector<std::int64_t> sendBatch(std::string_view queue, std::string_view type,
                                        std::span<const std::string> payloads) {
        return run(pgque::sendBatch(queue, type, payloads));
    }

    std::vector<std::int64_t> sendJsonBatch(std::string_view queue, std::span<const std::string> payloads) {
        return run(pgque::sendJsonBatch(queue, payloads));
    }

    std::vector<std::int64_t> sendJsonBatch(std::string_view queue, std::string_view type,
                                            std::span<const std::string> payloads) {
        return run(pgque::sendJsonBatch(queue, type, payloads));
    }

    std::int64_t insertEvent(std::string_view queue, std::optional<std::string_view> type,
                             std::optional<std::string_view> payload, const Extras& extras) {
        return run(pgque::insertEvent(queue, type, payload, extras));
    }

    // Consuming

    bool subscribe(std::string_view queue, std::string_view consumer) { return run(pgque::subscribe(queue, consumer)); }

    int unsubscribe(std::string_view queue, std::string_view consumer) {
        return run(pgque::unsubscribe(queue, consumer));
    }

    bool registerConsumerAt(std::string_view queue, std::string_view consumer, std::optional<std::int64_t> tick) {
        return run(pgque::registerConsumerAt(queue, consumer, tick));
    }

    /// The open batch or the next one, with at most `limit` messages. Messages are decoded as they arrive, so a large
    /// batch is held once. Needs one row more than the limit to know whether the batch is complete.
    Batch receive(std::string_view queue, std::string_view consumer, std::optional<std::int32_t> limit = {});

    /// What receiveEach() handed out.
    struct Received {
        std::optional<std::int64_t> id; ///< the batch's token; empty when nothing came
        std::int64_t count = 0;
    };

    /// As receive(), but keeps nothing: each message goes to the handler as it arrives. The handler must not use this
    /// client, and what it saw counts only when this returns.
    Received receiveEach(std::string_view queue, std::string_view consumer,
                         const std::function<void(Message&&)>& handler);

    /// Closes a batch. False when its token is void: nothing was changed then.
    bool ack(std::int64_t batchId) { return run(pgque::ack(batchId)); }

    /// As above; throws PartialBatch when the batch was received in part, unless dropping the rest is asked for.
    bool ack(const Batch& batch, PartialAck partial = PartialAck::Refuse);

    /// Throws BatchNotFound when the batch's token is void.
    void nack(const Message& message, pg::Interval retryAfter = std::chrono::seconds(60),
              std::optional<std::string_view> reason = {}) {
        run(pgque::nack(message.batchId, message.id, retryAfter, reason));
    }

    NackBatchResult nackBatch(std::int64_t batchId, pg::Interval retryAfter = std::chrono::seconds(60),
                              std::optional<std::string_view> reason = {}) {
        return run(pgque::nackBatch(batchId, retryAfter, reason));
    }

    bool eventRetry(const Message& message, std::chrono::seconds after) {
        return run(pgque::eventRetry(message.batchId, message.id, static_cast<std::int32_t>(after.count())));
    }

    // Cooperative consumers

    bool subscribeSubconsumer(std::string_view queue, std::string_view consumer, std::string_view subconsumer,
                              bool convertNormal = false) {
        return run(pgque::subscribeSubconsumer(queue, consumer, subconsumer, convertNormal));
    }

    bool unsubscribeSubconsumer(std::string_view queue, std::string_view consumer, std::string_view subconsumer,
                                BatchHandling handling = BatchHandling::Refuse) {
        return run(pgque::unsubscribeSubconsumer(queue, consumer, subconsumer, handling));
    }

    Batch receiveCoop(std::string_view queue, std::string_view consumer, std::string_view subconsumer,
                      std::optional<std::int32_t> limit = {}, std::optional<pg::Interval> deadInterval = {});

    bool touchSubconsumer(std::string_view queue, std::string_view consumer, std::string_view subconsumer) {
        return run(pgque::touchSubconsumer(queue, consumer, subconsumer));
    }

    // Administration

    bool createQueue(std::string_view queue) { return run(pgque::createQueue(queue)); }

    void dropQueue(std::string_view queue, bool force = false) { run(pgque::dropQueue(queue, force)); }

    void setQueueConfig(std::string_view queue, std::string_view parameter, std::optional<std::string_view> value) {
        run(pgque::setQueueConfig(queue, parameter, value));
    }

    std::int64_t ticker() { return run(pgque::ticker()); }

    std::optional<std::int64_t> ticker(std::string_view queue) { return run(pgque::ticker(queue)); }

    std::int64_t forceNextTick(std::string_view queue) { return run(pgque::forceNextTick(queue)); }

    int maint() { return run(pgque::maint()); }

    int maintRetryEvents() { return run(pgque::maintRetryEvents()); }

    std::vector<QueueInfo> queueInfo(std::optional<std::string_view> queue = {}) {
        return run(pgque::getQueueInfo(queue));
    }

    std::vector<ConsumerInfo> consumerInfo(std::optional<std::string_view> queue = {},
                                           std::optional<std::string_view> consumer = {}) {
        return run(pgque::getConsumerInfo(queue, consumer));
    }

    std::string version() { return run(pgque::version()); }

    // Dead letters

    std::vector<DeadLetter> deadLetters(std::string_view queue, std::int32_t limit = 100) {
        return run(pgque::dlqInspect(queue, limit));
    }

    std::int64_t replayDeadLetter(std::int64_t deadLetterId) { return run(pgque::dlqReplay(deadLetterId)); }

    ReplayResult replayDeadLetters(std::string_view queue) { return run(pgque::dlqReplayAll(queue)); }

    int purgeDeadLetters(std::string_view queue, pg::Interval olderThan = std::chrono::hours(24 * 30)) {
        return run(pgque::dlqPurge(queue, olderThan));
    }

    // Waking up

    /// Asks to be told of this queue's ticks. Listen before looking, or a tick in between is missed. False behind a
    /// pooler that shares server sessions, where a LISTEN would end up with somebody else: poll there.
    bool listen(std::string_view queue);

    /// Waits for a tick that was listened for. False when the deadline passed. A hint only: look and see.
    bool waitForTick(pg::Deadline deadline);

private:
    Received receiveEach(const pg::Call<std::vector<Message>>& call, const std::function<void(Message&&)>& handler);
    Batch collect(const pg::Call<std::vector<Message>>& call, std::optional<std::int32_t> limit);

    pg::Connection m_connection;
    std::chrono::milliseconds m_timeout;
};

} // namespace pgque
