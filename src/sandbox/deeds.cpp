// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/deeds.h"

namespace sandbox {

using Kind = pgque::BatchStep::Kind;
using WallClock = std::chrono::system_clock;

std::string registeredName(const std::string& consumer, const std::optional<std::string>& subconsumer) {
    return subconsumer ? consumer + '.' + *subconsumer : consumer;
}

Reader::Reader(std::string queue, std::string consumer, std::optional<std::string> subconsumer, OnDeed onDeed)
    : m_queue(std::move(queue))
    , m_consumer(std::move(consumer))
    , m_subconsumer(std::move(subconsumer))
    , m_onDeed(std::move(onDeed)) {}

void Reader::tell(Kind kind, std::int64_t batch, WallClock::time_point asked) const {
    if (m_onDeed)
        m_onDeed(
            {m_queue, registeredName(m_consumer, m_subconsumer), {kind, batch, m_messages, asked, WallClock::now()}});
}

pgque::Batch Reader::receive(pgque::Client& client) {
    const auto asked = WallClock::now();
    pgque::Batch batch =
        m_subconsumer ? client.receiveCoop(m_queue, m_consumer, *m_subconsumer) : client.receive(m_queue, m_consumer);
    m_messages = batch.size();
    if (batch.id)
        tell(Kind::Received, *batch.id, asked);
    return batch;
}

bool Reader::ack(pgque::Client& client, std::int64_t batch) {
    const auto asked = WallClock::now();
    const bool done = client.ack(batch);
    tell(done ? Kind::Acknowledged : Kind::Lost, batch, asked);
    return done;
}

} // namespace sandbox
