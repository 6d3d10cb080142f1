// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sandbox/loop.h"

#include <memory>
#include <vector>

/// The work queue's part of the demonstration: tasks of all priorities, workers that claim and acknowledge, one that
/// died holding a lease, tasks that fail until they are buried, delayed ones, and fan-outs of which some lose a batch.
namespace sandbox::workshop {

/// Everybody who works there, each on a connection of its own.
std::vector<std::unique_ptr<Loop>> open(const pg::ConnectionInfo& database);

} // namespace sandbox::workshop
