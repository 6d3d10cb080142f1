// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connectioninfo.h"
#include "sandbox/deeds.h"

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sandbox {

/// The demonstration's ordinary workers: the client library's own consumers, each on a thread and a connection named
/// after it. They go on until they are destroyed, whatever happens to server, queue or subscription.
class Staff {
public:
    explicit Staff(pg::ConnectionInfo database, OnDeed onDeed = {});
    ~Staff();
    Staff(const Staff&) = delete;
    Staff& operator=(const Staff&) = delete;

    /// perMessage: how long a message takes. Of e-mails and webhooks some fail, see the payloads.
    void hire(const std::string& queue, const std::string& consumer, const std::optional<std::string>& subconsumer,
              std::chrono::milliseconds perMessage);

private:
    pg::ConnectionInfo m_database;
    OnDeed m_onDeed;
    std::vector<std::jthread> m_threads;
};

} // namespace sandbox
