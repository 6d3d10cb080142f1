// SPDX-License-Identifier: Apache-2.0
// A worker with handlers by type: a message that fails comes back after a delay, and is a dead letter once the queue's
// retry limit is reached. Ctrl-C stops it after the batch in hand; --until-done stops when everything has ended.
//
// usage: worker [--until-done] [CONNINFO]
#include <atomic>
#include <csignal>
#include <iostream>
#include <pgque/consumer.h>
#include <string_view>
#include <thread>

namespace {

constexpr auto queue = "example_mail";
constexpr auto consumer = "mailer";

std::atomic<bool> interrupted = false;

void prepare(pgque::Client& client) {
    client.createQueue(queue);
    client.setQueueConfig(queue, "max_retries", "2");
    client.setQueueConfig(queue, "ticker_max_lag", "10 ms");
    client.subscribe(queue, consumer);
    client.send(queue, "mail", "ada@example.org");
    client.send(queue, "mail", "nowhere");
    client.send(queue, "fax", "030 1234"); // nobody handles these
}

// What a scheduler does in production.
void drive(pgque::Client& client) {
    client.maintRetryEvents();
    client.ticker();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

} // namespace

int main(int argc, char** argv) {
    const bool untilDone = argc > 1 && std::string_view(argv[1]) == "--until-done";
    const int rest = untilDone ? 2 : 1;
    std::signal(SIGINT, [](int) { interrupted = true; });
    try {
        const auto info = pg::ConnectionInfo::parse(argc > rest ? argv[rest] : "");
        pgque::Client client = pgque::Client::connect(info);
        prepare(client);

        pgque::Handlers handlers;
        handlers.on("mail", [](const pgque::Message& message, pgque::Delivery&) {
            if (message.payload->find('@') == std::string::npos)
                throw pgque::Retry(std::chrono::milliseconds(0), "no such address");
            std::cout << "sent to " << *message.payload << std::endl;
        });

        pgque::ConsumerOptions options;
        options.queue = queue;
        options.consumer = consumer;
        options.retryAfter = std::chrono::seconds(0); // a minute is usual
        options.onIncident = [](const pgque::Incident& incident) { std::cerr << incident.text << '\n'; };
        pgque::Consumer worker(info, options, handlers);

        std::jthread thread([&worker](const std::stop_token& stop) {
            try {
                worker.run(stop);
            } catch (const pgque::Error& error) {
                std::cerr << "worker ended: " << error.what() << '\n';
                interrupted = true;
            }
        });
        while (!interrupted && !(untilDone && client.deadLetters(queue).size() == 2))
            drive(client);
        thread.request_stop();
        thread.join();

        for (const pgque::DeadLetter& dead : client.deadLetters(queue))
            std::cout << "dead letter: " << dead.payload.value_or("") << " (" << dead.reason.value_or("") << ", after "
                      << dead.retryCount << " retries)\n";
        return 0;
    } catch (const pgque::Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
