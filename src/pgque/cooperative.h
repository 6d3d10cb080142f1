// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"
#include "pg/statement.h"
#include "pg/time.h"
#include "pgque/consuming.h"
#include "pgque/message.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

// Calls of cooperative consumers: several subconsumers share one consumer's position, each window goes to one of them.
// Names of cooperative consumers and subconsumers contain no dot.
namespace pgque {

/// Joins a group, which is made when it does not exist. A normal consumer of that name is turned into a group only
/// with `convertNormal`. False when it was a member already; its heartbeat is renewed.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> subscribeSubconsumer(std::string_view queue, std::string_view consumer,
                                                               std::string_view subconsumer,
                                                               bool convertNormal = false);

/// What to do with a window that a leaving subconsumer still holds.
enum class BatchHandling {
    Refuse = 0,       ///< fail while a window is open
    RouteToRetry = 1, ///< its events go to retry in 60 s, or to the dead letters at the retry limit
};

/// Leaves a group. False when there was no such member. The last one to leave turns the group into a normal consumer.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> unsubscribeSubconsumer(std::string_view queue, std::string_view consumer,
                                                                 std::string_view subconsumer,
                                                                 BatchHandling handling = BatchHandling::Refuse);

/// As receive(), for one member; joins the group by itself. With a dead interval, the window of a member whose
/// heartbeat is older than that is taken over first, under a new batch id: the old one is void from then on.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<Message>> receiveCoop(std::string_view queue, std::string_view consumer,
                                                                      std::string_view subconsumer,
                                                                      std::optional<std::int32_t> limit,
                                                                      std::optional<pg::Interval> deadInterval = {});

/// Renews the heartbeat of a member. False when there is no such member.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> touchSubconsumer(std::string_view queue, std::string_view consumer,
                                                           std::string_view subconsumer);

/// nextBatch() for one member.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<std::int64_t>>
nextBatchCoop(std::string_view queue, std::string_view consumer, std::string_view subconsumer,
              std::optional<pg::Interval> deadInterval = {});

/// nextBatchCustom() for one member; the answer has batch and tick ids only.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<BatchWindow>>
nextBatchCustomCoop(std::string_view queue, std::string_view consumer, std::string_view subconsumer,
                    const BatchCondition& condition, std::optional<pg::Interval> deadInterval = {});

} // namespace pgque
