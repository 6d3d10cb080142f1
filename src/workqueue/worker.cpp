// SPDX-License-Identifier: Apache-2.0
#include "workqueue/worker.h"

#include "workqueue/leasekeeper.h"

#include <algorithm>
#include <mutex>
#include <thread>

namespace workqueue {

namespace {

WorkerOptions checked(WorkerOptions options) {
    if (options.queues.empty())
        throw pgque::InvalidArgument("a worker needs at least one queue");
    std::vector<std::string> once;
    for (std::string& queue : options.queues) {
        if (queue.empty())
            throw pgque::InvalidArgument("the name of a queue is empty");
        if (std::find(once.begin(), once.end(), queue) == once.end())
            once.push_back(std::move(queue));
    }
    options.queues = std::move(once);
    const auto positive = [](auto value, const char* what) {
        if (value.count() <= 0)
            throw pgque::InvalidArgument(std::string(what) + " must be positive");
    };
    positive(options.lease, "the lease");
    if (options.renewEvery.count() == 0)
        options.renewEvery = std::max(options.lease / 3, std::chrono::milliseconds(1));
    positive(options.renewEvery, "the time between renewals");
    if (options.renewEvery >= options.lease)
        throw pgque::InvalidArgument("a lease must be renewed before it ends");
    positive(options.pollInterval, "the poll interval");
    if (options.longestPause < options.pollInterval)
        throw pgque::InvalidArgument("the longest pause is shorter than the first");
    if (options.batch <= 0)
        throw pgque::InvalidArgument("a claim must take at least one message");
    if (options.maxAttempts <= 0)
        throw pgque::InvalidArgument("a message must be allowed at least one attempt");
    return options;
}

bool isLost(const pgque::Error& error) {
    using pgque::Problem;
    return error.problem() == Problem::ConnectionLost || error.problem() == Problem::ConnectFailed ||
           error.problem() == Problem::Timeout;
}

/// Trying again would not help.
bool isHopeless(const pgque::Error& error) {
    using pgque::Problem;
    return error.problem() == Problem::PermissionDenied || error.problem() == Problem::NotInstalled ||
           error.problem() == Problem::InvalidArgument;
}

} // namespace

class Worker::Loop {
public:
    Loop(pg::ConnectionInfo info, WorkerOptions options, Handler handler)
        : m_info(std::move(info))
        , m_options(checked(std::move(options)))
        , m_handler(std::move(handler)) {
        if (!m_handler)
            throw pgque::InvalidArgument("a worker needs a handler");
    }

    void run(const std::stop_token& stop) {
        pgque::detail::StopSignal signal(stop);
        detail::LeaseKeeper keeper(m_info, m_options);
        pgque::BackOff backOff(m_options.backOff);
        auto pause = m_options.pollInterval;
        while (!signal.stopped()) {
            try {
                if (!m_client || !m_client->isOpen())
                    connect(signal);
                if (!m_client)
                    continue;
                const bool worked = round(keeper, signal);
                backOff.reset();
                pause = worked ? m_options.pollInterval : std::min(pause * 2, m_options.longestPause);
                if (!worked)
                    signal.pause(pause);
            } catch (const pgque::Error& error) {
                m_client.reset();
                if (signal.stopped())
                    break;
                if (!isLost(error))
                    throw;
                const auto wait = backOff.next();
                report(Incident::Kind::Disconnected, error.what(), {}, wait);
                signal.pause(wait);
            }
        }
        m_client.reset();
    }

    WorkerStats stats() const {
        const std::lock_guard lock(m_statsMutex);
        return m_stats;
    }

private:
    void connect(pgque::detail::StopSignal& signal) {
        auto options = m_options.connection;
        options.interrupt = signal.interrupt();
        signal.during([&] { m_client.emplace(pgque::Client::connect(m_info, std::move(options))); });
        if (m_client)
            count([](WorkerStats& stats) { ++stats.connects; });
    }

    /// Each queue once; true when any had something.
    bool round(detail::LeaseKeeper& keeper, pgque::detail::StopSignal& signal) {
        count([](WorkerStats& stats) { ++stats.rounds; });
        bool worked = false;
        std::size_t failures = 0;
        for (const std::string& queue : m_options.queues) {
            if (signal.stopped())
                break;
            std::vector<Message> messages;
            try {
                messages = m_client->run(
                    claim(queue, m_options.lease, m_options.batch,
                          m_options.name.empty() ? std::nullopt : std::optional<std::string_view>(m_options.name)));
            } catch (const pgque::Error& error) {
                // One queue that can't be asked must not starve the others; all of them failing is another matter.
                if (isLost(error) || (isHopeless(error) && ++failures == m_options.queues.size()))
                    throw;
                report(Incident::Kind::ServerError, queue + ": " + error.what());
                continue;
            }
            worked = worked || !messages.empty();
            handle(messages, keeper, signal);
        }
        return worked;
    }

    void handle(const std::vector<Message>& messages, detail::LeaseKeeper& keeper, pgque::detail::StopSignal& signal) {
        // Those that wait for their turn hold their leases too.
        std::vector<std::atomic<bool>> lost(messages.size());

        struct Holder {
            detail::LeaseKeeper& keeper;
            const std::vector<Message>& messages;

            ~Holder() {
                for (const Message& message : messages)
                    keeper.release(message.id);
            }
        } holder{keeper, messages};

        for (std::size_t at = 0; at < messages.size(); ++at)
            keeper.hold(messages[at], lost[at]);
        for (std::size_t at = 0; at < messages.size(); ++at) {
            const Message& message = messages[at];
            if (signal.stopped()) {
                if (finish(message, nack(message.id, message.token)))
                    count([](WorkerStats& stats) { ++stats.returned; });
            } else if (!lost[at]) {
                one(message, lost[at], signal);
            } else {
                leaseLost(message);
            }
            keeper.release(message.id);
        }
    }

    void one(const Message& message, const std::atomic<bool>& lost, const pgque::detail::StopSignal& signal) {
        Delivery delivery(*m_client, lost, signal.token());
        pg::Interval delay = m_options.retryDelay;
        std::string why;
        try {
            if (message.token > m_options.maxAttempts) {
                bury(message, m_options.onPoison ? m_options.onPoison(message, delivery)
                                                 : "claimed " + std::to_string(message.token) + " times, allowed " +
                                                       std::to_string(m_options.maxAttempts));
                return;
            }
            m_handler(message, delivery);
            if (finish(message, ack(message.id, message.token)))
                count([](WorkerStats& stats) { ++stats.done; });
            return;
        } catch (const Bury& reason) {
            bury(message, reason.what());
            return;
        } catch (const pgque::Retry& retry) {
            delay = retry.after();
            why = retry.what();
        } catch (const pgque::Error& error) {
            if (isLost(error) && !m_client->isOpen())
                throw; // the lease's end brings the message back
            why = error.what();
        } catch (const std::exception& error) {
            why = error.what();
        } catch (...) {
            why = "the handler threw something that is no std::exception";
        }
        report(Incident::Kind::HandlerFailed, why, message.id);
        if (finish(message, nack(message.id, message.token, delay, why)))
            count([](WorkerStats& stats) { ++stats.failed; });
    }

    void bury(const Message& message, const std::string& reason) {
        const std::string given = reason.empty() ? "given up without a reason" : reason;
        if (finish(message, workqueue::bury(message.id, given, message.token))) {
            count([](WorkerStats& stats) { ++stats.buried; });
            report(Incident::Kind::Buried, given, message.id);
        }
    }

    /// Tokens make it safe to say the same again when the answer was lost: what was done once is not done to another's
    /// lease.
    bool finish(const Message& message, const pg::Call<bool>& call) {
        bool ours = false;
        try {
            ours = m_client->run(call);
        } catch (const pgque::Error& error) {
            if (!isLost(error))
                throw;
            auto options = m_options.connection;
            m_client.emplace(pgque::Client::connect(m_info, std::move(options)));
            count([](WorkerStats& stats) { ++stats.connects; });
            ours = m_client->run(call) || error.effect() == pg::Effect::Unknown;
        }
        if (!ours)
            leaseLost(message);
        return ours;
    }

    void leaseLost(const Message& message) {
        count([](WorkerStats& stats) { ++stats.lost; });
        report(Incident::Kind::LeaseLost, "the lease was lost; the message may have been run twice", message.id);
    }

    void report(Incident::Kind kind, const std::string& text, std::optional<std::int64_t> id = {},
                std::chrono::milliseconds wait = {}) const {
        if (m_options.onIncident)
            m_options.onIncident({kind, text, id, wait});
    }

    template <class Change>
    void count(Change&& change) {
        const std::lock_guard lock(m_statsMutex);
        change(m_stats);
    }

    const pg::ConnectionInfo m_info;
    const WorkerOptions m_options;
    const Handler m_handler;
    std::optional<pgque::Client> m_client; // the running thread's own
    mutable std::mutex m_statsMutex;
    WorkerStats m_stats;
};

Worker::Worker(pg::ConnectionInfo info, WorkerOptions options, Handler handler)
    : m_loop(std::make_unique<Loop>(std::move(info), std::move(options), std::move(handler))) {}

Worker::~Worker() = default;

void Worker::run(const std::stop_token& stop) {
    m_loop->run(stop);
}

WorkerStats Worker::stats() const {
    return m_loop->stats();
}

namespace {

/// Counting is done once however often it is asked for; so ask until there is an answer, for about ten seconds.
Finished finishAnew(const pg::ConnectionInfo& info, const BatchContext& batch, const std::string& result) {
    constexpr int attempts = 10;
    pgque::BackOff backOff({.first = std::chrono::milliseconds(100), .longest = std::chrono::milliseconds(2'000)});
    for (int attempt = 1;; ++attempt) {
        try {
            pgque::Client again = pgque::Client::connect(info);
            return again.run(finishBatch(batch, result));
        } catch (const pgque::Error& error) {
            if (!isLost(error) || attempt == attempts)
                throw;
        }
        std::this_thread::sleep_for(backOff.next());
    }
}

} // namespace

BatchEnd runBatch(Delivery& delivery, const pg::ConnectionInfo& info, const Message& message,
                  const std::function<std::string()>& work, OnBatchFailure failure) {
    if (!message.batch)
        throw pgque::InvalidArgument("message " + std::to_string(message.id) + " is no batch of a fan-out");
    const BatchContext& batch = *message.batch;
    if (!delivery.client().run(claimBatch(batch)))
        return BatchEnd::Skipped;
    const auto fail = [&] {
        if (failure == OnBatchFailure::Abort)
            delivery.client().run(abort(batch.execution, true));
    };
    std::string result;
    try {
        result = work();
    } catch (...) {
        fail();
        throw;
    }
    Finished finished;
    try {
        finished = delivery.client().run(finishBatch(batch, result));
    } catch (const pgque::InvalidArgument&) {
        fail(); // no JSON, or JSON the database can't hold
        throw;
    } catch (const pgque::ConnectionLost&) {
        finished = finishAnew(info, batch, result);
    }
    if (finished.fired)
        return BatchEnd::Fired;
    if (!finished.remaining || *finished.remaining < 0)
        return BatchEnd::Abandoned;
    return *finished.remaining == 0 ? BatchEnd::Finished : BatchEnd::Counted;
}

} // namespace workqueue
