// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/queuedetail.h"
#include "models/columnmakers.h"
#include "models/mark.h"
#include "monitor/forecast.h"
#include "monitor/rotation.h"

namespace models {

/// A tick and the window that ends with it.
struct TickLine {
    domain::Tick tick;
    std::optional<pg::Interval> gap;      ///< since the tick before
    std::optional<std::int64_t> estimate; ///< events between them, by sequence
    bool isLong = false;                  ///< a gap far beyond what the queue is set to

    std::string key() const { return std::to_string(tick.id); }

    bool operator==(const TickLine&) const = default;
};

std::vector<Column<TickLine>> tickColumns();
/// The newest first. The oldest tick of the list has nothing to be compared with.
std::vector<TickLine> tickLines(const domain::QueueDetail& detail, const domain::Queue& queue);

/// An event table in the ring, and who still needs it.
struct TableLine {
    domain::EventTable table;
    std::optional<std::int64_t> bytes;
    std::optional<pg::Timestamp> sizedAt; ///< when its size was asked for
    bool isCurrent = false;
    bool isPrevious = false;
    bool isNext = false;                ///< is emptied by the next rotation
    std::vector<std::string> positions; ///< consumers whose position lies in it
    std::vector<double> places;         ///< of these: where in the table's time, from 0 to 1

    std::string key() const { return table.name; }

    bool operator==(const TableLine&) const = default;
};

std::vector<Column<TableLine>> tableColumns();
std::vector<TableLine> tableLines(const domain::QueueDetail& detail, const domain::QueueUpkeep* upkeep,
                                  const domain::Queue& queue, const domain::Snapshot& snapshot);
/// The ring as it is drawn, for those who can't see it.
QString ringInWords(const std::vector<TableLine>& lines);

/// A gate of the next rotation, in words.
struct GateLine {
    monitor::Gate gate;
    QString what;
    QString why;

    std::string key() const { return std::to_string(int(gate.kind)); }

    bool operator==(const GateLine&) const = default;
};

std::vector<Column<GateLine>> gateColumns();
std::vector<GateLine> gateLines(const std::vector<monitor::Gate>& gates, const domain::Queue& queue,
                                pg::Timestamp now);
/// "2 gates closed"
QString gatesInWords(const std::vector<monitor::Gate>& gates);

/// "≥ 1.2 GB in 2 of 3 tables, 12 s ago": what is not known is not counted as nothing.
QString onDisk(const domain::QueueUpkeep* upkeep, pg::Timestamp now);
/// The functions of queue_extra_maint, "none", or that this install knows none.
QString extraMaintenance(const domain::QueueDetail* detail);
/// Events a second now, and over the last ticks.
QString queueRates(const domain::Queue& queue, const std::vector<double>& history);
/// Which job is set up, as far as it is told, and how far apart ticks come.
QString whoTicks(const domain::Queue& queue, const domain::QueueDetail* detail, const domain::QueueUpkeep* upkeep);

/// "in 1.2 s: 14 events wait (ticker_max_lag)"
QString tickForecastText(const monitor::TickForecast& forecast, const domain::Queue& queue, pg::Timestamp now);

} // namespace models
