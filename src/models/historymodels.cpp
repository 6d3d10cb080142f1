// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/historymodels.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <map>

namespace models {

using namespace Qt::StringLiterals;
using domain::Quantity;

namespace {

constexpr qsizetype dayLength = 10;    ///< of a timestamp: "2026-11-20"
constexpr qsizetype secondLength = 19; ///< of a timestamp: "2026-11-20 13:53:41"

QString tr(const char* text) {
    return QCoreApplication::translate("HistoryModels", text);
}

const char* idOf(Quantity quantity) {
    switch (quantity) {
    case Quantity::Rate:
        return "rate";
    case Quantity::Backlog:
        return "backlog";
    case Quantity::Lag:
        return "lag";
    case Quantity::InFlight:
        return "in_flight";
    case Quantity::Retry:
        return "retry";
    case Quantity::Dead:
        return "dead";
    case Quantity::TickAge:
        return "tick_age";
    case Quantity::WindowSize:
        return "window";
    case Quantity::SamplingCost:
        return "cost";
    }
    return "";
}

Column<HistoryLine> quantityColumn(Quantity quantity) {
    const auto at = static_cast<std::size_t>(quantity);
    ColumnInfo info{QString::fromLatin1(idOf(quantity)),
                    quantityTitle(quantity),
                    quantityMeaning(quantity),
                    CellKind::Number,
                    Pace::Slow,
                    u"12 345.6"_s,
                    quantity != Quantity::SamplingCost}; // the console's own, and a column too many where it is narrow
    return {std::move(info),
            [quantity, at](const HistoryLine& row, const CellContext&) {
                const auto& point = row.points[at];
                if (!point)
                    return Cell{format::none(), {}, tr("Not observed"), Tone::Dim};
                Cell cell{quantityText(quantity, point->mean)};
                if (point->least != point->most)
                    cell.tooltip = tr("Least %1, most %2")
                                       .arg(quantityText(quantity, point->least), quantityText(quantity, point->most));
                return cell;
            },
            [at](const HistoryLine& row) { return row.points[at] ? QVariant(row.points[at]->mean) : QVariant(); }};
}

Column<HistoryLine> mostColumn(Quantity quantity, const QString& title) {
    const auto at = static_cast<std::size_t>(quantity);
    ColumnInfo info{QString::fromLatin1(idOf(quantity)) + u"_most"_s,
                    title,
                    quantityMeaning(quantity),
                    CellKind::Number,
                    Pace::Slow,
                    u"12 345.6"_s,
                    false};
    return {std::move(info),
            [quantity, at](const HistoryLine& row, const CellContext&) {
                const auto& point = row.points[at];
                return point ? Cell{quantityText(quantity, point->most)} : Cell{format::none(), {}, {}, Tone::Dim};
            },
            [at](const HistoryLine& row) { return row.points[at] ? QVariant(row.points[at]->most) : QVariant(); }};
}

// --- two instants ---

class Comparing {
public:
    Comparing(const domain::Moment& before, const domain::Moment& after, const QTimeZone& zone, std::size_t limit)
        : m_before(before)
        , m_after(after)
        , m_zone(zone)
        , m_limit(limit) {}

    std::vector<MomentDifference> run() {
        findings();
        queues();
        subscriptions();
        return std::move(m_lines);
    }

private:
    using Kind = MomentDifference::Kind;

    void add(Kind kind, const std::string& name, const char* what, const QString& before, const QString& after,
             std::optional<double> change = {}) {
        if (m_lines.size() < m_limit && before != after)
            m_lines.push_back({kind, name, what, before, after, change});
    }

    void number(Kind kind, const std::string& name, const char* what, const std::optional<std::int64_t>& before,
                const std::optional<std::int64_t>& after) {
        if (before == after)
            return;
        const auto text = [](const std::optional<std::int64_t>& value) {
            return value ? format::number(*value) : format::none();
        };
        add(kind, name, what, text(before), text(after),
            before && after ? std::optional(static_cast<double>(*after - *before)) : std::nullopt);
    }

    /// Of the same day the time says enough.
    void moment(Kind kind, const std::string& name, const char* what, pg::Timestamp before, pg::Timestamp after) {
        if (before == after || m_lines.size() >= m_limit)
            return;
        const QString wholeBefore = format::timestamp(before, m_zone);
        const QString wholeAfter = format::timestamp(after, m_zone);
        QString shortBefore = format::clock(before, m_zone);
        QString shortAfter = format::clock(after, m_zone);
        if (wholeBefore.left(dayLength) != wholeAfter.left(dayLength)) {
            shortBefore = wholeBefore.left(secondLength);
            shortAfter = wholeAfter.left(secondLength);
        } else if (shortBefore == shortAfter) {
            shortBefore = wholeBefore;
            shortAfter = wholeAfter;
        }
        m_lines.push_back({kind, name, what, shortBefore, shortAfter, {}, wholeBefore, wholeAfter});
    }

    void findings() {
        std::map<std::string, const domain::Finding*> was;
        for (const domain::Finding& finding : m_before.diagnosis->findings)
            was.emplace(finding.key(), &finding);
        for (const domain::Finding& finding : m_after.diagnosis->findings) {
            if (was.erase(finding.key()) == 0)
                add(Kind::Finding, finding.title, "", {}, tr("found"));
        }
        for (const auto& [key, finding] : was)
            add(Kind::Finding, finding->title, "", tr("found"), {});
    }

    void queues() {
        const auto figuresOf = [](const domain::Moment& moment) {
            std::map<std::int32_t, domain::Figures> all;
            for (const domain::Figures& one : domain::figures(*moment.snapshot, nullptr))
                all.emplace(one.queueId, one);
            return all;
        };
        const auto was = figuresOf(m_before);
        const auto is = figuresOf(m_after);
        for (const domain::Queue& queue : m_after.snapshot->queues) {
            const domain::Queue* earlier = m_before.snapshot->queue(queue.id);
            if (!earlier || earlier->name != queue.name) {
                add(Kind::Queue, queue.name, "", {}, tr("there"));
                continue;
            }
            for (const Quantity quantity : shownQuantities) {
                const auto& before = was.at(queue.id)[quantity];
                const auto& after = is.at(queue.id)[quantity];
                if (before == after || quantity == Quantity::TickAge)
                    continue;
                const auto text = [quantity](const std::optional<std::int64_t>& raw) {
                    return raw ? quantityText(quantity, domain::shown(quantity, static_cast<double>(*raw)))
                               : format::none();
                };
                add(Kind::Queue, queue.name, idOf(quantity), text(before), text(after),
                    before && after ? std::optional(domain::shown(quantity, static_cast<double>(*after - *before)))
                                    : std::nullopt);
            }
            const auto tick = [](const domain::Queue& of) {
                return of.lastTick ? std::optional(of.lastTick->id) : std::nullopt;
            };
            number(Kind::Queue, queue.name, "last_tick", tick(*earlier), tick(queue));
            number(Kind::Queue, queue.name, "events", earlier->eventSeqNow, queue.eventSeqNow);
            number(Kind::Queue, queue.name, "table", earlier->currentTable, queue.currentTable);
            const auto word = [](bool paused) { return paused ? tr("paused") : tr("running"); };
            add(Kind::Queue, queue.name, "ticker", word(earlier->tickerPaused), word(queue.tickerPaused));
        }
        for (const domain::Queue& queue : m_before.snapshot->queues) {
            if (const domain::Queue* later = m_after.snapshot->queue(queue.id); !later || later->name != queue.name)
                add(Kind::Queue, queue.name, "", tr("there"), {});
        }
    }

    static std::string nameOf(const domain::Snapshot& snapshot, const domain::Subscription& row) {
        const domain::Queue* queue = snapshot.queue(row.queueId);
        return (queue ? queue->name : std::to_string(row.queueId)) + " / " + row.consumerName;
    }

    void subscriptions() {
        for (const domain::Subscription& row : m_after.snapshot->subscriptions) {
            const domain::Subscription* earlier = m_before.snapshot->subscription(row.queueId, row.consumerId);
            const std::string name = nameOf(*m_after.snapshot, row);
            if (!earlier) {
                add(Kind::Subscription, name, "", {}, tr("there"));
                continue;
            }
            const auto id = [](const std::optional<std::int64_t>& batch) {
                return batch ? format::number(*batch) : format::none();
            };
            add(Kind::Subscription, name, "batch", id(earlier->batch), id(row.batch)); // another one, not more of it
            number(Kind::Subscription, name, "position", earlier->lastTick, row.lastTick);
            add(Kind::Subscription, name, "role", format::text(earlier->roleText), format::text(row.roleText));
            if (earlier->batch && earlier->active != row.active)
                moment(Kind::Subscription, name, "heartbeat", earlier->active, row.active);
        }
        for (const domain::Subscription& row : m_before.snapshot->subscriptions) {
            if (!m_after.snapshot->subscription(row.queueId, row.consumerId))
                add(Kind::Subscription, nameOf(*m_before.snapshot, row), "", tr("there"), {});
        }
    }

    const domain::Moment& m_before;
    const domain::Moment& m_after;
    const QTimeZone& m_zone;
    std::size_t m_limit;
    std::vector<MomentDifference> m_lines;
};

QString kindText(MomentDifference::Kind kind) {
    switch (kind) {
    case MomentDifference::Kind::Queue:
        return tr("queue");
    case MomentDifference::Kind::Subscription:
        return tr("subscription");
    case MomentDifference::Kind::Finding:
        break;
    }
    return tr("finding");
}

QString whatText(const std::string& what) {
    for (const Quantity quantity : shownQuantities) {
        if (what == idOf(quantity))
            return quantityTitle(quantity);
    }
    static const std::map<std::string, const char*> words{
        {"last_tick", QT_TRANSLATE_NOOP("HistoryModels", "Newest tick")},
        {"events", QT_TRANSLATE_NOOP("HistoryModels", "Event sequence")},
        {"table", QT_TRANSLATE_NOOP("HistoryModels", "Table written to")},
        {"ticker", QT_TRANSLATE_NOOP("HistoryModels", "Ticker")},
        {"batch", QT_TRANSLATE_NOOP("HistoryModels", "Open batch")},
        {"position", QT_TRANSLATE_NOOP("HistoryModels", "Position (tick)")},
        {"role", QT_TRANSLATE_NOOP("HistoryModels", "Role")},
        {"heartbeat", QT_TRANSLATE_NOOP("HistoryModels", "Heartbeat")}};
    const auto word = words.find(what);
    return word == words.end() ? QString() : tr(word->second);
}

} // namespace

QString quantityTitle(Quantity quantity) {
    switch (quantity) {
    case Quantity::Rate:
        return tr("Events per second");
    case Quantity::Backlog:
        return tr("Backlog");
    case Quantity::Lag:
        return tr("Lag");
    case Quantity::InFlight:
        return tr("Open batches");
    case Quantity::Retry:
        return tr("Retry");
    case Quantity::Dead:
        return tr("Dead letters");
    case Quantity::TickAge:
        return tr("Since last tick");
    case Quantity::WindowSize:
        return tr("Events per tick");
    case Quantity::SamplingCost:
        return tr("Sampling cost");
    }
    return {};
}

QString quantityMeaning(Quantity quantity) {
    switch (quantity) {
    case Quantity::Rate:
        return tr("Events sent, by the event sequence");
    case Quantity::Backlog:
        return tr("Events before the furthest consumer, by the event sequence");
    case Quantity::Lag:
        return tr("Age of the tick that the furthest consumer stands on, where events wait for it");
    case Quantity::InFlight:
        return tr("Batches that somebody has taken and not finished");
    case Quantity::Retry:
        return tr("Events that wait for another try; counted up to a cap");
    case Quantity::Dead:
        return tr("Dead letters; counted up to a cap");
    case Quantity::TickAge:
        return tr("Time since the queue's newest tick");
    case Quantity::WindowSize:
        return tr("Events between two ticks, over the last twenty");
    case Quantity::SamplingCost:
        return tr("Time one sample takes on the server");
    }
    return {};
}

QString quantityText(Quantity quantity, double value) {
    switch (quantity) {
    case Quantity::Rate:
        return format::rate(value);
    case Quantity::Lag:
    case Quantity::TickAge:
        return format::age(pg::Interval(std::llround(value * 1e6)));
    case Quantity::SamplingCost:
        return format::milliseconds(value);
    case Quantity::Backlog:
    case Quantity::InFlight:
    case Quantity::Retry:
    case Quantity::Dead:
    case Quantity::WindowSize:
        break;
    }
    return format::number(std::llround(value));
}

std::vector<HistoryLine> historyLines(const std::array<domain::Series, domain::quantities>& series) {
    std::map<pg::Timestamp, HistoryLine, std::greater<>> lines;
    for (std::size_t quantity = 0; quantity < series.size(); ++quantity) {
        for (const domain::SeriesPoint& point : series[quantity].points) {
            const auto [line, isNew] = lines.try_emplace(point.from);
            line->second.from = point.from;
            line->second.rebuilt = isNew ? point.rebuilt : line->second.rebuilt && point.rebuilt;
            line->second.points[quantity] = point;
        }
    }
    std::vector<HistoryLine> rows;
    rows.reserve(lines.size());
    for (const auto& [from, line] : lines)
        rows.push_back(line);
    return rows;
}

std::vector<Column<HistoryLine>> historyColumns() {
    std::vector<Column<HistoryLine>> columns;
    auto time = momentColumn<HistoryLine>({u"time"_s, tr("Time"), tr("Where the stretch begins, by the server's clock"),
                                           CellKind::Text, Pace::Identity, u"2026-11-20 13:53:41"_s},
                                          [](const HistoryLine& row) { return row.from; });
    time.cell = [](const HistoryLine& row, const CellContext& context) {
        const QString whole = format::timestamp(row.from, context.zone);
        return Cell{whole.left(secondLength), {}, whole};
    };
    columns.push_back(std::move(time));
    for (const Quantity quantity : shownQuantities)
        columns.push_back(quantityColumn(quantity));
    columns.push_back(mostColumn(Quantity::Rate, tr("Rate, most")));
    columns.push_back(mostColumn(Quantity::Backlog, tr("Backlog, most")));
    columns.push_back(mostColumn(Quantity::Lag, tr("Lag, most")));
    columns.push_back({{u"source"_s, tr("Source"), tr("Observed, or rebuilt from the ticks the server still had"),
                        CellKind::Text, Pace::Identity, u"observed"_s},
                       [](const HistoryLine& row, const CellContext&) {
                           return row.rebuilt ? Cell{tr("rebuilt"), {}, {}, Tone::Dim} : Cell{tr("observed")};
                       },
                       [](const HistoryLine& row) { return QVariant(row.rebuilt); }});
    return columns;
}

std::vector<MomentDifference> differences(const domain::Moment& before, const domain::Moment& after,
                                          const QTimeZone& zone, std::size_t limit) {
    if (!before.snapshot || !after.snapshot || !before.diagnosis || !after.diagnosis)
        return {};
    return Comparing(before, after, zone, limit).run();
}

std::vector<Column<MomentDifference>> differenceColumns() {
    const auto side = [](const QString& id, const QString& title, QString MomentDifference::*member,
                         QString MomentDifference::*whole) {
        return Column<MomentDifference>{
            {id, title, {}, CellKind::Number, Pace::Slow, u"2026-11-20 13:53:41"_s},
            [member, whole](const MomentDifference& row, const CellContext&) {
                const QString& value = row.*member;
                return value.isEmpty() ? Cell{format::none(), {}, {}, Tone::Dim} : Cell{value, {}, row.*whole};
            },
            [member](const MomentDifference& row) { return QVariant(row.*member); }};
    };
    return {
        {{u"kind"_s, tr("What"), tr("Finding, queue or subscription"), CellKind::Text, Pace::Identity,
          u"subscription"_s},
         [](const MomentDifference& row, const CellContext&) {
             return Cell{
                 kindText(row.kind), {}, {}, row.kind == MomentDifference::Kind::Finding ? Tone::Warning : Tone::Dim};
         },
         [](const MomentDifference& row) { return QVariant(int(row.kind)); }},
        {{u"name"_s, tr("Name"), {}, CellKind::Text, Pace::Identity, u"notifications_eu / billing.worker-3"_s},
         [](const MomentDifference& row, const CellContext&) {
             Cell cell{format::foreign(format::text(row.name), 300)};
             cell.strong = true;
             cell.tooltip = cell.text;
             return cell;
         },
         [](const MomentDifference& row) { return QVariant(format::text(row.name)); }},
        {{u"property"_s, tr("Property"), tr("What is different"), CellKind::Text, Pace::Identity, u"Event sequence"_s},
         [](const MomentDifference& row, const CellContext&) { return Cell{whatText(row.what)}; },
         [](const MomentDifference& row) { return QVariant(whatText(row.what)); }},
        side(u"before"_s, tr("At A"), &MomentDifference::before, &MomentDifference::wholeBefore),
        side(u"after"_s, tr("At B"), &MomentDifference::after, &MomentDifference::wholeAfter),
        {{u"change"_s, tr("Change"), tr("B less A"), CellKind::Number, Pace::Slow, u"+123 456"_s},
         [](const MomentDifference& row, const CellContext&) {
             if (!row.change)
                 return Cell{};
             const QString sign = *row.change > 0 ? u"+"_s : *row.change < 0 ? u"−"_s : QString();
             const double size = std::abs(*row.change);
             return Cell{sign + (size < 100 && size != std::floor(size) ? QLocale().toString(size, 'f', 1)
                                                                        : format::number(std::llround(size)))};
         },
         [](const MomentDifference& row) { return row.change ? QVariant(*row.change) : QVariant(); }},
    };
}

} // namespace models
