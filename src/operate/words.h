// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "pg/time.h"
#include "pgque/message.h"
#include "queries/guard.h"

#include <cstdint>
#include <string>
#include <vector>

// How actions speak: the sentences' parts. Not for use outside this room.
namespace operate::words {

/// "1 message", "463 messages".
std::string count(std::int64_t number, const std::string& singular);
/// Without the number: "message", "messages".
std::string noun(std::int64_t number, const std::string& singular);

/// "60 s", "5 min", "2 h", "250 ms".
std::string duration(pg::Interval length);

/// In double quotes as SQL wants an identifier.
std::string identifier(const std::string& name);

/// "orders / billing.worker-3"
std::string subject(const std::string& queue, const std::string& consumer);

/// "billing" or "billing.worker-3": the name in the consumer table.
std::string fullName(const std::string& consumer, const std::string& subconsumer);

/// "billing.worker-3 holds batch 8123 (ticks 41–42)", "billing.worker-3 holds no batch".
std::string state(const queries::SubscriptionState& state);

/// One line about a received message, cut to a length that fits a list.
std::string message(const pgque::Message& message);

/// At most this many bytes and an ellipsis, not cutting a UTF-8 character in two.
std::string cut(const std::string& text, std::size_t length);

/// "12, 15, 19 and 460 more"
std::string list(const std::vector<std::int64_t>& first, std::int64_t total);

} // namespace operate::words
