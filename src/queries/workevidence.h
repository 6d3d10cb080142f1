// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"

#include <string>
#include <string_view>

// Statements that prove what a finding about a work queue says, to be shown, copied and run by hand.
namespace queries::evidence {

std::string workLeader(const domain::WorkInstall& install);
std::string workLapsed(const domain::WorkInstall& install, std::string_view queue);
std::string workOverdue(const domain::WorkInstall& install, std::string_view queue);
std::string workOftenRead(const domain::WorkInstall& install, std::string_view queue, int moreThan);
std::string workHead(const domain::WorkInstall& install, std::string_view queue, int priority);
std::string workInFlight(const domain::WorkInstall& install, std::string_view queue);
std::string workBarrier(const domain::WorkInstall& install, std::string_view execution);
std::string workCounters(const domain::WorkInstall& install);
std::string oldestSnapshot();

} // namespace queries::evidence
