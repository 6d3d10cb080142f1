// SPDX-License-Identifier: Apache-2.0
#include "pgque/deadletters.h"

#include "pgque/decode.h"

namespace pgque {

using detail::valueCall;
using pg::Params;

namespace {

DeadLetter deadLetterFrom(const pg::Row& row) {
    using Text = std::optional<std::string>;
    return {
        .id = row.get<std::int64_t>(0),
        .queueId = row.get<std::int32_t>(1),
        .consumerId = row.get<std::int32_t>(2),
        .time = detail::microseconds(row, 3),
        .reason = row.get<Text>(4),
        .eventId = row.get<std::int64_t>(5),
        .eventTime = detail::microseconds(row, 6),
        .retryCount = row.get<std::optional<std::int32_t>>(7).value_or(0),
        .type = row.get<Text>(8),
        .payload = row.get<Text>(9),
        .extra1 = row.get<Text>(10),
        .extra2 = row.get<Text>(11),
        .extra3 = row.get<Text>(12),
        .extra4 = row.get<Text>(13),
    };
}

} // namespace

pg::Call<std::vector<DeadLetter>> dlqInspect(std::string_view queue, std::int32_t limit) {
    return detail::rowsCall(
        "dlq_inspect",
        "select dl_id, dl_queue_id, dl_consumer_id, (extract(epoch from dl_time) * 1000000)::bigint,"
        " dl_reason, ev_id, (extract(epoch from ev_time) * 1000000)::bigint, ev_retry, ev_type,"
        " ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4"
        " from pgque.dlq_inspect($1::text, $2::int4)",
        Params::of(queue, limit), deadLetterFrom);
}

pg::Call<std::int64_t> dlqReplay(std::int64_t deadLetterId) {
    return valueCall<std::int64_t>("dlq_replay", "select pgque.dlq_replay($1::bigint)", Params::of(deadLetterId));
}

pg::Call<ReplayResult> dlqReplayAll(std::string_view queue) {
    return detail::rowCall("dlq_replay_all", "select replayed, failed, first_error from pgque.dlq_replay_all($1::text)",
                           Params::of(queue), [](const pg::Row& row) {
                               return ReplayResult{row.get<std::int64_t>(0), row.get<std::int64_t>(1),
                                                   row.get<std::optional<std::string>>(2)};
                           });
}

pg::Call<int> dlqPurge(std::string_view queue, pg::Interval olderThan) {
    return valueCall<int>("dlq_purge", "select pgque.dlq_purge($1::text, $2::interval)", Params::of(queue, olderThan));
}

} // namespace pgque
