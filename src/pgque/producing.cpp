// SPDX-License-Identifier: Apache-2.0
#include "pgque/producing.h"

#include "pgque/decode.h"

namespace pgque {

using detail::valueCall;
using pg::Params;
using Ids = std::vector<std::int64_t>;

pg::Call<std::int64_t> send(std::string_view queue, std::optional<std::string_view> payload) {
    return valueCall<std::int64_t>("send", "select pgque.send($1::text, $2::text)", Params::of(queue, payload));
}

pg::Call<std::int64_t> send(std::string_view queue, std::string_view type, std::optional<std::string_view> payload) {
    return valueCall<std::int64_t>("send", "select pgque.send($1::text, $2::text, $3::text)",
                                   Params::of(queue, type, payload));
}

pg::Call<std::int64_t> sendJson(std::string_view queue, std::optional<std::string_view> json) {
    return valueCall<std::int64_t>("send", "select pgque.send($1::text, $2::jsonb)", Params::of(queue, json));
}

pg::Call<std::int64_t> sendJson(std::string_view queue, std::string_view type, std::optional<std::string_view> json) {
    return valueCall<std::int64_t>("send", "select pgque.send($1::text, $2::text, $3::jsonb)",
                                   Params::of(queue, type, json));
}

pg::Call<Ids> sendBatch(std::string_view queue, std::span<const std::string> payloads) {
    return valueCall<Ids>("send_batch", "select pgque.send_batch($1::text, $2::text[])", Params::of(queue, payloads));
}

pg::Call<Ids> sendBatch(std::string_view queue, std::string_view type, std::span<const std::string> payloads) {
    return valueCall<Ids>("send_batch", "select pgque.send_batch($1::text, $2::text, $3::text[])",
                          Params::of(queue, type, payloads));
}

pg::Call<Ids> sendJsonBatch(std::string_view queue, std::span<const std::string> payloads) {
    return valueCall<Ids>("send_batch", "select pgque.send_batch($1::text, $2::jsonb[])", Params::of(queue, payloads));
}

pg::Call<Ids> sendJsonBatch(std::string_view queue, std::string_view type, std::span<const std::string> payloads) {
    return valueCall<Ids>("send_batch", "select pgque.send_batch($1::text, $2::text, $3::jsonb[])",
                          Params::of(queue, type, payloads));
}

pg::Call<std::int64_t> insertEvent(std::string_view queue, std::optional<std::string_view> type,
                                   std::optional<std::string_view> payload, const Extras& extras) {
    return valueCall<std::int64_t>(
        "insert_event",
        "select pgque.insert_event($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text)",
        Params::of(queue, type, payload, extras.extra1, extras.extra2, extras.extra3, extras.extra4));
}

} // namespace pgque
