// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/timemark.h"
#include "monitor/rules.h"
#include "monitor/words.h"
#include "queries/evidence.h"

#include <algorithm>
#include <cmath>
#include <set>

// Rules about a queue: ticks, what the next window will hold, who may send and who reads.
namespace monitor::rules {

namespace {

using domain::Queue;
using domain::Severity;

/// An idle queue's tick may come a moment after its first event: seen waiting for so long, it is more than that.
constexpr pg::Interval confirmed = std::chrono::seconds(3);

struct Late {
    const Queue* queue = nullptr;
    Severity severity = Severity::Warning;
    pg::Interval age{};
    std::int64_t waiting = 0;
};

std::optional<Late> late(const Case& one, const Queue& queue) {
    const Thresholds& limits = one.thresholds;
    const pg::Interval age = one.since(queue.lastTick->time);
    const std::int64_t waiting = eventsWaiting(queue).value_or(0);
    if (waiting > 0) {
        const pg::Interval allowed = std::max(queue.tickerMaxLag, limits.leastLag) * limits.tickLate;
        const auto since = one.memory ? one.memory->waitingSince(queue.id) : std::nullopt;
        const bool sure = !one.memory || (since && one.since(*since) >= confirmed);
        if (age > allowed && sure)
            return Late{&queue, age >= limits.tickCritical ? Severity::Critical : Severity::Warning, age, waiting};
    }
    if (age > queue.tickerIdlePeriod * limits.idleLate)
        return Late{&queue, Severity::Warning, age, waiting};
    return std::nullopt;
}

domain::ActionRequest queueRemedy(std::string action, const std::string& queue) {
    domain::ActionRequest request;
    request.action = std::move(action);
    request.queue = queue;
    return request;
}

std::string waitingText(std::int64_t waiting) {
    return waiting == 0 ? "No event waits"
                        : "About " + words::count(waiting, "event") + (waiting == 1 ? " waits" : " wait");
}

void allQueuesLate(Case& one, const std::vector<Late>& all) {
    const Late& freshest =
        *std::min_element(all.begin(), all.end(), [](const Late& a, const Late& b) { return a.age < b.age; });
    std::int64_t waiting = 0;
    Severity severity = Severity::Warning;
    for (const Late& queue : all) {
        waiting += queue.waiting;
        severity = std::max(severity, queue.severity);
    }
    domain::Finding& finding = one.found("ticker_stopped", severity, {});
    finding.since = freshest.queue->lastTick->time;
    finding.title = "No queue has been ticked for " + words::age(freshest.age) + ".";
    finding.cause = "None of the " + words::count(static_cast<std::int64_t>(all.size()), "queue") +
                    " gets ticks, so whatever drives pgque.ticker() does not run.";
    finding.consequence =
        waitingText(waiting) +
        "; nothing is delivered until the ticker runs again, and then all of it comes in one batch a queue.";
    finding.evidence.push_back({"The newest tick of all, in " + freshest.queue->name + ", is of " +
                                    domain::timeMark(freshest.queue->lastTick->time) + ".",
                                queries::evidence::newestTick(freshest.queue->name)});
    for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 3); ++i)
        finding.remedies.push_back(queueRemedy("force_tick", all[i].queue->name));
}

void oneQueueLate(Case& one, const Late& late) {
    const Queue& queue = *late.queue;
    domain::Finding& finding = one.found("ticker_stopped", late.severity, {queue.name, {}, {}, {}});
    finding.since = queue.lastTick->time;
    finding.title = "Queue " + queue.name + " has had no tick for " + words::age(late.age) + ".";
    finding.cause = queue.externalTicker
                        ? "Its ticks come from an external source, which is silent."
                        : "Other queues are ticked, this one is not: its tick fails or waits for a lock.";
    finding.consequence = waitingText(late.waiting) + "; consumers of this queue get nothing until it is ticked.";
    finding.evidence.push_back({"Its newest tick is of " + domain::timeMark(queue.lastTick->time) + ".",
                                queries::evidence::newestTick(queue.name)});
    if (!queue.externalTicker)
        finding.remedies.push_back(queueRemedy("force_tick", queue.name));
}

} // namespace

void tickerStopped(Case& one) {
    std::vector<Late> all;
    std::size_t ticked = 0;
    std::size_t unknown = 0;
    for (const Queue& queue : one.snapshot.queues) {
        if (queue.tickerPaused)
            continue;
        if (!queue.lastTick) {
            domain::Finding& finding = one.found("ticker_stopped", Severity::Warning, {queue.name, {}, {}, {}});
            finding.title = "Queue " + queue.name + " has no tick at all.";
            finding.cause = "Rotation removed the old ticks and no new one was made: the ticker does not run.";
            finding.consequence = "Nobody can subscribe to it and nothing is delivered until it is ticked.";
            finding.evidence.push_back(
                {"No row of pgque.tick belongs to it.", queries::evidence::newestTick(queue.name)});
            finding.remedies.push_back(queueRemedy("force_tick", queue.name));
            continue;
        }
        if (const auto found = late(one, queue))
            all.push_back(*found);
        else
            ++ticked;
        if (!queue.eventSeqNow)
            ++unknown;
    }
    if (unknown > 0 && all.empty() && one.snapshot.capabilities.inRecovery) {
        one.notEvaluated("ticker_stopped", "this is a standby: whether events wait shows only on the primary");
    } else if (unknown > 0 && all.empty()) {
        one.notEvaluated("ticker_stopped", "whether events wait is not known: the event sequences of " +
                                               words::count(static_cast<std::int64_t>(unknown), "queue") +
                                               " could not be read");
    }
    if (all.size() > 1 && ticked == 0) {
        allQueuesLate(one, all);
        return;
    }
    for (const Late& queue : all)
        oneQueueLate(one, queue);
}

void tickerPaused(Case& one) {
    for (const Queue& queue : one.snapshot.queues) {
        if (!queue.tickerPaused)
            continue;
        const std::int64_t waiting = eventsWaiting(queue).value_or(0);
        domain::Finding& finding = one.found("ticker_paused", waiting > 0 ? Severity::Warning : Severity::Information,
                                             {queue.name, {}, {}, {}});
        if (queue.lastTick)
            finding.since = queue.lastTick->time;
        finding.title = "The ticker of " + queue.name + " is paused.";
        finding.cause = "Somebody set ticker_paused on this queue.";
        finding.consequence = waitingText(waiting) + "; nothing is delivered while the ticker is paused.";
        finding.evidence.push_back({"queue_ticker_paused is true.", queries::evidence::newestTick(queue.name)});
        finding.remedies.push_back(queueRemedy("resume_ticker", queue.name));
    }
}

void largeWindow(Case& one) {
    for (const Queue& queue : one.snapshot.queues) {
        const std::int64_t waiting = eventsWaiting(queue).value_or(0);
        if (waiting < one.thresholds.largeWindow)
            continue;
        domain::Finding& finding = one.found("large_window", Severity::Warning, {queue.name, {}, {}, {}});
        finding.since = queue.lastTick->time;
        finding.title = "The next batch of " + queue.name + " will hold about " + words::count(waiting, "event") + ".";
        finding.cause = "All events between two ticks make one batch, and no tick has come for " +
                        words::age(one.since(queue.lastTick->time)) + ".";
        finding.consequence = "Every consumer gets them at once and must hold or stream them all.";
        finding.evidence.push_back({"The event sequence stands at " + std::to_string(*queue.eventSeqNow) +
                                        ", the newest tick at " + std::to_string(queue.lastTick->eventSeq) + ".",
                                    queries::evidence::newestTick(queue.name)});
    }
}

void largeBatch(Case& one) {
    for (const domain::Subscription& row : one.snapshot.subscriptions) {
        const std::int64_t events = row.batch ? row.windowEstimate().value_or(0) : 0;
        if (events < one.thresholds.largeWindow || !one.snapshot.queue(row.queueId))
            continue;
        domain::Finding& finding = one.found("large_batch", Severity::Information, subjectOf(one.snapshot, row));
        finding.title = row.consumerName + " on " + finding.subject.queue + " holds a batch of about " +
                        words::count(events, "event") + ".";
        finding.cause = "Its two ticks lie that far apart: the ticker had been away, or one transaction sent them all.";
        finding.consequence = "A worker that keeps a whole batch in memory may not survive it; the limit of receive() "
                              "does not help, because ack finishes the batch whatever was returned.";
        finding.evidence.push_back({"The sequence advanced by " + std::to_string(events) + " between its ticks.",
                                    queries::evidence::openBatch(*row.batch)});
    }
}

void insertsDisabled(Case& one) {
    for (const Queue& queue : one.snapshot.queues) {
        if (!queue.insertDisabled)
            continue;
        domain::Finding& finding = one.found("inserts_disabled", Severity::Information, {queue.name, {}, {}, {}});
        finding.title = "Nobody can send to " + queue.name + ".";
        finding.cause = "Somebody set disable_insert on this queue.";
        finding.consequence = "Every producer's send() fails, and the transaction it is part of.";
        finding.evidence.push_back({"queue_disable_insert is true.", queries::evidence::rotation(queue.name)});
    }
}

void noConsumer(Case& one) {
    std::set<std::int32_t> read;
    for (const domain::Subscription& row : one.snapshot.subscriptions)
        read.insert(row.queueId);
    for (const Queue& queue : one.snapshot.queues) {
        const std::int64_t sent = queue.eventSeqNow.value_or(queue.lastTick ? queue.lastTick->eventSeq : 0);
        if (read.contains(queue.id) || sent <= 0)
            continue;
        // Over the last ticks, and since: is anything coming in?
        const std::int64_t lately = queue.earlierTick ? sent - queue.earlierTick->eventSeq : 0;
        const pg::Interval span = queue.earlierTick ? one.since(queue.earlierTick->time) : pg::Interval(0);
        const double aSecond =
            lately > 0 && span > pg::Interval(0) ? double(lately) / std::chrono::duration<double>(span).count() : 0;
        domain::Finding& finding =
            one.found("no_consumer", lately > 0 ? Severity::Warning : Severity::Information, {queue.name, {}, {}, {}});
        finding.title = "Nobody reads " + queue.name + ": its events are discarded unread.";
        finding.cause = "The queue has no subscription.";
        const pg::Interval left = queue.switchTime + queue.rotationPeriod - one.snapshot.asOf();
        const std::int64_t aPeriod =
            std::llround(aSecond * std::chrono::duration<double>(queue.rotationPeriod).count());
        finding.consequence =
            "Each rotation, the next " +
            (left > pg::Interval(0) ? "in about " + words::age(left) : std::string("with the next maintenance")) +
            ", empties the oldest of its " + std::to_string(queue.tableCount) + " tables" +
            (aPeriod > 0 ? ": at the present rate about " + words::count(aPeriod, "event") + " a period." : ".");
        finding.evidence.push_back(
            {"No row of pgque.subscription belongs to it; its event sequence stands at " + std::to_string(sent) + ".",
             queries::evidence::subscriptions(queue.name)});
        finding.remedies.push_back(queueRemedy("subscribe", queue.name));
    }
}

} // namespace monitor::rules
