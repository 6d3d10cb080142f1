// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

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
    std::int32_t consumerId = 0; ///< of the subscription; of a member its group's
    std::optional<std::int64_t> batch;
    std::optional<std::int64_t> estimate;
    std::string queue; ///< its name

    /// Of an open batch that the sample has; its ticks are known.
    static Window of(const domain::Subscription& held, const std::string& queue, const domain::Snapshot& snapshot) {
        const domain::Subscription* group = held.role == domain::Role::CoopMember ? snapshot.mainOf(held) : nullptr;
        Window window;
        window.install = snapshot.capabilities.identity();
        window.queueId = held.queueId;
        window.lastTick = *held.lastTick;
        window.nextTick = *held.nextTick;
        window.subId = held.subId;
        window.consumerId = group ? group->consumerId : held.consumerId;
        window.batch = held.batch;
        window.estimate = held.windowEstimate();
        window.queue = queue;
        return window;
    }

    /// The same events, whatever the estimate says meanwhile.
    bool isSameAs(const Window& other) const {
        return install == other.install && queueId == other.queueId && lastTick == other.lastTick &&
               nextTick == other.nextTick && subId == other.subId && batch == other.batch;
    }
};

} // namespace ui
