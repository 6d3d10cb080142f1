// SPDX-License-Identifier: Apache-2.0
#include "pgque/message.h"

#include "pgque/decode.h"

namespace pgque {

Message messageFrom(const pg::Row& row) {
    using Text = std::optional<std::string>;
    return {
        .id = row.get<std::int64_t>(0),
        .batchId = row.get<std::int64_t>(1),
        .type = row.get<Text>(2),
        .payload = row.get<Text>(3),
        .retryCount = row.get<std::optional<std::int32_t>>(4).value_or(0),
        .createdAt = detail::microseconds(row, 5),
        .extra1 = row.get<Text>(6),
        .extra2 = row.get<Text>(7),
        .extra3 = row.get<Text>(8),
        .extra4 = row.get<Text>(9),
    };
}

} // namespace pgque
