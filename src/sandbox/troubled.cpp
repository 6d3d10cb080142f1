// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/troubled.h"

#include "sandbox/script.h"

#include <algorithm>

namespace sandbox::troubled {

using namespace std::chrono_literals;

using Pause = std::optional<std::chrono::milliseconds>;

namespace {

constexpr auto poll = 300ms;
constexpr auto finished = std::nullopt;

/// Long enough for maintenance to rotate, were it due.
constexpr auto backAtWork = 8s;

/// Waits like the other workers do; one that only polls would never be the first at a window.
std::chrono::milliseconds awaitTick(pgque::Client& client, const char* queue) {
    client.listen(queue);
    client.waitForTick(pg::after(1s));
    return 0ms;
}

bool breaksWorker(const pgque::Batch& batch) {
    return std::any_of(batch.begin(), batch.end(), [](const pgque::Message& message) {
        return !message.payload || !message.payload->starts_with('{') || !message.payload->ends_with('}');
    });
}

} // namespace

Loop::Step dying(bool comeBackFirst, OnDeed onDeed) {
    return [healthy = comeBackFirst, reader = Reader(script::orders, script::billing, script::deadWorker,
                                                     std::move(onDeed))](pgque::Client& client) mutable -> Pause {
        const pgque::Batch batch = reader.receive(client);
        if (batch.empty())
            return awaitTick(client, script::orders);
        if (!healthy && breaksWorker(batch))
            return finished;
        reader.ack(client, *batch.id);
        if (!healthy)
            return 0ms;
        healthy = false;
        return backAtWork;
    };
}

Loop::Step busy(std::shared_ptr<BusyState> state, OnDeed onDeed) {
    return [state = std::move(state), held = std::optional<std::int64_t>(),
            reader = Reader(script::payments, script::settlement, script::busyWorker, std::move(onDeed))](
               pgque::Client& client) mutable -> Pause {
        if (held && state->letGo.exchange(false)) {
            reader.ack(client, *held);
            held.reset();
            state->holds = false;
            return backAtWork;
        }
        if (!held) {
            held = reader.receive(client).id;
            state->holds = held.has_value();
            return held ? 5s : awaitTick(client, script::payments);
        }
        if (!client.touchSubconsumer(script::payments, script::settlement, script::busyWorker))
            held.reset(); // unregistered by force; a real worker would start over as well
        return 5s;
    };
}

Loop::Step stopping(bool catchUp, OnDeed onDeed) {
    return [catchUp, reader = Reader(script::audit, script::archiver, {}, std::move(onDeed))](
               pgque::Client& client) mutable -> Pause {
        const pgque::Batch batch = reader.receive(client);
        if (batch.id)
            reader.ack(client, *batch.id);
        if (catchUp)
            return batch.id ? Pause(5ms) : finished;
        return batch.empty() ? Pause(poll) : finished;
    };
}

Loop::Step slow(OnDeed onDeed) {
    return [reader = Reader(script::catalog, script::searchIndex, {}, std::move(onDeed))](
               pgque::Client& client) mutable -> Pause {
        const auto info = client.consumerInfo(script::catalog, script::searchIndex);
        if (info.empty() || info.front().pendingEvents.value_or(0) < script::backlogCeiling)
            return 1s;
        const pgque::Batch batch = reader.receive(client);
        if (!batch.id)
            return 1s;
        reader.ack(client, *batch.id);
        return 200ms;
    };
}

} // namespace sandbox::troubled
