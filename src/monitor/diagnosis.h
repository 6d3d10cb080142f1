// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "domain/snapshot.h"
#include "monitor/memory.h"
#include "monitor/thresholds.h"

namespace monitor {

/// Turns what was seen into findings: a pure function. Memory may be null or know nothing yet; the rules that need it
/// are then listed as not evaluated.
domain::Diagnosis diagnose(const domain::Snapshot& snapshot, const Memory* memory, const Thresholds& thresholds);

/// The most severe first, of those the oldest.
void sortFindings(domain::Diagnosis& diagnosis);

/// The worst of the findings; empty when there is none.
std::optional<domain::Severity> worst(const domain::Diagnosis& diagnosis);

/// Something is amiss that a second look a moment later would confirm or clear.
bool wantsSecondLook(const domain::Diagnosis& diagnosis);

} // namespace monitor
