// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/queuesmodel.h"

#include <cmath>
#include <limits>

using namespace Qt::StringLiterals;

namespace models {

namespace {

/// A number no older than this is as old as the sample; an older one tells its age beside it.
constexpr pg::Interval sampleAge = std::chrono::seconds(2);

std::int64_t newestSequence(const domain::Queue& queue) {
    const std::int64_t ticked = queue.lastTick ? queue.lastTick->eventSeq : 0;
    return std::max(ticked, queue.eventSeqNow.value_or(0));
}

/// What is being put together of one queue.
struct Gathered {
    pg::Timestamp oldest = pg::Timestamp::max();
    const domain::Subscription* lowest = nullptr;
    std::unordered_map<std::int32_t, std::int64_t> inFlight; ///< events in the windows of a group's members
};

/// A group's own position moves when a window is handed out: what its members hold is not behind it any more.
void addWindow(Gathered& gathered, const domain::Subscription& row) {
    if (row.role == domain::Role::CoopMember && row.batch)
        gathered.inFlight[row.subId] += std::max<std::int64_t>(0, row.windowEstimate().value_or(0));
}

void addSubscription(QueueRow& row, const domain::Subscription& subscription, Gathered& gathered) {
    if (subscription.batch)
        ++row.inFlight;
    if (row.queue.lowestTick && subscription.lastTick == row.queue.lowestTick->id &&
        monitor::isRatherToName(subscription, gathered.lowest))
        gathered.lowest = &subscription;
    const bool member = subscription.role == domain::Role::CoopMember;
    if ((!member || subscription.batch) && subscription.lastTickTime &&
        (!row.position || *subscription.lastTickTime < *row.position)) {
        row.position = subscription.lastTickTime;
        row.positionOf = subscription.consumerName;
    }
    if (member) {
        if (subscription.batch && subscription.lastTickTime)
            gathered.oldest = std::min(gathered.oldest, *subscription.lastTickTime);
        return;
    }
    ++row.consumers;
    row.cooperative = row.cooperative || subscription.role == domain::Role::CoopMain;
    if (!subscription.lastTickSeq || !row.queue.lastTick)
        return;
    const std::int64_t before = std::max<std::int64_t>(0, newestSequence(row.queue) - *subscription.lastTickSeq);
    const auto held = gathered.inFlight.find(subscription.subId);
    const bool isGroup = subscription.role == domain::Role::CoopMain && held != gathered.inFlight.end();
    const std::int64_t behind = before + (isGroup ? held->second : 0);
    if (!row.backlog || behind > *row.backlog) {
        row.backlog = behind;
        row.furthestBehind = subscription.consumerName;
    }
    if (before > 0 && subscription.lastTickTime)
        gathered.oldest = std::min(gathered.oldest, *subscription.lastTickTime);
}

Cell countCell(const std::optional<domain::Count>& count, const CellContext& context) {
    if (!count)
        return {format::none(), {}, QueuesModel::tr("Not counted yet, or no right to count."), Tone::Dim};
    Cell cell{format::count(*count)};
    const pg::Interval age = context.now - count->takenAt;
    cell.tooltip = QueuesModel::tr("Counted %1 ago.").arg(format::age(age));
    if (age > sampleAge)
        cell.detail = u"· "_s + format::age(age);
    if (count->value == 0)
        cell.tone = Tone::Dim;
    return cell;
}

Cell rotationCell(const QueueRow& row, const CellContext& context) {
    const domain::Queue& queue = row.queue;
    const pg::Interval left = queue.switchTime + queue.rotationPeriod - context.now;
    Cell cell{format::due(left)};
    cell.tooltip = QueuesModel::tr("Last rotated %1; every %2.")
                       .arg(format::timestamp(queue.switchTime, context.zone), format::age(queue.rotationPeriod));
    const auto held = [&](const QString& word, const QString& why) {
        cell.text = word;
        cell.tone = Tone::Warning;
        cell.tooltip = QueuesModel::tr("Due %1 ago, but %2").arg(format::age(-left), why);
    };
    switch (row.rotation) {
    case monitor::Rotation::NotDue:
    case monitor::Rotation::Due:
        break;
    case monitor::Rotation::StepTwo:
        cell.text = QueuesModel::tr("step 2 waits");
        cell.tooltip = QueuesModel::tr("The first step of a rotation is done; the second has not run yet.");
        break;
    case monitor::Rotation::TickGone:
        held(QueuesModel::tr("fails"), QueuesModel::tr("the lowest position's tick is gone: maintenance fails."));
        break;
    case monitor::Rotation::WaitsForTick:
        held(QueuesModel::tr("no tick"), QueuesModel::tr("even the newest tick reaches back to the last switch: it "
                                                         "waits for the next one, or for a transaction to end."));
        break;
    case monitor::Rotation::Pinned:
        held(QueuesModel::tr("pinned"),
             QueuesModel::tr("%1 still stands before the last switch, on tick %2.")
                 .arg(format::foreign(format::text(row.pinner)), format::number(queue.lowestTick->id)));
        break;
    }
    return cell;
}

Cell lastTickCell(const QueueRow& row, const CellContext& context) {
    const domain::Queue& queue = row.queue;
    Cell cell{format::none(), {}, QueuesModel::tr("No tick yet."), Tone::Dim};
    if (queue.lastTick) {
        cell = {format::age(context.now - queue.lastTick->time)};
        cell.tooltip =
            QueuesModel::tr("Tick %1 at %2")
                .arg(format::number(queue.lastTick->id), format::timestamp(queue.lastTick->time, context.zone));
    }
    const auto state = [&cell](const QString& word, const QString& meaning) {
        cell.tooltip = meaning + u'\n' + QueuesModel::tr("Last tick: %1 ago.").arg(cell.text) + u' ' + cell.tooltip;
        cell.text = word;
        cell.tone = Tone::Information;
    };
    if (queue.tickerPaused)
        state(QueuesModel::tr("paused"), QueuesModel::tr("Its ticker is paused: events wait."));
    else if (queue.externalTicker)
        state(QueuesModel::tr("external"), QueuesModel::tr("Somebody outside makes its ticks; ticker() does not."));
    return cell;
}

Column<QueueRow> numberColumn(const QString& id, const QString& title, const QString& meaning, const QString& sample,
                              const std::function<std::optional<std::int64_t>(const QueueRow&)>& number,
                              bool shown = true) {
    return {{id, title, meaning, CellKind::Number, Pace::Slow, sample, shown},
            [number](const QueueRow& row, const CellContext&) {
                const std::optional<std::int64_t> value = number(row);
                Cell cell{value ? format::number(*value) : format::none()};
                cell.tone = value.value_or(0) == 0 ? Tone::Dim : Tone::None;
                return cell;
            },
            [number](const QueueRow& row) { return rawValue(number(row)); }};
}

Column<QueueRow> countColumn(const QString& id, const QString& title, const QString& meaning,
                             std::optional<domain::Count> domain::Queue::*member) {
    return {{id, title, meaning, CellKind::Number, Pace::Ageing, u"1 000+ · 10 s"_s},
            [member](const QueueRow& row, const CellContext& context) { return countCell(row.queue.*member, context); },
            [member](const QueueRow& row) {
                const auto& count = row.queue.*member;
                return count ? QVariant(qint64(count->value)) : QVariant();
            },
            {},
            {},
            [member](const QueueRow& row) {
                const auto& count = row.queue.*member;
                return QVariant(count && count->capped);
            }};
}

Column<QueueRow> intervalColumn(const QString& id, const QString& title, const QString& meaning,
                                pg::Interval domain::Queue::*member) {
    return {{id, title, meaning, CellKind::Number, Pace::Slow, u"19 h 47 m"_s, false},
            [member](const QueueRow& row, const CellContext&) { return Cell{format::age(row.queue.*member)}; },
            [member](const QueueRow& row) { return QVariant(qint64((row.queue.*member).count())); },
            [member](const QueueRow& row, const CellContext&) {
                return QVariant(std::chrono::duration<double>(row.queue.*member).count());
            }};
}

std::vector<Column<QueueRow>> leadingColumns() {
    return {
        {{u"queue"_s, QueuesModel::tr("Queue"), QueuesModel::tr("Name of the queue"), CellKind::Text, Pace::Identity,
          u"notifications_eu · cooperative"_s},
         [](const QueueRow& row, const CellContext&) {
             Cell cell{format::foreign(format::text(row.queue.name))};
             cell.strong = true;
             cell.tooltip = cell.text;
             if (row.cooperative)
                 cell.detail = QueuesModel::tr("· cooperative");
             return cell;
         },
         [](const QueueRow& row) { return QVariant(format::text(row.queue.name)); },
         {},
         {},
         [](const QueueRow& row) { return QVariant(row.cooperative); }},
        {{u"state"_s, QueuesModel::tr("State"), QueuesModel::tr("The worst finding about this queue, in a word"),
          CellKind::Chip, Pace::Slow, u"● up to date"_s},
         [](const QueueRow& row, const CellContext&) { return row.mark.cell(); },
         [](const QueueRow& row) { return row.mark.sortKey(); },
         [](const QueueRow& row, const CellContext&) { return QVariant(row.mark.word); }},
        {{u"history"_s, QueuesModel::tr("Last 5 min"),
          QueuesModel::tr(
              "Events sent per second by the event sequence, one value a sample, as far as this console has "
              "looked. Gaps were not observed; so is a jump that a forced tick explains."),
          CellKind::Sparkline, Pace::Ageing, u"small chart"_s},
         [](const QueueRow& row, const CellContext&) {
             Cell cell;
             cell.accessible = seriesInWords(row.history, QueuesModel::tr("events a second"));
             cell.tooltip = cell.accessible;
             return cell;
         },
         [](const QueueRow& row) { return std::isfinite(row.rate) ? QVariant(row.rate) : QVariant(); },
         [](const QueueRow&, const CellContext&) { return QVariant(); },
         [](const QueueRow& row, const CellContext&) { return row.history; }},
        {{u"rate"_s, QueuesModel::tr("ev/s ≈"),
          QueuesModel::tr("Events sent per second, the mean of the last 10 s, by the event sequence: rolled-back "
                          "inserts make it too high."),
          CellKind::Number, Pace::Ageing, u"12 345"_s},
         [](const QueueRow& row, const CellContext&) { return Cell{format::rate(row.rate)}; },
         [](const QueueRow& row) { return std::isfinite(row.rate) ? QVariant(row.rate) : QVariant(); }},
    };
}

std::vector<Column<QueueRow>> consumptionColumns() {
    return {
        {{u"backlog"_s, QueuesModel::tr("Backlog ≈"),
          QueuesModel::tr("Events the consumer or group furthest behind has not finished, those in its open batches "
                          "included. Estimated by sequence arithmetic: rolled-back inserts and forced ticks make it "
                          "too high."),
          CellKind::Number, Pace::Slow, u"1 234 567"_s},
         [](const QueueRow& row, const CellContext&) {
             if (row.backlog && !row.queue.eventSeqNow)
                 return untickedUnknownCell(*row.backlog);
             Cell cell{row.backlog ? format::number(*row.backlog) : format::none()};
             if (row.backlog.value_or(0) == 0)
                 cell.tone = Tone::Dim;
             else
                 cell.tooltip = QueuesModel::tr("≈ by sequence arithmetic; furthest behind is %1")
                                    .arg(format::foreign(format::text(row.furthestBehind)));
             return cell;
         },
         [](const QueueRow& row) { return rawValue(row.backlog); },
         {},
         {},
         [](const QueueRow& row) { return QVariant(row.queue.eventSeqNow.has_value()); }},
        {{u"lag"_s, QueuesModel::tr("Lag"),
          QueuesModel::tr("Age of the oldest tick that a consumer, a group or an open batch stands on: what came "
                          "before it is finished by all. Between two ticks of an idle queue it grows, with nothing "
                          "waiting."),
          CellKind::Number, Pace::Ageing, u"19 h 47 m"_s},
         [](const QueueRow& row, const CellContext& context) {
             if (!row.position)
                 return Cell{format::none(), {}, QueuesModel::tr("Nobody has a position."), Tone::Dim};
             return Cell{format::age(context.now - *row.position),
                         {},
                         QueuesModel::tr("%1 stands on the tick of %2")
                             .arg(format::foreign(format::text(row.positionOf)),
                                  format::timestamp(*row.position, context.zone))};
         },
         [](const QueueRow& row) { return rawAge(row.position); },
         [](const QueueRow& row, const CellContext& context) { return ageSeconds(row.position, context); },
         {},
         [](const QueueRow& row) { return QVariant(format::text(row.positionOf)); }},
        {{u"oldest"_s, QueuesModel::tr("Oldest"),
          QueuesModel::tr("Age of the oldest events that somebody has not finished (at most: time of the tick before)"),
          CellKind::Number, Pace::Ageing, u"19 h 47 m"_s},
         [](const QueueRow& row, const CellContext& context) {
             if (!row.oldest)
                 return Cell{format::none(), {}, {}, Tone::Dim};
             return Cell{format::age(context.now - *row.oldest), {}, format::timestamp(*row.oldest, context.zone)};
         },
         [](const QueueRow& row) { return rawAge(row.oldest); },
         [](const QueueRow& row, const CellContext& context) { return ageSeconds(row.oldest, context); }},
        numberColumn(
            u"consumers"_s, QueuesModel::tr("Consumers"), QueuesModel::tr("Consumers and cooperative groups"), u"999"_s,
            [](const QueueRow& row) { return row.consumers; }, false),
        numberColumn(u"in_flight"_s, QueuesModel::tr("In flight"), QueuesModel::tr("Open batches"), u"999"_s,
                     [](const QueueRow& row) { return row.inFlight; }),
        countColumn(u"retry"_s, QueuesModel::tr("Retry"), QueuesModel::tr("Events waiting in the retry queue"),
                    &domain::Queue::retry),
        countColumn(u"dead"_s, QueuesModel::tr("Dead"), QueuesModel::tr("Dead letters"), &domain::Queue::dead),
    };
}

std::vector<Column<QueueRow>> mechanicsColumns() {
    return {
        {{u"last_tick"_s, QueuesModel::tr("Last tick"),
          QueuesModel::tr("Age of the newest tick, and whether the ticker is paused or somebody outside ticks"),
          CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
         lastTickCell,
         [](const QueueRow& row) {
             return row.queue.lastTick ? rawAge(std::optional(row.queue.lastTick->time)) : QVariant();
         },
         [](const QueueRow& row, const CellContext& context) {
             return row.queue.lastTick ? ageSeconds(row.queue.lastTick->time, context) : QVariant();
         }},
        {{u"rotation"_s, QueuesModel::tr("Rotation"),
          QueuesModel::tr("When the queue's tables rotate next, so that old events are freed"), CellKind::Number,
          Pace::Ageing, u"19 h 47 m late"_s, false},
         rotationCell,
         [](const QueueRow& row) {
             return QVariant(qint64((row.queue.switchTime + row.queue.rotationPeriod).time_since_epoch().count()));
         },
         [](const QueueRow& row, const CellContext&) {
             return QVariant(format::isoUtc(row.queue.switchTime + row.queue.rotationPeriod));
         }},
        intervalColumn(u"rotation_period"_s, QueuesModel::tr("Rotation period"),
                       QueuesModel::tr("queue_rotation_period"), &domain::Queue::rotationPeriod),
        intervalColumn(u"ticker_max_lag"_s, QueuesModel::tr("Max lag"), QueuesModel::tr("queue_ticker_max_lag"),
                       &domain::Queue::tickerMaxLag),
        intervalColumn(u"ticker_idle_period"_s, QueuesModel::tr("Idle period"),
                       QueuesModel::tr("queue_ticker_idle_period"), &domain::Queue::tickerIdlePeriod),
        numberColumn(
            u"ticker_max_count"_s, QueuesModel::tr("Max count"), QueuesModel::tr("queue_ticker_max_count"), u"10 000"_s,
            [](const QueueRow& row) { return row.queue.tickerMaxCount; }, false),
        numberColumn(
            u"max_retries"_s, QueuesModel::tr("Max retries"), QueuesModel::tr("queue_max_retries"), u"999"_s,
            [](const QueueRow& row) { return row.queue.effectiveMaxRetries(); }, false),
        numberColumn(
            u"current_table"_s, QueuesModel::tr("Table"), QueuesModel::tr("queue_cur_table: where events go now"),
            u"9"_s, [](const QueueRow& row) { return row.queue.currentTable; }, false),
        numberColumn(
            u"lowest_tick"_s, QueuesModel::tr("Lowest tick"),
            QueuesModel::tr("The lowest position of any subscription; rotation must not overtake it"), u"12 345 678"_s,
            [](const QueueRow& row) {
                return row.queue.lowestTick ? std::optional(row.queue.lowestTick->id) : std::nullopt;
            },
            false),
        numberColumn(
            u"queue_id"_s, QueuesModel::tr("Id"), QueuesModel::tr("queue_id"), u"999"_s,
            [](const QueueRow& row) { return row.queue.id; }, false),
    };
}

std::vector<Column<QueueRow>> queueColumns() {
    std::vector<Column<QueueRow>> columns = leadingColumns();
    for (const auto& more : {consumptionColumns(), mechanicsColumns()})
        columns.insert(columns.end(), more.begin(), more.end());
    return columns;
}

/// Of the newest values without a gap, so many at most.
double recentRate(const QList<double>& history, qsizetype most) {
    double sum = 0;
    qsizetype count = 0;
    for (auto value = history.crbegin(); value != history.crend() && count < most && std::isfinite(*value); ++value) {
        sum += *value;
        ++count;
    }
    return count > 0 ? sum / double(count) : std::numeric_limits<double>::quiet_NaN();
}

} // namespace

Mark markOfQueue(const domain::Queue& queue, const WorstFindings& worst) {
    const domain::Finding* finding = worst.ofQueue(queue.name);
    if (finding && finding->severity != domain::Severity::Information)
        return markOf(*finding);
    if (queue.tickerPaused)
        return {Tone::Information, QueuesModel::tr("paused"), QueuesModel::tr("Its ticker is paused: events wait.")};
    if (queue.insertDisabled)
        return {Tone::Information, QueuesModel::tr("closed"), QueuesModel::tr("Inserting events is disabled.")};
    if (finding)
        return markOf(*finding);
    return {Tone::Good, QueuesModel::tr("flowing"), QueuesModel::tr("Nothing was found that needs attention.")};
}

bool QueueRow::operator==(const QueueRow& other) const {
    // The history is left out: its column is shown anew with every sample anyway.
    return queue == other.queue && cooperative == other.cooperative && consumers == other.consumers &&
           inFlight == other.inFlight && backlog == other.backlog && oldest == other.oldest &&
           furthestBehind == other.furthestBehind && position == other.position && positionOf == other.positionOf &&
           rotation == other.rotation && pinner == other.pinner && mark == other.mark;
}

QueuesModel::QueuesModel(QObject* parent)
    : KeyedTableModel<QueueRow>(queueColumns(), parent) {}

void QueuesModel::setSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis,
                            const History& history, pg::Interval period) {
    const qsizetype values = std::max<qsizetype>(1, rateSpan / std::max(period, pg::Interval(1)));
    std::vector<QueueRow> rows(snapshot.queues.size());
    std::vector<Gathered> gathered(rows.size());
    std::unordered_map<std::int32_t, std::size_t> rowOfQueue;
    const WorstFindings worst(diagnosis);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        rows[row].queue = snapshot.queues[row];
        rowOfQueue.emplace(rows[row].queue.id, row);
    }
    const auto placeOf = [&rowOfQueue](const domain::Subscription& subscription) -> std::optional<std::size_t> {
        const auto found = rowOfQueue.find(subscription.queueId);
        return found == rowOfQueue.end() ? std::nullopt : std::optional(found->second);
    };
    for (const domain::Subscription& subscription : snapshot.subscriptions) {
        if (const auto at = placeOf(subscription))
            addWindow(gathered[*at], subscription);
    }
    for (const domain::Subscription& subscription : snapshot.subscriptions) {
        if (const auto at = placeOf(subscription))
            addSubscription(rows[*at], subscription, gathered[*at]);
    }
    for (std::size_t index = 0; index < rows.size(); ++index) {
        QueueRow& row = rows[index];
        if (gathered[index].oldest != pg::Timestamp::max())
            row.oldest = gathered[index].oldest;
        if (gathered[index].lowest)
            row.pinner = gathered[index].lowest->consumerName;
        const std::vector<double> rates = history ? history(row.queue.id) : std::vector<double>();
        row.history = QList<double>(rates.begin(), rates.end());
        row.rate = recentRate(row.history, values);
        row.mark = markOfQueue(row.queue, worst);
        row.rotation = monitor::rotationOf(row.queue, snapshot.asOf());
    }
    CellContext context = this->context();
    context.now = snapshot.takenAt;
    apply(std::move(rows), context);
}

void QueuesModel::setZone(const QTimeZone& zone) {
    CellContext context = this->context();
    context.zone = zone;
    setContext(context);
}

QString seriesInWords(const QList<double>& values, const QString& unit) {
    double lowest = std::numeric_limits<double>::infinity();
    double highest = -lowest;
    double first = std::numeric_limits<double>::quiet_NaN();
    double last = first;
    for (const double value : values) {
        if (!std::isfinite(value))
            continue;
        lowest = std::min(lowest, value);
        highest = std::max(highest, value);
        if (!std::isfinite(first))
            first = value;
        last = value;
    }
    if (!std::isfinite(last))
        return QueuesModel::tr("not observed yet");
    const double margin = std::max(0.1 * highest, 0.05);
    const QString trend = last > first + margin   ? QueuesModel::tr("rising")
                          : last < first - margin ? QueuesModel::tr("falling")
                                                  : QueuesModel::tr("steady");
    //: A chart in words: trend, value now, unit, lowest and highest value.
    return QueuesModel::tr("%1, now %2 %3, between %4 and %5")
        .arg(trend, format::rate(last), unit, format::rate(lowest), format::rate(highest));
}

} // namespace models
