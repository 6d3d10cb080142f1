// SPDX-License-Identifier: Apache-2.0
#include "pgque/consumerloop.h"

namespace pgque {

Consumer::Loop::Loop(pg::ConnectionInfo info, ConsumerOptions options, Handlers handlers)
    : m_info(std::move(info))
    , m_options(std::move(options))
    , m_handlers(std::move(handlers)) {}

ConsumerStats Consumer::Loop::stats() const {
    const std::lock_guard lock(m_statsMutex);
    return m_stats;
}

template <class Change>
void Consumer::Loop::count(Change&& change) {
    const std::lock_guard lock(m_statsMutex);
    change(m_stats);
}

void Consumer::Loop::report(Kind kind, const std::string& text, std::optional<std::int64_t> batchId,
                            std::optional<std::int64_t> messageId, std::chrono::milliseconds wait) const {
    if (m_options.onIncident)
        m_options.onIncident({kind, text, batchId, messageId, wait});
}

void Consumer::Loop::tell(BatchStep::Kind kind, std::int64_t batchId, std::size_t messages,
                          WallClock::time_point asked) const {
    if (m_options.onBatch)
        m_options.onBatch({kind, batchId, messages, asked, WallClock::now()});
}

void Consumer::Loop::run(const std::stop_token& stop) {
    detail::StopSignal signal(stop);
    m_asked.reset();
    std::optional<detail::Heartbeat> heartbeat;
    if (m_options.heartbeat)
        heartbeat.emplace(m_info, m_options);
    m_heartbeat = heartbeat ? &*heartbeat : nullptr;

    BackOff backOff(m_options.backOff);
    while (!signal.stopped()) {
        try {
            if (!m_client)
                connect(signal);
            if (m_client) {
                look(signal);
                backOff.reset();
            }
        } catch (const Error& error) {
            recover(error, signal, backOff);
        }
    }
    m_client.reset();
    m_settlement.reset(); // what could not be settled comes again: delivery is at least once
}

/// Whether another attempt can end better.
bool Consumer::Loop::mayGoOn(const Error& error) const {
    if (m_settlement || m_inTransaction)
        return true; // handlers have run; leaving would hand their work to nobody or to somebody again
    switch (error.problem()) {
    case Problem::ConnectFailed:
    case Problem::ConnectionLost:
    case Problem::Timeout:
    case Problem::Cancelled:
    case Problem::TryAgain:
    case Problem::BatchNotFound:
    case Problem::Other:
        return true;
    default:
        return false;
    }
}

void Consumer::Loop::recover(const Error& error, detail::StopSignal& signal, BackOff& backOff) {
    const bool going = mayGoOn(error);
    const std::optional<std::int64_t> undone = std::exchange(m_inTransaction, {});
    if (m_client && !m_client->isOpen())
        m_client.reset();
    if (!going) {
        m_client.reset();
        throw; // the one being handled by run()
    }
    if (signal.stopped())
        return;
    const auto wait = backOff.next();
    if (undone)
        report(Kind::RolledBack, error.what(), undone, {}, wait);
    else if (!m_client)
        report(Kind::Disconnected, error.what(), {}, {}, wait);
    else if (m_settlement)
        report(Kind::SettleFailed, error.what(), m_settlement->batchId, {}, wait);
    else
        report(Kind::ServerError, error.what(), {}, {}, wait);
    signal.pause(wait);
}

void Consumer::Loop::connect(detail::StopSignal& signal) {
    auto options = m_options.connection;
    options.interrupt = signal.interrupt();
    options.onNotification = [this, next = options.onNotification](const pg::Notification& notification) {
        m_notified = true;
        if (next)
            next(notification);
    };
    std::optional<Client> client;
    signal.during([&] { client.emplace(Client::connect(m_info, std::move(options))); });
    if (!client)
        return;
    m_listening = m_options.notifications && client->listen(m_options.queue);
    if (m_options.subscribe && !m_options.subconsumer)
        client->subscribe(m_options.queue, m_options.consumer);
    m_client = std::move(client);
    m_position.reset();
    count([](ConsumerStats& stats) { ++stats.connects; });
}

void Consumer::Loop::look(detail::StopSignal& signal) {
    if (m_settlement)
        settle();
    m_notified = false;
    if (!m_asked)
        m_asked = WallClock::now();
    Batch batch = receive(m_options.maxMessages);
    if (!batch.complete && m_options.largeBatch == LargeBatch::TakeWhole)
        batch = receive({});
    const auto asked = *std::exchange(m_asked, {});
    if (!batch.complete && m_options.largeBatch == LargeBatch::Stop)
        throw PartialBatch(*batch.id);
    if (!batch.empty()) {
        tell(BatchStep::Kind::Received, *batch.id, batch.size(), asked);
        const detail::Heartbeat::Beating beating(m_heartbeat);
        if (m_options.transactional) {
            handleInTransaction(batch, signal);
        } else {
            handle(batch, signal);
            settle();
        }
    } else if (!moved()) {
        waitForWork(signal);
    }
}

Batch Consumer::Loop::receive(std::optional<std::int32_t> limit) {
    count([](ConsumerStats& stats) { ++stats.looks; });
    if (m_options.subconsumer)
        return m_client->receiveCoop(m_options.queue, m_options.consumer, *m_options.subconsumer, limit,
                                     m_options.deadInterval);
    return m_client->receive(m_options.queue, m_options.consumer, limit);
}

/// Whether the consumer or its group has advanced since the last look. PgQue contract: an empty window is finished by
/// receive itself, one a call, and looks just like no window at all; somebody who was away for a week has thousands of
/// them to get past, and must not wait for the next tick after each.
bool Consumer::Loop::moved() {
    const auto rows = m_client->consumerInfo(m_options.queue, m_options.consumer);
    const auto position = rows.empty() ? std::nullopt : rows.front().lastTick;
    return std::exchange(m_position, position) != position;
}

void Consumer::Loop::waitForWork(detail::StopSignal& signal) {
    if (!m_listening)
        signal.pause(m_options.pollInterval);
    else if (!m_notified) // one that came with the answers above counts as well
        signal.during([&] { m_client->waitForTick(pg::after(m_options.pollInterval)); });
}

/// Runs the handler; empty when it succeeded.
std::optional<Consumer::Loop::Return> Consumer::Loop::call(const Message& message, const std::stop_token& stop) {
    std::optional<Return> failed;
    try {
        const Handler& handler = m_handlers.find(message);
        if (!handler)
            throw Retry(m_options.retryAfter, "no handler for events of type " + message.type.value_or("(none)"));
        Delivery delivery(*m_client, stop);
        handler(message, delivery);
    } catch (const Retry& retry) {
        failed = Return{message.id, retry.after(), retry.what()};
    } catch (const std::exception& error) {
        failed = Return{message.id, m_options.retryAfter, error.what()};
    } catch (...) {
        failed = Return{message.id, m_options.retryAfter, "the handler threw something that is no std::exception"};
    }
    if (failed)
        report(Kind::HandlerFailed, failed->reason, message.batchId, message.id);
    return failed;
}

void Consumer::Loop::handle(const Batch& batch, const detail::StopSignal& signal) {
    Settlement settlement(batch);
    for (const Message& message : batch) {
        if (signal.stopped() && m_options.onStop == OnStop::GiveBack) {
            settlement.unhandled.push_back(message.id);
        } else if (auto failed = call(message, signal.token())) {
            settlement.failed.push_back(std::move(*failed));
        } else {
            ++settlement.handled;
        }
    }
    m_settlement = std::move(settlement);
}

/// Nacks what failed and returns what was not handled; each is done once even when this has to be repeated.
void Consumer::Loop::giveBack(Settlement& settlement) {
    for (; settlement.failedDone < settlement.failed.size(); ++settlement.failedDone) {
        const Return& failed = settlement.failed[settlement.failedDone];
        m_client->run(nack(settlement.batchId, failed.messageId, failed.after, failed.reason));
    }
    for (; settlement.unhandledDone < settlement.unhandled.size(); ++settlement.unhandledDone)
        m_client->run(eventRetry(settlement.batchId, settlement.unhandled[settlement.unhandledDone], 0));
}

/// Gives back, and acknowledges only when that succeeded: what failed must not be lost with its batch.
void Consumer::Loop::settle() {
    const bool acknowledged = acknowledge(*m_settlement);
    finished(*std::exchange(m_settlement, {}), acknowledged);
}

/// False: the token is void.
bool Consumer::Loop::acknowledge(Settlement& settlement) {
    try {
        giveBack(settlement);
        if (!settlement.asked)
            settlement.asked = WallClock::now();
        return m_client->ack(settlement.batchId);
    } catch (const BatchNotFound&) {
        return false;
    }
}

void Consumer::Loop::finished(const Settlement& settlement, bool acknowledged) {
    count([&](ConsumerStats& stats) {
        if (!acknowledged) {
            ++stats.lost;
            return;
        }
        ++stats.batches;
        stats.messages += settlement.handled;
        stats.failed += static_cast<std::int64_t>(settlement.failed.size());
        stats.returned += static_cast<std::int64_t>(settlement.unhandled.size());
    });
    tell(acknowledged ? BatchStep::Kind::Acknowledged : BatchStep::Kind::Lost, settlement.batchId, settlement.messages,
         settlement.asked.value_or(WallClock::now()));
    if (!acknowledged)
        report(Kind::BatchLost, "the batch's token is void", settlement.batchId);
}

void Consumer::Loop::handleInTransaction(const Batch& batch, const detail::StopSignal& signal) {
    m_inTransaction = batch.id;
    pg::Connection& connection = m_client->connection();
    Transaction transaction(connection);
    Settlement settlement(batch);
    for (const Message& message : batch) {
        if (signal.stopped() && m_options.onStop == OnStop::GiveBack) {
            settlement.unhandled.push_back(message.id);
            continue;
        }
        Savepoint savepoint(connection);
        auto failed = call(message, signal.token());
        if (!failed && connection.transactionStatus() == pg::TransactionStatus::InFailedTransaction)
            failed = Return{message.id, m_options.retryAfter, "the handler went on after an error in its transaction"};
        if (failed) {
            savepoint.undo();
            settlement.failed.push_back(std::move(*failed));
        } else {
            savepoint.keep();
            ++settlement.handled;
        }
    }
    const bool acknowledged = acknowledge(settlement);
    // A void token means that somebody else has the window now: nothing of ours may stay.
    if (acknowledged)
        transaction.commit();
    else
        transaction.rollback();
    m_inTransaction.reset();
    finished(settlement, acknowledged);
}

} // namespace pgque
