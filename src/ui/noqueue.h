// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "models/column.h"

namespace ui {

/// Why a sample has no queue: there is none, or this role may not see any.
struct NoQueue {
    QString title;
    QString explanation;
    models::Tone tone = models::Tone::Dim;
};

/// hint: what to do where there is none.
NoQueue whyNoQueue(const domain::Snapshot& snapshot, const QString& hint);

} // namespace ui
