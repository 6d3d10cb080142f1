// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/rules.h"
#include "monitor/words.h"
#include "queries/evidence.h"

#include <algorithm>

// Rules about a queue: ticks, retries, dead letters, what the next window will hold.
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
                                    words::timeOfDay(freshest.queue->lastTick->time) + ".",
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
    finding.evidence.push_back({"Its newest tick is of " + words::timeOfDay(queue.lastTick->time) + ".",
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
    if (unknown > 0 && all.empty()) {
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

void retryOverdue(Case& one) {
    bool counted = one.snapshot.queues.empty();
    for (const Queue& queue : one.snapshot.queues) {
        counted = counted || queue.retryDue.has_value();
        if (!queue.oldestRetryDue || !queue.retryDue)
            continue;
        // Judged at the time of the counting, which has its own beat.
        const pg::Interval overdue = queue.retryDue->takenAt - *queue.oldestRetryDue;
        if (overdue <= one.thresholds.retryOverdue)
            continue;
        domain::Finding& finding = one.found("retry_overdue", Severity::Warning, {queue.name, {}, {}, {}});
        finding.since = queue.oldestRetryDue;
        finding.title = "Retries of " + queue.name + " are overdue by " + words::age(overdue) + ".";
        finding.cause = "maint_retry_events() does not run, or does not keep up.";
        finding.consequence = (queue.retryDue->capped ? "At least " : "") +
                              words::count(queue.retryDue->value, "message") +
                              " should have been delivered again and have not.";
        finding.evidence.push_back({"The oldest was due at " + words::timeOfDay(*queue.oldestRetryDue) + ".",
                                    queries::evidence::retriesDue(queue.name)});
        finding.remedies.push_back(queueRemedy("move_due_retries", {}));
    }
    if (!counted)
        one.notEvaluated("retry_overdue", "the retry queue could not be read");
}

void deadLetters(Case& one) {
    bool counted = one.snapshot.queues.empty();
    for (const Queue& queue : one.snapshot.queues) {
        counted = counted || queue.dead.has_value();
        if (!queue.newestDead || !queue.dead || one.since(*queue.newestDead) >= one.thresholds.deadYounger)
            continue;
        domain::Finding& finding = one.found("dead_letters", Severity::Warning, {queue.name, {}, {}, {}});
        finding.since = queue.newestDead;
        finding.title = "Messages of " + queue.name + " are dying: the latest " +
                        words::age(one.since(*queue.newestDead)) + " ago.";
        finding.cause = "A consumer gave them back more often than the limit of " +
                        std::to_string(queue.effectiveMaxRetries()) + " retries allows.";
        finding.consequence = (queue.dead->capped ? "At least " : "") + words::count(queue.dead->value, "dead letter") +
                              " will not be delivered again unless somebody replays them.";
        finding.evidence.push_back({"The newest is of " + words::timeOfDay(*queue.newestDead) + ".",
                                    queries::evidence::deadLetters(queue.name)});
    }
    if (!counted)
        one.notEvaluated("dead_letters", "this role may not read pgque.dead_letter");
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

} // namespace monitor::rules
