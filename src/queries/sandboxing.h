// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/statement.h"
#include "pg/time.h"

#include <cstdint>
#include <string_view>

// What the private sandbox server needs beside the queue's API.
namespace queries {

[[nodiscard]] pg::Call<bool> databaseExists(std::string_view name);

/// Outside a transaction; needs CREATEDB.
[[nodiscard]] pg::Call<void> createDatabase(std::string_view name);

/// Events that wait for their retry on a queue.
[[nodiscard]] pg::Call<std::int64_t> waitingRetries(std::string_view queue);

/// Whether the work queue has ready tasks of several priorities, one in flight and one delayed, and a barrier waits.
[[nodiscard]] pg::Call<bool> workIsUnderWay();

/// Sets a consumer's heartbeat back, as if it had been silent for so long; "group.member" for a subconsumer. Only a
/// heartbeat that is younger is touched. False when nothing was changed. Needs the rights of the schema's owner.
[[nodiscard]] pg::Call<bool> ageHeartbeat(std::string_view queue, std::string_view consumer, pg::Interval age);

} // namespace queries
