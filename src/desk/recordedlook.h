// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/lockwaits.h"
#include "domain/moment.h"
#include "domain/workqueues.h"
#include "link/reply.h"

#include <vector>

// What pages ask beside the sample, answered from a recorded moment instead of by the server. Not for other folders.
namespace desk {

/// Why a page's own question is not asked while the past is shown.
pg::Failure notRecorded();

links::Reply<domain::LockWaits> recordedLockWaits(const domain::Moment& moment);
links::Reply<std::vector<domain::WorkInstall>> recordedInstalls(const domain::Moment& moment);
links::Reply<domain::WorkSample> recordedWork(const domain::Moment& moment, const domain::WorkInstall& install);
links::Reply<domain::Barriers> recordedBarriers(const domain::Moment& moment, const domain::WorkInstall& install);

} // namespace desk
