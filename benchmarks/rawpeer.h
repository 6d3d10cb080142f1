// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct pg_conn;

/// The same statements by libpq alone, as a C programmer would write them: what the client is measured against. It uses
/// the client's own connection: two server processes would differ by more than the two ways of talking to one.
class RawPeer {
public:
    explicit RawPeer(pg_conn* connection)
        : m_connection(connection) {}

    void send(const char* queue, const char* type, const char* payload);
    void sendBatch(const char* queue, const char* type, const std::vector<std::string>& payloads);

    /// Reads every message into strings of its own, as the client does; returns how many there were.
    std::size_t receiveAndAck(const char* queue, const char* consumer);

    /// As above, but only looks at each value where libpq has put it.
    std::size_t peekAndAck(const char* queue, const char* consumer);

private:
    pg_conn* m_connection;
};
