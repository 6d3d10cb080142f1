// SPDX-License-Identifier: GPL-3.0-or-later
// Connects to nowhere: the types of this library's errors must be recognised across its border.
#include <iostream>
#include <pgque/workerpool.h>

int main() {
    try {
        pgque::Client::connect("host=/nonexistent port=1 dbname=none");
    } catch (const pgque::Error& error) {
        if (error.problem() != pgque::Problem::ConnectFailed)
            return 1;
        pgque::ConsumerOptions options;
        options.queue = "q";
        options.consumer = "c";
        const pgque::WorkerPool pool(pg::ConnectionInfo(), options, {}, 2);
        std::cout << "recognised, " << pool.stats().batches << " batches\n";
        return 0;
    }
    return 1;
}
