// SPDX-License-Identifier: Apache-2.0
// Two cooperating workers share one consumer's position: 40 events over 4 ticks, each tick window goes to one of them.
//
// usage: cooperative [CONNINFO]
#include <algorithm>
#include <iostream>
#include <iterator>
#include <mutex>
#include <pgque/workerpool.h>
#include <set>
#include <string>
#include <thread>

namespace {

constexpr auto queue = "example_coop";
constexpr auto consumer = "team";

void sendInFourTicks(pgque::Client& client) {
    for (int tick = 0; tick < 4; ++tick) {
        for (int event = 1; event <= 10; ++event)
            client.send(queue, "number", std::to_string(tick * 10 + event));
        client.forceNextTick(queue);
        client.ticker(queue);
    }
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto info = pg::ConnectionInfo::parse(argc > 1 ? argv[1] : "");
        pgque::Client client = pgque::Client::connect(info);
        client.createQueue(queue);
        client.subscribeSubconsumer(queue, consumer, "worker-1");
        client.subscribeSubconsumer(queue, consumer, "worker-2");
        sendInFourTicks(client);

        std::mutex mutex;
        std::set<std::string> seen[2];
        const auto worker = [&](int number) {
            pgque::ConsumerOptions options;
            options.queue = queue;
            options.consumer = consumer;
            options.subconsumer = "worker-" + std::to_string(number + 1);
            options.deadInterval = std::chrono::minutes(5); // a silent member's window is taken over after this
            options.heartbeat = std::chrono::seconds(30);
            pgque::Handlers handlers;
            handlers.onOther([&, number](const pgque::Message& message, pgque::Delivery&) {
                std::this_thread::sleep_for(std::chrono::milliseconds(5)); // the work
                const std::lock_guard lock(mutex);
                seen[number].insert(*message.payload);
            });
            return pgque::Consumer(info, options, handlers);
        };
        pgque::Consumer first = worker(0);
        pgque::Consumer second = worker(1);

        std::stop_source stop;
        const auto run = [&](pgque::Consumer& one) {
            try {
                one.run(stop.get_token());
            } catch (const pgque::Error& error) {
                std::cerr << "worker ended: " << error.what() << '\n';
                stop.request_stop();
            }
        };
        std::thread one(run, std::ref(first));
        std::thread two(run, std::ref(second));
        const auto finished = [&] { return first.stats().batches + second.stats().batches == 4; };
        while (!finished() && !stop.stop_requested())
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        stop.request_stop();
        one.join();
        two.join();

        for (int number = 0; number < 2; ++number) {
            std::cout << "worker-" << number + 1 << " saw " << seen[number].size() << ":";
            for (const std::string& payload : seen[number])
                std::cout << ' ' << payload;
            std::cout << '\n';
        }
        std::set<std::string> both;
        std::set_intersection(seen[0].begin(), seen[0].end(), seen[1].begin(), seen[1].end(),
                              std::inserter(both, both.end()));
        std::cout << "sum " << seen[0].size() + seen[1].size() << ", overlap " << both.size() << ", both non-empty "
                  << (seen[0].empty() || seen[1].empty() ? "no" : "yes") << '\n';
        client.unsubscribeSubconsumer(queue, consumer, "worker-1");
        client.unsubscribeSubconsumer(queue, consumer, "worker-2");
        client.dropQueue(queue, true);
        return 0;
    } catch (const pgque::Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
