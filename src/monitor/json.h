// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "domain/snapshot.h"

#include <QJsonObject>

#include <optional>

// What the command line prints for machines. The forms are described by docs/*.schema.json and stay as they are:
// times ISO 8601 in UTC, durations in seconds, 64-bit ids as text, what is not known null, never a payload.
namespace monitor {

/// `batchscope.snapshot/1`
QJsonObject snapshotJson(const domain::Snapshot& snapshot);

/// `batchscope.check/1`; without a diagnosis the status is unknown and the failure says why.
QJsonObject checkJson(const domain::Diagnosis& diagnosis);
QJsonObject checkJson(const pg::Failure& couldNotLook);

/// "ok", "warning", "critical": what --check's exit code says too.
QString statusText(const domain::Diagnosis& diagnosis);

/// Findings for a person who reads a terminal.
QString checkText(const domain::Diagnosis& diagnosis, const domain::Snapshot& snapshot);

} // namespace monitor
