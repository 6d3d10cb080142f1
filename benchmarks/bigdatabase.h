// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "queries/probe.h"
#include "support/testserver.h"

#include <algorithm>

// Many queues, each with 11 subscriptions and five minutes of ticks: 1,000 of them have 11,000 and 301,000.
namespace bench {

inline pg::Deadline soon() {
    return pg::after(std::chrono::seconds(300));
}

class Database {
    support::TestDatabase m_database{support::Schema::Pgque};

public:
    pg::Connection connection = m_database.connect();

    explicit Database(int queues) {
        // Sequences and tables of a thousand queues, then rows that a busy hour would leave.
        for (int made = 0; made < queues; made += 100) {
            connection.executeScript("select pgque.create_queue('queue_' || g) from generate_series(" +
                                         std::to_string(made + 1) + ", " +
                                         std::to_string(std::min(queues, made + 100)) + ") g",
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
    }

    pg::ConnectionInfo info() const { return m_database.info(); }

    /// So many percent of the queues tick, and their consumers are seen.
    void move(int percent) {
        const std::string share = " % 100 < " + std::to_string(percent);
        connection.executeScript("insert into pgque.tick (tick_queue, tick_id, tick_event_seq) select queue_id, " +
                                     std::to_string(++m_tick) + ", 4000 from pgque.queue where queue_id" + share +
                                     "; update pgque.subscription set sub_active = now() where sub_queue" + share,
                                 soon());
    }

private:
    int m_tick = 1'000;
};

/// One database for all: filling it takes longer than measuring.
class Big : public Database {
public:
    static Big& instance() {
        static Big big;
        return big;
    }

    domain::Capabilities capabilities = queries::probe(connection, soon());

private:
    Big()
        : Database(1'000) {}
};

} // namespace bench
