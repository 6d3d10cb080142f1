// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"
#include "pg/result.h"
#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pgque {

/// An event as a consumer receives it: the server's composite type pgque.message, field by field.
struct Message {
    std::int64_t id = 0;      ///< unique within its queue; kept when the event comes back after a retry
    std::int64_t batchId = 0; ///< the batch it was received in: the token for ack and nack
    std::optional<std::string> type;
    std::optional<std::string> payload;
    std::int32_t retryCount = 0; ///< 0 on the first delivery
    pg::Timestamp createdAt;     ///< when it was sent, by the server's clock
    std::optional<std::string> extra1;
    std::optional<std::string> extra2;
    std::optional<std::string> extra3;
    std::optional<std::string> extra4;

    bool operator==(const Message&) const = default;
};

/// One row of receive() or receiveCoop(). Throws pg::Error (Decode).
PGQUE_EXPORT Message messageFrom(const pg::Row& row);

} // namespace pgque
