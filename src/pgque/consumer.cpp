// SPDX-License-Identifier: Apache-2.0
#include "pgque/consumer.h"

#include "pgque/consumerloop.h"

namespace pgque {

namespace {

void check(const ConsumerOptions& options) {
    if (options.queue.empty() || options.consumer.empty())
        throw InvalidArgument("a consumer needs a queue and a consumer name");
    if (!options.subconsumer && options.deadInterval)
        throw InvalidArgument("a dead interval needs a subconsumer");
    if (!options.subconsumer && options.heartbeat)
        throw InvalidArgument("a heartbeat needs a subconsumer");
    if (options.deadInterval && *options.deadInterval <= pg::Interval::zero())
        throw InvalidArgument("the dead interval must be positive: it would take windows from members that live");
    if (options.heartbeat && options.heartbeat->count() <= 0)
        throw InvalidArgument("the heartbeat must be positive");
    if (options.heartbeat && options.deadInterval && *options.heartbeat >= *options.deadInterval)
        throw InvalidArgument("the heartbeat must be shorter than the dead interval");
    if (options.maxMessages && *options.maxMessages < 1)
        throw InvalidArgument("maxMessages must be at least 1");
    if (options.pollInterval.count() <= 0)
        throw InvalidArgument("the poll interval must be positive");
    if (options.backOff.first.count() <= 0 || options.backOff.longest < options.backOff.first)
        throw InvalidArgument("the pauses between attempts must be positive, the longest no shorter than the first");
}

} // namespace

const Handler& Handlers::find(const Message& message) const {
    if (message.type) {
        if (const auto found = byType.find(*message.type); found != byType.end())
            return found->second;
    }
    return other;
}

Consumer::Consumer(pg::ConnectionInfo info, ConsumerOptions options, Handlers handlers) {
    check(options);
    m_loop = std::make_unique<Loop>(std::move(info), std::move(options), std::move(handlers));
}

Consumer::Consumer(Consumer&&) noexcept = default;
Consumer::~Consumer() = default;

void Consumer::run(const std::stop_token& stop) {
    m_loop->run(stop);
}

ConsumerStats Consumer::stats() const {
    return m_loop->stats();
}

} // namespace pgque
