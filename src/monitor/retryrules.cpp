// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/timemark.h"
#include "monitor/rules.h"
#include "monitor/words.h"
#include "queries/evidence.h"

#include <algorithm>

// Rules about what was given back: retries and dead letters.
namespace monitor::rules {

namespace {

using domain::Queue;
using domain::Severity;

/// What the original moves: ten a call, a call every thirty seconds under its scheduler (PgQ contract).
constexpr std::int64_t originalInTenMinutes = 200;

domain::ActionRequest moveDueRetries() {
    domain::ActionRequest request;
    request.action = "move_due_retries";
    return request;
}

std::string delayText(const std::optional<RetryTrend>& trend, pg::Interval overdue) {
    if (!trend || !trend->moving)
        return {};
    if (trend->grows())
        return " Their delay grows by " +
               words::age(std::chrono::duration_cast<pg::Interval>(std::chrono::duration<double>(trend->growth * 60))) +
               " a minute.";
    if (const auto left = trend->left(overdue))
        return " At the present pace all are done in about " + words::age(*left) + '.';
    return " Their delay stays as it is.";
}

std::string atLeast(const domain::Count& count) {
    return count.capped ? "At least " : "";
}

} // namespace

void retryOverdue(Case& one) {
    bool counted = one.snapshot.queues.empty();
    for (const Queue& queue : one.snapshot.queues) {
        counted = counted || queue.retryDue.has_value();
        if (!queue.oldestRetryDue || !queue.retryDue)
            continue;
        // Judged at the time of the counting, which has its own beat.
        const pg::Interval overdue = std::min(queue.retryDue->takenAt, one.snapshot.asOf()) - *queue.oldestRetryDue;
        if (overdue <= one.thresholds.retryOverdue)
            continue;
        domain::Finding& finding = one.found("retry_overdue", Severity::Warning, {queue.name, {}, {}, {}});
        finding.since = queue.oldestRetryDue;
        finding.title = "Retries of " + queue.name + " are overdue by " + words::age(overdue) + ".";
        const auto trend = one.memory ? one.memory->retryTrend(queue) : std::nullopt;
        finding.cause = !trend          ? "maint_retry_events() does not run, or does not keep up."
                        : trend->moving ? "maint_retry_events() runs, but moves fewer than fall due."
                                        : "maint_retry_events() does not run, or fails.";
        finding.consequence = (queue.retryDue->capped ? "At least " : "") +
                              words::count(queue.retryDue->value, "message") +
                              " should have been delivered again and have not." + delayText(trend, overdue);
        finding.evidence.push_back({"The oldest was due at " + domain::timeMark(*queue.oldestRetryDue) + ".",
                                    queries::evidence::retriesDue(queue.name)});
        finding.remedies.push_back(moveDueRetries());
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
        finding.evidence.push_back({"The newest is of " + domain::timeMark(*queue.newestDead) + ".",
                                    queries::evidence::deadLetters(queue.name)});
    }
    if (!counted)
        one.notEvaluated("dead_letters", "this role may not read pgque.dead_letter");
}

void retryFallingBehind(Case& one) {
    if (!one.memory) {
        one.notEvaluated("retry_falling_behind", "how retries develop takes more than one look");
        return;
    }
    for (const Queue& queue : one.snapshot.queues) {
        const auto trend = one.memory->retryTrend(queue);
        if (!trend || !trend->moving || trend->growth < 0.1 || !queue.retryDue || !queue.oldestRetryDue)
            continue;
        const pg::Interval overdue = std::min(queue.retryDue->takenAt, one.snapshot.asOf()) - *queue.oldestRetryDue;
        // From the threshold on another rule says it; before a quarter of it nothing is said.
        if (overdue > one.thresholds.retryOverdue || overdue < one.thresholds.retryOverdue / 4)
            continue;
        domain::Finding& finding = one.found("retry_falling_behind", Severity::Warning, {queue.name, {}, {}, {}});
        finding.since = queue.oldestRetryDue;
        finding.title = "Retries of " + queue.name + " fall due faster than they are moved back.";
        finding.cause = "maint_retry_events() runs too rarely, or moves too few in a call.";
        finding.consequence = atLeast(*queue.retryDue) + words::count(queue.retryDue->value, "message") +
                              (queue.retryDue->value == 1 ? " is" : " are") + " due." + delayText(trend, overdue);
        finding.evidence.push_back(
            {"The oldest is overdue by " + words::age(overdue) + ".", queries::evidence::retryLoad(queue.name)});
        finding.remedies.push_back(moveDueRetries());
    }
}

void retryLoad(Case& one) {
    // Ours is driven until nothing is due, the original is not.
    if (one.snapshot.capabilities.origin != domain::SchemaOrigin::Foreign)
        return;
    std::int64_t all = 0;
    const Queue* most = nullptr;
    for (const Queue& queue : one.snapshot.queues) {
        const std::int64_t ahead = queue.retryAhead ? queue.retryAhead->value : 0;
        all += ahead;
        if (ahead > 0 && (!most || ahead > most->retryAhead->value))
            most = &queue;
    }
    if (all <= originalInTenMinutes || !most)
        return;
    domain::Finding& finding = one.found("retry_load", Severity::Warning, {most->name, {}, {}, {}});
    finding.title = (most->retryAhead->capped ? "At least " : "") + words::count(all, "retry falls", "retries fall") +
                    " due within the next ten minutes, most of them of " + most->name + ".";
    finding.cause = "This install moves 10 in a call of maint_retry_events(); its scheduler calls it twice a minute.";
    finding.consequence = "Only about " + std::to_string(originalInTenMinutes) +
                          " of the whole database are moved in that time; the last of these come about " +
                          words::age(std::chrono::minutes((all - originalInTenMinutes) / 20)) + " late.";
    finding.evidence.push_back(
        {"Due times lie closer together than they are worked off.", queries::evidence::retryLoad(most->name)});
    finding.remedies.push_back(moveDueRetries());
}

void retryLastTry(Case& one) {
    for (const Queue& queue : one.snapshot.queues) {
        if (!queue.retryLastTry || queue.retryLastTry->value == 0)
            continue;
        domain::Finding& finding = one.found("retry_last_try", Severity::Information, {queue.name, {}, {}, {}});
        finding.title = atLeast(*queue.retryLastTry) + words::count(queue.retryLastTry->value, "message") + " of " +
                        queue.name + " wait" + (queue.retryLastTry->value == 1 ? "s" : "") + " for the last try.";
        finding.cause = "Given back " + std::to_string(queue.effectiveMaxRetries()) +
                        " times already, as often as max_retries allows.";
        finding.consequence = "Given back once more, they become dead letters.";
        finding.evidence.push_back({"ev_retry has reached the limit.", queries::evidence::retryLoad(queue.name)});
    }
}

} // namespace monitor::rules
