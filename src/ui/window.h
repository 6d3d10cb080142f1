// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ui {

/// Which tick window's events are shown.
struct Window {
    std::string install; ///< Capabilities::identity(): what the ids are of
    std::int32_t queueId = 0;
    std::int64_t lastTick = 0;
    std::int64_t nextTick = 0;
    std::int32_t subId = 0;
    std::optional<std::int64_t> batch;
    std::optional<std::int64_t> estimate;

    /// The same events, whatever the estimate says meanwhile.
    bool isSameAs(const Window& other) const {
        return install == other.install && queueId == other.queueId && lastTick == other.lastTick &&
               nextTick == other.nextTick && subId == other.subId && batch == other.batch;
    }
};

} // namespace ui
