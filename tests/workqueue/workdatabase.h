// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pgque/client.h"
#include "support/testserver.h"
#include "workqueue/calls.h"

#include <QTest>

#include <chrono>
#include <string>
#include <thread>

/// A database with the work queue in it, and a superuser's client.
class WorkDatabase {
public:
    WorkDatabase()
        : m_client(m_database.connect()) {}

    pgque::Client& client() { return m_client; }

    pg::ConnectionInfo info() const { return m_database.info(); }

    pg::ConnectionInfo tcpInfo() const { return m_database.tcpInfo(); }

    pgque::Client another() const { return pgque::Client(m_database.connect()); }

    template <class T>
    T run(const pg::Call<T>& call) {
        return m_client.run(call);
    }

    std::string value(const std::string& sql) {
        const pg::Result result = m_client.connection().execute({sql, {}});
        return result.rowCount() > 0 ? std::string(result.text(0, 0)) : std::string();
    }

    /// As if so much time had passed for every lease.
    void lapse() {
        value("update workqueue.pg_queue_message set vt = now() - interval '1 second' where state = 'claimed'");
    }

private:
    support::TestDatabase m_database{support::Schema::Workqueue};
    pgque::Client m_client;
};

/// Waits for a condition, boundedly; whoever calls this checks the answer.
template <class Condition>
bool soon(Condition&& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}
