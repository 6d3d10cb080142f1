// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <string>

namespace workqueue {

/// Which batch of which run a message stands for, where it is a header of a fan-out.
struct BatchContext {
    std::string execution;
    std::int64_t epoch = 0; ///< of the run; what an old run still brings is refused
    std::int32_t index = 0;

    bool operator==(const BatchContext&) const = default;
};

/// A claimed message. Whoever holds its lease names it by id and token.
struct Message {
    std::int64_t id = 0;
    std::int32_t token = 0; ///< how often it was claimed, this time included
    std::string json;
    std::int32_t priority = 5; ///< 1 to 10, higher first
    std::string organization;  ///< empty: none
    pg::Timestamp enqueuedAt;
    pg::Timestamp leaseUntil;
    std::optional<BatchContext> batch;
};

} // namespace workqueue
