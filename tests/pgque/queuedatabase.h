// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pgque/client.h"
#include "support/testserver.h"

#include <QTest>

#include <chrono>
#include <set>
#include <string>
#include <thread>

/// A database with the schema in it, and a superuser's client.
class QueueDatabase {
public:
    explicit QueueDatabase(support::Schema schema = support::Schema::Pgque)
        : m_database(schema)
        , m_client(m_database.connect()) {}

    pgque::Client& client() { return m_client; }

    pg::ConnectionInfo info() const { return m_database.info(); }

    pg::ConnectionInfo tcpInfo() const { return m_database.tcpInfo(); }

    pgque::Client another() const { return pgque::Client(m_database.connect()); }

    void tick(const std::string& queue) {
        m_client.forceNextTick(queue);
        m_client.ticker(queue);
    }

    /// Sends "<first>" to "<first + count - 1>" and ticks.
    void window(const std::string& queue, int first, int count) {
        std::vector<std::string> payloads;
        for (int number = first; number < first + count; ++number)
            payloads.push_back(std::to_string(number));
        m_client.sendBatch(queue, "number", payloads);
        tick(queue);
    }

    /// Moves due retries back, all of them.
    void retryNow(const std::string& queue) {
        execute("update pgque.retry_queue set ev_retry_after = now() - interval '1 second'");
        while (m_client.maintRetryEvents() > 0) {
        }
        tick(queue);
    }

    std::string execute(const std::string& sql) {
        const pg::Result result = m_client.connection().execute({sql, {}});
        return result.rowCount() > 0 ? std::string(result.text(0, 0)) : std::string();
    }

private:
    support::TestDatabase m_database;
    pgque::Client m_client;
};

/// Waits for a condition, boundedly; whoever calls this checks the answer.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::seconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

/// Something that runs on a thread until told to stop; what it throws is kept as text.
template <class Runner>
class Running {
public:
    explicit Running(Runner& runner)
        : m_thread([this, &runner](const std::stop_token& stop) {
            try {
                runner.run(stop);
            } catch (const std::exception& error) {
                m_failure = error.what();
            }
            m_ended = true;
        }) {}

    void askToStop() { m_thread.request_stop(); }

    /// Why it ended by itself, after having been waited for; empty when it did as told.
    std::string stop() {
        m_thread.request_stop();
        m_thread.join();
        return m_failure;
    }

    bool ended() const { return m_ended; }

private:
    std::string m_failure;
    std::atomic<bool> m_ended = false;
    std::jthread m_thread;
};

inline std::set<std::string> payloadsOf(const pgque::Batch& batch) {
    std::set<std::string> payloads;
    for (const pgque::Message& message : batch)
        payloads.insert(message.payload.value_or(""));
    return payloads;
}
