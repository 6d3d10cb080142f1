// SPDX-License-Identifier: Apache-2.0
// The transactional outbox: an order and the event that speaks of it are committed together or not at all, and the
// receiving side writes its row and acknowledges in one transaction, so each order is booked exactly once.
//
// usage: outbox [CONNINFO]
#include <iostream>
#include <pgque/client.h>
#include <string>

namespace {

constexpr auto queue = "example_orders";

void placeOrder(pgque::Client& client, int order, bool paymentFails) {
    pgque::Transaction transaction = client.begin();
    const std::string number = std::to_string(order);
    client.connection().execute({"insert into example_order (id) values ($1::int)", pg::Params::of(number)});
    client.sendJson(queue, "order.placed", R"({"order": )" + number + "}");
    if (paymentFails)
        return; // the transaction is rolled back: no order, and no event that speaks of it
    transaction.commit();
}

// Returns how many were booked.
std::size_t bookOrders(pgque::Client& client) {
    const pgque::Batch batch = client.receive(queue, "bookkeeping");
    if (batch.empty())
        return 0;
    pgque::Transaction transaction = client.begin();
    for (const pgque::Message& message : batch)
        client.connection().execute(
            {"insert into example_booking (event_id, content) values ($1::bigint, $2::text::jsonb)",
             pg::Params::of(message.id, message.payload)});
    if (!client.ack(batch))
        return 0; // somebody else has this batch now: our rows go with the transaction
    transaction.commit();
    return batch.size();
}

std::string count(pgque::Client& client, const std::string& table) {
    return std::string(client.connection().execute({"select count(*) from " + table, {}}).text(0, 0));
}

} // namespace

int main(int argc, char** argv) {
    try {
        pgque::Client client = pgque::Client::connect(argc > 1 ? argv[1] : "");
        client.connection().executeScript("create table if not exists example_order (id int primary key);"
                                          "create table if not exists example_booking (event_id bigint primary key,"
                                          " content jsonb not null);",
                                          pg::after(std::chrono::seconds(10)));
        client.createQueue(queue);
        client.subscribe(queue, "bookkeeping");

        for (int order = 1; order <= 10; ++order)
            placeOrder(client, order, order % 5 == 0);

        client.forceNextTick(queue);
        client.ticker(queue);
        const std::size_t booked = bookOrders(client);

        std::cout << "orders " << count(client, "example_order") << ", events booked " << booked << ", bookings "
                  << count(client, "example_booking") << '\n';
        return 0;
    } catch (const pgque::Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
