// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/scheduling.h"
#include "pg/connection.h"

namespace queries {

/// The jobs of pg_cron and pg_timetable that call pgque in this database, with their newest runs. A scheduler that is
/// not there is not asked; what may not be read is told. Throws pg::Error when the connection fails.
domain::Scheduling scheduling(pg::Connection& connection, pg::Deadline deadline);

} // namespace queries
