// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/staff.h"

#include "sandbox/loop.h"
#include "sandbox/payloads.h"
#include "sandbox/script.h"

namespace sandbox {

using namespace std::chrono_literals;

namespace {

/// Throws what a mail server or a partner would answer.
void deliver(const std::string& queue, const pgque::Message& message) {
    if (queue == script::emails && message.payload) {
        const Payloads::Address address = addressOf(*message.payload);
        if (address == Payloads::Address::Bouncing)
            throw pgque::Retry(2s, "550 5.1.1 mailbox unavailable");
        if (address == Payloads::Address::Greylisted && message.retryCount == 0)
            throw pgque::Retry(30s, "451 4.7.1 greylisted, try again later");
    }
    // A partner's server that answers every fifteenth call with an error, until the third attempt.
    if (queue == script::webhooks && message.id % 15 == 0 && message.retryCount < 2)
        throw pgque::Retry(8s, "503 Service Unavailable");
}

} // namespace

Staff::Staff(pg::ConnectionInfo database, OnDeed onDeed)
    : m_database(std::move(database))
    , m_onDeed(std::move(onDeed)) {}

Staff::~Staff() {
    for (std::jthread& thread : m_threads)
        thread.request_stop(); // all of them before the first is waited for
}

void Staff::hire(const std::string& queue, const std::string& consumer, const std::optional<std::string>& subconsumer,
                 std::chrono::milliseconds perMessage) {
    pgque::ConsumerOptions options;
    options.queue = queue;
    options.consumer = consumer;
    options.subconsumer = subconsumer;
    options.subscribe = true;
    options.backOff = {200ms, 2s};
    options.connection.connectTimeout = 5s;
    options.connection.statementTimeout = 5s;

    const std::string who = registeredName(consumer, subconsumer);
    if (m_onDeed)
        options.onBatch = [queue, who, tell = m_onDeed](const pgque::BatchStep& step) { tell({queue, who, step}); };

    pgque::Handlers handlers;
    handlers.onOther([queue, perMessage](const pgque::Message& message, pgque::Delivery& delivery) {
        pauseFor(perMessage, delivery.stop());
        deliver(queue, message);
    });

    m_threads.emplace_back([info = named(m_database, "demo/" + who), options, handlers](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            try {
                pgque::Consumer(info, options, handlers).run(stop);
            } catch (const std::exception&) {
                // The operator dropped the queue or unregistered the consumer: it may come back.
            }
            pauseFor(3s, stop);
        }
    });
}

} // namespace sandbox
