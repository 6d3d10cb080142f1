// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Statements that prove what a finding says, to be shown, copied and run by hand. Each needs SELECT on ordinary tables
// only; a name is written in as a literal.
namespace queries::evidence {

std::string newestTick(std::string_view queue);
std::string openBatch(std::int64_t batch);
std::string groupMembers(std::string_view queue, std::string_view consumer);
std::string lowestPosition(std::string_view queue);
std::string retriesDue(std::string_view queue);
std::string deadLetters(std::string_view queue);
std::string rotation(std::string_view queue);
std::string subscriptions(std::string_view queue);
std::string sameBatch(std::int64_t batch);
std::string retryLoad(std::string_view queue);
std::string ownerlessRetries();
std::string memberDeadLetters();
std::string eventTableLocks();
std::string session(std::int32_t pid);
std::string preparedTransactions();
std::string horizon();
std::string replay();
std::string deadRows();
std::string tickSnapshots(std::string_view queue);

} // namespace queries::evidence
