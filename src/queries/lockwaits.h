// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/lockwaits.h"
#include "pg/connection.h"

#include <cstdint>
#include <span>

namespace queries {

/// Who waits for whom in this database. Needs no extension; without pg_read_all_stats queries and states of other
/// users are empty. Throws pg::Error.
domain::LockWaits lockWaits(pg::Connection& connection, pg::Deadline deadline);

/// The sessions of this and other consoles on this server, with what they hold: by the name they go by, and by the pids
/// of those that go by another; the one that asks always is among them. Throws pg::Error.
domain::Footprint footprint(pg::Connection& connection, std::span<const std::int64_t> pids, pg::Deadline deadline);

} // namespace queries
