// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/moment.h"
#include "domain/series.h"
#include "models/columnmakers.h"

#include <array>

namespace models {

/// The quantities in the order in which they are shown.
inline constexpr std::array<domain::Quantity, domain::quantities> shownQuantities{
    domain::Quantity::Rate,     domain::Quantity::Backlog,    domain::Quantity::Lag,
    domain::Quantity::InFlight, domain::Quantity::Retry,      domain::Quantity::Dead,
    domain::Quantity::TickAge,  domain::Quantity::WindowSize, domain::Quantity::SamplingCost};

QString quantityTitle(domain::Quantity quantity);
QString quantityMeaning(domain::Quantity quantity);
/// A value of it, with its unit where the title has none.
QString quantityText(domain::Quantity quantity, double value);

/// All quantities at one place of the time axis.
struct HistoryLine {
    pg::Timestamp from;
    bool rebuilt = false;
    std::array<std::optional<domain::SeriesPoint>, domain::quantities> points;

    std::string key() const { return std::to_string(from.time_since_epoch().count()); }

    bool operator==(const HistoryLine&) const = default;
};

/// The series, by their quantities' numbers, as rows; newest first.
std::vector<HistoryLine> historyLines(const std::array<domain::Series, domain::quantities>& series);
std::vector<Column<HistoryLine>> historyColumns();

/// What is different between two recorded instants.
struct MomentDifference {
    enum class Kind { Queue, Subscription, Finding };
    Kind kind = Kind::Queue;
    std::string name; ///< of the queue, the subscription on its queue, or the finding's title
    std::string what; ///< stable identifier of what differs: "backlog", "batch"; empty: the thing itself
    QString before;   ///< empty: it was not there
    QString after;    ///< empty: it was no longer there
    std::optional<double> change;
    QString wholeBefore{}; ///< where before is short: in full, for hovering
    QString wholeAfter{};

    std::string key() const { return std::to_string(int(kind)) + '/' + name + '/' + what; }

    bool operator==(const MomentDifference&) const = default;
};

/// Findings first, then queues, then subscriptions; what is the same is left out. Stops after so many lines.
std::vector<MomentDifference> differences(const domain::Moment& before, const domain::Moment& after,
                                          const QTimeZone& zone, std::size_t limit = 5'000);
std::vector<Column<MomentDifference>> differenceColumns();

} // namespace models
