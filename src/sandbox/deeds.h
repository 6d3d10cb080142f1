// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pgque/client.h"
#include "pgque/consumer.h"

#include <functional>
#include <optional>
#include <string>

namespace sandbox {

/// What a worker of the demonstration did with a batch, as it knows it itself.
struct Deed {
    std::string queue;
    std::string consumer; ///< as registered: "ledger", or "billing.worker-1" of a member
    pgque::BatchStep step;
};

/// Called on the workers' own threads, from several at once. May be empty.
using OnDeed = std::function<void(const Deed&)>;

/// A consumer that is worked by hand, batch by batch, and tells of it.
class Reader {
public:
    Reader(std::string queue, std::string consumer, std::optional<std::string> subconsumer, OnDeed onDeed);

    pgque::Batch receive(pgque::Client& client);

    /// Acknowledges the batch received last. False: its token is void.
    bool ack(pgque::Client& client, std::int64_t batch);

private:
    void tell(pgque::BatchStep::Kind kind, std::int64_t batch, std::chrono::system_clock::time_point asked) const;

    std::string m_queue;
    std::string m_consumer;
    std::optional<std::string> m_subconsumer;
    OnDeed m_onDeed;
    std::size_t m_messages = 0;
};

/// "billing.worker-1", or the consumer's own name.
std::string registeredName(const std::string& consumer, const std::optional<std::string>& subconsumer);

} // namespace sandbox
