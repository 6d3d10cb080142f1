// SPDX-License-Identifier: Apache-2.0
// One producer, one consumer, one message.   usage: hello [CONNINFO]
#include <iostream>
#include <pgque/client.h>

int main(int argc, char** argv) {
    try {
        pgque::Client client = pgque::Client::connect(argc > 1 ? argv[1] : "");
        client.createQueue("hello");
        client.subscribe("hello", "greeter"); // sees what is sent from now on

        client.send("hello", "greeting", "Hello, queue!");

        // Events become visible with the next tick. A scheduler ticks in production; here we do it ourselves.
        client.forceNextTick("hello");
        client.ticker("hello");

        const pgque::Batch batch = client.receive("hello", "greeter");
        for (const pgque::Message& message : batch)
            std::cout << message.type.value_or("") << ": " << message.payload.value_or("") << '\n';
        client.ack(batch);

        client.dropQueue("hello", true);
        return 0;
    } catch (const pgque::Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
