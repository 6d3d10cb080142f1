// SPDX-License-Identifier: GPL-3.0-or-later
#include "rawpeer.h"

#include <cstdlib>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <stdexcept>

namespace {

using ResultPointer = std::unique_ptr<PGresult, decltype(&PQclear)>;

template <std::size_t N>
ResultPointer run(PGconn* connection, const char* sql, const char* const (&values)[N]) {
    ResultPointer result(PQexecParams(connection, sql, static_cast<int>(N), nullptr, values, nullptr, nullptr, 0),
                         &PQclear);
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK)
        throw std::runtime_error(PQerrorMessage(connection));
    return result;
}

ResultPointer receive(PGconn* connection, const char* queue, const char* consumer) {
    return run(
        connection,
        "select msg_id, batch_id, type, payload, retry_count, (extract(epoch from created_at) * 1000000)::bigint,"
        " extra1, extra2, extra3, extra4 from pgque.receive($1::text, $2::text, $3::int4)",
        {queue, consumer, nullptr});
}

void ack(PGconn* connection, const PGresult* batch) {
    if (PQntuples(batch) > 0)
        run(connection, "select pgque.ack($1::bigint)", {PQgetvalue(batch, 0, 1)});
}

} // namespace

void RawPeer::send(const char* queue, const char* type, const char* payload) {
    run(m_connection, "select pgque.send($1::text, $2::text, $3::text)", {queue, type, payload});
}

void RawPeer::sendBatch(const char* queue, const char* type, const std::vector<std::string>& payloads) {
    std::string array = "{";
    for (const std::string& payload : payloads) {
        if (array.size() > 1)
            array += ',';
        array += '"';
        for (const char c : payload) {
            if (c == '"' || c == '\\')
                array += '\\';
            array += c;
        }
        array += '"';
    }
    array += '}';
    run(m_connection, "select pgque.send_batch($1::text, $2::text, $3::text[])", {queue, type, array.c_str()});
}

std::size_t RawPeer::receiveAndAck(const char* queue, const char* consumer) {
    struct Message {
        std::int64_t id, batch, created;
        int retries;
        std::optional<std::string> texts[6];
    };

    const ResultPointer batch = receive(m_connection, queue, consumer);
    std::vector<Message> messages(static_cast<std::size_t>(PQntuples(batch.get())));
    for (int row = 0; row < PQntuples(batch.get()); ++row) {
        Message& message = messages[static_cast<std::size_t>(row)];
        message.id = std::atoll(PQgetvalue(batch.get(), row, 0));
        message.batch = std::atoll(PQgetvalue(batch.get(), row, 1));
        message.retries = std::atoi(PQgetvalue(batch.get(), row, 4));
        message.created = std::atoll(PQgetvalue(batch.get(), row, 5));
        int text = 0;
        for (const int column : {2, 3, 6, 7, 8, 9}) {
            if (!PQgetisnull(batch.get(), row, column))
                message.texts[text].emplace(PQgetvalue(batch.get(), row, column),
                                            static_cast<std::size_t>(PQgetlength(batch.get(), row, column)));
            ++text;
        }
    }
    ack(m_connection, batch.get());
    return messages.size();
}

std::size_t RawPeer::peekAndAck(const char* queue, const char* consumer) {
    const ResultPointer batch = receive(m_connection, queue, consumer);
    std::size_t bytes = 0;
    for (int row = 0; row < PQntuples(batch.get()); ++row) {
        for (int column = 0; column < PQnfields(batch.get()); ++column)
            bytes += static_cast<std::size_t>(PQgetlength(batch.get(), row, column));
    }
    ack(m_connection, batch.get());
    return bytes > 0 ? static_cast<std::size_t>(PQntuples(batch.get())) : 0;
}
