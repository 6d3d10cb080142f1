// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/timemark.h"
#include "monitor/rotation.h"
#include "monitor/rules.h"
#include "monitor/words.h"
#include "queries/evidence.h"

#include <algorithm>

// Rules about rotation: who keeps the next event table from being emptied.
namespace monitor::rules {

namespace {

using domain::Queue;
using domain::Severity;
using domain::Subscription;

/// How long somebody has kept rotation from coming, who could not have before `from`, in periods past its due time;
/// empty where it is not due or waits for its second step.
std::optional<double> overdue(const Case& one, const Queue& queue, std::optional<pg::Timestamp> from = {}) {
    if (!queue.switchStep2 || queue.rotationPeriod <= pg::Interval(0))
        return std::nullopt;
    const pg::Interval late = one.since(std::max(rotationDue(queue), from.value_or(rotationDue(queue))));
    const double periods = std::chrono::duration<double>(late) / std::chrono::duration<double>(queue.rotationPeriod);
    return periods >= one.thresholds.rotationWarning ? std::optional(periods) : std::nullopt;
}

Severity severityOf(const Case& one, double periods) {
    return periods >= one.thresholds.rotationCritical ? Severity::Critical : Severity::Warning;
}

/// The oldest writer that was there at the last switch, where it is seen.
std::optional<domain::Culprit> writerSince(const domain::Activity& activity, std::int64_t switchXid) {
    const Writers writers = writersSince(activity, switchXid);
    if (!writers.sessions.empty())
        return domain::Culprit{writers.sessions.front()->pid, writers.sessions.front()->application, {}};
    if (!writers.prepared.empty())
        return domain::Culprit{std::nullopt, {}, writers.prepared.front()->gid};
    return std::nullopt;
}

} // namespace

void rotationHeld(Case& one) {
    const domain::Tick* newest = newestTick(one.snapshot);
    for (const Queue& queue : one.snapshot.queues) {
        const auto periods = overdue(one, queue);
        // A tick from before it was due says only that nobody has ticked since.
        if (!periods || !newest || !queue.lowestTick || newest->time <= rotationDue(queue) ||
            !reachesBack(newest->xmin, queue))
            continue;
        domain::Finding& finding =
            one.found("rotation_held_by_transaction", severityOf(one, *periods), {queue.name, {}, {}, {}});
        finding.since = rotationDue(queue);
        finding.title = "An open transaction keeps " + queue.name + " from rotating: overdue by " +
                        words::age(one.since(*finding.since)) + ".";
        if (one.snapshot.activity && !one.snapshot.capabilities.inRecovery)
            finding.culprit = writerSince(*one.snapshot.activity, *queue.switchStep2);
        finding.cause = "A transaction that writes has been running since before the last switch, so every tick's "
                        "snapshot reaches back that far";
        if (!finding.culprit)
            finding.cause += "; which one can't be seen from here.";
        else if (finding.culprit->pid)
            finding.cause += ": session " + std::to_string(*finding.culprit->pid) +
                             (finding.culprit->application.empty() ? "" : " (" + finding.culprit->application + ")") +
                             '.';
        else
            finding.cause += ": the prepared transaction " + finding.culprit->gid + '.';
        finding.consequence = "No queue of the database rotates while it runs, and the event tables grow.";
        finding.evidence.push_back({"Even the newest tick reaches back to transaction " + std::to_string(newest->xmin) +
                                        "; the last switch was at " + std::to_string(*queue.switchStep2) + ".",
                                    queries::evidence::rotation(queue.name)});
        addSessionRemedy(one.snapshot, finding);
    }
}

void rotationPinned(Case& one) {
    for (const Queue& queue : one.snapshot.queues) {
        // An idle queue ticks seldom: before its newest tick there was nowhere to go.
        const bool nextToNewest = queue.lastTick && queue.lowestTick && queue.lowestTick->id + 1 >= queue.lastTick->id;
        const auto periods = overdue(one, queue, nextToNewest ? std::optional(queue.lastTick->time) : std::nullopt);
        if (!periods || rotationOf(queue, one.snapshot.asOf()) != Rotation::Pinned)
            continue;
        const Subscription* row = lowestOn(one.snapshot, queue);
        if (!row)
            continue;
        domain::Finding& finding =
            one.found("rotation_pinned", severityOf(one, *periods), subjectOf(one.snapshot, *row));
        finding.since = rotationDue(queue);
        finding.title = row->consumerName + " keeps " + queue.name + " from rotating: overdue by " +
                        words::age(one.since(*finding.since)) + ".";
        finding.cause = "It stands on tick " + std::to_string(queue.lowestTick->id) + " of " +
                        domain::timeMark(queue.lowestTick->time) + ", " +
                        words::age(one.since(queue.lowestTick->time)) + " ago" +
                        (row->batch ? ", with batch " + std::to_string(*row->batch) + " open."
                                    : ", and has not asked for a batch since " + domain::timeMark(row->active) + ".");
        finding.consequence = "Table " + std::to_string((queue.currentTable + 1) % std::max(queue.tableCount, 1)) +
                              " of the queue can't be emptied: every event since stays on disk and the tables grow.";
        finding.evidence.push_back({"The snapshot of its tick reaches back to transaction " +
                                        std::to_string(queue.lowestTick->xmin) + "; the last switch was at " +
                                        std::to_string(*queue.switchStep2) + ".",
                                    queries::evidence::lowestPosition(queue.name)});
        if (row->batch && row->role == domain::Role::CoopMember) {
            addMemberRemedies(one.snapshot, *row, finding);
        } else if (row->batch) {
            finding.remedies.push_back(remedy("give_back", one.snapshot, *row));
        } else if (row->role == domain::Role::Normal) {
            finding.remedies.push_back(remedy("receive", one.snapshot, *row));
            finding.remedies.push_back(remedy("unsubscribe", one.snapshot, *row));
        }
    }
}

void rotationHeldByLock(Case& one) {
    if (one.needsThePrimary("rotation_held_by_lock"))
        return;
    if (!one.snapshot.activity)
        return;
    for (const Queue& queue : one.snapshot.queues) {
        // Only when nothing before it holds rotation: step one looks at the table last.
        if (!overdue(one, queue) || reachesBack(queue.lastTick, queue) || reachesBack(queue.lowestTick, queue))
            continue;
        const std::int32_t next = (queue.currentTable + 1) % std::max(queue.tableCount, 1);
        const auto& locks = one.snapshot.activity->eventLocks;
        const auto held = std::find_if(locks.begin(), locks.end(), [&](const domain::EventTableLock& lock) {
            return lock.queueId == queue.id && lock.table == next;
        });
        if (held == locks.end())
            continue;
        const auto periods = overdue(one, queue, held->since);
        if (!periods)
            continue;
        domain::Finding& finding =
            one.found("rotation_held_by_lock", severityOf(one, *periods), {queue.name, {}, {}, {}});
        finding.since = held->since;
        finding.culprit =
            domain::Culprit{held->pid == 0 ? std::nullopt : std::optional(held->pid), held->application, {}};
        finding.title = "A lock on table " + std::to_string(next) + " keeps " + queue.name +
                        " from rotating: overdue by " + words::age(one.since(rotationDue(queue))) + ".";
        finding.cause = (held->pid == 0 ? std::string("A prepared transaction")
                                        : "Session " + std::to_string(held->pid) +
                                              (held->application.empty() ? "" : " (" + held->application + ")")) +
                        " has read or changed it in a transaction that is still open" +
                        (held->since ? std::string(", for ") + (held->sinceIsLeast ? "at least " : "") +
                                           words::age(one.since(*held->since))
                                     : std::string()) +
                        '.';
        finding.consequence = "Maintenance skips the queue without a word each time, and its tables grow.";
        finding.evidence.push_back({"The table that comes next is locked.", queries::evidence::eventTableLocks()});
        addSessionRemedy(one.snapshot, finding);
    }
}

void stepTwoMissing(Case& one) {
    for (const Queue& queue : one.snapshot.queues) {
        if (queue.switchStep2 || one.since(queue.switchTime) < one.thresholds.stepTwoMissing)
            continue;
        domain::Finding& finding = one.found("rotation_step_two_missing", Severity::Warning, {queue.name, {}, {}, {}});
        finding.since = queue.switchTime;
        finding.title = "Rotation of " + queue.name + " has waited for its second step for " +
                        words::age(one.since(queue.switchTime)) + ".";
        finding.cause = "Nothing calls pgque.maint_rotate_tables_step2(), which must run in a transaction of its own.";
        finding.consequence = "The queue never rotates again: its tables grow without end.";
        finding.evidence.push_back({"queue_switch_step2 is NULL.", queries::evidence::rotation(queue.name)});
        domain::ActionRequest finish;
        finish.action = "finish_rotation";
        finding.remedies.push_back(std::move(finish));
    }
}

} // namespace monitor::rules
