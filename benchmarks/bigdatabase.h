// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "queries/probe.h"
#include "support/testserver.h"

// 1,000 queues, 11,000 subscriptions and 301,000 ticks.
namespace bench {

inline pg::Deadline soon() {
    return pg::after(std::chrono::seconds(300));
}

/// One database for all: filling it takes longer than measuring.
class Big {
public:
    static Big& instance() {
        static Big big;
        return big;
    }

private:
    support::TestDatabase m_database{support::Schema::Pgque};

public:
    pg::Connection connection = m_database.connect();
    domain::Capabilities capabilities;

private:
    Big() {
        // Sequences and tables of a thousand queues, then rows that a busy hour would leave.
        for (int i = 0; i < 10; ++i) {
            connection.executeScript("select pgque.create_queue('queue_' || g) from generate_series(" +
                                         std::to_string(i * 100 + 1) + ", " + std::to_string(i * 100 + 100) + ") g",
                                     soon());
        }
        connection.executeScript(
            "insert into pgque.tick (tick_queue, tick_id, tick_time, tick_event_seq)"
            " select queue_id, t, now() - interval '5 min' + t * interval '1 s', t * 10"
            " from pgque.queue, generate_series(2, 301) t;"
            " insert into pgque.consumer (co_name) select 'consumer_' || g from generate_series(1, 11) g;"
            " insert into pgque.subscription (sub_queue, sub_consumer, sub_last_tick, sub_next_tick, sub_batch)"
            " select queue_id, co_id, 200 + co_id, case when co_id < 3 then 201 + co_id end,"
            " case when co_id < 3 then nextval('pgque.batch_id_seq') end from pgque.queue, pgque.consumer;"
            " analyze",
            soon());
        capabilities = queries::probe(connection, soon());
    }
};

} // namespace bench
