// SPDX-License-Identifier: Apache-2.0
#include "pgque/consuming.h"

#include "pgque/decode.h"

namespace pgque {

using detail::flagCall;
using detail::optionalMicroseconds;
using detail::valueCall;
using detail::voidCall;
using pg::Params;

namespace {

constexpr auto windowColumns =
    "batch_id, cur_tick_id, prev_tick_id, (extract(epoch from cur_tick_time) * 1000000)::bigint,"
    " (extract(epoch from prev_tick_time) * 1000000)::bigint, cur_tick_event_seq,"
    " prev_tick_event_seq";

std::optional<BatchWindow> windowFrom(const pg::Row& row) {
    if (row.isNull(0))
        return {};
    return BatchWindow{
        .batchId = row.get<std::int64_t>(0),
        .tickId = row.get<std::int64_t>(1),
        .previousTickId = row.get<std::int64_t>(2),
        .tickTime = optionalMicroseconds(row, 3),
        .previousTickTime = optionalMicroseconds(row, 4),
        .tickEventSequence = row.get<std::optional<std::int64_t>>(5),
        .previousTickEventSequence = row.get<std::optional<std::int64_t>>(6),
    };
}

} // namespace

pg::Call<bool> subscribe(std::string_view queue, std::string_view consumer) {
    return flagCall("subscribe", "select pgque.subscribe($1::text, $2::text)", Params::of(queue, consumer));
}

pg::Call<int> unsubscribe(std::string_view queue, std::string_view consumer) {
    return valueCall<int>("unsubscribe", "select pgque.unsubscribe($1::text, $2::text)", Params::of(queue, consumer));
}

pg::Call<bool> registerConsumer(std::string_view queue, std::string_view consumer) {
    return flagCall("register_consumer", "select pgque.register_consumer($1::text, $2::text)",
                    Params::of(queue, consumer));
}

pg::Call<int> unregisterConsumer(std::string_view queue, std::string_view consumer) {
    return valueCall<int>("unregister_consumer", "select pgque.unregister_consumer($1::text, $2::text)",
                          Params::of(queue, consumer));
}

pg::Call<bool> registerConsumerAt(std::string_view queue, std::string_view consumer, std::optional<std::int64_t> tick) {
    return flagCall("register_consumer_at", "select pgque.register_consumer_at($1::text, $2::text, $3::bigint)",
                    Params::of(queue, consumer, tick));
}

pg::Call<std::vector<Message>> receive(std::string_view queue, std::string_view consumer,
                                       std::optional<std::int32_t> limit) {
    return detail::rowsCall("receive",
                            std::string(detail::messageColumns) + "pgque.receive($1::text, $2::text, $3::int4)",
                            Params::of(queue, consumer, limit), messageFrom);
}

pg::Call<bool> ack(std::int64_t batchId) {
    return flagCall("ack", "select pgque.ack($1::bigint)", Params::of(batchId));
}

pg::Call<void> nack(std::int64_t batchId, std::int64_t messageId, pg::Interval retryAfter,
                    std::optional<std::string_view> reason) {
    // PgQue contract: the event is looked up by msg_id alone, so the payload need not travel back.
    return voidCall("nack",
                    "select pgque.nack($1::bigint, row($2::bigint, $1::bigint, null, null, null, null, null, null,"
                    " null, null)::pgque.message, $3::interval, $4::text)",
                    Params::of(batchId, messageId, retryAfter, reason));
}

pg::Call<NackBatchResult> nackBatch(std::int64_t batchId, pg::Interval retryAfter,
                                    std::optional<std::string_view> reason) {
    return detail::rowCall("nack_batch",
                           "select retried, dead from pgque.nack_batch($1::bigint, $2::interval, $3::text)",
                           Params::of(batchId, retryAfter, reason), [](const pg::Row& row) {
                               return NackBatchResult{row.get<std::int64_t>(0), row.get<std::int64_t>(1)};
                           });
}

pg::Call<bool> eventRetry(std::int64_t batchId, std::int64_t eventId, std::int32_t seconds) {
    return flagCall("event_retry", "select pgque.event_retry($1::bigint, $2::bigint, $3::int4)",
                    Params::of(batchId, eventId, seconds));
}

pg::Call<bool> eventRetry(std::int64_t batchId, std::int64_t eventId, pg::Timestamp when) {
    return flagCall("event_retry", "select pgque.event_retry($1::bigint, $2::bigint, $3::timestamptz)",
                    Params::of(batchId, eventId, when));
}

pg::Call<int> batchRetry(std::int64_t batchId, std::int32_t seconds) {
    return valueCall<int>("batch_retry", "select pgque.batch_retry($1::bigint, $2::int4)",
                          Params::of(batchId, seconds));
}

pg::Call<std::optional<std::int64_t>> nextBatch(std::string_view queue, std::string_view consumer) {
    return valueCall<std::optional<std::int64_t>>("next_batch", "select pgque.next_batch($1::text, $2::text)",
                                                  Params::of(queue, consumer));
}

pg::Call<std::optional<BatchWindow>> nextBatchInfo(std::string_view queue, std::string_view consumer) {
    return detail::rowCall("next_batch_info",
                           std::string("select ") + windowColumns + " from pgque.next_batch_info($1::text, $2::text)",
                           Params::of(queue, consumer), windowFrom);
}

pg::Call<std::optional<BatchWindow>> nextBatchCustom(std::string_view queue, std::string_view consumer,
                                                     const BatchCondition& condition) {
    return detail::rowCall(
        "next_batch_custom",
        std::string("select ") + windowColumns +
            " from pgque.next_batch_custom($1::text, $2::text, $3::interval, $4::int4, $5::interval)",
        Params::of(queue, consumer, condition.minLag, condition.minCount, condition.minInterval), windowFrom);
}

Event eventFrom(const pg::Row& row) {
    using Text = std::optional<std::string>;
    return {
        .id = row.get<std::int64_t>(0),
        .time = detail::microseconds(row, 1),
        .transactionId = row.get<std::optional<std::int64_t>>(2),
        .retryCount = row.get<std::optional<std::int32_t>>(3).value_or(0),
        .type = row.get<Text>(4),
        .payload = row.get<Text>(5),
        .extra1 = row.get<Text>(6),
        .extra2 = row.get<Text>(7),
        .extra3 = row.get<Text>(8),
        .extra4 = row.get<Text>(9),
    };
}

pg::Call<std::vector<Event>> getBatchEvents(std::int64_t batchId) {
    return detail::rowsCall("get_batch_events",
                            "select ev_id, (extract(epoch from ev_time) * 1000000)::bigint, ev_txid, ev_retry,"
                            " ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4"
                            " from pgque.get_batch_events($1::bigint)",
                            Params::of(batchId), eventFrom);
}

pg::Call<bool> finishBatch(std::int64_t batchId) {
    return flagCall("finish_batch", "select pgque.finish_batch($1::bigint)", Params::of(batchId));
}

} // namespace pgque
