// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/producers.h"

#include "sandbox/payloads.h"
#include "sandbox/script.h"

#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

namespace sandbox::producers {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

using Make = std::string (Payloads::*)();

/// One kind of event and how often it happens.
struct Stream {
    const char* queue;
    const char* type;
    Make make;
    double perSecond; ///< on average
    double wave;      ///< how far the rate swings around it, 0 to 1
    double period;    ///< of the swing, seconds
    double owed = 0;  ///< fraction of an event carried over
};

/// For single events: no sequence to be continued, but not the same each time.
Payloads freshPayloads() {
    return Payloads(std::uint64_t(std::chrono::system_clock::now().time_since_epoch().count()));
}

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string> some(Payloads& payloads, Make make, int count) {
    std::vector<std::string> made;
    made.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        made.push_back((payloads.*make)());
    return made;
}

/// Sends what has become due since the last time.
class Sender {
public:
    Sender(std::uint64_t seed, std::vector<Stream> streams)
        : m_payloads(seed)
        , m_streams(std::move(streams)) {}

    void send(pgque::Client& client) {
        const double now = secondsSince(m_start);
        // After a pause (a server that was away) the missed events are not made up for.
        const double elapsed = std::min(now - m_last, 2.0);
        m_last = now;
        for (Stream& stream : m_streams) {
            stream.owed +=
                elapsed * stream.perSecond * (1 + stream.wave * std::sin(2 * std::numbers::pi * now / stream.period));
            const int count = int(stream.owed);
            stream.owed -= count;
            if (count > 0)
                client.run(pgque::sendJsonBatch(stream.queue, stream.type, some(m_payloads, stream.make, count)));
        }
    }

    Payloads& payloads() { return m_payloads; }

private:
    Payloads m_payloads;
    std::vector<Stream> m_streams;
    Clock::time_point m_start = Clock::now();
    double m_last = 0;
};

/// True at most once in each period.
class Every {
public:
    explicit Every(Clock::duration period)
        : m_period(period)
        , m_next(Clock::now() + period) {}

    bool operator()() {
        if (Clock::now() < m_next)
            return false;
        m_next = Clock::now() + m_period;
        return true;
    }

private:
    Clock::duration m_period;
    Clock::time_point m_next;
};

} // namespace

Loop::Step shop() {
    auto sender =
        std::make_shared<Sender>(1, std::vector<Stream>{
                                        {script::orders, "order.placed", &Payloads::order, 10, 0.6, 90},
                                        {script::payments, "payment.captured", &Payloads::payment, 5, 0.5, 70},
                                        {script::emails, "email.requested", &Payloads::email, 2, 0.4, 40},
                                        {script::audit, "audit.entry", &Payloads::auditEntry, 3, 0.3, 60},
                                    });
    return [sender, oddIsDue = Every(7s)](pgque::Client& client) mutable -> std::optional<std::chrono::milliseconds> {
        sender->send(client);
        if (oddIsDue())
            client.send(script::orders, "order.placed", sender->payloads().odd());
        return 500ms;
    };
}

Loop::Step partners() {
    auto sender =
        std::make_shared<Sender>(2, std::vector<Stream>{
                                        {script::catalog, "product.updated", &Payloads::product, 15, 0.8, 120},
                                        {script::webhooks, "webhook.due", &Payloads::webhook, 4, 0.5, 50},
                                    });
    return
        [sender, recordIsDue = Every(20s)](pgque::Client& client) mutable -> std::optional<std::chrono::milliseconds> {
            sender->send(client);
            if (recordIsDue())
                client.send(script::legacySync, "record", sender->payloads().legacyRecord());
            return 1s;
        };
}

void openingBurst(pgque::Client& client) {
    Payloads payloads = freshPayloads();
    for (int i = 0; i < Payloads::oddKinds; ++i)
        client.send(script::orders, "order.placed", payloads.odd());
    client.run(pgque::sendJsonBatch(script::orders, "order.placed", some(payloads, &Payloads::order, 240)));

    constexpr int failures = 8;
    std::vector<std::string> failing;
    failing.reserve(failures);
    for (int i = 0; i < failures; ++i)
        failing.push_back(payloads.email(i < 3 ? Payloads::Address::Bouncing : Payloads::Address::Greylisted));
    client.run(pgque::sendJsonBatch(script::emails, "email.requested", failing));
    for (int i = 0; i < 12; ++i)
        legacyRecord(client);
}

void brokenOrder(pgque::Client& client) {
    client.send(script::orders, "order.placed", freshPayloads().odd());
}

void legacyRecord(pgque::Client& client) {
    client.send(script::legacySync, "record", freshPayloads().legacyRecord());
}

void productDelivery(pgque::Client& client) {
    Payloads payloads = freshPayloads();
    client.run(pgque::sendJsonBatch(script::catalog, "product.updated", some(payloads, &Payloads::product, 200)));
}

} // namespace sandbox::producers
