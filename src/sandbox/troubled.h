// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sandbox/deeds.h"
#include "sandbox/loop.h"

#include <atomic>
#include <memory>

/// The steps of those workers of the demonstration that are in trouble.
namespace sandbox::troubled {

/// Takes a window of the billing group that holds an odd payload, and dies with it: the loop ends and its connection
/// goes without an acknowledgement. comeBackFirst: a window it died with before is finished first, so that the tables
/// can rotate.
Loop::Step dying(bool comeBackFirst, OnDeed onDeed);

/// What the busy worker and the demonstration tell each other.
struct BusyState {
    std::atomic_bool holds = false; ///< has a window
    std::atomic_bool letGo = false; ///< is asked to finish it and take another; resets itself
};

/// Takes one window of the settlement group and never finishes it, but sends heartbeats.
Loop::Step busy(std::shared_ptr<BusyState> state, OnDeed onDeed);

/// Reads one batch of audit and stops for good; catchUp: reads all that is there first.
Loop::Step stopping(bool catchUp, OnDeed onDeed);

/// Reads catalog only while its backlog is above the ceiling.
Loop::Step slow(OnDeed onDeed);

} // namespace sandbox::troubled
