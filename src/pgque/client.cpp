// SPDX-License-Identifier: Apache-2.0
#include "pgque/client.h"

#include <limits>

namespace pgque {

namespace {

// One more than wanted shows whether the batch has more. The largest limit is as good as none.
std::optional<std::int32_t> oneMore(std::optional<std::int32_t> limit) {
    if (!limit || *limit == std::numeric_limits<std::int32_t>::max())
        return {};
    if (*limit < 1)
        throw InvalidArgument("the limit must be at least 1");
    return *limit + 1;
}

} // namespace

Client Client::connect(const pg::ConnectionInfo& info, pg::Connection::Options options) {
    const auto timeout = options.statementTimeout;
    return typedErrors([&] { return Client(pg::Connection::open(info, std::move(options)), timeout); });
}

Client Client::connect(std::string_view text) {
    return connect(typedErrors([&] { return pg::ConnectionInfo::parse(text); }));
}

Client::Client(pg::Connection connection, std::chrono::milliseconds timeout)
    : m_connection(std::move(connection))
    , m_timeout(timeout) {}

Client::Received Client::receiveEach(const pg::Call<std::vector<Message>>& call,
                                     const std::function<void(Message&&)>& handler) {
    Received received;
    const auto onRow = [&](const pg::Row& row) {
        Message message = messageFrom(row);
        received.id = message.batchId;
        ++received.count;
        handler(std::move(message));
        return true;
    };
    typedErrors([&] { m_connection.stream(call.statement, onRow, pg::after(m_timeout)); });
    return received;
}

Client::Received Client::receiveEach(std::string_view queue, std::string_view consumer,
                                     const std::function<void(Message&&)>& handler) {
    return receiveEach(pgque::receive(queue, consumer, {}), handler);
}

Batch Client::collect(const pg::Call<std::vector<Message>>& call, std::optional<std::int32_t> limit) {
    Batch batch;
    batch.id = receiveEach(call, [&](Message&& message) { batch.messages.push_back(std::move(message)); }).id;
    if (limit && batch.messages.size() > static_cast<std::size_t>(*limit)) {
        batch.complete = false;
        batch.messages.resize(static_cast<std::size_t>(*limit));
    }
    return batch;
}

Batch Client::receive(std::string_view queue, std::string_view consumer, std::optional<std::int32_t> limit) {
    return collect(pgque::receive(queue, consumer, oneMore(limit)), limit);
}

Batch Client::receiveCoop(std::string_view queue, std::string_view consumer, std::string_view subconsumer,
                          std::optional<std::int32_t> limit, std::optional<pg::Interval> deadInterval) {
    return collect(pgque::receiveCoop(queue, consumer, subconsumer, oneMore(limit), deadInterval), limit);
}

bool Client::ack(const Batch& batch, PartialAck partial) {
    if (!batch.id)
        return false;
    if (!batch.complete && partial == PartialAck::Refuse)
        throw PartialBatch(*batch.id);
    return ack(*batch.id);
}

bool Client::listen(std::string_view queue) {
    // A pooler hands the server session to others between transactions: its pid is not the one told at connect.
    if (run(currentBackendPid()) != m_connection.backendPid())
        return false;
    typedErrors([&] { m_connection.listen("pgque_" + std::string(queue), pg::after(m_timeout)); });
    return true;
}

bool Client::waitForTick(pg::Deadline deadline) {
    return typedErrors([&] { return m_connection.waitForNotifications(deadline) > 0; });
}

} // namespace pgque
