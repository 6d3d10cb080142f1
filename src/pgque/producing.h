// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"
#include "pg/statement.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Calls that put events into a queue. An event becomes visible to consumers with the first tick after its commit;
// one that is rolled back never does.
namespace pgque {

/// Sends text, stored as given, with type "default". Returns the event's id.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> send(std::string_view queue, std::optional<std::string_view> payload);

/// As above with a type of your own.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> send(std::string_view queue, std::string_view type,
                                                       std::optional<std::string_view> payload);

/// Sends JSON: the server checks it and stores its canonical form. Type "default".
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> sendJson(std::string_view queue,
                                                           std::optional<std::string_view> json);
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> sendJson(std::string_view queue, std::string_view type,
                                                           std::optional<std::string_view> json);

/// Sends many with one statement. Returns their ids in the order given; nothing given, nothing sent.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<std::int64_t>> sendBatch(std::string_view queue,
                                                                         std::span<const std::string> payloads);
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<std::int64_t>> sendBatch(std::string_view queue, std::string_view type,
                                                                         std::span<const std::string> payloads);
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<std::int64_t>> sendJsonBatch(std::string_view queue,
                                                                             std::span<const std::string> payloads);
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<std::int64_t>>
sendJsonBatch(std::string_view queue, std::string_view type, std::span<const std::string> payloads);

/// What insertEvent() may carry beside type and payload.
struct Extras {
    std::optional<std::string> extra1;
    std::optional<std::string> extra2;
    std::optional<std::string> extra3;
    std::optional<std::string> extra4;
};

/// Sends with the four extra fields.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> insertEvent(std::string_view queue,
                                                              std::optional<std::string_view> type,
                                                              std::optional<std::string_view> payload,
                                                              const Extras& extras);

} // namespace pgque
