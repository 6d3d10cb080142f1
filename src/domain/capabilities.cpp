// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/capabilities.h"

#include <algorithm>
#include <array>

namespace domain {

bool Capabilities::looksLikeQueue() const {
    static const std::array essential = {
        "queue.queue_id",      "queue.queue_name",          "tick.tick_queue",           "tick.tick_id",
        "tick.tick_time",      "tick.tick_snapshot",        "tick.tick_event_seq",       "subscription.sub_queue",
        "subscription.sub_id", "subscription.sub_batch",    "subscription.sub_consumer", "consumer.co_id",
        "consumer.co_name",    "subscription.sub_last_tick"};
    return std::all_of(essential.begin(), essential.end(), [this](const char* column) { return hasColumn(column); });
}

bool Capabilities::canBeSampled() const {
    static const std::array tables = {"queue", "tick", "subscription", "consumer"};
    return schemaUsable && looksLikeQueue() && std::all_of(tables.begin(), tables.end(), [this](const char* table) {
               return readableTables.contains(table);
           });
}

} // namespace domain
