// SPDX-License-Identifier: Apache-2.0
#include "pgque/cooperative.h"

#include "pgque/decode.h"

namespace pgque {

using detail::flagCall;
using pg::Params;

pg::Call<bool> subscribeSubconsumer(std::string_view queue, std::string_view consumer, std::string_view subconsumer,
                                    bool convertNormal) {
    return flagCall("subscribe_subconsumer",
                    "select pgque.subscribe_subconsumer($1::text, $2::text, $3::text, $4::boolean)",
                    Params::of(queue, consumer, subconsumer, convertNormal));
}

pg::Call<bool> unsubscribeSubconsumer(std::string_view queue, std::string_view consumer, std::string_view subconsumer,
                                      BatchHandling handling) {
    return flagCall("unsubscribe_subconsumer",
                    "select pgque.unsubscribe_subconsumer($1::text, $2::text, $3::text, $4::int4)",
                    Params::of(queue, consumer, subconsumer, static_cast<std::int32_t>(handling)));
}

pg::Call<std::vector<Message>> receiveCoop(std::string_view queue, std::string_view consumer,
                                           std::string_view subconsumer, std::optional<std::int32_t> limit,
                                           std::optional<pg::Interval> deadInterval) {
    return detail::rowsCall("receive_coop",
                            std::string(detail::messageColumns) +
                                "pgque.receive_coop($1::text, $2::text, $3::text, $4::int4, $5::interval)",
                            Params::of(queue, consumer, subconsumer, limit, deadInterval), messageFrom);
}

pg::Call<bool> touchSubconsumer(std::string_view queue, std::string_view consumer, std::string_view subconsumer) {
    return flagCall("touch_subconsumer", "select pgque.touch_subconsumer($1::text, $2::text, $3::text)",
                    Params::of(queue, consumer, subconsumer));
}

pg::Call<std::optional<std::int64_t>> nextBatchCoop(std::string_view queue, std::string_view consumer,
                                                    std::string_view subconsumer,
                                                    std::optional<pg::Interval> deadInterval) {
    return detail::valueCall<std::optional<std::int64_t>>(
        "next_batch", "select pgque.next_batch($1::text, $2::text, $3::text, $4::interval)",
        Params::of(queue, consumer, subconsumer, deadInterval));
}

pg::Call<std::optional<BatchWindow>> nextBatchCustomCoop(std::string_view queue, std::string_view consumer,
                                                         std::string_view subconsumer, const BatchCondition& condition,
                                                         std::optional<pg::Interval> deadInterval) {
    return detail::rowCall("next_batch_custom",
                           "select batch_id, next_tick_id, prev_tick_id"
                           " from pgque.next_batch_custom($1::text, $2::text, $3::text, $4::interval, $5::int4, "
                           "$6::interval, $7::interval)",
                           Params::of(queue, consumer, subconsumer, condition.minLag, condition.minCount,
                                      condition.minInterval, deadInterval),
                           [](const pg::Row& row) -> std::optional<BatchWindow> {
                               if (row.isNull(0))
                                   return {};
                               BatchWindow window;
                               window.batchId = row.get<std::int64_t>(0);
                               window.tickId = row.get<std::int64_t>(1);
                               window.previousTickId = row.get<std::int64_t>(2);
                               return window;
                           });
}

} // namespace pgque
