// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pgque/consumer.h"
#include "pgque/heartbeat.h"
#include "pgque/stopsignal.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

// Not installed.
namespace pgque {

class Consumer::Loop {
public:
    Loop(pg::ConnectionInfo info, ConsumerOptions options, Handlers handlers);

    void run(const std::stop_token& stop);
    ConsumerStats stats() const;

private:
    using Kind = Incident::Kind;
    using WallClock = std::chrono::system_clock;

    /// A message to be given back.
    struct Return {
        std::int64_t messageId = 0;
        pg::Interval after{0};
        std::string reason;
    };

    /// What is owed to the server once handlers have run. It survives a lost connection, so that handlers need not
    /// run again because a nack or an ack failed.
    struct Settlement {
        explicit Settlement(const Batch& batch)
            : batchId(*batch.id)
            , messages(batch.size()) {}

        std::int64_t batchId;
        std::size_t messages;
        std::optional<WallClock::time_point> asked; ///< when it was first acknowledged
        std::int64_t handled = 0;
        std::vector<Return> failed;
        std::vector<std::int64_t> unhandled;
        std::size_t failedDone = 0;
        std::size_t unhandledDone = 0;
    };

    void connect(detail::StopSignal& signal);
    void look(detail::StopSignal& signal);
    Batch receive(std::optional<std::int32_t> limit);
    bool moved();
    void waitForWork(detail::StopSignal& signal);

    void handle(const Batch& batch, const detail::StopSignal& signal);
    void handleInTransaction(const Batch& batch, const detail::StopSignal& signal);
    std::optional<Return> call(const Message& message, const std::stop_token& stop);
    void settle();
    void giveBack(Settlement& settlement);
    bool acknowledge(Settlement& settlement);
    void finished(const Settlement& settlement, bool acknowledged);

    bool mayGoOn(const Error& error) const;
    void recover(const Error& error, detail::StopSignal& signal, BackOff& backOff);
    void report(Kind kind, const std::string& text, std::optional<std::int64_t> batchId = {},
                std::optional<std::int64_t> messageId = {}, std::chrono::milliseconds wait = {}) const;
    void tell(BatchStep::Kind kind, std::int64_t batchId, std::size_t messages, WallClock::time_point asked) const;
    template <class Change>
    void count(Change&& change);

    const pg::ConnectionInfo m_info;
    const ConsumerOptions m_options;
    const Handlers m_handlers;

    // Used by the running thread only.
    std::optional<Client> m_client;
    detail::Heartbeat* m_heartbeat = nullptr;
    std::optional<Settlement> m_settlement;
    std::optional<std::int64_t> m_inTransaction;  ///< the batch whose transaction is open
    std::optional<std::int64_t> m_position;       ///< the last tick seen of the consumer or its group
    std::optional<WallClock::time_point> m_asked; ///< for a batch, without an answer so far
    bool m_listening = false;
    bool m_notified = false;

    mutable std::mutex m_statsMutex;
    ConsumerStats m_stats;
};

} // namespace pgque
