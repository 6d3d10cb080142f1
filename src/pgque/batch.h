// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pgque/message.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace pgque {

/// What receive returned: messages of one batch, which stays open until it is acknowledged.
struct Batch {
    std::optional<std::int64_t> id; ///< the token; empty when nothing came
    std::vector<Message> messages;
    bool complete = true; ///< false when a limit kept messages of this batch back

    bool empty() const noexcept { return messages.empty(); }

    std::size_t size() const noexcept { return messages.size(); }

    auto begin() const noexcept { return messages.begin(); }

    auto end() const noexcept { return messages.end(); }
};

/// Whether a batch may be acknowledged of which only a part was received.
enum class PartialAck {
    Refuse,   ///< throw PartialBatch
    DropRest, ///< the messages that were kept back are lost to this consumer, and that is meant
};

} // namespace pgque
