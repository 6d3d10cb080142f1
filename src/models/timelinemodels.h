// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/columnmakers.h"
#include "models/mark.h"
#include "monitor/timeline.h"

namespace models {

/// How a batch ended, as far as looking tells, in a word and a sentence. Stale: its owner has been silent for too long.
Mark markOf(const monitor::Bar& bar, bool stale = false);
/// The same without the words: a frame needs it for thousands.
Tone toneOf(const monitor::Bar& bar, bool stale);

/// "13:57:03", "after 13:57:02, by 13:57:03".
QString momentOf(const monitor::When& when, const QTimeZone& zone);

/// "worker-3" of the lane "billing.worker-3", the whole name of others.
QString laneName(const monitor::Lane& lane);

/// A bar in words: the twin of what is drawn.
struct BarLine {
    std::string lane;
    monitor::Bar bar;

    std::string key() const { return std::to_string(bar.token); }

    bool operator==(const BarLine& other) const;
};

std::vector<Column<BarLine>> barColumns();

/// The bars of a track that touch this stretch of time, newest first, at most so many.
std::vector<BarLine> barsBetween(const monitor::Track& track, pg::Timestamp from, pg::Timestamp to, std::size_t most);

/// What the drawing shows, for whoever can't see it: bars and heartbeats of each lane, waits for the row, batches that
/// went unseen, and when nothing was looked at.
QString timelineInWords(const monitor::Track& track, const std::vector<monitor::Gap>& gaps, pg::Timestamp from,
                        pg::Timestamp to, const QTimeZone& zone);

} // namespace models
