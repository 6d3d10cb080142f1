// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/capabilities.h"
#include "pg/connection.h"

namespace queries {

/// What this server, database and role let us do. Two round trips, no table of the schema is touched. Every part that
/// the role may not see is simply missing; origin is None or, until the schema room has judged it, Unknown.
/// Throws pg::Error.
domain::Capabilities probe(pg::Connection& connection, pg::Deadline deadline);

/// The GRANT that lets this role see all of the queue's tables; for showing and copying.
std::string grantForReading(const domain::Capabilities& capabilities);

/// Makes every transaction of a session of ours read-only unless it says otherwise. State of the session: only for a
/// connection that is known to be nobody else's.
pg::Call<void> readOnlyFromNowOn();

/// For a session that only listens, where the server's system can: it ends when its client does not take what it is
/// sent for a minute.
pg::Call<void> givenUpWhenUnread();

/// A text that changes whenever functions, columns or grants of the schema change: a reason to probe again.
pg::Call<std::string> schemaStamp();

} // namespace queries
